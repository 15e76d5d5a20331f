"""Identifiers in TypeID form: a prefix, an underscore and 26 characters of base 32; never generated here."""

from typing import Final
from uuid import UUID

ACCOUNT: Final = "acct"
TRANSACTION: Final = "txn"
HOLD: Final = "hold"
EVENT: Final = "evt"

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}
_LENGTH: Final = 26
_SHIFTS: Final = tuple(range(120, -1, -10))
_BITS: Final = 128


def encode(prefix: str, value: UUID) -> str:
    """Return the TypeID of a UUID: `acct_` and 26 lower-case characters of Crockford's base 32."""
    number = value.int
    return f"{prefix}_" + "".join([_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS])


def decode(prefix: str, text: str) -> UUID | None:
    """Return the UUID of a TypeID with this prefix, or None where the text is not one, to the letter."""
    start = len(prefix) + 1
    if len(text) != start + _LENGTH or not text.startswith(f"{prefix}_"):
        return None
    number = 0
    for character in text[start:]:
        value = _VALUES.get(character)
        if value is None:
            return None
        number = number << 5 | value
    return UUID(int=number) if number >> _BITS == 0 else None


def prefix_of(text: str) -> str:
    """Return what stands before the last underscore of an identifier, which tells its kind."""
    return text.rpartition("_")[0]
