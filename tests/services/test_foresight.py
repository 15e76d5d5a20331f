"""Explanations add up while the ledger moves on, forecasts come true, and the earliest instant is exact."""

import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from app import ledger, services, store
from tests.services.desk import DAY, MARK, Desk, open_desk, transfer
from tests.store.conftest import Ledger, make_ledger
from tests.store.histories import TICK, History, all_accounts, by, usd

HOUR = DAY // 24


@pytest.fixture
def sqlite_url(fresh_database: Callable[..., str]) -> str:
    """The URL of a migrated database of this test's own."""
    return fresh_database("sqlite")


@asynccontextmanager
async def reading(tenant: Ledger) -> AsyncIterator[services.Reader]:
    reader = services.Reader(tenant.database, tenant.tenant_id)
    try:
        yield reader
    finally:
        await reader.aclose()


@asynccontextmanager
async def living(url: str, seed: int, steps: int = 40) -> AsyncIterator[History]:
    """A tenant to which random things have happened."""
    database = store.open_database(url)
    history = History(await make_ledger(database, "living"), random.Random(seed))
    await history.begin()
    for _ in range(steps):
        await history.step()
    try:
        yield history
    finally:
        await database.close()


async def accounts_of(tenant: Ledger) -> Sequence[ledger.Account]:
    async with tenant.database.read() as session:
        return await all_accounts(session, tenant)


@pytest.mark.parametrize("seed", range(3))
async def test_slices_sum_to_the_balance_on_pages_of_every_size_while_the_ledger_moves_on(
    database_url: str, seed: int
) -> None:
    async with living(database_url, seed) as history:
        tenant = history.tenant
        began = tenant.now
        for number, size in enumerate((1, 2, 3, 7, 100)):
            for account in await accounts_of(tenant):
                at = (None, began - number * TICK, tenant.now + number * TICK)[number % 3]
                place, balance = None, None
                slices: list[ledger.BalanceSlice] = []
                while place is None or place.more:
                    async with reading(tenant) as reader:
                        if place is None:
                            reads = await reader.balances([account.id], at)
                        else:
                            reads = await reader.balances_at([account.id], place.coordinate)
                        if account.id not in reads:
                            break
                        assert balance is None or reads[account.id].balance == balance
                        balance = reads[account.id].balance
                        page = await services.explain(reader, account, reads[account.id], place, size)
                    assert len(page.slices) <= size
                    slices += page.slices
                    place = page.reached
                    if number % 3 == 0:
                        await history.step()
                if balance is not None:
                    assert sum(one.amount for one in slices) == balance.ledger
                    held = [one for one in slices if one.kind is ledger.SliceKind.HELD]
                    assert sum(one.amount for one in held) == balance.held
                    assert slices[0] == ledger.free(balance)


@pytest.mark.parametrize("seed", range(3))
async def test_a_forecast_is_what_is_read_later_where_nothing_else_happens(database_url: str, seed: int) -> None:
    async with living(database_url, seed) as history:
        tenant = history.tenant
        accounts = await accounts_of(tenant)
        named = [ledger.Reference(account.id) for account in accounts]
        end = tenant.now + 20 * TICK
        curves = {}
        async with reading(tenant) as reader:
            for start, step in ((None, "EVENT"), (tenant.now + 3 * TICK, "EVENT"), (tenant.now - DAY, "DAY")):
                found = await services.forecast(reader, named, start, end, services.Step(step))
                curves[start, step] = [one.points for one in found if one is not None]
                assert len(curves[start, step]) == len(accounts)
        points = [point for curve in curves.values() for line in curve for point in line]
        assert all(point.conservative <= point.expected <= point.optimistic for point in points)
        assert any(point.causes for point in points)
        for at in sorted({point.at for point in points}):
            async with reading(tenant) as reader:
                foreseen = await reader.balances([account.id for account in accounts], at)
            await tenant.move_clock(at)
            async with reading(tenant) as reader:
                live = await reader.balances([account.id for account in accounts])
            for (_, step), lines in curves.items():
                for account, line in zip(accounts, lines, strict=True):
                    known = [point for point in line if point.at <= at]
                    # What is gathered by the day is told of its end, exactly then.
                    if known and (step == "EVENT" or known[-1].at == at):
                        assert known[-1].expected == live[account.id].balance.available
                        assert known[-1].expected == foreseen[account.id].balance.available


@pytest.mark.parametrize("seed", range(3))
async def test_the_earliest_instant_is_the_first_at_which_a_transfer_goes_through(database_url: str, seed: int) -> None:
    chance = random.Random(seed)
    async with living(database_url, seed) as history:
        tenant, tried = history.tenant, 0
        for _ in range(12):
            await history.step()
            name = chance.choice("ab")
            await tenant.submit(
                ledger.Transfer(by("cash"), by(name), usd(30), tenant.now + chance.randint(1, 4) * TICK)
            )
            (account,) = (one for one in await accounts_of(tenant) if one.external_id == name)
            async with reading(tenant) as reader:
                read = (await reader.balances([account.id]))[account.id]
                spendable = read.balance.spendable or 0
                amount = max(1, spendable + chance.randint(1, max(1, read.balance.maturing + read.balance.held)))
                (answer,) = await services.weigh_spending(reader, [(read, amount)], 256)
            take = ledger.Transfer(by(name), by("cash"), ledger.Amount(amount, "USD"))
            assert answer.refusal is (await tenant.refuse(take)).code
            if answer.earliest_at is not None and answer.earliest_at < ledger.FOREVER:
                if answer.earliest_at - 1 > tenant.now:
                    await tenant.move_clock(answer.earliest_at - 1)
                assert (await tenant.refuse(take)).code is ledger.RejectionCode.INSUFFICIENT_FUNDS
                await tenant.move_clock(answer.earliest_at)
                await tenant.accept(take)
                tried += 1
        assert tried > 5


