"""Writing a policy as the tree of its JSON document: one form for one policy, what is left at its default left out."""

from typing import Any, assert_never

from app.ledger import calendar, money
from app.ledger.account import Direction
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
    Portion,
    Rest,
    Rule,
    Take,
    Timing,
    UntilReleased,
)
from app.ledger.policy_reader import PERCENT_DIGITS

Tree = dict[str, Any]


def tree_of(policy: Policy) -> Tree:
    """Return the document of a policy with every figure in its place, as though it had no parameters."""
    tree: Tree = {
        "timeZone": policy.time_zone,
        "calendar": policy.calendar,
        "rules": [_rule(rule, policy.exponent) for rule in policy.rules],
    }
    if policy.currency is not None:
        tree["currency"] = policy.currency
    if policy.cut_off is not None:
        tree["cutOff"] = calendar.clock_text(policy.cut_off)
    if policy.description is not None:
        tree["description"] = policy.description
    return tree


def _rule(rule: Rule, exponent: int) -> Tree:
    tree: Tree = {"name": rule.name, "portions": [_portion(portion, exponent) for portion in rule.portions]}
    if rule.match != Match():
        tree["match"] = _match(rule.match, exponent)
    if rule.day_limit is not None:
        tree["dayLimit"] = _day_limit(rule.day_limit, exponent)
    if rule.source is not None:
        tree["source"] = rule.source
    return tree


def _match(match: Match, exponent: int) -> Tree:
    tree: Tree = {}
    if match.methods:
        tree["methods"] = list(match.methods)
    if match.direction is not Direction.BOTH:
        tree["direction"] = match.direction.value
    if match.amount != ANY:
        tree["amount"] = {name: money.text_of(end, exponent) for name, end in _ends(match.amount)}
    if match.account_age_days != ANY:
        tree["accountAgeDays"] = dict(_ends(match.account_age_days))
    if match.risk_tiers:
        tree["riskTiers"] = list(match.risk_tiers)
    if match.metadata:
        tree["metadata"] = {key: list(values) for key, values in match.metadata}
    return tree


def _ends(band: Band) -> tuple[tuple[str, int], ...]:
    start = ("from", band.at_least)
    return (start,) if band.below is None else (start, ("below", band.below))


def _portion(portion: Portion, exponent: int) -> Tree:
    return {"take": _take(portion.take, exponent), "available": _timing(portion.timing)}


def _take(take: Take, exponent: int) -> Tree | str:
    match take:
        case PerItem(amount):
            return {"perItem": money.text_of(amount, exponent)}
        case PerDay(amount, None):
            return {"perDay": money.text_of(amount, exponent)}
        case PerDay(amount, counter):
            return {"perDay": money.text_of(amount, exponent), "counter": counter}
        case Percent(basis_points):
            return {"percent": money.text_of(basis_points, PERCENT_DIGITS)}
        case Rest():
            return "REST"
        case _:
            assert_never(take)


def _timing(timing: Timing) -> Tree | str:
    match timing:
        case AtOnce():
            return "AT_ONCE"
        case UntilReleased():
            return "UNTIL_RELEASED"
        case AfterDays(days, unit, minute):
            return {"days": days, "unit": unit.value, "at": calendar.clock_text(minute)}
        case _:
            assert_never(timing)


def _day_limit(limit: DayLimit, exponent: int) -> Tree:
    return {
        "amount": money.text_of(limit.amount, exponent),
        "counter": limit.counter,
        "beyond": _timing(limit.beyond),
    }
