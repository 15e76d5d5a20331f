"""Paging: keyset pages over a list, with opaque cursors that hold for one tenant and one list."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar
from uuid import UUID

from app import services
from app.values import value

PAGE_DEFAULT: Final = 20
PAGE_MAX: Final = 100

_VERSION: Final = 1
_SEQUENCE_BYTES: Final = 8
_TIE_BYTES: Final = 16
_SEAL_BYTES: Final = 6
_LENGTH: Final = 1 + _SEQUENCE_BYTES + _TIE_BYTES + _SEAL_BYTES

Item = TypeVar("Item")


class Position(NamedTuple):
    """Where an item stands in its list: the sequence that made it, then a line number or an id as an integer."""

    sequence: int
    tie: int


@value
class CursorCodec:
    """Writes and reads the cursors of one tenant's list; a cursor of another tenant or list is refused."""

    tenant_id: UUID
    list_name: str

    def encode(self, position: Position) -> str:
        """Return the cursor of a position."""
        body = (
            bytes([_VERSION])
            + position.sequence.to_bytes(_SEQUENCE_BYTES, "big")
            + position.tie.to_bytes(_TIE_BYTES, "big")
        )
        return base64.urlsafe_b64encode(body + self._seal(body)).decode("ascii").rstrip("=")

    def decode(self, cursor: str, argument: str) -> Position:
        """Return the position of a cursor; raises BadInput naming the argument."""
        refused = services.BadInput("The cursor is not one of this list.", (argument,))
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            raise refused from None
        body, seal = raw[:-_SEAL_BYTES], raw[-_SEAL_BYTES:]
        if len(raw) != _LENGTH or body[0] != _VERSION or seal != self._seal(body):
            raise refused
        end = 1 + _SEQUENCE_BYTES
        position = Position(int.from_bytes(body[1:end], "big"), int.from_bytes(body[end:], "big"))
        if self.encode(position) != cursor or position.sequence >= 1 << 63:
            raise refused
        return position

    def _seal(self, body: bytes) -> bytes:
        # No secret: a forged cursor reaches nothing, as every read names its tenant. This finds mistakes.
        bound = self.tenant_id.bytes + self.list_name.encode()
        return hashlib.blake2b(body, digest_size=_SEAL_BYTES, key=hashlib.sha256(bound).digest()).digest()


@value
class PageRequest:
    """A page to read: `limit` items strictly after and before the positions, from the far end if `backward`."""

    size: int
    backward: bool = False
    after: Position | None = None
    before: Position | None = None

    @property
    def limit(self) -> int:
        """How many items to read: one more than the page, which tells whether the list goes on."""
        return self.size + 1


@value
class Page(Generic[Item]):
    """The items of a page in list order, a cursor for each, and whether the list goes on at either side."""

    items: tuple[Item, ...]
    cursors: tuple[str, ...]
    has_next: bool
    has_previous: bool

    @property
    def start_cursor(self) -> str | None:
        """The cursor of the first item."""
        return self.cursors[0] if self.cursors else None

    @property
    def end_cursor(self) -> str | None:
        """The cursor of the last item."""
        return self.cursors[-1] if self.cursors else None


def page_request(
    codec: CursorCodec,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> PageRequest:
    """Read a connection's arguments; raises BadInput naming the one at fault."""
    if first is not None and last is not None:
        raise services.BadInput("first and last cannot be given together.", ("last",))
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 0 <= size <= PAGE_MAX:
            raise services.BadInput(f"{name} must be 0 to {PAGE_MAX}.", (name,))
    size = first if first is not None else last
    return PageRequest(
        size=PAGE_DEFAULT if size is None else size,
        backward=last is not None,
        after=None if after is None else codec.decode(after, "after"),
        before=None if before is None else codec.decode(before, "before"),
    )


def make_page(
    request: PageRequest,
    found: Sequence[Item],
    codec: CursorCodec,
    position_of: Callable[[Item], Position],
) -> Page[Item]:
    """Make the page of at most `request.limit` items, given in reading order: from the far end if backward."""
    more = len(found) > request.size
    items = tuple(found[: request.size])
    if request.backward:
        items = items[::-1]
    return Page(
        items=items,
        cursors=tuple(codec.encode(position_of(item)) for item in items),
        # What lies beyond a given cursor is at least the item it was taken from.
        has_next=request.before is not None if request.backward else more,
        has_previous=more if request.backward else request.after is not None,
    )
