"""What can be refused by looking at a command alone: amounts that are none, and debits that are not credits."""

from collections.abc import Mapping, Sequence

from app.ledger import money
from app.ledger.advance import HORIZON_DAYS_MAX, QUOTE_SECONDS_MAX, TIERS_MAX
from app.ledger.advance_command import QuoteInstantAvailability, SetAdvancePlan
from app.ledger.command import (
    CaptureHold,
    Command,
    DelayAvailability,
    Deposit,
    ForfeitReserve,
    IncrementHold,
    PlaceHold,
    PostTransaction,
    ReleaseEarly,
    ReleaseHold,
    RescheduleEntry,
    ReverseTransaction,
    SetReservePlan,
    Transfer,
)
from app.ledger.decision import Culprit, Rejection, RejectionCode
from app.ledger.money import Amount
from app.ledger.policy import WHOLE
from app.ledger.reserve import RESERVE_DAYS_MAX
from app.ledger.transaction import imbalance


def check(command: Command, exponents: Mapping[str, int]) -> Rejection | None:
    """Return INVALID_AMOUNT or UNBALANCED where the command says so by itself, else None."""
    for line, amount, field in _amounts(command):
        if not 0 < amount.minor < 10**money.DIGITS_MAX:
            return Rejection(RejectionCode.INVALID_AMOUNT, Culprit(line=line, field=field))
    match command:
        case SetReservePlan():
            return _plan(command)
        case SetAdvancePlan():
            return _advance_plan(command)
        case PostTransaction():
            return _balance(command, exponents)
        case CaptureHold(amount=Amount() as amount, destinations=tuple() as destinations):
            total = sum(destination.amount.minor for destination in destinations)
            same = all(destination.amount.currency == amount.currency for destination in destinations)
            return (
                _unbalanced(amount.currency, amount.minor, total, exponents) if same and total != amount.minor else None
            )
        case _:
            return None


def _amounts(command: Command) -> Sequence[tuple[int | None, Amount, str]]:
    match command:
        case PostTransaction():
            return [(line, entry.amount, "amount") for line, entry in enumerate(command.entries, 1)]
        case CaptureHold():
            given = [(None, command.amount, "amount")] if command.amount is not None else []
            parts = enumerate(command.destinations or (), 2)
            return [*given, *((line, part.amount, "destinations") for line, part in parts)]
        case (
            Transfer()
            | Deposit()
            | PlaceHold()
            | IncrementHold()
            | ReverseTransaction()
            | ReleaseHold()
            | RescheduleEntry()
            | ReleaseEarly()
            | DelayAvailability()
            | ForfeitReserve()
            | QuoteInstantAvailability()
        ):
            return [(None, command.amount, "amount")] if command.amount is not None else []
        case _:
            return ()


def _plan(command: SetReservePlan) -> Rejection | None:
    """A share is none or up to the whole; a share is kept for a day at least, or until an instant."""
    if not 0 <= command.basis_points <= WHOLE:
        return Rejection(RejectionCode.INVALID_AMOUNT, Culprit(field="percent"))
    days = command.days
    if command.basis_points and isinstance(days, int) and not 1 <= days <= RESERVE_DAYS_MAX:
        return Rejection(RejectionCode.INVALID_AMOUNT, Culprit(field="days"))
    return None


def _advance_plan(command: SetAdvancePlan) -> Rejection | None:
    """Shares are none or up to the whole, of tiers that are named once; days and seconds are within bounds."""
    tiers = {tier.risk_tier for tier in command.tiers}
    shares = [tier.basis_points for tier in command.tiers]
    sound = {
        "tiers": len(tiers) == len(shares) <= TIERS_MAX and all(0 <= share <= WHOLE for share in shares),
        "feePercent": 0 <= command.fee_basis_points < WHOLE,
        "horizonDays": 1 <= command.horizon_days <= HORIZON_DAYS_MAX,
        "quoteSeconds": 1 <= command.quote_seconds <= QUOTE_SECONDS_MAX,
    }
    wrong = next((field for field, good in sound.items() if not good), None)
    return None if wrong is None else Rejection(RejectionCode.INVALID_AMOUNT, Culprit(field=wrong))


def _balance(command: PostTransaction, exponents: Mapping[str, int]) -> Rejection | None:
    crooked = imbalance((entry.amount.currency, entry.side, entry.amount.minor) for entry in command.entries)
    return None if crooked is None else _unbalanced(*crooked, exponents)


def _unbalanced(currency: str, debits: int, credits_: int, exponents: Mapping[str, int]) -> Rejection:
    exponent = exponents[currency]
    return Rejection(
        RejectionCode.UNBALANCED,
        Culprit(field="entries"),
        currency=currency,
        exponent=exponent,
        expected=money.text_of(debits, exponent),
        actual=money.text_of(credits_, exponent),
    )
