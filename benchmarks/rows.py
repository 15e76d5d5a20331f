"""The rows of the table: what is measured beside what, one round of each; both of a pair run in the same round."""

import asyncio
import random
import statistics
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks import installation, load
from benchmarks.installation import HOST, Books, Desk
from benchmarks.peers.naive_writer import NaiveWriter
from benchmarks.questions import POSTGRAPHILE, TYPENAME, Asker
from tests import postgres

BATCH: Final = 500
WAITING: Final = 256
READERS: Final = 8
CALLERS: Final = 4
ONE_BY_ONE: Final = 1


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much a round does: the whole table in half an hour, or a look in minutes."""

    rounds: int = 5
    pgbench_seconds: int = 5
    transfers: int = 10_000
    singles: int = 4_000
    reads: int = 1_200
    lone: int = 300
    shapes: int = 2_000


@dataclass(slots=True)
class Bench:
    """Everything that runs during a measurement."""

    cluster: postgres.Cluster
    books: Books
    others: Mapping[str, Books]
    folder: Path
    sizes: Sizes
    ports: Mapping[str, int]
    pids: Mapping[str, int]
    desk: Desk
    naive: NaiveWriter
    number: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random("bench"))  # noqa: S311 - to be repeated

    def asker(self, name: str, port: str) -> Asker:
        """Return a source of requests for one of the servers, other ones in each round."""
        return Asker(self.others.get(port, self.books), self.ports[port], f"{name}-{self.number}")

    async def load(self, port: str, requests: "list[bytes]", connections: int) -> load.Measured:
        """Send requests to one of the servers."""
        return await load.run(HOST, self.ports[port], requests, connections)

    async def tpcb(self) -> float:
        """Return transactions a second of pgbench's tpcb-like."""
        return await asyncio.to_thread(installation.pgbench, self.cluster, self.sizes.pgbench_seconds)

    async def simple_update(self) -> float:
        """Return transactions a second of pgbench's simple-update, which leaves out the two balances that all share."""
        return await asyncio.to_thread(installation.pgbench, self.cluster, self.sizes.pgbench_seconds, "simple-update")


