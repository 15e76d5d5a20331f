"""The edge under attack: `make bench-edge`, or `python -m benchmarks.edge [--seconds N] [--loris N]`.

A server of its own on the loopback interface, on SQLite. First, connections that never finish their headers, beside a
client that goes about its business. Then ten times the connections that the server does its best with, which ask again
as soon as they are refused; then every transfer that was accepted is sent again under its key, and must be a replay.
"""

import argparse
import asyncio
import contextlib
import json
import random
import resource
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import urlsplit

from app import services
from tests.faults.client import client, stock
from tests.faults.conftest import new_ledger
from tests.faults.server import Server, serving

HOST: Final = "127.0.0.1"
ATTACKER: Final = "127.0.0.2"
LORIS: Final = 2_000
LORIS_SECONDS_MAX: Final = 15.0
HEALTHY_PER_SECOND: Final = 50
RATIO_MAX: Final = 2.0
PEAK_CONNECTIONS: Final = 128
TIMES: Final = 10
GOODPUT_MIN: Final = 0.8
QUERY_SHARE: Final = 0.25
BATCH: Final = 500
STOCK_CENTS: Final = 1_000_000_00
_QUERY: Final = '{ availableFunds(accounts: [{ externalId: "alice" }]) { balance { spendable { amount } } } }'
_TRANSFER: Final = "mutation ($input: TransferInput!) { transfer(input: $input) { replayed rejection { code } } }"
_SUBMIT: Final = "mutation ($input: SubmitInput!) { submit(input: $input) { results { replayed rejection { code } } } }"


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@dataclass(slots=True)
class Line:
    """One connection, kept alive, that waits for each answer before it asks again."""

    url: str
    key: str
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, query: str, given: object = None) -> tuple[int, bytes, bytes]:
        """Return the status, the head and the body of an answer; raises OSError where there is none."""
        parts = urlsplit(self.url)
        if self._streams is None:
            self._streams = await asyncio.open_connection(parts.hostname, parts.port)
        reader, writer = self._streams
        body = json.dumps({"query": query, "variables": {"input": given} if given else None}).encode()
        head = f"POST /graphql HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {self.key}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        try:
            writer.write(head.encode() + body)
            told = await reader.readuntil(b"\r\n\r\n")
            length = int(told.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            answer = await reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            raise ConnectionError from None
        if b"connection: close" in told.lower():
            self.close()
        return int(told[9:12]), told, answer

    def close(self) -> None:
        """Close it; the next question opens it again."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


@dataclass(slots=True)
class Tally:
    """What became of a load."""

    answers: Counter[str] = field(default_factory=Counter)
    accepted: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    without_time: int = 0


def terms(key: str) -> dict[str, object]:
    """A transfer of one cent."""
    money = {"amount": "0.01", "currency": "USD"}
    return {"idempotencyKey": key, "from": {"externalId": "alice"}, "to": {"externalId": "bob"}, "amount": money}


async def press(line: Line, name: str, until: float, tally: Tally) -> None:
    """Ask over one connection until the time is over, at once again after a refusal."""
    chance = random.Random(name)  # noqa: S311 - a mixture that can be repeated
    number = 0
    while time.monotonic() < until:
        number += 1
        key = f"{name}-{number}"
        query = chance.random() < QUERY_SHARE
        try:
            status, head, body = await (line.ask(_QUERY) if query else line.ask(_TRANSFER, terms(key)))
        except OSError:
            tally.answers["cut"] += 1
            if not query:
                tally.unknown.append(key)
            await asyncio.sleep(0.05)
            continue
        if b'"errors"' not in body:
            tally.answers["query" if query else "transfer"] += 1
            if not query:
                tally.accepted.append(key)
            continue
        code = json.loads(body)["errors"][0]["extensions"]["code"]
        tally.answers[f"{status} {code}"] += 1
        tally.without_time += b"retry-after: " not in head.lower()
        if not query and code in {"OUTCOME_UNKNOWN", "INTERNAL_SERVER_ERROR"}:
            tally.unknown.append(key)
    line.close()


async def load(server: Server, key: str, name: str, connections: int, seconds: float) -> Tally:
    """Press for so long over so many connections."""
    tally = Tally()
    until = time.monotonic() + seconds
    lines = [Line(server.url, key) for _ in range(connections)]
    await asyncio.gather(*(press(line, f"{name}-{n}", until, tally) for n, line in enumerate(lines)))
    return tally


def goodput(tally: Tally, seconds: float) -> float:
    """Return the answers of use in a second."""
    return (tally.answers["query"] + tally.answers["transfer"]) / seconds


async def replayed(server: Server, key: str, keys: list[str]) -> int:
    """Send accepted transfers again; return how many were not a replay."""
    line = Line(server.url, key)
    wrong = 0
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        given = {"mode": "INDEPENDENT", "commands": [{"transfer": terms(one)} for one in batch]}
        _, _, body = await line.ask(_SUBMIT, given)
        results: list[dict[str, Any]] = json.loads(body)["data"]["submit"]["results"]
        wrong += sum(not result["replayed"] or result["rejection"] is not None for result in results)
    line.close()
    return wrong


async def healthy(server: Server, key: str, seconds: float) -> list[float]:
    """Ask at an even pace; return the seconds that each answer took."""
    lines = [Line(server.url, key) for _ in range(8)]
    taken: list[float] = []

    async def once(line: Line) -> None:
        began = time.perf_counter()
        status, _, body = await line.ask(_QUERY)
        if status != 200 or b'"errors"' in body:  # noqa: PLR2004 - OK
            raise AssertionError(body)
        taken.append(time.perf_counter() - began)

    tasks = []
    began = time.monotonic()
    for number in range(int(seconds * HEALTHY_PER_SECOND)):
        await asyncio.sleep(max(began + number / HEALTHY_PER_SECOND - time.monotonic(), 0))
        if lines:
            line = lines.pop()
            task = asyncio.create_task(once(line))
            task.add_done_callback(lambda _, line=line: lines.append(line))  # type: ignore[misc]
            tasks.append(task)
    await asyncio.gather(*tasks)
    return taken


def p99(taken: list[float]) -> float:
    """Return the milliseconds that one answer in a hundred takes longer than."""
    return statistics.quantiles(taken, n=100)[98] * 1_000


async def loris(port: int, count: int) -> None:
    """Hold connections open by a byte a second each; print when the last of them was closed, and how many were."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, count + 100)), hard))
    began, ends = time.monotonic(), Counter[str]()
    last = 0.0

    async def hold() -> None:
        nonlocal last
        reader, writer = await asyncio.open_connection(HOST, port, local_addr=(ATTACKER, 0))
        opened = time.monotonic()
        with contextlib.suppress(OSError):
            writer.write(b"POST /graphql HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            while time.monotonic() - opened < 2 * LORIS_SECONDS_MAX:
                try:
                    if not await asyncio.wait_for(reader.read(1_024), 1.0):
                        break
                except TimeoutError:
                    writer.write(b"a")
        held = time.monotonic() - opened
        last = max(last, held)
        ends["in time" if held <= LORIS_SECONDS_MAX else "late"] += 1
        writer.close()

    tasks = []
    for number in range(count):
        tasks.append(asyncio.create_task(hold()))
        if number % 50 == 0:
            await asyncio.sleep(0.01)
    await asyncio.gather(*tasks)
    say(json.dumps({"ends": ends, "last": last, "seconds": time.monotonic() - began}))


async def slow_loris(server: Server, key: str, count: int) -> bool:
    """Measure the first promise and tell whether it holds."""
    port = str(urlsplit(server.url).port)
    await healthy(server, key, 2)
    before = await healthy(server, key, 12)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.edge", "--hold", port, "--loris", str(count), stdout=asyncio.subprocess.PIPE
    )
    during = await healthy(server, key, 14)
    out, _ = await child.communicate()
    told = json.loads(out)
    after = await healthy(server, key, 12)
    normal = (p99(before) + p99(after)) / 2
    ratio = p99(during) / normal
    say(f"slow loris: {count} connections, {told['ends']}, the last after {told['last']:.1f} s")
    say(f"  healthy p99 {p99(during):.1f} ms, normally {normal:.1f} ms: {ratio:.2f} times")
    return told["ends"] == {"in time": count} and ratio <= RATIO_MAX


async def overload(server: Server, key: str, seconds: float) -> bool:
    """Measure the second promise and tell whether it holds."""
    calm = max(seconds / 4, 5)
    await load(server, key, "warm", PEAK_CONNECTIONS, 3)
    peak = await load(server, key, "peak", PEAK_CONNECTIONS, calm)
    before = server.resident_bytes()
    pressed = await load(server, key, "over", TIMES * PEAK_CONNECTIONS, seconds)
    grown = (server.resident_bytes() - before) / 2**20
    again = await load(server, key, "again", PEAK_CONNECTIONS, calm)
    # What else the machine does changes over minutes: the peak is that of just before and just after.
    best = (goodput(peak, calm) + goodput(again, calm)) / 2
    share = goodput(pressed, seconds) / best
    accepted = [*peak.accepted, *pressed.accepted, *again.accepted]
    lost = await replayed(server, key, accepted)
    say(f"overload: peak {goodput(peak, calm):.0f} and {goodput(again, calm):.0f} answers a second")
    say(f"  under {TIMES} times the connections {goodput(pressed, seconds):.0f} a second: {share:.2f} of the peak")
    say(f"  {dict(pressed.answers)}")
    say(f"  refusals without Retry-After {pressed.without_time}; accepted {len(accepted)}, of them lost {lost}")
    say(f"  unknown {len(pressed.unknown)}; memory {grown:+.0f} MB")
    return share >= GOODPUT_MIN and pressed.without_time == 0 and lost == 0


async def measure(seconds: float, count: int) -> bool:
    """Start a server, attack it, and tell whether every promise held."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'edge.db'}"
        await services.migrate(url)
        ledger = await new_ledger(url)
        settings = {
            "client_connections_max": 4_096,
            "budget_points_max": 1 << 30,
            "budget_points_per_second": 1 << 30,
            "tenant_operations_max": 4_096,
        }
        async with serving(url, Path(folder), **settings) as server:
            async with client(ledger.key, server.url) as teller:
                await stock(teller, ("alice", "bob"), STOCK_CENTS)
            held = [await slow_loris(server, ledger.key, count), await overload(server, ledger.key, seconds)]
            await server.stop()
    return all(held)


def main() -> None:
    """Run it all, and exit 1 where a promise did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of overload")
    parser.add_argument("--loris", type=int, default=LORIS, help="connections that never finish their headers")
    parser.add_argument("--hold", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.hold:
        asyncio.run(loris(given.hold, given.loris))
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8_192)), hard))
    if not asyncio.run(measure(given.seconds, given.loris)):
        sys.exit("a promise did not hold")


if __name__ == "__main__":
    main()
