"""Protocol: uvicorn's reading of HTTP, with a bound on everything that a caller can spin out."""

import asyncio
import math
from collections import Counter
from dataclasses import field
from http import HTTPStatus
from typing import Final, cast

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app import graphql, services
from app.http.access_log import NOTE
from app.http.admission import BUSY_RETRY_SECONDS
from app.http.answers import SECURITY_HEADERS
from app.http.client_address import UNKNOWN, Proxies, neighbourhood
from app.values import value

REFUSED_PAUSE_SECONDS: Final = BUSY_RETRY_SECONDS
"""How long nothing is read from a connection whose last request was refused for want of room: as it was told."""
_SECURITY: Final = "".join(f"{name.lower()}: {value}\r\n" for name, value in SECURITY_HEADERS.items())
_REFUSALS: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
PIPELINED_MAX: Final = 16
REFUSED_CONNECTIONS_MAX: Final = 256
"""Connections over the cap that are still told so; those over this are cut."""
_REFUSAL_SECONDS: Final = 2.0
# The application itself answers a body that is late; this is for what it does not read.
_BODY_GRACE_SECONDS: Final = 2.0


@value
class Bounds:
    """What a connection may take, in bytes and seconds, and how many there may be."""

    header_bytes_max: int = 16_384
    header_seconds_max: float = 10.0
    body_seconds_max: float = 10.0
    write_seconds_max: float = 20.0
    connections_max: int = 4_096
    client_connections_max: int = 512
    proxies: Proxies = field(default_factory=lambda: Proxies(()))


