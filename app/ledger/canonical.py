"""Fingerprints of commands: the same request again has the same one, any other has another.

SHA-256 over a version, the operation and each field's name and value, all length-prefixed; the
value of a field in a canonical form that depends on nothing but the value. The digest of each
field is kept too, shortened, so that a key used again can name the fields that differ.
"""

from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from app.ledger.command import Command

VERSION: Final = 1
_DIGEST_CHARACTERS: Final = 8


def fingerprint(command: Command) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return (fingerprint in hex, ((field, short digest), …)) of a command."""
    whole = sha256(_sized(str(VERSION).encode()) + _sized(command.operation.encode()))
    digests = []
    for name, label in _labels(command):
        value = _sized(_canonical(getattr(command, name)))
        whole.update(_sized(label.encode()) + value)
        digests.append((label, sha256(value).hexdigest()[:_DIGEST_CHARACTERS]))
    return whole.hexdigest(), tuple(digests)


def differing(before: tuple[tuple[str, str], ...], now: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Return the names of the fields whose digests differ, in alphabetical order; never a value."""
    first, second = dict(before), dict(now)
    return tuple(sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name)))


_LABELS: Final[dict[type, tuple[tuple[str, str], ...]]] = {}


def _labels(value: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401 - any dataclass
    kind = type(value)
    known = _LABELS.get(kind)
    if known is None:
        known = _LABELS[kind] = tuple((field.name, _camel(field.name)) for field in fields(kind))
    return known


def _camel(name: str) -> str:
    head, *rest = name.rstrip("_").split("_")
    return head + "".join(part.capitalize() for part in rest)


def _sized(data: bytes) -> bytes:
    return str(len(data)).encode() + b":" + data


def _canonical(value: Any) -> bytes:  # noqa: ANN401, PLR0911 - one case for each kind of value
    if value is None:
        return b"n"
    if isinstance(value, str):
        return b"s" + value.encode()
    if isinstance(value, bool):
        return b"t" if value else b"f"
    if isinstance(value, int):
        return b"i" + str(value).encode()
    if isinstance(value, UUID):
        return b"u" + value.bytes
    if isinstance(value, tuple):
        return b"l" + b"".join(_sized(_canonical(item)) for item in value)
    if is_dataclass(value):
        return b"r" + b"".join(_sized(_canonical(getattr(value, name))) for name, _ in _labels(value))
    message = f"no canonical form for {type(value).__name__}"
    raise TypeError(message)
