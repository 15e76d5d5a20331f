"""The CPU of each document bomb against an ordinary request's: `python -m benchmarks.bombs [--rounds N]`.

Bombs and ordinary requests take turns in one process; printed is the median of each against the median of its
neighbours. The budget is set so high that nothing is throttled.
"""

import argparse
import asyncio
import statistics
import time
from typing import Final

from starlette.types import ASGIApp

from app import services
from tests.http.bombs import BOMBS, ORDINARY, send_to
from tests.http.example import KEY, Desk, make_app, record

RATIO_MAX: Final = 30
_ORDINARY_BESIDE: Final = 20


async def cpu_of(app: ASGIApp, body: bytes) -> float:
    """Return the seconds of CPU that one request takes."""
    began = time.process_time()
    await send_to(app, body)
    return time.process_time() - began


async def ratios(rounds: int) -> dict[str, float]:
    """Return each bomb's CPU as a multiple of an ordinary request's."""
    budgets = services.Budgets(1 << 30, 1 << 30)
    app, _ = make_app(Desk(keys={KEY.key_id: record()}, budgets=budgets), key_cache_seconds=5.0, log_level="ERROR")
    for _ in range(100):
        await send_to(app, ORDINARY)
    found: dict[str, float] = {}
    for name, bomb in BOMBS.items():
        ordinary: list[float] = []
        bombs: list[float] = []
        for _ in range(rounds):
            ordinary += [await cpu_of(app, ORDINARY) for _ in range(_ORDINARY_BESIDE)]
            bombs.append(await cpu_of(app, bomb))
        found[name] = statistics.median(bombs) / statistics.median(ordinary)
    return found


def main() -> None:
    """Measure, and print the dearest first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    found = asyncio.run(ratios(parser.parse_args().rounds))
    for name, ratio in sorted(found.items(), key=lambda pair: -pair[1]):
        print(f"{ratio:6.1f}  {name}")  # noqa: T201 - the result
    print(f"dearest {max(found.values()):.1f} times an ordinary request, {RATIO_MAX} are allowed")  # noqa: T201 - as above


if __name__ == "__main__":
    main()
