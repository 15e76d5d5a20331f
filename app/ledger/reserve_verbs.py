"""What is decided about reserves: what share of deposits is kept, for how long and up to how much, and what is lost."""

from app.ledger.book import TRANSACTION_KIND
from app.ledger.case import Case
from app.ledger.command import ForfeitReserve, SetReservePlan
from app.ledger.decision import Accepted, Culprit, Rejection, RejectionCode
from app.ledger.effect import Licence
from app.ledger.event import EventKind
from app.ledger.reference import KeptUntil
from app.ledger.reserve import RESERVE, ReservePlan
from app.ledger.slice_verbs import find_slice
from app.ledger.transaction import FORFEITURE, PRINCIPAL, Line
from app.ledger.transaction_verbs import Header, later, post


def set_reserve_plan(case: Case, command: SetReservePlan) -> Accepted | Rejection:
    """Let deposits to an account follow another plan from now on; what is kept already stays as it is."""
    account = case.account(command.account, named="account")
    case.conditions(command.require)
    if account is None:
        return case.certain()
    culprit = Culprit(account=account.id, field="cap")
    cap = None if command.cap is None else case.minor(command.cap, account, culprit, positive=True)
    case.open(account)
    days, until = (0, command.days.at) if isinstance(command.days, KeptUntil) else (command.days, None)
    if until is not None and until <= case.at:
        case.refuse(RejectionCode.INVALID_TIME, Culprit(account=account.id, field="until"))
    if not command.basis_points:
        days, until = 0, None
    before = case.book.reserve_plans.get(account.id)
    same = (0, 0, None, None) if before is None else (before.basis_points, before.days, before.until_at, before.cap)
    if (command.basis_points, days, until, cap) == same:
        case.refuse(
            RejectionCode.INVALID_STATUS,
            Culprit(account=account.id),
            expected="a change",
            actual="nothing would change",
        )
    if refusal := case.verdict():
        return refusal
    sequence = case.book.advance()
    plan = ReservePlan(account.id, sequence, command.basis_points, days, cap, case.at, case.request.principal, until)
    case.book.put_reserve_plan(plan)
    payload = (("basisPoints", plan.basis_points), ("days", plan.days), ("until", plan.until_at), ("cap", plan.cap))
    case.emit(EventKind.RESERVE_PLANNED, account.id, payload)
    return case.accepted({}, account_id=account.id)


def forfeit_reserve(case: Case, command: ForfeitReserve) -> Accepted | Rejection:
    """Take from what is kept of a deposit and still matures, and give it to another account at once."""
    target = case.account(command.to, named="to")
    case.new_external_id(TRANSACTION_KIND, command.external_id)
    found = find_slice(case, command.entry, command.amount, command.require, kind=RESERVE)
    if found is None or target is None:
        return case.certain()
    account, entry = found.account, found.entry
    if target.id == account.id:
        case.refuse(RejectionCode.SAME_ACCOUNT, Culprit(account=account.id, field="to"))
    case.matches(target, account.currency, Culprit(account=target.id, field="to"))
    if refusal := case.verdict():
        return refusal
    until = later(case, entry.available_at)
    side, amount, reason = account.normal_side, found.amount, command.reason
    lines = (
        Line(account, side.opposite, amount, until, RESERVE, reason, entry.key),
        Line(target, side, amount, None, PRINCIPAL, reason),
    )
    header = Header(
        FORFEITURE,
        case.at,
        external_id=command.external_id,
        correlation_id=found.transaction.correlation_id,
        forced=command.force,
        advanced=True,
    )
    return post(case, header, lines, Licence(force=command.force, pins=True))
