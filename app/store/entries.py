"""Entries: rows in, values out."""

from collections.abc import Sequence
from uuid import UUID

from app import ledger
from app.store.conditions import Conditions
from app.store.reading import EntryFilter, Window
from app.store.session import Row, Session
from app.store.statement import Statement

_OF_TRANSACTIONS = Statement(
    "entries.of_transactions",
    """SELECT {all(e entries)} FROM {rows(transaction_id uuid)}
       {each(entries e ON e.tenant_id = $1 AND e.transaction_id = u.transaction_id)}
       ORDER BY e.line""",
)

# The last sequence of each account's page is looked up first, so that no more is read of an account than its page and
# the rest of one transaction.
_PAGES_UP = """WITH p AS MATERIALIZED (
        SELECT u.account_id, coalesce((SELECT e.sequence FROM entries e
            WHERE e.tenant_id = $1 AND e.account_id = u.account_id AND {where}
            ORDER BY {sequence}, e.line LIMIT 1 OFFSET $2), 9223372036854775807) AS page_end
        FROM {rows(account_id uuid)})
    SELECT {all(e entries)} FROM p
    {each(entries e ON e.tenant_id = $1 AND e.account_id = p.account_id AND {sequence} <= p.page_end AND {where})}
    ORDER BY e.sequence, e.line"""
_PAGES_DOWN = """WITH p AS MATERIALIZED (
        SELECT u.account_id, coalesce((SELECT e.sequence FROM entries e
            WHERE e.tenant_id = $1 AND e.account_id = u.account_id AND {where}
            ORDER BY {sequence} DESC, e.line DESC LIMIT 1 OFFSET $2), 0) AS page_end
        FROM {rows(account_id uuid)})
    SELECT {all(e entries)} FROM p
    {each(entries e ON e.tenant_id = $1 AND e.account_id = p.account_id AND {sequence} >= p.page_end AND {where})}
    ORDER BY e.sequence DESC, e.line DESC"""
_COUNT = """SELECT u.account_id,
        (SELECT count(*) FROM entries e WHERE e.tenant_id = $1 AND e.account_id = u.account_id AND {where}) AS number
    FROM {rows(account_id uuid)}"""

# Entries that mature still are few, and found by when they do: the sum keeps the other index, by sequence, away.
_BY_SEQUENCE, _BY_MATURITY = "e.sequence", "(e.sequence + 0)"


def entry_of(row: Row) -> ledger.Entry:
    """The entry of a row."""
    of_transaction: UUID | None = row["of_transaction_id"]
    return ledger.Entry(
        transaction_id=row["transaction_id"],
        line=row["line"],
        account_id=row["account_id"],
        side=ledger.Side(row["side"]),
        amount=row["amount"],
        kind=row["kind"],
        reason=row["reason"],
        of_entry=None if of_transaction is None else ledger.EntryKey(of_transaction, row["of_line"]),
        available_at=row["available_at"],
        balance_after=row["balance_after"],
        maturing_after=row["maturing_after"],
        account_version=row["account_version"],
        sequence=row["sequence"],
        recorded_at=row["recorded_at"],
        effective_at=row["effective_at"],
    )


async def find_entries_of(
    session: Session, tenant_id: UUID, transaction_ids: Sequence[UUID]
) -> dict[UUID, Sequence[ledger.Entry]]:
    """Return all entries of each transaction, by line."""
    entries: dict[UUID, list[ledger.Entry]] = {id_: [] for id_ in transaction_ids}
    rows = await session.rows(_OF_TRANSACTIONS, tenant_id, rows=[(id_,) for id_ in entries]) if entries else ()
    for row in rows:
        entries[row["transaction_id"]].append(entry_of(row))
    return {transaction_id: tuple(found) for transaction_id, found in entries.items()}


async def find_entry_pages(
    session: Session, tenant_id: UUID, account_ids: Sequence[UUID], filter_: EntryFilter, window: Window, *, at: int
) -> dict[UUID, Sequence[ledger.Entry]]:
    """Return the same window of each account's entries by (sequence, line), in one statement."""
    pages: dict[UUID, list[ledger.Entry]] = {id_: [] for id_ in account_ids}
    if not pages:
        return {}
    sequence = _BY_MATURITY if filter_.maturing else _BY_SEQUENCE
    conditions = Conditions(tenant_id, window.limit - 1)
    if window.after is not None:
        conditions.add(f"({sequence}, e.line) > (?, ?)", window.after.sequence, window.after.tie)
    if window.before is not None:
        conditions.add(f"({sequence}, e.line) < (?, ?)", window.before.sequence, window.before.tie)
    _add_filter(conditions, sequence, filter_, at)
    name, text = ("entries.pages_down", _PAGES_DOWN) if window.backward else ("entries.pages_up", _PAGES_UP)
    statement = conditions.statement(name, text.replace("{sequence}", sequence))
    for row in await session.rows(statement, *conditions.values, rows=[(id_,) for id_ in pages]):
        page = pages[row["account_id"]]
        if len(page) < window.limit:
            page.append(entry_of(row))
    return {account_id: tuple(reversed(page) if window.backward else page) for account_id, page in pages.items()}


async def count_entries(
    session: Session, tenant_id: UUID, account_ids: Sequence[UUID], filter_: EntryFilter, at: int
) -> dict[UUID, int]:
    """Return how many entries each account has."""
    if not account_ids:
        return {}
    conditions = Conditions(tenant_id)
    _add_filter(conditions, _BY_MATURITY if filter_.maturing else _BY_SEQUENCE, filter_, at)
    statement = conditions.statement("entries.count", _COUNT)
    rows = await session.rows(statement, *conditions.values, rows=[(id_,) for id_ in account_ids])
    return {row["account_id"]: row["number"] for row in rows}


def _add_filter(conditions: Conditions, sequence: str, filter_: EntryFilter, at: int) -> None:
    conditions.add_if("e.side = ?", filter_.side)
    conditions.add_one_of("e.kind", filter_.kinds)
    conditions.add_recorded(sequence, filter_.recorded_from, filter_.recorded_before)
    if filter_.maturing is not None:
        still = "e.available_at > ?" if filter_.maturing else "(e.available_at IS NULL OR e.available_at <= ?)"
        conditions.add(still, at)
