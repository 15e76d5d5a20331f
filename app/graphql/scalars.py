"""Scalars: how instants, amounts and the like are read and printed, exactly and without a float."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NewType

import strawberry
from graphql import GraphQLError
from graphql.language import ObjectValueNode, StringValueNode, ValueNode, VariableNode
from graphql.utilities import value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

from app import ledger, services
from app.graphql.card_numbers import holds_card_number

# UTC microseconds since 1970, as `int`.
Instant = NewType("Instant", int)
# An `int` that travels as a string.
BigInt = NewType("BigInt", int)
# Normalised decimal text in major units: "12.5", never "12.50" on the way in.
DecimalText = NewType("DecimalText", str)
CurrencyCode = NewType("CurrencyCode", str)
# A day of the calendar, as `date.toordinal()` counts.
LocalDate = NewType("LocalDate", int)
# What the caller keeps with a thing, in the order given.
Metadata = NewType("Metadata", dict[str, str])

METADATA_KEYS_MAX: Final = 50
METADATA_KEY_CHARACTERS_MAX: Final = 40
METADATA_VALUE_CHARACTERS_MAX: Final = 500

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_BIG_INT: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,18})", re.ASCII)
_BIG_INT_MIN: Final = -(2**63)
_BIG_INT_MAX: Final = 2**63 - 1
_CURRENCY_CODE: Final = re.compile(r"[A-Z][A-Z0-9]{2,9}", re.ASCII)
_DATE_TIME: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?(?:([Zz])|([+-])(\d{2}):(\d{2}))", re.ASCII
)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_HOURS: Final = 24
_MINUTES: Final = 60


def parse_instant(value: object) -> Instant:
    """Return the UTC microseconds of an RFC 3339 date-time; raises GraphQLError where it is none."""
    match = _DATE_TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise GraphQLError(
            "DateTime must be RFC 3339 with Z or an offset and at most six fraction digits,"
            " such as 2026-01-31T09:30:00.000000Z."
        )
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    fraction, sign = match.group(7) or "", match.group(9)
    shift = timedelta()
    if sign is not None:
        hours, minutes = int(match.group(10)), int(match.group(11))
        if hours >= _HOURS or minutes >= _MINUTES:
            raise GraphQLError("DateTime has an offset that does not exist.")
        shift = timedelta(hours=hours, minutes=minutes) * (-1 if sign == "-" else 1)
    try:
        local = datetime(year, month, day, hour, minute, second, int(fraction.ljust(6, "0")), tzinfo=UTC)
        moment = local - shift
    except (ValueError, OverflowError):
        raise GraphQLError("DateTime is no moment of the years 0001 to 9999.") from None
    return Instant((moment - _EPOCH) // _MICROSECOND)


def print_instant(instant: object) -> str:
    """Return an instant as RFC 3339 in UTC with exactly six fraction digits."""
    if not isinstance(instant, int) or isinstance(instant, bool):
        raise TypeError(f"an instant is an int of microseconds, not {type(instant).__name__}")
    return _instant_text(instant)


# All balances of an answer are of one instant.
@lru_cache(maxsize=256)
def _instant_text(instant: int) -> str:
    # isoformat, as strftime prints the year 1 without its zeros.
    moment = (_EPOCH + instant * _MICROSECOND).replace(tzinfo=None)
    return f"{moment.isoformat(timespec='microseconds')}Z"


def parse_duration(value: object) -> services.Duration:
    """Return the span of time of an ISO 8601 duration; raises GraphQLError where it is none."""
    duration = services.parse_duration(value) if isinstance(value, str) else None
    if duration is None:
        raise GraphQLError("Duration must be one of ISO 8601 without a sign, such as P1M, P2DT12H or PT0.5S.")
    return duration


def parse_decimal(value: object) -> DecimalText:
    """Return the normalised text of a decimal string; a JSON number is refused, being a float to many."""
    if not isinstance(value, str):
        raise GraphQLError('Decimal must be a string such as "12.50", never a number.')
    text = ledger.money.normal_text(value)
    if text is None:
        raise GraphQLError('Decimal must be a plain decimal such as "12.50": no exponent, no blanks, no separators.')
    if len(text.lstrip("-0.").replace(".", "")) > ledger.money.DIGITS_MAX:
        raise GraphQLError(f"Decimal has more than {ledger.money.DIGITS_MAX} digits.")
    return DecimalText(text)


def parse_big_int(value: object) -> BigInt:
    """Return a 64-bit integer given as a string, or as a JSON integer."""
    if isinstance(value, str) and _BIG_INT.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise GraphQLError('BigInt must be an integer in a string, such as "12".')
    if not _BIG_INT_MIN <= value <= _BIG_INT_MAX:
        raise GraphQLError("BigInt must fit into 64 bits.")
    return BigInt(value)


def print_big_int(value: object) -> str:
    """Return an integer of any size as a string."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"a BigInt is an int, not {type(value).__name__}")
    return str(value)


def parse_currency_code(value: object) -> CurrencyCode:
    """Return a currency code of the right form; whether it is known is for the ledger to say."""
    if not isinstance(value, str) or _CURRENCY_CODE.fullmatch(value) is None:
        raise GraphQLError("CurrencyCode must be 3 to 10 capital letters and digits, such as EUR.")
    return CurrencyCode(value)


