"""The clock of a TEST tenant: it stands still, goes forward past whatever falls due, or runs; it never goes back."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias
from uuid import UUID

from app import ledger, store
from app.services import clock
from app.services.batch import BatchRunner
from app.services.clock_steps import ClockStep
from app.services.writer import Writer
from app.values import value

PRINCIPAL: Final = "system:clock"
LEAP_DAYS_MAX: Final = 3_660
"""How far one move goes at most: ten years. A clock never goes back, so a slip of the pen would be for good."""
STEPS_MAX: Final = 16
"""Instants that one database transaction goes past; between two of these the tenant's other commands have a turn."""
EXPIRIES_MAX: Final = 10_000
"""Expiries that one move records before it answers how far it came; the next move goes on from there."""
MOVE_SECONDS_MAX: Final = 8.0
"""Seconds after which a move answers how far it came."""
CLOCK_MAX: Final = 221_845_392_000_000_000
"""The year 9000, which no clock passes: what never matures has an instant of the year 9999."""
_DAY: Final = 86_400 * 1_000_000

Aim: TypeAlias = Callable[[int], int | ledger.Rejection]
"""Tells from where a clock stands where it is to go, or why it may not."""


@value
class ClockMove:
    """What became of a move: the clock stands (or runs from) `at`; `target` is where it was to go, None if refused.

    `reached` is false where it was refused, and where more fell due on the way than one move records: moving to the
    target again goes on.
    """

    at: int
    frozen: bool
    target: int | None = None
    reached: bool = True
    recorded: int = 0
    rejection: ledger.Rejection | None = None


@dataclass(slots=True)
class _Walk:
    """A move under way, unit by unit; `offered` are expiries of a unit whose commit has not been heard of."""

    aim: Aim
    field: str
    target: int | None = None
    recorded: int = 0
    offered: frozenset[UUID] = frozenset()

    def target_from(self, now: int) -> int | ledger.Rejection:
        """Return where to go: what was aimed at in the beginning counts, wherever others move the clock meanwhile."""
        if self.target is None:
            return self.aim(now)
        return self.target if self.target >= now else refused(self.field)

    def offer(self, target: int, expiries: frozenset[UUID]) -> None:
        """Remember what is about to be committed."""
        self.target, self.offered = target, expiries

    def count(self, due: Collection[UUID] = ()) -> None:
        """Count what was offered as recorded, unless some of it is still due."""
        if self.offered.isdisjoint(due):
            self.recorded += len(self.offered)
        self.offered = frozenset()


