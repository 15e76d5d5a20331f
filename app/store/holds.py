"""Holds and their history: rows in, values out."""

from collections.abc import Sequence
from uuid import UUID

from app import ledger
from app.store.accounts import metadata_of
from app.store.session import Row, Session
from app.store.statement import Statement

_FIND = Statement(
    "holds.find",
    "SELECT {all(h holds)} FROM {rows(id uuid)} JOIN holds h ON h.tenant_id = $1 AND h.id = u.id",
)


def hold_of(row: Row) -> ledger.Hold:
    """The hold of a row, as it is stored."""
    return ledger.Hold(
        id=row["id"],
        account_id=row["account_id"],
        destination_id=row["destination_id"],
        amount=row["amount"],
        captured=row["captured"],
        released=row["released"],
        status=ledger.HoldStatus(row["status"]),
        expires_at=row["expires_at"],
        placed_at=row["placed_at"],
        sequence=row["sequence"],
        reason=row["reason"],
        description=row["description"],
        external_id=row["external_id"],
        correlation_id=row["correlation_id"],
        metadata=metadata_of(row["metadata"]),
        forced=row["forced"],
        principal=row["principal"],
    )


async def find_holds(session: Session, tenant_id: UUID, ids: Sequence[UUID]) -> dict[UUID, ledger.Hold]:
    """Return the tenant's holds by id as they are stored: one that has lapsed may still be ACTIVE."""
    rows = await session.rows(_FIND, tenant_id, rows=[(id_,) for id_ in ids]) if ids else ()
    return {row["id"]: hold_of(row) for row in rows}
