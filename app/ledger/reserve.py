"""Reserves: a share of what is deposited to an account, kept back for so many days against what may come of it.

What is kept is an entry of kind RESERVE that matures later than the rest would. So a reserve is part of the ledger
balance like any other money that matures; it comes free by itself, and can be released early or delayed.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias
from uuid import UUID

from app.ledger.account import Account, Side
from app.ledger.policy import WHOLE
from app.values import value

RESERVE: Final = "RESERVE"
"""The kind of an entry that is kept back."""
RESERVE_DAYS_MAX: Final = 1_096
DAY: Final = 86_400_000_000
"""24 hours, in microseconds."""

Slices: TypeAlias = Sequence[tuple[int, int | None]]
"""Amounts in minor units, each with the instant from which on it is available: None is at once."""


@value
class ReservePlan:
    """From `sequence` on, `basis_points` of each deposit to an account are kept for `days` of 24 hours; 0 is nothing.

    With `until_at` they are kept until that instant instead, and nothing any more once it has come. With a `cap`, only
    as long as no more than that is kept, in minor units.
    """

    account_id: UUID
    sequence: int
    basis_points: int
    days: int
    cap: int | None
    planned_at: int
    principal: str
    until_at: int | None = None

    def until(self, at: int) -> int:
        """Return until when what is deposited at an instant is kept."""
        return at + self.days * DAY if self.until_at is None else self.until_at


@value
class Part:
    """A part of a deposit: the number of the slice that it comes from, and whether it is kept as a reserve."""

    source: int
    amount: int
    available_at: int | None
    reserved: bool = False


def plan_for(account: Account, plan: ReservePlan | None) -> ReservePlan | None:
    """Return the plan that deposits to an account follow: they are credits, and only what increases it is kept."""
    return plan if account.normal_side is Side.CREDIT else None


def keep(slices: Slices, plan: ReservePlan | None, reserved: int, at: int) -> list[Part]:
    """Return the parts of slices (amount, when available) of a deposit: first what is not kept, then what is.

    Both in the order of the slices, which they sum to. `reserved` is what is kept already. What is kept of the first
    slices together is rounded down, so that the whole is; it comes no earlier than the slice would.
    """
    if plan is None or not plan.basis_points or plan.until(at) <= at:
        return [Part(number, amount, until) for number, (amount, until) in enumerate(slices)]
    room = None if plan.cap is None else max(plan.cap - reserved, 0)
    left, kept = [], []
    whole = taken = 0
    for number, (amount, until) in enumerate(slices):
        whole += amount
        share = whole * plan.basis_points // WHOLE
        part = (share if room is None else min(share, room)) - taken
        taken += part
        left.append(Part(number, amount - part, until))
        kept.append(Part(number, part, max(until or 0, plan.until(at)), reserved=True))
    return [part for part in (*left, *kept) if part.amount]
