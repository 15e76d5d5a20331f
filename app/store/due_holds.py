"""Holds whose expiry has come and is not recorded yet, or comes next: what sweeper and test clock look for."""

from uuid import UUID

from app.store.clock import moment_of
from app.store.session import Session
from app.store.statement import Statement

# Each tenant has a clock of its own, so the first expiry of each is compared with it, found through the index alone.
_TENANTS = Statement(
    "due_holds.tenants",
    """SELECT h.tenant_id, h.sequence, h.recorded_at, h.clock_offset, h.frozen_at, {clock} AS clock,
           (SELECT min(o.expires_at) FROM holds o WHERE o.tenant_id = h.tenant_id
            AND o.status = 'ACTIVE' AND o.expires_at IS NOT NULL) AS first_due
       FROM heads h""",
)
_HOLDS = Statement(
    "due_holds.find",
    """SELECT h.id FROM holds h WHERE h.tenant_id = $1
       AND h.status = 'ACTIVE' AND h.expires_at IS NOT NULL AND h.expires_at <= $2::bigint
       ORDER BY h.expires_at, h.sequence LIMIT $3::bigint""",
)
# Whatever is overdue now; else the holds of the first instant at which one lapses.
_NEXT = Statement(
    "due_holds.next",
    """SELECT h.id, h.expires_at FROM holds h WHERE h.tenant_id = $1
       AND h.status = 'ACTIVE' AND h.expires_at IS NOT NULL
       AND h.expires_at <= least($3::bigint, greatest($2::bigint, coalesce((
           SELECT min(o.expires_at) FROM holds o WHERE o.tenant_id = $1
           AND o.status = 'ACTIVE' AND o.expires_at IS NOT NULL AND o.expires_at <= $3::bigint), $2::bigint)))
       ORDER BY h.expires_at, h.id LIMIT $4::bigint""",
)


async def find_due_holds(session: Session, limit: int) -> dict[UUID, list[UUID]]:
    """Return for each tenant with lapsed holds the first `limit` of them, in the order in which they lapsed."""
    due: dict[UUID, list[UUID]] = {}
    for row in await session.rows(_TENANTS):
        at = moment_of(row).at
        if row["first_due"] is not None and row["first_due"] <= at:
            found = await session.rows(_HOLDS, row["tenant_id"], at, limit)
            due[row["tenant_id"]] = [hold["id"] for hold in found]
    return due


async def find_next_expiries(
    session: Session, tenant_id: UUID, now: int, until: int, limit: int
) -> list[tuple[int, UUID]]:
    """Return (expires_at, id) of what a clock moving from `now` to `until` meets first, by time, then id.

    That is every hold that is overdue now; where none is, those that lapse together at the next instant.
    """
    rows = await session.rows(_NEXT, tenant_id, now, until, limit)
    return [(row["expires_at"], row["id"]) for row in rows]
