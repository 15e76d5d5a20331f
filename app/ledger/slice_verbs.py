"""What is decided about money that is moved in time: a pin where it lies, an increase where it goes, both naming it."""

from typing import assert_never

from app.ledger.account import Account
from app.ledger.case import Case
from app.ledger.command import DelayAvailability, ReleaseEarly, RescheduleEntry
from app.ledger.decision import Accepted, Culprit, Denied, Rejection, RejectionCode
from app.ledger.effect import Licence
from app.ledger.money import Amount
from app.ledger.reference import Conditions, EntryReference
from app.ledger.transaction import RESCHEDULE, Entry, Line, Transaction
from app.ledger.transaction_verbs import Header, later, own_rest, post
from app.values import value


@value
class Slice:
    """An increase, what of it may be moved, and how much is asked for."""

    transaction: Transaction
    entry: Entry
    account: Account
    movable: int
    amount: int


def move_in_time(
    case: Case, command: RescheduleEntry | ReleaseEarly | DelayAvailability
) -> Accepted | Rejection | Denied:
    """Move what is left of an increase to another instant, as far as the command goes."""
    match command:
        case RescheduleEntry():
            return _reschedule(case, command)
        case ReleaseEarly():
            return _release_early(case, command)
        case DelayAvailability():
            return _delay(case, command)
        case _:
            assert_never(command)


def _reschedule(case: Case, command: RescheduleEntry) -> Accepted | Rejection | Denied:
    """Move the rest of a maturing increase to another instant, an earlier one with the scope for it."""
    found = find_slice(case, EntryReference(command.transaction, command.line), command.amount, command.require)
    if found is None:
        return case.certain()
    until = later(case, command.available_at)
    if found.movable and until == found.entry.available_at:
        _refuse_time(case, found, "availableAt")
    if refusal := case.verdict():
        return refusal
    if _earlier(found, until) and not case.request.may_advance:
        return Denied("advance")
    return _move(case, found, until, command.reason)


def _release_early(case: Case, command: ReleaseEarly) -> Accepted | Rejection:
    """Let the rest of a maturing increase come earlier: at once, or at an instant before it would."""
    found = find_slice(case, command.entry, command.amount, command.require)
    if found is None:
        return case.certain()
    until = later(case, command.available_at)
    if found.movable and not _earlier(found, until):
        _refuse_time(case, found, "availableAt")
    return case.verdict() or _move(case, found, until, command.reason)


def _delay(case: Case, command: DelayAvailability) -> Accepted | Rejection:
    """Let the rest of an increase come later; of one that has come, it takes what is available, which is checked."""
    found = find_slice(case, command.entry, command.amount, command.require, matured_too=True)
    if found is None:
        return case.certain()
    until = later(case, command.until)
    if found.movable and (until is None or _earlier(found, until) or until == found.entry.available_at):
        _refuse_time(case, found, "until")
    return case.verdict() or _move(case, found, until, command.reason)


def find_slice(
    case: Case,
    named: EntryReference,
    amount: Amount | None,
    require: Conditions,
    *,
    matured_too: bool = False,
    kind: str | None = None,
) -> Slice | None:
    """Return the increase meant and how much of it to move, or None; notes all that speaks against moving so much."""
    transaction = case.transaction(named.transaction)
    entry = None
    if transaction is not None:
        entry = next((e for e in case.book.entries[transaction.id] if e.line == named.line), None)
        if entry is None:
            culprit = Culprit(transaction=transaction.id, line=named.line)
            case.refuse(RejectionCode.TRANSACTION_NOT_FOUND, culprit)
    case.conditions(require)
    if transaction is None or entry is None:
        return None
    account = case.book.accounts[entry.account_id]
    culprit = Culprit(account=account.id, transaction=transaction.id, line=entry.line)
    movable = 0
    if kind in (None, entry.kind):
        movable = _movable(case, entry, account, matured_too=matured_too)
    wanted = movable if amount is None else amount.minor
    if amount is not None:
        case.matches(account, amount.currency, culprit)
    if wanted > movable or movable == 0:
        case.refuse(
            RejectionCode.SLICE_EXCEEDED,
            culprit,
            remaining=movable,
            currency=account.currency,
            exponent=account.exponent,
        )
    case.open(account, entry.line)
    return Slice(transaction, entry, account, movable, wanted)


def _movable(case: Case, entry: Entry, account: Account, *, matured_too: bool) -> int:
    """Return how much of an increase may be moved: its own rest, as far as its bucket still holds it."""
    if entry.side is not account.normal_side:
        return 0
    rest = own_rest(case, entry)
    instant = later(case, entry.available_at)
    if instant is None:
        return rest if matured_too else 0
    return min(rest, case.book.buckets.get((account.id, instant), 0))


def _earlier(found: Slice, until: int | None) -> bool:
    """Whether an instant lies before the one at which the money comes, or came."""
    return until is None or until < (found.entry.available_at or 0)


def _refuse_time(case: Case, found: Slice, field: str) -> None:
    case.refuse(RejectionCode.INVALID_TIME, Culprit(transaction=found.transaction.id, field=field))


def _move(case: Case, found: Slice, until: int | None, reason: str) -> Accepted | Rejection:
    """Post the move: what has matured is taken from what is available, and that is checked like any decrease."""
    entry, account, amount = found.entry, found.account, found.amount
    source = later(case, entry.available_at)
    lines = (
        Line(account, account.normal_side.opposite, amount, source, entry.kind, reason, entry.key),
        Line(account, account.normal_side, amount, until, entry.kind, reason, entry.key),
    )
    header = Header(
        RESCHEDULE,
        case.at,
        correlation_id=found.transaction.correlation_id,
        advanced=source is not None and _earlier(found, until),
    )
    return post(case, header, lines, Licence(pins=True))
