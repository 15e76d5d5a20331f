"""Migrations: the schema they make is the one described, once, whoever asks and however often."""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, inspect
from sqlalchemy.ext.asyncio import create_async_engine

from app import services, store
from app.store.columns import metadata
from app.store.migration import _FOLDER
from app.store.statement import Statement
from tests.store import generate_currencies

_LATER = Statement("test.later", "UPDATE alembic_version SET version_num = 'later'")


async def test_an_empty_database_is_brought_to_this_version_and_stays_there(empty_database_url: str) -> None:
    database = store.open_database(empty_database_url)
    with pytest.raises(store.Unmigrated, match="run spendable migrate"):
        await store.require_migrated(database)
    await database.close()
    await store.migrate(empty_database_url)
    await store.migrate(empty_database_url)
    database = store.open_database(empty_database_url)
    await store.require_migrated(database)
    assert (await store.migration_state(database)).up_to_date
    await database.close()


async def test_a_database_of_another_version_is_refused(database: store.Database) -> None:
    async with database.write(0) as unit:
        await unit.run(_LATER)
        await unit.commit()
    with pytest.raises(store.Unmigrated, match="later"):
        await store.require_migrated(database)


async def test_processes_that_migrate_at_once_do_not_disturb_each_other(empty_database_url: str) -> None:
    code = "import asyncio, sys; from app import store; asyncio.run(store.migrate(sys.argv[1]))"
    processes = [await asyncio.create_subprocess_exec(sys.executable, "-c", code, empty_database_url) for _ in range(3)]
    assert [await process.wait() for process in processes] == [0, 0, 0]


async def test_a_file_that_is_served_is_left_alone(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        database = store.open_database(database_url)
        await store.migrate(database_url)
        await database.close()


async def test_the_migrations_make_the_schema_that_is_described(database_url: str) -> None:
    driver = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}[database_url.split(":", maxsplit=1)[0]]
    engine = create_async_engine(database_url.replace(database_url.split(":", maxsplit=1)[0], driver, 1))

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        found: list[object] = list(compare_metadata(context, metadata))
        inspector = inspect(connection)
        for table in metadata.sorted_tables:
            described = {check.name for check in table.constraints if isinstance(check, CheckConstraint)}
            made = {check["name"] for check in inspector.get_check_constraints(table.name)}
            found.extend(described ^ made)
        return found

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


def test_the_list_of_currencies_is_the_published_one() -> None:
    assert generate_currencies.TARGET.read_text(encoding="utf-8") == generate_currencies.text()
    assert generate_currencies.TARGET.is_relative_to(_FOLDER)


async def test_every_currency_is_there_and_none_without_a_minor_unit(database: store.Database) -> None:
    async with database.read() as session:
        found = {currency.code: currency for currency in await store.find_currencies(session)}
    assert (found["USD"].exponent, found["JPY"].exponent, found["BHD"].exponent) == (2, 0, 3)
    assert "XAU" not in found
    assert len(found) == len(generate_currencies.currencies())


async def test_the_coarse_scopes_of_earlier_keys_become_the_fine_ones(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = ScriptDirectory._upgrade_revs
    monkeypatch.setattr(ScriptDirectory, "_upgrade_revs", lambda self, _, found: upgrade(self, "0003", found))
    await store.migrate(empty_database_url)
    monkeypatch.undo()
    database = store.open_database(empty_database_url)
    tenant = store.Tenant(UUID(int=7), "house", "old", "LIVE", 1)
    add = (
        "INSERT INTO api_keys (tenant_id, key_id, name, secret_hash, scopes, created_at)"
        " SELECT $1, $2, 'k', 'h', $3, 1 FROM tenants t WHERE t.id = $1"
    )
    coarse = {"reader": '["read"]', "clerk": '["read","write"]', "chief": '["admin","force","advance","override"]'}
    async with database.write(0) as unit:
        await store.insert_tenant(unit, tenant)
        for key_id, scopes in coarse.items():
            await unit.run(Statement("test.old_key", add), tenant.id, key_id, scopes)
        await unit.commit()
    await database.close()
    await store.migrate(empty_database_url)
    database = store.open_database(empty_database_url)
    async with database.read() as session:
        found = {key.id: key.scopes for key in await store.find_keys(session, tenant.id)}
    await database.close()
    assert found == {
        "reader": {"balances:read", "history:read", "introspect"},
        "clerk": {"balances:read", "history:read", "money:move", "holds:manage", "introspect"},
        "chief": {"accounts:manage", "policies:manage", "clock:move", "money:force", "money:advance"}
        | {"money:override", "introspect"},
    }
    assert frozenset().union(*found.values()) <= frozenset(services.Scope)


async def test_a_folder_is_made_for_a_new_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a folder/deeper/ledger.db"
    await store.migrate(url)
    database = store.open_database(url)
    await store.require_migrated(database)
    await database.close()
