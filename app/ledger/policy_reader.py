"""Reading decoded JSON as a policy: every part in its form, or a problem at its place."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from app.ledger import money
from app.ledger.account import Direction
from app.ledger.calendar import DayUnit
from app.ledger.policy import (
    ANY,
    AfterDays,
    AtOnce,
    Band,
    DayLimit,
    Match,
    Percent,
    PerDay,
    PerItem,
    Policy,
    PolicyProblem,
    Portion,
    ProblemCode,
    Rest,
    Rule,
    Take,
    Timing,
    UntilReleased,
)

PERCENT_DIGITS: Final = 2
_UNITS: Final = tuple(unit.value for unit in DayUnit)
_DIRECTIONS: Final = tuple(direction.value for direction in Direction)
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_TAKES: Final = ({"perItem"}, {"perDay"}, {"perDay", "counter"}, {"percent"})

Item = TypeVar("Item")


def read_policy(document: Mapping[str, Any], currencies: Mapping[str, int]) -> Policy | tuple[PolicyProblem, ...]:
    """Return the policy that a document says, or what of it cannot be read; nothing of it is judged yet."""
    reader = _Reader(currencies)
    policy = reader.policy(document)
    return tuple(reader.problems) or policy


@dataclass(slots=True)
class _Reader:
    """Notes what it cannot read, and goes on with something in its place."""

    currencies: Mapping[str, int]
    problems: list[PolicyProblem] = field(default_factory=list)
    currency: str | None = None
    exponent: int | None = None

    def fail(self, place: str, sentence: str, code: ProblemCode = ProblemCode.MALFORMED) -> None:
        self.problems.append(PolicyProblem(code, place, sentence))

    # -- the parts ------------------------------------------------------------------------------

    def policy(self, document: object) -> Policy:
        optional = {"currency", "cutOff", "description"}
        parts = self.parts(document, "", {"timeZone", "calendar", "rules"}, optional)
        self.currency = self.text(parts["currency"], "currency") if "currency" in parts else None
        if self.currency is not None:
            self.exponent = self.currencies.get(self.currency)
            if self.exponent is None:
                self.fail("currency", f"No currency {self.currency} is known.", ProblemCode.UNKNOWN_CURRENCY)
        return Policy(
            currency=self.currency,
            exponent=self.exponent or 0,
            time_zone=self.text(parts.get("timeZone", ""), "timeZone"),
            calendar=self.text(parts.get("calendar", ""), "calendar"),
            rules=self.listed(parts.get("rules", []), "rules", self.rule),
            cut_off=self.minute(parts["cutOff"], "cutOff") if "cutOff" in parts else None,
            description=self.text(parts["description"], "description") if "description" in parts else None,
        )

    def rule(self, value: object, place: str) -> Rule:
        parts = self.parts(value, place, {"name", "portions"}, {"match", "dayLimit", "source"})
        return Rule(
            name=self.text(parts.get("name", ""), f"{place}.name"),
            match=self.match(parts["match"], f"{place}.match") if "match" in parts else Match(),
            portions=self.listed(parts.get("portions", []), f"{place}.portions", self.portion),
            day_limit=self.day_limit(parts["dayLimit"], f"{place}.dayLimit") if "dayLimit" in parts else None,
            source=self.text(parts["source"], f"{place}.source") if "source" in parts else None,
        )

    def match(self, value: object, place: str) -> Match:
        optional = {"methods", "direction", "amount", "accountAgeDays", "riskTiers", "metadata"}
        parts = self.parts(value, place, set(), optional)
        metadata = self.tree(parts.get("metadata", {}), f"{place}.metadata")
        return Match(
            methods=self.texts(parts.get("methods", []), f"{place}.methods"),
            direction=Direction(
                self.one_of(_DIRECTIONS, parts.get("direction", Direction.BOTH.value), f"{place}.direction")
            ),
            amount=self.band(parts["amount"], f"{place}.amount", self.amount) if "amount" in parts else ANY,
            account_age_days=self.band(parts["accountAgeDays"], f"{place}.accountAgeDays", self.whole)
            if "accountAgeDays" in parts
            else ANY,
            risk_tiers=self.texts(parts.get("riskTiers", []), f"{place}.riskTiers"),
            metadata=tuple(
                (key, self.texts(values, f"{place}.metadata.{key}")) for key, values in sorted(metadata.items())
            ),
        )

    def band(self, value: object, place: str, number: Callable[[object, str], int]) -> Band:
        parts = self.parts(value, place, set(), {"from", "below"})
        return Band(
            number(parts["from"], f"{place}.from") if "from" in parts else 0,
            number(parts["below"], f"{place}.below") if "below" in parts else None,
        )

    def portion(self, value: object, place: str) -> Portion:
        parts = self.parts(value, place, {"take", "available"}, set())
        return Portion(
            self.take(parts.get("take", "REST"), f"{place}.take"),
            self.timing(parts.get("available", "AT_ONCE"), f"{place}.available"),
        )

    def take(self, value: object, place: str) -> Take:
        if value == "REST":
            return Rest()
        if not isinstance(value, dict) or set(value) not in _TAKES:
            self.fail(place, 'What a portion takes is {"perItem"}, {"perDay", "counter"?}, {"percent"} or "REST".')
            return Rest()
        if "perItem" in value:
            return PerItem(self.amount(value["perItem"], f"{place}.perItem"))
        if "perDay" in value:
            counter = self.text(value["counter"], f"{place}.counter") if "counter" in value else None
            return PerDay(self.amount(value["perDay"], f"{place}.perDay"), counter)
        return Percent(self.decimal(value["percent"], f"{place}.percent", PERCENT_DIGITS))

    def timing(self, value: object, place: str) -> Timing:
        if value == "AT_ONCE":
            return AtOnce()
        if value == "UNTIL_RELEASED":
            return UntilReleased()
        if not isinstance(value, dict):
            self.fail(place, 'Available is "AT_ONCE", "UNTIL_RELEASED" or {"days", "unit"?, "at"?}.')
            return AtOnce()
        parts = self.parts(value, place, {"days"}, {"unit", "at"})
        return AfterDays(
            self.whole(parts.get("days", 0), f"{place}.days"),
            DayUnit(self.one_of(_UNITS, parts.get("unit", DayUnit.BUSINESS.value), f"{place}.unit")),
            self.minute(parts["at"], f"{place}.at") if "at" in parts else 0,
        )

    def day_limit(self, value: object, place: str) -> DayLimit:
        parts = self.parts(value, place, {"amount", "counter", "beyond"}, set())
        return DayLimit(
            self.amount(parts.get("amount", "0"), f"{place}.amount"),
            self.text(parts.get("counter", ""), f"{place}.counter"),
            self.timing(parts.get("beyond", "AT_ONCE"), f"{place}.beyond"),
        )

    # -- the forms ------------------------------------------------------------------------------

    def tree(self, value: object, place: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        self.fail(place, "An object is needed here.")
        return {}

    def parts(self, value: object, place: str, required: set[str], optional: set[str]) -> dict[str, Any]:
        """Return the parts of an object; a required one that is missing is noted once, here."""
        parts = self.tree(value, place)
        within = f"{place}." if place else ""
        for name in sorted(set(parts) - required - optional):
            self.fail(f"{within}{name}", "There is no such part.")
        if isinstance(value, dict):
            for name in sorted(required - set(parts)):
                self.fail(f"{within}{name}", "This part is missing.")
        return parts

    def listed(self, value: object, place: str, item: Callable[[object, str], Item]) -> tuple[Item, ...]:
        if isinstance(value, list):
            return tuple(item(each, f"{place}[{index}]") for index, each in enumerate(value))
        self.fail(place, "A list is needed here.")
        return ()

    def texts(self, value: object, place: str) -> tuple[str, ...]:
        return self.listed(value, place, self.text)

    def text(self, value: object, place: str) -> str:
        if isinstance(value, str):
            return value
        self.fail(place, "A text is needed here.")
        return ""

    def whole(self, value: object, place: str) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.fail(place, "A whole number is needed here.")
        return 0

    def minute(self, value: object, place: str) -> int:
        found = _TIME.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            self.fail(place, 'A time of day is needed here, as "09:00".')
            return 0
        return int(found[1]) * 60 + int(found[2])

    def one_of(self, words: tuple[str, ...], value: object, place: str) -> str:
        for word in words:
            if value == word:
                return word
        self.fail(place, f"One of {', '.join(words)} is needed here.")
        return words[0]

    def amount(self, value: object, place: str) -> int:
        if self.currency is None:
            self.fail(place, "Amounts need the policy to have a currency.", ProblemCode.UNKNOWN_CURRENCY)
            return 1
        return 1 if self.exponent is None else self.decimal(value, place, self.exponent)

    def decimal(self, value: object, place: str, digits: int) -> int:
        """Return a decimal text in units of its last digit; never rounded."""
        normal = money.normal_text(value) if isinstance(value, str) else None
        if normal is None:
            self.fail(place, 'A decimal text is needed here, as "275.00".')
            return 1
        found = money.parse(normal, digits)
        if found is None:
            fraction = normal.partition(".")[2]
            if len(fraction) > digits:
                sentence = f"There are at most {digits} digits after the point."
                self.fail(place, sentence, ProblemCode.EXCESS_SCALE)
            else:
                self.fail(place, "An amount has at most 18 digits.", ProblemCode.OUT_OF_RANGE)
            return 1
        return found
