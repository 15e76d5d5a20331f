"""The key desk: API keys of a tenant seen, created, rotated and revoked, by an operator or by a bearer who may."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import field, replace
from ipaddress import ip_network
from typing import Final, Protocol, TypeVar
from uuid import UUID

from app import ledger, store
from app.services import clock
from app.services.access import Principal, Scope
from app.services.faults import BadInput, Forbidden
from app.services.keys import NewKey, make_key
from app.services.names import NAME_CHARACTERS_MAX, is_name
from app.values import value

Answer = TypeVar("Answer")

KEYS_IN_FORCE_MAX: Final = 1_000
"""Keys of one tenant that are neither revoked nor expired."""
ADDRESSES_MAX: Final = 64
"""Networks that one key may be used from."""
OVERLAP_SECONDS_DEFAULT: Final = 24 * 3_600
OVERLAP_SECONDS_MAX: Final = 30 * 24 * 3_600
"""How long a rotated key goes on beside the one that takes its place."""
_MICROSECONDS: Final = 1_000_000


class Run(Protocol):
    """Runs work on a tenant in its turn: it is given a lane, and may be run again where the database failed."""

    async def __call__(self, tenant_id: UUID, work: Callable[[int], Awaitable[Answer]], /) -> Answer:
        """Return the work's answer."""
        ...


@value(kw_only=True)
class KeyTerms:
    """What a key is to be: instants are UTC microseconds; `allowed_addresses` None lets it be used from anywhere."""

    name: str
    scopes: frozenset[Scope]
    expires_at: int | None = None
    allowed_addresses: tuple[str, ...] | None = None


@value
class MadeKey:
    """A key that was made, or why it was not; its text is known this once, and not where the answer is a replay."""

    key: store.StoredKey | None = None
    text: str | None = field(default=None, repr=False)
    replayed: bool = False
    rejection: ledger.Rejection | None = None


def _checked(terms: KeyTerms, now: int) -> KeyTerms:
    """Return terms with their networks in normal form; raises BadInput naming the field at fault."""
    if not is_name(terms.name):
        raise BadInput(f"A key's name has 1 to {NAME_CHARACTERS_MAX} printable characters.", ("name",))
    if not terms.scopes:
        raise BadInput("A key needs a scope at least.", ("scopes",))
    if terms.expires_at is not None and terms.expires_at <= now:
        raise BadInput("A key expires in the future.", ("expiresAt",))
    if terms.allowed_addresses is None:
        return terms
    return replace(terms, allowed_addresses=_networks(terms.allowed_addresses))


