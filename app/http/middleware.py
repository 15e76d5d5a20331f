"""Middlewares: what holds for every request before anything reads it, as plain ASGI."""

import re
from contextlib import nullcontext
from secrets import token_hex
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import services, telemetry
from app.http import access_log
from app.http.admission import BUSY_RETRY_SECONDS, Load
from app.http.answers import SECURITY_HEADERS, fault_response
from app.http.client_address import UNKNOWN, Proxies

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}", re.ASCII)
_DIGITS: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_HEADERS: Final = tuple(
    (name.lower().encode(), value.encode()) for name, value in {**SECURITY_HEADERS, "Cache-Control": "no-store"}.items()
)
"""What every answer has that says nothing else."""
LIVENESS_PATH: Final = "/livez"
_CODE_OF_STATUS: Final = {404: "There is nothing at this address.", 405: "This address does not take that method."}


class Frame:
    """The outermost: names, counts and notes each request, adds headers, and masks what nobody caught."""

    def __init__(self, app: ASGIApp, *, load: Load, proxies: Proxies, writes_log: bool) -> None:
        self._app = app
        self._load = load
        self._proxies = proxies
        self._access_log = writes_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "WebSockets are not offered."})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        note = self._noted(scope)
        try:
            await self._answer(scope, receive, self._framed(note, send), note)
        finally:
            if self._access_log:
                note.write()

    async def _answer(self, scope: Scope, receive: Receive, send: Send, note: access_log.Note) -> None:
        # A busy process is alive: to end it for being busy would make things worse.
        if self._load.full and scope["path"] != LIVENESS_PATH:
            busy = services.Overloaded(
                "Too many requests at once; nothing was done.", retry_after_seconds=BUSY_RETRY_SECONDS
            )
            await fault_response(busy)(scope, receive, send)
            return
        self._load.requests += 1
        try:
            # A connection counts as its client's; where a proxy stands between, the requests do.
            with nullcontext() if note.client is None else self._load.of_client(note.client):
                await self._app(scope, receive, send)
        except services.Throttled as throttled:
            await fault_response(throttled)(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the last place that can answer
            place = access_log.place_of(scope["path"]) or "an address"
            fault = services.Internal(telemetry.unexpected(error, where=f"{scope['method']} {place}"))
            if note.status is None:
                await fault_response(fault)(scope, receive, send)
        finally:
            self._load.requests -= 1

    def _noted(self, scope: Scope) -> access_log.Note:
        given = Headers(scope=scope)
        named = given.get("x-request-id", "")
        request_id = named if _REQUEST_ID.fullmatch(named) else f"req_{token_hex(16)}"
        peer = (scope.get("client") or (UNKNOWN,))[0]
        note = access_log.begin(request_id, scope["method"], scope["path"])
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["client_address"] = client = self._proxies.client_of(peer, given.getlist("x-forwarded-for"))
        if self._proxies.trusts(peer) and not self._proxies.trusts(client):
            note.client = client
        state[access_log.NOTE] = note
        return note

    def _framed(self, note: access_log.Note, send: Send) -> Send:
        async def framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                note.status = message["status"]
                given = list(message["headers"])
                names = {name for name, _ in given}
                given.append((b"x-request-id", note.request_id.encode()))
                given.extend(header for header in _HEADERS if header[0] not in names)
                message["headers"] = given
            await send(message)

        return framed


class _BodyTooLargeError(Exception):
    """The body went over its cap while it was read."""


class Caps:
    """Refuses headers and bodies over their caps, a body by its announced length or as soon as it has gone over."""

    def __init__(self, app: ASGIApp, *, body_bytes_max: int, header_bytes_max: int) -> None:
        self._app = app
        self._body_bytes_max = body_bytes_max
        self._header_bytes_max = header_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        try:
            await self._app(scope, self._counted(receive), send)
        except _BodyTooLargeError:
            await self._too_large()(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
        size += sum(len(name) + len(value) for name, value in scope["headers"])
        if size > self._header_bytes_max:
            return fault_response(
                services.BadInput(f"The headers have more than {self._header_bytes_max} bytes."), status=431
            )
        lengths = Headers(scope=scope).getlist("content-length")
        if lengths and (len(lengths) > 1 or not _DIGITS.fullmatch(lengths[0])):
            return fault_response(services.BadInput("Content-Length is not a number."))
        if lengths and int(lengths[0]) > self._body_bytes_max:
            return self._too_large()
        return None

    def _too_large(self) -> Response:
        return fault_response(services.BadInput(f"The body has more than {self._body_bytes_max} bytes."), status=413)

    def _counted(self, receive: Receive) -> Receive:
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._body_bytes_max:
                    raise _BodyTooLargeError
            return message

        return counted


class Straight:
    """Takes what is for one address to it straight away, past the router; the innermost of the middlewares.

    The address answers every method itself, and whatever it raises is masked by the frame.
    """

    def __init__(self, app: ASGIApp, *, path: str, to: ASGIApp) -> None:
        self._app = app
        self._path = path
        self._to = to

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        straight = scope["type"] == "http" and scope["path"] == self._path
        await (self._to if straight else self._app)(scope, receive, send)


class SameOrigin:
    """Refuses what another site's page sends, unless its origin is allowed; following a link to a page is not that."""

    def __init__(self, app: ASGIApp, *, allowed_origins: tuple[str, ...]) -> None:
        self._app = app
        self._allowed_origins = frozenset(allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] == "http" and not self._may_pass(scope, Headers(scope=scope)):
            forbidden = services.Forbidden("Requests from other sites are not allowed.")
            await fault_response(forbidden)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _may_pass(self, scope: Scope, headers: Headers) -> bool:
        origins = headers.getlist("origin")
        if len(origins) > 1:
            return False
        if origins and origins[0] in self._allowed_origins:
            return True
        if origins and _host_of(origins[0]) != headers.get("host", ""):
            return False
        # Another port of the same host is the same site, and another origin all the same.
        if headers.get("sec-fetch-site") not in {"cross-site", "same-site"}:
            return True
        if scope["method"] != "GET" or scope["path"] == "/graphql":
            return False
        return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest", "document") == "document"


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


async def http_exception(_: Request, error: Exception) -> Response:
    """Answer what the router refuses, as JSON."""
    if not isinstance(error, HTTPException):
        raise error
    message = _CODE_OF_STATUS.get(error.status_code, "The request cannot be answered.")
    return fault_response(services.BadInput(message), status=error.status_code, headers=error.headers)
