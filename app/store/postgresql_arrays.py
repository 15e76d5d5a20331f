"""Arrays as PostgreSQL reads them, a column at a time: asyncpg's own encoder asks of each value what it is.

The binary form is that of PostgreSQL's array_recv: the number of dimensions, whether there are nulls, the type of the
elements, the length and the first index of the dimension, and then each element after its length, -1 for a null.
"""

import logging
import struct
from array import array
from collections.abc import Callable, Sequence
from typing import Any, Final, Never, cast
from uuid import UUID

_log = logging.getLogger(__name__)

_HEAD: Final = struct.Struct("!iiIii")
_EMPTY: Final = struct.Struct("!iiI")
_NULL: Final = b"\xff\xff\xff\xff"
_LITTLE: Final = array("h", [1]).tobytes() == b"\x01\x00"

Column = Sequence[Any]


def _bigints(values: Column) -> bytes:
    return _numbers("q", 8, values)


def _smallints(values: Column) -> bytes:
    return _numbers("h", 2, values)


def _numbers(code: str, size: int, values: Column) -> bytes:
    if None in values:
        return _framed([None if value is None else value.to_bytes(size, signed=True) for value in values])
    packed = array(code, values)
    if _LITTLE:
        packed.byteswap()
    digits, count, width = packed.tobytes(), len(values), size + 4
    # Bytes of the same weight lie side by side in both, each so many apart.
    made = bytearray(width * count)
    made[3::width] = bytes([size]) * count
    for place in range(size):
        made[4 + place :: width] = digits[place::size]
    return bytes(made)


def _booleans(values: Column) -> bytes:
    return _framed([None if value is None else b"\x01" if value else b"\x00" for value in values])


def _texts(values: Column) -> bytes:
    first = values[0]
    if values.count(first) == len(values):
        return _framed([None if first is None else first.encode()]) * len(values)
    return _framed([None if value is None else value.encode() for value in values])


def _uuids(values: Sequence[UUID | None]) -> bytes:
    return _framed([None if value is None else value.int.to_bytes(16) for value in values])


def _framed(values: Sequence[bytes | None]) -> bytes:
    if None not in values:
        sized = cast("Sequence[bytes]", values)
        sizes = set(map(len, sized))
        if len(sizes) == 1:
            head = sizes.pop().to_bytes(4)
            return head + head.join(sized)
    return b"".join([_NULL if value is None else len(value).to_bytes(4) + value for value in values])


def encoder(element: int, elements: Callable[[Column], bytes]) -> Callable[[Column], bytes]:
    """Return what writes an array of the type whose elements are of this one."""

    def encode(values: Column) -> bytes:
        if not values:
            return _EMPTY.pack(0, 0, element)
        # That there may be nulls is always said: PostgreSQL looks at each length anyway.
        return _HEAD.pack(1, 1, element, len(values), 1) + elements(values)

    return encode


# Array type, its name, its elements' type, and how elements are written; the numbers are fixed in PostgreSQL's own
# catalogue.
ARRAYS: Final = (
    (1000, "_bool", 16, _booleans),
    (1005, "_int2", 21, _smallints),
    (1009, "_text", 25, _texts),
    (1016, "_int8", 20, _bigints),
    (2951, "_uuid", 2950, _uuids),
)


def register(driver: Any) -> None:  # noqa: ANN401 - asyncpg ships no types
    """Let a connection write its arrays so; where asyncpg has become another, it goes on by itself."""
    try:
        settings = driver._protocol.get_settings()  # noqa: SLF001 - guarded, as said above
        for number, name, element, elements in ARRAYS:
            encode = encoder(element, elements)
            # What Connection.set_type_codec comes to, which takes no arrays and asks the catalogue first.
            settings.add_python_codec(number, name, "pg_catalog", [], "scalar", encode, _decode, "binary")
    except (AttributeError, TypeError) as error:
        _log.info("asyncpg will write arrays by itself: %s", error)


def _decode(_: bytes) -> Never:
    raise NotImplementedError("no statement of ours returns an array")
