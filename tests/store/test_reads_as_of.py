"""Balances at any coordinate: what was known by a sequence, as it stands at an instant."""

import random

import pytest

from app import ledger, store
from tests.store.conftest import Ledger
from tests.store.histories import TICK, History, Lines, live

STEPS = 50


@pytest.mark.parametrize("seed", range(4))
async def test_balances_read_as_their_lines_add_up_at_every_coordinate(tenant: Ledger, seed: int) -> None:
    history = History(tenant, random.Random(seed))
    await history.begin()
    answered = []
    for _ in range(STEPS):
        await history.step()
        here, found = await live(tenant)
        answered.append((here, found))
        async with tenant.database.read() as session:
            assert await store.find_balances_as_of(session, tenant.tenant_id, list(found), here) == found
    async with tenant.database.read() as session:
        lines = await Lines.load(session, tenant)
        ids = [account.id for account in lines.accounts]
        assert sum(hold["kind"] == "EXPIRED" for hold in lines.hold_changes) > 3
        for here, found in answered:
            known = await store.find_balances_as_of(session, tenant.tenant_id, ids, here)
            assert known == found == lines.balances(here.sequence, here.at)
        for sequence, instant in lines.instants.items():
            for at in (instant, instant + TICK, instant + 4 * TICK, 2**60):
                place = store.Coordinate(sequence, at)
                known = await store.find_balances_as_of(session, tenant.tenant_id, ids, place)
                assert known == lines.balances(sequence, at), place


@pytest.mark.parametrize("seed", range(2))
async def test_the_future_comes_as_it_was_foretold_where_nothing_happens(tenant: Ledger, seed: int) -> None:
    history = History(tenant, random.Random(seed))
    await history.begin()
    for _ in range(STEPS):
        await history.step()
        here, found = await live(tenant)
        later = store.Coordinate(here.sequence, here.at + history.chance.randint(1, 9) * TICK)
        async with tenant.database.read() as session:
            foretold = await store.find_balances_as_of(session, tenant.tenant_id, list(found), later)
        await tenant.move_clock(later.at)
        assert await live(tenant) == (later, foretold)


async def test_an_instant_knows_what_was_recorded_by_then(tenant: Ledger) -> None:
    await tenant.move_clock(tenant.now + TICK)
    first = tenant.now
    await tenant.open_accounts("a", "b", "c")
    await tenant.open_accounts("d")
    await tenant.move_clock(first + TICK)
    await tenant.open_accounts("e")
    async with tenant.database.read() as session:
        known = [
            await store.find_sequence_at(session, tenant.tenant_id, at)
            for at in (0, first - 1, first, first + TICK - 1, first + TICK, 2**60)
        ]
        assert known == [0, 0, 4, 4, 5, 5]
        place = store.Coordinate(4, first)
        accounts = await store.find_account_page(session, tenant.tenant_id, store.AccountFilter(), store.Window(9))
        ids = [account.id for account in accounts]
        assert set(await store.find_balances_as_of(session, tenant.tenant_id, ids, place)) == set(ids[:4])


@pytest.mark.parametrize("seed", range(2))
async def test_the_trial_balance_balances_at_every_sequence(tenant: Ledger, seed: int) -> None:
    history = History(tenant, random.Random(seed))
    await history.begin()
    for _ in range(STEPS):
        await history.step()
    async with tenant.database.read() as session:
        lines = await Lines.load(session, tenant)
        for sequence, instant in lines.instants.items():
            totals = await store.find_trial_balance(session, tenant.tenant_id, store.Coordinate(sequence, instant))
            expected: dict[str, list[int]] = {}
            for id_, read in lines.balances(sequence, instant).items():
                account = next(account for account in lines.accounts if account.id == id_)
                total = expected.setdefault(account.currency, [0, 0, 0])
                debit = (account.normal_side is ledger.Side.DEBIT) == (read.balance.ledger >= 0)
                total[0 if debit else 1] += abs(read.balance.ledger)
                total[2] += 1
            assert all(total.debits == total.credits for total in totals)
            assert {one.currency: [one.debits, one.credits, one.accounts] for one in totals} == expected
            assert [one.currency for one in totals] == sorted(expected)
