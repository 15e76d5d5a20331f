"""Two revisions side by side: CPU of an ordinary transfer and of available funds, in interleaved rounds.

`python -m benchmarks.revisions REVISION [--rounds N]` measures this tree against an earlier commit on
SQLite and prints the median ratio of each, with its spread: 1.00 means as much CPU as before.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
WORKER: Final = Path(__file__).with_name("worker.py")


def measured(tree: Path) -> dict[str, float]:
    """Return one round of a tree, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(  # noqa: S603 - our own interpreter and worker
        [sys.executable, str(WORKER)], env=environment, cwd=tree, capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def compare(earlier: Path, rounds: int) -> None:
    """Print the median ratios of interleaved rounds, the first of each pair changing sides."""
    ratios: dict[str, list[float]] = {}
    for number in range(rounds):
        order = (earlier, ROOT) if number % 2 else (ROOT, earlier)
        found = {tree: measured(tree) for tree in order}
        for name, now in found[ROOT].items():
            ratios.setdefault(name, []).append(now / found[earlier][name])
    for name, values in ratios.items():
        spread = f"{min(values):.2f} to {max(values):.2f}"
        print(f"{name}: {statistics.median(values):.3f} times the CPU ({rounds} rounds, {spread})")  # noqa: T201 - the result


def main() -> None:
    """Check the revision out beside this tree and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision")
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        tree = Path(folder) / "earlier"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", str(tree), given.revision], check=True)  # noqa: S603 - git
        try:
            compare(tree, given.rounds)
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)  # noqa: S603 - git


if __name__ == "__main__":
    main()
