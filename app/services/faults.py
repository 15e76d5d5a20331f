"""Faults: what went wrong with the machine or the request, never a refusal by the ledger's rules."""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar


class FaultCode(StrEnum):
    """The codes that top-level errors carry, everywhere the same."""

    BAD_USER_INPUT = "BAD_USER_INPUT"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    THROTTLED = "THROTTLED"
    OVERLOADED = "OVERLOADED"
    UNAVAILABLE = "UNAVAILABLE"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


class Fault(Exception):  # noqa: N818 - every fault is named for what the caller is told
    """Something a caller is told by its code; the message is theirs to read and names no secret."""

    code: ClassVar[FaultCode] = FaultCode.INTERNAL_SERVER_ERROR

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_seconds = retry_after_seconds


class BadInput(Fault):
    """What was sent cannot be a command or a question; `path` leads to the part at fault."""

    code = FaultCode.BAD_USER_INPUT

    def __init__(self, message: str, path: Sequence[str | int] = ()) -> None:
        super().__init__(message)
        self.path = tuple(path)


class DocumentNotFound(Fault):
    """No document is known by this id or hash; a client that has the text may send it with its hash."""

    code = FaultCode.PERSISTED_QUERY_NOT_FOUND

    def __init__(self) -> None:
        # The very word that clients look for.
        super().__init__("PersistedQueryNotFound")


class DocumentsNotOffered(Fault):
    """Documents cannot be asked for by their hash here; send their text."""

    code = FaultCode.PERSISTED_QUERY_NOT_SUPPORTED

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported")


class Unauthenticated(Fault):
    """No usable key came with the request."""

    code = FaultCode.UNAUTHENTICATED


class Forbidden(Fault):
    """The key lacks a scope that this needs."""

    code = FaultCode.FORBIDDEN


class Throttled(Fault):
    """The bearer has used up its share for now; nothing was done, and it may be tried again after the stated time."""

    code = FaultCode.THROTTLED


class Overloaded(Fault):
    """The queues are full; nothing was touched, and it may be tried again after the stated time."""

    code = FaultCode.OVERLOADED


class Unavailable(Fault):
    """The database cannot be used now, or the server is stopping; nothing was touched."""

    code = FaultCode.UNAVAILABLE


class DeadlineExceeded(Fault):
    """The time for this ran out, and it was given up without an effect."""

    code = FaultCode.DEADLINE_EXCEEDED

    def __init__(self, message: str, *, retry_after_seconds: float = 1.0) -> None:
        super().__init__(message, retry_after_seconds=retry_after_seconds)


class OutcomeUnknown(Fault):
    """It may have happened; asking again with the same idempotency key tells."""

    code = FaultCode.OUTCOME_UNKNOWN


class Internal(Fault):
    """Our own mistake, already written to the log under `error_id`."""

    code = FaultCode.INTERNAL_SERVER_ERROR

    def __init__(self, error_id: str) -> None:
        super().__init__("Internal error.")
        self.error_id = error_id