class Connections:
    """How many connections this process has, in all and from each client; those of trusted proxies are nobody's."""

    def __init__(self) -> None:
        self.total = 0
        self._of: Counter[str] = Counter()

    def enter(self, peer: str, bounds: Bounds) -> bool:
        """Count a connection; tell whether it is within the bounds."""
        self.total += 1
        if self.total > bounds.connections_max:
            return False
        return bounds.proxies.trusts(peer) or self._of[neighbourhood(peer)] < bounds.client_connections_max

    def hold(self, peer: str) -> None:
        """Count a connection as its client's."""
        self._of[neighbourhood(peer)] += 1

    def leave(self, peer: str, *, held: bool) -> None:
        """Count a connection no more."""
        self.total -= 1
        if held:
            client = neighbourhood(peer)
            self._of[client] -= 1
            if not self._of[client]:
                del self._of[client]


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, bounded: `bounds` and `connections` are the process's, as uvicorn makes the protocols."""

    bounds: Bounds = Bounds()
    process_connections: Connections = Connections()

    _peer = UNKNOWN
    _held = False
    _deaf = False
    _header_bytes = 0
    _parsing = False
    _patience: float | None = None
    """For how many seconds to wait for what is missing, once what has come is read."""
    _reading: asyncio.TimerHandle | None = None
    _writing: asyncio.TimerHandle | None = None
    _closing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin to wait for the first request, or for the moment to say that there is no room."""
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else UNKNOWN
        if self.process_connections.enter(self._peer, self.bounds):
            self._held = True
            self.process_connections.hold(self._peer)
            self._wait(self.bounds.header_seconds_max)
            return
        self._deaf = True
        if self.process_connections.total > self.bounds.connections_max + REFUSED_CONNECTIONS_MAX:
            transport.abort()
        else:
            self._wait(_REFUSAL_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self.process_connections.leave(self._peer, held=self._held)
        self._stop_waiting()
        for timer in (self._writing, self._closing):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came, under a deadline from its first byte on, whether or not it begins a request."""
        if self._deaf:
            if not self._held and not self.transport.is_closing():
                # The request was begun, so that its sender will read the answer.
                self._answer(503, services.Overloaded("Too many connections.", retry_after_seconds=BUSY_RETRY_SECONDS))
            return
        # What is read now is waited for no more: only what is still missing afterwards has a timer.
        self._parsing = True
        if self._reading is None and not self._is_answering():
            self._wait(self.bounds.header_seconds_max)
        try:
            super().data_received(data)
        finally:
            self._parsing = False
        if self._patience is not None and not self.transport.is_closing():
            self._wait(self._patience)

    def on_message_begin(self) -> None:
        """Begin to count a request's headers."""
        self._header_bytes = 0
        self._wait(self.bounds.header_seconds_max)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count a part of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to wait for the body; the application gives it up before this does."""
        self._wait(self.bounds.body_seconds_max + _BODY_GRACE_SECONDS)
        super().on_headers_complete()
        if len(self.pipeline) > PIPELINED_MAX:
            # There is no answer to give: those to the requests before it come first.
            self._deaf = True
            self.transport.abort()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Close in bounded time where this answer is the last; read nothing for a moment after a refusal."""
        super().on_response_complete()
        if self._deaf or self.transport.is_closing():
            self._close()
        elif not self.pipeline and self._was_refused() and not self.bounds.proxies.trusts(self._peer):
            # Who asks again at once would have the server do nothing but refuse.
            self.flow.pause_reading()
            self.loop.call_later(REFUSED_PAUSE_SECONDS, self._listen_again)

    def pause_writing(self) -> None:
        """Begin to wait for a caller who does not read."""
        super().pause_writing()
        if self._writing is None:
            self._writing = self.loop.call_later(self.bounds.write_seconds_max, self._abort)

    def resume_writing(self) -> None:
        """The caller has read."""
        super().resume_writing()
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that has been idle."""
        self._close()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or too much of it, as JSON and close."""
        self._stop_waiting()
        self._deaf = True
        if self.pipeline:
            # uvicorn's cycle is the last that was begun, and another is being answered: that one's answer is the last.
            self.pipeline.clear()
            return
        if self._is_answering():
            cycle = self.cycle
            if not cycle.more_body:
                # What is wrong came behind a whole request, whose answer must not be mistaken for this one's.
                cycle.keep_alive = False
                return
            # The body broke off: whoever waits for it learns that there is nobody to answer.
            cycle.disconnected = True
            cycle.message_event.set()
        self._answer(400, services.BadInput(msg))

    def _answer(self, status: int, fault: services.Fault) -> None:
        body = orjson.dumps({"errors": [graphql.entry_of_fault(fault)]})
        wait = fault.retry_after_seconds
        told = "" if wait is None else f"retry-after: {max(math.ceil(wait), 1)}\r\n"
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
            "content-type: application/json; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\n"
            f"{told}"
            f"{_SECURITY}"
            "cache-control: no-store\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self._close()

    def _was_refused(self) -> bool:
        note = self.cycle.scope["state"].get(NOTE)
        return note is not None and note.status in _REFUSALS

    def _listen_again(self) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def _is_answering(self) -> bool:
        # uvicorn has no cycle before the first request, though its types say that it has.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and not cycle.response_complete

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > self.bounds.header_bytes_max:
            # The parser turns this into its own error, which uvicorn answers by send_400_response.
            raise ValueError("the headers are over their cap")

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        if self._parsing:
            self._patience = seconds
            return
        self._reading = self.loop.call_later(seconds, self._give_up, seconds)

    def _give_up(self, seconds: float) -> None:
        self._reading = None
        if self.pipeline or (self._is_answering() and not self.cycle.more_body):
            # Another request came whole and waits for its answer; what is late came behind it.
            self._wait(seconds)
        else:
            self._close()

    def _stop_waiting(self) -> None:
        self._patience = None
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _close(self) -> None:
        """Close once what is written has been read, but not later than a while from now."""
        if not self.transport.is_closing():
            self.transport.close()
        if self._closing is None:
            self._closing = self.loop.call_later(self.bounds.write_seconds_max, self._abort)

    def _abort(self) -> None:
        self.transport.abort()
