"""Connections that are lost at the worst moments, on PostgreSQL: what is told is what is known."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from app import store
from app.store.statement import Statement
from tests.store.test_session import WRITE, names, tenants

PID = Statement("test.pid", "SELECT pg_backend_pid() AS pid")
END = Statement("test.end", "SELECT pg_terminate_backend($1::int)")
SLOW = Statement("test.slow", "SELECT pg_sleep(30)::text")


@pytest.fixture
async def database(fresh_database: Callable[..., str]) -> AsyncIterator[store.Database]:
    opened = store.open_database(fresh_database("postgres"), idle_seconds_max=0.5)
    yield opened
    await opened.close()


async def end(database: store.Database, pid: int) -> None:
    async with database.read() as session:
        await session.run(END, pid)


async def add(database: store.Database, name: str) -> int:
    async with database.write(0) as unit:
        (row,) = await unit.rows(PID)
        await unit.run(WRITE, 7, rows=tenants(name))
        await unit.commit()
    return int(row["pid"])


async def test_a_lane_that_was_cut_while_idle_is_opened_again(database: store.Database) -> None:
    await end(database, await add(database, "a"))
    await add(database, "b")
    assert await names(database) == ["a", "b"]


async def test_a_cut_before_commit_is_retryable_and_nothing_happened(database: store.Database) -> None:
    async def work() -> None:
        async with database.write(0) as unit:
            (row,) = await unit.rows(PID)
            await unit.run(WRITE, 7, rows=tenants("a"))
            await end(database, row["pid"])
            await unit.run(WRITE, 7, rows=tenants("b"))

    with pytest.raises((store.Conflict, store.Unavailable)) as caught:
        await work()
    assert caught.value.retryable
    await add(database, "c")
    assert await names(database) == ["c"]


async def test_a_cut_at_commit_is_told_as_unknown(database: store.Database) -> None:
    async def work() -> None:
        async with database.write(0) as unit:
            (row,) = await unit.rows(PID)
            await unit.run(WRITE, 7, rows=tenants("a"))
            await end(database, row["pid"])
            await unit.commit()

    with pytest.raises(store.CommitUnknown):
        await work()
    await add(database, "b")


async def test_a_unit_that_idles_is_thrown_out(database: store.Database) -> None:
    async def work() -> None:
        async with database.write(0) as unit:
            await unit.run(WRITE, 7, rows=tenants("a"))
            await asyncio.sleep(1)
            await unit.run(WRITE, 7, rows=tenants("b"))

    with pytest.raises((store.Conflict, store.Unavailable)):
        await work()
    assert await names(database) == []


async def test_a_commit_that_is_cancelled_leaves_the_lane_usable(database: store.Database) -> None:
    async def work() -> None:
        async with database.write(0) as unit:
            await unit.run(WRITE, 7, rows=tenants("a"))
            await unit.commit()

    for delay in (0.0, 0.001, 0.002, 0.003, 0.005):
        task = asyncio.create_task(work())
        await asyncio.sleep(delay)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await add(database, "b")
    assert set(await names(database)) <= {"a", "b"}


async def test_lanes_do_not_wait_for_each_other(database: store.Database) -> None:
    async with database.write(0) as first, database.write(1) as second:
        await first.run(WRITE, 7, rows=tenants("a"))
        await second.run(WRITE, 7, rows=tenants("b"))
        await second.commit()
        await first.commit()
    assert await names(database) == ["a", "b"]
    assert database.lanes == 4


async def test_a_waiter_gives_up_before_its_caller_does(fresh_database: Callable[..., str]) -> None:
    database = store.open_database(fresh_database("postgres"), lock_seconds_max=0.3)
    (one,) = tenants("a")

    async def insert(lane: int) -> None:
        async with database.write(lane) as unit:
            await unit.run(WRITE, 7, rows=[one])
            await unit.commit()

    async with database.write(0) as unit:
        await unit.run(WRITE, 7, rows=[one])
        with pytest.raises(store.Conflict):
            await insert(1)
    await database.close()


async def test_no_statement_is_prepared_behind_a_pooler(fresh_database: Callable[..., str]) -> None:
    database = store.open_database(fresh_database("postgres"), prepared=False)
    await add(database, "a")
    await add(database, "b")
    prepared = Statement("test.prepared", "SELECT count(*) AS n FROM pg_prepared_statements")
    async with database.read() as session:
        await session.rows(prepared)
        (row,) = await session.rows(prepared)
    assert row["n"] == 0
    await database.close()


@pytest.mark.parametrize("prepared", [True, False])
async def test_every_transaction_has_its_bounds_and_plans(
    fresh_database: Callable[..., str], *, prepared: bool
) -> None:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "plan_cache_mode", "jit")
    picked = ", ".join(f"current_setting('{name}') AS {name}" for name in (*names, "enable_seqscan"))
    settings = Statement("test.settings", f"SELECT {picked}")
    database = store.open_database(fresh_database("postgres"), prepared=prepared)
    try:
        for _ in range(2):
            async with database.read() as session:
                (reading,) = await session.rows(settings)
            async with database.write() as unit:
                (writing,) = await unit.rows(settings)
                await unit.commit()
            assert tuple(reading.values()) == ("5s", "5s", "10s", "force_generic_plan", "off", "off")
            assert tuple(writing.values()) == ("5s", "5s", "2s", "force_generic_plan", "off", "off")
    finally:
        await database.close()
