"""API keys as text: `spd_<live|test>_<id>_<secret><checksum>`; only a hash of the secret is ever stored."""

import hashlib
import hmac
import re
import secrets
import zlib
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from app.ledger import identifier

KeyMode = Literal["live", "test"]

KEY: Final = "key"
_SECRET_LENGTH: Final = 32
_CHECKSUM_LENGTH: Final = 6
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FORM: Final = re.compile(
    r"(spd_(live|test)_([0-9a-z]{26})_([0-9A-Za-z]{%d}))([0-9A-Za-z]{%d})" % (_SECRET_LENGTH, _CHECKSUM_LENGTH),  # noqa: UP031 - braces are the pattern's
    re.ASCII,
)
# An unknown key is compared with this, so that it takes the same path as a known one.
_NOBODY: Final = hashlib.sha256(b"nobody").digest()


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: the text is shown once, the rest is stored."""

    text: str
    id: UUID
    secret_hash: bytes


@dataclass(frozen=True, slots=True, repr=False)
class PresentedKey:
    """A key as a caller sent it, well formed and with the right checksum; nothing more is known yet."""

    id: UUID
    mode: KeyMode
    secret: str


def make_key(mode: KeyMode, key_id: UUID) -> NewKey:
    """Make a key of 190 random bits under a fresh id."""
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))
    body = f"spd_{mode}_{identifier.encode(KEY, key_id).removeprefix('key_')}_{secret}"
    return NewKey(text=body + _checksum(body), id=key_id, secret_hash=hash_secret(secret))


def parse_key(text: str) -> PresentedKey | None:
    """Return the parts of a key, or None where its form or checksum is wrong; asks no database."""
    match = _FORM.fullmatch(text)
    if match is None or not hmac.compare_digest(_checksum(match.group(1)), match.group(5)):
        return None
    key_id = identifier.decode(KEY, f"{KEY}_{match.group(3)}")
    if key_id is None:
        return None
    return PresentedKey(id=key_id, mode="live" if match.group(2) == "live" else "test", secret=match.group(4))


def verify_secret(presented: PresentedKey, secret_hash: bytes | None) -> bool:
    """Tell, in constant time, whether the secret has this hash; None never matches."""
    same = hmac.compare_digest(hash_secret(presented.secret), secret_hash or _NOBODY)
    return same and secret_hash is not None


def hash_secret(secret: str) -> bytes:
    """Return the SHA-256 of a secret; being random, it needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode("ascii")).digest()


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode("ascii")), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
