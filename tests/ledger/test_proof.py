"""The proof finds what it is for: a sound ledger is spoiled in one place, and the right check says so."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app import ledger
from app.ledger import proof
from app.ledger.proof import Records
from tests.ledger.world import START, World

HOUR = 3_600_000_000


def named(name: str) -> ledger.Reference:
    return ledger.Reference(external_id=name)


def usd(minor: int) -> ledger.Amount:
    return ledger.Amount(minor, "USD")


def story() -> World:
    """A little of everything: money that matures, a pin, holds that ended in each way, a reversal, terms."""
    world = World()
    for name in ("alice", "shop"):
        world.accept(ledger.OpenAccount("USD", external_id=name))
    world.accept(ledger.OpenAccount("USD", external_id="world", normal_side=ledger.Side.DEBIT, unlimited=True))
    world.accept(ledger.Transfer(named("world"), named("alice"), usd(1000), external_id="t1"))
    world.accept(
        ledger.Transfer(named("world"), named("alice"), usd(500), available_at=START + 5 * HOUR, external_id="t2")
    )
    world.accept(ledger.RescheduleEntry(named("t2"), 2, usd(200), START + 6 * HOUR))
    pin = (
        ledger.EntryDraft(named("alice"), ledger.Side.DEBIT, usd(50), START + 5 * HOUR),
        ledger.EntryDraft(named("shop"), ledger.Side.CREDIT, usd(50), START + 5 * HOUR),
    )
    world.accept(ledger.PostTransaction(pin))
    world.accept(ledger.ReverseTransaction(named("t2"), usd(300)))
    for name in ("captured", "released", "expired", "active", "lapsed"):
        lapses = {"expired": START + HOUR, "lapsed": START + 2 * HOUR}.get(name)
        command = ledger.PlaceHold(named("alice"), usd(60), lapses, named("shop"), external_id=name)
        world.accept(command)
    world.accept(ledger.CaptureHold(named("captured"), usd(20), final=False))
    world.accept(ledger.CaptureHold(named("captured")))
    world.accept(ledger.ReleaseHold(named("released")))
    world.accept(ledger.IncrementHold(named("active"), usd(5)))
    world.clock_to(START + 3 * HOUR)
    world.accept(ledger.RecordExpiry(named("expired")))
    world.accept(ledger.FreezeAccount(named("shop")))
    world.accept(ledger.UpdateAccount(named("alice"), floor="1"))
    world.accept(ledger.Transfer(named("alice"), named("world"), usd(2000), force=True))
    world.accept(ledger.UnfreezeAccount(named("shop")))
    world.accept(ledger.OpenAccount("USD", external_id="bank", unlimited=True))
    world.accept(ledger.SetAdvancePlan(named("bank"), named("bank"), (ledger.AdvanceTier(None, 9_000),), 100))
    world.accept(ledger.Transfer(named("world"), named("shop"), usd(300), available_at=START + 9 * HOUR))
    world.accept(ledger.QuoteInstantAvailability(named("shop")))
    world.accept(ledger.AcceptInstantQuote(ledger.Reference(world.quotes[0].id)))
    return world


def test_a_sound_ledger_breaks_nothing() -> None:
    assert proof.violations(story().records()) == []


def test_an_empty_ledger_breaks_nothing() -> None:
    assert proof.violations(World().records()) == []


def changed(rows: Any, at: int, **values: object) -> Any:  # noqa: ANN401 - any table of rows
    made = list(rows)
    made[at] = replace(made[at], **values)
    return tuple(made)


def balance(records: Records, **values: object) -> Records:
    account_id = next(iter(records.balances))
    spoiled = replace(records.balances[account_id], **values)  # type: ignore[arg-type]
    return replace(records, balances={**records.balances, account_id: spoiled})


def hold(records: Records, **values: object) -> Records:
    hold_id = next(iter(records.holds))
    spoiled = replace(records.holds[hold_id], **values)  # type: ignore[arg-type]
    return replace(records, holds={**records.holds, hold_id: spoiled})


def entries(at: int, **values: object) -> Callable[[Records], Records]:
    return lambda records: replace(records, entries=changed(records.entries, at, **values))


def hold_changes(at: int, **values: object) -> Callable[[Records], Records]:
    return lambda records: replace(records, hold_changes=changed(records.hold_changes, at, **values))


def _more_reversed(records: Records) -> Records:
    place = next(at for at, entry in enumerate(records.entries) if entry.of_entry and entry.available_at)
    return replace(records, entries=changed(records.entries, place, amount=10_000))


def _other_bucket(records: Records) -> Records:
    (bucket, amount), *_ = records.buckets.items()
    return replace(records, buckets={**records.buckets, bucket: amount + 1})


def _unforced(records: Records) -> Records:
    calm = [
        replace(event, payload=tuple(pair for pair in event.payload if pair[0] != "forced")) for event in records.events
    ]
    return replace(records, events=tuple(calm))


def _after_the_end(records: Records) -> Records:
    ended = next(change for change in records.hold_changes if change.kind is ledger.HoldChangeKind.EXPIRED)
    again = replace(ended, sequence=records.sequence + 1, kind=ledger.HoldChangeKind.INCREMENTED)
    return replace(records, hold_changes=(*records.hold_changes, again))


SPOILED: list[tuple[str, Callable[[Records], Records], Callable[..., object]]] = [
    ("a side is short", entries(1, amount=999), proof.debits_equal_credits),
    ("a transaction without entries", lambda r: replace(r, entries=r.entries[2:]), proof.debits_equal_credits),
    ("an entry carries another balance", entries(3, balance_after=1), proof.balances_are_sums),
    ("a balance is not the sum", lambda r: balance(r, ledger=1), proof.balances_are_sums),
    ("an instant had come", entries(3, available_at=START), proof.maturing_is_buckets),
    ("an entry carries other maturing money", entries(3, maturing_after=1), proof.maturing_is_buckets),
    ("a bucket is not the sum", _other_bucket, proof.maturing_is_buckets),
    ("a bucket is missing", lambda r: replace(r, buckets={}), proof.maturing_is_buckets),
    ("maturing is not the buckets", lambda r: balance(r, maturing=1), proof.maturing_is_buckets),
    ("held is not the holds", lambda r: balance(r, held=1), proof.held_is_what_holds_say),
    ("lapsed is not the holds", lambda r: balance(r, lapsed=1), proof.held_is_what_holds_say),
    ("a hold does not add up", hold_changes(0, released=1), proof.holds_follow_the_table),
    ("a hold changed after its end", _after_the_end, proof.holds_follow_the_table),
    (
        "a hold begins in the middle",
        lambda r: replace(r, hold_changes=r.hold_changes[1:]),
        proof.holds_follow_the_table,
    ),
    ("a change carries other held money", hold_changes(1, held_after=1), proof.holds_follow_the_table),
    ("a hold is not its last change", lambda r: hold(r, captured=1), proof.holds_follow_the_table),
    ("a hold without history", lambda r: replace(r, hold_changes=()), proof.holds_follow_the_table),
    ("a version is missing", lambda r: balance(r, version=99), proof.versions_have_no_gaps),
    ("a version is used twice", entries(5, account_version=1), proof.versions_have_no_gaps),
    ("terms are not the last change", lambda r: balance(r, floor=7), proof.terms_are_the_last_change),
    ("terms without history", lambda r: replace(r, account_changes=()), proof.terms_are_the_last_change),
    ("more is undone than was done", _more_reversed, proof.reversals_stay_within),
    ("slices do not add up", _other_bucket, proof.slices_add_up),
    ("a slice is below zero", _more_reversed, proof.slices_add_up),
    ("a sequence is missing", lambda r: replace(r, sequence=r.sequence + 1), proof.history_has_no_gaps),
    ("an event is missing", lambda r: replace(r, events=r.events[:-1]), proof.history_has_no_gaps),
    ("a change is missing", lambda r: replace(r, transactions=r.transactions[1:]), proof.history_has_no_gaps),
    ("time runs back", lambda r: replace(r, events=changed(r.events, 3, recorded_at=0)), proof.history_has_no_gaps),
    ("an advance twice", lambda r: replace(r, advances=(*r.advances, *r.advances)), proof.advances_are_repaid),
    (
        "an advance too late",
        lambda r: replace(r, quotes=changed(r.quotes, 0, expires_at=r.quotes[0].quoted_at)),
        proof.advances_are_repaid,
    ),
    (
        "an advance of another amount",
        lambda r: replace(r, quotes=changed(r.quotes, 0, amount=1)),
        proof.advances_are_repaid,
    ),
    ("a command without right went below the floor", _unforced, proof.floors_were_kept),
]


@pytest.mark.parametrize(("spoil", "check"), [row[1:] for row in SPOILED], ids=[row[0] for row in SPOILED])
def test_what_is_spoiled_is_found(spoil: Callable[[Records], Records], check: Callable[[Records], list[str]]) -> None:
    assert list(check(spoil(story().records()))) != []
    assert proof.violations(spoil(story().records())) != []


def test_every_check_has_found_something() -> None:
    assert {check for _, _, check in SPOILED} == set(proof.CHECKS)


def test_slices_take_nameless_pins_from_the_oldest() -> None:
    world = story()
    records = world.records()
    alice = next(account.id for account in world.accounts.values() if account.external_id == "alice")
    assert isinstance(alice, UUID)
    assert {instant - START: amount for (owner, instant), amount in records.buckets.items() if owner == alice} == {
        5 * HOUR: 0,
        6 * HOUR: 150,
    }
