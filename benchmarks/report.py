"""What was found: medians with their spread, the machine they were found on, as a table and a picture."""

import os
import platform
import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from benchmarks import installation
from benchmarks.rows import Row
from benchmarks.shapes import HEADING, Shown
from tests import postgres

REFERENCE: Final = Path(__file__).parents[1] / "docs" / "reference"
_PACKAGES: Final = ("graphql-core", "strawberry-graphql", "starlette", "uvicorn", "asyncpg", "SQLAlchemy")
_WIDTH: Final = 960
_LEFT: Final = 430
_LINE: Final = 34
_BAR: Final = 16
_RATIO_MAX: Final = 2.0


def say(text: str) -> None:
    """Print a result."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@dataclass(slots=True)
class Found:
    """The rounds of a run: (ours, reference) of each row, and the CPU that each measurement took of our server."""

    rounds: int
    facts: dict[str, str] = field(default_factory=dict)
    shapes: list[Shown] = field(default_factory=list)
    _pairs: dict[Row, list[tuple[float, float]]] = field(default_factory=dict)
    _cpu: dict[str, list[float]] = field(default_factory=dict)

    def note(self, row: Row, ours: float, reference: float) -> None:
        """Keep a round of a row."""
        self._pairs.setdefault(row, []).append((ours, reference))

    def note_cpu(self, name: str, seconds: float) -> None:
        """Keep the CPU seconds of a measurement."""
        self._cpu.setdefault(name, []).append(seconds)

    def last(self, row: Row) -> str:
        """Return the latest round of a row in a line."""
        ours, reference = self._pairs[row][-1]
        return f"row {row.number}: {_figure(ours, row)} beside {_figure(reference, row)}, {ours / reference:.2f}"

    def table(self) -> str:
        """Return the table in Markdown."""
        lines = [
            "| # | work | ours | reference | | ratio | spread | goal | |",
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        ]
        for row, pairs in self._pairs.items():
            ratios = [ours / reference for ours, reference in pairs]
            ratio = statistics.median(ratios)
            ours, reference = (statistics.median(side) for side in zip(*pairs, strict=True))
            lines.append(
                f"| {row.number} | {row.work} | {_figure(ours, row)} | {row.reference} | {_figure(reference, row)} |"
                f" **{ratio:.2f}** | {min(ratios):.2f} to {max(ratios):.2f} | {_goal(row)} |"
                f" {_outcome(row, ratio)} |"
            )
        return "\n".join(lines)

    def other_shapes(self) -> str:
        """Return the table of shapes in Markdown."""
        return "\n".join([HEADING, *(shown.line() for shown in self.shapes)])

    def write(self) -> None:
        """Write the page and its picture."""
        facts = "\n".join(f"- {name}: {value}" for name, value in self.facts.items())
        cpu = "\n".join(
            f"| {name} | {statistics.median(values):.2f} |" for name, values in self._cpu.items() if max(values) > 0
        )
        page = (
            "# Performance\n\n"
            f"Made by `make bench`. Each figure is a median of {self.rounds} rounds in one run, ours and the reference"
            " taking turns;"
            " the ratios are what counts, as the load generator, the servers and PostgreSQL share the machine."
            f" What each of them does and does not do is said in"
            " [how fast, and why](../explanation/performance.md).\n\n"
            "![Ratios beside their goals](performance.svg)\n\n"
            f"{self.table()}\n\n"
            "## Other shapes of work\n\n"
            "One measurement of each; the server has two workers where nothing else is said.\n\n"
            f"{self.other_shapes()}\n\n"
            "## CPU seconds of the server with two workers, in each measurement\n\n"
            f"| measurement | seconds |\n| --- | --- |\n{cpu}\n\n"
            f"## The run\n\n{facts}\n"
        )
        (REFERENCE / "performance.md").write_text(page, encoding="utf-8")
        (REFERENCE / "performance.svg").write_text(self.picture(), encoding="utf-8")
        say(f"written: {REFERENCE / 'performance.md'}")

    def picture(self) -> str:
        """Return the ratios as bars, each beside the mark of its goal."""
        parts = []
        shown = {row: pairs for row, pairs in self._pairs.items() if row.goal is not None}
        for place, (row, pairs) in enumerate(shown.items()):
            goal_ratio = row.goal or 1.0
            ratio = statistics.median(ours / reference for ours, reference in pairs) / goal_ratio
            top = 40 + place * _LINE
            scale = (_WIDTH - _LEFT - 60) / _RATIO_MAX
            width = min(ratio, _RATIO_MAX) * scale
            colour = "#2a7f62" if row.holds(ratio * goal_ratio) else "#b4552d"
            parts.append(
                f'<text x="{_LEFT - 12}" y="{top + 13}" text-anchor="end">{row.number} {_short(row.work)}</text>'
                f'<rect x="{_LEFT}" y="{top}" width="{width:.0f}" height="{_BAR}" fill="{colour}"/>'
                f'<text x="{_LEFT + width + 6:.0f}" y="{top + 13}">{ratio * goal_ratio:.2f}</text>'
            )
        height = 60 + len(shown) * _LINE
        goal = _LEFT + (_WIDTH - _LEFT - 60) / _RATIO_MAX
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif"'
            f' font-size="13"><rect width="100%" height="100%" fill="#fff"/>'
            f'<text x="{goal:.0f}" y="24" text-anchor="middle">goal</text>'
            f'<line x1="{goal:.0f}" y1="30" x2="{goal:.0f}" y2="{height - 14}" stroke="#444" stroke-dasharray="4 3"/>'
            f"{''.join(parts)}</svg>\n"
        )


def facts(cluster: postgres.Cluster) -> dict[str, str]:
    """Return what was run, and on what."""
    model = "unknown"
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    return {
        "date": f"{datetime.now(tz=UTC):%Y-%m-%d}",
        "processors": f"{os.cpu_count()} of {model}, shared by all that runs",
        "waiting for the disk": installation.fsyncs(cluster),
        "PostgreSQL": cluster.run("SHOW server_version"),
        "Python": platform.python_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
    }


def footprint(cluster: postgres.Cluster, database: str) -> tuple[int, int]:
    """Return transactions in the ledger, and bytes of the database."""
    count = int(cluster.run("SELECT coalesce(max(sequence), 0) FROM heads", database))
    size = int(cluster.run(f"SELECT pg_database_size('{database}')"))
    return count, size


def grown(before: tuple[int, int], after: tuple[int, int]) -> Mapping[str, str]:
    """Return what a transfer takes on the disk."""
    count = max(1, after[0] - before[0])
    return {"bytes of the database for each transfer": f"{(after[1] - before[1]) / count:.0f}, its indexes included"}


def _figure(value: float, row: Row) -> str:
    return f"{value * 1e3:.2f} ms" if row.unit == " s" else f"{value:,.0f}{row.unit}"


def _outcome(row: Row, ratio: float) -> str:
    if row.goal is None:
        return "for the record"
    return "reached" if row.holds(ratio) else "missed"


def _goal(row: Row) -> str:
    if row.goal is None:
        return "none"
    return f"{'≤' if row.at_most else '≥'} {row.goal:g}"


def _short(work: str) -> str:
    return work if len(work) <= 58 else f"{work[:57]}…"  # noqa: PLR2004 - what fits beside the bars
