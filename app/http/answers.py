"""Answers of the front door: faults as JSON with their code, their status and what the client may do next."""

import math
from collections.abc import Mapping
from typing import Any, Final

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app import graphql, services
from app.http.access_log import note_of

JSON: Final = "application/json; charset=utf-8"


class CodedResponse(Response):
    """A response whose first error's code is noted for the log."""

    code: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        note_of(scope).code = self.code
        await super().__call__(scope, receive, send)


SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_STATUS: Final[Mapping[services.FaultCode, int]] = {
    services.FaultCode.BAD_USER_INPUT: 400,
    services.FaultCode.GRAPHQL_PARSE_FAILED: 400,
    services.FaultCode.GRAPHQL_VALIDATION_FAILED: 400,
    services.FaultCode.PERSISTED_QUERY_NOT_FOUND: 400,
    services.FaultCode.PERSISTED_QUERY_NOT_SUPPORTED: 400,
    services.FaultCode.UNAUTHENTICATED: 401,
    services.FaultCode.FORBIDDEN: 403,
    services.FaultCode.THROTTLED: 429,
    services.FaultCode.OVERLOADED: 503,
    services.FaultCode.UNAVAILABLE: 503,
    services.FaultCode.OUTCOME_UNKNOWN: 503,
    services.FaultCode.DEADLINE_EXCEEDED: 504,
    services.FaultCode.INTERNAL_SERVER_ERROR: 500,
}


def status_of(code: services.FaultCode) -> int:
    """Return the HTTP status that goes with a code when nothing was run."""
    return _STATUS[code]


def fault_response(
    fault: services.Fault, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a fault as a JSON response, `errors` and no `data`; the status is the code's unless given."""
    entry = graphql.entry_of_fault(fault)
    made = dict(headers or {})
    if isinstance(fault, services.Unauthenticated):
        made["WWW-Authenticate"] = 'Bearer realm="spendable"'
    return entries_response([entry], status=status or status_of(fault.code), media_type=JSON, headers=made)


def entries_response(
    entries: list[graphql.ErrorEntry], *, status: int, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return error entries as a JSON response without `data`."""
    return payload_response({"errors": entries}, status=status, media_type=media_type, headers=headers)


def payload_response(
    payload: Mapping[str, Any], *, status: int, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a GraphQL response; it is never stored by anyone, and says when to try again."""
    made = {"Cache-Control": "no-store", "Content-Type": media_type, **(headers or {})}
    waits = [
        entry["extensions"]["retryAfterSeconds"]
        for entry in payload.get("errors", ())
        if "retryAfterSeconds" in entry["extensions"]
    ]
    if waits:
        made["Retry-After"] = str(max(1, math.ceil(max(waits))))
    response = CodedResponse(orjson.dumps(payload), status_code=status, headers=made)
    response.code = next((entry["extensions"].get("code") for entry in payload.get("errors", ())), None)
    return response
