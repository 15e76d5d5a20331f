"""Holds and their history: rows in, values out."""

from collections.abc import Sequence
from uuid import UUID

from app import ledger
from app.store.accounts import metadata_of
from app.store.conditions import Conditions
from app.store.reading import HoldFilter, Window
from app.store.session import Row, Session
from app.store.statement import Statement

_FIND = Statement(
    "holds.find",
    "SELECT {all(h holds)} FROM {rows(id uuid)} {each(holds h ON h.tenant_id = $1 AND h.id = u.id)}",
)
_CHANGES = Statement(
    "holds.changes",
    """SELECT {all(c hold_changes)} FROM {rows(hold_id uuid)}
       {each(hold_changes c ON c.tenant_id = $1 AND c.hold_id = u.hold_id)}
       ORDER BY c.sequence""",
)

_PAGE_UP = "SELECT {all(h holds)} FROM holds h WHERE h.tenant_id = $1 AND {where} ORDER BY h.sequence LIMIT $2"
_PAGE_DOWN = "SELECT {all(h holds)} FROM holds h WHERE h.tenant_id = $1 AND {where} ORDER BY h.sequence DESC LIMIT $2"
_COUNT = "SELECT count(*) AS number FROM holds h WHERE h.tenant_id = $1 AND {where}"
_COUNT_EACH = """SELECT u.account_id,
        (SELECT count(*) FROM holds h WHERE h.tenant_id = $1 AND h.account_id = u.account_id AND {where}) AS number
    FROM {rows(account_id uuid)}"""

# The last hold of each account's page is looked up first, so that no more is read of an account than its page.
_PAGES_UP = """WITH p AS MATERIALIZED (
        SELECT u.account_id, coalesce((SELECT h.sequence FROM holds h
            WHERE h.tenant_id = $1 AND h.account_id = u.account_id AND {where}
            ORDER BY h.sequence LIMIT 1 OFFSET $2), 9223372036854775807) AS page_end
        FROM {rows(account_id uuid)})
    SELECT {all(h holds)} FROM p
    {each(holds h ON h.tenant_id = $1 AND h.account_id = p.account_id AND h.sequence <= p.page_end AND {where})}
    ORDER BY h.sequence"""
_PAGES_DOWN = """WITH p AS MATERIALIZED (
        SELECT u.account_id, coalesce((SELECT h.sequence FROM holds h
            WHERE h.tenant_id = $1 AND h.account_id = u.account_id AND {where}
            ORDER BY h.sequence DESC LIMIT 1 OFFSET $2), 0) AS page_end
        FROM {rows(account_id uuid)})
    SELECT {all(h holds)} FROM p
    {each(holds h ON h.tenant_id = $1 AND h.account_id = p.account_id AND h.sequence >= p.page_end AND {where})}
    ORDER BY h.sequence DESC"""

# How a hold reads at an instant: one that is stored ACTIVE has EXPIRED once its expiry has come.
_READS_AS = {
    ledger.HoldStatus.ACTIVE: ("h.status = 'ACTIVE' AND (h.expires_at IS NULL OR h.expires_at > ?)", True),
    ledger.HoldStatus.CAPTURED: ("h.status = 'CAPTURED'", False),
    ledger.HoldStatus.RELEASED: ("h.status = 'RELEASED'", False),
    ledger.HoldStatus.EXPIRED: ("h.status = 'EXPIRED' OR h.status = 'ACTIVE' AND h.expires_at <= ?", True),
}


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


async def find_holds(
    session: Session, tenant_id: UUID, ids: Sequence[UUID], at: int | None = None
) -> dict[UUID, ledger.Hold]:
    """Return the tenant's holds by id as they read at an instant; without one as stored, a lapsed hold still ACTIVE."""
    rows = await session.rows(_FIND, tenant_id, rows=[(id_,) for id_ in ids]) if ids else ()
    holds = (hold_of(row) for row in rows)
    return {hold.id: hold if at is None else hold.as_of(at) for hold in holds}


