"""Card numbers: found in free text, where they must never be kept; a ledger that holds one falls under PCI DSS."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from app import services

# A number as it is printed or typed. A letter right before or behind it makes it the number of something else.
_CANDIDATE: Final = re.compile(r"(?<![0-9A-Za-z_])[0-9](?:[ -]?[0-9]){13,}(?![0-9A-Za-z_])", re.ASCII)
_DIGITS_MIN: Final = 14
_GROUPINGS: Final = frozenset(
    {(14,), (15,), (16,), (17,), (18,), (19,), (4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4), (6, 13), (8, 8)}
)
_GROUPS_MAX: Final = 5
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_BASE: Final = 10
# First and last prefix of an issuer's range, and the lengths of its numbers. Visa's old numbers of 13 digits are left
# out, as telephone numbers look like them.
_ISSUERS: Final[tuple[tuple[str, str, frozenset[int]], ...]] = (
    ("4", "4", frozenset({16, 19})),
    ("51", "55", frozenset({16})),
    ("2221", "2720", frozenset({16})),
    ("34", "34", frozenset({15})),
    ("37", "37", frozenset({15})),
    ("300", "305", frozenset({14, 16})),
    ("36", "36", frozenset({14, 16})),
    ("38", "39", frozenset({14, 16})),
    ("3528", "3589", frozenset({16, 17, 18, 19})),
    ("6011", "6011", frozenset({16, 19})),
    ("644", "649", frozenset({16, 19})),
    ("65", "65", frozenset({16, 19})),
    ("62", "62", frozenset({16, 17, 18, 19})),
    ("5018", "5018", frozenset({16, 18, 19})),
    ("6304", "6304", frozenset({16, 18, 19})),
    ("6759", "6763", frozenset({16, 18, 19})),
)


def refuse_card_number(text: str, path: tuple[str | int, ...]) -> None:
    """Raise BadInput where a text holds what is almost certainly the number of a card."""
    if holds_card_number(text):
        raise services.BadInput(f"{path[-1]} must not hold the number of a card.", path)


def holds_card_number(text: str) -> bool:
    """Tell whether a text holds digits, with spaces or dashes or without, in the form of a card's number."""
    if len(text) < _DIGITS_MIN:
        return False
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return any(_is_card_number(number) for match in _CANDIDATE.finditer(plain) for number in _numbers_in(match.group()))


def _numbers_in(run: str) -> Iterator[str]:
    """Yield what may be a number by its groups; an expiry or a check code may stand beside it."""
    groups = re.split("[ -]", run)
    for start in range(len(groups)):
        for end in range(start + 1, min(start + _GROUPS_MAX, len(groups)) + 1):
            if tuple(map(len, groups[start:end])) in _GROUPINGS:
                yield "".join(groups[start:end])


def _is_card_number(number: str) -> bool:
    return any(
        first <= number[: len(first)] <= last and len(number) in lengths for first, last, lengths in _ISSUERS
    ) and _passes_luhn(number)


def _passes_luhn(number: str) -> bool:
    total = sum(int(digit) for digit in number[-1::-2]) + sum(_DOUBLED[int(digit)] for digit in number[-2::-2])
    return total % _BASE == 0
