"""JSON read strictly: UTF-8, no duplicate names, no NaN, no text that a database cannot hold, bounded depth."""

import json
import math
import re
from itertools import accumulate
from typing import Final, Never

from app import services

_STRINGS: Final = re.compile(rb'"[^"]*"')
_PREFIX_BYTES: Final = 512
_NOT_STRUCTURE: Final = bytes(byte for byte in range(256) if byte not in b'"[]{}')
# What only an escape can bring into JSON text: NUL, and halves of a surrogate pair.
_SUSPECT_ESCAPE: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def read(body: bytes, *, depth_max: int) -> object:
    """Return the value of a JSON text; raises BadInput with one sentence."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise services.BadInput("The body is not valid UTF-8.") from None
    if _is_deeper(body, depth_max):
        raise services.BadInput(f"The JSON is nested more than {depth_max} levels deep.")
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, _RefusedError) else "The body is not valid JSON."
        raise services.BadInput(reason) from None
    if _SUSPECT_ESCAPE.search(text):
        _check_text(value)
    return value


class _RefusedError(ValueError):
    """Valid JSON to some, but not here."""


def _is_deeper(body: bytes, depth_max: int) -> bool:
    if body.count(b"[") + body.count(b"{") <= depth_max:
        return False
    # Escapes go first, so that a quote left over always opens or closes a string.
    bare = body.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NOT_STRUCTURE)
    bare = _STRINGS.sub(b"", bare)
    # What goes deep at once is found at once; quotes that are left here never close.
    levels = accumulate(1 if byte in b"[{" else -1 for byte in bare[:_PREFIX_BYTES])
    if max(levels, default=0) > depth_max:
        return True
    # Each round takes the innermost level off.
    for _ in range(depth_max):
        if not bare:
            return False
        smaller = bare.replace(b"[]", b".").replace(b"{}", b".").replace(b".", b"")
        if len(smaller) == len(bare):
            # Brackets that do not match: for the parser to say, unless they go too deep for it.
            return max(bare.count(b"["), bare.count(b"{")) > depth_max
        bare = smaller
    return bool(bare)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _RefusedError("The JSON names a member of an object twice.")
    return made


def _refuse_constant(_: str) -> Never:
    raise _RefusedError("NaN and Infinity are not JSON.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _RefusedError("A number is too large.")
    return number


def _check_text(value: object) -> None:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str) and ("\0" in item or _has_surrogate(item)):
            raise services.BadInput("Text must be valid Unicode without NUL.")


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite)
