"""API keys: found by their public id; of the secret only a hash is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
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
    """A key as it is stored; instants count microseconds since 1970 UTC."""

    id: str
    tenant_id: UUID
    name: str
    secret_hash: str = field(repr=False)
    scopes: frozenset[str]
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None


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
    )
    await unit.run(_ADD, key.tenant_id, rows=[row])


async def find_key(session: Session, key_id: str) -> FoundKey | None:
    """Return a key by its public id, revoked and expired ones too: to judge them is the caller's."""
    rows = await session.rows(_FIND, key_id)
    if not rows:
        return None
    key = _key_of(rows[0])
    return FoundKey(
        id=key.id,
        tenant_id=key.tenant_id,
        name=key.name,
        secret_hash=key.secret_hash,
        scopes=key.scopes,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
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
    return StoredKey(
        id=row["key_id"],
        tenant_id=row["tenant_id"],
        name=row["name"],
        secret_hash=row["secret_hash"],
        scopes=frozenset(orjson.loads(row["scopes"])),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )
