"""Document text: what a text may come to, counted at one pass and before a parser, which is a hundred times dearer."""

import re
from itertools import islice
from typing import Final

from app import services
from app.graphql.limits import Limits

# Whatever is not ended runs to the end, and nothing is read twice: the time is linear in the text.
_PIECE: Final = re.compile(
    r"[_A-Za-z][_0-9A-Za-z]*+"
    r"|[{}()\[\]:@$!=|&]"
    r"|\.\.\."
    r"|#[^\n\r]*+"
    r'|"""(?:[^"\\]++|\\(?:""")?|"(?!""))*+(?:"""|\Z)'
    r'|"(?:[^"\\\n\r]++|\\.)*+"?'
    r"|-?[0-9][-+.0-9eE]*+"
    r"|[^\s,\ufeff]"
)
_OPENS: Final = frozenset("{[(")
_CLOSES: Final = frozenset("}])")
_DIGITS: Final = frozenset("-0123456789")
# A text may hold several operations: they share so many times what one of them may have, and each is counted later.
_OPERATIONS: Final = 4


class TextExceededError(Exception):
    """The text is over a limit; the message says which."""

    def __init__(self, code: services.FaultCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def check_text(source: str, limits: Limits) -> None:
    """Raise TextExceededError where a text comes to more than any document within the limits."""
    if len(source) > limits.characters_max:
        raise _unread(f"The document has more than {limits.characters_max} characters.")
    read = islice(_PIECE.finditer(source), limits.tokens_max + limits.comments_max + 1)
    found = [match.group() for match in read]
    comments = sum(piece[0] == "#" for piece in found)
    if comments > limits.comments_max:
        raise _unread(f"The document has more than {limits.comments_max} comments.")
    if len(found) - comments > limits.tokens_max:
        raise _unread(f"The document has more than {limits.tokens_max} tokens.")
    if any(piece[0] in _DIGITS and len(piece) > limits.digits_max for piece in found):
        raise _unread(f"A number has more than {limits.digits_max} digits.")
    if sum(len(piece) for piece in found if piece[0] == '"') > limits.text_characters_max:
        raise _unread(f"The texts in the document have more than {limits.text_characters_max} characters.")
    _check_structure(found, limits)


def _check_structure(found: list[str], limits: Limits) -> None:
    level = deepest = parentheses = definitions = names = aliases = inputs = 0
    for piece in found:
        if piece in _OPENS:
            definitions += level == 0 and piece == "{"
            level += 1
            deepest = max(deepest, level)
            parentheses += piece == "("
        elif piece in _CLOSES:
            level -= 1
            parentheses -= piece == ")"
        elif piece == ":":
            if parentheses > 0:
                inputs += 1
            else:
                aliases += 1
        elif parentheses <= 0 and (piece[0].isalpha() or piece[0] == "_"):
            names += 1
    if deepest > limits.nesting_max:
        raise _unread(f"The document is nested more than {limits.nesting_max} levels deep.")
    for count, most, what in (
        (aliases, _OPERATIONS * limits.aliases_max, "aliases"),
        (inputs, limits.inputs_max, "arguments and members of inputs"),
        (found.count("@"), limits.directives_max, "directives"),
        (names, 2 * limits.fields_max, "names"),
        (definitions, limits.fragments_max + limits.operations_max, "definitions"),
    ):
        if count > most:
            raise TextExceededError(
                services.FaultCode.GRAPHQL_VALIDATION_FAILED, f"The document has more than {most} {what}."
            )


def _unread(message: str) -> TextExceededError:
    return TextExceededError(services.FaultCode.GRAPHQL_PARSE_FAILED, message)
