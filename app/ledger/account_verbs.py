"""What is decided about accounts: open, update, freeze, unfreeze, close, reopen."""

from dataclasses import replace
from typing import Final

from app.ledger.account import Account, AccountChange, AccountChangeKind
from app.ledger.balance import Balance
from app.ledger.book import ACCOUNT_KIND
from app.ledger.case import Case
from app.ledger.command import CloseAccount, FreezeAccount, OpenAccount, ReopenAccount, UnfreezeAccount, UpdateAccount
from app.ledger.decision import Accepted, Culprit, Rejection, RejectionCode
from app.ledger.event import EventKind
from app.ledger.reference import Conditions, Reference

_EVENTS: Final = {
    AccountChangeKind.OPENED: EventKind.ACCOUNT_OPENED,
    AccountChangeKind.UPDATED: EventKind.ACCOUNT_UPDATED,
    AccountChangeKind.FROZEN: EventKind.ACCOUNT_FROZEN,
    AccountChangeKind.UNFROZEN: EventKind.ACCOUNT_UNFROZEN,
    AccountChangeKind.CLOSED: EventKind.ACCOUNT_CLOSED,
    AccountChangeKind.REOPENED: EventKind.ACCOUNT_REOPENED,
}


def open_account(case: Case, command: OpenAccount) -> Accepted | Rejection:
    """Open an account: zero, version 0, and its first line of history."""
    exponent = case.book.currencies[command.currency]
    account = Account(
        id=case.request.new_id,
        currency=command.currency,
        exponent=exponent,
        purpose=command.purpose,
        normal_side=command.normal_side,
        external_id=command.external_id,
        name=command.name,
        metadata=command.metadata,
        opened_at=case.at,
        sequence=case.book.sequence + 1,
        principal=case.request.principal,
    )
    floor = case.minor(command.floor, account, Culprit(field="floor"))
    case.new_external_id(ACCOUNT_KIND, command.external_id)
    if refusal := case.verdict():
        return refusal
    case.book.advance()
    case.book.claim(ACCOUNT_KIND, account.external_id, account.id)
    case.book.put_account(account, opened=True)
    balance = Balance(floor=None if command.unlimited else floor, version=0)
    return _keep(case, account, balance, AccountChangeKind.OPENED, None)


def update_account(case: Case, command: UpdateAccount) -> Accepted | Rejection:
    """Change an account's name, floor, limit or metadata; refused where nothing would change."""
    account = _begin(case, command.account, command.require)
    if account is None:
        return case.certain()
    case.open(account)
    before = case.book.balances[account.id]
    floor = before.floor
    if command.unlimited:
        floor = None
    elif command.floor is not None:
        floor = case.minor(command.floor, account, Culprit(account=account.id, field="floor"))
        if before.floor is None and command.unlimited is None:
            case.refuse(
                RejectionCode.INVALID_STATUS,
                Culprit(account=account.id, field="floor"),
                expected="unlimited: false",
                actual="unlimited",
            )
    elif command.unlimited is False and before.floor is None:
        floor = 0
    described = replace(
        account,
        name=account.name if command.name is None else command.name,
        metadata=account.metadata if command.metadata is None else command.metadata,
    )
    if described == account and floor == before.floor:
        _unchanged(case, account, "a change")
    if refusal := case.verdict():
        return refusal
    case.book.advance()
    if described != account:
        case.book.put_account(described)
    after = replace(before, floor=floor, version=before.version + 1)
    return _keep(case, described, after, AccountChangeKind.UPDATED, None)


def freeze_account(case: Case, command: FreezeAccount) -> Accepted | Rejection:
    """Set the flags that stop money from leaving or arriving."""
    account = _begin(case, command.account, command.require)
    if account is None:
        return case.certain()
    before = case.book.balances[account.id]
    after = replace(
        before,
        out_frozen=before.out_frozen or command.direction.stops_out,
        in_frozen=before.in_frozen or command.direction.stops_in,
    )
    return _flag(case, account, after, AccountChangeKind.FROZEN, command.reason)


def unfreeze_account(case: Case, command: UnfreezeAccount) -> Accepted | Rejection:
    """Lift the flags."""
    account = _begin(case, command.account, command.require)
    if account is None:
        return case.certain()
    before = case.book.balances[account.id]
    after = replace(
        before,
        out_frozen=before.out_frozen and not command.direction.stops_out,
        in_frozen=before.in_frozen and not command.direction.stops_in,
    )
    return _flag(case, account, after, AccountChangeKind.UNFROZEN, command.reason)


def close_account(case: Case, command: CloseAccount) -> Accepted | Rejection:
    """Close an account on which nothing stands, matures or is held."""
    account = _begin(case, command.account, command.require)
    if account is None:
        return case.certain()
    before = case.book.balances[account.id]
    if not before.empty:
        case.refuse(RejectionCode.ACCOUNT_NOT_EMPTY, Culprit(account=account.id))
    return _flag(case, account, replace(before, closed=True), AccountChangeKind.CLOSED, command.reason)


def reopen_account(case: Case, command: ReopenAccount) -> Accepted | Rejection:
    """Open a closed account again."""
    account = _begin(case, command.account, command.require)
    if account is None:
        return case.certain()
    before = case.book.balances[account.id]
    if not before.closed:
        _unchanged(case, account, "closed")
    if refusal := case.verdict():
        return refusal
    case.book.advance()
    after = replace(before, closed=False, version=before.version + 1)
    return _keep(case, account, after, AccountChangeKind.REOPENED, command.reason)


def _begin(case: Case, reference: Reference, require: Conditions) -> Account | None:
    account = case.account(reference, named="account")
    case.conditions(require)
    return account


def _unchanged(case: Case, account: Account, expected: str) -> None:
    case.refuse(
        RejectionCode.INVALID_STATUS, Culprit(account=account.id), expected=expected, actual="nothing would change"
    )


def _flag(
    case: Case, account: Account, after: Balance, kind: AccountChangeKind, reason: str | None
) -> Accepted | Rejection:
    case.open(account)
    if after == case.book.balances[account.id]:
        _unchanged(case, account, "a change")
    if refusal := case.verdict():
        return refusal
    case.book.advance()
    return _keep(case, account, replace(after, version=after.version + 1), kind, reason)


def _keep(case: Case, account: Account, balance: Balance, kind: AccountChangeKind, reason: str | None) -> Accepted:
    case.book.put_balance(account.id, balance)
    case.book.changes.account_changes.append(
        AccountChange(
            account_id=account.id,
            sequence=case.book.sequence,
            version=balance.version,
            kind=kind,
            floor=balance.floor,
            out_frozen=balance.out_frozen,
            in_frozen=balance.in_frozen,
            closed=balance.closed,
            reason=reason,
            principal=case.request.principal,
            recorded_at=case.at,
        )
    )
    payload = (
        ("currency", account.currency),
        ("floor", balance.floor),
        ("outFrozen", int(balance.out_frozen)),
        ("inFrozen", int(balance.in_frozen)),
        ("closed", int(balance.closed)),
        ("version", balance.version),
    )
    case.emit(_EVENTS[kind], account.id, payload)
    return case.accepted({account.id: balance}, account_id=account.id)
