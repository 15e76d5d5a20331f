"""Accounts: stores of value in one currency, and what may be changed about them."""

from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from app.values import value


class Side(StrEnum):
    """The two sides of every entry."""

    DEBIT = "DEBIT"
    CREDIT = "CREDIT"

    @property
    def opposite(self) -> "Side":
        """The other side."""
        return Side.CREDIT if self is Side.DEBIT else Side.DEBIT


class Purpose(StrEnum):
    """What an account is kept for."""

    CUSTOMER = "CUSTOMER"
    PLATFORM = "PLATFORM"
    EXTERNAL = "EXTERNAL"
    CLEARING = "CLEARING"
    REVENUE = "REVENUE"
    EXPENSE = "EXPENSE"
    RESERVE = "RESERVE"


class Direction(StrEnum):
    """Which way of an account a freeze stops."""

    OUT = "OUT"
    IN = "IN"
    BOTH = "BOTH"

    @property
    def stops_out(self) -> bool:
        """Whether money may no longer leave."""
        return self is not Direction.IN

    @property
    def stops_in(self) -> bool:
        """Whether money may no longer arrive."""
        return self is not Direction.OUT


class AccountChangeKind(StrEnum):
    """What happened to an account's terms."""

    OPENED = "OPENED"
    UPDATED = "UPDATED"
    FROZEN = "FROZEN"
    UNFROZEN = "UNFROZEN"
    CLOSED = "CLOSED"
    REOPENED = "REOPENED"


Metadata: TypeAlias = tuple[tuple[str, str], ...]
"""Pairs of strings sorted by key, so that equal metadata is equal."""


@value
class Account:
    """Who an account is; what stands on it is its Balance.

    `exponent` is the currency's at the time of opening and never changes; `sequence` is the
    command that opened it; `opened_at` counts microseconds since 1970 UTC.
    """

    id: UUID
    currency: str
    exponent: int
    purpose: Purpose
    normal_side: Side
    external_id: str | None
    name: str | None
    metadata: Metadata
    opened_at: int
    sequence: int
    principal: str


@value
class AccountChange:
    """One line of an account's history of terms: floor and flags as they stood after it."""

    account_id: UUID
    sequence: int
    version: int
    kind: AccountChangeKind
    floor: int | None
    out_frozen: bool
    in_frozen: bool
    closed: bool
    reason: str | None
    principal: str
    recorded_at: int