class TenantClock:
    """Moves one TEST tenant's clock, in turn with the writer's batches and under the lock of the tenant's head."""

    def __init__(
        self,
        database: store.Database,
        runner: BatchRunner,
        writer: Writer,
        tenant_id: UUID,
        *,
        new_id: clock.IdSource,
        batch_commands_max: int,
    ) -> None:
        self._database = database
        self._runner = runner
        self._writer = writer
        self._tenant_id = tenant_id
        self._new_id = new_id
        self._batch_commands_max = batch_commands_max

    async def freeze(self) -> ClockMove:
        """Let the clock stand still where it is."""
        return await self._writer.run(self._tenant_id, self._freeze)

    async def resume(self) -> ClockMove:
        """Let the clock run with real time from where it stands; nothing happens to one that runs."""
        return await self._writer.run(self._tenant_id, self._resume)

    async def set(self, at: int) -> ClockMove:
        """Move the clock to an instant and let it stand there, recording what lapses on the way as it lapses.

        Refused with INVALID_TIME where that lies behind the clock, or too far ahead. Safe to repeat: what was recorded
        stands, whatever becomes of the rest.
        """
        return await self._walk(_Walk(lambda now: _bounded(now, at, "at"), "at"))

    async def advance(self, step: ClockStep, *, since: int | None = None) -> ClockMove:
        """Move the clock by a step and let it stand there, as `set` does; the step counts from where it stands.

        Given `since`, it counts from there, and may be repeated safely: it goes on where it was broken off, does
        nothing once it is done, and is refused where the clock stands before `since` or beyond where it leads.
        """

        def aim(now: int) -> int | ledger.Rejection:
            if since is not None and now < since:
                return refused("from")
            target = step.after(now if since is None else since)
            return refused("by") if target is None else _bounded(now, target, "by" if since is None else "from")

        return await self._walk(_Walk(aim, "by"))

    async def _walk(self, walk: _Walk) -> ClockMove:
        """Go on unit by unit until the clock is there, or enough was done for one answer."""
        until = clock.monotonic_seconds() + MOVE_SECONDS_MAX
        while True:
            move = await self._writer.run(self._tenant_id, partial(self._go_on, walk))
            full = walk.recorded >= EXPIRIES_MAX or clock.monotonic_seconds() > until
            if move.reached or move.rejection is not None or full:
                return move

    async def _go_on(self, walk: _Walk, lane: int) -> ClockMove:
        """Go past a few instants in one unit: at each, the holds that lapse are recorded; the target comes last."""
        async with self._database.write(lane, self._tenant_id) as unit:
            mode = await store.lock_head(unit, self._tenant_id)
            moment = await store.read_moment(unit, self._tenant_id)
            target = walk.target_from(moment.at)
            if isinstance(target, ledger.Rejection):
                return ClockMove(moment.at, moment.frozen, reached=False, recorded=walk.recorded, rejection=target)
            at, reached, expiries = moment.at, False, set[UUID]()
            for _ in range(STEPS_MAX):
                due = await store.find_next_expiries(unit, self._tenant_id, at, target, self._batch_commands_max)
                walk.count([hold_id for _, hold_id in due])
                at = max(at, due[0][0]) if due else target
                await store.set_test_clock(unit, self._tenant_id, frozen_at=at)
                reached = not due
                if reached:
                    break
                expiries.update(await self._record(unit, mode, due))
            walk.offer(target, frozenset(expiries))
            await unit.commit()
        walk.count()
        return ClockMove(at, frozen=True, target=target, reached=reached, recorded=walk.recorded)

    async def _record(
        self, unit: store.Unit, mode: store.TenantMode, due: Sequence[tuple[int, UUID]]
    ) -> Sequence[UUID]:
        """Record that holds have lapsed, at the instant at which the clock now stands; return the holds."""
        holds = [hold_id for _, hold_id in due]
        requests = tuple(
            ledger.Request(ledger.RecordExpiry(ledger.Reference(hold_id)), None, self._new_id(), PRINCIPAL)
            for hold_id in holds
        )
        (decisions,) = await self._runner.enter(unit, self._tenant_id, mode, [ledger.Group(requests)])
        if strange := [decision for decision in decisions if not isinstance(decision, ledger.Accepted)]:
            raise RuntimeError(f"an expiry that is due was not accepted: {strange[0]}")
        return holds

    async def _freeze(self, lane: int) -> ClockMove:
        async with self._database.write(lane, self._tenant_id) as unit:
            await store.lock_head(unit, self._tenant_id)
            moment = await store.read_moment(unit, self._tenant_id)
            await store.set_test_clock(unit, self._tenant_id, frozen_at=moment.at)
            await unit.commit()
        return ClockMove(moment.at, frozen=True, target=moment.at)

    async def _resume(self, lane: int) -> ClockMove:
        async with self._database.write(lane, self._tenant_id) as unit:
            await store.lock_head(unit, self._tenant_id)
            moment = await store.read_moment(unit, self._tenant_id)
            if moment.frozen:
                offset = moment.at - moment.clock
                await store.set_test_clock(unit, self._tenant_id, frozen_at=None, offset=offset)
                await unit.commit()
        return ClockMove(moment.at, frozen=False, target=moment.at)


def refused(field: str) -> ledger.Rejection:
    """Return the refusal of a clock to go where a field of the input would send it."""
    return ledger.Rejection(ledger.RejectionCode.INVALID_TIME, ledger.Culprit(field=field))


def _bounded(now: int, target: int, field: str) -> int | ledger.Rejection:
    """Return the target if a clock that stands now may go there."""
    within = now <= target <= min(now + LEAP_DAYS_MAX * _DAY, CLOCK_MAX)
    return target if within else refused(field)
