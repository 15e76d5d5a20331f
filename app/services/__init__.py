"""Floor 3, when and in what order: the imperative shell."""

from app.services.access import Principal, Scope
from app.services.clock import IdSource, new_id, now_microseconds
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
from app.services.gateway import Gateway, GatewayLimits, open_gateway
from app.services.keys import KeyRecord, NewKey, PresentedKey, TenantMode, make_key, parse_key, verify_secret
from app.services.reader import Reader
from app.services.sweeper import Sweeper
from app.services.writer import Writer, WriterLimits
from app.store import (
    AccountFilter,
    BalanceRead,
    Coordinate,
    EntryFilter,
    HoldFilter,
    Position,
    TransactionFilter,
    TrialBalanceTotal,
    Window,
)

__all__ = [
    "AccountFilter",
    "BadInput",
    "BalanceRead",
    "Coordinate",
    "DeadlineExceeded",
    "EntryFilter",
    "Fault",
    "FaultCode",
    "Forbidden",
    "Gateway",
    "GatewayLimits",
    "HoldFilter",
    "IdSource",
    "Internal",
    "KeyRecord",
    "NewKey",
    "OutcomeUnknown",
    "Overloaded",
    "Position",
    "PresentedKey",
    "Principal",
    "Reader",
    "Scope",
    "Sweeper",
    "TenantMode",
    "TransactionFilter",
    "TrialBalanceTotal",
    "Unauthenticated",
    "Unavailable",
    "Window",
    "Writer",
    "WriterLimits",
    "make_key",
    "new_id",
    "now_microseconds",
    "open_gateway",
    "parse_key",
    "verify_secret",
]
