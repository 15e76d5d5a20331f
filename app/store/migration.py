"""Bringing a database to the schema of this version, and telling how far it is from it."""

import asyncio
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from app.store import errors
from app.store.database import Database, open_database, parse_url, sqlite_path
from app.store.protection import bind_rows, grant
from app.store.sqlite import FileLock, check_path
from app.store.sqlite_statistics import describe_tables
from app.store.statement import Statement
from app.values import value

_FOLDER = Path(__file__).parent / "migrations"
_LOCK_SECONDS_MAX = 30
# Any number will do, as long as nobody else uses it: migrations of one database happen one after another.
_LOCK_NUMBER = 5_706_133_947_521

_REVISION = Statement("migration.revision", "SELECT version_num FROM alembic_version")


@value
class MigrationState:
    """The revision a database is at, None where it has no tables, and the one this version needs."""

    current: str | None
    wanted: str

    @property
    def up_to_date(self) -> bool:
        """Whether the schema is the one this version was written for."""
        return self.current == self.wanted


async def migration_state(database: Database) -> MigrationState:
    """Tell which revision a database is at; Unavailable where it cannot be asked."""
    wanted = _wanted()
    try:
        async with database.read() as session:
            found = await session.rows(_REVISION)
    except errors.Unmigrated:
        return MigrationState(None, wanted)
    return MigrationState(found[0]["version_num"] if found else None, wanted)


async def require_migrated(database: Database) -> None:
    """Return if the schema is the one this version needs, else raise Unmigrated with what to do."""
    state = await migration_state(database)
    if not state.up_to_date:
        found = "has no tables" if state.current is None else f"is at revision {state.current}"
        raise errors.Unmigrated(f"the database {found}, and this version needs {state.wanted}: run spendable migrate")


async def migrate(url: str, *, row_level_security: bool = False, role: str | None = None) -> None:
    """Bring the database at an address to the schema of this version; nothing happens where it already is.

    On PostgreSQL row-level security then binds everybody or nobody, and a role that serves is granted what it needs.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = sqlite_path(parsed)
        check_path(path, read_only=False)
        if path.exists() and await _is_current(url):
            return
        lock = await _file_lock(path)
        try:
            await _upgrade(parsed.set(drivername="sqlite+aiosqlite"), _run)
        finally:
            lock.release()
    else:
        await _upgrade(
            parsed.set(drivername="postgresql+asyncpg"),
            lambda connection: _run_and_protect(connection, row_level_security=row_level_security, role=role),
        )


async def _is_current(url: str) -> bool:
    database = open_database(url, read_only=True)
    try:
        return (await migration_state(database)).up_to_date
    finally:
        await database.close()


async def _file_lock(path: Path) -> FileLock:
    # Another process may be migrating the same file; one that serves it keeps the lock for good.
    for _ in range(_LOCK_SECONDS_MAX):
        try:
            return FileLock(path)
        except errors.AlreadyServed:
            await asyncio.sleep(0.1)
    return FileLock(path)


async def _upgrade(url: URL, run: Callable[[Connection], None]) -> None:
    engine = _engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    except (OSError, OperationalError) as error:
        raise errors.Unavailable(f"{url.render_as_string()} cannot be migrated: {error}") from error
    except DBAPIError as error:
        told = str(error.orig or error).partition("\n")[0]
        raise errors.StoreError(f"{url.render_as_string()} cannot be migrated: {told}") from error
    finally:
        await engine.dispose()


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        # No statement is kept, so that a pooler in transaction mode may stand between.
        return create_async_engine(url, poolclass=NullPool, connect_args={"statement_cache_size": 0})
    engine = create_async_engine(url, poolclass=NullPool)

    @event.listens_for(engine.sync_engine, "connect")
    def _(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
        # The driver would otherwise commit before each CREATE TABLE.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _run_and_protect(connection: Connection, *, row_level_security: bool, role: str | None) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})")
    if MigrationContext.configure(connection).get_current_revision() != _wanted():
        # A migration may have to change rows of every tenant.
        bind_rows(connection, bound=False)
        _run(connection)
    bind_rows(connection, bound=row_level_security)
    if role is not None:
        grant(connection, role)


def _run(connection: Connection) -> None:
    scripts = _scripts()

    def upgrade(revision: Any, _context: object) -> Any:  # noqa: ANN401 - Alembic's own types
        return scripts._upgrade_revs("head", revision)  # noqa: SLF001 - what alembic's upgrade command calls

    with EnvironmentContext(_config(), scripts, fn=upgrade, destination_rev="head") as environment:
        environment.configure(connection=connection, transactional_ddl=False)
        environment.run_migrations()
    if connection.dialect.name == "sqlite":
        describe_tables(connection)


@cache
def _wanted() -> str:
    # Readiness asks again and again; the folder of revisions does not change while we run.
    return _scripts().get_current_head() or ""


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
