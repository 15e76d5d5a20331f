"""Tenants: each is one ledger of an organisation, with one history."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from app.store.session import Row, Session, Unit
from app.store.statement import Statement
from app.values import value

TenantMode = Literal["LIVE", "TEST"]

_ADD = Statement(
    "tenants.add",
    """INSERT INTO tenants (id, organisation, name, mode, created_at)
       VALUES ($1, $2, $3, $4, $5)""",
)
_ADD_HEAD = Statement("tenants.add_head", "INSERT INTO heads (tenant_id) SELECT t.id FROM tenants t WHERE t.id = $1")
_LIST = Statement(
    "tenants.list", "SELECT t.id, t.organisation, t.name, t.mode, t.created_at FROM tenants t ORDER BY t.name"
)
_BY_NAME = Statement(
    "tenants.by_name", "SELECT t.id, t.organisation, t.name, t.mode, t.created_at FROM tenants t WHERE t.name = $1"
)
_BY_ID = Statement(
    "tenants.by_id", "SELECT t.id, t.organisation, t.name, t.mode, t.created_at FROM tenants t WHERE t.id = $1"
)


@value
class Tenant:
    """One ledger; LIVE or TEST for good. `created_at` counts microseconds since 1970 UTC."""

    id: UUID
    organisation: str
    name: str
    mode: TenantMode
    created_at: int


async def insert_tenant(unit: Unit, tenant: Tenant) -> None:
    """Add a tenant with an empty history; Violated where its name is taken."""
    await unit.run(_ADD, tenant.id, tenant.organisation, tenant.name, tenant.mode, tenant.created_at)
    await unit.run(_ADD_HEAD, tenant.id)


async def find_tenants(session: Session) -> Sequence[Tenant]:
    """Return every tenant, by name."""
    return [_tenant_of(row) for row in await session.rows(_LIST)]


async def find_tenant(session: Session, which: UUID | str) -> Tenant | None:
    """Return a tenant by its id or its name."""
    rows = await session.rows(_BY_NAME if isinstance(which, str) else _BY_ID, which)
    return _tenant_of(rows[0]) if rows else None


def _tenant_of(row: Row) -> Tenant:
    return Tenant(row["id"], row["organisation"], row["name"], row["mode"], row["created_at"])
