"""PostgreSQL through asyncpg: one connection, its session settings and its errors."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from app.store import errors, postgresql_arrays, postgresql_merge
from app.store.connection import Limits
from app.store.session import Row, Rows
from app.store.statement import Dialect

TENANT_SETTING = "app.tenant"
"""What the policies of row-level security compare a row's tenant with; it ends with the transaction."""
EVERY_TENANT = "all"
"""What it says where there is no tenant yet: then only tenants, their heads, keys and holds can be seen."""
_CONFLICTS = frozenset({"40001", "40P01", "55P03", "25006", "0A000"})
# Classes and codes of an SQLSTATE after which the connection is gone: lost, shut down, or thrown out while idle.
_LOST = ("08", "57P0", "25P03")
_BROKEN_DRIVER = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError)
_ROLLBACK_SECONDS_MAX = 2.0

# Every statement of ours is a look-up through an index, and is planned as one whatever the statistics say, which know
# nothing of empty tables or of a tenant that has only just come: a plan made for such a tenant takes it to have one
# row, and then any index will do. Hence generic plans, and no others than look-ups. Merge joins stay: they are what
# keeps a join that was planned the wrong way round from being quadratic.
_PLANNER = {
    "plan_cache_mode": "force_generic_plan",
    **dict.fromkeys(("enable_seqscan", "enable_hashjoin", "enable_bitmapscan", "jit"), "off"),
}


class PostgresDriver:
    """Opens asyncpg connections to one database."""

    dialect: Dialect = "postgresql"

    def __init__(self, url: str, limits: Limits) -> None:
        self._url = _plain(url)
        self._limits = limits
        self.lanes = limits.lanes_max

    async def connect(self, *, writing: bool) -> "PostgresConnection":
        """Open a connection for one writer's lane, or for readers."""
        limits = self._limits
        settings = _settings(limits, writing=writing)
        try:
            driver = await asyncpg.connect(
                self._url,
                timeout=limits.connect_seconds_max,
                # The server ends a statement first; this is for a server that no longer answers.
                command_timeout=limits.statement_seconds_max + limits.lock_seconds_max + 1,
                statement_cache_size=256 if limits.prepared else 0,
                server_settings={"application_name": "spendable", **(settings if limits.prepared else {})},
            )
        except asyncpg.InvalidCatalogNameError as error:
            raise errors.Unusable(f"PostgreSQL at {place(self._url)} has no such database") from error
        except (asyncpg.PostgresError, *_BROKEN_DRIVER, ValueError) as error:
            raise errors.Unavailable(f"PostgreSQL at {place(self._url)} cannot be reached: {error}") from error
        postgresql_arrays.register(driver)
        # Behind a pooler that gives each transaction another session, the settings have to come with each transaction.
        opening = _opening(limits, {} if limits.prepared else settings, writing=writing)
        return PostgresConnection(driver, opening, own=limits.prepared, writing=writing)

    def close(self) -> None:
        """Nothing is held beside the connections."""


