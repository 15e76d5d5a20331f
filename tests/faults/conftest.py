"""Ledgers to be served by real processes: a database, a tenant in it, and a key to its API."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from app import services, store
from tests import postgres
from tests.conftest import FreshDatabase

ALL_SCOPES = tuple(services.Scope)


@dataclass(frozen=True, slots=True)
class Ledger:
    """A migrated database with one tenant, and a key that may do everything in it."""

    url: str
    tenant_id: UUID
    key: str

    @property
    def dialect(self) -> str:
        return self.url.partition(":")[0]


async def add_tenant(database: store.Database, name: str) -> UUID:
    """Create a LIVE tenant."""
    tenant_id = services.new_id()
    async with database.write() as unit:
        await store.insert_tenant(unit, store.Tenant(tenant_id, "house", name, "LIVE", await store.read_clock(unit)))
        await unit.commit()
    return tenant_id


async def add_key(
    database: store.Database,
    tenant_id: UUID,
    *,
    scopes: tuple[str, ...] = ALL_SCOPES,
    expires_at: int | None = None,
    revoked_at: int | None = None,
) -> str:
    """Create a key of a tenant; return its text."""
    made = services.make_key("LIVE", services.new_id())
    async with database.write() as unit:
        key = store.StoredKey(
            id=made.key_id,
            tenant_id=tenant_id,
            name="test",
            secret_hash=made.secret_hash,
            scopes=frozenset(scopes),
            created_at=await store.read_clock(unit),
            expires_at=expires_at,
            revoked_at=revoked_at,
        )
        await store.insert_key(unit, key)
        await unit.commit()
    return made.text


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[store.Database]:
    """The database itself, to prepare it while nobody serves it."""
    database = store.open_database(url, readers_max=1, lanes_max=1)
    try:
        yield database
    finally:
        await database.close()


async def new_ledger(url: str) -> Ledger:
    """Give a migrated database a tenant and a key."""
    async with opened(url) as database:
        tenant_id = await add_tenant(database, "alpha")
        return Ledger(url, tenant_id, await add_key(database, tenant_id))


async def assert_sound(url: str) -> None:
    """No invariant of any tenant is broken; the ledger may be served meanwhile."""
    database = store.open_database(url, read_only=True, readers_max=1)
    try:
        assert await services.verify(database, lambda _done, _total, _doing: None) == []
    finally:
        await database.close()


@asynccontextmanager
async def writer_held(ledger: Ledger) -> AsyncIterator[None]:
    """Keep the server's writer waiting, as another process that writes would, for the time of the block."""
    if ledger.dialect == "sqlite":
        path = ledger.url.removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    other = await asyncpg.connect(ledger.url)
    try:
        async with other.transaction():
            await other.execute("SELECT 1 FROM heads WHERE tenant_id = $1 FOR NO KEY UPDATE", ledger.tenant_id)
            yield
    finally:
        await other.close()


@pytest.fixture
async def ledger(database_url: str) -> Ledger:
    """A ledger, once on SQLite and once on PostgreSQL."""
    return await new_ledger(database_url)


@pytest.fixture
def sqlite_url(fresh_database: FreshDatabase) -> str:
    """The URL of a migrated database on SQLite."""
    return fresh_database("sqlite")


@pytest.fixture
async def sqlite_ledger(sqlite_url: str) -> Ledger:
    """A ledger on SQLite."""
    return await new_ledger(sqlite_url)


@pytest.fixture
def migrated_postgres_url(fresh_database: FreshDatabase) -> str:
    """The URL of a migrated database on PostgreSQL."""
    return fresh_database("postgres")


@pytest.fixture
async def postgres_ledger(migrated_postgres_url: str) -> Ledger:
    """A ledger on PostgreSQL."""
    return await new_ledger(migrated_postgres_url)


@pytest.fixture(scope="session")
def durable_cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL server that waits for the disk and may be killed: nobody else's."""
    with postgres.cluster(durable=True) as made:
        yield made


@pytest.fixture
async def durable_ledger(durable_cluster: postgres.Cluster, request: pytest.FixtureRequest) -> Ledger:
    """A ledger on the PostgreSQL server that may be killed."""
    name = f"test_{abs(hash(request.node.nodeid)):x}"
    durable_cluster.run(f"CREATE DATABASE {name}")
    await store.migrate(durable_cluster.url(name))
    return await new_ledger(durable_cluster.url(name))


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Where the servers of a test write their logs."""
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder
