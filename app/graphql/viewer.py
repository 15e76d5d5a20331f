"""Viewer: who asks, and where their ledger stands."""

from typing import TYPE_CHECKING

import strawberry

from app import services
from app.graphql.enums import TenantMode
from app.graphql.scalars import BigInt, Instant

if TYPE_CHECKING:
    from app.graphql.context import Context


@strawberry.type(
    description="A bucket of points: each operation takes its cost out of it, and it fills again by itself."
)
class RateLimit:
    """What the bearer may still use up, in the process that answers."""

    maximum_available: int = strawberry.field(description="The most points that it holds.")
    currently_available: int = strawberry.field(description="The points that are left, this operation's taken off.")
    restore_rate: int = strawberry.field(description="The points by which it fills each second.")


@strawberry.type(description="The bearer of the API key, and the ledger that it opens.")
class Viewer:
    """A principal, with its tenant's clock and sequence."""

    organisation: str = strawberry.field(description="The organisation that the tenant belongs to.")
    tenant: str = strawberry.field(description="The tenant, which is one ledger.")
    mode: TenantMode = strawberry.field(description="Whether the ledger keeps real money.")
    key_id: str = strawberry.field(description="The public id of the key.")
    scopes: list[str] = strawberry.field(description="What the key may do.")

    @strawberry.field(description="What the bearer may still use up.")
    def budget(self, info: "strawberry.Info[Context]") -> RateLimit:
        """Answer without reading."""
        return rate_limit_of(info.context)

    @strawberry.field(description="The instant that this operation reads at, by the ledger's clock.")
    async def clock(self, info: "strawberry.Info[Context]") -> Instant:
        """Read the coordinate."""
        coordinate = await info.context.read(services.Reader.coordinate)
        return Instant(coordinate.at)

    @strawberry.field(description="Whether the ledger's clock stands still, as only that of a TEST tenant can.")
    async def clock_frozen(self, info: "strawberry.Info[Context]") -> bool:
        """Read it."""
        return await info.context.read(services.Reader.is_clock_frozen)

    @strawberry.field(description="The last command that this operation sees.")
    async def sequence(self, info: "strawberry.Info[Context]") -> BigInt:
        """Read the coordinate."""
        coordinate = await info.context.read(services.Reader.coordinate)
        return BigInt(coordinate.sequence)


def viewer_of(context: "Context") -> Viewer:
    """Return the bearer of the operation's key."""
    principal = context.principal
    return Viewer(
        organisation=principal.organisation,
        tenant=principal.tenant,
        mode=TenantMode(principal.mode),
        key_id=principal.key_id,
        scopes=sorted(principal.scopes),
    )


def rate_limit_of(context: "Context") -> RateLimit:
    """Return the budget of the operation's bearer."""
    state = context.gateway.budget(context.principal.key_id).state()
    return RateLimit(
        maximum_available=state.maximum_available,
        currently_available=state.currently_available,
        restore_rate=state.restore_rate,
    )
