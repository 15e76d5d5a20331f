"""API keys: found by their public id; of the secret only a hash is kept."""

from collections.abc import Sequence
from dataclasses import field
from typing import Any
from uuid import UUID

import orjson

from app import ledger
from app.store.conditions import Conditions
from app.store.reading import Position, Window
from app.store.session import Row, Session, Unit
from app.store.statement import Statement
from app.store.tenants import TenantMode
from app.store.writing import insertion
from app.values import value

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
_PAGE = "SELECT k.tenant_id, {all(k api_keys)} FROM api_keys k WHERE k.tenant_id = $1 AND {where} "
_PAGE_UP = _PAGE + "ORDER BY k.key_id LIMIT $2"
_PAGE_DOWN = _PAGE + "ORDER BY k.key_id DESC LIMIT $2"
_COUNT = Statement("api_keys.count", "SELECT count(*) AS number FROM api_keys k WHERE k.tenant_id = $1")
_IN_FORCE = Statement(
    "api_keys.in_force",
    """SELECT count(*) AS number FROM api_keys k WHERE k.tenant_id = $1 AND k.revoked_at IS NULL
       AND (k.expires_at IS NULL OR k.expires_at > $2)""",
)
_OWN = Statement(
    "api_keys.own",
    "SELECT k.tenant_id, {all(k api_keys)} FROM api_keys k WHERE k.tenant_id = $1 AND k.key_id = $2",
)
_CREATED_UNDER = Statement(
    "api_keys.created_under",
    "SELECT k.tenant_id, {all(k api_keys)} FROM api_keys k WHERE k.tenant_id = $1 AND k.created_under = $2",
)
_EXPIRE = Statement("api_keys.expire", "UPDATE api_keys SET expires_at = $3 WHERE tenant_id = $1 AND key_id = $2")
_USED = Statement(
    "api_keys.used",
    """UPDATE api_keys SET last_used_at = $3
       WHERE tenant_id = $1 AND key_id = $2 AND (last_used_at IS NULL OR last_used_at < $3)""",
)
_REVOKE = Statement(
    "api_keys.revoke",
    """UPDATE api_keys SET revoked_at = $3 WHERE tenant_id = $1 AND key_id = $2 AND revoked_at IS NULL
       RETURNING key_id""",
)


@value(kw_only=True)
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


@value(kw_only=True)
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


async def find_key_page(session: Session, tenant_id: UUID, window: Window) -> Sequence[StoredKey]:
    """Return keys of a tenant by id, which is in the order of their making; revoked ones included."""
    conditions = Conditions(tenant_id, window.limit)
    conditions.add_if("k.key_id > ?", _id_of(window.after))
    conditions.add_if("k.key_id < ?", _id_of(window.before))
    statement = conditions.statement("api_keys.page", _PAGE_DOWN if window.backward else _PAGE_UP)
    rows = await session.rows(statement, *conditions.values)
    return [_key_of(row) for row in (reversed(rows) if window.backward else rows)]


async def count_keys(session: Session, tenant_id: UUID) -> int:
    """Return how many keys a tenant has, revoked ones included."""
    return int((await session.rows(_COUNT, tenant_id))[0]["number"])


async def count_keys_in_force(session: Session, tenant_id: UUID, at: int) -> int:
    """Return how many keys of a tenant are neither revoked nor expired at an instant."""
    return int((await session.rows(_IN_FORCE, tenant_id, at))[0]["number"])


async def find_own_key(session: Session, tenant_id: UUID, key_id: str) -> StoredKey | None:
    """Return a key of a tenant by its public id, revoked and expired ones too."""
    rows = await session.rows(_OWN, tenant_id, key_id)
    return _key_of(rows[0]) if rows else None


async def find_key_created_under(session: Session, tenant_id: UUID, created_under: str) -> StoredKey | None:
    """Return the key that was made under an idempotency key."""
    rows = await session.rows(_CREATED_UNDER, tenant_id, created_under)
    return _key_of(rows[0]) if rows else None


async def expire_key(unit: Unit, tenant_id: UUID, key_id: str, at: int) -> None:
    """Let a key be valid until an instant."""
    await unit.run(_EXPIRE, tenant_id, key_id, at)


async def note_key_use(unit: Unit, tenant_id: UUID, key_id: str, at: int) -> None:
    """Keep when a key was last used; an earlier instant than is kept already changes nothing."""
    await unit.run(_USED, tenant_id, key_id, at)


async def revoke_key(unit: Unit, tenant_id: UUID, key_id: str, at: int) -> bool:
    """Revoke a key; False where there is no such key in force."""
    return bool(await unit.rows(_REVOKE, tenant_id, key_id, at))


def _id_of(position: Position | None) -> str | None:
    return None if position is None else ledger.identifier.encode("key", UUID(int=position.tie))


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
