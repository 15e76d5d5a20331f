"""Loading and saving the book: what was decided is what is found again."""

from dataclasses import replace
from uuid import UUID

import pytest

from app import ledger, store
from tests.store.conftest import DAY, START, Ledger


def by(name: str) -> ledger.Reference:
    return ledger.Reference(external_id=name)


def usd(minor: int) -> ledger.Amount:
    return ledger.Amount(minor, "USD")


def transfer(source: str, target: str, minor: int, **more: object) -> ledger.Transfer:
    return ledger.Transfer(by(source), by(target), usd(minor), **more)  # type: ignore[arg-type]


async def test_a_batch_of_transfers_takes_fourteen_statements_at_most(tenant: Ledger) -> None:
    await tenant.open_accounts("cash", unlimited=True)
    await tenant.open_accounts("a", "b")
    await tenant.accept(*(transfer("cash", "a", 5, external_id=f"t{n}", available_at=START + DAY) for n in range(50)))
    assert len(tenant.statements) <= 14, [one.name for one in tenant.statements]


def _everything(lapsed: UUID | None) -> tuple[ledger.Command, ...]:
    """Commands that read and write all there is but policies, the last of which is refused for funds."""
    return (
        ledger.OpenAccount("USD", external_id="d"),
        ledger.UpdateAccount(by("a"), name="A"),
        transfer("a", "d", 1),
        ledger.ReverseTransaction(by("later"), amount=usd(1000)),
        ledger.PlaceHold(by("a"), usd(5), external_id="new"),
        ledger.CaptureHold(by("capture")),
        ledger.RecordExpiry(ledger.Reference(lapsed)),
        transfer("b", "a", 9_990),
    )


TERMS = """{"currency": "USD", "timeZone": "UTC", "calendar": "WEEKDAYS", "rules": [{"name": "all", "portions": [
    {"take": {"perDay": "%d.00"}, "available": "AT_ONCE"}, {"take": "REST", "available": {"days": 1}}]}]}"""
ABOUT_POLICIES: tuple[ledger.Command, ...] = (
    ledger.PublishPolicy("standard", TERMS % 2),
    ledger.AssignPolicy(by("standard"), by("a")),
    ledger.SetClosures("WEEKDAYS", closed=(ledger.first_day(START + DAY) + 5,)),
    ledger.SetReservePlan(by("a"), 500, 10),
    ledger.Deposit(by("cash"), by("a"), usd(200), "CARD"),
)
LEND = ledger.SetAdvancePlan(by("b"), by("c"), (ledger.AdvanceTier(None, 10_000),))


@pytest.mark.parametrize(("policies", "most"), [((), 26), (ABOUT_POLICIES, 26 + 10)], ids=["money", "policies too"])
async def test_everything_at_once_takes_twenty_six_statements_at_most(
    tenant: Ledger, policies: tuple[ledger.Command, ...], most: int
) -> None:
    await tenant.open_accounts("cash", unlimited=True)
    await tenant.open_accounts("a", "b", "c")
    placed = await tenant.accept(
        transfer("cash", "a", 10_000),
        transfer("cash", "b", 10_000, available_at=START + 2 * DAY, external_id="later"),
        ledger.PlaceHold(by("a"), usd(100), external_id="capture", destination=by("b")),
        ledger.PlaceHold(by("a"), usd(100), expires_at=START + DAY, external_id="lapse"),
    )
    await tenant.move_clock(START + DAY)
    decisions = await tenant.submit(*policies, *_everything(placed[3].hold_id))
    made = ["Accepted"] * (len(policies) + 7)
    assert [type(decision).__name__ for decision in decisions] == [*made, "Rejected"], decisions
    refusal = decisions[-1]
    assert isinstance(refusal, ledger.Rejected)
    assert refusal.rejection.code is ledger.RejectionCode.INSUFFICIENT_FUNDS
    assert refusal.rejection.earliest_at is None
    names = [one.name for one in tenant.statements]
    assert len(names) == len(set(names)) <= most, names


async def test_deposits_and_policies_take_ten_statements_more_at_most(tenant: Ledger) -> None:
    await tenant.open_accounts("cash", unlimited=True)
    await tenant.open_accounts("a")
    deposits = [ledger.Deposit(by("cash"), by("a"), usd(200), "CARD", external_id=f"d{n}") for n in range(20)]
    beside = [transfer("cash", "a", 5, external_id=f"t{n}", available_at=START + DAY) for n in range(20)]
    await tenant.accept(ledger.PublishPolicy("standard", TERMS % 1), ledger.AssignPolicy(by("standard")))
    await tenant.accept(*deposits, *beside)
    names = [one.name for one in tenant.statements]
    assert len(names) == len(set(names)) <= 14 + 5, names
    await tenant.accept(
        ledger.PublishPolicy("standard", TERMS % 2),
        ledger.AssignPolicy(by("standard"), by("a")),
        ledger.SetClosures("WEEKDAYS", closed=(ledger.first_day(tenant.now) + 5,)),
        ledger.SetReservePlan(by("a"), 500, 10),
        *(ledger.Deposit(by("cash"), by("a"), usd(200), "CARD", external_id=f"e{n}") for n in range(20)),
    )
    names = [one.name for one in tenant.statements]
    assert len(names) == len(set(names)) <= 14 + 10, names


