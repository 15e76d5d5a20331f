"""A tenant's own clock moves its money, and nothing that is about its keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from app import services, store
from app.http.asgi import create_app
from app.settings import load

HOUR = 3_600_000_000
DAY = 24 * HOUR


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(load({"database_url": url, "graphiql_enabled": False}))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://spendable.test") as client,
    ):
        yield client


async def make_key(url: str, *, stands: int, expires: int) -> str:
    """Make a TEST tenant whose clock stands so far from real time, and a key that expires so far from it."""
    database = store.open_database(url)
    key = services.make_key("TEST", services.new_id())
    async with database.write() as unit:
        now = await store.read_clock(unit)
        tenant = store.Tenant(services.new_id(), "house", f"stands {stands}", "TEST", now)
        await store.insert_tenant(unit, tenant)
        await store.set_test_clock(unit, tenant.id, frozen_at=now + stands)
        stored = store.StoredKey(
            id=key.key_id,
            tenant_id=tenant.id,
            name="key",
            secret_hash=key.secret_hash,
            scopes=frozenset({"balances:read", "clock:move"}),
            created_at=now,
            expires_at=now + expires,
        )
        await store.insert_key(unit, stored)
        await unit.commit()
    await database.close()
    return key.text


async def test_a_key_expires_by_real_time_wherever_its_tenants_clock_stands(database_url: str) -> None:
    ahead = await make_key(database_url, stands=1_000 * DAY, expires=HOUR)
    behind = await make_key(database_url, stands=-1_000 * DAY, expires=-HOUR)
    body = {"query": 'mutation { advanceClock(input: { by: { duration: "P5Y" } }) { frozen } }'}
    async with serving(database_url) as client:
        for key, status in ((ahead, 200), (ahead, 200), (behind, 401)):
            answer = await client.post("/graphql", json=body, headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == status
            if status == 200:
                assert answer.json()["data"] == {"advanceClock": {"frozen": True}}
