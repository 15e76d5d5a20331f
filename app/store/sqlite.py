"""SQLite through aiosqlite: the file, its lock, one connection and its errors."""

import asyncio
import fcntl
import os
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import aiosqlite
import orjson

from app.store import errors
from app.store.connection import Limits
from app.store.session import Row, Rows
from app.store.statement import Dialect
from app.store.tables import FLAG_NAMES, ID_NAMES

_WRITER = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA mmap_size = 0",
    # The log is cut back after a checkpoint, so that one large batch does not leave a large file behind.
    "PRAGMA journal_size_limit = 67108864",
)
_READER = ("PRAGMA query_only = ON", "PRAGMA mmap_size = 0")
_BY_CODE: dict[int, type[errors.StoreError]] = {
    sqlite3.SQLITE_BUSY: errors.Conflict,
    sqlite3.SQLITE_LOCKED: errors.Conflict,
    sqlite3.SQLITE_READONLY: errors.ReadOnly,
    sqlite3.SQLITE_FULL: errors.Unavailable,
    sqlite3.SQLITE_IOERR: errors.Unavailable,
    sqlite3.SQLITE_INTERRUPT: errors.Unavailable,
    sqlite3.SQLITE_CANTOPEN: errors.Unavailable,
    # The file is damaged, or is none of SQLite's.
    sqlite3.SQLITE_NOTADB: errors.Unusable,
    sqlite3.SQLITE_CORRUPT: errors.Unusable,
}
_VIOLATED = re.compile(r"constraint failed: (.+)$")


class SqliteDriver:
    """Opens connections to one file, which at most one process writes."""

    dialect: Dialect = "sqlite"
    lanes = 1

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        check_path(path, read_only=limits.read_only)
        self._lock = None if limits.read_only else FileLock(path)

    async def connect(self, *, writing: bool) -> "SqliteConnection":
        """Open a connection for the writer, or for readers."""
        limits = self._limits
        address = await asyncio.to_thread(_address, self._path, read_only=limits.read_only)
        try:
            driver = await aiosqlite.connect(
                address, uri=True, isolation_level=None, timeout=limits.lock_seconds_max, cached_statements=256
            )
        except sqlite3.Error as error:
            raise errors.Unavailable(f"{self._path} cannot be opened: {error}") from error
        try:
            driver.row_factory = sqlite3.Row
            for pragma in _WRITER if writing else _READER:
                await driver.execute_fetchall(pragma)
            await driver.create_function("clock_microseconds", 0, limits.clock)
        except sqlite3.Error as error:
            await driver.close()
            raise _translated(error) from error
        except BaseException:
            await driver.close()
            raise
        return SqliteConnection(driver, limits.statement_seconds_max, writing=writing)

    def close(self) -> None:
        """Let another process write."""
        if self._lock is not None:
            self._lock.release()


