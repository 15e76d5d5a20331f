"""Explanation: the slices that a ledger balance is made of, which always sum to it exactly."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from app.ledger.balance import Balance
from app.ledger.hold import Hold, HoldStatus
from app.ledger.transaction import Entry
from app.values import value


class SliceKind(StrEnum):
    """The three parts of a ledger balance, in the order in which they are told."""

    FREE = "FREE"
    MATURING = "MATURING"
    HELD = "HELD"


@value
class BalanceSlice:
    """A part of a ledger balance, in minor units and the account's normal sign; only FREE may be below zero.

    `until` is when it becomes available by itself: None for FREE, and for a hold without expiry.
    MATURING carries the increase that it is left of, HELD the hold.
    """

    kind: SliceKind
    amount: int
    until: int | None = None
    entry: Entry | None = None
    hold: Hold | None = None


def free(balance: Balance) -> BalanceSlice:
    """Return the slice that is available: below zero where more was taken or set aside than there was."""
    return BalanceSlice(SliceKind.FREE, balance.available)


def maturing(left: int, lines: Iterable[tuple[Entry, int]]) -> Iterator[BalanceSlice]:
    """Share what a bucket holds among its increases, given the newest first, until nothing is left.

    Beside each line stands its own rest: of an increase the amount less the lines of the bucket that
    name it, of a decrease 0. Decreases that name no increase of the bucket are taken from the oldest,
    so that it is the newest that keep theirs.
    """
    for entry, rest in lines:
        amount = min(rest, left)
        if amount:
            left -= amount
            yield BalanceSlice(SliceKind.MATURING, amount, entry.available_at, entry=entry)
        if not left:
            return


def held(holds: Iterable[Hold], at: int) -> Iterator[BalanceSlice]:
    """Yield what each hold in force at an instant sets aside."""
    for hold in holds:
        if hold.status_at(at) is HoldStatus.ACTIVE:
            yield BalanceSlice(SliceKind.HELD, hold.remaining, hold.expires_at, hold=hold)
