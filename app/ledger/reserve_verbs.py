"""What is decided about reserves: which share of deposits to an account is kept, for how long, and up to how much."""

from app.ledger.case import Case
from app.ledger.command import SetReservePlan
from app.ledger.decision import Accepted, Culprit, Rejection, RejectionCode
from app.ledger.event import EventKind
from app.ledger.reserve import ReservePlan


def set_reserve_plan(case: Case, command: SetReservePlan) -> Accepted | Rejection:
    """Let deposits to an account follow another plan from now on; what is kept already stays as it is."""
    account = case.account(command.account, named="account")
    case.conditions(command.require)
    if account is None:
        return case.certain()
    culprit = Culprit(account=account.id, field="cap")
    cap = None if command.cap is None else case.minor(command.cap, account, culprit, positive=True)
    case.open(account)
    days = command.days if command.basis_points else 0
    before = case.book.reserve_plans.get(account.id)
    same = (0, 0, None) if before is None else (before.basis_points, before.days, before.cap)
    if (command.basis_points, days, cap) == same:
        case.refuse(
            RejectionCode.INVALID_STATUS,
            Culprit(account=account.id),
            expected="a change",
            actual="nothing would change",
        )
    if refusal := case.verdict():
        return refusal
    sequence = case.book.advance()
    plan = ReservePlan(account.id, sequence, command.basis_points, days, cap, case.at, case.request.principal)
    case.book.put_reserve_plan(plan)
    payload = (("basisPoints", plan.basis_points), ("days", plan.days), ("cap", plan.cap))
    case.emit(EventKind.RESERVE_PLANNED, account.id, payload)
    return case.accepted({}, account_id=account.id)
