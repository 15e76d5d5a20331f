"""Entries: rows in, values out."""

from uuid import UUID

from app import ledger
from app.store.session import Row


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
