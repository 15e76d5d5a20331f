"""Inputs of a policy's terms, and the document that they make: what is wrong with them is for the ledger to say."""

import json
from typing import Any, Final

import strawberry

from app import ledger, services
from app.graphql import bounds
from app.graphql.bounds import Path
from app.graphql.enums import Direction
from app.graphql.policy_enums import DayUnit
from app.graphql.scalars import CurrencyCode, DecimalText

Tree = dict[str, Any]

_TIME: Final = 'A local time such as "09:00".'


@strawberry.input(description="Amounts from one on and below another; what is left out is without end.")
class AmountBandInput:
    """A band of amounts."""

    from_: DecimalText | None = strawberry.field(name="from", description="From this amount on, in major units.")
    below: DecimalText | None = strawberry.field(description="Below this amount, in major units.")

    def tree(self) -> Tree:
        """Return its part of the document."""
        return _given({"from": self.from_, "below": self.below})


@strawberry.input(description="Days from one number on and below another; what is left out is without end.")
class AgeBandInput:
    """A band of days."""

    from_: int | None = strawberry.field(name="from", description="From so many days on.")
    below: int | None = strawberry.field(description="Below so many days.")

    def tree(self) -> Tree:
        """Return its part of the document."""
        return _given({"from": self.from_, "below": self.below})


@strawberry.input(description="A key of a deposit's metadata and the values that match.")
class MetadataMatchInput:
    """A key and values."""

    key: str = strawberry.field(description="The key.")
    values: list[str] = strawberry.field(description="The values, any of which matches.")


@strawberry.input(
    description="Which deposits a rule is for: all that is given must match; nothing matches every deposit."
)
class MatchInput:
    """Conditions on a deposit and its account."""

    methods: list[str] | None = strawberry.field(
        description="Any of these methods: CARD, ACH, WIRE, CHECK, INSTANT, CASH, INTERNAL, or words of your own."
    )
    direction: Direction | None = strawberry.field(description="Which way the money goes; either way where left out.")
    amount: AmountBandInput | None = strawberry.field(description="The amount of the deposit.")
    account_age_days: AgeBandInput | None = strawberry.field(
        description="The days from the opening of the account to the banking day of the deposit."
    )
    risk_tiers: list[str] | None = strawberry.field(
        description="Any of these values of riskTier in the metadata of the account."
    )
    metadata: list[MetadataMatchInput] | None = strawberry.field(description="Metadata of the deposit.")

    def tree(self, path: Path) -> Tree:
        """Return its part of the document."""
        metadata = {pair.key: list(pair.values) for pair in self.metadata or ()}
        if len(metadata) < len(self.metadata or ()):
            raise services.BadInput("A key of metadata is given twice.", (*path, "metadata"))
        return _given(
            {
                "methods": self.methods,
                "direction": None if self.direction is None else self.direction.value,
                "amount": None if self.amount is None else self.amount.tree(),
                "accountAgeDays": None if self.account_age_days is None else self.account_age_days.tree(),
                "riskTiers": self.risk_tiers,
                "metadata": metadata or None,
            }
        )


@strawberry.input(description="Some of all deposits of an account that count for one banking day.")
class PerDayInput:
    """An amount a day."""

    amount: DecimalText = strawberry.field(description="How much a day, in major units.")
    counter: str | None = strawberry.field(
        description="Portions of the policy with the same counter share the amount; a portion has its own by default."
    )


@strawberry.input(one_of=True, description="How much of a deposit a portion takes, of what those before it left.")
class TakeInput:
    """Exactly one way to take."""

    per_item: DecimalText | None = strawberry.field(description="At most so much of each deposit, in major units.")
    per_day: PerDayInput | None = strawberry.field(description="At most so much of the deposits of a banking day.")
    percent: DecimalText | None = strawberry.field(description="So many per cent, at most two digits after the point.")
    rest: bool | None = strawberry.field(description="All that is left: true.")

    def tree(self, path: Path) -> Tree | str:
        """Return its part of the document."""
        if self.per_item is not None:
            return {"perItem": self.per_item}
        if self.per_day is not None:
            return _given({"perDay": self.per_day.amount, "counter": self.per_day.counter})
        if self.percent is not None:
            return {"percent": self.percent}
        if not self.rest:
            raise services.BadInput("rest is true or left out.", (*path, "rest"))
        return "REST"


@strawberry.input(description="So many days after the banking day of the deposit.")
class AfterDaysInput:
    """A number of days and a time."""

    days: int = strawberry.field(description="How many days; none is the banking day itself.")
    unit: DayUnit | None = strawberry.field(default=DayUnit.BUSINESS, description="Which days are counted.")
    at: str | None = strawberry.field(default="00:00", description=_TIME)


