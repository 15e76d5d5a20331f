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
from app.services.keys import KeyRecord, NewKey, PresentedKey, TenantMode, make_key, parse_key, verify_secret

__all__ = [
    "BadInput",
    "DeadlineExceeded",
    "Fault",
    "FaultCode",
    "Forbidden",
    "Internal",
    "KeyRecord",
    "NewKey",
    "OutcomeUnknown",
    "Overloaded",
    "PresentedKey",
    "TenantMode",
    "Unauthenticated",
    "Unavailable",
    "make_key",
    "parse_key",
    "verify_secret",
]
