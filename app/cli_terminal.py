"""The terminal: what the commands print to, how they lay out tables, and the ledger that they open."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from app import services, settings

# Lines that are meant to be pasted are never wrapped.
out = Console(highlight=False, soft_wrap=True, markup=False)
err = Console(highlight=False, soft_wrap=True, markup=False, stderr=True)

DatabaseUrl = Annotated[
    str | None, typer.Option(help="Where the ledger is kept: sqlite:///PATH or postgresql://…", show_default=False)
]


def open_ledger(
    chosen: settings.Settings, *, read_only: bool = False
) -> AbstractAsyncContextManager[services.Database]:
    """Open the ledger that the settings name."""
    return services.open_ledger(chosen.database_url, read_only=read_only, prepared=chosen.database_statement_cache)


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print aligned columns. Rows stay whole, so that they can be searched and pasted; a terminal wraps them itself."""
    lines = [heads, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(heads))]
    for number, line in enumerate(lines):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        out.print(text, style="bold" if number == 0 else None)


def day_of(instant: int | None) -> str:
    """Return an instant to the minute, in UTC; nothing for None."""
    return "" if instant is None else datetime.fromtimestamp(instant / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M")
