"""Opening a database, and handing out its snapshots and its units of work."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.store import errors
from app.store.connection import Connection, Driver, Limits
from app.store.postgresql import PostgresDriver
from app.store.session import Row, Rows, Session, Unit, Work, prepare
from app.store.sqlite import SqliteDriver, is_locked
from app.store.statement import Dialect, Statement

Found = TypeVar("Found")


def _clock() -> int:
    return time.time_ns() // 1000


def open_database(
    url: str,
    *,
    readers_max: int = 8,
    lanes_max: int = 4,
    connect_seconds_max: float = 5.0,
    statement_seconds_max: float = 5.0,
    lock_seconds_max: float = 5.0,
    idle_seconds_max: float = 2.0,
    prepared: bool = True,
    read_only: bool = False,
    clock: Callable[[], int] = _clock,
) -> "Database":
    """Open the database at an address; nothing is connected yet, but a SQLite file is locked unless `read_only`.

    `prepared=False` turns statement caches off, for a pooler in transaction mode. `clock` is SQLite's, microseconds
    since the epoch; PostgreSQL has its own. Raises Unusable, ReadOnly or AlreadyServed.
    """
    limits = Limits(
        readers_max=readers_max,
        lanes_max=lanes_max,
        connect_seconds_max=connect_seconds_max,
        statement_seconds_max=statement_seconds_max,
        lock_seconds_max=lock_seconds_max,
        idle_seconds_max=idle_seconds_max,
        prepared=prepared,
        read_only=read_only,
        clock=clock,
    )
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return Database(SqliteDriver(sqlite_path(parsed), limits), limits)
    return Database(PostgresDriver(url, limits), limits)


def parse_url(url: str) -> URL:
    """The parts of an address that names a database of ours; Unusable otherwise, without repeating a password."""
    try:
        parsed = make_url("postgresql" + url.removeprefix("postgres") if url.startswith("postgres:") else url)
    except (ArgumentError, ValueError):
        raise errors.Unusable("the address of a database reads sqlite:///path or postgresql://…") from None
    if parsed.drivername not in {"sqlite", "sqlite+aiosqlite", "postgresql", "postgresql+asyncpg"}:
        raise errors.Unusable(f"{parsed.drivername} is no database of ours; use sqlite:///path or postgresql://…")
    return parsed


def sqlite_path(parsed: URL) -> Path:
    """The file that a SQLite address names."""
    if not parsed.database or parsed.database == ":memory:":
        raise errors.Unusable("a ledger in SQLite needs a file: sqlite:///path")
    return Path(parsed.database)


def is_served(url: str) -> bool:
    """Whether a process writes to the SQLite file at an address; False for a server, which many may write to."""
    parsed = parse_url(url)
    return parsed.get_backend_name() == "sqlite" and is_locked(sqlite_path(parsed))


class _Session:
    """A connection inside a transaction."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self._connection = connection
        self.dialect = dialect

    async def rows(self, statement: Statement, *scalars: object, rows: Rows | None = None) -> Sequence[Row]:
        """Run a statement and return its rows, read by column name."""
        sql = prepare(statement, self.dialect, scalars, rows)
        return await self._connection.fetch(sql, scalars, rows)

    async def run(self, statement: Statement, *scalars: object, rows: Rows | None = None) -> None:
        """Run a statement whose rows nobody needs."""
        await self.rows(statement, *scalars, rows=rows)


class _Unit(_Session):
    """A unit of work, to be committed at most once."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        super().__init__(connection, dialect)
        self.committed = False

    async def run_all(self, work: Sequence[Work]) -> None:
        """Run statements of one tenant; none sees what another does."""
        await self._connection.run_all(
            [(prepare(one.statement, self.dialect, one.scalars, one.rows), one.scalars, one.rows) for one in work]
        )

    async def commit(self) -> None:
        """Make the work durable; CommitUnknown when the answer was lost on the way."""
        await self._connection.commit()
        self.committed = True


class _Glance:
    """Statements each of which is a snapshot of its own, outside any transaction."""

    def __init__(self, database: "Database", tenant_id: UUID) -> None:
        self._database = database
        self._tenant_id = tenant_id
        self.dialect = database.dialect

    async def rows(self, statement: Statement, *scalars: object, rows: Rows | None = None) -> Sequence[Row]:
        """Run a statement and return its rows, read by column name."""
        sql = prepare(statement, self.dialect, scalars, rows)

        async def ask(connection: Connection) -> Sequence[Row]:
            return await connection.fetch(sql, scalars, rows)

        return await self._database.glanced(self._tenant_id, ask)

    async def run(self, statement: Statement, *scalars: object, rows: Rows | None = None) -> None:
        """Run a statement whose rows nobody needs."""
        await self.rows(statement, *scalars, rows=rows)


class _Lane:
    """A writer's own connection, opened when it is first needed and again when it was lost."""

    def __init__(self) -> None:
        self.free = asyncio.Lock()
        self.connection: Connection | None = None