class SqliteConnection:
    """One aiosqlite connection, which is one thread."""

    def __init__(self, driver: aiosqlite.Connection, statement_seconds_max: float, *, writing: bool) -> None:
        self._driver = driver
        self._seconds = statement_seconds_max
        self._writing = writing
        self.lost = False
        self.glances_at: UUID | None = None

    async def begin(self, tenant_id: UUID | None) -> None:  # noqa: ARG002 - a file knows no rows of others
        """Open a snapshot, or take the file's write lock."""
        await self._execute("BEGIN IMMEDIATE" if self._writing else "BEGIN", ())

    async def glance_at(self, tenant_id: UUID) -> bool:  # noqa: ARG002 - as above
        """Do nothing: a statement is a snapshot of its own."""
        return True

    async def fetch(self, sql: str, scalars: Sequence[object], rows: Rows | None) -> Sequence[Row]:
        """Run one statement."""
        arguments = [str(value) if isinstance(value, UUID) else value for value in scalars]
        if rows is not None:
            arguments.append(orjson.dumps(rows).decode())
        return _decoded(await self._execute(sql, arguments))

    async def run_all(self, work: Sequence[tuple[str, Sequence[object], Rows | None]]) -> None:
        """Run statements one after the other; a file is no message away."""
        for sql, scalars, rows in work:
            await self.fetch(sql, scalars, rows)

    async def commit(self) -> None:
        """Send COMMIT; the thread carries it out even when nobody waits for it any more."""
        try:
            await self._driver.execute_fetchall("COMMIT")
        except sqlite3.Error as error:
            translated = _translated(error)
            if not self._driver.in_transaction:
                raise errors.CommitUnknown(str(error)) from error
            raise translated from error

    async def rollback(self) -> None:
        """Undo what was not committed; a connection that cannot do so is dropped."""
        if self.lost:
            return
        try:
            await self._driver.execute_fetchall("ROLLBACK")
        except sqlite3.OperationalError as error:
            if "no transaction is active" not in str(error):
                await self.close()
        except (sqlite3.Error, ValueError):
            await self.close()

    async def close(self) -> None:
        """End the connection, rolling back what it had begun."""
        if not self.lost:
            self.lost = True
            await self._driver.close()

    async def _execute(self, sql: str, arguments: Sequence[object]) -> Sequence[sqlite3.Row]:
        # SQLite knows no statement timeout: what runs too long, or for a caller who left, is interrupted.
        try:
            async with asyncio.timeout(self._seconds + 1):
                return list(await self._driver.execute_fetchall(sql, arguments))
        except TimeoutError as error:
            await self._driver.interrupt()
            raise errors.Unavailable(f"a statement ran longer than {self._seconds} s") from error
        except asyncio.CancelledError:
            await self._driver.interrupt()
            raise
        except sqlite3.Error as error:
            raise _translated(error) from error


class FileLock:
    """An operating system's lock beside the database, held by the one process that writes to it."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + ".lock")
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise errors.ReadOnly(f"{self._path} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise errors.AlreadyServed(
                f"another process serves {path}; a SQLite ledger has one writing process, so stop that one first"
            ) from error

    def release(self) -> None:
        """Let another process write."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def is_locked(path: Path) -> bool:
    """Tell whether a process writes to this file; asks in passing, and makes nothing."""
    try:
        descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def check_path(path: Path, *, read_only: bool) -> None:
    """Make the folder of a database that is to be written, and refuse what can never be one."""
    if path.is_dir():
        raise errors.Unusable(f"{path} is a folder; name a file in it")
    if read_only:
        if not path.is_file():
            raise errors.Unusable(f"{path} does not exist")
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise errors.Unusable(f"{path.parent} cannot be made: {error.strerror}") from error
    writable = os.access(path, os.W_OK) if path.exists() else os.access(path.parent, os.W_OK)
    if not writable or not os.access(path.parent, os.W_OK):
        raise errors.ReadOnly(f"{path} cannot be written")


def _address(path: Path, *, read_only: bool) -> str:
    if not path.exists():
        raise errors.Unmigrated(f"{path} does not exist: run spendable migrate")
    if not read_only:
        return f"file:{quote(str(path))}?mode=rw"
    # A file in a folder that we may not write, with no log beside it, is at rest: it is read as it stands.
    at_rest = not os.access(path.parent, os.W_OK) and not path.with_name(path.name + "-wal").exists()
    return f"file:{quote(str(path))}?mode=ro{'&immutable=1' if at_rest else ''}"


def _decoded(found: Sequence[sqlite3.Row]) -> Sequence[Row]:
    if not found:
        return ()
    names = found[0].keys()
    ids = [name for name in names if name in ID_NAMES]
    flags = [name for name in names if name in FLAG_NAMES]
    decoded: list[dict[str, Any]] = []
    for values in found:
        row = dict(zip(names, values, strict=True))
        for name in ids:
            if row[name] is not None:
                row[name] = UUID(row[name])
        for name in flags:
            if row[name] is not None:
                row[name] = bool(row[name])
        decoded.append(row)
    return decoded


def _translated(error: sqlite3.Error) -> errors.StoreError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    text = str(error)
    if code == sqlite3.SQLITE_CONSTRAINT:
        named = _VIOLATED.search(text)
        return errors.Violated(text, named.group(1) if named else None)
    if "no such table" in text or "no such column" in text:
        return errors.Unmigrated(f"the schema is not the one this version needs: {text}")
    return _BY_CODE.get(code, errors.StoreError)(text)
