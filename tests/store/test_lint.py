"""What keeps the same statements working on a sharded PostgreSQL, without one: rules over the schema and every text."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint, Table, UniqueConstraint

from app import store as door
from app.store.statement import Statement
from app.store.tables import HISTORIES, TABLES
from tests.store.conftest import Ledger
from tests.store.test_invariants import lived

WITHOUT_TENANT = {
    # They find out which tenant is meant, or are about none.
    "api_keys.find",
    "clock.now",
    "currencies.list",
    "migration.revision",
    "tenants.add",
    "tenants.by_name",
    "tenants.list",
    # The sweeper's list of tenants with lapsed holds.
    "due_holds.tenants",
    # The first back-test that a process left undone, of whichever tenant.
    "backtests.left",
    # What a database says of itself.
    "facts.freelist_count",
    "facts.journal_mode",
    "facts.page_count",
    "facts.page_size",
    "facts.quick_check",
    "facts.server",
    "facts.version",
    "protection.role",
    "protection.tables",
}
WITHOUT_TENANT_KEY = {"tenants", "currencies", "api_keys"}
FORBIDDEN = re.compile(
    r"\b(merge|advisory\w*|pg_advisory\w*|serial|identity|nextval|currval|trigger|deferrable|copy|listen|notify|xid"
    r"|txid\w*|random|gen_random_uuid|now|statement_timestamp|current_timestamp)\b",
    re.IGNORECASE,
)


def statements() -> dict[str, Statement]:
    found: dict[str, Statement] = {}
    for info in pkgutil.walk_packages(door.__path__, "app.store."):
        if "migrations" in info.name:
            continue
        for statement in held(vars(importlib.import_module(info.name)).values()):
            assert found.setdefault(statement.name, statement) == statement, f"two statements named {statement.name}"
    return found


def held(values: object) -> Iterator[Statement]:
    for value in values if isinstance(values, list | tuple | type({}.values())) else ():
        if isinstance(value, Statement):
            yield value
        elif isinstance(value, list | tuple):
            yield from held(value)
        elif isinstance(value, dict):
            yield from held(value.values())


STATEMENTS = statements()


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_every_statement_is_about_one_tenant(name: str) -> None:
    text = STATEMENTS[name].postgresql
    one_tenant = re.search(r"\btenant_id = (\$1|t\.id|\w+\.tenant_id)", text) or "t.id = $1" in text
    assert bool(one_tenant and "$1" in text) != (name in WITHOUT_TENANT), text


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_no_statement_uses_what_cannot_be_sharded(name: str) -> None:
    text = STATEMENTS[name].postgresql
    assert not FORBIDDEN.search(re.sub(r"'[^']*'", "''", text)), text
    if text.startswith("INSERT") and name != "tenants.add":
        assert re.search(r"FROM tenants t\b.*\bWHERE t\.id = \$1", text), text
    if text.startswith("UPDATE"):
        assert "clock_timestamp" not in text


def test_no_statement_says_exactly_what_another_says() -> None:
    texts: dict[str, str] = {}
    for statement in STATEMENTS.values():
        assert texts.setdefault(statement.text, statement.name) == statement.name


async def test_what_is_executed_is_a_statement_with_a_name(tenant: Ledger) -> None:
    executed: list[door.Executed] = []
    with door.observe(executed.append):
        await lived(tenant)
    for one in executed:
        assert one.sql == STATEMENTS[one.name].sql(tenant.database.dialect)


@pytest.mark.parametrize("table", TABLES.values(), ids=str)
def test_the_tenant_comes_first_everywhere(table: Table) -> None:
    if table.name in WITHOUT_TENANT_KEY:
        return
    groups = [list(index.columns) for index in table.indexes]
    groups += [
        list(constraint.columns)
        for constraint in table.constraints
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint)
    ]
    assert groups
    assert all(columns[0].name == "tenant_id" for columns in groups)
    for constraint in table.constraints:
        if isinstance(constraint, ForeignKeyConstraint) and constraint.referred_table.name != "currencies":
            assert constraint.column_keys[0] == "tenant_id"


@pytest.mark.parametrize("table", TABLES.values(), ids=str)
def test_the_database_makes_nothing_up(table: Table) -> None:
    for column in table.columns:
        assert column.identity is None
        assert column.computed is None
        assert column.autoincrement is not True
        assert column.server_default is None or table.name == "heads"
    assert table.dialect_options["sqlite"]["strict"]
    checks = [constraint for constraint in table.constraints if isinstance(constraint, CheckConstraint)]
    assert checks
    assert len({check.name for check in checks}) == len(checks)
    assert not any(constraint.deferrable for constraint in table.constraints)


@pytest.mark.parametrize("table", HISTORIES, ids=str)
def test_histories_have_no_foreign_keys(table: Table) -> None:
    assert not table.foreign_keys