class KeyDesk:
    """The keys of one bearer's tenant. None gives or takes more than the bearer has; raises Forbidden where it would.

    Every change is one unit of work under the tenant's lock, so that of two equal requests one makes the key.
    """

    def __init__(self, database: store.Database, principal: Principal, run: Run) -> None:
        self._database = database
        self._principal = principal
        self._run = run

    async def create(self, terms: KeyTerms, idempotency_key: str | None) -> MadeKey:
        """Make a key; under an idempotency key that was used before, the key of then without its text."""
        checked = _checked(terms, clock.now_microseconds())
        self._check_reach(checked.scopes)
        new = make_key(self._principal.mode, clock.new_id())

        async def work(lane: int) -> MadeKey:
            async with self._database.write(lane, self._principal.tenant_id) as unit:
                now = await self._begin(unit)
                known = await self._known(unit, idempotency_key)
                if known is not None:
                    return _known(known, new, _differing(known, checked))
                made = await self._insert(unit, new, checked, idempotency_key, now)
                await unit.commit()
            return made

        return await self._run(self._principal.tenant_id, work)

    async def rotate(self, key_id: str, overlap_seconds: int, idempotency_key: str | None) -> MadeKey:
        """Make a key of the same terms in the place of another, which goes on for the overlap and then expires."""
        if not 0 <= overlap_seconds <= OVERLAP_SECONDS_MAX:
            raise BadInput(f"The overlap is 0 to {OVERLAP_SECONDS_MAX:,} seconds.", ("overlapSeconds",))
        new = make_key(self._principal.mode, clock.new_id())

        async def work(lane: int) -> MadeKey:
            async with self._database.write(lane, self._principal.tenant_id) as unit:
                now = await self._begin(unit)
                old = await self._find(unit, key_id)
                known = await self._known(unit, idempotency_key)
                if known is not None:
                    return _known(known, new, () if known.rotated_from == old.id else ("key",))
                if _ended(old, now):
                    return MadeKey(rejection=_not_in_force(old))
                terms = KeyTerms(
                    name=old.name,
                    scopes=frozenset(map(Scope, old.scopes)),
                    expires_at=old.expires_at,
                    allowed_addresses=old.allowed_addresses,
                )
                made = await self._insert(unit, new, terms, idempotency_key, now, rotated_from=old.id)
                ends = now + overlap_seconds * _MICROSECONDS
                if old.expires_at is None or ends < old.expires_at:
                    await store.expire_key(unit, old.tenant_id, old.id, ends)
                await unit.commit()
            return made

        return await self._run(self._principal.tenant_id, work)

    async def revoke(self, key_id: str) -> store.StoredKey:
        """Revoke a key, which may be the bearer's own; one that is revoked already stays as it is."""

        async def work(lane: int) -> store.StoredKey:
            async with self._database.write(lane, self._principal.tenant_id) as unit:
                now = await self._begin(unit)
                key = await self._find(unit, key_id)
                if key.revoked_at is not None:
                    return key
                await store.revoke_key(unit, key.tenant_id, key.id, now)
                await self._record(unit, "revokeApiKey", key.id, None)
                await unit.commit()
            return replace(key, revoked_at=now)

        return await self._run(self._principal.tenant_id, work)

    async def _begin(self, unit: store.Unit) -> int:
        """Take the tenant's lock, and return what time it is by the database's own clock."""
        await store.lock_head(unit, self._principal.tenant_id)
        return await store.read_clock(unit)

    async def _find(self, unit: store.Unit, key_id: str) -> store.StoredKey:
        found = await store.find_own_key(unit, self._principal.tenant_id, key_id)
        if found is None:
            raise BadInput("There is no such key.", ("key",))
        self._check_reach(found.scopes)
        return found

    async def _record(self, unit: store.Unit, operation: str, key_id: str, idempotency_key: str | None) -> None:
        record = store.AuditRecord(
            id=clock.new_id(),
            principal=self._principal.key_id,
            operation=operation,
            outcome="ACCEPTED",
            key_hash=None if idempotency_key is None else store.hash_of_key(idempotency_key),
            subject=key_id,
            address=self._principal.address,
        )
        await store.insert_audit_record(unit, self._principal.tenant_id, record)

    async def _known(self, unit: store.Unit, idempotency_key: str | None) -> store.StoredKey | None:
        if idempotency_key is None:
            return None
        return await store.find_key_created_under(unit, self._principal.tenant_id, idempotency_key)

    def _check_reach(self, scopes: Iterable[str]) -> None:
        """Refuse scopes that the bearer has not; of a stored key they may be such as another version alone knows."""
        missing = sorted(frozenset(scopes) - self._principal.scopes)
        if missing:
            raise Forbidden(f"A key of these scopes is beyond one without {', '.join(missing)}.")

    async def _insert(
        self,
        unit: store.Unit,
        new: NewKey,
        terms: KeyTerms,
        idempotency_key: str | None,
        now: int,
        *,
        rotated_from: str | None = None,
    ) -> MadeKey:
        tenant_id = self._principal.tenant_id
        if await store.count_keys_in_force(unit, tenant_id, now) >= KEYS_IN_FORCE_MAX:
            raise BadInput(f"A tenant has at most {KEYS_IN_FORCE_MAX:,} keys in force.")
        key = store.StoredKey(
            id=new.key_id,
            tenant_id=tenant_id,
            name=terms.name,
            secret_hash=new.secret_hash,
            scopes=frozenset(terms.scopes),
            created_at=now,
            expires_at=terms.expires_at,
            allowed_addresses=terms.allowed_addresses,
            created_by=self._principal.key_id,
            created_under=idempotency_key,
            rotated_from=rotated_from,
        )
        await store.insert_key(unit, key)
        await self._record(unit, "rotateApiKey" if rotated_from else "createApiKey", key.id, idempotency_key)
        return MadeKey(key, new.text)


def _networks(texts: Sequence[str]) -> tuple[str, ...]:
    if not 1 <= len(texts) <= ADDRESSES_MAX:
        raise BadInput(f"1 to {ADDRESSES_MAX} networks may be allowed.", ("allowedAddresses",))
    networks = []
    for index, text in enumerate(texts):
        try:
            networks.append(str(ip_network(text)))
        except ValueError:
            message = "A network is written as 192.0.2.0/24 or 2001:db8::/32, an address by itself."
            raise BadInput(message, ("allowedAddresses", index)) from None
    return tuple(dict.fromkeys(networks))


def _known(known: store.StoredKey, new: NewKey, differs: tuple[str, ...]) -> MadeKey:
    """Return the answer to a request under an idempotency key that made a key before."""
    if known.id == new.key_id:
        # It was this very request, whose commit had not been heard of.
        return MadeKey(known, new.text)
    if differs:
        code = ledger.RejectionCode.IDEMPOTENCY_KEY_REUSED
        return MadeKey(rejection=ledger.Rejection(code, differs=differs), replayed=True)
    return MadeKey(known, replayed=True)


def _differing(known: store.StoredKey, terms: KeyTerms) -> tuple[str, ...]:
    if known.rotated_from is not None:
        return ("key",)
    pairs = {
        "name": (known.name, terms.name),
        "scopes": (known.scopes, terms.scopes),
        "allowedAddresses": (known.allowed_addresses, terms.allowed_addresses),
    }
    differing = [name for name, (one, other) in pairs.items() if one != other]
    # A rotation since then can only have brought the end nearer.
    if terms.expires_at is not None and (known.expires_at is None or known.expires_at > terms.expires_at):
        differing.append("expiresAt")
    return tuple(differing)


def _ended(key: store.StoredKey, now: int) -> bool:
    return key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now)


def _not_in_force(key: store.StoredKey) -> ledger.Rejection:
    actual = "EXPIRED" if key.revoked_at is None else "REVOKED"
    return ledger.Rejection(ledger.RejectionCode.INVALID_STATUS, expected="ACTIVE", actual=actual)
