"""What a deposit, an assignment and a closed day are refused for, beside what the scenarios tell."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app import ledger
from tests.ledger import world
from tests.ledger.world import START, World

POLICIES = Path(__file__).parents[2] / "fixtures" / "policies"
BEYOND_ALL_CALENDARS = 4_102_444_800_000_000 + 366 * 86_400_000_000


def policy_text(name: str) -> str:
    return (POLICIES / f"{name}.json").read_text(encoding="utf-8")


def bank_and_alice(tenant: World) -> tuple[UUID, UUID]:
    bank = tenant.accept(ledger.OpenAccount("USD", normal_side=ledger.Side.DEBIT, unlimited=True))
    alice = tenant.accept(ledger.OpenAccount("USD"))
    assert bank.account_id is not None
    assert alice.account_id is not None
    return bank.account_id, alice.account_id


def deposit(bank: UUID, account: UUID, currency: str = "USD", method: str = "CARD") -> ledger.Deposit:
    return ledger.Deposit(ledger.Reference(bank), ledger.Reference(account), ledger.Amount(100, currency), method)


def follow_cards(tenant: World) -> None:
    tenant.accept(ledger.PublishPolicy("cards", policy_text("card-t-plus-2")))
    tenant.accept(ledger.AssignPolicy(ledger.Reference(external_id="cards")))


def test_a_deposit_of_another_currency_is_refused_for_that() -> None:
    tenant = World()
    bank, alice = bank_and_alice(tenant)
    follow_cards(tenant)
    assert tenant.refuse(deposit(bank, alice, "EUR")).code is ledger.RejectionCode.CURRENCY_MISMATCH


def test_a_deposit_beyond_all_calendars_is_refused_and_never_guessed() -> None:
    tenant = World(at=BEYOND_ALL_CALENDARS)
    bank, alice = bank_and_alice(tenant)
    follow_cards(tenant)
    refusal = tenant.refuse(deposit(bank, alice))
    assert refusal.code is ledger.RejectionCode.POLICY_GAP
    assert [problem.place for problem in refusal.problems] == ["calendar"]


def test_a_deposit_by_a_calendar_that_is_no_more_is_refused_and_never_guessed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tenant = World()
    bank, alice = bank_and_alice(tenant)
    follow_cards(tenant)
    monkeypatch.setattr(type(world.ALMANAC), "calendar", lambda *_args, **_named: None)
    refusal = tenant.refuse(deposit(bank, alice))
    assert (refusal.code, refusal.problems[0].place) == (ledger.RejectionCode.POLICY_GAP, "calendar")


def test_a_default_is_not_taken_back_without_saying_whose() -> None:
    tenant = World()
    refusal = tenant.refuse(ledger.AssignPolicy(None))
    assert (refusal.code, refusal.culprit.field) == (ledger.RejectionCode.POLICY_NOT_FOUND, "policy")


def test_a_tenant_sets_no_more_days_than_can_be_looked_through() -> None:
    tenant = World()
    first = datetime.fromtimestamp(START / 1e6, UTC).date() + timedelta(days=30)
    days = tuple(range(first.toordinal(), first.toordinal() + 1_700))
    for calendar in ("US", "DE"):
        tenant.accept(ledger.SetClosures(calendar, closed=days))
    refusal = tenant.refuse(ledger.SetClosures("FR", closed=days))
    assert refusal.code is ledger.RejectionCode.POLICY_INVALID


def test_what_counts_is_told_from_what_is_recorded() -> None:
    known = world.ALMANAC.known
    policy = ledger.read_policy_text(policy_text("us-regulation-cc"), known, judged=False)
    assert isinstance(policy, ledger.Policy)
    assert ledger.counters_of(policy, "no such rule", 1) == ()
    named = {
        (rule.name, portion): ledger.counters_of(policy, rule.name, portion)
        for rule in policy.rules
        for portion in (None, *range(1, len(rule.portions) + 1))
    }
    limited = {rule.name for rule in policy.rules if rule.day_limit is not None}
    assert limited
    assert all(named[name, None] for name in limited)
    assert any(len(names) > 1 for names in named.values())
    assert any(not names for names in named.values())


def test_a_share_in_per_cent_counts_nothing() -> None:
    policy = ledger.read_policy_text(policy_text("card-t-plus-2"), world.ALMANAC.known, judged=False)
    assert isinstance(policy, ledger.Policy)
    assert ledger.counters_of(policy, "Card, high risk", 1) == ()


def test_a_batch_without_deposits_is_given_no_calendars() -> None:
    book = ledger.Book(ledger.Pages(sequence=0, at=START))
    with pytest.raises(LookupError):
        _ = book.almanac


def test_days_closed_within_a_batch_count_for_the_deposits_behind_them() -> None:
    tenant = World()
    bank, alice = bank_and_alice(tenant)
    follow_cards(tenant)
    (whole,) = tenant.accept(deposit(bank, alice)).slices
    arrives, rule = whole.available_at, whole.rule
    assert arrives is not None
    assert rule is not None
    calendar = json.loads(policy_text("card-t-plus-2"))["calendar"]
    commands = (
        deposit(bank, alice),
        ledger.SetClosures(calendar, closed=(rule.business_day,)),
        deposit(bank, alice),
        ledger.SetClosures(calendar, opened=(rule.business_day,)),
        deposit(bank, alice),
    )
    decided = [answer for (answer,) in tenant.submit([ledger.Group((tenant.request(one),)) for one in commands])]
    instants = [answer.slices[0].available_at for answer in decided[::2] if isinstance(answer, ledger.Accepted)]
    assert instants[0] == instants[2] == arrives
    assert instants[1] is not None
    assert instants[1] > arrives
