"""Deposits worked out by hand from the regulation's and the schemes' own words, against the policies that ship."""

from collections import Counter
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app import ledger
from app.services import calendars
from tests.availability import table

FIXTURES = Path(__file__).parents[2] / "fixtures/policies"
ROWS = table.read_rows()


@cache
def policy_of(name: str) -> ledger.Policy:
    text = (FIXTURES / f"{table.POLICIES[name]}.json").read_text(encoding="utf-8")
    policy = ledger.read_policy_text(text, calendars.known({"EUR": 2, "USD": 2}))
    assert isinstance(policy, ledger.Policy), policy
    return policy


def share_out(row: table.Row) -> ledger.Availability:
    """Share out the earlier deposits of a row in their order, then its own."""
    policy = policy_of(row.policy)
    calendar = calendars.calendar_of(policy.calendar, policy.time_zone, closed=row.closed, opened=row.opened_days)
    opened = datetime.combine(row.opened, time(11, 30), tzinfo=ZoneInfo(policy.time_zone))
    totals: Counter[tuple[object, str]] = Counter()
    answers = []
    for deposit in (*row.earlier, row.deposit):
        facts = ledger.DepositFacts(
            amount=deposit.amount,
            currency=table.CURRENCIES[row.policy],
            method=deposit.method,
            at=deposit.at,
            account_opened_at=int(opened.timestamp()) * 1_000_000,
            risk_tier=deposit.risk_tier,
            metadata=deposit.metadata,
        )
        day = ledger.business_day_of(calendar, deposit.at, policy.cut_off)
        answer = ledger.share_out(policy, calendar, facts, {name: by for (of, name), by in totals.items() if of == day})
        assert isinstance(answer, ledger.Availability), (row.case, answer)
        assert answer.business_day == day
        totals.update({(day, name): by for name, by in answer.counters})
        answers.append(answer)
    return answers[-1]


def test_every_deposit_is_available_when_the_words_say() -> None:
    differences = []
    for row in ROWS:
        found = tuple((part.amount, part.available_at) for part in share_out(row).slices)
        if found != row.slices:
            zone = ZoneInfo(policy_of(row.policy).time_zone)
            said = [f"{amount / 100:.2f} {shown(at, zone)}" for amount, at in found]
            differences.append(f"{row.case} ({row.source}): {said}, by hand {list(row.expected)}")
    assert differences == []


def shown(instant: int | None, zone: ZoneInfo) -> str:
    return "now" if instant is None else f"{datetime.fromtimestamp(instant // 1_000_000, zone):%Y-%m-%d %H:%M %Z}"


def test_the_table_is_whole() -> None:
    assert len(ROWS) >= 120
    assert [case for case, times in Counter(row.case for row in ROWS).items() if times > 1] == []
    for row in ROWS:
        assert row.source, row.case
        assert sum(amount for amount, _ in row.slices) == row.deposit.amount, row.case


@pytest.mark.parametrize("name", [name for name in table.POLICIES if name != "instant"])
def test_no_rule_of_a_policy_goes_untried(name: str) -> None:
    tried = {share_out(row).rule for row in ROWS if row.policy == name}
    # The rules that both policies for Regulation CC share are tried with the first of them.
    rules = {rule.name for rule in policy_of(name).rules}
    if name == "cash":
        rules = {"Check at a nonproprietary ATM", "Other check", "Treasury check"}
    assert rules - tried == set()


def test_the_two_policies_for_regulation_cc_differ_in_what_229_12_d_is_about() -> None:
    plain, cash = policy_of("cc"), policy_of("cash")
    different = [a.name for a, b in zip(plain.rules, cash.rules, strict=True) if a != b]
    assert different == ["Check at a nonproprietary ATM", "Other check"]


def test_a_later_deposit_is_never_available_earlier() -> None:
    """A minute later, around the cut-offs and the turns of the clock that the table is about."""
    minute = timedelta(minutes=1) // timedelta(microseconds=1)
    for row in ROWS:
        if row.earlier:
            continue
        last = row.deposit
        before = table.Deposit(last.at - minute, last.method, last.amount, last.risk_tier, last.metadata)
        earlier = table.Row(**{**vars(row), "deposit": before})
        if [part.rule for part in share_out(earlier).slices] == [part.rule for part in share_out(row).slices]:
            pairs = zip(share_out(earlier).slices, share_out(row).slices, strict=True)
            assert all((a.available_at or 0) <= (b.available_at or 0) for a, b in pairs), row.case
