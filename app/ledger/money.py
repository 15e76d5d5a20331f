"""Currencies and exact amounts: integers of minor units, parsed and printed without a float."""

import re
from typing import Final

from app.values import value

DIGITS_MAX: Final = 18
BALANCE_MAX: Final = 10**18
_DECIMAL: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?", re.ASCII)
_TEXT_MAX: Final = 64


@value
class Currency:
    """A currency by its ISO 4217 code, with the number of digits of its minor unit."""

    code: str
    exponent: int
    name: str = ""


@value
class Amount:
    """So many minor units of a currency."""

    minor: int
    currency: str


def normal_text(text: str) -> str | None:
    """Return the shortest decimal text of the same value, or None where it is not a plain decimal.

    `+`, exponents, blanks and digits of other scripts are refused; trailing zeros of the fraction
    are kept out, so that "1", "1.0" and "01.00" read the same.
    """
    match = _DECIMAL.fullmatch(text) if len(text) <= _TEXT_MAX else None
    if match is None:
        return None
    sign, whole, fraction = match.group(1), match.group(2).lstrip("0") or "0", match.group(3) or ""
    fraction = fraction.rstrip("0")
    if whole == "0" and not fraction:
        return "0"
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def parse(text: str, exponent: int) -> int | None:
    """Return the minor units that a decimal text in major units means, or None.

    None where the text is no plain decimal, has more digits after the point than the currency, or
    comes to more than 18 digits of minor units. Nothing is ever rounded.
    """
    match = _DECIMAL.fullmatch(text) if len(text) <= _TEXT_MAX else None
    if match is None:
        return None
    fraction = match.group(3) or ""
    if len(fraction) > exponent:
        return None
    digits = (match.group(2) + fraction.ljust(exponent, "0")).lstrip("0")
    if len(digits) > DIGITS_MAX:
        return None
    minor = int(digits or "0")
    return -minor if match.group(1) else minor


def text_of(minor: int, exponent: int) -> str:
    """Return minor units as a decimal text in major units with exactly the currency's digits."""
    if exponent == 0:
        return str(minor)
    digits = str(abs(minor)).rjust(exponent + 1, "0")
    sign = "-" if minor < 0 else ""
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}"
