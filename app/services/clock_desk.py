"""The clock desk: the clock of a TEST tenant for a person at a terminal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from app import store
from app.services.access import Principal, Scope
from app.services.administration import AdministrationError
from app.services.clock_steps import ClockStep, business_days, parse_duration
from app.services.faults import BadInput
from app.services.gateway import Gateway, GatewayLimits
from app.services.tenant_clock import ClockMove, TenantClock

PRINCIPAL: Final = "system:terminal"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


async def read_clock(database: store.Database, tenant: store.Tenant) -> store.Moment:
    """Return where a tenant stands, of either mode."""
    async with database.read(tenant.id) as session:
        return await store.read_moment(session, tenant.id)


@asynccontextmanager
async def open_clock(database: store.Database, tenant: store.Tenant) -> AsyncIterator[TenantClock]:
    """Open what moves a TEST tenant's clock; the database is closed after it. AdministrationError for a LIVE one."""
    if tenant.mode == "LIVE":
        raise AdministrationError(f"{tenant.name} is a LIVE tenant, and only a TEST tenant's clock can be moved")
    principal = Principal(
        tenant.id, tenant.name, tenant.organisation, tenant.mode, PRINCIPAL, frozenset({Scope.CLOCK_MOVE})
    )
    gateway = Gateway(database, GatewayLimits(sweep_interval_seconds=None))
    await gateway.start()
    try:
        yield gateway.tenant_clock(principal)
    finally:
        await gateway.drain()


async def finish_move(clock: TenantClock, begun: ClockMove) -> ClockMove:
    """Go on with a move that recorded as much as one may, until the clock is where it was to go."""
    move = begun
    while not move.reached and move.rejection is None and move.target is not None:
        further = await clock.set(move.target)
        move = replace(further, recorded=move.recorded + further.recorded)
    return move


def choose_step(duration: str | None, days: int | None, calendar: str, time_zone: str) -> ClockStep:
    """Return the one step that was given, a duration or business days; raises BadInput."""
    if (duration is None) == (days is None):
        raise BadInput("Give one of --by and --business-days.")
    if days is not None:
        return business_days(days, calendar, time_zone)
    step = parse_duration(duration or "")
    if step is None:
        raise BadInput("A duration is written as P1D, P1M or PT36H.")
    return step


def read_instant(text: str) -> int:
    """Return an instant of ISO 8601 in microseconds since 1970 UTC; raises BadInput where it has no offset."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return (moment - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        pass
    raise BadInput("An instant is written with Z or an offset, as 2026-01-31T09:30:00Z.")


def write_instant(instant: int) -> str:
    """Return an instant as text, in UTC."""
    return (_EPOCH + instant * _MICROSECOND).isoformat().replace("+00:00", "Z")
