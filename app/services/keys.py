"""API keys as text: `spd_<live|test>_<id>_<secret><checksum>`; only a hash of the secret is ever stored."""

import hashlib
import hmac
import re
import secrets
import zlib
from dataclasses import field
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final, Literal, TypeAlias
from uuid import UUID

from app import ledger
from app.values import value

TenantMode = Literal["LIVE", "TEST"]
Network: TypeAlias = IPv4Network | IPv6Network

_PREFIX: Final = "key"
_SECRET_LENGTH: Final = 32
_CHECKSUM_LENGTH: Final = 6
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FORM: Final = re.compile(r"(spd_(live|test)_([0-9a-z]{26})_([0-9A-Za-z]{32}))([0-9A-Za-z]{6})", re.ASCII)
# An unknown key is compared with this, so that it takes the same path as a known one.
_NOBODY: Final = hashlib.sha256(b"nobody").hexdigest()


@value
class NewKey:
    """A key just made: the text is shown once, the rest is stored."""

    text: str = field(repr=False)
    key_id: str
    secret_hash: str


@value(kw_only=True)
class KeyRecord:
    """A stored key with the tenant it names; instants are UTC microseconds."""

    key_id: str
    tenant_id: UUID
    tenant: str
    organisation: str
    mode: TenantMode
    scopes: frozenset[str]
    secret_hash: str = field(repr=False)
    expires_at: int | None = None
    revoked_at: int | None = None
    allowed: tuple[Network, ...] | None = None
    """The networks that it may be used from; None where from anywhere."""

    @property
    def public_id(self) -> str:
        """What logs call the bearer: a key's id, or of a token whose subject may be a person's name a digest."""
        kind, _, rest = self.key_id.partition(":")
        issuer, _, subject = rest.partition(":")
        return f"{kind}:{issuer}:{hashlib.sha256(subject.encode()).hexdigest()[:16]}" if subject else self.key_id

    def allows(self, address: str) -> bool:
        """Whether the key may be used from an address; from one that cannot be read, only where any may."""
        if self.allowed is None:
            return True
        try:
            read = ip_address(address)
        except ValueError:
            return False
        return any(read in network for network in self.allowed)


@value
class PresentedKey:
    """A key as a caller sent it, well formed and with the right checksum; nothing more is known yet."""

    key_id: str
    mode: TenantMode
    secret: str = field(repr=False)


def make_key(mode: TenantMode, unique: UUID) -> NewKey:
    """Make a key of 190 random bits; its id `key_…` is that of the given fresh UUID."""
    key_id = ledger.identifier.encode(_PREFIX, unique)
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))
    body = f"spd_{mode.lower()}_{key_id.removeprefix(f'{_PREFIX}_')}_{secret}"
    return NewKey(text=body + _checksum(body), key_id=key_id, secret_hash=hash_secret(secret))


def parse_key(text: str) -> PresentedKey | None:
    """Return the parts of a key, or None where its form or checksum is wrong; asks no database."""
    match = _FORM.fullmatch(text)
    if match is None or not hmac.compare_digest(_checksum(match.group(1)), match.group(5)):
        return None
    key_id = f"{_PREFIX}_{match.group(3)}"
    if ledger.identifier.decode(_PREFIX, key_id) is None:
        return None
    return PresentedKey(key_id=key_id, mode="LIVE" if match.group(2) == "live" else "TEST", secret=match.group(4))


def verify_secret(presented: PresentedKey, secret_hash: str | None) -> bool:
    """Tell, in constant time, whether the secret has this hash; None never matches."""
    same = hmac.compare_digest(hash_secret(presented.secret), secret_hash or _NOBODY)
    return same and secret_hash is not None


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a secret in hexadecimal; being random, it needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode("ascii")).hexdigest()


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode("ascii")), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
