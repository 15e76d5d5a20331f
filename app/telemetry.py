"""Telemetry: the names of the logs, and the few functions that write them."""

import logging
import sys
from typing import Final
from uuid import uuid4

ROOT: Final = "spendable"
REQUESTS: Final = "spendable.requests"
WRITER: Final = "spendable.writer"
SERVER: Final = "spendable.server"


def configure(level: str) -> None:
    """Write the product's log lines at this level and above to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger(ROOT)
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False


def new_error_id() -> str:
    """Return a name for one unexpected error, to be told to the caller and written to the log."""
    return f"err_{uuid4().hex}"


def unexpected(error: BaseException, *, where: str) -> str:
    """Write an unexpected error to the log, once, with its traceback; return its error id."""
    noted = getattr(error, "spendable_error_id", None)
    if isinstance(noted, str):
        return noted
    error_id = new_error_id()
    logging.getLogger(REQUESTS).error(
        "unexpected error %s in %s", error_id, where, exc_info=(type(error), error, error.__traceback__)
    )
    # The same error may be seen again further out: it keeps its name and is not written a second time.
    if hasattr(error, "__dict__"):
        error.__dict__["spendable_error_id"] = error_id
    return error_id


def note(name: str, message: str, *values: object) -> None:
    """Write a line of information to one of the named logs."""
    logging.getLogger(name).info(message, *values)


def warn(name: str, message: str, *values: object) -> None:
    """Write a warning to one of the named logs."""
    logging.getLogger(name).warning(message, *values)
