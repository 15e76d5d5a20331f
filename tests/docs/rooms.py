"""The page on the rooms of the house: every module with its first line."""

import ast
from pathlib import Path
from typing import Final

from tests.docs.table import code, page, table

ROOT: Final = Path(__file__).parents[2]
_FLOORS: Final = ("", "http", "graphql", "services", "services/seed", "store", "ledger")


def rooms() -> str:
    """Return the page, floor by floor from the top."""
    parts = ["What each module is for, in its own words. [How they work together](../ARCHITECTURE.md)."]
    for floor in _FLOORS:
        folder = ROOT / "app" / floor
        parts.append(f"## `{folder.relative_to(ROOT)}`")
        modules = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
        parts.append(table(("room", "what it is for"), [(code(path.name), _first_line(path)) for path in modules]))
    return page("Rooms", *parts)


def _first_line(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]
