"""When the money of one deposit becomes available: a policy, a calendar and the facts come to slices."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import assert_never

from app.ledger import money
from app.ledger.account import Direction, Metadata
from app.ledger.calendar import Calendar, add_days, business_day_of, instant_of, local_of
from app.ledger.policy import (
    WHOLE,
    AfterDays,
    AtOnce,
    Match,
    Percent,
    PerDay,
    PerItem,
    Policy,
    Rest,
    Rule,
    Timing,
    UntilReleased,
)
from app.ledger.transaction_verbs import FOREVER
from app.values import value


@value(kw_only=True)
class DepositFacts:
    """What a policy may look at: `amount` in minor units > 0, instants in microseconds, `direction` IN or OUT."""

    amount: int
    currency: str
    method: str
    at: int
    account_opened_at: int
    direction: Direction = Direction.IN
    risk_tier: str | None = None
    metadata: Metadata = ()


@value
class Slice:
    """Part of a deposit and when it becomes available: None at once, FOREVER until released.

    `portion` counts the rule's portions from 1; None is what lies beyond the rule's day limit. `day` is
    the local day that `timing` comes to, where it counts days. What is `reserved` is kept longer than the rule says.
    """

    amount: int
    available_at: int | None
    rule: str
    portion: int | None
    timing: Timing
    day: date | None
    reserved: bool = False


@value
class Availability:
    """A deposit shared out: slices above zero that sum exactly to it, in the order of the rule.

    `business_day` is the banking day that it counts for; `counters` is what to add to that day's totals.
    """

    rule: str
    business_day: date
    slices: tuple[Slice, ...]
    counters: tuple[tuple[str, int], ...]


class NoAnswer(StrEnum):
    """Why a policy says nothing about a deposit; it is refused, never guessed."""

    NO_RULE = "NO_RULE"
    OTHER_CURRENCY = "OTHER_CURRENCY"
    OUTSIDE_CALENDAR = "OUTSIDE_CALENDAR"


def share_out(
    policy: Policy, calendar: Calendar, facts: DepositFacts, day_totals: Mapping[str, int]
) -> Availability | NoAnswer:
    """Share a deposit out over slices by a policy in which nothing is wrong.

    `calendar` is the policy's, in its time zone. `day_totals` is what the account's earlier deposits
    of the same business day added to the policy's counters, by name; what is not in it is zero.
    """
    if policy.currency not in (None, facts.currency):
        return NoAnswer.OTHER_CURRENCY
    business_day = business_day_of(calendar, facts.at, policy.cut_off)
    opened = local_of(calendar.zone, facts.account_opened_at)
    if business_day is None or opened is None:
        return NoAnswer.OUTSIDE_CALENDAR
    age_days = max((business_day - opened.date()).days, 0)
    rule = next((rule for rule in policy.rules if _matches(rule.match, facts, age_days)), None)
    if rule is None:
        return NoAnswer.NO_RULE
    shares, counters = _shares(rule, facts.amount, day_totals)
    slices = []
    for amount, portion, timing in shares:
        day, available_at = None, None
        match timing:
            case AtOnce():
                pass
            case UntilReleased():
                available_at = FOREVER
            case AfterDays(days, unit, minute):
                day = add_days(calendar, business_day, days, unit)
                if day is None:
                    return NoAnswer.OUTSIDE_CALENDAR
                instant = instant_of(calendar.zone, day, minute)
                available_at = instant if instant > facts.at else None
            case _:
                assert_never(timing)
        slices.append(Slice(amount, available_at, rule.name, portion, timing, day))
    return Availability(rule.name, business_day, tuple(slices), counters)


def _matches(match: Match, facts: DepositFacts, age_days: int) -> bool:
    given = dict(facts.metadata)
    return (
        (not match.methods or facts.method in match.methods)
        and match.direction in (Direction.BOTH, facts.direction)
        and match.amount.contains(facts.amount)
        and match.account_age_days.contains(age_days)
        and (not match.risk_tiers or facts.risk_tier in match.risk_tiers)
        and all(given.get(key) in values for key, values in match.metadata)
    )


def _shares(
    rule: Rule, amount: int, totals: Mapping[str, int]
) -> tuple[list[tuple[int, int | None, Timing]], tuple[tuple[str, int], ...]]:
    """Return ((amount above zero, portion, timing), …) that sum to the amount, and what the counters grow by."""
    shares: list[tuple[int, int | None, Timing]] = []
    grown: dict[str, int] = {}
    within, limit = amount, rule.day_limit
    if limit is not None:
        before = totals.get(limit.counter, 0)
        within = min(amount, max(limit.amount - before, 0))
        grown[limit.counter] = min(amount, money.BALANCE_MAX - before)
    left = within
    for number, portion in enumerate(rule.portions, 1):
        taken = left
        # The last portion takes what rounding and the others left, whatever it is.
        if number < len(rule.portions):
            match portion.take:
                case PerItem(most):
                    taken = min(left, most)
                case PerDay(most, counter):
                    name = counter or f"{rule.name}/{number}"
                    taken = min(left, max(most - totals.get(name, 0) - grown.get(name, 0), 0))
                    grown[name] = grown.get(name, 0) + taken
                case Percent(basis_points):
                    taken = min(left, within * basis_points // WHOLE)
                case Rest():
                    pass
                case _:
                    assert_never(portion.take)
        shares.append((taken, number, portion.timing))
        left -= taken
    if limit is not None:
        shares.append((amount - within, None, limit.beyond))
    return [share for share in shares if share[0]], tuple(sorted((name, by) for name, by in grown.items() if by))
