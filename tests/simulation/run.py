"""Runs seeded worlds through the pure core on all processors: `python -m tests.simulation.run --seeds 2500`.

A seed that fails is printed with the commit and with the command that plays it again.
"""

import argparse
import asyncio
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from app.ledger import proof
from tests.scenarios.target import WorldTarget
from tests.simulation import marks
from tests.simulation.play import Play

SEEDS_A_TASK = 25
FAILURES_MAX = 5


@dataclass(slots=True)
class Outcome:
    """What some worlds came to."""

    operations: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        self.operations += other.operations
        self.seen += other.seen
        self.failures += other.failures

    @property
    def missing(self) -> list[str]:
        """The marks that were never reached."""
        return sorted(mark for mark in marks.WANTED if not self.seen[mark])


def simulate(first: int, seeds: int) -> Outcome:
    """Play so many worlds, from a first seed on, on all processors."""
    tasks = [(seed, min(SEEDS_A_TASK, first + seeds - seed)) for seed in range(first, first + seeds, SEEDS_A_TASK)]
    if len(tasks) == 1:
        return play_some(first, seeds)
    whole = Outcome()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=context) as pool:
        for outcome in pool.map(play_some, *zip(*tasks, strict=True)):
            whole.add(outcome)
    return whole


def play_some(first: int, seeds: int) -> Outcome:
    """Play so many worlds one after another."""
    return asyncio.run(_play_some(first, seeds))


async def _play_some(first: int, seeds: int) -> Outcome:
    outcome = Outcome()
    for seed in range(first, first + seeds):
        target = WorldTarget()
        play = Play(target, seed)
        try:
            await play.run()
            broken = proof.violations(target.world.records())
            assert not broken, f"seed {seed}: " + "\n".join(broken)
        except Exception as error:  # noqa: BLE001 - whatever fails is told with its seed
            if len(outcome.failures) < FAILURES_MAX:
                outcome.failures.append(report(f"{type(error).__name__}: {error}", again(seed)))
        outcome.operations += play.operations
        outcome.seen += play.seen
    return outcome


def again(seed: int) -> str:
    """Return the command that plays a seed again."""
    return f"python -m tests.simulation.run --seed {seed}"


def report(error: str, command: str) -> str:
    """Return a failure with the command that repeats it, and the commit that it was seen on."""
    return f"{error}\nAGAIN: {command}   (commit {_commit()})"


def _commit() -> str:
    git = shutil.which("git")
    if git is None:
        return "unknown"
    root = Path(__file__).parents[2]
    found = subprocess.run([git, "rev-parse", "--short", "HEAD"], cwd=root, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def main() -> int:
    """Run from the command line; 1 where anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="play this one world only")
    parser.add_argument("--seeds", type=int, default=2500, help="how many worlds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    given = parser.parse_args()
    began = time.monotonic()
    alone = given.seed is not None
    outcome = play_some(given.seed, 1) if alone else simulate(given.first, given.seeds)
    seconds = time.monotonic() - began
    rate = outcome.operations / max(seconds, 0.001)
    print(f"{outcome.operations} operations in {seconds:.1f} s, {rate:.0f} a second", *outcome.failures, sep="\n")  # noqa: T201
    if outcome.missing and not alone:
        print("never seen:", *outcome.missing, sep="\n  ")  # noqa: T201
    return 1 if outcome.failures or (outcome.missing and not alone) else 0


if __name__ == "__main__":
    sys.exit(main())
