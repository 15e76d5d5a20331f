"""Identifiers in TypeID form: a prefix, an underscore and 26 characters of base 32; never generated here."""

import re
from functools import lru_cache
from typing import Final
from uuid import UUID

ACCOUNT: Final = "acct"
TRANSACTION: Final = "txn"
HOLD: Final = "hold"
EVENT: Final = "evt"
QUOTE: Final = "quo"
BACKTEST: Final = "btst"

REMEMBERED: Final = 16_384
"""Identifiers whose other form is remembered, the latest: the same accounts come again and again."""
_DIGITS: Final = 26
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_SHIFTS: Final = tuple(range(120, -1, -10))
# 128 bits in 26 characters of five bits each leave three for the first.
_FORM: Final = re.compile(rf"[0-7][{_ALPHABET}]{{25}}", re.ASCII)
_AS_PYTHON: Final = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")


@lru_cache(maxsize=REMEMBERED)
def encode(prefix: str, value: UUID) -> str:
    """Return the TypeID of a UUID: `acct_` and 26 lower-case characters of Crockford's base 32."""
    number = value.int
    return f"{prefix}_" + "".join([_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS])


def decode(prefix: str, text: str) -> UUID | None:
    """Return the UUID of a TypeID with this prefix, or None where the text is not one, to the letter."""
    # What is too long to be one is not remembered either.
    return _decoded(prefix, text) if len(text) == len(prefix) + _DIGITS + 1 else None


@lru_cache(maxsize=REMEMBERED)
def _decoded(prefix: str, text: str) -> UUID | None:
    found, _, digits = text.rpartition("_")
    if found != prefix or _FORM.fullmatch(digits) is None:
        return None
    return UUID(int=int(digits.translate(_AS_PYTHON), 32))


def prefix_of(text: str) -> str:
    """Return what stands before the last underscore of an identifier, which tells its kind."""
    return text.rpartition("_")[0]
