"""Policies to try things on: one document in which nothing is wrong, and random policies for properties."""

import copy
from datetime import date
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from app import ledger
from app.ledger import coverage, policy
from app.ledger.account import Direction

ZONES = {name: ZoneInfo(name) for name in ("UTC", "America/New_York", "Europe/Berlin", "Africa/Cairo")}
KNOWN = ledger.Known(
    currencies={"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3},
    calendars=frozenset({"FED", "EVERY_DAY"}),
    zones=ZONES,
    first=date(2025, 1, 1),
    last=date(2030, 12, 31),
)
NEW_YORK = ledger.Calendar(
    code="FED",
    zone=ZONES["America/New_York"],
    weekend=frozenset({5, 6}),
    holidays=frozenset({date(2026, 7, 13), date(2026, 9, 7), date(2026, 12, 25), date(2027, 1, 1)}),
    first=date(2026, 1, 1),
    last=date(2029, 12, 31),
)


def document() -> dict[str, Any]:
    """Return a document that says something of everything that a document can say."""
    return copy.deepcopy(_DOCUMENT)


_DOCUMENT: dict[str, Any] = {
    "description": "First some of the day, then the rest; $275 is no parameter.",
    "currency": "USD",
    "timeZone": "America/New_York",
    "calendar": "FED",
    "cutOff": "$cutOff",
    "parameters": {"cutOff": "17:00", "first": "275.00", "second": 2},
    "rules": [
        {
            "name": "New, large checks",
            "source": "A book of rules, section 1",
            "match": {
                "methods": ["CHECK"],
                "direction": "IN",
                "amount": {"from": "100.00", "below": "5000.00"},
                "accountAgeDays": {"from": 0, "below": 31},
                "riskTiers": ["HIGH", "MEDIUM"],
                "metadata": {"channel": ["ATM"], "checkType": ["TREASURY", "CASHIERS"]},
            },
            "dayLimit": {
                "amount": "6725",
                "counter": "checks",
                "beyond": {"days": 9, "unit": "BUSINESS", "at": "09:00"},
            },
            "portions": [
                {"take": {"perDay": "$first", "counter": "firsts"}, "available": {"days": 1, "at": "09:00"}},
                {"take": {"perItem": "100.5"}, "available": "AT_ONCE"},
                {"take": {"percent": "12.5"}, "available": {"days": 180, "unit": "CALENDAR", "at": "23:59"}},
                {"take": "REST", "available": "UNTIL_RELEASED"},
            ],
        },
        {
            "name": "Checks",
            "match": {"methods": ["CHECK"]},
            "portions": [
                {"take": {"perDay": "$first"}, "available": {"days": 1, "unit": "BANKING"}},
                {"take": "REST", "available": {"days": "$second"}},
            ],
        },
        {
            "name": "Half now",
            "portions": [
                {"take": {"percent": "50"}, "available": "AT_ONCE"},
                {"take": {"percent": "50.00"}, "available": {"days": 3}},
            ],
        },
    ],
}


def readable() -> ledger.Policy:
    """Return the policy of the document."""
    found = ledger.read_policy(document(), KNOWN)
    assert isinstance(found, ledger.Policy), found
    return found


# -- random policies ----------------------------------------------------------------------------------

METHODS = ("CARD", "ACH", "CHECK")
TIERS = ("LOW", "HIGH")
KEYS = ("channel", "checkType")
VALUES = ("A", "B")

MINUTES = (0, 9 * 60, 17 * 60, 23 * 60 + 59)
BANDS = (policy.ANY, policy.Band(0, 500), policy.Band(500), policy.Band(200, 1000), policy.Band(1000))
AGES = (policy.ANY, policy.ANY, policy.Band(0, 31), policy.Band(31))


def _timing(chance: Random) -> policy.Timing:
    after = policy.AfterDays(chance.randint(0, 30), chance.choice(list(ledger.DayUnit)), chance.choice(MINUTES))
    return chance.choice((policy.AtOnce(), policy.UntilReleased(), after, after))


def _subset(chance: Random, words: tuple[str, ...], least: int = 0) -> tuple[str, ...]:
    return tuple(sorted(chance.sample(words, chance.randint(least, len(words)))))


def _match(chance: Random) -> policy.Match:
    return policy.Match(
        methods=_subset(chance, METHODS),
        direction=chance.choice(list(Direction)),
        amount=chance.choice(BANDS),
        account_age_days=chance.choice(AGES),
        risk_tiers=chance.choice(((), _subset(chance, TIERS))),
        metadata=tuple((key, _subset(chance, VALUES, least=1)) for key in _subset(chance, KEYS)),
    )


def _portion(chance: Random) -> policy.Portion:
    take = chance.choice(
        (
            policy.PerItem(chance.randint(1, 2000)),
            policy.PerDay(chance.randint(1, 2000), chance.choice((None, "shared"))),
            policy.Percent(chance.randint(1, 1900)),
        )
    )
    return policy.Portion(take, _timing(chance))


def _rule(chance: Random, name: str, match: policy.Match) -> policy.Rule:
    portions = [_portion(chance) for _ in range(chance.randint(0, 5))]
    last = policy.Portion(policy.Rest(), _timing(chance))
    limit = chance.choice((None, policy.DayLimit(chance.randint(1, 3000), "limit", _timing(chance))))
    return policy.Rule(name, match, (*portions, last), limit)


def random_rules(seed: int) -> list[policy.Rule]:
    """Make rules whose portions share everything out; some may be unreachable, and there may be gaps."""
    chance = Random(seed)
    return [_rule(chance, f"Rule {number}", _match(chance)) for number in range(chance.randint(1, 5))]


def random_policy(seed: int) -> ledger.Policy:
    """Make a policy in which nothing is wrong: rules at random, the last one for all that they leave."""
    chance = Random(seed)
    rules = [*random_rules(seed), _rule(chance, "Everything else", policy.Match())]
    unreachable = {problem.place for problem in coverage.problems(rules)}
    return ledger.Policy(
        currency="USD",
        exponent=2,
        time_zone="America/New_York",
        calendar="FED",
        rules=tuple(rule for number, rule in enumerate(rules) if f"rules[{number}]" not in unreachable),
        cut_off=chance.choice((None, *MINUTES)),
    )


# Made from a seed: drawing every figure of a policy by itself is a hundred times as slow.
rules = st.integers(0, 2**32).map(random_rules)
policies = st.integers(0, 2**32).map(random_policy)

JULY_2026 = 1_783_000_000_000_000
YEAR = 365 * 86_400 * 1_000_000


deposits = st.builds(
    ledger.DepositFacts,
    amount=st.one_of(st.integers(1, 12_000), st.integers(1, 10**18)),
    currency=st.just("USD"),
    method=st.sampled_from((*METHODS, "OTHER")),
    at=st.integers(JULY_2026, JULY_2026 + YEAR),
    account_opened_at=st.integers(JULY_2026 - YEAR, JULY_2026 + 2 * YEAR),
    direction=st.sampled_from((Direction.IN, Direction.OUT)),
    risk_tier=st.none() | st.sampled_from((*TIERS, "OTHER")),
    metadata=st.dictionaries(st.sampled_from(KEYS), st.sampled_from((*VALUES, "C"))).map(
        lambda found: tuple(sorted(found.items()))
    ),
)
