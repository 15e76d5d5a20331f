"""Reads are look-ups through indexes: no table of a tenant is read from end to end but for a list of it."""

import json
import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from app import ledger, store
from app.store import held_slices, postgresql
from app.store.tables import TABLES
from tests import postgres
from tests.conftest import FreshDatabase
from tests.store.conftest import START, Ledger, make_ledger
from tests.store.histories import by, usd

ENOUGH = 2_000
"""Rows of each table, for PostgreSQL to see by the size of a file that there are many: statistics it has none yet.

SQLite never has any, and plans the same whatever stands in its tables.
"""

# These walk a tenant's list or count it, unless they are of one account.
OF_THE_WHOLE_TENANT = {
    "accounts.count",
    "accounts.page_down",
    "accounts.page_up",
    "holds.count",
    "holds.page_down",
    "holds.page_up",
    "policies.count",
    "policies.page_down",
    "policies.page_up",
    "totals.as_of",
    "totals.now",
    "transactions.count",
    "transactions.page",
}
LOOK_UPS = {"Index Scan", "Index Only Scan"}
READS_A_TABLE = {"Seq Scan", "Bitmap Heap Scan", "Hash Join", "Merge Join", "Materialize"}


async def test_no_read_goes_through_a_table(database: store.Database, request: pytest.FixtureRequest) -> None:
    tenant = await make_ledger(database, "plans")
    await fill(tenant, ENOUGH if database.dialect == "postgresql" else 4)
    found: dict[str, store.Executed] = {}

    def keep(one: store.Executed) -> None:
        found[one.sql] = one

    with store.observe(keep):
        await everything(tenant)
    assert len(found) > 40
    url = request.getfixturevalue("database_url")
    if database.dialect == "sqlite":
        faults = [fault for one in found.values() for fault in explain_sqlite(url, one)]
    else:
        cluster = request.getfixturevalue("postgres_cluster")
        faults = [fault for one in found.values() for fault in explain_postgresql(cluster, url, one)]
    assert faults == []


async def fill(tenant: Ledger, accounts: int) -> None:
    names = [f"a{number}" for number in range(accounts)]
    await tenant.open_accounts(*names, unlimited=True)
    pairs = list(zip(names, reversed(names), strict=True))
    soon = START + 1_000
    await tenant.accept(
        *(ledger.Transfer(by(one), by(other), usd(9), soon, correlation_id=one) for one, other in pairs)
    )
    await tenant.accept(*(ledger.PlaceHold(by(one), usd(2), soon, by(other)) for one, other in pairs))


async def everything(tenant: Ledger) -> None:
    """Every read in every shape that changes what is looked up."""
    async with tenant.database.read() as session:
        t, ids, names = tenant.tenant_id, [uuid7(), uuid7()], ["a1", "a2"]
        here = await store.read_coordinate(session, t)
        await store.find_sequence_at(session, t, here.at)
        await store.resolve_external_ids(session, t, ledger.ACCOUNT_KIND, names)
        await store.find_accounts(session, t, ids)
        await store.find_funds(session, t, [by(name) for name in names], here)
        await store.glance_at_funds(session, t, [by(name) for name in names])
        await store.find_balances(session, t, ids, here)
        await store.find_balances_as_of(session, t, ids, here)
        await store.find_holds(session, t, ids, here.at)
        await store.find_hold_changes(session, t, ids)
        await store.find_transactions(session, t, ids)
        await store.find_entries_of(session, t, ids)
        await store.find_reversals_of(session, t, ids)
        await store.find_transactions_of_holds(session, t, ids)
        await store.find_next_expiries(session, t, here.at, here.at + 1, 9)
        await store.find_trial_balance(session, t, here)
        await store.find_trial_balance(session, t, store.Coordinate(here.sequence - 1, here.at))
        for window in windows():
            await pages(session, tenant, window, here.at)
        await slices(session, tenant, here)
        await policies(session, tenant, here.at)


