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
"""Accounts whose identifier's other form is remembered, the latest: they come again and again."""
_DIGITS: Final = 26
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_SHIFTS: Final = tuple(range(120, -1, -10))
# 128 bits in 26 characters of five bits each leave three for the first.
_FORM: Final = re.compile(rf"[0-7][{_ALPHABET}]{{25}}", re.ASCII)
_AS_PYTHON: Final = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")


def encode(prefix: str, value: UUID) -> str:
    """Return the TypeID of a UUID: `acct_` and 26 lower-case characters of Crockford's base 32."""
    # Other things are told once, when they are made.
    return _encoded_account(value) if prefix == ACCOUNT else _encoded(prefix, value)


def decode(prefix: str, text: str) -> UUID | None:
    """Return the UUID of a TypeID with this prefix, or None where the text is not one, to the letter."""
    found, _, digits = text.rpartition("_")
    if found != prefix or len(digits) != _DIGITS:
        return None
    return _decoded_account(digits) if prefix == ACCOUNT else _decoded(digits)


def _encoded(prefix: str, value: UUID) -> str:
    number = value.int
    return f"{prefix}_" + "".join([_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS])


def _decoded(digits: str) -> UUID | None:
    if _FORM.fullmatch(digits) is None:
        return None
    return UUID(int=int(digits.translate(_AS_PYTHON), 32))


@lru_cache(maxsize=REMEMBERED)
def _encoded_account(value: UUID) -> str:
    return _encoded(ACCOUNT, value)


_decoded_account: Final = lru_cache(maxsize=REMEMBERED)(_decoded)


def prefix_of(text: str) -> str:
    """Return what stands before the last underscore of an identifier, which tells its kind."""
    return text.rpartition("_")[0]
