"""Planting the demo: the story goes through the ordinary writer, under the clock of a TEST tenant."""

from typing import Final

from app import ledger, store
from app.services import clock
from app.services.access import Principal, Scope
from app.services.administration import AdministrationError, open_ledger
from app.services.gateway import Gateway, GatewayLimits
from app.services.seed import story
from app.services.seed.identifiers import SeededIds
from app.services.seed.marketplace import read_marketplace
from app.services.seed.stage import Scene
from app.services.verification import Advance

PRINCIPAL: Final = "system:seed"
ORGANISATION: Final = "Quayside"
_ID_SEED: Final = 7


async def plant(url: str, tenant_name: str, advance: Advance) -> int:
    """Give a TEST tenant its history, creating it where it is absent; return the commands, 0 where it has one.

    A seed that was interrupted goes on where it stopped: the tenant's clock stands still until the story is told to
    its end. Raises AdministrationError for a LIVE tenant.
    """
    async with open_ledger(url) as database:
        tenant = await _find_or_create(database, tenant_name)
        if tenant is None:
            return 0
        ids = SeededIds(_ID_SEED)
        gateway = Gateway(database, GatewayLimits(sweep_interval_seconds=None), new_id=ids)
        await gateway.start()
        try:
            scenes = story.tell(read_marketplace(gateway.currencies), tenant.created_at)
            for number, scene in enumerate(scenes):
                advance(number, len(scenes), "seeding")
                await _set_clock(database, tenant, frozen_at=scene.at)
                ids.move_to(scene.at)
                await _play(gateway, tenant, scene, ids)
            await _set_clock(database, tenant, frozen_at=None)
        finally:
            await gateway.drain()
    return sum(len(scene.lines) for scene in scenes)


async def _find_or_create(database: store.Database, name: str) -> store.Tenant | None:
    """Return the tenant whose story is to be told, its clock standing still; None where it was told already."""
    async with database.write() as unit:
        tenant = await store.find_tenant(unit, name)
        if tenant is None:
            created_at = await store.read_clock(unit)
            tenant = store.Tenant(clock.new_id(), ORGANISATION, name, "TEST", created_at)
            await store.insert_tenant(unit, tenant)
        elif tenant.mode == "LIVE":
            raise AdministrationError(f"{name} is a LIVE tenant, and only a TEST tenant is ever seeded")
        else:
            moment = await store.read_moment(unit, tenant.id)
            if moment.sequence > 0:
                return tenant if moment.frozen else None
        await store.set_test_clock(unit, tenant.id, frozen_at=tenant.created_at - story.DAYS_BACK)
        await unit.commit()
    return tenant


async def _set_clock(database: store.Database, tenant: store.Tenant, *, frozen_at: int | None) -> None:
    """Let the tenant's clock stand still at an instant (or at the last one recorded), or run with real time."""
    async with database.write(0, tenant.id) as unit:
        await store.lock_head(unit, tenant.id)
        if frozen_at is None or frozen_at > (await store.read_moment(unit, tenant.id)).at:
            await store.set_test_clock(unit, tenant.id, frozen_at=frozen_at)
            await unit.commit()


async def _play(gateway: Gateway, tenant: store.Tenant, scene: Scene, ids: SeededIds) -> None:
    """Submit a scene as one batch."""
    principal = Principal(tenant.id, tenant.name, tenant.organisation, tenant.mode, PRINCIPAL, frozenset(Scope))
    groups = [
        ledger.Group(
            (
                gateway.request(principal, line.command, line.key)
                if line.key is not None
                else ledger.Request(line.command, None, ids(), PRINCIPAL),
            )
        )
        for line in scene.lines
    ]
    # A refusal would be part of life; the tests see to it that the story plans none.
    await gateway.submit(principal, groups)
