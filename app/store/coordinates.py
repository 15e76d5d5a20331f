"""Where reads stand: a tenant's coordinate now, and the sequence that was known at an instant."""

from uuid import UUID

from app.store.clock import read_moment
from app.store.reading import Coordinate
from app.store.session import Session
from app.store.statement import Statement

_KNOWN = Statement(
    "coordinates.known",
    """SELECT b.last_sequence FROM batches b WHERE b.tenant_id = $1 AND b.recorded_at <= $2
       ORDER BY b.recorded_at DESC, b.last_sequence DESC LIMIT 1""",
)


async def read_coordinate(session: Session, tenant_id: UUID) -> Coordinate:
    """Return the tenant's last sequence and the instant it is now for it, in one statement."""
    moment = await read_moment(session, tenant_id)
    return Coordinate(moment.sequence, moment.at)


async def find_sequence_at(session: Session, tenant_id: UUID, instant: int) -> int:
    """Return the last sequence that was recorded by an instant; 0 before the first."""
    rows = await session.rows(_KNOWN, tenant_id, instant)
    return int(rows[0]["last_sequence"]) if rows else 0
