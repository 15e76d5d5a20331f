"""Administration: opening a ledger for a person at a terminal, its tenants and their API keys."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, TypeVar
from urllib.parse import unquote, urlsplit
from uuid import UUID

from app import ledger, store
from app.services import clock
from app.services.access import Principal, Scope
from app.services.key_desk import KeyDesk
from app.services.keys import TenantMode
from app.services.names import NAME_CHARACTERS_MAX, is_name

Answer = TypeVar("Answer")

PRINCIPAL: Final = "operator"
"""Who makes keys at a terminal."""
DEFAULT_SCOPES = (
    Scope.BALANCES_READ,
    Scope.HISTORY_READ,
    Scope.MONEY_MOVE,
    Scope.HOLDS_MANAGE,
    Scope.INTROSPECT,
)
"""What a key is granted where nobody says."""


class AdministrationError(Exception):
    """What the operator asked for cannot be done; the message is one sentence that says why."""


@asynccontextmanager
async def open_ledger(
    url: str, *, read_only: bool = False, prepared: bool = True, migrated: bool = True
) -> AsyncIterator[store.Database]:
    """Open the ledger at an address, of this version's schema if `migrated`; store errors leave as one sentence."""
    try:
        database = store.open_database(url, read_only=read_only, prepared=prepared, readers_max=2, lanes_max=1)
        try:
            if migrated:
                await store.require_migrated(database)
            yield database
        finally:
            await database.close()
    except store.StoreError as error:
        raise AdministrationError(str(error)) from error


async def migrate(url: str, *, owner_url: str | None = None, row_level_security: bool = False) -> None:
    """Bring the database at an address to this version's schema; raises AdministrationError.

    Given the owner's address, it is the owner who migrates, and who grants the role of the first what serving needs.
    """
    role = None if owner_url is None else unquote(urlsplit(url).username or "")
    if role == "" or (owner_url is not None and role == unquote(urlsplit(owner_url).username or "")):
        raise AdministrationError("the owner migrates for a role of another name, which the database's address gives")
    try:
        await store.migrate(owner_url or url, row_level_security=row_level_security, role=role)
    except store.StoreError as error:
        raise AdministrationError(str(error)) from error


async def create_tenant(database: store.Database, name: str, mode: TenantMode, organisation: str) -> store.Tenant:
    """Create a tenant with an empty ledger; raises AdministrationError where the name is taken or cannot be one."""
    _check_name("a tenant's name", name)
    _check_name("an organisation's name", organisation)
    async with database.write() as unit:
        if await store.find_tenant(unit, name) is not None:
            raise AdministrationError(f"there is a tenant named {name} already")
        created_at = await store.read_clock(unit)
        tenant = store.Tenant(clock.new_id(), organisation, name, mode, created_at)
        await store.insert_tenant(unit, tenant)
        await unit.commit()
    return tenant


async def find_tenant(database: store.Database, name: str) -> store.Tenant:
    """Return the tenant of this name; raises AdministrationError where there is none."""
    async with database.read() as session:
        tenant = await store.find_tenant(session, name)
    if tenant is None:
        raise AdministrationError(f"there is no tenant named {name}")
    return tenant


async def list_tenants(database: store.Database) -> Sequence[store.Tenant]:
    """Return all tenants by name."""
    async with database.read() as session:
        return await store.find_tenants(session)


def open_keys(database: store.Database, tenant: store.Tenant) -> KeyDesk:
    """Return the key desk of a tenant for an operator, who may do anything; nobody else writes meanwhile."""
    principal = Principal(tenant.id, tenant.name, tenant.organisation, tenant.mode, PRINCIPAL, frozenset(Scope))

    async def at_once(_: UUID, work: Callable[[int], Awaitable[Answer]]) -> Answer:
        return await work(0)

    return KeyDesk(database, principal, at_once)


async def list_keys(database: store.Database, tenant: store.Tenant) -> Sequence[store.StoredKey]:
    """Return the keys of a tenant, oldest first, revoked ones included."""
    async with database.read(tenant.id) as session:
        return await store.find_keys(session, tenant.id)


async def revoke_key(database: store.Database, key_id: str) -> None:
    """Revoke a key by its public id `key_…`; raises AdministrationError where there is none in force."""
    if ledger.identifier.decode("key", key_id) is None:
        raise AdministrationError(f"{key_id} is no key's id, which reads key_ and 26 characters")
    async with database.read() as session:
        found = await store.find_key(session, key_id)
    absent = AdministrationError(f"there is no key {key_id} that could be revoked")
    if found is None:
        raise absent
    async with database.write(0, found.tenant_id) as unit:
        if not await store.revoke_key(unit, found.tenant_id, key_id, await store.read_clock(unit)):
            raise absent
        record = store.AuditRecord(
            id=clock.new_id(), principal=PRINCIPAL, operation="revokeApiKey", outcome="ACCEPTED", subject=key_id
        )
        await store.insert_audit_record(unit, found.tenant_id, record)
        await unit.commit()


def parse_scopes(text: str) -> frozenset[Scope]:
    """Return the scopes that a list with commas names; raises ValueError for one that is none."""
    return frozenset(Scope(word.strip()) for word in text.split(",") if word.strip())


def _check_name(what: str, name: str) -> None:
    if not is_name(name):
        raise AdministrationError(f"{what} has 1 to {NAME_CHARACTERS_MAX} printable characters")
