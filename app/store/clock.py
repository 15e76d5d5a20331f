"""The instant at which a tenant reads and decides, and the clock of TEST tenants."""

from uuid import UUID

from app.store import errors
from app.store.session import Row, Session, Unit
from app.store.statement import Statement
from app.values import value

_READ = Statement(
    "clock.read",
    """SELECT h.sequence, h.recorded_at, h.clock_offset, h.frozen_at, {clock} AS clock
       FROM heads h WHERE h.tenant_id = $1""",
)

_NOW = Statement("clock.now", "SELECT {clock} AS clock")

# Judged in the statement itself: a LIVE tenant's clock is the database's and nobody's to set, and no clock goes back
# behind what is recorded.
_SET = Statement(
    "clock.set",
    """UPDATE heads SET clock_offset = $2, frozen_at = $3::bigint
       WHERE tenant_id = $1 AND ($3::bigint IS NULL OR $3::bigint >= recorded_at)
       AND EXISTS (SELECT 1 FROM tenants t WHERE t.id = $1 AND t.mode = 'TEST')
       RETURNING tenant_id""",
)


@value
class Moment:
    """Where a tenant stands: its last sequence, the instant it is now for it, and the database's own clock."""

    sequence: int
    at: int
    clock: int
    frozen: bool


def moment_of(row: Row) -> Moment:
    """The moment that a row of the head and the clock tells."""
    frozen = row["frozen_at"]
    now = row["clock"] + row["clock_offset"] if frozen is None else frozen
    return Moment(row["sequence"], max(row["recorded_at"], now), row["clock"], frozen is not None)


async def read_moment(session: Session, tenant_id: UUID) -> Moment:
    """Return where a tenant stands, in the session's snapshot; StoreError where there is no such tenant."""
    rows = await session.rows(_READ, tenant_id)
    if not rows:
        raise errors.StoreError(f"there is no tenant {tenant_id}")
    return moment_of(rows[0])


async def read_clock(session: Session) -> int:
    """Return the database's own clock, in microseconds since 1970 UTC."""
    return int((await session.rows(_NOW))[0]["clock"])


async def set_test_clock(unit: Unit, tenant_id: UUID, *, frozen_at: int | None, offset: int = 0) -> None:
    """Let a TEST tenant's clock stand still at an instant, or run `offset` microseconds ahead of the database's.

    Lock the head before. StoreError for a LIVE tenant, and for an instant before the last one recorded.
    """
    if not await unit.rows(_SET, tenant_id, offset, frozen_at):
        raise errors.StoreError("only a TEST tenant's clock can be set, and not to before what it recorded last")