async def policies(session: store.Session, tenant: Ledger, at: int) -> None:
    t, ids = tenant.tenant_id, [uuid7(), uuid7()]
    accounts = await store.find_account_page(session, t, store.AccountFilter(), store.Window(2))
    await store.find_policies(session, t, [(ids[0], None), (ids[1], 7)])
    await store.find_policy_names(session, t, ["one", "two"])
    await store.find_policy_versions(session, t, ids, 9)
    await store.find_followed(session, t, accounts)
    await store.find_deposit_days(session, t, ids, at)
    await store.find_published(session, t, [1, 2])
    await store.find_assignments(session, t, [1, 2])
    await store.find_calendar_changes(session, t, [1, 2])
    await store.find_entry_rules(session, t, [ledger.EntryKey(ids[0], 2), ledger.EntryKey(ids[1], 2)])
    await store.count_policies(session, t)
    for window in windows():
        await store.find_policy_page(session, t, window)
    groups = [
        ledger.Group((tenant.request(command),))
        for command in (
            ledger.Deposit(by("a1"), by("a2"), usd(1), "CARD"),
            ledger.AssignPolicy(by("one"), by("a1")),
            ledger.AssignPolicy(ledger.Reference(ids[0])),
            ledger.PublishPolicy("two", "{}"),
        )
    ]
    await store.load_pages(session, t, groups, tenant.currencies)


async def slices(session: store.Session, tenant: Ledger, here: store.Coordinate) -> None:
    t = tenant.tenant_id
    accounts = await store.find_account_page(session, t, store.AccountFilter(), store.Window(2, backward=True))
    wanted = [(account, store.MaturingPlace(here.at - 1, 9, 1, left=2)) for account in accounts]
    ids = [account.id for account in accounts]
    for place in (here, store.Coordinate(here.sequence - 1, here.at)):
        await store.find_maturing_slices(session, t, wanted, place, 9)
    await store.find_held_slices(session, t, [(id_, here.sequence) for id_ in ids], here.at, 9)
    await store.find_held_slices_as_of(session, t, ids[0], here.sequence, here, limit=9)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(held_slices, "CHANGES_MAX", 0)
        await store.find_held_slices_as_of(session, t, ids[0], 9, store.Coordinate(1, here.at), limit=9)
    for most in (None, 9):
        await store.find_future_causes(session, t, ids, store.Stretch(here.at, here.at, here.at + 9, most=most))


def windows() -> Iterator[store.Window]:
    edge = store.Position(ENOUGH, 1)
    for backward in (False, True):
        yield store.Window(9, backward)
        yield store.Window(9, backward, after=edge)
        yield store.Window(9, backward, before=edge)


async def pages(session: store.Session, tenant: Ledger, window: store.Window, at: int) -> None:
    t, ids = tenant.tenant_id, [uuid7(), uuid7()]
    for accounts in (store.AccountFilter(), store.AccountFilter(closed=False, frozen=False)):
        await store.count_accounts(session, t, accounts)
        for newest_first in (False, True):
            await store.find_account_page(session, t, accounts, window, newest_first=newest_first)
    for statuses in (None, (ledger.HoldStatus.ACTIVE,)):
        await store.find_hold_page(session, t, store.HoldFilter(statuses=statuses), window, at)
        await store.find_hold_page(session, t, store.HoldFilter(ids[0], statuses), window, at)
        await store.find_hold_pages(session, t, ids, store.HoldFilter(statuses=statuses), window, at=at)
        await store.count_holds(session, t, store.HoldFilter(statuses=statuses), at)
        await store.count_holds_each(session, t, ids, store.HoldFilter(statuses=statuses), at)
    for maturing in (None, True, False):
        for recorded in (None, at):
            entries = store.EntryFilter(kinds=("FEE",), recorded_from=recorded, maturing=maturing)
            await store.find_entry_pages(session, t, ids, entries, window, at=at)
            await store.count_entries(session, t, ids, entries, at)
    for account in (None, ids[0]):
        for correlation in (None, "a1"):
            for recorded in (None, at):
                transactions = store.TransactionFilter(account, correlation, ("SALE",), recorded, recorded)
                await store.find_transaction_page(session, t, transactions, window)
                await store.count_transactions(session, t, transactions)


