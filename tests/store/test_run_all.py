"""Statements that are sent as one do what they would do one after the other."""

import uuid
from collections.abc import Callable

import pytest

from app import store
from app.store import book_saving, policy_saving
from app.store.postgresql_merge import apart, merged
from app.store.session import Work
from app.store.statement import Statement
from tests.store.conftest import make_ledger

HEAD = Statement("test.head", "UPDATE heads SET sequence = $2, recorded_at = $3 WHERE tenant_id = $1")
BATCH = Statement(
    "test.batch",
    """INSERT INTO batches (tenant_id, last_sequence, recorded_at)
       SELECT t.id, $2::bigint, $3::bigint FROM tenants t WHERE t.id = $1""",
)
STATE = Statement(
    "test.state",
    """SELECT h.sequence, h.recorded_at, (SELECT count(*) FROM batches b WHERE b.tenant_id = $1) AS batches
       FROM heads h WHERE h.tenant_id = $1""",
)
ADDED = Statement(
    "test.added",
    """INSERT INTO tenants (id, organisation, name, mode, created_at)
       SELECT u.id, t.organisation, u.name, 'TEST', $2 FROM tenants t
       JOIN {rows(id uuid, name text)} ON true WHERE t.id = $1""",
)
FOUND = Statement("test.found", "SELECT id, name FROM tenants WHERE created_at = $1 ORDER BY name")


def test_parameters_follow_on_one_another_and_the_tenant_is_the_same() -> None:
    first, second = "INSERT INTO a SELECT $1, $2, $3", "UPDATE b SET c = $2 WHERE d = $1 AND e = $2"
    assert merged((first,)) == first
    assert merged((first, second, first)) == (
        "WITH w0 AS (INSERT INTO a SELECT $1, $2, $3), w1 AS (UPDATE b SET c = $4 WHERE d = $1 AND e = $4)"
        " INSERT INTO a SELECT $1, $5, $6"
    )


def test_no_table_is_changed_twice_in_one() -> None:
    texts = ["INSERT INTO a x", "UPDATE b x", "UPDATE a x", "INSERT INTO c x", "INSERT INTO c y"]
    groups = [[one[0] for one in group] for group in apart([(text, (), None) for text in texts])]
    assert groups == [texts[:2], texts[2:4], texts[4:]]
    assert list(apart([])) == []
    with pytest.raises(ValueError, match="changes no table"):
        list(apart([("DELETE FROM a", (), None)]))


def test_all_that_a_batch_may_write_is_short_enough_to_stay_prepared() -> None:
    saving = [*vars(book_saving).values(), *vars(policy_saving).values()]
    texts = [one.postgresql for one in saving if isinstance(one, Statement)]
    assert len(texts) > 20
    # asyncpg prepares longer ones anew each time, unless it is told otherwise.
    assert len(merged(tuple(dict.fromkeys(texts)))) < 15 * 1024


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "pooled"])
async def test_all_of_it_is_done_or_none(fresh_database: Callable[..., str], kind: str) -> None:
    database = store.open_database(
        fresh_database("sqlite" if kind == "sqlite" else "postgres"), prepared=kind != "pooled"
    )
    tenant = (await make_ledger(database, "run all")).tenant_id
    seen: list[store.Executed] = []
    with store.observe(seen.append):
        async with database.write(0) as unit:
            await unit.run_all([])
            await unit.run_all([Work(BATCH, (tenant, 7, 9)), Work(HEAD, (tenant, 7, 9))])
            await unit.run_all([Work(BATCH, (tenant, 8, 10)), Work(HEAD, (tenant, 8, 10)), Work(HEAD, (tenant, 9, 11))])
            await unit.commit()
    assert [one.name for one in seen] == ["test.batch", "test.head"] * 2 + ["test.head"]

    async def state() -> tuple[int, ...]:
        async with database.read(tenant) as session:
            (row,) = await session.rows(STATE, tenant)
        return row["sequence"], row["recorded_at"], row["batches"]

    assert await state() == (9, 11, 2)

    async def twice() -> None:
        async with database.write(0) as unit:
            await unit.run_all([Work(HEAD, (tenant, 99, 99)), Work(BATCH, (tenant, 8, 10))])

    with pytest.raises(store.Violated):
        await twice()
    assert await state() == (9, 11, 2)
    await database.close()


async def test_rows_and_arguments_find_their_places(database: store.Database) -> None:
    tenant = await make_ledger(database, "places")
    other = (await make_ledger(database, "other")).tenant_id
    async with database.write(0) as unit:
        await unit.run_all(
            [
                Work(HEAD, (tenant.tenant_id, 3, 4)),
                Work(ADDED, (tenant.tenant_id, 77), [(uuid.UUID(int=1), "one"), (uuid.UUID(int=2), "two")]),
                Work(BATCH, (tenant.tenant_id, 5, 6)),
            ]
        )
        await unit.commit()
    async with database.read() as session:
        rows = await session.rows(FOUND, 77)
        assert [(row["id"].int, row["name"]) for row in rows] == [(1, "one"), (2, "two")]
    async with database.read(other) as session:
        (row,) = await session.rows(STATE, other)
    assert (row["sequence"], row["batches"]) == (0, 0)
