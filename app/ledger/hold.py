"""Holds: money set aside, and the table of what may happen to them."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from app.ledger.account import Metadata
from app.values import value


class HoldStatus(StrEnum):
    """The states of a hold; all but ACTIVE are final."""

    ACTIVE = "ACTIVE"
    CAPTURED = "CAPTURED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


class HoldChangeKind(StrEnum):
    """What happened to a hold."""

    PLACED = "PLACED"
    INCREMENTED = "INCREMENTED"
    EXTENDED = "EXTENDED"
    CAPTURED = "CAPTURED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


@value
class Hold:
    """Money of one account set aside; `amount = captured + released + remaining` at all times."""

    id: UUID
    account_id: UUID
    destination_id: UUID | None
    amount: int
    captured: int
    released: int
    status: HoldStatus
    expires_at: int | None
    placed_at: int
    sequence: int
    reason: str | None
    description: str | None
    external_id: str | None
    correlation_id: str | None
    metadata: Metadata
    forced: bool
    principal: str

    @property
    def remaining(self) -> int:
        """What is still set aside, in minor units; 0 once the hold is terminal."""
        return self.amount - self.captured - self.released

    def status_at(self, at: int) -> HoldStatus:
        """Return the status at an instant: an ACTIVE hold reads EXPIRED from its expiry on."""
        if self.status is HoldStatus.ACTIVE and self.expires_at is not None and self.expires_at <= at:
            return HoldStatus.EXPIRED
        return self.status

    def as_of(self, at: int) -> "Hold":
        """Return the hold as it reads at an instant, a lapsed one with its rest counted released."""
        if self.status_at(at) is self.status:
            return self
        return expire(self)


@value
class HoldChange:
    """One line of a hold's history, with the hold and its account's held money as they stood after it.

    `amount` is what this change moved (0 for EXTENDED); `occurred_at` differs from `recorded_at`
    only for an expiry.
    """

    hold_id: UUID
    account_id: UUID
    sequence: int
    version: int
    kind: HoldChangeKind
    amount: int
    hold_amount: int
    captured: int
    released: int
    remaining_after: int
    expires_at: int | None
    held_after: int
    transaction_id: UUID | None
    occurred_at: int
    recorded_at: int
    principal: str


TRANSITIONS: Final[Mapping[tuple[HoldStatus, HoldChangeKind], frozenset[HoldStatus]]] = MappingProxyType(
    {
        (HoldStatus.ACTIVE, HoldChangeKind.INCREMENTED): frozenset({HoldStatus.ACTIVE}),
        (HoldStatus.ACTIVE, HoldChangeKind.EXTENDED): frozenset({HoldStatus.ACTIVE}),
        (HoldStatus.ACTIVE, HoldChangeKind.CAPTURED): frozenset({HoldStatus.ACTIVE, HoldStatus.CAPTURED}),
        (HoldStatus.ACTIVE, HoldChangeKind.RELEASED): frozenset(
            {HoldStatus.ACTIVE, HoldStatus.RELEASED, HoldStatus.CAPTURED}
        ),
        (HoldStatus.ACTIVE, HoldChangeKind.EXPIRED): frozenset({HoldStatus.EXPIRED}),
    }
)
"""The lifecycle: what may happen in which state, and where it may lead. What is not here is refused."""


def allows(status: HoldStatus, kind: HoldChangeKind) -> bool:
    """Return whether the table has a row for this change in this state."""
    return (status, kind) in TRANSITIONS


def increment(hold: Hold, amount: int) -> Hold:
    """Return the hold with more set aside."""
    return replace(hold, amount=hold.amount + amount)


def extend(hold: Hold, expires_at: int | None) -> Hold:
    """Return the hold with a later expiry; None is never."""
    return replace(hold, expires_at=expires_at)


def capture(hold: Hold, amount: int, *, final: bool) -> Hold:
    """Return the hold after taking so much of it; more than remains raises the hold first.

    Once nothing remains, or where the capture is final, the rest is released and the hold CAPTURED.
    """
    excess = max(0, amount - hold.remaining)
    rest = hold.remaining + excess - amount
    done = final or rest == 0
    return replace(
        hold,
        amount=hold.amount + excess,
        captured=hold.captured + amount,
        released=hold.released + (rest if done else 0),
        status=HoldStatus.CAPTURED if done else HoldStatus.ACTIVE,
    )


def release(hold: Hold, amount: int) -> Hold:
    """Return the hold after letting so much of it go; ended once nothing remains."""
    status = hold.status
    if amount == hold.remaining:
        status = HoldStatus.CAPTURED if hold.captured else HoldStatus.RELEASED
    return replace(hold, released=hold.released + amount, status=status)


def expire(hold: Hold) -> Hold:
    """Return the hold as EXPIRED, its rest counted released; captures before it stand."""
    return replace(hold, released=hold.released + hold.remaining, status=HoldStatus.EXPIRED)
