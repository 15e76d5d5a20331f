"""Markdown from values."""

from collections.abc import Iterable, Sequence


def page(title: str, *parts: str) -> str:
    """Return a page: its title, then paragraphs, lists and tables with a line between."""
    text = f"# {title}\n"
    before = ""
    for part in parts:
        # The items of a list stand together.
        text += "" if part.startswith("- ") and before.startswith("- ") else "\n"
        text += f"{part}\n"
        before = part
    return text


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a pipe in a cell is escaped."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def code(text: object) -> str:
    """Return text as code."""
    return f"`{text}`"