Measure = Callable[[Bench], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; `goal` is the ratio to reach, or not to exceed where `at_most`; None is for the record."""

    number: str
    work: str
    ours: Measure
    reference: str
    goal: float | None
    at_most: bool = False
    unit: str = "/s"

    def holds(self, ratio: float) -> bool:
        """Whether a ratio reaches the goal; without one there is nothing to miss."""
        if self.goal is None:
            return True
        return ratio <= self.goal if self.at_most else ratio >= self.goal


# -- writing -----------------------------------------------------------------------------------------


async def objects(bench: Bench) -> float:
    """Transfers a second in batches of objects."""
    requests = list(bench.asker("objects", "two").batches(bench.sizes.transfers // BATCH, BATCH))
    return BATCH * (await bench.load("two", requests, CALLERS)).rate


async def columns(bench: Bench) -> float:
    """Transfers a second in batches of columns."""
    requests = list(bench.asker("columns", "two").columns(bench.sizes.transfers // BATCH, BATCH))
    return BATCH * (await bench.load("two", requests, CALLERS)).rate


async def columns_one(bench: Bench) -> float:
    """The same from a server with one worker."""
    requests = list(bench.asker("columns-one", "one").columns(bench.sizes.transfers // BATCH, BATCH))
    return BATCH * (await bench.load("one", requests, CALLERS)).rate


async def columns_of_two(bench: Bench) -> float:
    """The same of two tenants at once, a call of each in turn."""
    calls = bench.sizes.transfers // BATCH // 2
    each = [bench.asker("of-two", port).columns(calls, BATCH) for port in ("two", "neighbour")]
    requests = [request for pair in zip(*each, strict=True) for request in pair]
    return BATCH * (await bench.load("two", requests, CALLERS)).rate


async def hot(bench: Bench) -> float:
    """Transfers a second in batches of columns, each of which pays or is paid by the same account."""
    asker = bench.asker("hot", "two")
    requests = list(asker.columns(bench.sizes.transfers // BATCH, BATCH, bench.books.accounts[0]))
    return BATCH * (await bench.load("two", requests, CALLERS)).rate


async def singles(bench: Bench) -> float:
    """Single mutations a second over 256 connections."""
    requests = list(bench.asker("singles", "two").transfers(bench.sizes.singles))
    return (await bench.load("two", requests, WAITING)).rate


async def writer(bench: Bench) -> float:
    """Commands a second through the services alone, 256 callers with one command each."""
    asker = bench.asker("writer", "two")
    commands = iter([installation.move(*asker.pair()) for _ in range(bench.sizes.transfers)])
    desk, number = bench.desk, bench.number

    async def call(caller: int) -> None:
        for turn, command in enumerate(commands):
            await desk.submit([command], f"writer-{number}-{caller}-{turn}")

    began = perf_counter()
    async with asyncio.TaskGroup() as group:
        for caller in range(WAITING):
            group.create_task(call(caller))
    return bench.sizes.transfers / (perf_counter() - began)


async def naive(bench: Bench) -> float:
    """Transfers a second of the naive writer."""
    asker = bench.asker("naive", "two")
    return await bench.naive.rate([asker.pair() for _ in range(bench.sizes.transfers // 10)])


# -- reading -----------------------------------------------------------------------------------------


async def funds(bench: Bench) -> float:
    """Questions a second for the funds of fifty accounts, one worker."""
    requests = list(bench.asker("funds", "one").funds(bench.sizes.reads, 50))
    return (await bench.load("one", requests, READERS)).rate


async def funds_stock(bench: Bench) -> float:
    """The same questions to Strawberry's own view."""
    requests = list(bench.asker("stock", "stock").funds(bench.sizes.reads // 4, 50))
    return (await bench.load("stock", requests, READERS)).rate


async def funds_by_hand(bench: Bench) -> float:
    """The same to the endpoint written by hand."""
    return await _by_hand(bench, "funds", bench.sizes.reads, 50)


async def funds_glanced(bench: Bench) -> float:
    """The same to the endpoint that reads by one statement, without a transaction."""
    return await _by_hand(bench, "glance", bench.sizes.reads, 50)


async def funds_by_postgraphile(bench: Bench) -> float:
    """The same to PostGraphile, over a view of the same tables."""
    asker, port = bench.asker("postgraphile", "postgraphile"), bench.ports["postgraphile"]
    requests = [
        load.post(HOST, port, "/graphql", {"query": POSTGRAPHILE, "variables": {"ids": asker.uuids(50)}})
        for _ in range(bench.sizes.reads)
    ]
    return (await bench.load("postgraphile", requests, READERS)).rate


async def one_by_hand(bench: Bench) -> float:
    """One account, to the endpoint written by hand."""
    return await _by_hand(bench, "funds", 2 * bench.sizes.reads, 1)


async def one_glanced(bench: Bench) -> float:
    """One account, to the endpoint that reads by one statement."""
    return await _by_hand(bench, "glance", 2 * bench.sizes.reads, 1)


async def _by_hand(bench: Bench, place: str, many: int, accounts: int) -> float:
    asker, port = bench.asker("hand", "hand"), bench.ports["hand"]
    requests = [load.post(HOST, port, f"/{place}", {"accounts": list(asker.ids(accounts))}) for _ in range(many)]
    return (await bench.load("hand", requests, READERS)).rate


async def one(bench: Bench) -> float:
    """Questions a second for one account's balance, one worker."""
    requests = list(bench.asker("one", "one").ones(2 * bench.sizes.reads))
    return (await bench.load("one", requests, READERS)).rate


# -- waiting -----------------------------------------------------------------------------------------


async def lone(bench: Bench) -> float:
    """Seconds of a lone mutation on an idle server, the median."""
    requests = list(bench.asker("lone", "one").transfers(bench.sizes.lone))
    return (await bench.load("one", requests, ONE_BY_ONE)).median


async def lone_parts(bench: Bench) -> float:
    """Seconds of its parts, each measured alone: HTTP with GraphQL, and one command through the services."""
    asker = bench.asker("parts", "one")
    outside = await bench.load("one", [asker.request(TYPENAME, {})] * bench.sizes.lone, ONE_BY_ONE)
    inside = []
    for turn in range(bench.sizes.lone):
        began = perf_counter()
        await bench.desk.submit([installation.move(*asker.pair())], f"parts-{bench.number}-{turn}")
        inside.append(perf_counter() - began)
    return outside.median + statistics.median(inside)


REFERENCES: Final[Mapping[str, Measure]] = {
    "pgbench tpcb-like, 16 clients": Bench.tpcb,
    "pgbench simple-update, 16 clients": Bench.simple_update,
    "row 1 in columns": columns,
    "one worker in columns": columns_one,
    "endpoint by hand": funds_by_hand,
    "endpoint by hand, one account": one_by_hand,
    "endpoint by hand, one statement": funds_glanced,
    "endpoint by hand, one account, one statement": one_glanced,
    "stock Strawberry": funds_stock,
    "PostGraphile 5": funds_by_postgraphile,
    "its parts alone": lone_parts,
    "a transaction each, SQLAlchemy": naive,
}
_TPCB: Final = "pgbench tpcb-like, 16 clients"
ROWS: Final = (
    Row("1a", f"transfers through HTTP in batches of {BATCH} objects, two workers", objects, _TPCB, 4),
    Row("1b", f"the same in columns of {BATCH}", columns, _TPCB, 5),
    Row("1c", "the same, two workers on one tenant", columns, "one worker in columns", 0.9),
    Row("1d", "the same, two workers on two tenants", columns_of_two, "row 1 in columns", None),
    Row("2", "the same on one hot account", hot, "row 1 in columns", 0.95),
    Row("3", f"single transfers over {WAITING} connections, two workers", singles, _TPCB, 0.8),
    Row("3u", "the same", singles, "pgbench simple-update, 16 clients", None),
    Row("4", f"the writer alone, {WAITING} callers", writer, _TPCB, 6),
    Row("4n", "the writer alone, beside the naive one", writer, "a transaction each, SQLAlchemy", 20),
    Row("5", "available funds of 50 accounts, one worker", funds, "endpoint by hand", 0.5),
    Row("6", "the same", funds, "stock Strawberry", 4),
    Row("7", "the same", funds, "PostGraphile 5", 1.5),
    Row("8", "one account's balance, one worker", one, "endpoint by hand, one account", 0.6),
    Row("5s", "available funds of 50 accounts, one worker", funds, "endpoint by hand, one statement", None),
    Row("8s", "one account's balance, one worker", one, "endpoint by hand, one account, one statement", None),
    Row("11", "a lone mutation on an idle server", lone, "its parts alone", 1.3, at_most=True, unit=" s"),
)