async def test_advances_take_ten_statements_more_at_most(tenant: Ledger) -> None:
    await tenant.open_accounts("cash", unlimited=True)
    await tenant.open_accounts("a", "b", "c")
    await tenant.accept(transfer("cash", "a", 10_000, available_at=START + DAY), transfer("cash", "b", 50_000), LEND)
    quotes = [ledger.QuoteInstantAvailability(by("a"), usd(100), f"q{n}") for n in range(20)]
    await tenant.accept(*quotes)
    names = [one.name for one in tenant.statements]
    assert len(names) == len(set(names)) <= 14 + 6, names
    accepts = [ledger.AcceptInstantQuote(by(f"q{n}")) for n in range(20)]
    more = replace(LEND, quote_seconds=5), ledger.QuoteInstantAvailability(by("a"))
    decisions = await tenant.submit(*accepts, *more)
    names = [one.name for one in tenant.statements]
    assert len(names) == len(set(names)) <= 14 + 10, names
    assert [type(decision).__name__ for decision in decisions].count("Accepted") == 3


async def test_a_refusal_says_when_it_would_do(tenant: Ledger) -> None:
    await tenant.open_accounts("cash", unlimited=True)
    await tenant.open_accounts("a", "b")
    await tenant.accept(
        transfer("cash", "a", 100),
        transfer("cash", "a", 50, available_at=START + 3 * DAY),
        ledger.PlaceHold(by("a"), usd(60), expires_at=START + 2 * DAY),
    )
    assert (await tenant.refuse(transfer("a", "b", 90))).earliest_at == START + 2 * DAY
    assert (await tenant.refuse(transfer("a", "b", 150))).earliest_at == START + 3 * DAY
    assert (await tenant.refuse(transfer("a", "b", 151))).earliest_at is None


async def test_a_refusal_looks_ahead_256_instants_and_tells_of_none_beyond(tenant: Ledger) -> None:
    await tenant.open_accounts("cash", unlimited=True)
    await tenant.open_accounts("a", "b")
    await tenant.accept(
        transfer("cash", "a", 300),
        *(transfer("cash", "a", 1, available_at=START + 2 * number * DAY) for number in range(1, 151)),
        *(ledger.PlaceHold(by("a"), usd(2), expires_at=START + (2 * number - 1) * DAY) for number in range(1, 151)),
    )
    for amount, earliest in ((1, 1), (3, 2), (384, 256), (385, None)):
        refused = (await tenant.refuse(transfer("a", "b", amount))).earliest_at
        assert refused == (None if earliest is None else START + earliest * DAY)
    # What the same batch brings beyond them is not the first at which it would do: what lies between is not known.
    *_, refusal = await tenant.submit(
        transfer("cash", "a", 1_000, available_at=START + 299 * DAY), transfer("a", "b", 386)
    )
    assert isinstance(refusal, ledger.Rejected)
    assert refusal.rejection.earliest_at is None
    *_, refusal = await tenant.submit(
        transfer("cash", "a", 1_000, available_at=START + 5 * DAY), transfer("a", "b", 386)
    )
    assert isinstance(refusal, ledger.Rejected)
    assert refusal.rejection.earliest_at == START + 5 * DAY


async def test_money_matures_and_holds_lapse_at_their_instant(tenant: Ledger) -> None:
    await tenant.open_accounts("cash", unlimited=True)
    await tenant.open_accounts("a", "b")
    await tenant.accept(
        transfer("cash", "a", 50, available_at=START + DAY),
        transfer("cash", "a", 50, available_at=START + 2 * DAY),
    )
    await tenant.refuse(transfer("a", "b", 1))
    await tenant.move_clock(START + DAY)
    await tenant.accept(ledger.PlaceHold(by("a"), usd(50), expires_at=START + 2 * DAY))
    await tenant.refuse(transfer("a", "b", 1))
    await tenant.move_clock(START + 2 * DAY)
    await tenant.refuse(transfer("a", "b", 101))
    await tenant.accept(transfer("a", "b", 100))


