"""Tenants, keys, clocks and what a database says of itself."""

import pytest
from uuid_utils.compat import uuid7

from app import store
from tests.store.conftest import START, Ledger


async def test_a_tenants_name_is_its_own(database: store.Database) -> None:
    async def add(name: str, mode: store.TenantMode) -> store.Tenant:
        tenant = store.Tenant(uuid7(), "organisation", name, mode, START)
        async with database.write(0) as unit:
            await store.insert_tenant(unit, tenant)
            await unit.commit()
        return tenant

    live, test = await add("live", "LIVE"), await add("a test", "TEST")
    with pytest.raises(store.Violated):
        await add("live", "TEST")
    async with database.read() as session:
        assert await store.find_tenants(session) == [test, live]
        assert await store.find_tenant(session, "live") == live
        assert await store.find_tenant(session, test.id) == test
        assert await store.find_tenant(session, "nobody") is None


async def test_only_a_test_tenants_clock_can_be_set_and_never_back(database: store.Database, tenant: Ledger) -> None:
    live = store.Tenant(uuid7(), "organisation", "live", "LIVE", START)
    async with database.write(0) as unit:
        await store.insert_tenant(unit, live)
        await unit.commit()

    async def set_clock(tenant_id: object, frozen_at: int | None, offset: int = 0) -> None:
        async with database.write(0) as unit:
            await store.set_test_clock(unit, tenant_id, frozen_at=frozen_at, offset=offset)  # type: ignore[arg-type]
            await unit.commit()

    with pytest.raises(store.StoreError):
        await set_clock(live.id, START)
    await tenant.open_accounts("a")
    with pytest.raises(store.StoreError):
        await set_clock(tenant.tenant_id, START - 1)
    await set_clock(tenant.tenant_id, START + 5)
    async with database.read() as session:
        moment = await store.read_moment(session, tenant.tenant_id)
        assert (moment.sequence, moment.at, moment.frozen) == (1, START + 5, True)
    await set_clock(tenant.tenant_id, None, offset=10**9)
    async with database.read() as session:
        moment = await store.read_moment(session, tenant.tenant_id)
        assert moment.at == moment.clock + 10**9
        assert not moment.frozen
        assert abs(await store.read_clock(session) - moment.clock) < 10**7


async def test_a_key_is_found_with_its_tenant_and_revoked_once(database: store.Database, tenant: Ledger) -> None:
    key = store.StoredKey(
        id="key_1",
        tenant_id=tenant.tenant_id,
        name="till",
        secret_hash="hash",
        scopes=frozenset({"read", "write"}),
        created_at=START,
        expires_at=START + 1,
        allowed_addresses=("192.0.2.0/24",),
        created_by="key_0",
        created_under="once",
        rotated_from="key_9",
    )
    async with database.write(0) as unit:
        await store.insert_key(unit, key)
        await unit.commit()
    async with database.write(0) as unit:
        assert await store.revoke_key(unit, tenant.tenant_id, "key_1", START + 2)
        assert not await store.revoke_key(unit, tenant.tenant_id, "key_1", START + 3)
        assert not await store.revoke_key(unit, tenant.tenant_id, "key_2", START + 3)
        await unit.commit()
    async with database.read() as session:
        found = await store.find_key(session, "key_1")
        assert found is not None
        assert (found.tenant, found.organisation, found.mode) == ("test", "organisation", "TEST")
        assert (found.scopes, found.expires_at, found.revoked_at) == (key.scopes, START + 1, START + 2)
        assert (found.allowed_addresses, found.created_by, found.created_under) == (("192.0.2.0/24",), "key_0", "once")
        assert (found.rotated_from, found.last_used_at) == ("key_9", None)
        assert "hash" not in repr(found)
        assert await store.find_key(session, "key_2") is None
        (listed,) = await store.find_keys(session, tenant.tenant_id)
        assert (listed.id, listed.revoked_at) == ("key_1", START + 2)


async def test_a_database_tells_its_version_and_settings(database: store.Database) -> None:
    async with database.read() as session:
        facts = await store.read_facts(session)
        assert facts["server_version"][0].isdigit()
        assert facts["max_wal_size" if database.dialect == "postgresql" else "journal_mode"]
        assert list(await store.find_damage(session)) == []