async def find_hold_changes(
    session: Session, tenant_id: UUID, hold_ids: Sequence[UUID]
) -> dict[UUID, Sequence[ledger.HoldChange]]:
    """Return the history of each hold, oldest first."""
    changes: dict[UUID, list[ledger.HoldChange]] = {id_: [] for id_ in hold_ids}
    rows = await session.rows(_CHANGES, tenant_id, rows=[(id_,) for id_ in changes]) if changes else ()
    for row in rows:
        changes[row["hold_id"]].append(_change_of(row))
    return {hold_id: tuple(found) for hold_id, found in changes.items()}


async def find_hold_page(
    session: Session, tenant_id: UUID, filter_: HoldFilter, window: Window, at: int
) -> Sequence[ledger.Hold]:
    """Return holds in the order in which they were placed, within a window of that list, as they read at an instant."""
    conditions = Conditions(tenant_id, window.limit)
    conditions.add_sequences("h.sequence", window)
    _add_filter(conditions, filter_, at)
    statement = (
        conditions.statement("holds.page_down", _PAGE_DOWN)
        if window.backward
        else conditions.statement("holds.page_up", _PAGE_UP)
    )
    rows = await session.rows(statement, *conditions.values)
    return tuple(hold_of(row).as_of(at) for row in (reversed(rows) if window.backward else rows))


async def find_hold_pages(
    session: Session, tenant_id: UUID, account_ids: Sequence[UUID], filter_: HoldFilter, window: Window, *, at: int
) -> dict[UUID, Sequence[ledger.Hold]]:
    """Return the same window of each account's holds, in one statement."""
    pages: dict[UUID, list[ledger.Hold]] = {id_: [] for id_ in account_ids}
    if not pages:
        return {}
    conditions = Conditions(tenant_id, window.limit - 1)
    conditions.add_sequences("h.sequence", window)
    _add_filter(conditions, filter_, at)
    statement = (
        conditions.statement("holds.pages_down", _PAGES_DOWN)
        if window.backward
        else conditions.statement("holds.pages_up", _PAGES_UP)
    )
    rows = await session.rows(statement, *conditions.values, rows=[(id_,) for id_ in pages])
    for row in reversed(rows) if window.backward else rows:
        pages[row["account_id"]].append(hold_of(row).as_of(at))
    return {account_id: tuple(holds) for account_id, holds in pages.items()}


async def count_holds(session: Session, tenant_id: UUID, filter_: HoldFilter, at: int) -> int:
    """Return how many holds the tenant has, by how they read at an instant."""
    conditions = Conditions(tenant_id)
    _add_filter(conditions, filter_, at)
    rows = await session.rows(conditions.statement("holds.count", _COUNT), *conditions.values)
    return int(rows[0]["number"])


async def count_holds_each(
    session: Session, tenant_id: UUID, account_ids: Sequence[UUID], filter_: HoldFilter, at: int
) -> dict[UUID, int]:
    """Return how many holds each account has, by how they read at an instant."""
    if not account_ids:
        return {}
    conditions = Conditions(tenant_id)
    _add_filter(conditions, filter_, at)
    statement = conditions.statement("holds.count_each", _COUNT_EACH)
    rows = await session.rows(statement, *conditions.values, rows=[(id_,) for id_ in account_ids])
    return {row["account_id"]: row["number"] for row in rows}


def _add_filter(conditions: Conditions, filter_: HoldFilter, at: int) -> None:
    conditions.add_if("h.account_id = ?", filter_.account_id)
    conditions.add_if("h.expires_at < ?", filter_.expires_before)
    if filter_.statuses is not None:
        wanted = [_READS_AS[status] for status in ledger.HoldStatus if status in filter_.statuses]
        dated = sum(is_dated for _, is_dated in wanted)
        texts = [f"({text})" for text, _ in wanted] or ["FALSE"]
        conditions.add(f"({' OR '.join(texts)})", *[at] * dated)


def _change_of(row: Row) -> ledger.HoldChange:
    return ledger.HoldChange(
        hold_id=row["hold_id"],
        account_id=row["account_id"],
        sequence=row["sequence"],
        version=row["version"],
        kind=ledger.HoldChangeKind(row["kind"]),
        amount=row["amount"],
        hold_amount=row["hold_amount"],
        captured=row["captured"],
        released=row["released"],
        remaining_after=row["remaining_after"],
        expires_at=row["expires_at"],
        held_after=row["held_after"],
        transaction_id=row["transaction_id"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        principal=row["principal"],
    )
