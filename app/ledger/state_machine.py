"""The ledger's one decision: commands in, answers out, replays and groups included."""

from collections.abc import Iterable, Sequence
from typing import assert_never

from app.ledger import (
    account_verbs,
    advance_verbs,
    deposit_verbs,
    hold_verbs,
    policy_verbs,
    reserve_verbs,
    reversal,
    slice_verbs,
    soundness,
    transaction_verbs,
)
from app.ledger.advance_command import AcceptInstantQuote, QuoteInstantAvailability, SetAdvancePlan
from app.ledger.book import Book
from app.ledger.canonical import differing
from app.ledger.case import Case
from app.ledger.command import (
    AssignPolicy,
    CaptureHold,
    CloseAccount,
    Command,
    DelayAvailability,
    Deposit,
    ExtendHold,
    ForfeitReserve,
    FreezeAccount,
    IncrementHold,
    OpenAccount,
    PlaceHold,
    PostTransaction,
    PublishPolicy,
    RecordExpiry,
    ReleaseEarly,
    ReleaseHold,
    ReopenAccount,
    RescheduleEntry,
    ReverseTransaction,
    SetClosures,
    SetReservePlan,
    Transfer,
    UnfreezeAccount,
    UpdateAccount,
)
from app.ledger.decision import Accepted, Culprit, Decision, Denied, KeyRecord, Rejected, Rejection, RejectionCode
from app.ledger.request import Group, Request


def decide_all(book: Book, groups: Iterable[Group]) -> list[list[Decision]]:
    """Decide groups one after another, each command seeing all those before it.

    Returns one decision per request, in order. What was accepted or refused stands in
    `book.changes`, to be saved by the caller; `book.refused` names accounts that were refused for
    funds while their futures were not loaded: load them and decide again from the same pages.
    """
    return [
        _decide_atomic(book, group.requests) if group.atomic else [_decide_one(book, r) for r in group.requests]
        for group in groups
    ]


def _decide_one(book: Book, request: Request) -> Decision:
    decision = _known(book, request)
    if decision is None:
        decision = decide(book, request)
        _remember(book, request, decision)
    return decision


def _decide_atomic(book: Book, requests: Sequence[Request]) -> list[Decision]:
    """All or none: at the first refusal the book goes back and every key stands for what came of it."""
    savepoint = book.open_savepoint()
    decisions: list[Decision] = []
    for request in requests:
        decision = _decide_one(book, request)
        decisions.append(decision)
        if not isinstance(decision, Accepted):
            break
    else:
        book.close_savepoint()
        return decisions
    book.roll_back(savepoint)
    index = len(decisions) - 1
    culprit = decisions[-1]
    stored = isinstance(culprit, Rejected) and culprit.stored
    others = Rejected(Rejection(RejectionCode.GROUP_REJECTED, Culprit(index=index)), stored=stored)
    answers: list[Decision] = []
    for number, request in enumerate(requests):
        answer = _known(book, request)
        if answer is None:
            answer = culprit if number == index else others
            if stored:
                _remember(book, request, answer)
        answers.append(answer)
    return answers


def _known(book: Book, request: Request) -> Decision | None:
    """Return what is clear before deciding: unsound by itself, or a key that already stands for something."""
    unsound = soundness.check(request.command, book.currencies)
    if unsound is not None:
        return Rejected(unsound, stored=False)
    if request.key is None:
        return None
    record = book.keys.get((request.command.operation, request.key))
    if record is None:
        return None
    if record.fingerprint != request.fingerprint:
        differs = differing(record.digests, request.digests)
        return Rejected(Rejection(RejectionCode.IDEMPOTENCY_KEY_REUSED, differs=differs), stored=False)
    return replay(record)


def replay(record: KeyRecord) -> Decision:
    """Return the answer that a key stands for."""
    if record.rejection is not None or record.sequence is None:
        rejection = record.rejection or Rejection(RejectionCode.GROUP_REJECTED)
        return Rejected(rejection, replayed=True)
    return Accepted(
        record.sequence,
        record.decided_at,
        account_id=record.account_id,
        transaction_id=record.transaction_id,
        hold_id=record.hold_id,
        replayed=True,
    )


def _remember(book: Book, request: Request, decision: Decision) -> None:
    if request.key is None or isinstance(decision, Denied):
        return
    made = decision if isinstance(decision, Accepted) else None
    record = KeyRecord(
        request.command.operation,
        request.key,
        request.fingerprint,
        request.digests,
        request.principal,
        book.sequence,
        book.at,
        made.account_id if made else None,
        made.transaction_id if made else None,
        made.hold_id if made else None,
        made.sequence if made else None,
        None if isinstance(decision, Accepted) else decision.rejection,
        request.new_id,
        request.address,
    )
    book.put_key(record)


def decide(book: Book, request: Request) -> Decision:
    """Decide one command by its rules alone; keys and groups are the caller's business."""
    case = Case(book, request)
    answer = _answer(case, request.command)
    return Rejected(answer) if isinstance(answer, Rejection) else answer


def _answer(case: Case, command: Command) -> Accepted | Rejection | Denied:  # noqa: C901, PLR0911, PLR0912 - the one list of verbs
    match command:
        case Transfer():
            return transaction_verbs.transfer(case, command)
        case PostTransaction():
            return transaction_verbs.post_transaction(case, command)
        case ReverseTransaction():
            return reversal.reverse_transaction(case, command)
        case RescheduleEntry() | ReleaseEarly() | DelayAvailability():
            return slice_verbs.move_in_time(case, command)
        case PlaceHold():
            return hold_verbs.place_hold(case, command)
        case CaptureHold():
            return hold_verbs.capture_hold(case, command)
        case ReleaseHold():
            return hold_verbs.release_hold(case, command)
        case IncrementHold():
            return hold_verbs.increment_hold(case, command)
        case ExtendHold():
            return hold_verbs.extend_hold(case, command)
        case RecordExpiry():
            return hold_verbs.record_expiry(case, command)
        case OpenAccount():
            return account_verbs.open_account(case, command)
        case UpdateAccount():
            return account_verbs.update_account(case, command)
        case FreezeAccount():
            return account_verbs.freeze_account(case, command)
        case UnfreezeAccount():
            return account_verbs.unfreeze_account(case, command)
        case CloseAccount():
            return account_verbs.close_account(case, command)
        case ReopenAccount():
            return account_verbs.reopen_account(case, command)
        case Deposit():
            return deposit_verbs.deposit(case, command)
        case PublishPolicy():
            return policy_verbs.publish_policy(case, command)
        case AssignPolicy():
            return policy_verbs.assign_policy(case, command)
        case SetClosures():
            return policy_verbs.set_closures(case, command)
        case SetReservePlan():
            return reserve_verbs.set_reserve_plan(case, command)
        case ForfeitReserve():
            return reserve_verbs.forfeit_reserve(case, command)
        case SetAdvancePlan() | QuoteInstantAvailability() | AcceptInstantQuote():
            return advance_verbs.about_advances(case, command)
        case _:
            assert_never(command)
