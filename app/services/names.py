"""Names: what an operator may call a tenant, an organisation or a key."""

from typing import Final

NAME_CHARACTERS_MAX: Final = 255


def is_name(text: str) -> bool:
    """Whether a text can be a name: printable, not blank, and not too long."""
    return bool(text.strip()) and len(text) <= NAME_CHARACTERS_MAX and text.isprintable()
