"""Telemetry: the names of the logs, the few functions that write them, and the one list of what a line may tell."""

import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import orjson
import structlog

ROOT: Final = "spendable"
REQUESTS: Final = "spendable.requests"
WRITER: Final = "spendable.writer"
SERVER: Final = "spendable.server"

FIELDS: Final[Mapping[str, str]] = {
    "request_id": "the name of the request, as in X-Request-Id",
    "principal": "the public id of who asked",
    "operation": "the name of the operation",
    "operation_type": "query or mutation",
    "document": "the beginning of the SHA-256 of the document",
    "method": "the method of HTTP",
    "place": "the address that was asked, where there is something at it",
    "status": "the status of HTTP; none where the client was gone",
    "code": "the code of the first error",
    "cost": "the points that the operation came to",
    "milliseconds": "how long the answer took",
    "error_id": "the name of an unexpected error, as the caller was told it",
    "error": "the class of an error, and of what caused it",
    "where": "the part of the program that met an error",
    "stack": "where in the code an error was raised",
    "detail": "the message of an unexpected error, in lines of the level DEBUG alone",
    "reason": "a sentence of our own",
    "tenant": "the id of a tenant",
    "count": "how many",
    "issuer": "the name of an issuer of tokens, as the operator gave it",
}
"""All that a line may tell beside its time, level, log and event: no key, no amount, no name, nothing that was sent."""

_VALUE_CHARACTERS_MAX: Final = 200
_FRAMES_MAX: Final = 40
_CAUSES_MAX: Final = 5
_WITHHELD: Final = "[withheld]"
# Where a caller may choose a text, such as an operation's name, what looks like a credential is no name.
_CREDENTIAL: Final = re.compile(r"spd_(?:live|test)_|eyJ[A-Za-z0-9_-]{8}")
_CODE: Final = Path(__file__).parents[1]


def configure(level: str, form: str = "json") -> None:
    """Write log lines at this level and above to standard error, as `json` or `pretty`; `auto` asks the terminal."""
    plain = form == "json" or (form == "auto" and not sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if plain else _pretty_lines())
    # What others log comes out in our form too, and tells as little.
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger(ROOT).setLevel(level)


class _JsonLines(logging.Formatter):
    """An object a line; written without structlog's chain, which takes longer than many an answer."""

    def format(self, record: logging.LogRecord) -> str:
        return orjson.dumps(_line_of(record), default=str).decode()


def _pretty_lines() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_told],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.dev.ConsoleRenderer()],
    )


def new_error_id() -> str:
    """Return a name for one unexpected error, to be told to the caller and written to the log."""
    return f"err_{uuid4().hex}"


def unexpected(error: BaseException, *, where: str) -> str:
    """Write an unexpected error to the log, once, with where it was raised; return its error id."""
    noted = getattr(error, "spendable_error_id", None)
    if isinstance(noted, str):
        return noted
    error_id = new_error_id()
    fields: dict[str, object] = {"error_id": error_id, "where": where}
    if logging.getLogger(REQUESTS).isEnabledFor(logging.DEBUG):
        # A message may hold whatever was sent: only who asks for it gets to see it.
        fields["detail"] = str(error)
    _write(REQUESTS, logging.ERROR, "unexpected error", fields, error)
    # The same error may be seen again further out: it keeps its name and is not written a second time.
    if hasattr(error, "__dict__"):
        error.__dict__["spendable_error_id"] = error_id
    return error_id


def note(log: str, event: str, **fields: object) -> None:
    """Write a line of information to one of the named logs; the event is a constant text."""
    _write(log, logging.INFO, event, fields)


def detail(log: str, event: str, **fields: object) -> None:
    """Write a line for whoever looks closely."""
    _write(log, logging.DEBUG, event, fields)


def warn(log: str, event: str, **fields: object) -> None:
    """Write a warning to one of the named logs; the event is a constant text."""
    _write(log, logging.WARNING, event, fields)


def class_of(error: BaseException) -> str:
    """Return the class of an error, and of what caused it, without what they say."""
    return " from ".join(type(cause).__name__ for cause in _causes(error))


def _write(log: str, level: int, event: str, fields: Mapping[str, object], error: BaseException | None = None) -> None:
    logger = logging.getLogger(log)
    if logger.isEnabledFor(level):
        raised = None if error is None else (type(error), error, error.__traceback__)
        logger.log(level, event, extra={"spendable": fields}, exc_info=raised)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    for _ in range(_CAUSES_MAX):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


def _told(_logger: object, _name: str, event_dict: MutableMapping[str, Any]) -> dict[str, Any]:
    record: logging.LogRecord = event_dict["_record"]
    return _line_of(record) | {"_record": record, "_from_structlog": False}


def _line_of(record: logging.LogRecord) -> dict[str, Any]:
    """Make of a record what a line tells: the only place that decides about that."""
    made: dict[str, Any] = {
        "timestamp": logging.Formatter.formatTime(_CLOCK, record, "%Y-%m-%dT%H:%M:%S"),
        "level": record.levelname.lower(),
        "logger": record.name,
        # Others write what they were sent into their messages; the first line without it tells enough.
        "event": str(record.msg).partition("\n")[0][:_VALUE_CHARACTERS_MAX],
    }
    fields: Mapping[str, object] = getattr(record, "spendable", {})
    for name, value in fields.items():
        if name in FIELDS and value is not None:
            made[name] = _shown(value)
    if record.exc_info and record.exc_info[1] is not None:
        made["error"] = class_of(record.exc_info[1])
        made["stack"] = _stack_of(record.exc_info[1])
    return made


_CLOCK: Final = logging.Formatter()


def _shown(value: object) -> object:
    if isinstance(value, bool | int | float):
        return value
    text = str(value)
    return _WITHHELD if _CREDENTIAL.search(text) else text[:_VALUE_CHARACTERS_MAX]


def _stack_of(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_MAX:]
    return [f"{_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]


def _short(path: str) -> str:
    return path.removeprefix(f"{_CODE}/")