class Database:
    """Snapshots for readers, units of work for writers."""

    def __init__(self, driver: Driver, limits: Limits) -> None:
        self._driver = driver
        self._read_only = limits.read_only
        self._lanes = tuple(_Lane() for _ in range(driver.lanes))
        self._permits = asyncio.Semaphore(limits.readers_max)
        self._idle: list[Connection] = []

    @property
    def dialect(self) -> Dialect:
        """Which database this is."""
        return self._driver.dialect

    @property
    def lanes(self) -> int:
        """How many units of work can be open at once, one a lane: lanes are numbered from 0."""
        return len(self._lanes)

    @asynccontextmanager
    async def read(self, tenant_id: UUID | None = None) -> AsyncIterator[Session]:
        """One snapshot: every statement in it sees the same moment. It waits for one of `readers_max` connections.

        It is one tenant's. Without one it may see what has to be known before the tenant is: tenants, their heads, keys
        and holds; under row-level security nothing else is there.
        """
        async with self._permits:
            connection = await self._begin(self._idle.pop() if self._idle else None, tenant_id, writing=False)
            try:
                yield _Session(connection, self.dialect)
            finally:
                await _finish(connection)
                if not connection.lost:
                    self._idle.append(connection)

    def glance(self, tenant_id: UUID) -> Session:
        """Return what reads one tenant's rows by single statements, each of them a snapshot of its own.

        A statement alone needs no transaction around it, which takes two messages more. Two of them may see different
        moments: this is for who asks once.
        """
        return _Glance(self, tenant_id)

    async def glanced(self, tenant_id: UUID, ask: Callable[[Connection], Awaitable[Found]]) -> Found:
        """Ask a connection that sees a tenant's rows, for what a statement reads; for `glance`."""
        async with self._permits:
            known = self._idle_for(tenant_id)
            if known is not None:
                try:
                    return await self._glanced_by(known, tenant_id, ask)
                except errors.StoreError:
                    # It may have been cut while it was idle. Reading again does no harm.
                    if not known.lost:
                        raise
            return await self._glanced_by(await self._driver.connect(writing=False), tenant_id, ask)

    async def _glanced_by(
        self, connection: Connection, tenant_id: UUID, ask: Callable[[Connection], Awaitable[Found]]
    ) -> Found:
        done = False
        try:
            if not await connection.glance_at(tenant_id):
                # Behind a pooler what a session was told would reach whoever has it next.
                await connection.begin(tenant_id)
                found = await ask(connection)
            else:
                found = await ask(connection)
                done = True
        finally:
            if not done:
                await _finish(connection)
            if not connection.lost:
                self._idle.append(connection)
        return found

    def _idle_for(self, tenant_id: UUID) -> Connection | None:
        """Take an idle connection, if there is one: best one that sees the tenant's rows already."""
        for place, connection in enumerate(self._idle):
            if connection.glances_at == tenant_id:
                return self._idle.pop(place)
        return self._idle.pop() if self._idle else None

    @asynccontextmanager
    async def write(self, lane: int = 0, tenant_id: UUID | None = None) -> AsyncIterator[Unit]:
        """One unit of work on the lane's own connection, of one tenant as in `read`; undone without `commit`."""
        if self._read_only:
            raise errors.ReadOnly("this database was opened for reading only")
        holder = self._lanes[lane]
        async with holder.free:
            known, holder.connection = holder.connection, None
            connection = await self._begin(known, tenant_id, writing=True)
            holder.connection = connection
            unit = _Unit(connection, self.dialect)
            try:
                yield unit
            finally:
                if not unit.committed:
                    await _finish(connection)

    async def close(self) -> None:
        """Close every connection that is not in use, and let another process write to the file."""
        for lane in self._lanes:
            if lane.connection is not None:
                await lane.connection.close()
                lane.connection = None
        while self._idle:
            await self._idle.pop().close()
        self._driver.close()

    async def _begin(self, known: Connection | None, tenant_id: UUID | None, *, writing: bool) -> Connection:
        # A connection that was idle may have been cut meanwhile. Nothing has been asked of it, so another takes over.
        if known is not None and not known.lost:
            try:
                return await _begun(known, tenant_id)
            except errors.StoreError:
                if not known.lost:
                    raise
        return await _begun(await self._driver.connect(writing=writing), tenant_id)


async def _begun(connection: Connection, tenant_id: UUID | None) -> Connection:
    try:
        await connection.begin(tenant_id)
    except BaseException:
        await connection.close()
        raise
    return connection


async def _finish(connection: Connection) -> None:
    try:
        await connection.rollback()
    except BaseException:
        await connection.close()
        raise
