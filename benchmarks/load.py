"""Load over HTTP: requests written ahead, sent over kept connections as fast as they are answered."""

import asyncio
import re
import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, cast

import orjson

_LENGTH: Final = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
_END: Final = b"\r\n\r\n"
_PERCENT: Final = 100


class LoadError(Exception):
    """An answer that a benchmark must not count."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a load came to: requests and seconds in all, and the seconds of each request."""

    requests: int
    seconds: float
    latencies: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Requests in a second."""
        return self.requests / self.seconds

    def percentile(self, percent: int) -> float:
        """The seconds within which so many of a hundred requests were answered."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // _PERCENT)]

    @property
    def median(self) -> float:
        """The median of the seconds of a request."""
        return statistics.median(self.latencies)


class Connection(asyncio.Protocol):
    """One connection, one request at a time; what a client library does beside that would be measured too."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        # uvloop's is one in all but its class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Gather an answer until it is whole."""
        self._received += data
        head, found, body = self._received.partition(_END)
        length = _LENGTH.search(head) if found else None
        if length is None or len(body) < int(length.group(1)) or self._answer is None:
            return
        self._received.clear()
        answer, self._answer = self._answer, None
        if not head.startswith(b"HTTP/1.1 200"):
            answer.set_exception(LoadError(f"{bytes(head[:60])!r} {bytes(body[:300])!r}"))
        else:
            answer.set_result(bytes(body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Say so to whoever still waits."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(LoadError(f"the connection was lost: {exc}"))

    async def ask(self, request: bytes) -> bytes:
        """Send a request and return the body of its answer; raises LoadError."""
        assert self._transport is not None  # noqa: S101 - asked once connected
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


def post(host: str, port: int, path: str, body: object, key: str = "") -> bytes:
    """Return an HTTP request with a JSON body, ready to be sent."""
    sent = orjson.dumps(body)
    authorization = f"Authorization: Bearer {key}\r\n" if key else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\n{authorization}Content-Length: {len(sent)}\r\n\r\n"
    )
    return head.encode() + sent


async def run(host: str, port: int, requests: Iterable[bytes], connections: int) -> Measured:
    """Send requests over so many connections, each as soon as the one before it was answered; all must succeed."""
    loop = asyncio.get_running_loop()
    opened = [(await loop.create_connection(Connection, host, port))[1] for _ in range(connections)]
    waiting = iter(requests)
    latencies: list[float] = []
    began = time.perf_counter()
    try:
        async with asyncio.TaskGroup() as group:
            for connection in opened:
                group.create_task(_client(connection, waiting, latencies))
    finally:
        for connection in opened:
            connection.close()
    return Measured(len(latencies), time.perf_counter() - began, tuple(latencies))


async def _client(connection: Connection, requests: Iterator[bytes], latencies: list[float]) -> None:
    for request in requests:
        began = time.perf_counter()
        body = await connection.ask(request)
        latencies.append(time.perf_counter() - began)
        if b'"errors"' in body or b'"code"' in body:
            raise LoadError(body[:500].decode(errors="replace"))
