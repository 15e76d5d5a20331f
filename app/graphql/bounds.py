"""Bounds: the form and size of what is sent, refused with the path to the part at fault."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias, TypeVar
from uuid import UUID

from app import ledger, services
from app.graphql.card_numbers import refuse_card_number
from app.graphql.scalars import DecimalText

Item = TypeVar("Item")
Path: TypeAlias = tuple[str | int, ...]
Currencies: TypeAlias = Mapping[str, ledger.Currency]

COMMANDS_MAX: Final = 1_000
CONDITIONS_MAX: Final = 20
ACCOUNTS_MAX: Final = 100
NODES_MAX: Final = 100
LINES_MAX: Final = 100
DESTINATIONS_MAX: Final = 99
KINDS_MAX: Final = 20
ENTRIES_MIN: Final = 2
_PERCENT_DIGITS: Final = 2

NAME_CHARACTERS_MAX: Final = 500
DESCRIPTION_CHARACTERS_MAX: Final = 500
REASON_CHARACTERS_MAX: Final = 200
LABEL_CHARACTERS_MAX: Final = 255

_KIND: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}", re.ASCII)
_KEY: Final = re.compile(r"[!-~]{1,255}", re.ASCII)


def text(value: str | None, path: Path, *, most: int, least: int = 0) -> str | None:
    """Return text of at most so many characters that a database can hold; None stays None."""
    if value is None:
        return None
    if not least <= len(value) <= most:
        raise services.BadInput(f"{path[-1]} must have {least} to {most} characters.", path)
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise services.BadInput(f"{path[-1]} must be valid Unicode without NUL.", path)
    return value


def words(value: str | None, path: Path, *, most: int, least: int = 0) -> str | None:
    """Return text that a person writes for others to read, as `text` does; it must not hold a card's number."""
    found = text(value, path, most=most, least=least)
    if found is not None:
        refuse_card_number(found, path)
    return found


def description(value: str | None, path: Path) -> str | None:
    """Return the description of the command at `path`; None stays None."""
    return words(value, (*path, "description"), most=DESCRIPTION_CHARACTERS_MAX)


def reason(value: str | None, path: Path, *, least: int = 0) -> str | None:
    """Return the reason of the command at `path`; None stays None."""
    return words(value, (*path, "reason"), most=REASON_CHARACTERS_MAX, least=least)


def name(value: str | None, path: Path) -> str | None:
    """Return the name of the account at `path`; None stays None."""
    return words(value, (*path, "name"), most=NAME_CHARACTERS_MAX)


def label(value: str | None, path: Path) -> str | None:
    """Return an external or correlation id: printable, 1 to 255 characters; None stays None."""
    if value is None:
        return None
    if not (1 <= len(value) <= LABEL_CHARACTERS_MAX and value.isprintable()):
        raise services.BadInput(f"{path[-1]} must be 1 to {LABEL_CHARACTERS_MAX} printable characters.", path)
    return value


def idempotency_key(value: str, path: Path) -> str:
    """Return an idempotency key: 1 to 255 characters of visible ASCII."""
    if _KEY.fullmatch(value) is None:
        raise services.BadInput("idempotencyKey must be 1 to 255 characters of visible ASCII.", path)
    return value


def kind(value: str, path: Path) -> str:
    """Return the kind of an entry, or of transactions that are looked for."""
    if _KIND.fullmatch(value) is None:
        raise services.BadInput("kind must be a word such as FEE: A to Z, 0 to 9 and _, at most 40 characters.", path)
    return value


def new_kind(value: str, path: Path) -> str:
    """Return the kind of a transaction to be posted: not one that only the ledger gives."""
    if value in ledger.RESERVED_KINDS:
        raise services.BadInput(f"The kind {value} is the ledger's own.", path)
    return kind(value, path)


def identifier(prefix: str, value: str, path: Path) -> UUID:
    """Return the UUID of an id of one kind."""
    found = ledger.identifier.decode(prefix, value)
    if found is None:
        raise services.BadInput(f"This is no id of the form {prefix}_ and 26 characters.", path)
    return found


def listed(items: Sequence[Item], path: Path, *, most: int, least: int = 1) -> Sequence[Item]:
    """Return a list within its length."""
    if not least <= len(items) <= most:
        raise services.BadInput(f"{path[-1]} must have {least} to {most} items.", path)
    return items


def currency(code: str, currencies: Currencies, path: Path) -> ledger.Currency:
    """Return a currency that the ledger knows."""
    found = currencies.get(code)
    if found is None:
        raise services.BadInput(f"The currency {code} is not known.", path)
    return found


def amount(text_: str, code: str, currencies: Currencies, path: Path) -> ledger.Amount:
    """Return an amount in minor units; never rounded. Zero and less are for the ledger to refuse."""
    known = currency(code, currencies, (*path, "currency"))
    minor = ledger.money.parse(text_, known.exponent)
    if minor is None:
        fraction = text_.partition(".")[2]
        raise services.BadInput(
            f"An amount of {code} has at most {known.exponent} digits after the point."
            if len(fraction) > known.exponent
            else f"An amount of {code} has at most 18 digits, those after the point included.",
            (*path, "amount"),
        )
    return ledger.Amount(minor, code)


def basis_points(text_: str, path: Path, *, most: int = ledger.WHOLE) -> int:
    """Return hundredths of a per cent, at most so many."""
    found = ledger.money.parse(text_, _PERCENT_DIGITS)
    if found is None:
        raise services.BadInput(f"{path[-1]} has at most two digits after the point.", path)
    if not 0 <= found <= most:
        raise services.BadInput(f"{path[-1]} must be 0 to {percent(most)}.", path)
    return found


def percent(basis_points_: int) -> DecimalText:
    """Return hundredths of a per cent as they are written."""
    return DecimalText(ledger.money.text_of(basis_points_, _PERCENT_DIGITS))


def count(value: int | None, path: Path, *, most: int, default: int = 0) -> int:
    """Return a whole number from 1 on, at most so many; the default where none was given."""
    found = default if value is None else value
    if not 1 <= found <= most:
        raise services.BadInput(f"{path[-1]} must be 1 to {most:,}.", path)
    return found


def metadata(value: Mapping[str, str] | None) -> ledger.Metadata:
    """Return metadata as the ledger keeps it: pairs, sorted by key."""
    return tuple(sorted(value.items())) if value else ()