async def test_a_key_is_replayed_with_its_outcome(tenant: Ledger) -> None:
    await tenant.open_accounts("cash", unlimited=True)
    await tenant.open_accounts("a", "b")
    groups = [
        ledger.Group((tenant.request(command),))
        for command in (transfer("cash", "a", 5), transfer("b", "a", 5), transfer("nobody", "a", 5))
    ]
    first = [decision for (decision,) in await tenant.decide(groups)]
    again = [decision for (decision,) in await tenant.decide(groups)]
    for before, after in zip(first, again, strict=True):
        assert not isinstance(after, ledger.Denied)
        assert after.replayed
        if isinstance(before, ledger.Accepted):
            assert isinstance(after, ledger.Accepted)
            assert (before.sequence, before.transaction_id) == (after.sequence, after.transaction_id)
        else:
            assert isinstance(before, ledger.Rejected)
            assert isinstance(after, ledger.Rejected)
            assert before.rejection == after.rejection
    assert [one.name for one in tenant.statements][-1] == "save.head"


async def test_a_pin_takes_from_its_bucket_and_no_further(tenant: Ledger) -> None:
    await tenant.open_accounts("cash", unlimited=True)
    await tenant.open_accounts("a", "b")
    due = START + DAY
    await tenant.accept(transfer("cash", "a", 100, available_at=due))

    def payout(minor: int) -> ledger.PostTransaction:
        entries = (
            ledger.EntryDraft(by("a"), ledger.Side.DEBIT, usd(minor), due),
            ledger.EntryDraft(by("b"), ledger.Side.CREDIT, usd(minor)),
        )
        return ledger.PostTransaction(entries, advance=True)

    await tenant.accept(payout(60))
    assert (await tenant.refuse(payout(41))).code is ledger.RejectionCode.SLICE_EXCEEDED
    await tenant.accept(payout(40))


async def test_reversals_find_where_rescheduled_money_lies(tenant: Ledger) -> None:
    await tenant.open_accounts("cash", unlimited=True)
    await tenant.open_accounts("a")
    await tenant.accept(transfer("cash", "a", 100, available_at=START + DAY, external_id="sale"))
    (moved,) = await tenant.accept(
        ledger.RescheduleEntry(by("sale"), 2, usd(30), START + 5 * DAY, "dispute"),
    )
    await tenant.accept(
        ledger.RescheduleEntry(ledger.Reference(moved.transaction_id), 2, usd(10), START + 6 * DAY, "again"),
    )
    await tenant.move_clock(START + 2 * DAY)
    await tenant.accept(ledger.ReverseTransaction(by("sale"), amount=usd(20)))
    await tenant.accept(ledger.ReverseTransaction(by("sale")))
    refused = await tenant.refuse(ledger.ReverseTransaction(by("sale")))
    assert refused.code is ledger.RejectionCode.REVERSAL_EXCEEDS_ORIGINAL


async def test_expiries_are_recorded_in_order(tenant: Ledger) -> None:
    await tenant.open_accounts("cash", unlimited=True)
    await tenant.open_accounts("a")
    await tenant.accept(transfer("cash", "a", 100))
    placed = await tenant.accept(
        ledger.PlaceHold(by("a"), usd(10), expires_at=START + 3),
        ledger.PlaceHold(by("a"), usd(10), expires_at=START + 1),
        ledger.PlaceHold(by("a"), usd(10), expires_at=START + 2),
        ledger.PlaceHold(by("a"), usd(10)),
    )
    async with tenant.database.read() as session:
        assert await store.find_due_holds(session, 10) == {}
    await tenant.move_clock(START + 2)
    order = [placed[1].hold_id, placed[2].hold_id]
    async with tenant.database.read() as session:
        assert await store.find_due_holds(session, 10) == {tenant.tenant_id: order}
        assert await store.find_due_holds(session, 1) == {tenant.tenant_id: order[:1]}
    early = await tenant.refuse(ledger.RecordExpiry(ledger.Reference(order[1])))
    assert early.code is ledger.RejectionCode.HOLD_NOT_ACTIVE
    await tenant.accept(*(ledger.RecordExpiry(ledger.Reference(hold_id)) for hold_id in order))
    async with tenant.database.read() as session:
        assert await store.find_due_holds(session, 10) == {}


async def test_an_account_that_is_opened_and_changed_in_one_batch_is_saved_as_it_ends(tenant: Ledger) -> None:
    await tenant.open_accounts("cash", unlimited=True)
    await tenant.accept(
        ledger.OpenAccount("EUR", external_id="new", name="old", metadata=(("a", "1"),)),
        ledger.UpdateAccount(by("new"), name="new", floor="-1"),
        ledger.FreezeAccount(by("new"), reason="because"),
    )
    async with tenant.database.read() as session:
        found = await store.load_pages(
            session,
            tenant.tenant_id,
            [ledger.Group((tenant.request(ledger.CloseAccount(by("new"))),))],
            tenant.currencies,
        )
    (account,) = found.pages.accounts.values()
    (balance,) = found.pages.balances.values()
    assert (account.name, account.metadata) == ("new", (("a", "1"),))
    assert (balance.floor, balance.version, balance.out_frozen, balance.in_frozen) == (-100, 2, True, True)
