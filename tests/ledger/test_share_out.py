"""Promises of sharing a deposit out: exact to the last unit, never in the past, and never guessed."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from app import ledger
from app.ledger import calendar, policy
from app.ledger.account import Direction
from app.ledger.policy import AfterDays, AtOnce, Band, DayLimit, Match, Percent, PerDay, PerItem, Portion, Rest, Rule
from tests.ledger import policies
from tests.ledger.policies import NEW_YORK

MONDAY = 1_783_353_600_000_000
"""2026-07-06T16:00:00Z, noon in New York."""
FACTS = ledger.DepositFacts(
    amount=1_000, currency="USD", method="CHECK", at=MONDAY, account_opened_at=MONDAY - 90 * 86_400_000_000
)
totals = st.dictionaries(st.sampled_from(["shared", "limit", "Everything else/1"]), st.integers(0, 12_000))


def one(*portions: Portion, day_limit: DayLimit | None = None, match: Match | None = None) -> ledger.Policy:
    """Return a policy of one rule."""
    rule = Rule("All", match or Match(), portions, day_limit)
    return ledger.Policy("USD", 2, "America/New_York", "FED", (rule,), 17 * 60)


def shared(found: ledger.Availability | ledger.NoAnswer) -> ledger.Availability:
    assert isinstance(found, ledger.Availability), found
    return found


def amounts(found: ledger.Availability | ledger.NoAnswer) -> list[tuple[int | None, int]]:
    return [(part.portion, part.amount) for part in shared(found).slices]


TOMORROW, LATER = AfterDays(1), AfterDays(5)
REST = Portion(Rest(), LATER)


# -- whatever the policy ------------------------------------------------------------------------------


@settings(derandomize=True, deadline=None, max_examples=150)
@given(policies.policies, policies.deposits, totals)
def test_slices_sum_to_the_deposit_and_lie_ahead(
    drawn: ledger.Policy, facts: ledger.DepositFacts, before: dict[str, int]
) -> None:
    found = shared(ledger.share_out(drawn, NEW_YORK, facts, before))
    assert sum(part.amount for part in found.slices) == facts.amount
    assert all(part.amount > 0 for part in found.slices)
    assert len(found.slices) <= policy.PORTIONS_MAX + 1
    for part in found.slices:
        assert part.rule == found.rule
        assert part.available_at is None or part.available_at > facts.at
        match part.timing:
            case AtOnce():
                assert part.available_at is None
                assert part.day is None
            case policy.UntilReleased():
                assert part.available_at == ledger.FOREVER
                assert part.day is None
            case AfterDays(days, unit, minute):
                assert part.day == calendar.add_days(NEW_YORK, found.business_day, days, unit)
                assert part.day is not None
                due = calendar.instant_of(NEW_YORK.zone, part.day, minute)
                assert part.available_at == (due if due > facts.at else None)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(policies.policies, policies.deposits, totals)
def test_counters_grow_by_what_was_counted_and_by_no_more(
    drawn: ledger.Policy, facts: ledger.DepositFacts, before: dict[str, int]
) -> None:
    found = shared(ledger.share_out(drawn, NEW_YORK, facts, before))
    rule = next(rule for rule in drawn.rules if rule.name == found.rule)
    taken: Counter[str] = Counter()
    for number, portion in enumerate(rule.portions, 1):
        if isinstance(portion.take, PerDay):
            name = portion.take.counter or f"{rule.name}/{number}"
            taken[name] += sum(part.amount for part in found.slices if part.portion == number)
    if rule.day_limit is not None:
        taken[rule.day_limit.counter] += min(facts.amount, 10**18 - before.get(rule.day_limit.counter, 0))
    assert dict(found.counters) == {name: by for name, by in taken.items() if by}
    assert list(found.counters) == sorted(found.counters)
    own = {f"{rule.name}/{number}": portion.take for number, portion in enumerate(rule.portions, 1)}
    for name, take in own.items():
        if isinstance(take, PerDay) and take.counter is None:
            assert before.get(name, 0) + taken[name] <= max(take.amount, before.get(name, 0))


@settings(derandomize=True, deadline=None, max_examples=300)
@given(policies.policies, policies.deposits, totals, st.sampled_from(["shared", "limit"]), st.integers(1, 5_000))
def test_the_more_was_deposited_before_the_less_is_taken_by_the_day(
    drawn: ledger.Policy, facts: ledger.DepositFacts, before: dict[str, int], name: str, more: int
) -> None:
    less_used = shared(ledger.share_out(drawn, NEW_YORK, facts, before))
    more_used = shared(ledger.share_out(drawn, NEW_YORK, facts, {**before, name: before.get(name, 0) + more}))
    rule = next(rule for rule in drawn.rules if rule.name == less_used.rule)
    if name == "limit":
        assert beyond(more_used) >= beyond(less_used)
        return
    by_day = [
        n for n, portion in enumerate(rule.portions, 1) if isinstance(portion.take, PerDay) and portion.take.counter
    ]
    assert sum(taken(more_used, n) for n in by_day) <= sum(taken(less_used, n) for n in by_day)


def beyond(found: ledger.Availability) -> int:
    return sum(part.amount for part in found.slices if part.portion is None)


def taken(found: ledger.Availability, number: int) -> int:
    return sum(part.amount for part in found.slices if part.portion == number)


def ready(part: ledger.Slice, at: int) -> int:
    return at if part.available_at is None else part.available_at


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    st.lists(st.integers(1, 1_000), max_size=4),
    st.none() | st.integers(1, 3_000),
    st.lists(st.integers(1, 3_000), min_size=1, max_size=6),
)
@example([275], 6_725, [4_000, 4_000, 500])
def test_a_day_comes_to_the_same_in_one_deposit_or_in_many(
    by_day: list[int], limit: int | None, deposits: list[int]
) -> None:
    given_ = one(
        *(Portion(PerDay(amount), AfterDays(number)) for number, amount in enumerate(by_day)),
        Portion(Rest(), AfterDays(9)),
        day_limit=None if limit is None else DayLimit(limit, "limit", AfterDays(20)),
    )
    used: Counter[str] = Counter()
    many: Counter[int | None] = Counter()
    for amount in deposits:
        found = shared(ledger.share_out(given_, NEW_YORK, replace(FACTS, amount=amount), used))
        used.update(dict(found.counters))
        many.update(dict(amounts(found)))
    at_once = shared(ledger.share_out(given_, NEW_YORK, replace(FACTS, amount=sum(deposits)), {}))
    assert dict(many) == dict(amounts(at_once))
    assert dict(used) == dict(at_once.counters)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(policies.policies, policies.deposits, totals)
def test_the_first_rule_that_matches_is_the_rule(
    drawn: ledger.Policy, facts: ledger.DepositFacts, before: dict[str, int]
) -> None:
    found = shared(ledger.share_out(drawn, NEW_YORK, facts, before))
    number = [rule.name for rule in drawn.rules].index(found.rule)
    for others in (drawn.rules[: number + 1], drawn.rules[number:]):
        assert ledger.share_out(replace(drawn, rules=others), NEW_YORK, facts, before) == found
    assert (
        ledger.share_out(replace(drawn, rules=drawn.rules[:number]), NEW_YORK, facts, before) is ledger.NoAnswer.NO_RULE
    )


@settings(derandomize=True, deadline=None, max_examples=300)
@given(policies.policies, policies.deposits, st.integers(0, 10 * 86_400_000_000))
def test_a_later_deposit_under_the_same_rule_is_never_available_earlier(
    drawn: ledger.Policy, facts: ledger.DepositFacts, later: int
) -> None:
    one_, other = (
        shared(ledger.share_out(drawn, NEW_YORK, replace(facts, at=at), {})) for at in (facts.at, facts.at + later)
    )
    assume(one_.rule == other.rule)
    assert amounts(one_) == amounts(other)
    assert one_.business_day <= other.business_day
    for first, second in zip(one_.slices, other.slices, strict=True):
        assert ready(first, facts.at) <= ready(second, facts.at + later)


# -- by example ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("portions", "amount", "expected"),
    [
        ((Portion(Rest(), AtOnce()),), 1, [(1, 1)]),
        ((Portion(PerItem(275), TOMORROW), REST), 274, [(1, 274)]),
        ((Portion(PerItem(275), TOMORROW), REST), 275, [(1, 275)]),
        ((Portion(PerItem(275), TOMORROW), REST), 276, [(1, 275), (2, 1)]),
        ((Portion(Percent(9_000), TOMORROW), REST), 1, [(2, 1)]),
        ((Portion(Percent(9_000), TOMORROW), REST), 99, [(1, 89), (2, 10)]),
        ((Portion(Percent(1), TOMORROW), REST), 9_999, [(2, 9_999)]),
        ((Portion(Percent(1), TOMORROW), REST), 10_000, [(1, 1), (2, 9_999)]),
        (tuple(Portion(Percent(share), LATER) for share in (3_333, 3_333, 3_334)), 100, [(1, 33), (2, 33), (3, 34)]),
        (tuple(Portion(Percent(share), LATER) for share in (3_333, 3_333, 3_334)), 2, [(3, 2)]),
        ((Portion(PerItem(90), LATER), Portion(Percent(5_000), LATER), REST), 100, [(1, 90), (2, 10)]),
        ((Portion(PerDay(60, "a"), LATER), Portion(PerDay(70, "a"), LATER), REST), 100, [(1, 60), (2, 10), (3, 30)]),
    ],
)  # fmt: skip
def test_portions_take_in_their_order(
    portions: tuple[Portion, ...], amount: int, expected: list[tuple[int | None, int]]
) -> None:
    assert amounts(ledger.share_out(one(*portions), NEW_YORK, replace(FACTS, amount=amount), {})) == expected


def test_what_lies_above_a_limit_of_the_day_is_in_no_portion() -> None:
    limited = one(
        Portion(Percent(5_000), TOMORROW), Portion(Rest(), LATER), day_limit=DayLimit(600, "limit", AfterDays(9))
    )
    assert amounts(ledger.share_out(limited, NEW_YORK, FACTS, {})) == [(1, 300), (2, 300), (None, 400)]
    assert amounts(ledger.share_out(limited, NEW_YORK, FACTS, {"limit": 500})) == [(1, 50), (2, 50), (None, 900)]
    assert amounts(ledger.share_out(limited, NEW_YORK, FACTS, {"limit": 600})) == [(None, 1_000)]
    assert amounts(ledger.share_out(limited, NEW_YORK, FACTS, {"limit": 10**18})) == [(None, 1_000)]


def test_a_counter_ends_where_a_balance_ends() -> None:
    limited = one(Portion(Rest(), LATER), day_limit=DayLimit(600, "limit", AfterDays(9)))
    for before, by in ((10**18 - 1_000, 1_000), (10**18 - 999, 999), (10**18, 0)):
        found = shared(ledger.share_out(limited, NEW_YORK, FACTS, {"limit": before}))
        assert found.counters == ((("limit", by),) if by else ())


@pytest.mark.parametrize(
    ("match", "changes", "expected"),
    [
        (Match(methods=("CARD", "CHECK")), {}, True),
        (Match(methods=("CARD",)), {}, False),
        (Match(direction=Direction.IN), {}, True),
        (Match(direction=Direction.OUT), {}, False),
        (Match(direction=Direction.OUT), {"direction": Direction.OUT}, True),
        (Match(amount=Band(1_000)), {}, True),
        (Match(amount=Band(1_001)), {}, False),
        (Match(amount=Band(0, 1_000)), {}, False),
        (Match(amount=Band(0, 1_001)), {}, True),
        (Match(account_age_days=Band(90)), {}, True),
        (Match(account_age_days=Band(91)), {}, False),
        (Match(account_age_days=Band(0, 90)), {}, False),
        (Match(account_age_days=Band(0, 1)), {"account_opened_at": MONDAY}, True),
        # An account that opens after the instant, as a test clock may have it, is as new as can be.
        (Match(account_age_days=Band(0, 1)), {"account_opened_at": MONDAY + 10**15}, True),
        (Match(risk_tiers=("HIGH", "LOW")), {"risk_tier": "LOW"}, True),
        (Match(risk_tiers=("HIGH",)), {"risk_tier": "LOW"}, False),
        (Match(risk_tiers=("HIGH",)), {}, False),
        (Match(metadata=(("a", ("1", "2")),)), {"metadata": (("a", "2"), ("b", "3"))}, True),
        (Match(metadata=(("a", ("1", "2")),)), {"metadata": (("a", "3"),)}, False),
        (Match(metadata=(("a", ("1",)), ("b", ("1",)))), {"metadata": (("a", "1"),)}, False),
    ],
)
def test_a_rule_is_for_what_all_of_its_conditions_hold_for(
    match: Match, changes: dict[str, object], expected: bool
) -> None:
    facts = replace(FACTS, **changes)  # type: ignore[arg-type]
    found = ledger.share_out(one(Portion(Rest(), AtOnce()), match=match), NEW_YORK, facts, {})
    assert found is ledger.NoAnswer.NO_RULE or isinstance(found, ledger.Availability)
    assert isinstance(found, ledger.Availability) is expected


def test_the_age_of_an_account_is_counted_to_the_banking_day_of_the_deposit() -> None:
    new = one(Portion(Rest(), AtOnce()), match=Match(account_age_days=Band(0, 31)))
    opened = MONDAY - 28 * 86_400_000_000
    friday_noon, friday_evening = MONDAY + 4 * 86_400_000_000, MONDAY + 4 * 86_400_000_000 + 6 * 3_600_000_000
    for at, opened_at, expected in (
        (MONDAY, opened, True),
        (MONDAY + 2 * 86_400_000_000, opened, True),
        (MONDAY + 3 * 86_400_000_000, opened, False),
        # Friday's evening counts for Tuesday, as Monday 13 July is no banking day here.
        (friday_noon, opened + 3 * 86_400_000_000, True),
        (friday_evening, opened + 3 * 86_400_000_000, False),
    ):
        facts = replace(FACTS, at=at, account_opened_at=opened_at)
        assert isinstance(ledger.share_out(new, NEW_YORK, facts, {}), ledger.Availability) is expected


def test_a_policy_is_for_its_own_currency_or_for_all() -> None:
    plain = one(Portion(Rest(), AtOnce()))
    euros = replace(FACTS, currency="EUR")
    assert ledger.share_out(plain, NEW_YORK, euros, {}) is ledger.NoAnswer.OTHER_CURRENCY
    assert amounts(ledger.share_out(replace(plain, currency=None), NEW_YORK, euros, {})) == [(1, 1_000)]


def test_outside_the_calendar_there_is_no_answer() -> None:
    last = calendar.instant_of(NEW_YORK.zone, date(2029, 12, 31), 12 * 60)
    at_once, tomorrow = one(Portion(Rest(), AtOnce())), one(Portion(Rest(), TOMORROW))
    facts = replace(FACTS, at=last)
    assert amounts(ledger.share_out(at_once, NEW_YORK, facts, {})) == [(1, 1_000)]
    assert ledger.share_out(tomorrow, NEW_YORK, facts, {}) is ledger.NoAnswer.OUTSIDE_CALENDAR
    for at in (last + 86_400_000_000, 0, 10**18):
        assert ledger.share_out(at_once, NEW_YORK, replace(FACTS, at=at), {}) is ledger.NoAnswer.OUTSIDE_CALENDAR
    ancient = replace(FACTS, account_opened_at=-(10**18))
    assert ledger.share_out(at_once, NEW_YORK, ancient, {}) is ledger.NoAnswer.OUTSIDE_CALENDAR


def test_a_time_that_has_come_already_is_at_once() -> None:
    same_day = one(Portion(Rest(), AfterDays(0, ledger.DayUnit.BANKING, 12 * 60)))
    for at, due in ((MONDAY - 1, MONDAY), (MONDAY, None), (MONDAY + 1, None)):
        (part,) = shared(ledger.share_out(same_day, NEW_YORK, replace(FACTS, at=at), {})).slices
        assert part.available_at == due
        assert part.day == date(2026, 7, 6)


def test_the_last_portion_takes_the_rest_whatever_it_says() -> None:
    """Should a policy that is wrong ever be applied, no money is lost over it."""
    for take in (PerItem(1), PerDay(1), Percent(1)):
        assert amounts(ledger.share_out(one(Portion(take, AtOnce())), NEW_YORK, FACTS, {})) == [(1, 1_000)]
    early = one(Portion(Rest(), AtOnce()), Portion(PerItem(5), AtOnce()), Portion(Rest(), AtOnce()))
    assert amounts(ledger.share_out(early, NEW_YORK, FACTS, {})) == [(1, 1_000)]
