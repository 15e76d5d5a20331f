"""What is decided about holds: place, increment, extend, capture, release, and the recording of an expiry."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from app.ledger import hold as lifecycle
from app.ledger import money
from app.ledger.account import Account
from app.ledger.balance import Balance
from app.ledger.book import HOLD_KIND, TRANSACTION_KIND
from app.ledger.case import Case
from app.ledger.command import CaptureHold, ExtendHold, IncrementHold, PlaceHold, RecordExpiry, ReleaseHold
from app.ledger.decision import Accepted, Culprit, Rejection, RejectionCode
from app.ledger.effect import Effect, Licence, gather, judge, settle
from app.ledger.event import EventKind
from app.ledger.hold import Hold, HoldChange, HoldChangeKind, HoldStatus
from app.ledger.reference import Conditions, Reference
from app.ledger.transaction import CAPTURE, Line
from app.ledger.transaction_verbs import Header, announce, enter, later
from app.values import value

_EVENTS: Final = {
    HoldChangeKind.PLACED: EventKind.HOLD_PLACED,
    HoldChangeKind.INCREMENTED: EventKind.HOLD_INCREMENTED,
    HoldChangeKind.EXTENDED: EventKind.HOLD_EXTENDED,
    HoldChangeKind.CAPTURED: EventKind.HOLD_CAPTURED,
    HoldChangeKind.RELEASED: EventKind.HOLD_RELEASED,
    HoldChangeKind.EXPIRED: EventKind.HOLD_EXPIRED,
}


@value
class _Change:
    """A hold's next state, what led there, and how much it moved."""

    kind: HoldChangeKind
    after: Hold
    amount: int
    transaction_id: UUID | None = None
    occurred_at: int | None = None
    forced: bool = False


def place_hold(case: Case, command: PlaceHold) -> Accepted | Rejection:
    """Set money aside; checked like a debit."""
    account = case.account(command.account, named="account")
    destination = case.account(command.destination, named="destination") if command.destination else None
    case.conditions(command.require)
    if command.expires_at is not None and command.expires_at <= case.at:
        case.refuse(RejectionCode.INVALID_TIME, Culprit(field="expiresAt"))
    if account is None or (command.destination is not None and destination is None):
        return case.certain()
    case.matches(account, command.amount.currency, Culprit(account=account.id, field="amount"))
    if destination is not None:
        _judge_destination(case, account, destination)
    case.new_external_id(HOLD_KIND, command.external_id)
    effect = Effect(account, None, held=command.amount.minor, sets_aside=True, until=command.expires_at)
    judge(case, {account.id: effect}, (), Licence(force=command.force))
    if refusal := case.verdict():
        return refusal
    sequence = case.book.advance()
    hold = Hold(
        id=case.request.new_id,
        account_id=account.id,
        destination_id=destination.id if destination else None,
        amount=command.amount.minor,
        captured=0,
        released=0,
        status=HoldStatus.ACTIVE,
        expires_at=command.expires_at,
        placed_at=case.at,
        sequence=sequence,
        reason=command.reason,
        description=command.description,
        external_id=command.external_id,
        correlation_id=command.correlation_id,
        metadata=command.metadata,
        forced=command.force,
        principal=case.request.principal,
    )
    case.book.claim(HOLD_KIND, hold.external_id, hold.id)
    balances = settle(case, {account.id: effect})
    return _keep(case, _Change(HoldChangeKind.PLACED, hold, hold.amount, forced=command.force), balances)


def _judge_destination(case: Case, account: Account, destination: Account) -> None:
    culprit = Culprit(account=destination.id, field="destination")
    if destination.id == account.id:
        case.refuse(RejectionCode.SAME_ACCOUNT, culprit)
    case.matches(destination, account.currency, culprit)
    case.open(destination)


def increment_hold(case: Case, command: IncrementHold) -> Accepted | Rejection:
    """Set more aside; checked like a debit."""
    found = _begin(case, command.hold, command.require, HoldChangeKind.INCREMENTED)
    if found is None:
        return case.certain()
    hold, account = found
    case.matches(account, command.amount.currency, Culprit(hold=hold.id, field="amount"))
    effect = Effect(account, None, held=command.amount.minor, sets_aside=True, until=hold.expires_at)
    judge(case, {account.id: effect}, (), Licence(force=command.force))
    after = lifecycle.increment(hold, command.amount.minor)
    _judge_size(case, after)
    if refusal := case.verdict():
        return refusal
    case.book.advance()
    balances = settle(case, {account.id: effect})
    change = _Change(HoldChangeKind.INCREMENTED, after, command.amount.minor, forced=command.force)
    return _keep(case, change, balances)


