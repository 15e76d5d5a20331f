"""Floor 3, when and in what order: the imperative shell."""

from app.services.access import Principal, Scope, denial
from app.services.administration import (
    DEFAULT_SCOPES,
    AdministrationError,
    create_tenant,
    find_tenant,
    list_keys,
    list_tenants,
    migrate,
    open_keys,
    open_ledger,
    parse_scopes,
    revoke_key,
)
from app.services.almanac import Almanac
from app.services.budget import BUDGETS_MAX, Budget, Budgets, BudgetState
from app.services.checkup import Verdict, examine
from app.services.clock import new_id, now_microseconds
from app.services.clock_desk import choose_step, finish_move, open_clock, read_clock, read_instant, write_instant
from app.services.clock_steps import ClockStep, Duration, business_days, parse_duration
from app.services.demo_key import keep_key
from app.services.explanations import ExplanationPlace, explain, find_in_the_way
from app.services.faults import (
    BadInput,
    DeadlineExceeded,
    DocumentNotFound,
    DocumentsNotOffered,
    Fault,
    FaultCode,
    Forbidden,
    Internal,
    OutcomeUnknown,
    Overloaded,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from app.services.foresight import POINTS_MAX, Forecast, Step, forecast, weigh_spending
from app.services.gateway import Gateway, GatewayLimits, open_gateway
from app.services.key_desk import OVERLAP_SECONDS_DEFAULT, KeyTerms, MadeKey
from app.services.keys import KeyRecord, make_key, parse_key, verify_secret
from app.services.previews import Previewed, preview
from app.services.reader import Reader
from app.services.seed.planting import plant
from app.services.sweeper import Sweeper
from app.services.tenant_clock import ClockMove, TenantClock
from app.services.verification import Advance, Finding, verify
from app.services.writer import WriterLimits
from app.store import (
    AccountFilter,
    BalanceRead,
    Coordinate,
    Database,
    EntryFilter,
    HoldFilter,
    MaturingPlace,
    Position,
    StoredKey,
    Tenant,
    TransactionFilter,
    TrialBalanceTotal,
    Window,
)

__all__ = [
    "BUDGETS_MAX",
    "DEFAULT_SCOPES",
    "OVERLAP_SECONDS_DEFAULT",
    "POINTS_MAX",
    "AccountFilter",
    "AdministrationError",
    "Advance",
    "Almanac",
    "BadInput",
    "BalanceRead",
    "Budget",
    "BudgetState",
    "Budgets",
    "ClockMove",
    "ClockStep",
    "Coordinate",
    "Database",
    "DeadlineExceeded",
    "DocumentNotFound",
    "DocumentsNotOffered",
    "Duration",
    "EntryFilter",
    "ExplanationPlace",
    "Fault",
    "FaultCode",
    "Finding",
    "Forbidden",
    "Forecast",
    "Gateway",
    "GatewayLimits",
    "HoldFilter",
    "Internal",
    "KeyRecord",
    "KeyTerms",
    "MadeKey",
    "MaturingPlace",
    "OutcomeUnknown",
    "Overloaded",
    "Position",
    "Previewed",
    "Principal",
    "Reader",
    "Scope",
    "Step",
    "StoredKey",
    "Sweeper",
    "Tenant",
    "TenantClock",
    "Throttled",
    "TransactionFilter",
    "TrialBalanceTotal",
    "Unauthenticated",
    "Unavailable",
    "Verdict",
    "Window",
    "WriterLimits",
    "business_days",
    "choose_step",
    "create_tenant",
    "denial",
    "examine",
    "explain",
    "find_in_the_way",
    "find_tenant",
    "finish_move",
    "forecast",
    "keep_key",
    "list_keys",
    "list_tenants",
    "make_key",
    "migrate",
    "new_id",
    "now_microseconds",
    "open_clock",
    "open_gateway",
    "open_keys",
    "open_ledger",
    "parse_duration",
    "parse_key",
    "parse_scopes",
    "plant",
    "preview",
    "read_clock",
    "read_instant",
    "revoke_key",
    "verify",
    "verify_secret",
    "weigh_spending",
    "write_instant",
]
