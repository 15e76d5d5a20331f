"""The shapes of work beside the table's rows: no reference and no goal, but how rate and waiting go with size."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from benchmarks.load import Measured
from benchmarks.questions import Asker
from benchmarks.rows import Bench

HOLD: Final = (
    "mutation ($place: PlaceHoldInput!, $capture: CaptureHoldInput!) {"
    " placeHold(input: $place) { sequence } captureHold(input: $capture) { sequence } }"
)
HISTORY: Final = (
    "query ($by: AccountBy!) { account(by: $by) { entries(last: 20) { nodes { line side amount { amount }"
    " balanceAfter { amount } recordedAt transaction { id kind } } pageInfo { startCursor } } } }"
)
AS_OF: Final = (
    "query ($accounts: [AccountBy!]!, $at: DateTime) { availableFunds(accounts: $accounts, at: $at) {"
    " balance { ledger { amount } available { amount } } } }"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """Work of one kind: the server's port, connections, how many operations stand in a request, and the requests."""

    name: str
    connections: int
    make: Callable[[Asker, int], Iterator[bytes]]
    operations: int = 1
    port: str = "two"


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken so far: CPU seconds of a server and of PostgreSQL, and bytes of PostgreSQL's log."""

    cpu: float
    database_cpu: float
    log: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What a shape came to: operations a second, the waiting of requests, and what was taken before and after."""

    shape: Shape
    measured: Measured
    before: Taken
    after: Taken

    def line(self) -> str:
        """Return a line of the table."""
        many = self.measured.requests * self.shape.operations
        return (
            f"| {self.shape.name} | {self.shape.connections} | {self.measured.rate * self.shape.operations:,.0f} |"
            f" {self.measured.median * 1e3:.1f} | {self.measured.percentile(99) * 1e3:.1f} |"
            f" {(self.after.cpu - self.before.cpu) / many * 1e6:,.0f} |"
            f" {(self.after.database_cpu - self.before.database_cpu) / many * 1e6:,.0f} |"
            f" {(self.after.log - self.before.log) / many:,.0f} |"
        )


HEADING: Final = (
    "| work | connections | operations/s | p50 ms | p99 ms | server CPU µs | PostgreSQL CPU µs | log bytes |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- |"
)


def _batches(size: int) -> Callable[[Asker, int], Iterator[bytes]]:
    return lambda asker, many: asker.columns(max(4, many // size), size)


def _holds(asker: Asker, many: int) -> Iterator[bytes]:
    for _ in range(many // 2):
        yield asker.request(HOLD, asker.hold())


def _history(asker: Asker, many: int) -> Iterator[bytes]:
    for _ in range(many):
        [id_] = asker.ids(1)
        yield asker.request(HISTORY, {"by": {"id": id_}})


def _as_of(asker: Asker, many: int) -> Iterator[bytes]:
    for _ in range(many // 10):
        accounts = [{"id": id_} for id_ in asker.ids(10)]
        yield asker.request(AS_OF, {"accounts": accounts, "at": asker.instant})


def _replays(asker: Asker, many: int) -> Iterator[bytes]:
    [once] = asker.transfers(1)
    return (once for _ in range(many))


def _mostly_reads(asker: Asker, many: int) -> Iterator[bytes]:
    for _ in range(many // 10):
        yield from chain(asker.funds(9, 1), asker.transfers(1))


def _many_funds(accounts: int) -> Callable[[Asker, int], Iterator[bytes]]:
    return lambda asker, many: asker.funds(max(200, many // accounts), accounts)


SHAPES: Final = (
    *(Shape("single transfers", many, lambda asker, count: asker.transfers(count)) for many in (1, 16, 64, 256, 1_024)),
    *(Shape(f"transfers in columns of {size}", 4, _batches(size), size) for size in (10, 100, 1_000)),
    Shape("single transfers, one worker", 64, lambda asker, count: asker.transfers(count), port="one"),
    Shape("single transfers, SQLite", 64, lambda asker, count: asker.transfers(count), port="sqlite"),
    Shape("transfers in columns of 500, SQLite", 4, _batches(500), 500, port="sqlite"),
    Shape("available funds of 50, SQLite", 8, _many_funds(50), port="sqlite"),
    Shape("holds placed and captured", 64, _holds, 2),
    Shape("the same transfer again and again", 64, _replays),
    Shape("nine balances to a transfer", 64, _mostly_reads),
    *(Shape(f"available funds of {many}", 8, _many_funds(many)) for many in (1, 10, 50, 100)),
    Shape("ten balances as of an instant", 8, _as_of),
    Shape("the last page of an account's history", 8, _history),
)


async def show(bench: Bench, many: int, taken: Callable[[str], Taken]) -> list[Shown]:
    """Measure each shape once; `taken` tells what was taken so far by the server of a port."""
    shown: list[Shown] = []
    for shape in SHAPES:
        asker = bench.asker(f"shape-{shape.name}-{shape.connections}", shape.port)
        requests = list(islice(shape.make(asker, many), many))
        before = taken(shape.port)
        measured = await bench.load(shape.port, requests, shape.connections)
        shown.append(Shown(shape, measured, before, taken(shape.port)))
    return shown