async def test_no_read_goes_through_a_table_where_rows_are_bound(
    postgres_cluster: postgres.Cluster, fresh_database: FreshDatabase
) -> None:
    # What a policy asks of a row comes first, and only then may a condition be looked up that could tell of the row.
    url = fresh_database("postgres")
    name = url.rpartition("/")[2]
    database = store.open_database(url)
    tenant = await make_ledger(database, "plans")
    await fill(tenant, ENOUGH)
    found: dict[str, store.Executed] = {}

    def keep(one: store.Executed) -> None:
        found[one.sql] = one

    with store.observe(keep):
        await everything(tenant)
    await database.close()
    for table in store.BOUND:
        command = f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
        postgres_cluster.run(command, name)
    postgres_cluster.run("CREATE ROLE looked LOGIN")
    try:
        postgres_cluster.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO looked", name)
        bound = f"SET LOCAL ROLE looked; SET LOCAL app.tenant = '{tenant.tenant_id}'; "
        faults = [fault for one in found.values() for fault in explain_postgresql(postgres_cluster, url, one, bound)]
    finally:
        postgres_cluster.run("DROP OWNED BY looked", name)
        postgres_cluster.run("DROP ROLE looked", name)
    # Only test clocks ask it, of the few holds that are active and lapse.
    assert [fault for fault in faults if not fault.startswith("due_holds.next:")] == []


def explain_postgresql(cluster: postgres.Cluster, url: str, one: store.Executed, settings: str = "") -> Iterator[str]:
    """What is wrong with the plan that would be kept for any arguments."""
    # PostgreSQL 15 has no EXPLAIN (GENERIC_PLAN): a prepared statement under the same settings shows the same plan.
    count = max((int(number) for number in re.findall(r"\$(\d+)", one.sql)), default=0)
    given = f"({', '.join(['NULL'] * count)})" if count else ""
    settings += "".join(f"SET LOCAL {name} = {value}; " for name, value in postgresql._PLANNER.items())
    command = f"{settings}PREPARE one AS {one.sql}; EXPLAIN (FORMAT JSON) EXECUTE one{given}"
    (plan,) = json.loads(cluster.run(command, url.rpartition("/")[2]))
    for node in nodes(plan["Plan"]):
        kind, looked_up = node["Node Type"], node.get("Index Cond", "")
        if kind in READS_A_TABLE or (kind in LOOK_UPS and is_wide(one, node["Relation Name"], looked_up)):
            yield f"{one.name}: {kind} {node.get('Relation Name')} {node.get('Index Name')} {looked_up}"


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def explain_sqlite(url: str, one: store.Executed) -> Iterator[str]:
    """What is wrong with the plan for any arguments."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.create_function("clock_microseconds", 0, lambda: 0)
    arguments = [None] * max((int(number) for number in re.findall(r"\?(\d+)", one.sql)), default=0)
    steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {one.sql}", arguments)]
    connection.close()
    tables = {alias: table for table, alias in re.findall(r"(?:FROM|JOIN) (\w+) (\w)\b", one.sql)}
    for step in steps:
        verb, alias, *_ = step.split()
        scanned = verb == "SCAN" and tables.get(alias) in TABLES
        if scanned or (verb == "SEARCH" and is_wide(one, tables[alias], step.partition(" (")[2])):
            yield f"{one.name}: {step}"


def is_wide(one: store.Executed, table: str, looked_up: str) -> bool:
    """Whether a look-up finds all that a tenant has, where it should find less."""
    if table in {"heads", "tenants"} or "AND" in looked_up:
        return False
    return one.name not in OF_THE_WHOLE_TENANT or re.search(r"account_id = [$?]", one.sql) is not None
