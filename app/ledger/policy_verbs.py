"""What is decided about policies: publish, assign, and a tenant's own days of a calendar."""

from datetime import UTC, date, timedelta
from typing import Final

from app.ledger.calendar import local_of
from app.ledger.case import Case
from app.ledger.command import AssignPolicy, PublishPolicy, SetClosures
from app.ledger.decision import Accepted, Culprit, Rejection, RejectionCode
from app.ledger.event import EventKind
from app.ledger.policy import Policy, PolicyProblem, ProblemCode
from app.ledger.policy_document import text_of
from app.ledger.policy_record import (
    ANY_CURRENCY,
    CLOSURE_DAYS_MAX,
    CLOSURES_MAX,
    EVERYBODY,
    CalendarChange,
    PolicyAssignment,
    PolicyVersion,
)

_NOTHING: Final = "nothing would change"


def publish_policy(case: Case, command: PublishPolicy) -> Accepted | Rejection:
    """Add the next version of the policy of a name; the terms of a version never change."""
    case.conditions(command.require)
    before = case.book.policies.get(case.book.policy_names.get(command.name, EVERYBODY))
    version = 0 if before is None else before.version
    if command.expected_version is not None and command.expected_version != version:
        case.refuse(
            RejectionCode.VERSION_CONFLICT,
            Culprit(field="expectedVersion"),
            expected=str(command.expected_version),
            actual=str(version),
        )
    found = case.book.almanac.read(command.document)
    if not isinstance(found, Policy):
        case.refuse(RejectionCode.POLICY_INVALID, Culprit(field="policy"), problems=found)
        return case.certain()
    document = text_of(found)
    if before is not None:
        if before.currency != found.currency:
            case.refuse(RejectionCode.CURRENCY_MISMATCH, Culprit(field="policy"))
        if before.document == document:
            case.refuse(RejectionCode.INVALID_STATUS, Culprit(field="policy"), expected="other terms", actual=_NOTHING)
    if refusal := case.verdict():
        return refusal
    sequence = case.book.advance()
    published = PolicyVersion(
        id=case.request.new_id if before is None else before.id,
        version=version + 1,
        name=command.name,
        currency=found.currency,
        document=document,
        sequence=sequence,
        published_at=case.at,
        principal=case.request.principal,
    )
    case.book.put_policy(published)
    payload = (("name", published.name), ("version", published.version), ("currency", published.currency))
    case.emit(EventKind.POLICY_PUBLISHED, published.id, payload)
    return case.accepted({})


def assign_policy(case: Case, command: AssignPolicy) -> Accepted | Rejection:
    """Let an account, or all that have none of their own, follow a policy; or an account the default again."""
    policy = case.policy(command.policy) if command.policy is not None else None
    account = case.account(command.account, named="account") if command.account is not None else None
    case.conditions(command.require)
    lost = (command.policy is not None and policy is None) or (command.account is not None and account is None)
    if lost:
        return case.certain()
    if account is not None:
        if policy is not None:
            case.matches(account, policy.currency or account.currency, Culprit(account=account.id, field="policy"))
        case.open(account)
    elif policy is None:
        # Whose default would be taken back is not said: each currency has one.
        case.refuse(RejectionCode.POLICY_NOT_FOUND, Culprit(field="policy"))
        return case.certain()
    holder = EVERYBODY if account is None else account.id
    currency = account.currency if account is not None else (policy and policy.currency) or ANY_CURRENCY
    before = case.book.assigned.get((holder, currency))
    after = None if policy is None else policy.id
    if before == after:
        case.refuse(
            RejectionCode.INVALID_STATUS,
            Culprit(account=account.id if account else None),
            expected="a change",
            actual=_NOTHING,
        )
    if refusal := case.verdict():
        return refusal
    sequence = case.book.advance()
    case.book.assign(PolicyAssignment(holder, currency, sequence, after, case.at, case.request.principal))
    payload = (
        ("account", None if account is None else str(account.id)),
        ("currency", currency),
        ("policy", None if after is None else str(after)),
    )
    # About the account, or about the policy where it is everybody's, which is never none.
    case.emit(EventKind.POLICY_ASSIGNED, after or holder if account is None else holder, payload)
    return case.accepted({}, account_id=None if account is None else account.id)


def set_closures(case: Case, command: SetClosures) -> Accepted | Rejection:
    """Close and open days that lie ahead, of a calendar that policies may refer to."""
    case.conditions(command.require)
    if command.calendar not in case.book.almanac.known.calendars:
        _invalid(case, ProblemCode.UNKNOWN_CALENDAR, "calendar", f"There is no calendar {command.calendar}.")
    first, last = _settable(case.at)
    wanted = dict.fromkeys(command.closed, True) | dict.fromkeys(command.opened, False)
    for name, days in (("closed", command.closed), ("opened", command.opened)):
        if any(not first <= day <= last for day in days):
            case.refuse(RejectionCode.INVALID_TIME, Culprit(field=name))
    new = {day for day, closed in wanted.items() if case.book.days.get((command.calendar, day)) is not closed}
    if not new:
        case.refuse(RejectionCode.INVALID_STATUS, Culprit(field="closed"), expected="a change", actual=_NOTHING)
    if len(case.book.days.keys() | {(command.calendar, day) for day in new}) > CLOSURES_MAX:
        _invalid(case, ProblemCode.TOO_MANY, "closed", f"More than {CLOSURES_MAX} days lie ahead that are set.")
    if refusal := case.verdict():
        return refusal
    sequence = case.book.advance()
    change = CalendarChange(
        id=case.request.new_id,
        sequence=sequence,
        calendar=command.calendar,
        closed=tuple(sorted(day for day in new if wanted[day])),
        opened=tuple(sorted(day for day in new if not wanted[day])),
        changed_at=case.at,
        principal=case.request.principal,
    )
    case.book.set_days(change)
    payload = (("calendar", change.calendar), ("closed", len(change.closed)), ("opened", len(change.opened)))
    case.emit(EventKind.CALENDAR_CHANGED, change.id, payload)
    return case.accepted({})


def _invalid(case: Case, code: ProblemCode, place: str, sentence: str) -> None:
    case.refuse(RejectionCode.POLICY_INVALID, Culprit(field=place), problems=(PolicyProblem(code, place, sentence),))


def _settable(at: int) -> tuple[int, int]:
    """Return the first and the last day that may be set: not over yet anywhere on earth, and in sight."""
    first = first_day(at)
    return first, min(first + CLOSURE_DAYS_MAX, date.max.toordinal())


def first_day(at: int) -> int:
    """Return the ordinal of the earliest local day that an instant may lie in, wherever on earth."""
    wall = local_of(UTC, at)
    today = date.max if wall is None else wall.date()
    return (today - timedelta(days=1)).toordinal()