@strawberry.input(one_of=True, description="When a portion becomes available.")
class TimingInput:
    """Exactly one way to wait."""

    at_once: bool | None = strawberry.field(description="When it is posted: true.")
    after: AfterDaysInput | None = strawberry.field(description="So many days later, at a time.")
    until_released: bool | None = strawberry.field(description="When somebody releases it: true.")

    def tree(self, path: Path) -> Tree | str:
        """Return its part of the document."""
        if self.after is not None:
            unit = self.after.unit or DayUnit.BUSINESS
            return {"days": self.after.days, "unit": unit.value, "at": self.after.at or "00:00"}
        if not self.at_once and not self.until_released:
            field = "atOnce" if self.at_once is not None else "untilReleased"
            raise services.BadInput(f"{field} is true or left out.", (*path, field))
        return "AT_ONCE" if self.at_once else "UNTIL_RELEASED"


@strawberry.input(description="One slice of a deposit: how much, and when.")
class PortionInput:
    """A portion."""

    take: TakeInput = strawberry.field(description="How much it takes.")
    available: TimingInput = strawberry.field(description="When that becomes available.")

    def tree(self, path: Path) -> Tree:
        """Return its part of the document."""
        return {"take": self.take.tree((*path, "take")), "available": self.available.tree((*path, "available"))}


@strawberry.input(
    description="What lies above an amount of a day's deposits becomes available as it says, not by the portions."
)
class DayLimitInput:
    """An amount a day, and when what lies above it becomes available."""

    amount: DecimalText = strawberry.field(description="How much a day the portions share out, in major units.")
    counter: str = strawberry.field(description="Rules of the policy with the same counter share the amount.")
    beyond: TimingInput = strawberry.field(description="When what lies above it becomes available.")


@strawberry.input(description="A rule of a policy: the first that matches a deposit shares it out.")
class RuleInput:
    """Which deposits, and their portions."""

    name: str = strawberry.field(description="Its name, unique in the policy; entries keep it.")
    match: MatchInput | None = strawberry.field(description="Which deposits it is for; all where left out.")
    portions: list[PortionInput] = strawberry.field(
        description="The slices, at most 16, in order; the last takes all that is left."
    )
    day_limit: DayLimitInput | None = strawberry.field(description="How much a day the portions share out.")
    source: str | None = strawberry.field(description="Where it comes from, such as 12 CFR 229.10(c).")

    def tree(self, path: Path) -> Tree:
        """Return its part of the document."""
        at = (*path, "portions")
        limit = self.day_limit
        return _given(
            {
                "name": self.name,
                "match": None if self.match is None else self.match.tree((*path, "match")),
                "portions": [portion.tree((*at, index)) for index, portion in enumerate(self.portions)],
                "dayLimit": None
                if limit is None
                else {
                    "amount": limit.amount,
                    "counter": limit.counter,
                    "beyond": limit.beyond.tree((*path, "dayLimit", "beyond")),
                },
                "source": self.source,
            }
        )


@strawberry.input(description="The terms of a policy: when money that comes in becomes available.")
class PolicyInput:
    """Rules, and the calendar that they count by."""

    currency: CurrencyCode | None = strawberry.field(
        description="The currency of its amounts; a policy that names none is for deposits of every currency."
    )
    time_zone: str = strawberry.field(description="Where days begin and times are local, such as America/New_York.")
    calendar: str = strawberry.field(
        description="Which days are business days: FED, TARGET, a country such as US or DE-BY, WEEKDAYS or EVERY_DAY."
    )
    cut_off: str | None = strawberry.field(
        description=f"From when on a deposit counts for the next banking day; the end of the day by default. {_TIME}"
    )
    description: str | None = strawberry.field(description="What it is for.")
    rules: list[RuleInput] = strawberry.field(description="The rules, at most 64, in order: the first that matches.")

    def document(self, path: Path) -> str:
        """Return the JSON text of these terms."""
        at = (*path, "rules")
        tree = _given(
            {
                "currency": self.currency,
                "timeZone": self.time_zone,
                "calendar": self.calendar,
                "cutOff": self.cut_off,
                "description": self.description,
                "rules": [rule.tree((*at, index)) for index, rule in enumerate(self.rules)],
            }
        )
        return document(json.dumps(tree, ensure_ascii=False, separators=(",", ":"), sort_keys=True), path)


def document(text: str, path: Path) -> str:
    """Return the JSON text of a policy's terms, of a length that can be one."""
    found = bounds.text(text, path, most=ledger.DOCUMENT_CHARACTERS_MAX, least=1)
    return found or ""


def _given(parts: Tree) -> Tree:
    return {name: part for name, part in parts.items() if part is not None}
