"""`python -m benchmarks.memory`: whether each worker's memory stays flat under minutes of mixed work."""

import argparse
import asyncio
import statistics
import sys
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Final

from benchmarks import installation, load, report
from benchmarks.questions import Asker

ACCOUNTS: Final = 10_000
CONNECTIONS: Final = 64
TURN: Final = 400
# What the last third may hold more than the first: a cache may still fill up, a leak would not stop there.
GROWTH_MAX: Final = 1.15


async def run(minutes: float, folder: Path) -> list[list[int]]:
    """Work for so long; return the bytes that each worker held, turn by turn."""
    samples: list[list[int]] = []
    with installation.durable_cluster() as cluster:
        cluster.run("CREATE DATABASE bench")
        books = await installation.open_books(cluster.url("bench"), ACCOUNTS)
        async with installation.product(books, folder, workers=2) as server:
            asker = Asker(books, server.port, "memory")
            until, turns = monotonic() + minutes * 60, 0
            workers: list[int] = []
            while monotonic() < until:
                work = chain(
                    asker.transfers(TURN),
                    asker.columns(4, TURN),
                    asker.batches(2, TURN),
                    asker.funds(TURN // 4, 50),
                    asker.ones(TURN),
                )
                await load.run(installation.HOST, server.port, list(work), CONNECTIONS)
                turns += 1
                if turns == 1:
                    # A server answers when the first of its workers does.
                    workers = installation.children(server.pid)
                samples.append([installation.resident_bytes([pid]) for pid in workers])
                if turns % 10 == 1:
                    report.say(", ".join(f"{held / 2**20:.0f} MiB" for held in samples[-1]))
            if installation.children(server.pid) != workers:
                raise RuntimeError("a worker was replaced")
    return samples


def main() -> None:
    """Work, and exit with 1 where a worker held much more at the end than at the beginning."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        samples = asyncio.run(run(given.minutes, Path(folder)))
    third = max(1, len(samples) // 3)
    worst = 0.0
    for number, held in enumerate(zip(*samples, strict=True), 1):
        first, last = statistics.median(held[:third]), statistics.median(held[-third:])
        worst = max(worst, last / first)
        report.say(f"worker {number}: {first / 2**20:.0f} MiB at first, {last / 2**20:.0f} MiB at last")
    sys.exit(worst > GROWTH_MAX)


if __name__ == "__main__":
    main()