def extend_hold(case: Case, command: ExtendHold) -> Accepted | Rejection:
    """Put the expiry off; only a later one, and never is the latest."""
    found = _begin(case, command.hold, command.require, HoldChangeKind.EXTENDED)
    if found is None:
        return case.certain()
    hold, account = found
    present = hold.expires_at
    if present is None or (command.expires_at is not None and command.expires_at <= present):
        case.refuse(RejectionCode.INVALID_TIME, Culprit(hold=hold.id, field="expiresAt"))
    case.open(account)
    if refusal := case.verdict():
        return refusal
    case.book.advance()
    balances = settle(case, {account.id: Effect(account, None)})
    after = lifecycle.extend(hold, command.expires_at)
    return _keep(case, _Change(HoldChangeKind.EXTENDED, after, 0), balances)


def release_hold(case: Case, command: ReleaseHold) -> Accepted | Rejection:
    """Let held money go."""
    found = _begin(case, command.hold, command.require, HoldChangeKind.RELEASED)
    if found is None:
        return case.certain()
    hold, account = found
    amount = hold.remaining
    if command.amount is not None:
        case.matches(account, command.amount.currency, Culprit(hold=hold.id, field="amount"))
        amount = command.amount.minor
    active = hold.status_at(case.at) is HoldStatus.ACTIVE
    if active and amount > hold.remaining:
        _exceeds(case, RejectionCode.RELEASE_EXCEEDS_HOLD, hold, account)
    case.open(account)
    if refusal := case.verdict():
        return refusal
    case.book.advance()
    balances = settle(case, {account.id: Effect(account, None, held=-amount)})
    return _keep(case, _Change(HoldChangeKind.RELEASED, lifecycle.release(hold, amount), amount), balances)


def capture_hold(case: Case, command: CaptureHold) -> Accepted | Rejection:
    """Take held money and post it; more than remains only with `allow_excess`."""
    found = _begin(case, command.hold, command.require, HoldChangeKind.CAPTURED)
    hold, account = found if found is not None else (None, None)
    case.new_external_id(TRANSACTION_KIND, command.external_id)
    targets = _targets(case, command, hold)
    if hold is None or account is None or targets is None:
        return case.certain()
    amount = _captured(case, command, hold, account)
    active = hold.status_at(case.at) is HoldStatus.ACTIVE
    if active and amount > hold.remaining and not command.allow_excess:
        _exceeds(case, RejectionCode.CAPTURE_EXCEEDS_HOLD, hold, account)
    after = lifecycle.capture(hold, amount, final=command.final)
    lines = _lines(case, command, account, amount, targets)
    effects = gather(lines)
    effects[account.id].until = hold.expires_at
    if active:
        effects[account.id].held = after.remaining - hold.remaining
        _judge_size(case, after)
    judge(case, effects, lines, Licence(force=command.force))
    if refusal := case.verdict():
        return refusal
    case.book.advance()
    correlation_id = hold.correlation_id if command.correlation_id is None else command.correlation_id
    header = Header(
        CAPTURE,
        case.at,
        command.description,
        command.external_id,
        correlation_id,
        command.metadata,
        forced=command.force,
        hold_id=hold.id,
    )
    enter(case, header, lines)
    balances = settle(case, effects)
    made = case.request.new_id
    change = _Change(HoldChangeKind.CAPTURED, after, amount, made, forced=command.force)
    accepted = _keep(case, change, balances)
    announce(case, header, made, lines)
    return replace(accepted, transaction_id=made, transaction=case.book.transactions[made])


def _targets(case: Case, command: CaptureHold, hold: Hold | None) -> list[Account] | None:
    """Return the accounts that the money goes to, or None where there are none to be found."""
    if command.destinations is not None:
        accounts = [
            case.account(destination.account, line=number, named="destinations")
            for number, destination in enumerate(command.destinations, 2)
        ]
        found = [account for account in accounts if account is not None]
        return found if len(found) == len(accounts) else None
    if hold is None:
        return None
    if hold.destination_id is None:
        case.refuse(RejectionCode.DESTINATION_MISSING, Culprit(hold=hold.id, field="destinations"))
        return None
    return [case.book.accounts[hold.destination_id]]


