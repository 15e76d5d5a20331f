"""Spending: whether an account can give an amount, else what is missing, when it will be there, and what helps."""

from collections.abc import Iterator
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Final

from app.ledger import money
from app.ledger.balance import Balance
from app.ledger.decision import RejectionCode
from app.ledger.forecast import CauseKind, Causes
from app.values import value

OPTIONS_MAX: Final = 5


class OptionKind(StrEnum):
    """What a caller can do who cannot spend an amount at an instant."""

    SMALLER_AMOUNT = "SMALLER_AMOUNT"
    WAIT_FOR_MATURITY = "WAIT_FOR_MATURITY"
    WAIT_FOR_EXPIRY = "WAIT_FOR_EXPIRY"


@value
class SpendingOption:
    """What could be spent at an instant, in minor units: the most of it, above zero."""

    kind: OptionKind
    at: int
    amount: int


@value
class Spending:
    """Whether an amount can be spent at an instant; `refusal` says why not, None that it can.

    `spendable` None is without limit. `earliest_at` is the first instant at which it can, by the facts
    known now; None where that is not in sight. Amounts are minor units.
    """

    at: int
    refusal: RejectionCode | None
    spendable: int | None
    shortfall: int
    earliest_at: int | None
    options: tuple[SpendingOption, ...]


def can_spend(balance: Balance, amount: int, at: int, future: Causes) -> Spending:
    """Tell what would become of taking an amount above zero from an account at an instant.

    `balance` is of that instant, `future` what comes after it, each cause at its own instant.
    """
    spendable = balance.spendable
    shortfall = 0 if spendable is None else max(0, amount - spendable)
    refusal = _refusal(balance, amount, shortfall)
    if refusal is None:
        return Spending(at, None, spendable, 0, at, ())
    if refusal is not RejectionCode.INSUFFICIENT_FUNDS:
        return Spending(at, refusal, spendable, shortfall, None, ())
    now, waiting = amount - shortfall, list(_waiting(amount - shortfall, amount, future))
    options = [SpendingOption(OptionKind.SMALLER_AMOUNT, at, now)] if now > 0 else []
    options += [option for option in waiting if option.amount > 0]
    enough = waiting[-1] if waiting and waiting[-1].amount >= amount else None
    if len(options) > OPTIONS_MAX:
        options[OPTIONS_MAX - 1 : -1] = []
    return Spending(at, refusal, spendable, shortfall, enough.at if enough else None, tuple(options))


def _refusal(balance: Balance, amount: int, shortfall: int) -> RejectionCode | None:
    """Return the weightiest reason against it, as a command would meet it."""
    if balance.closed:
        return RejectionCode.ACCOUNT_CLOSED
    if balance.out_frozen:
        return RejectionCode.ACCOUNT_FROZEN
    if shortfall:
        return RejectionCode.INSUFFICIENT_FUNDS
    return RejectionCode.BALANCE_OVERFLOW if amount - balance.ledger > money.BALANCE_MAX else None


def _waiting(spendable: int, amount: int, future: Causes) -> Iterator[SpendingOption]:
    """Yield what can be spent from each coming instant on, until it is the amount."""
    for at, found in groupby(future.causes, attrgetter("at")):
        together = tuple(found)
        spendable += sum(cause.amount for cause in together)
        matures = any(cause.kind is CauseKind.MATURITY for cause in together)
        yield SpendingOption(OptionKind.WAIT_FOR_MATURITY if matures else OptionKind.WAIT_FOR_EXPIRY, at, spendable)
        if spendable >= amount:
            return
