"""Snapshots, units of work and what can go wrong with them."""

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from app import store
from app.store.statement import Statement

READ = Statement("test.tenants", "SELECT id, name FROM tenants ORDER BY name")
WRITE = Statement(
    "test.insert",
    """INSERT INTO tenants (id, organisation, name, mode, created_at)
       SELECT u.id, 'o', u.name, 'TEST', $1 FROM {rows(id uuid, name text)} WHERE true""",
)
FLAGS = Statement("test.flags", "SELECT u.closed, u.id FROM {rows(closed boolean, id uuid)} ORDER BY u.id")


def tenants(*names: str) -> list[tuple[uuid.UUID, str]]:
    return [(uuid.uuid4(), name) for name in names]


async def names(database: store.Database) -> list[str]:
    async with database.read() as session:
        return [row["name"] for row in await session.rows(READ)]


async def test_what_is_committed_stands_and_what_is_not_is_undone(database: store.Database) -> None:
    async with database.write(0) as unit:
        await unit.run(WRITE, 7, rows=tenants("a", "b"))
        await unit.commit()
    async with database.write(0) as unit:
        await unit.run(WRITE, 7, rows=tenants("c"))

    async def break_off() -> None:
        async with database.write(0) as unit:
            await unit.run(WRITE, 7, rows=tenants("d"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await break_off()
    assert await names(database) == ["a", "b"]


async def test_ids_and_flags_come_out_as_what_they_went_in(database: store.Database) -> None:
    first, second = sorted([uuid.uuid4(), uuid.uuid4()])
    async with database.read() as session:
        rows = await session.rows(FLAGS, rows=[(True, first), (None, second)])
        assert [(row["closed"], row["id"]) for row in rows] == [(True, first), (None, second)]
        assert isinstance(rows[0]["id"], uuid.UUID)
        assert isinstance(rows[0]["closed"], bool)
        assert list(await session.rows(FLAGS, rows=[])) == []


async def test_a_snapshot_does_not_move(database: store.Database) -> None:
    async with database.read() as session:
        assert not await session.rows(READ)
        async with database.write(0) as unit:
            await unit.run(WRITE, 7, rows=tenants("a"))
            await unit.commit()
        assert not await session.rows(READ)
    assert await names(database) == ["a"]


async def test_a_reader_cannot_write(database: store.Database) -> None:
    with pytest.raises((store.ReadOnly, store.Conflict)):
        async with database.read() as session:
            await session.run(WRITE, 7, rows=tenants("a"))
    assert await names(database) == []


async def test_a_constraint_is_named(database: store.Database) -> None:
    with pytest.raises(store.Violated) as caught:
        async with database.write(0) as unit:
            await unit.run(WRITE, -1, rows=tenants("a"))
    assert caught.value.constraint == "ck_tenants_created_at"


async def test_a_cancelled_statement_leaves_a_usable_lane(database: store.Database) -> None:
    slow = {
        "postgresql": Statement("test.slow", "SELECT pg_sleep(30)::text"),
        "sqlite": Statement(
            "test.slow",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e9) SELECT max(i) FROM n",
        ),
    }[database.dialect]

    async def work() -> None:
        async with database.write(0) as unit:
            await unit.run(WRITE, 7, rows=tenants("a"))
            await unit.run(slow)

    task = asyncio.create_task(work())
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.write(0) as unit:
        await unit.run(WRITE, 7, rows=tenants("b"))
        await unit.commit()
    assert await names(database) == ["b"]


async def test_a_statement_that_runs_too_long_is_ended(database_url: str) -> None:
    database = store.open_database(database_url, statement_seconds_max=0.2)
    slow = {
        "postgresql": Statement("test.slow", "SELECT pg_sleep(30)::text"),
        "sqlite": Statement(
            "test.slow",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e9) SELECT max(i) FROM n",
        ),
    }[database.dialect]
    with pytest.raises(store.Unavailable):
        async with database.read() as session:
            await session.run(slow)
    assert await names(database) == []
    await database.close()


async def test_every_statement_is_shown_to_observers_and_nothing_else_is(database: store.Database) -> None:
    seen: list[store.Executed] = []
    with store.observe(seen.append):
        await names(database)
    await names(database)
    assert [(one.name, one.dialect) for one in seen] == [("test.tenants", database.dialect)]


async def test_readers_wait_for_their_turn(database_url: str) -> None:
    database = store.open_database(database_url, readers_max=2)
    assert await asyncio.gather(*(names(database) for _ in range(20))) == [[]] * 20
    await database.close()


async def test_a_wrong_number_of_arguments_is_a_bug(database: store.Database) -> None:
    with pytest.raises(TypeError):
        async with database.read() as session:
            await session.rows(READ, 1)


async def test_one_process_serves_a_file(fresh_database: Callable[..., str]) -> None:
    url = fresh_database("sqlite")
    database = store.open_database(url)
    with pytest.raises(store.AlreadyServed):
        store.open_database(url)
    beside = store.open_database(url, read_only=True)
    assert await names(beside) == []
    with pytest.raises(store.ReadOnly):
        async with beside.write(0):
            pass
    await beside.close()
    await database.close()
    store.open_database(url)._driver.close()


async def test_an_address_that_names_nothing_is_refused_with_a_sentence(tmp_path: Path) -> None:
    for url in ("mysql://a/b", "sqlite://", "sqlite:///:memory:", "nonsense", f"sqlite:///{tmp_path}"):
        with pytest.raises(store.Unusable):
            store.open_database(url)
    with pytest.raises(store.Unusable):
        store.open_database(f"sqlite:///{tmp_path}/none.db", read_only=True)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    database = store.open_database("postgresql://postgres:secret@127.0.0.1:1/none")
    with pytest.raises(store.Unavailable) as caught:
        async with database.read():
            pass
    assert "secret" not in str(caught.value)
    await database.close()


async def test_a_database_without_tables_says_so(empty_database_url: str) -> None:
    database = store.open_database(empty_database_url)
    with pytest.raises(store.Unmigrated):
        await store.require_migrated(database)
    await database.close()
