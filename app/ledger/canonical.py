"""Fingerprints of commands: the same request again has the same one, any other has another.

SHA-256 over a version, the operation and each field's name and value, all length-prefixed; the
value of a field in a canonical form that depends on nothing but the value. The digest of each
field is kept too, shortened, so that a key used again can name the fields that differ; one that
was left out, and is nothing, false or empty for it, is left out there too.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import cache, lru_cache
from hashlib import sha256
from operator import attrgetter
from types import NoneType
from typing import Any, Final
from uuid import UUID

from app.ledger.command import Command
from app.values import value

VERSION: Final = 1
_DIGEST_CHARACTERS: Final = 8
_COMMON_BYTES_MAX: Final = 16


def fingerprint(command: Command) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return (fingerprint in hex, ((field, short digest), …)) of a command."""
    kind: Any = type(command)
    parts = [_VERSION, _sized(command.operation.encode())]
    digests = []
    for given, known in zip(_getter(kind)(command), _known(kind), strict=True):
        usual = known.usual.get(id(given))
        if usual is None:
            written = _sized(_canonical(given))
            digest = _short_digest(written) if len(written) <= _COMMON_BYTES_MAX else _digest(written)
            usual = known.sized_label + written, (known.label, digest)
        parts.append(usual[0])
        if usual[1] is not None:
            digests.append(usual[1])
    return sha256(b"".join(parts)).hexdigest(), tuple(digests)


def differing(before: tuple[tuple[str, str], ...], now: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Return the names of the fields whose digests differ, in alphabetical order; never a value."""
    first, second = dict(before), dict(now)
    return tuple(sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name)))


@value
class _Known:
    """What is known of a field before its value: how it is labelled, and what comes of values that are usual.

    Those are named by id, as there is only one of each: nothing at all, true, false and an empty list.
    """

    label: str
    sized_label: bytes
    usual: Mapping[int, tuple[bytes, tuple[str, str] | None]]


@cache
def _getter(kind: type) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads all fields of a dataclass."""
    names = [one.name for one in fields(kind)]
    read = attrgetter(*names)
    return read if len(names) > 1 else lambda value: (read(value),)


@cache
def _known(kind: type) -> tuple[_Known, ...]:
    made = []
    for one in fields(kind):
        label = _camel(one.name)
        sized = _sized(label.encode())
        written = ((value, _sized(_canonical(value))) for value in _USUAL)
        usual = {
            id(value): (sized + text, None if value is one.default else (label, _digest(text)))
            for value, text in written
        }
        made.append(_Known(label, sized, usual))
    return tuple(made)


def _digest(value: bytes) -> str:
    return sha256(value).hexdigest()[:_DIGEST_CHARACTERS]


# Most values are short and common. What is kept of them is bounded.
_short_digest = lru_cache(maxsize=1_024)(_digest)


def _camel(name: str) -> str:
    head, *rest = name.rstrip("_").split("_")
    return head + "".join(part.capitalize() for part in rest)


def _sized(data: bytes) -> bytes:
    return b"%d:%b" % (len(data), data)


def _canonical(value: Any) -> bytes:  # noqa: ANN401 - any value of a command
    kind: Any = type(value)
    write = _FORMS.get(kind) or _form_of(kind)
    return write(value)


@cache
def _form_of(kind: Any) -> Callable[[Any], bytes]:  # noqa: ANN401 - any type that a command may hold
    """Return how values of a type are written that is none of the very types below."""
    # But one of their kinds: a member of an enumeration, an id as a driver reads it.
    if issubclass(kind, str):
        return _text
    if issubclass(kind, UUID):
        return _id
    if not hasattr(kind, "__dataclass_fields__"):
        message = f"no canonical form for {kind.__name__}"
        raise TypeError(message)
    read = _getter(kind)
    return lambda value: b"r" + _listed(read(value))


def _listed(values: Iterable[Any]) -> bytes:
    """Return the canonical forms of values, each after its length."""
    made = []
    for item in values:
        written = _canonical(item)
        made.append(b"%d:%b" % (len(written), written))
    return b"".join(made)


def _text(value: str) -> bytes:
    return b"s" + value.encode()


def _id(value: UUID) -> bytes:
    return b"u" + value.bytes


_FORMS: Final[Mapping[type, Callable[[Any], bytes]]] = {
    NoneType: lambda _: b"n",
    bool: lambda value: b"t" if value else b"f",
    int: lambda value: b"i%d" % value,
    str: _text,
    UUID: _id,
    tuple: lambda value: b"l" + _listed(value),
}
_USUAL: Final = (None, True, False, ())
_VERSION: Final = _sized(str(VERSION).encode())
