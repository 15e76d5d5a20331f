"""Tokens: JWTs of issuers that the operator named, read strictly and turned into what a key would be."""

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError

from app import services
from app.http import strict_json
from app.http.issuers import Issuer, KeyRing

CHARACTERS_MAX: Final = 4_096
SKEW_SECONDS: Final = 30
"""How far an issuer's clock may be from ours."""
LIFETIME_SECONDS_MAX: Final = 24 * 3_600
"""How long a token may be valid, from nbf to exp: what cannot be revoked ends by itself."""
SUBJECT_CHARACTERS_MAX: Final = 200
_PARTS: Final = 3
_JSON_DEPTH_MAX: Final = 16
_MICROSECONDS: Final = 1_000_000

FindTenant = Callable[[str], Awaitable[services.Tenant | None]]


class Tokens:
    """Tells what a token's bearer may do; nothing where there is anything wrong with it, never why."""

    def __init__(self, issuers: Sequence[Issuer], find_tenant: FindTenant, *, now: Callable[[], int]) -> None:
        self._rings = {issuer.issuer: (issuer, KeyRing(issuer)) for issuer in issuers}
        self._find_tenant = find_tenant
        self._now = now

    async def verify(self, text: str) -> services.KeyRecord | None:
        """Return what a token stands for, until it expires."""
        read = _read(text) if self._rings else None
        if read is None:
            return None
        header, claims = read
        known = self._rings.get(claims["iss"])
        if known is None or header.get("alg") not in known[0].algorithms or "crit" in header:
            return None
        issuer, ring = known
        kid = header.get("kid")
        key = await ring.find(kid) if kid is None or isinstance(kid, str) else None
        if key is None:
            return None
        try:
            jwt.decode(text, key, algorithms=list(issuer.algorithms))
        except (JoseError, ValueError, TypeError):
            return None
        return await self._record(issuer, claims)

    async def _record(self, issuer: Issuer, claims: Mapping[str, Any]) -> services.KeyRecord | None:
        expires, begins = _seconds(claims.get("exp")), _seconds(claims.get("nbf"))
        subject, audience = claims.get("sub"), claims.get("aud")
        name = issuer.tenant or claims.get(issuer.tenant_claim or "")
        if expires is None or begins is None or not _is_subject(subject) or not isinstance(name, str):
            return None
        now = self._now() / _MICROSECONDS
        if not begins - SKEW_SECONDS <= now < expires + SKEW_SECONDS or expires - begins > LIFETIME_SECONDS_MAX:
            return None
        if issuer.audience not in (audience if isinstance(audience, list) else [audience]):
            return None
        tenant = await self._find_tenant(name)
        if tenant is None:
            return None
        return services.KeyRecord(
            key_id=f"jwt:{issuer.name}:{subject}",
            tenant_id=tenant.id,
            tenant=tenant.name,
            organisation=tenant.organisation,
            mode=tenant.mode,
            scopes=frozenset(_granted(claims.get(issuer.scope_claim))) & frozenset(issuer.scopes),
            secret_hash="",
            expires_at=int((expires + SKEW_SECONDS) * _MICROSECONDS),
        )


def _read(text: str) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """Return a token's header and claims, of which nothing is believed yet; None where the form is wrong."""
    parts = text.split(".")
    if len(parts) != _PARTS or not all(parts):
        return None
    try:
        header, claims = (strict_json.read(_decode(part), depth_max=_JSON_DEPTH_MAX) for part in parts[:2])
    except (ValueError, binascii.Error, services.BadInput):
        return None
    if not isinstance(header, dict) or not isinstance(claims, dict) or not isinstance(claims.get("iss"), str):
        return None
    return header, claims


def _decode(part: str) -> bytes:
    if "=" in part:
        raise ValueError("a token has no padding")
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _seconds(value: object) -> float | None:
    """Return a date of a claim: a number from 1970 on, which true, false, NaN and the infinite are not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 1 << 40 else None


def _is_subject(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= SUBJECT_CHARACTERS_MAX and value.isprintable()


def _granted(value: object) -> list[services.Scope]:
    words = value.split(" ") if isinstance(value, str) else value if isinstance(value, list) else []
    known = {str(scope): scope for scope in services.Scope}
    return [known[word] for word in words if isinstance(word, str) and word in known]