class PostgresConnection:
    """One asyncpg connection."""

    def __init__(self, driver: Any, opening: str, *, own: bool, writing: bool) -> None:  # noqa: ANN401 - asyncpg ships no types
        self._driver = driver
        self._opening = opening
        # Whether the session behind it is ours for good, and keeps what was prepared and told.
        self._own = own
        self._may_glance = own and not writing
        self.glances_at: UUID | None = None

    @property
    def lost(self) -> bool:
        """Whether this connection can no longer be used."""
        return bool(self._driver.is_closed())

    async def begin(self, tenant_id: UUID | None) -> None:
        """Open a transaction with its settings and whose rows it may see, in one message."""
        try:
            await self._driver.execute(f"{self._opening}; SET LOCAL {TENANT_SETTING} = '{tenant_id or EVERY_TENANT}'")
        except (asyncpg.PostgresError, *_BROKEN_DRIVER) as error:
            raise self._translated(error) from error

    async def glance_at(self, tenant_id: UUID) -> bool:
        """Set whose rows the session sees outside transactions; each transaction sets that for itself."""
        if not self._may_glance:
            return False
        if self.glances_at != tenant_id:
            self.glances_at = None
            try:
                await self._driver.execute(f"SET {TENANT_SETTING} = '{tenant_id}'")
            except (asyncpg.PostgresError, *_BROKEN_DRIVER) as error:
                raise self._translated(error) from error
            self.glances_at = tenant_id
        return True

    async def fetch(self, sql: str, scalars: Sequence[object], rows: Rows | None) -> Sequence[Row]:
        """Run one statement."""
        arguments = [*scalars, *_arrays(sql, scalars, rows)]
        try:
            return cast("Sequence[Row]", await self._driver.fetch(sql, *arguments))
        except (asyncpg.PostgresError, *_BROKEN_DRIVER) as error:
            raise self._translated(error) from error

    async def run_all(self, work: Sequence[tuple[str, Sequence[object], Rows | None]]) -> None:
        """Run statements as one, table by table; one after the other where none of it would be prepared."""
        if not self._own:
            for sql, scalars, rows in work:
                await self.fetch(sql, scalars, rows)
            return
        for part in postgresql_merge.apart(work):
            scalars = [*part[0][1][:1]]
            for sql, given, rows in part:
                scalars += [*given[1:], *_arrays(sql, given, rows)]
            await self.fetch(postgresql_merge.merged(tuple(sql for sql, _, _ in part)), scalars, None)

    async def commit(self) -> None:
        """Send COMMIT; CommitUnknown when no answer came back."""
        try:
            answer = await self._driver.execute("COMMIT")
        except asyncpg.PostgresError as error:
            if _is_lost(error) or "could not commit transaction" in str(error):
                self._driver.terminate()
                raise errors.CommitUnknown(str(error)) from error
            raise self._translated(error) from error
        except _BROKEN_DRIVER as error:
            self._driver.terminate()
            raise errors.CommitUnknown(f"the connection was lost during COMMIT: {error}") from error
        except BaseException:
            # Cancelled: whether COMMIT was carried out is no longer for us to learn.
            self._driver.terminate()
            raise
        if answer != "COMMIT":
            raise errors.Conflict("PostgreSQL rolled the transaction back instead of committing it")

    async def rollback(self) -> None:
        """Undo what was not committed; a connection that cannot do so is dropped."""
        if self._driver.is_closed():
            return
        try:
            async with asyncio.timeout(_ROLLBACK_SECONDS_MAX):
                await self._driver.execute("ROLLBACK")
        except (asyncpg.PostgresError, *_BROKEN_DRIVER):
            self._driver.terminate()
        except BaseException:
            self._driver.terminate()
            raise

    async def close(self) -> None:
        """End the connection, rolling back what it had begun."""
        if self._driver.is_closed():
            return
        try:
            await self._driver.close(timeout=_ROLLBACK_SECONDS_MAX)
        except (asyncpg.PostgresError, *_BROKEN_DRIVER):
            self._driver.terminate()

    def _translated(self, error: Exception) -> errors.StoreError:
        if not isinstance(error, asyncpg.PostgresError):
            self._driver.terminate()
            return errors.Unavailable(f"the connection to PostgreSQL was lost: {str(error) or type(error).__name__}")
        if _is_lost(error) or error.sqlstate == "0A000":
            self._driver.terminate()
        return _by_sqlstate(error)


def _by_sqlstate(error: Any) -> errors.StoreError:  # noqa: ANN401 - asyncpg ships no types
    code = str(error.sqlstate)
    if code in _CONFLICTS or code.startswith(_LOST):
        return errors.Conflict(f"{code}: {error}")
    if code.startswith("53") or code == "57014":
        return errors.Unavailable(f"{code}: {error}")
    if code in {"42P01", "42703", "3F000"}:
        return errors.Unmigrated(f"the schema is not the one this version needs: {error}")
    if code.startswith("23"):
        return errors.Violated(str(error), error.constraint_name)
    return errors.StoreError(f"{code}: {error}")


def _is_lost(error: Any) -> bool:  # noqa: ANN401 - asyncpg ships no types
    return str(error.sqlstate).startswith(_LOST)


def _arrays(sql: str, scalars: Sequence[object], rows: Rows | None) -> Sequence[Sequence[object]]:
    if rows is None:
        return ()
    if rows:
        return list(zip(*rows, strict=True))
    # No rows: as many empty arrays as the statement still has parameters.
    count = len(scalars)
    while f"${count + 1}::" in sql:
        count += 1
    return [()] * (count - len(scalars))


def _settings(limits: Limits, *, writing: bool) -> dict[str, str]:
    """What holds in every transaction of a connection."""
    # A writer that dozes off holds the tenant's head; a reader only holds a snapshot, bounded by its own deadline.
    idle_seconds = limits.idle_seconds_max if writing else limits.statement_seconds_max + limits.lock_seconds_max
    return {
        **({} if writing else {"default_transaction_read_only": "on"}),
        "idle_in_transaction_session_timeout": _milliseconds(idle_seconds),
        "lock_timeout": _milliseconds(limits.lock_seconds_max),
        "statement_timeout": _milliseconds(limits.statement_seconds_max),
        **_PLANNER,
    }


def _opening(limits: Limits, settings: Mapping[str, str], *, writing: bool) -> str:
    mode = "READ WRITE" if writing and not limits.read_only else "READ ONLY"
    level = "READ COMMITTED" if writing else "REPEATABLE READ"
    return "; ".join(
        [f"BEGIN ISOLATION LEVEL {level} {mode}", *(f"SET LOCAL {name} = {value}" for name, value in settings.items())]
    )


def _milliseconds(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))


def _plain(url: str) -> str:
    return "postgresql://" + url.split("://", 1)[1]


def place(url: str) -> str:
    """Host, port and database of an address, without the password that may stand in it."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"
