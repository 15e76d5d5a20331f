"""Transactions: rows in, values out."""

from collections.abc import Sequence
from uuid import UUID

from app import ledger
from app.store.accounts import metadata_of
from app.store.conditions import Conditions
from app.store.reading import TransactionFilter, Window
from app.store.session import Row, Session
from app.store.statement import Statement

_FIND = Statement(
    "transactions.find",
    "SELECT {all(t transactions)} FROM {rows(id uuid)} {each(transactions t ON t.tenant_id = $1 AND t.id = u.id)}",
)
_REVERSALS = Statement(
    "transactions.reversals",
    """SELECT t.reverses_id, t.id FROM {rows(id uuid)}
       {each(transactions t ON t.tenant_id = $1 AND t.reverses_id = u.id)}
       ORDER BY t.sequence""",
)
_OF_HOLDS = Statement(
    "transactions.of_holds",
    """SELECT t.hold_id, t.id FROM {rows(hold_id uuid)}
       {each(transactions t ON t.tenant_id = $1 AND t.hold_id = u.hold_id)}
       ORDER BY t.sequence""",
)

# The transactions of an account are found by its entries, each transaction by the first of them.
_ALL = "FROM transactions t WHERE t.tenant_id = $1 AND {where}"
_OF_ACCOUNT = """FROM entries e {each(transactions t ON t.tenant_id = $1 AND t.id = e.transaction_id)}
    WHERE e.tenant_id = $1 AND {where}
    AND e.line = (SELECT f.line FROM entries f WHERE f.tenant_id = $1 AND f.account_id = e.account_id
        AND f.sequence = e.sequence ORDER BY f.line LIMIT 1)"""
_TOUCHES = """(SELECT e.line FROM entries e WHERE e.tenant_id = $1 AND e.account_id = ?
    AND e.sequence = t.sequence ORDER BY e.line LIMIT 1) > 0"""
_PAGE_UP = f"SELECT {{all(t transactions)}} {_ALL} ORDER BY t.sequence LIMIT $2"
_PAGE_DOWN = f"SELECT {{all(t transactions)}} {_ALL} ORDER BY t.sequence DESC LIMIT $2"
_PAGE_OF_ACCOUNT_UP = f"SELECT {{all(t transactions)}} {_OF_ACCOUNT} ORDER BY e.sequence LIMIT $2"
_PAGE_OF_ACCOUNT_DOWN = f"SELECT {{all(t transactions)}} {_OF_ACCOUNT} ORDER BY e.sequence DESC LIMIT $2"
_COUNT = f"SELECT count(*) AS number {_ALL}"
_COUNT_OF_ACCOUNT = f"SELECT count(*) AS number {_OF_ACCOUNT}"


def transaction_of(row: Row) -> ledger.Transaction:
    """The transaction of a row."""
    return ledger.Transaction(
        id=row["id"],
        sequence=row["sequence"],
        kind=row["kind"],
        description=row["description"],
        external_id=row["external_id"],
        correlation_id=row["correlation_id"],
        metadata=metadata_of(row["metadata"]),
        forced=row["forced"],
        advanced=row["advanced"],
        effective_at=row["effective_at"],
        recorded_at=row["recorded_at"],
        hold_id=row["hold_id"],
        reverses_id=row["reverses_id"],
        principal=row["principal"],
    )


async def find_transactions(session: Session, tenant_id: UUID, ids: Sequence[UUID]) -> dict[UUID, ledger.Transaction]:
    """Return the tenant's transactions by id; those it does not have are missing."""
    rows = await session.rows(_FIND, tenant_id, rows=[(id_,) for id_ in ids]) if ids else ()
    return {row["id"]: transaction_of(row) for row in rows}


async def find_transaction_page(
    session: Session, tenant_id: UUID, filter_: TransactionFilter, window: Window
) -> Sequence[ledger.Transaction]:
    """Return transactions by sequence, within a window of that list."""
    conditions = Conditions(tenant_id, window.limit)
    by_account = _add_filter(conditions, filter_, window)
    name, up, down = (
        ("transactions.page_of_account", _PAGE_OF_ACCOUNT_UP, _PAGE_OF_ACCOUNT_DOWN)
        if by_account
        else ("transactions.page", _PAGE_UP, _PAGE_DOWN)
    )
    statement = conditions.statement(name, down if window.backward else up)
    rows = await session.rows(statement, *conditions.values)
    return tuple(transaction_of(row) for row in (reversed(rows) if window.backward else rows))


async def count_transactions(session: Session, tenant_id: UUID, filter_: TransactionFilter) -> int:
    """Return how many transactions there are."""
    conditions = Conditions(tenant_id)
    by_account = _add_filter(conditions, filter_, _EVERYTHING)
    name, text = ("transactions.count_of_account", _COUNT_OF_ACCOUNT) if by_account else ("transactions.count", _COUNT)
    rows = await session.rows(conditions.statement(name, text), *conditions.values)
    return int(rows[0]["number"])


async def find_reversals_of(
    session: Session, tenant_id: UUID, transaction_ids: Sequence[UUID]
) -> dict[UUID, Sequence[UUID]]:
    """Return the ids of the transactions that reverse each, oldest first."""
    return await _made_from(session, tenant_id, _REVERSALS, transaction_ids)


async def find_transactions_of_holds(
    session: Session, tenant_id: UUID, hold_ids: Sequence[UUID]
) -> dict[UUID, Sequence[UUID]]:
    """Return the ids of the transactions that captured each hold, oldest first."""
    return await _made_from(session, tenant_id, _OF_HOLDS, hold_ids)


async def _made_from(
    session: Session, tenant_id: UUID, statement: Statement, origins: Sequence[UUID]
) -> dict[UUID, Sequence[UUID]]:
    found: dict[UUID, list[UUID]] = {origin: [] for origin in origins}
    rows = await session.rows(statement, tenant_id, rows=[(origin,) for origin in found]) if found else ()
    for row in rows:
        origin = row["reverses_id" if statement is _REVERSALS else "hold_id"]
        found[origin].append(row["id"])
    return {origin: tuple(ids) for origin, ids in found.items()}


_EVERYTHING = Window(limit=0)


def _add_filter(conditions: Conditions, filter_: TransactionFilter, window: Window) -> bool:
    """Add the conditions; return whether they start from the entries of an account."""
    # What shares a correlation id is few: it is found first, and the account looked for among its entries.
    by_account = filter_.account_id is not None and filter_.correlation_id is None
    sequence = "e.sequence" if by_account else "t.sequence"
    conditions.add_if("e.account_id = ?" if by_account else _TOUCHES, filter_.account_id)
    conditions.add_if("t.correlation_id = ?", filter_.correlation_id)
    conditions.add_one_of("t.kind", filter_.kinds)
    conditions.add_sequences(sequence, window)
    conditions.add_recorded(sequence, filter_.recorded_from, filter_.recorded_before)
    return by_account
