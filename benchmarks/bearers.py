"""Whether bad keys and tokens can be told apart by how long they take: `python -m benchmarks.bearers [--tries N]`.

A server of the example is asked with every bad bearer in turn, many times over. For each the median of its times is
compared with the spread of all: where the largest difference between two kinds is no more than that between two halves
of the same times drawn by lot, nothing can be told from it.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import httpx

from app import services
from tests.http.bad_bearers import BAD_TOKENS, MALFORMED_KEYS, open_house
from tests.http.example import KEY, Desk, client, make_app, record

DRAWS = 200


async def measure(tries: int) -> tuple[dict[str, list[float]], int]:
    """Ask with every bearer, one after another, until there were so many tries; return seconds by bearer."""
    with TemporaryDirectory() as folder:
        house = open_house(Path(folder))
        bearers = {name: make(house) for name, make in BAD_TOKENS.items()} | MALFORMED_KEYS
        tenant = services.Tenant(UUID(int=9), "Acme Ltd", "acme", "LIVE", 1)
        desk = Desk(keys={KEY.key_id: record()}, tenants={"acme": tenant})
        app, _ = make_app(desk, jwt_issuers_file=house.file, refusal_milliseconds=20)
        times: dict[str, list[float]] = {name: [] for name in bearers}
        async with client(app, key=None) as speaking:
            for _ in range(-(-tries // len(bearers))):
                for name in random.sample(list(bearers), len(bearers)):
                    times[name].append(await _once(speaking, bearers[name]))
    return times, len(bearers)


async def _once(speaking: httpx.AsyncClient, bearer: str) -> float:
    began = time.perf_counter()
    response = await speaking.post(
        "/graphql", json={"query": "{ hello }"}, headers=[(b"authorization", b"Bearer " + bearer.encode())]
    )
    took = time.perf_counter() - began
    if response.status_code != 401:  # noqa: PLR2004 - what every one of them must be
        raise RuntimeError("a bad bearer was let in")
    return took


def spread(groups: list[list[float]]) -> float:
    """The largest difference between the medians of groups."""
    medians = [statistics.median(group) for group in groups]
    return max(medians) - min(medians)


def main() -> None:
    """Measure and print the ratio; exit 1 where kinds can be told apart."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=2_000)
    times, kinds = asyncio.run(measure(parser.parse_args().tries))
    found = spread(list(times.values()))
    pooled = [each for group in times.values() for each in group]
    size, by_lot = len(pooled) // kinds, []
    for _ in range(DRAWS):
        random.shuffle(pooled)
        by_lot.append(spread([pooled[start : start + size] for start in range(0, size * kinds, size)]))
    rank = sum(one < found for one in by_lot) / DRAWS
    sys.stdout.write(
        f"{len(pooled):,} tries of {kinds} kinds; medians differ by {found * 1e6:,.0f} µs at most, those of groups"
        f" drawn by lot by {statistics.median(by_lot) * 1e6:,.0f} µs: {found / statistics.median(by_lot):.2f} times;"
        f" {rank:.0%} of the draws differ by less\n"
    )
    if rank > 0.99:  # noqa: PLR2004 - one draw in a hundred is chance
        sys.exit("they can be told apart")


if __name__ == "__main__":
    main()
