"""The access log: one line for each request, of what it was and what became of it, never of what was in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from app import telemetry

NOTE: Final = "note"
_EVENT: Final = "request"
# Asked every few seconds by whatever watches the process.
_QUIET: Final = frozenset({"/livez", "/readyz"})
_PLACES: Final = _QUIET | {"/", "/graphql", "/graphiql"}


@dataclass(slots=True)
class Note:
    """What is known of a request by the time it is answered; each part of the front door adds what it learns."""

    request_id: str
    method: str
    path: str
    began: float
    principal: str | None = None
    operation: str | None = None
    operation_type: str | None = None
    document: str | None = None
    code: str | None = None
    cost: int | None = None
    status: int | None = None
    client: str | None = None
    """Who asks through a trusted proxy."""

    def write(self) -> None:
        """Write the line."""
        log = telemetry.detail if self.path in _QUIET else telemetry.note
        log(
            telemetry.REQUESTS,
            _EVENT,
            request_id=self.request_id,
            principal=self.principal,
            method=self.method,
            place=place_of(self.path),
            operation=self.operation,
            operation_type=self.operation_type,
            document=self.document,
            status=self.status,
            code=self.code,
            cost=self.cost,
            milliseconds=round((perf_counter() - self.began) * 1_000, 2),
        )


def begin(request_id: str, method: str, path: str) -> Note:
    """Begin to note what becomes of a request."""
    return Note(request_id, method, path, perf_counter())


def note_of(scope: Mapping[str, Any]) -> Note:
    """Return the note of a request."""
    note: Note = scope["state"][NOTE]
    return note


def place_of(path: str) -> str | None:
    """Return an address if it is one of ours; a path may hold anything, a key too."""
    return path if path in _PLACES else None
