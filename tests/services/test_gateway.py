"""What callers of the front desk may rely on, on both databases."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest

from app import ledger, services, store
from tests.services.desk import DAY, MARK, Desk, open_desk, transfer


async def two_accounts(desk: Desk) -> tuple[UUID, UUID]:
    bank = await desk.open("bank", normal_side=ledger.Side.DEBIT, unlimited=True, purpose=ledger.Purpose.EXTERNAL)
    return bank, await desk.open("alice")


async def test_a_hundred_identical_transfers_at_once_have_one_effect(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        bank, alice = await two_accounts(desk)
        decisions = await asyncio.gather(*(desk.accept(transfer(bank, alice, 500), "same") for _ in range(100)))
        assert Counter(decision.replayed for decision in decisions) == {False: 1, True: 99}
        assert len({decision.transaction_id for decision in decisions}) == 1
        (balance,) = await desk.balances(alice)
        assert (balance.ledger, balance.version) == (500, 1)
        assert await desk.findings() == []


async def test_a_hundred_identical_captures_at_once_have_one_effect(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        bank, alice = await two_accounts(desk)
        await desk.fund(bank, alice, 1_000)
        placed = await desk.accept(ledger.PlaceHold(ledger.Reference(alice), ledger.Amount(800, "USD")))
        capture = ledger.CaptureHold(
            ledger.Reference(placed.hold_id),
            destinations=(ledger.CaptureDestination(ledger.Reference(bank), ledger.Amount(300, "USD")),),
            force=True,
        )
        decisions = await asyncio.gather(*(desk.accept(capture, "same") for _ in range(100)))
        assert Counter(decision.replayed for decision in decisions) == {False: 1, True: 99}
        (balance,) = await desk.balances(alice)
        assert (balance.ledger, balance.held, balance.available) == (700, 0, 700)
        assert await desk.findings() == []


async def test_money_that_matures_is_not_spent_one_microsecond_early(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        bank, alice = await two_accounts(desk)
        await desk.fund(bank, alice, 1_000, available_at=MARK + DAY)
        await desk.set_clock(MARK + DAY - 1)
        refusals = [
            await desk.refuse(transfer(alice, bank, 1)),
            await desk.refuse(ledger.PlaceHold(ledger.Reference(alice), ledger.Amount(1, "USD"))),
        ]
        assert {refusal.code for refusal in refusals} == {ledger.RejectionCode.INSUFFICIENT_FUNDS}
        assert {refusal.earliest_at for refusal in refusals} == {MARK + DAY}
        pin = ledger.PostTransaction(
            (
                ledger.EntryDraft(
                    ledger.Reference(alice), ledger.Side.DEBIT, ledger.Amount(1, "USD"), available_at=MARK + DAY
                ),
                ledger.EntryDraft(ledger.Reference(bank), ledger.Side.CREDIT, ledger.Amount(1, "USD")),
            )
        )
        assert (await desk.refuse(pin)).code is ledger.RejectionCode.PIN_NOT_ALLOWED
        await desk.set_clock(MARK + DAY)
        await desk.accept(transfer(alice, bank, 1_000))
        assert await desk.findings() == []


async def test_a_hold_stops_counting_at_its_expiry_with_the_sweeper_off(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        bank, alice = await two_accounts(desk)
        await desk.fund(bank, alice, 1_000)
        hold = ledger.PlaceHold(ledger.Reference(alice), ledger.Amount(1_000, "USD"), expires_at=MARK + DAY)
        placed = await desk.accept(hold)
        await desk.set_clock(MARK + DAY - 1)
        assert (await desk.balances(alice))[0].available == 0
        assert (await desk.refuse(transfer(alice, bank, 1))).earliest_at == MARK + DAY
        await desk.set_clock(MARK + DAY)
        assert (await desk.balances(alice))[0].available == 1_000
        refusal = await desk.refuse(ledger.ReleaseHold(ledger.Reference(placed.hold_id)))
        assert (refusal.code, refusal.actual) == (ledger.RejectionCode.HOLD_NOT_ACTIVE, "EXPIRED")
        await desk.accept(transfer(alice, bank, 1_000))
        assert await desk.findings() == []


async def test_the_sweeper_records_expiries_in_order_and_once(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        bank, alice = await two_accounts(desk)
        await desk.fund(bank, alice, 1_000)
        for day in (3, 1, 2):
            hold = ledger.PlaceHold(ledger.Reference(alice), ledger.Amount(100, "USD"), expires_at=MARK + day * DAY)
            await desk.accept(hold)
        sweepers = [
            services.Sweeper(desk.database, desk.gateway.writer, services.new_id, interval_seconds=1) for _ in range(3)
        ]
        assert await sweepers[0].sweep() == 0
        before = (await desk.balances(alice))[0].version
        await desk.set_clock(MARK + 10 * DAY)
        assert sum(await asyncio.gather(*(sweeper.sweep() for sweeper in sweepers))) == 3
        (balance,) = await desk.balances(alice)
        assert (balance.held, balance.available, balance.version) == (0, 1_000, before + 3)
        assert await desk.findings() == []


async def test_a_read_repeated_at_its_coordinate_answers_the_same_after_a_thousand_commands(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        bank, alice = await two_accounts(desk)
        bob = await desk.open("bob")
        await desk.fund(bank, alice, 50_000)
        await desk.fund(bank, alice, 700, available_at=MARK + 2 * DAY)
        await desk.accept(
            ledger.PlaceHold(ledger.Reference(alice), ledger.Amount(300, "USD"), expires_at=MARK + 3 * DAY)
        )
        reader = desk.gateway.reader(desk.principal)
        here = await reader.coordinate()
        ids = (bank, alice, bob)
        later = [MARK + 1, MARK + 2 * DAY, MARK + 3 * DAY, MARK + 9 * DAY]
        seen = {here.at: await reader.balances(ids)} | {at: await reader.balances(ids, at) for at in later}
        await reader.aclose()
        for number in range(10):
            await desk.set_clock(MARK + number * DAY // 2)
            commands = [
                transfer(alice, bob, 1, available_at=MARK + (number % 7) * DAY if number % 2 else None)
                for _ in range(50)
            ]
            holds = [
                ledger.PlaceHold(
                    ledger.Reference(alice), ledger.Amount(1, "USD"), expires_at=MARK + number * DAY // 2 + 1
                )
                for _ in range(50)
            ]
            decided = await desk.ask(*commands, *holds)
            assert [type(decision) for decision in decided] == [ledger.Accepted] * 100
        reader = desk.gateway.reader(desk.principal)
        for at, expected in seen.items():
            again = await reader.balances_at(ids, services.Coordinate(here.sequence, at))
            assert again == expected
        await reader.aclose()
        assert await desk.findings() == []


async def test_what_is_read_of_the_future_is_what_is_read_when_it_comes(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        bank, alice = await two_accounts(desk)
        for day in range(1, 6):
            await desk.fund(bank, alice, 100 * day, available_at=MARK + day * DAY)
        await desk.fund(bank, alice, 90)
        for day in (2, 4):
            await desk.accept(
                ledger.PlaceHold(
                    ledger.Reference(alice), ledger.Amount(10 * day, "USD"), expires_at=MARK + day * DAY + 5
                )
            )
        instants = sorted({MARK + day * DAY + shift for day in range(7) for shift in (0, 1, 4, 5, 6)})
        foreseen = {at: (await desk.balances(alice, at=at))[0] for at in instants}
        for at in instants:
            await desk.set_clock(at)
            (now,) = await desk.balances(alice)
            assert (now.ledger, now.maturing, now.held, now.available) == (
                foreseen[at].ledger,
                foreseen[at].maturing,
                foreseen[at].held,
                foreseen[at].available,
            )


@pytest.mark.parametrize("many", [1, 256])
async def test_a_batch_of_transfers_takes_at_most_fourteen_statements_whatever_its_size(
    database_url: str, many: int
) -> None:
    async with open_desk(database_url) as desk:
        bank, alice = await two_accounts(desk)
        await desk.fund(bank, alice, 10_000)
        seen: list[store.Executed] = []
        commands = [
            transfer(bank, alice, 5, available_at=MARK + number, external_id=f"t-{number}") for number in range(many)
        ]
        groups = [ledger.Group(tuple(desk.request(command) for command in commands))]
        with store.observe(seen.append):
            await desk.gateway.submit(desk.principal, groups)
        assert len(seen) <= 14, [one.name for one in seen]
        seen.clear()
        with store.observe(seen.append):
            await desk.ask(transfer(alice, bank, 999_999_999))
        assert len(seen) <= 14, [one.name for one in seen]


async def test_256_concurrent_transfers_from_an_empty_queue_take_at_most_three_batches(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        bank, alice = await two_accounts(desk)
        seen: list[store.Executed] = []
        with store.observe(seen.append):
            await asyncio.gather(*(desk.accept(transfer(bank, alice, 1)) for _ in range(256)))
        assert sum(one.name == seen[0].name for one in seen) <= 3
        assert (await desk.balances(alice))[0].ledger == 256


async def test_available_funds_of_fifty_accounts_take_two_statements(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        ids = [await desk.open(f"a{number}") for number in range(50)]
        reader = desk.gateway.reader(desk.principal)
        seen: list[store.Executed] = []
        with store.observe(seen.append):
            found = await reader.funds([ledger.Reference(account_id) for account_id in ids])
        await reader.aclose()
        assert [one[0].id for one in found if one] == ids
        assert len(seen) <= 2


async def test_a_dry_run_answers_what_doing_would_and_leaves_nothing(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        bank, alice = await two_accounts(desk)
        commands = (transfer(bank, alice, 70, available_at=MARK + 5), transfer(bank, alice, 30))
        rehearsed = await desk.together(*commands, dry_run=True)
        (before,) = await desk.balances(alice)
        assert before == ledger.Balance()
        done = await desk.together(*commands)
        for dry, real in zip(rehearsed, done, strict=True):
            assert isinstance(dry, ledger.Accepted)
            assert isinstance(real, ledger.Accepted)
            assert (dry.sequence, dict(dry.balances)) == (real.sequence, dict(real.balances))


async def test_a_reader_that_asks_for_more_than_there_is_is_told_to_wait(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        await two_accounts(desk)
        reader = desk.gateway.reader(desk.principal, at_least=2)
        assert (await reader.coordinate()).sequence == 2
        await reader.aclose()
        ahead = desk.gateway.reader(desk.principal, at_least=3)
        with pytest.raises(services.Unavailable):
            await ahead.coordinate()
        await ahead.aclose()


async def test_a_scope_that_only_the_decision_could_ask_for_is_a_fault_and_stores_nothing(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        bank, alice = await two_accounts(desk)
        posted = await desk.fund(bank, alice, 100, available_at=MARK + 2 * DAY)
        command = ledger.RescheduleEntry(
            ledger.Reference(posted.transaction_id), 2, available_at=MARK + DAY, reason="early"
        )
        weak = services.Principal(
            desk.principal.tenant_id, "desk", "house", "TEST", "key_weak", frozenset({services.Scope.MONEY_MOVE})
        )
        request = desk.gateway.request(weak, command, "k")
        with pytest.raises(services.Forbidden):
            await desk.gateway.submit(weak, [ledger.Group((request,))])
        await desk.accept(command, "k")
        assert (await desk.balances(alice, at=MARK + DAY))[0].available == 100
