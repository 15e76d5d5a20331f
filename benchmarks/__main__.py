"""`python -m benchmarks`: the product beside its references, interleaved in one run, as a table and a picture."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import uvloop

from benchmarks import installation, report, shapes
from benchmarks.peers.naive_writer import NaiveWriter
from benchmarks.rows import REFERENCES, ROWS, Bench, Row, Sizes
from tests import postgres

ACCOUNTS: Final = 10_000
NAIVE_CALLERS: Final = 16
QUICK: Final = Sizes(rounds=3, pgbench_seconds=2, transfers=4_000, singles=1_500, reads=400, lone=100, shapes=600)


async def measure(cluster: postgres.Cluster, folder: Path, rows: tuple[Row, ...], sizes: Sizes) -> report.Found:
    """Measure rows, in as many rounds as wanted, each beside its reference."""
    found = report.Found(sizes.rounds)
    async with _everything(cluster, folder, sizes) as (bench, pids):
        await _warm(bench, rows)
        before = await asyncio.to_thread(report.footprint, cluster, "bench")
        for number in range(1, sizes.rounds + 1):
            bench.number = number
            # The first of each pair changes from round to round, so that neither always finds the disk busier.
            taken: dict[object, float] = {}
            measures = list(dict.fromkeys([what for row in rows for what in (row.ours, REFERENCES[row.reference])]))
            for what in measures if number % 2 else reversed(measures):
                began = installation.cpu_seconds(pids)
                taken[what] = await what(bench)
                found.note_cpu(what.__name__, installation.cpu_seconds(pids) - began)
            for row in rows:
                found.note(row, taken[row.ours], taken[REFERENCES[row.reference]])
                report.say(f"round {number}: {found.last(row)}")
        found.shapes = await shapes.show(bench, sizes.shapes, lambda port: _taken(bench, cluster, port))
        found.facts = await asyncio.to_thread(report.facts, cluster)
        found.facts["memory of two workers"] = f"{installation.resident_bytes(pids) / 2**20:.0f} MiB"
        found.facts |= report.grown(before, await asyncio.to_thread(report.footprint, cluster, "bench"))
    return found


@asynccontextmanager
async def _everything(
    cluster: postgres.Cluster, folder: Path, sizes: Sizes
) -> AsyncIterator[tuple[Bench, tuple[int, ...]]]:
    """Start all that is measured; yields it with the process ids of the server with two workers."""
    cluster.run("CREATE DATABASE bench")
    cluster.run("CREATE DATABASE naive")
    books = await installation.open_books(cluster.url("bench"), ACCOUNTS)
    neighbour = await installation.open_books(cluster.url("bench"), ACCOUNTS // 10, "neighbour")
    environment = {"BENCH_URL": books.url, "BENCH_TENANT": str(books.tenant_id)}
    async with AsyncExitStack() as stack:
        two = await stack.enter_async_context(installation.product(books, folder, workers=2))
        one = await stack.enter_async_context(installation.product(books, folder, workers=1))
        inside = await installation.open_books(f"sqlite:///{folder / 'bench.db'}", ACCOUNTS // 10)
        sqlite = await stack.enter_async_context(installation.product(inside, folder, workers=1))
        hand = await stack.enter_async_context(installation.peer("benchmarks.peers.hand_written:app", environment))
        stock = await stack.enter_async_context(installation.peer("benchmarks.peers.stock_strawberry:app", environment))
        gateway = await stack.enter_async_context(installation.open_gateway(books.url))
        naive = NaiveWriter(cluster.url("naive"), NAIVE_CALLERS)
        stack.push_async_callback(naive.close)
        await naive.open(books.accounts, installation.FUNDS_MINOR)
        ports = {
            "two": two.port,
            "neighbour": two.port,
            "one": one.port,
            "sqlite": sqlite.port,
            "hand": hand,
            "stock": stock,
        }
        if installation.has_postgraphile():
            ports["postgraphile"] = await stack.enter_async_context(installation.postgraphile(cluster, books))
        desk = installation.Desk(gateway, books.principal)
        pids = {"two": two.pid, "one": one.pid, "sqlite": sqlite.pid}
        others = {"sqlite": inside, "neighbour": neighbour}
        yield Bench(cluster, books, others, folder, sizes, ports, pids, desk, naive), (two.pid,)


def _taken(bench: Bench, cluster: postgres.Cluster, port: str) -> shapes.Taken:
    database = installation.cpu_seconds([installation.server_pid(cluster)])
    return shapes.Taken(installation.cpu_seconds([bench.pids[port]]), database, installation.log_bytes(cluster))


async def _warm(bench: Bench, rows: tuple[Row, ...]) -> None:
    for what in dict.fromkeys([what for row in rows for what in (row.ours, REFERENCES[row.reference])]):
        await what(bench)


def main() -> None:
    """Measure and print; with --write, also keep the table and the picture in the reference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a look in a few minutes, not to be quoted")
    parser.add_argument("--rounds", type=int, help="how many; five by default")
    parser.add_argument("--rows", help="their numbers, with commas; all by default")
    parser.add_argument("--write", action="store_true", help="write docs/reference/performance.md and its picture")
    given = parser.parse_args()
    wanted = set(given.rows.split(",")) if given.rows else {row.number for row in ROWS}
    if not installation.has_postgraphile():
        wanted.discard("7")
        report.say("row 7 is left out: make bench-peers installs PostGraphile")
    rows = tuple(row for row in ROWS if row.number in wanted)
    with TemporaryDirectory() as folder, installation.durable_cluster() as cluster:
        sizes = QUICK if given.quick else Sizes()
        sizes = replace(sizes, rounds=given.rounds or sizes.rounds)
        # The load shares the machine with what it measures: on the loop that the server has, it takes less of it.
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            found = runner.run(measure(cluster, Path(folder), rows, sizes))
    report.say(found.table())
    report.say(found.other_shapes())
    if given.write:
        found.write()


if __name__ == "__main__":
    main()
