"""The clock of a TEST tenant: what moves it, and what is answered."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import strawberry

from app import services
from app.graphql.bounds import Path
from app.graphql.rejections import Rejection, rejection_of
from app.graphql.scalars import Instant

if TYPE_CHECKING:
    from app.graphql.context import Context


@strawberry.input(description="So many business days of a calendar, at the same local time of day.")
class BusinessDays:
    """A number of days, a calendar and a time zone."""

    days: int = strawberry.field(description="How many; 1 to 366.")
    calendar: str = strawberry.field(
        description="Whose weekends and holidays do not count: FED, TARGET, a country such as US or DE-BY, or WEEKDAYS."
    )
    time_zone: str = strawberry.field(description="Where the day and its time are local, such as America/New_York.")

    def step(self) -> services.ClockStep:
        """Return the step meant."""
        return services.business_days(self.days, self.calendar, self.time_zone)


@strawberry.input(one_of=True, description="How far a clock is moved, in exactly one of these ways.")
class ClockStep:
    """A duration, or business days."""

    duration: services.Duration | None = strawberry.field(
        description="By so long. Months and years go by the calendar in UTC, and a day has 24 hours."
    )
    business_days: BusinessDays | None = strawberry.field(
        description="To the same local time of day so many business days later."
    )

    async def step(self, path: Path) -> services.ClockStep:
        """Return the step meant."""
        if self.business_days is None:
            # One of both is given: graphql-core has seen to it.
            return self.duration or services.Duration(0, 0)
        try:
            # A calendar is made when it is first asked for, which takes long enough for others to notice.
            return await asyncio.to_thread(self.business_days.step)
        except services.BadInput as wrong:
            raise services.BadInput(wrong.message, (*path, "businessDays", *wrong.path)) from None


@strawberry.input(description="Sets the clock of a TEST tenant forward, and lets it stand there.")
class SetClockInput:
    """An instant."""

    at: Instant = strawberry.field(
        description=(
            "Where it is to stand: not before where it stands now, nor more than 3,660 days after it. Safe to repeat."
        )
    )


@strawberry.input(description="Moves the clock of a TEST tenant forward by a step, and lets it stand there.")
class AdvanceClockInput:
    """A step, and where it counts from."""

    by: ClockStep = strawberry.field(description="How far; at most 3,660 days.")
    from_: Instant | None = strawberry.field(
        name="from",
        description=(
            "Where the step counts from: the clock as the caller last saw it. With it the call may be repeated safely,"
            " as the step is taken once: one that was broken off goes on, one that is done does nothing. Refused where"
            " the clock stands before this instant, or beyond where the step leads. From where it stands if left out."
        ),
    )


@strawberry.type(description="What became of a move of the clock.")
class ClockPayload:
    """Where the clock stands, or the rejection."""

    clock: Instant = strawberry.field(description="The instant at which the clock now stands, or from which it runs.")
    frozen: bool = strawberry.field(description="Whether it stands still.")
    recorded: int = strawberry.field(
        description="How many holds lapsed on the way and were recorded, each at its own instant."
    )
    reached: bool = strawberry.field(
        description=(
            "Whether the clock is where it was to go. False where it was refused; else more holds lapse on the way than"
            " one call records: set the clock to the target to go on."
        )
    )
    target: Instant | None = strawberry.field(description="Where the clock was to go; null where that was refused.")
    rejection: Rejection | None = strawberry.field(
        description="Why the clock was not moved: INVALID_TIME, with the field at fault. Null where it was."
    )


async def move(
    context: "Context", act: Callable[[services.TenantClock], Awaitable[services.ClockMove]]
) -> ClockPayload:
    """Have the clock of the caller's tenant moved; raises Forbidden where it is not theirs to move."""
    hand = context.gateway.tenant_clock(context.principal)
    await context.forget()
    made = await act(hand)
    return ClockPayload(
        clock=Instant(made.at),
        frozen=made.frozen,
        recorded=made.recorded,
        reached=made.reached,
        target=None if made.target is None else Instant(made.target),
        rejection=None if made.rejection is None else rejection_of(made.rejection, may_read=context.may_read),
    )
