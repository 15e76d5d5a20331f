"""The pages of docs/reference, made from the code that they describe: python -m tests.docs.reference writes them."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.docs import commands, graph, rooms, rules, rulings
from tests.docs.table import page

FOLDER: Final = Path(__file__).parents[2] / "docs" / "reference"

INTRODUCTION: Final = (
    "These pages are made from the code by `python -m tests.docs.reference`, and a test compares them with it."
    " Do not edit them by hand."
)
TITLES: Final = {
    "commands.md": "The command line",
    "settings.md": "Settings",
    "limits.md": "Limits",
    "rejections.md": "Rejections: what the ledger refuses, and in which order",
    "errors.md": "Error codes: what went wrong with a request or a machine",
    "scopes.md": "Scopes of API keys",
    "holds.md": "The life of a hold",
    "events.md": "Events",
    "schema.md": "The GraphQL schema",
    "log.md": "The log",
    "rooms.md": "Rooms: every module, and what it is for",
}

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "README.md": lambda: page("Reference", INTRODUCTION, *(f"- [{title}]({name})" for name, title in TITLES.items())),
    "commands.md": commands.commands,
    "settings.md": commands.settings,
    "limits.md": rules.limits,
    "rejections.md": rulings.rejections,
    "errors.md": rulings.errors,
    "scopes.md": rulings.scopes,
    "holds.md": rules.holds,
    "events.md": rules.events,
    "schema.md": graph.schema,
    "log.md": commands.log,
    "rooms.md": rooms.rooms,
}
"""Each page by its name."""


def write() -> None:
    """Write every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
        sys.stdout.write(f"docs/reference/{name}\n")


if __name__ == "__main__":
    write()
