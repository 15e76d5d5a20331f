"""Every change leaves its event, in order, with the numbers of the change; and nothing else does."""

from collections.abc import Sequence

from app import ledger
from tests.ledger.world import START, World

HOUR = 3_600_000_000
ALICE, SHOP = ledger.Reference(external_id="alice"), ledger.Reference(external_id="shop")
HOLD, SALE = ledger.Reference(external_id="hold"), ledger.Reference(external_id="sale")


def usd(minor: int) -> ledger.Amount:
    return ledger.Amount(minor, "USD")


def opened() -> World:
    world = World()
    world.accept(ledger.OpenAccount("USD", external_id="alice", unlimited=True))
    world.accept(ledger.OpenAccount("USD", external_id="shop"))
    return world


def after(world: World, command: ledger.Command) -> Sequence[ledger.Event]:
    """The events that one command leaves."""
    before = len(world.events)
    world.decide(command)
    return world.events[before:]


def payload(event: ledger.Event) -> dict[str, str | int | None]:
    return dict(event.payload)


def test_the_life_of_an_account_is_told() -> None:
    world = opened()
    commands: list[tuple[ledger.Command, ledger.EventKind, ledger.AccountChangeKind]] = [
        (ledger.UpdateAccount(SHOP, floor="-5"), ledger.EventKind.ACCOUNT_UPDATED, ledger.AccountChangeKind.UPDATED),
        (ledger.FreezeAccount(SHOP), ledger.EventKind.ACCOUNT_FROZEN, ledger.AccountChangeKind.FROZEN),
        (ledger.UnfreezeAccount(SHOP), ledger.EventKind.ACCOUNT_UNFROZEN, ledger.AccountChangeKind.UNFROZEN),
        (ledger.CloseAccount(SHOP), ledger.EventKind.ACCOUNT_CLOSED, ledger.AccountChangeKind.CLOSED),
        (ledger.ReopenAccount(SHOP), ledger.EventKind.ACCOUNT_REOPENED, ledger.AccountChangeKind.REOPENED),
    ]
    assert [event.kind for event in world.events] == [ledger.EventKind.ACCOUNT_OPENED] * 2
    for version, (command, kind, change) in enumerate(commands, 1):
        (event,) = after(world, command)
        assert (event.kind, payload(event)["version"], event.ordinal) == (kind, version, 0)
        assert world.account_changes[-1].kind is change
    assert payload(world.events[-1]) == {
        "currency": "USD",
        "floor": -500,
        "outFrozen": 0,
        "inFrozen": 0,
        "closed": 0,
        "version": 5,
    }


def test_a_transaction_is_told_once() -> None:
    world = opened()
    (event,) = after(world, ledger.Transfer(ALICE, SHOP, usd(5), external_id="sale", force=True))
    assert event.kind is ledger.EventKind.TRANSACTION_POSTED
    assert payload(event) == {"kind": "TRANSFER", "entries": 2, "forced": 1, "advanced": 0}
    (event,) = after(world, ledger.ReverseTransaction(SALE))
    assert payload(event) == {"kind": "REVERSAL", "entries": 2, "forced": 0, "advanced": 0}


def test_the_life_of_a_hold_is_told_with_whether_it_was_forced() -> None:
    world = opened()
    (event,) = after(world, ledger.PlaceHold(ALICE, usd(50), START + HOUR, SHOP, external_id="hold", force=True))
    assert event.kind is ledger.EventKind.HOLD_PLACED
    assert payload(event) == {
        "account": str(world.external_ids[ledger.ACCOUNT_KIND, "alice"]),
        "status": "ACTIVE",
        "amount": 50,
        "remaining": 50,
        "expiresAt": START + HOUR,
        "forced": 1,
    }
    (event,) = after(world, ledger.IncrementHold(HOLD, usd(5), force=True))
    assert (event.kind, payload(event)["forced"]) == (ledger.EventKind.HOLD_INCREMENTED, 1)
    (event,) = after(world, ledger.ExtendHold(HOLD, START + 2 * HOUR))
    assert (event.kind, payload(event)["amount"]) == (ledger.EventKind.HOLD_EXTENDED, 0)
    (event,) = after(world, ledger.ReleaseHold(HOLD, usd(10)))
    assert (event.kind, payload(event)["remaining"]) == (ledger.EventKind.HOLD_RELEASED, 45)


def test_a_capture_is_told_of_the_hold_and_then_of_the_transaction() -> None:
    world = opened()
    world.accept(ledger.PlaceHold(ALICE, usd(50), None, SHOP, external_id="hold"))
    first, second = after(world, ledger.CaptureHold(HOLD, usd(20), final=False))
    assert (first.kind, first.ordinal) == (ledger.EventKind.HOLD_CAPTURED, 0)
    assert (second.kind, second.ordinal) == (ledger.EventKind.TRANSACTION_POSTED, 1)
    assert first.sequence == second.sequence
    assert world.hold_changes[-1].transaction_id == second.subject_id


def test_an_expiry_is_told_as_of_when_it_came() -> None:
    world = opened()
    world.accept(ledger.PlaceHold(ALICE, usd(50), START + HOUR, SHOP, external_id="hold"))
    world.clock_to(START + 9 * HOUR)
    (event,) = after(world, ledger.RecordExpiry(HOLD))
    assert event.kind is ledger.EventKind.HOLD_EXPIRED
    assert (event.occurred_at, event.recorded_at) == (START + HOUR, START + 9 * HOUR)


def test_what_is_refused_or_replayed_is_not_told() -> None:
    world = opened()
    assert after(world, ledger.Transfer(SHOP, ALICE, usd(5))) == []
    world.accept(ledger.Transfer(ALICE, SHOP, usd(5)), "k")
    before = len(world.events)
    world.accept(ledger.Transfer(ALICE, SHOP, usd(5)), "k")
    assert len(world.events) == before
