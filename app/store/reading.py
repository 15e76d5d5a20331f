"""What reads ask for and answer with: coordinates, filters, windows on a list, and balances as they were read."""

from uuid import UUID

from app import ledger
from app.values import value


@value
class Coordinate:
    """Where a read stands: the tenant's sequence that it saw, and the instant it evaluated at."""

    sequence: int
    at: int


@value
class BalanceRead:
    """A balance with its coordinate; equal for ever when read again there."""

    account_id: UUID
    balance: ledger.Balance
    as_of: int
    sequence: int


@value
class Position:
    """A place in a list: accounts and holds by (creating sequence, id), entries by (sequence, line)."""

    sequence: int
    tie: int


@value
class Window:
    """Which part of a list: at most `limit` items strictly between the positions, from the end if `backward`."""

    limit: int
    backward: bool = False
    after: Position | None = None
    before: Position | None = None


@value
class AccountFilter:
    """Which accounts; None filters nothing. `frozen` is either direction."""

    purposes: tuple[ledger.Purpose, ...] | None = None
    currency: str | None = None
    normal_side: ledger.Side | None = None
    closed: bool | None = None
    frozen: bool | None = None


@value
class HoldFilter:
    """Which holds; statuses are as they read at the instant of the read (a lapsed hold is EXPIRED)."""

    account_id: UUID | None = None
    statuses: tuple[ledger.HoldStatus, ...] | None = None
    expires_before: int | None = None


@value
class EntryFilter:
    """Which entries; `maturing` True keeps those with `available_at` after the read's instant, False the others."""

    side: ledger.Side | None = None
    kinds: tuple[str, ...] | None = None
    recorded_from: int | None = None
    recorded_before: int | None = None
    maturing: bool | None = None


@value
class TransactionFilter:
    """Which transactions."""

    account_id: UUID | None = None
    correlation_id: str | None = None
    kinds: tuple[str, ...] | None = None
    recorded_from: int | None = None
    recorded_before: int | None = None


@value
class TrialBalanceTotal:
    """The net ledger balances of one currency that stand on each side, in minor units, and of how many accounts."""

    currency: str
    exponent: int
    debits: int
    credits: int
    accounts: int
