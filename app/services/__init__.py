"""Floor 3, when and in what order: the imperative shell."""

from app.services.faults import (
    BadInput,
    DeadlineExceeded,
    Fault,
    FaultCode,
    Forbidden,
    Internal,
    OutcomeUnknown,
    Overloaded,
    Unauthenticated,
    Unavailable,
)
from app.services.keys import KeyMode, NewKey, PresentedKey, hash_secret, make_key, parse_key, verify_secret

__all__ = [
    "BadInput",
    "DeadlineExceeded",
    "Fault",
    "FaultCode",
    "Forbidden",
    "Internal",
    "KeyMode",
    "NewKey",
    "OutcomeUnknown",
    "Overloaded",
    "PresentedKey",
    "Unauthenticated",
    "Unavailable",
    "hash_secret",
    "make_key",
    "parse_key",
    "verify_secret",
]
