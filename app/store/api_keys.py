"""API keys: found by their public id; of the secret only a hash is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from app.store.session import Row, Session, Unit
from app.store.statement import Statement
from app.store.tenants import TenantMode
from app.store.writing import insertion

_ADD = insertion("api_keys.add", "api_keys")
_FIND = Statement(
    "api_keys.find",
    """SELECT k.tenant_id, {all(k api_keys)}, t.name AS tenant, t.organisation, t.mode
       FROM api_keys k JOIN tenants t ON t.id = k.tenant_id WHERE k.key_id = $1""",
)
_LIST = Statement(
    "api_keys.list",
    """SELECT k.tenant_id, {all(k api_keys)} FROM api_keys k
       WHERE k.tenant_id = $1 ORDER BY k.created_at, k.key_id""",
)
_REVOKE = Statement(
    "api_keys.revoke",
    "UPDATE api_keys SET revoked_at = $2 WHERE key_id = $1 AND revoked_at IS NULL RETURNING key_id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key as it is stored; instants count microseconds since 1970 UTC.

    `allowed_addresses` are the networks that it may be used from, None where from anywhere; `created_by` is the
    principal that made it and `created_under` its idempotency key, None where an operator did; `rotated_from` is the
    id of the key that it takes the place of.
    """

    id: str
    tenant_id: UUID
    name: str
    secret_hash: str = field(repr=False)
    scopes: frozenset[str]
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None
    allowed_addresses: tuple[str, ...] | None = None
    last_used_at: int | None = None
    created_by: str | None = None
    created_under: str | None = None
    rotated_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKey(StoredKey):
    """A key with the tenant that it names."""

    tenant: str
    organisation: str
    mode: TenantMode


async def insert_key(unit: Unit, key: StoredKey) -> None:
    """Add a key to its tenant."""
    row = (
        key.id,
        key.name,
        key.secret_hash,
        orjson.dumps(sorted(key.scopes)).decode(),
        key.created_at,
        key.expires_at,
        key.revoked_at,
        None if key.allowed_addresses is None else orjson.dumps(key.allowed_addresses).decode(),
        key.last_used_at,
        key.created_by,
        key.created_under,
        key.rotated_from,
    )
    await unit.run(_ADD, key.tenant_id, rows=[row])


async def find_key(session: Session, key_id: str) -> FoundKey | None:
    """Return a key by its public id, revoked and expired ones too: to judge them is the caller's."""
    rows = await session.rows(_FIND, key_id)
    if not rows:
        return None
    return FoundKey(
        **_values_of(rows[0]),
        tenant=rows[0]["tenant"],
        organisation=rows[0]["organisation"],
        mode=rows[0]["mode"],
    )


async def find_keys(session: Session, tenant_id: UUID) -> Sequence[StoredKey]:
    """Return the keys of a tenant, oldest first, revoked ones included."""
    return [_key_of(row) for row in await session.rows(_LIST, tenant_id)]


async def revoke_key(unit: Unit, key_id: str, at: int) -> bool:
    """Revoke a key; False where there is no such key in force."""
    return bool(await unit.rows(_REVOKE, key_id, at))


def _key_of(row: Row) -> StoredKey:
    return StoredKey(**_values_of(row))


def _values_of(row: Row) -> dict[str, Any]:
    allowed = row["allowed_addresses"]
    return {
        "id": row["key_id"],
        "tenant_id": row["tenant_id"],
        "name": row["name"],
        "secret_hash": row["secret_hash"],
        "scopes": frozenset(orjson.loads(row["scopes"])),
        "created_at": row["created_at"],
        "expires_at": row["expires_at"],
        "revoked_at": row["revoked_at"],
        "allowed_addresses": None if allowed is None else tuple(orjson.loads(allowed)),
        "last_used_at": row["last_used_at"],
        "created_by": row["created_by"],
        "created_under": row["created_under"],
        "rotated_from": row["rotated_from"],
    }
