"""Protection: what the database itself keeps the server from, by row-level security and by privileges.

The owner migrates and grants; the role that serves owns nothing, sees one tenant's rows at a time, and can add to
history and never change it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, text

from app.store.session import Session
from app.store.statement import Statement
from app.store.tables import TABLES
from app.values import value

CHANGING: Final = frozenset(
    {"accounts", "api_keys", "backtests", "balances", "buckets", "calendar_days", "deposit_counters", "heads", "holds"}
)
"""Tables whose rows change; all others are only ever added to."""
READ_ONLY: Final = frozenset({"currencies", "alembic_version"})
"""Tables that migrations alone write."""
BOUND: Final = tuple(sorted(name for name, table in TABLES.items() if name == "tenants" or "tenant_id" in table.c))
"""Tables with rows of a tenant's."""

_STATE: Final = (
    "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS forced FROM pg_class c"
    " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
)
_ROLE = Statement(
    "protection.role",
    """SELECT r.rolsuper OR r.rolbypassrls AS unbound, r.rolsuper AS superuser FROM pg_roles r
       WHERE r.rolname = current_user""",
)
_TABLES = Statement(
    "protection.tables",
    """SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS forced,
           pg_get_userbyid(c.relowner) = current_user AS owned,
           has_table_privilege(c.oid, 'UPDATE') OR has_table_privilege(c.oid, 'DELETE')
               OR has_table_privilege(c.oid, 'TRUNCATE') AS changeable
       FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'""",
)


@value
class Protection:
    """What holds of the role that asked, and of the tables, by name."""

    superuser: bool
    unbound: bool
    owned: Sequence[str]
    changeable_history: Sequence[str]
    unforced: Sequence[str]


async def read_protection(session: Session) -> Protection | None:
    """Tell how well the database keeps tenants apart and history as it is; None where it is a file."""
    if session.dialect != "postgresql":
        return None
    (role,) = await session.rows(_ROLE)
    tables = {row["name"]: row for row in await session.rows(_TABLES) if row["name"] in TABLES}
    return Protection(
        superuser=role["superuser"],
        unbound=role["unbound"],
        owned=sorted(name for name, row in tables.items() if row["owned"]),
        changeable_history=sorted(
            name for name, row in tables.items() if row["changeable"] and name not in CHANGING | READ_ONLY
        ),
        unforced=sorted(name for name in BOUND if name in tables and not tables[name]["forced"]),
    )


def bind_rows(connection: Connection, *, bound: bool) -> None:
    """Let row-level security bind everybody, the owner too, or nobody; nothing happens where it is so already."""
    state: Mapping[str, bool] = {row.relname: row.forced for row in connection.execute(text(_STATE))}
    for name in BOUND:
        if name in state and state[name] != bound:
            words = ("ENABLE", "FORCE") if bound else ("DISABLE", "NO FORCE")
            connection.exec_driver_sql(
                f"ALTER TABLE {name} {words[0]} ROW LEVEL SECURITY, {words[1]} ROW LEVEL SECURITY"
            )


def grant(connection: Connection, role: str) -> None:
    """Grant a role what serving needs, and take back what it does not."""
    name = connection.dialect.identifier_preparer.quote_identifier(role)
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {name}")
    for table in (*sorted(TABLES), "alembic_version"):
        allowed = "SELECT" if table in READ_ONLY else "SELECT, INSERT"
        if table in CHANGING:
            allowed += ", UPDATE"
        connection.exec_driver_sql(f"REVOKE ALL ON {table} FROM {name}")
        connection.exec_driver_sql(f"GRANT {allowed} ON {table} TO {name}")