async def merchants(desk: Desk, count: int) -> list[UUID]:
    """Accounts with money that matures on each of 30 days and a hold that lapses on each fifth."""
    bank = await desk.open("bank", normal_side=ledger.Side.DEBIT, unlimited=True, purpose=ledger.Purpose.EXTERNAL)
    ids = [await desk.open(f"merchant-{number}") for number in range(count)]
    commands: list[ledger.Command] = []
    for id_ in ids:
        commands.append(transfer(bank, id_, 100_00))
        for day in range(1, 31):
            commands.append(transfer(bank, id_, day, available_at=MARK + day * DAY + HOUR))
            if day % 5 == 0:
                hold = ledger.PlaceHold(ledger.Reference(id_), ledger.Amount(day, "USD"), MARK + day * DAY)
                commands.append(hold)
    for start in range(0, len(commands), 500):
        await desk.ask(*commands[start : start + 500])
    return ids


async def test_what_questions_cost_in_statements(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        ids = await merchants(desk, 50)
        named = [ledger.Reference(id_) for id_ in ids]
        reader = desk.gateway.reader(desk.principal)
        names: list[str] = []
        with store.observe(lambda executed: names.append(executed.name)):
            found = await services.forecast(reader, named, None, MARK + 30 * DAY, services.Step.DAY)
        assert names == ["clock.read", "balances.funds", "future_causes.gathered"]
        for one in found:
            assert one is not None
            # The 30th maturity comes an hour after the last instant, the 30th day's hold lapses right at it.
            assert len(one.points) == 31
            assert (one.points[0].expected, one.points[-1].expected) == (100_00 - 105, 100_00 + 435)
            assert one.points[-1].conservative == one.points[-1].expected - 105
            assert one.points[-1].optimistic == one.points[-1].expected
        ((account, read),) = [pair for pair in await reader.funds(named[:1]) if pair is not None]
        for ask, expected in (
            (services.explain(reader, account, read, None, 20), ["slices.buckets", "slices.lines"]),
            (
                services.explain(reader, account, read, None, 100),
                ["slices.buckets", "slices.lines", "held_slices.active"],
            ),
            (services.weigh_spending(reader, [(read, 1)], 256), ["future_causes.single"]),
        ):
            names.clear()
            with store.observe(lambda executed: names.append(executed.name)):
                await ask
            assert names == expected
        await reader.aclose()


@pytest.mark.parametrize(
    ("start", "end", "step", "path"),
    [
        (MARK + DAY, MARK + DAY - 1, services.Step.DAY, ("to",)),
        (None, MARK - 1, services.Step.DAY, ("to",)),
        (None, MARK + 367 * DAY, services.Step.DAY, ("to",)),
        (None, MARK + 32 * DAY, services.Step.HOUR, ("to",)),
        (MARK + 3_659 * DAY, MARK + 3_661 * DAY, services.Step.DAY, ("to",)),
    ],
)
async def test_a_forecast_has_its_bounds(
    sqlite_url: str, start: int | None, end: int, step: services.Step, path: tuple[str, ...]
) -> None:
    async with open_desk(sqlite_url) as desk:
        reader = desk.gateway.reader(desk.principal)
        with pytest.raises(services.BadInput) as refused:
            await services.forecast(reader, [], start, end, step)
        assert refused.value.path == path
        await reader.aclose()


async def test_a_curve_of_too_many_points_is_refused_and_not_cut_off(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        bank = await desk.open("bank", normal_side=ledger.Side.DEBIT, unlimited=True)
        busy, held = await desk.open("busy"), await desk.open("held")
        await desk.fund(bank, held, 2_000)
        commands: list[ledger.Command] = []
        for number in range(1_000):
            commands.append(transfer(bank, busy, 1, available_at=MARK + 1 + number))
            commands.append(ledger.PlaceHold(ledger.Reference(held), ledger.Amount(1, "USD"), MARK + 1 + number // 2))
        for start in range(0, len(commands), 500):
            await desk.ask(*commands[start : start + 500])
        named = [ledger.Reference(busy), ledger.Reference(held), ledger.Reference(external_id="nobody")]
        end = MARK + DAY
        reader = desk.gateway.reader(desk.principal)
        with pytest.raises(services.BadInput, match="use the bucket DAY") as refused:
            await services.forecast(reader, named, None, end, services.Step.EVENT)
        assert refused.value.path == ("bucket",)
        gathered = await services.forecast(reader, named, None, end, services.Step.HOUR)
        assert [one and one.points[-1].expected for one in gathered] == [1_000, 2_000, None]
        exact = await services.forecast(reader, named[1:], None, end, services.Step.EVENT)
        assert [one and len(one.points) for one in exact] == [501, None]
        (answer,) = await services.weigh_spending(reader, [((await reader.balances([busy]))[busy], 300)], 256)
        assert answer.earliest_at is None
        (answer,) = await services.weigh_spending(reader, [((await reader.balances([busy]))[busy], 250)], 256)
        assert answer.earliest_at == MARK + 250
        await reader.aclose()