def _captured(case: Case, command: CaptureHold, hold: Hold, account: Account) -> int:
    """Return how much is taken: the destinations' sum, the given amount, or all that remains.

    Of a hold that has ended, whose capture is refused anyway, all that was ever set aside: so that
    other reasons against it do not hang on whether its expiry was recorded.
    """
    if command.amount is not None:
        case.matches(account, command.amount.currency, Culprit(hold=hold.id, line=1, field="amount"))
    if command.destinations is not None:
        for number, destination in enumerate(command.destinations, 2):
            case.matches(account, destination.amount.currency, Culprit(hold=hold.id, line=number))
        return sum(destination.amount.minor for destination in command.destinations)
    if command.amount is not None:
        return command.amount.minor
    return hold.remaining if hold.status_at(case.at) is HoldStatus.ACTIVE else hold.amount


def _lines(case: Case, command: CaptureHold, account: Account, amount: int, targets: Sequence[Account]) -> list[Line]:
    side = account.normal_side
    lines = [Line(account, side.opposite, amount)]
    if command.destinations is None:
        lines.append(Line(targets[0], side, amount, later(case, command.available_at)))
    else:
        for target, given in zip(targets, command.destinations, strict=True):
            lines.append(Line(target, side, given.amount.minor, later(case, given.available_at), given.kind))
    for number, target in enumerate(targets, 2):
        culprit = Culprit(account=target.id, line=number)
        if target.id == account.id:
            case.refuse(RejectionCode.SAME_ACCOUNT, culprit)
        case.matches(target, account.currency, culprit)
    return lines


def record_expiry(case: Case, command: RecordExpiry) -> Accepted | Rejection:
    """Write down that a hold has lapsed, in the order in which the account's holds did."""
    hold = case.hold(command.hold)
    if hold is None:
        return case.certain()
    due = hold.status is HoldStatus.ACTIVE and hold.status_at(case.at) is HoldStatus.EXPIRED
    if not due or case.book.unfinished_expiry_before(hold):
        case.refuse(RejectionCode.HOLD_NOT_ACTIVE, Culprit(hold=hold.id), actual=hold.status_at(case.at))
        return case.certain()
    case.book.advance()
    before = case.book.balances[hold.account_id]
    balance = replace(before, lapsed=before.lapsed - hold.remaining, version=before.version + 1)
    case.book.put_balance(hold.account_id, balance)
    change = _Change(HoldChangeKind.EXPIRED, lifecycle.expire(hold), hold.remaining, occurred_at=hold.expires_at)
    return _keep(case, change, {hold.account_id: balance})


def _begin(case: Case, reference: Reference, require: Conditions, kind: HoldChangeKind) -> tuple[Hold, Account] | None:
    """Return the hold and its account, with HOLD_NOT_ACTIVE noted where its state does not allow the change."""
    hold = case.hold(reference)
    case.conditions(require)
    if hold is None:
        return None
    status = hold.status_at(case.at)
    if not lifecycle.allows(status, kind):
        case.refuse(
            RejectionCode.HOLD_NOT_ACTIVE,
            Culprit(hold=hold.id),
            expected=HoldStatus.ACTIVE,
            actual=status,
        )
    return hold, case.book.accounts[hold.account_id]


def _judge_size(case: Case, after: Hold) -> None:
    if after.amount > money.BALANCE_MAX:
        case.refuse(RejectionCode.BALANCE_OVERFLOW, Culprit(hold=after.id))


def _exceeds(case: Case, code: RejectionCode, hold: Hold, account: Account) -> None:
    case.refuse(
        code,
        Culprit(hold=hold.id),
        remaining=hold.remaining,
        currency=account.currency,
        exponent=account.exponent,
    )


def _keep(case: Case, change: _Change, balances: dict[UUID, Balance]) -> Accepted:
    """Write the hold's new state, its line of history and its event."""
    after = change.after
    balance = balances[after.account_id]
    occurred_at = case.at if change.occurred_at is None else change.occurred_at
    case.book.put_hold(after, placed=change.kind is HoldChangeKind.PLACED)
    case.book.changes.hold_changes.append(
        HoldChange(
            hold_id=after.id,
            account_id=after.account_id,
            sequence=case.book.sequence,
            version=balance.version,
            kind=change.kind,
            amount=change.amount,
            hold_amount=after.amount,
            captured=after.captured,
            released=after.released,
            remaining_after=after.remaining,
            expires_at=after.expires_at,
            held_after=balance.held + balance.lapsed,
            transaction_id=change.transaction_id,
            occurred_at=occurred_at,
            recorded_at=case.at,
            principal=case.request.principal,
        )
    )
    payload = (
        ("account", str(after.account_id)),
        ("status", after.status),
        ("amount", change.amount),
        ("remaining", after.remaining),
        ("expiresAt", after.expires_at),
        ("forced", int(change.forced)),
    )
    case.emit(_EVENTS[change.kind], after.id, payload, occurred_at=occurred_at)
    return case.accepted(balances, hold_id=after.id)
