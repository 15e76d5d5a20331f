"""Transactions: rows in, values out."""

from collections.abc import Sequence
from uuid import UUID

from app import ledger
from app.store.accounts import metadata_of
from app.store.session import Row, Session
from app.store.statement import Statement

_FIND = Statement(
    "transactions.find",
    "SELECT {all(t transactions)} FROM {rows(id uuid)} JOIN transactions t ON t.tenant_id = $1 AND t.id = u.id",
)


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
