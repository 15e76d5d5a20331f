"""Single statements without a transaction around them: whose rows they see, and what becomes of their connections."""

import asyncio
import uuid
from collections.abc import Callable, Iterator

import pytest

from app import ledger, store
from app.store.statement import Statement
from tests import postgres
from tests.edge.test_isolation import SERVING, bound_database
from tests.store.conftest import START, make_ledger
from tests.store.histories import by, usd
from tests.store.test_lost_connections import PID, SLOW, end
from tests.store.test_session import READ, WRITE, names, tenants

SETTING = Statement("test.setting", "SELECT current_setting('app.tenant', true) AS tenant")
ACCOUNTS = Statement("test.accounts", "SELECT count(*) AS number, min(tenant_id::text) AS tenant FROM accounts")
TENANT, OTHER = uuid.uuid4(), uuid.uuid4()


@pytest.fixture
def bound(postgres_cluster: postgres.Cluster) -> Iterator[str]:
    """PostgreSQL as in production, where the server sees one tenant's rows."""
    with bound_database(postgres_cluster, "glances") as url:
        yield url


async def test_each_statement_is_a_moment_of_its_own(database: store.Database) -> None:
    glance = database.glance(TENANT)
    assert not await glance.rows(READ)
    async with database.write(0) as unit:
        await unit.run(WRITE, 7, rows=tenants("a"))
        await unit.commit()
    assert [row["name"] for row in await glance.rows(READ)] == ["a"]
    with pytest.raises(store.ReadOnly if database.dialect == "sqlite" else store.Conflict):
        await glance.run(WRITE, 7, rows=tenants("b"))
    assert await names(database) == ["a"]


async def test_the_coordinate_is_that_of_a_clock_that_was_set(database: store.Database) -> None:
    tenant = await make_ledger(database, "glances")
    await tenant.open_accounts("a", unlimited=True)
    await tenant.open_accounts("b")
    await tenant.accept(ledger.Transfer(by("a"), by("b"), usd(5), START + 1_000))
    for frozen_at, offset in ((START + 999, 0), (START + 1_000, 0), (None, 3_600_000_000), (None, 0)):
        async with database.write(0, tenant.tenant_id) as unit:
            await store.set_test_clock(unit, tenant.tenant_id, frozen_at=frozen_at, offset=offset)
            await unit.commit()
        async with database.read(tenant.tenant_id) as session:
            here = await store.read_coordinate(session, tenant.tenant_id)
        (found,) = await store.glance_at_funds(database.glance(tenant.tenant_id), tenant.tenant_id, [by("b")])
        assert found is not None
        read = found[1]
        if frozen_at is None:
            assert 0 <= read.as_of - here.at < 60_000_000
        else:
            assert (read.as_of, read.balance.maturing) == (here.at, 5 if frozen_at < START + 1_000 else 0)
        assert read.sequence == here.sequence


async def test_the_rows_are_the_tenants_whoever_asked_before(bound: str) -> None:
    owners = store.open_database(bound.replace(SERVING, postgres.SUPERUSER))
    one, other = await make_ledger(owners, "one"), await make_ledger(owners, "other")
    await one.open_accounts("a", "b")
    await other.open_accounts("c")
    await owners.close()
    database = store.open_database(bound, readers_max=2)
    counts = {one.tenant_id: 2, other.tenant_id: 1}

    async def look(turn: int) -> None:
        tenant = (one, other)[turn % 3 % 2].tenant_id
        if turn % 5 == 0:
            async with database.read(tenant) as session:
                (row,) = await session.rows(ACCOUNTS)
        elif turn % 7 == 0:
            # What spans tenants sees no accounts, nor what the connection was told for another's glance.
            async with database.read() as session:
                (row,) = await session.rows(ACCOUNTS)
            assert row["number"] == 0
            return
        else:
            (row,) = await database.glance(tenant).rows(ACCOUNTS)
        assert (row["number"], row["tenant"]) == (counts[tenant], str(tenant))

    for start in range(0, 80, 8):
        async with asyncio.TaskGroup() as group:
            for turn in range(start, start + 8):
                group.create_task(look(turn))
    await database.close()


@pytest.mark.parametrize("prepared", [True, False])
async def test_a_pooler_is_told_no_tenant_beyond_a_transaction(
    fresh_database: Callable[..., str], *, prepared: bool
) -> None:
    database = store.open_database(fresh_database("postgres"), readers_max=1, prepared=prepared)
    (row,) = await database.glance(TENANT).rows(SETTING)
    assert row["tenant"] == str(TENANT)
    (connection,) = database._idle
    (after,) = await connection.fetch(SETTING.sql("postgresql"), (), None)
    assert after["tenant"] == (str(TENANT) if prepared else "")
    await database.close()


async def test_a_connection_that_sees_the_tenants_rows_is_taken_first(fresh_database: Callable[..., str]) -> None:
    database = store.open_database(fresh_database("postgres"))
    slow = Statement("test.short", "SELECT pg_backend_pid() AS pid, pg_sleep(0.2)::text")
    pids = {}
    async with asyncio.TaskGroup() as group:
        asked = {tenant: group.create_task(database.glance(tenant).rows(slow)) for tenant in (TENANT, OTHER)}
    for tenant, task in asked.items():
        pids[tenant] = task.result()[0]["pid"]
    for tenant in (TENANT, OTHER, OTHER, TENANT):
        assert (await database.glance(tenant).rows(PID))[0]["pid"] == pids[tenant]
    assert len(database._idle) == 2
    await database.close()


async def test_a_connection_that_was_cut_while_idle_is_opened_again(fresh_database: Callable[..., str]) -> None:
    database = store.open_database(fresh_database("postgres"))
    for tenant in (TENANT, OTHER):
        (row,) = await database.glance(TENANT).rows(PID)
        async with database.write(0) as unit:
            await unit.run(Statement("test.end", "SELECT pg_terminate_backend($1::int)"), row["pid"])
        (again,) = await database.glance(tenant).rows(PID)
        assert again["pid"] != row["pid"]
    await database.close()


async def test_a_statement_that_is_given_up_leaves_a_usable_connection(fresh_database: Callable[..., str]) -> None:
    database = store.open_database(fresh_database("postgres"), readers_max=1)
    task = asyncio.create_task(database.glance(TENANT).rows(SLOW))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (row,) = await database.glance(OTHER).rows(SETTING)
    assert row["tenant"] == str(OTHER)
    await database.close()


async def test_a_cut_on_the_way_is_tried_once_more(fresh_database: Callable[..., str]) -> None:
    database = store.open_database(fresh_database("postgres"))
    (row,) = await database.glance(TENANT).rows(PID)
    cut = asyncio.create_task(database.glance(TENANT).rows(Statement("test.half", "SELECT pg_sleep(1)::text")))
    await asyncio.sleep(0.3)
    await end(database, row["pid"])
    assert len(await cut) == 1
    await database.close()