def parse_date(value: object) -> LocalDate:
    """Return the ordinal of a day given as YYYY-MM-DD; raises GraphQLError where there is no such day."""
    if not isinstance(value, str) or _DATE.fullmatch(value) is None:
        raise GraphQLError("Date must be YYYY-MM-DD, such as 2026-01-31.")
    try:
        return LocalDate(date.fromisoformat(value).toordinal())
    except ValueError:
        raise GraphQLError("Date is no day of the years 0001 to 9999.") from None


def print_date(day: object) -> str:
    """Return a day as YYYY-MM-DD."""
    if not isinstance(day, int) or isinstance(day, bool):
        raise TypeError(f"a day is an ordinal, not {type(day).__name__}")
    return date.fromordinal(day).isoformat()


def parse_metadata(value: object) -> Metadata:
    """Return an object of strings within its limits; raises GraphQLError naming the key at fault."""
    if not isinstance(value, dict):
        raise GraphQLError("Metadata must be an object of strings.")
    if len(value) > METADATA_KEYS_MAX:
        raise GraphQLError(f"Metadata has more than {METADATA_KEYS_MAX} keys.")
    for key, item in value.items():
        if not isinstance(key, str) or not 1 <= len(key) <= METADATA_KEY_CHARACTERS_MAX:
            raise GraphQLError(f"Metadata keys must have 1 to {METADATA_KEY_CHARACTERS_MAX} characters.")
        if not _is_storable(key):
            raise GraphQLError("Metadata keys must be valid Unicode without NUL.")
        if not isinstance(item, str) or len(item) > METADATA_VALUE_CHARACTERS_MAX:
            raise GraphQLError(f"Metadata '{key}' must be text of at most {METADATA_VALUE_CHARACTERS_MAX} characters.")
        if not _is_storable(item):
            raise GraphQLError(f"Metadata '{key}' must be valid Unicode without NUL.")
        if holds_card_number(key) or holds_card_number(item):
            raise GraphQLError("Metadata must not hold the number of a card.")
    return Metadata(value)


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def print_text(value: object) -> str:
    """Return text as it is."""
    if not isinstance(value, str):
        raise TypeError(f"expected text, not {type(value).__name__}")
    return value


def _print_metadata(value: object) -> dict[str, str]:
    # The ledger keeps pairs; a mapping is taken as well.
    if isinstance(value, Mapping | tuple | list):
        return dict(value)
    raise TypeError(f"metadata is a mapping or pairs, not {type(value).__name__}")


def _literal_of_string(parse: Callable[[object], object]) -> Callable[..., object]:
    def parse_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> object:
        return parse(node.value if isinstance(node, StringValueNode) else None)

    return parse_literal


def _literal_of_metadata(node: ValueNode, variables: dict[str, Any] | None = None) -> object:
    if not isinstance(node, ObjectValueNode):
        return parse_metadata(None)
    # While a document is validated its variables have no values yet: they are checked once they have.
    known = [field for field in node.fields if variables is not None or not isinstance(field.value, VariableNode)]
    return parse_metadata({field.name.value: value_from_ast_untyped(field.value, variables) for field in known})


SCALARS: Final[Mapping[object, ScalarDefinition]] = {
    Instant: strawberry.scalar(
        name="DateTime",
        description=(
            "An instant as RFC 3339, printed in UTC with six fraction digits, such as 2026-01-31T09:30:00.000000Z."
            " Input may carry an offset and at most six fraction digits."
        ),
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=print_instant,
        parse_value=parse_instant,
        parse_literal=_literal_of_string(parse_instant),
    ),
    services.Duration: strawberry.scalar(
        name="Duration",
        description=(
            "A span of time as ISO 8601 writes it, such as P1M, P2W, P2DT12H or PT0.5S. A fraction is of seconds only,"
            " with at most six digits; there is no sign."
        ),
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#appendix-A",
        parse_value=parse_duration,
        parse_literal=_literal_of_string(parse_duration),
    ),
    DecimalText: strawberry.scalar(
        name="Decimal",
        description='A decimal number as a string in major units, such as "12.50"; never a float.',
        serialize=print_text,
        parse_value=parse_decimal,
        parse_literal=_literal_of_string(parse_decimal),
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="An integer as a string. Input fits into 64 bits; totals in output may be larger.",
        serialize=print_big_int,
        parse_value=parse_big_int,
    ),
    LocalDate: strawberry.scalar(
        name="Date",
        description="A day of the calendar as YYYY-MM-DD, such as 2026-01-31.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=print_date,
        parse_value=parse_date,
        parse_literal=_literal_of_string(parse_date),
    ),
    CurrencyCode: strawberry.scalar(
        name="CurrencyCode",
        description="An ISO 4217 code such as EUR, or a code of the tenant's own.",
        serialize=print_text,
        parse_value=parse_currency_code,
        parse_literal=_literal_of_string(parse_currency_code),
    ),
    Metadata: strawberry.scalar(
        name="Metadata",
        description=(
            f"An object of strings: at most {METADATA_KEYS_MAX} keys of {METADATA_KEY_CHARACTERS_MAX} characters,"
            f" values of {METADATA_VALUE_CHARACTERS_MAX}."
        ),
        serialize=_print_metadata,
        parse_value=parse_metadata,
        parse_literal=_literal_of_metadata,
    ),
}
