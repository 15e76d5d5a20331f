"""What a database says of itself: its version and the settings that durability and speed depend on."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.store.session import Session
from app.store.statement import Statement

_SERVER = Statement(
    "facts.server",
    """SELECT s.name AS name, s.setting || coalesce(s.unit, '') AS setting FROM pg_settings s
       WHERE s.name IN ('server_version', 'max_wal_size', 'fsync', 'full_page_writes', 'wal_compression',
           'synchronous_commit', 'synchronous_standby_names', 'max_connections', 'shared_buffers', 'autovacuum',
           'default_transaction_isolation', 'idle_in_transaction_session_timeout', 'server_encoding')""",
)
_VERSION = Statement("facts.version", "SELECT sqlite_version() AS setting")
_PRAGMAS: Final = (
    ("journal_mode", Statement("facts.journal_mode", "SELECT journal_mode AS setting FROM pragma_journal_mode")),
    ("page_size", Statement("facts.page_size", "SELECT page_size AS setting FROM pragma_page_size")),
    ("page_count", Statement("facts.page_count", "SELECT page_count AS setting FROM pragma_page_count")),
    (
        "freelist_count",
        Statement("facts.freelist_count", "SELECT freelist_count AS setting FROM pragma_freelist_count"),
    ),
)
_QUICK_CHECK = Statement("facts.quick_check", "SELECT quick_check AS problem FROM pragma_quick_check")


async def read_facts(session: Session) -> Mapping[str, str]:
    """Return what the database says of itself, by name: `server_version`, then settings as it writes them."""
    if session.dialect == "postgresql":
        return {row["name"]: row["setting"] for row in await session.rows(_SERVER)}
    facts = {"server_version": str((await session.rows(_VERSION))[0]["setting"])}
    for name, statement in _PRAGMAS:
        rows = await session.rows(statement)
        facts[name] = str(rows[0]["setting"])
    return facts


async def find_damage(session: Session) -> Sequence[str]:
    """Return what is wrong with the pages of a SQLite file; a server looks after its own, so nothing there."""
    if session.dialect == "postgresql":
        return ()
    return [row["problem"] for row in await session.rows(_QUICK_CHECK) if row["problem"] != "ok"]
