"""Cursors of explanations: where the next page goes on, at the coordinate of the first."""

import base64
import binascii
import hashlib
import struct
from typing import Final
from uuid import UUID

from app import ledger, services

_VERSION: Final = 1
_SEAL_BYTES: Final = 6
# The version, then what `_parts` lists: the line takes two bytes, everything else eight.
_LAYOUT: Final = struct.Struct(">B4QH4Q")


def encode(tenant_id: UUID, account_id: UUID, place: services.ExplanationPlace) -> str:
    """Return the cursor of a place in the explanation of an account's balance."""
    body = _LAYOUT.pack(_VERSION, *_parts(place))
    return base64.urlsafe_b64encode(body + _seal(tenant_id, account_id, body)).decode("ascii").rstrip("=")


def decode(tenant_id: UUID, account_id: UUID, cursor: str) -> services.ExplanationPlace:
    """Return the place that a cursor names; raises BadInput naming `after`."""
    refused = services.BadInput("The cursor is not one of this list.", ("after",))
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise refused from None
    body, seal = raw[:-_SEAL_BYTES], raw[-_SEAL_BYTES:]
    if len(body) != _LAYOUT.size or seal != _seal(tenant_id, account_id, body):
        raise refused
    version, sequence, at, *rest = _LAYOUT.unpack(body)
    available_at, before, line, left, maturing_left, held_before, held_left = rest
    beyond = max(at, available_at) > ledger.FOREVER or max(left, maturing_left, held_left) > ledger.money.BALANCE_MAX
    if version != _VERSION or beyond or max(before, held_before) > sequence + 1 or sequence >= 1 << 62:
        raise refused
    return services.ExplanationPlace(
        services.Coordinate(sequence, at),
        services.MaturingPlace(available_at, before, line, left),
        maturing_left,
        held_before,
        held_left,
    )


def _parts(place: services.ExplanationPlace) -> tuple[int, ...]:
    maturing = place.maturing
    return (
        place.coordinate.sequence,
        place.coordinate.at,
        maturing.available_at,
        maturing.sequence,
        maturing.line,
        maturing.left,
        place.maturing_left,
        place.held_before,
        place.held_left,
    )


def _seal(tenant_id: UUID, account_id: UUID, body: bytes) -> bytes:
    # No secret: a forged cursor reaches nothing, as every read names its tenant. This finds mistakes.
    bound = hashlib.sha256(b"slices" + tenant_id.bytes + account_id.bytes).digest()
    return hashlib.blake2b(body, digest_size=_SEAL_BYTES, key=bound).digest()
