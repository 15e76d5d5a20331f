"""What is decided about advances: the plan, what is offered by it, and an offer that is accepted."""

from typing import assert_never

from app.ledger import money
from app.ledger.account import Account, Side
from app.ledger.advance import (
    REPAYMENT,
    TAKEN,
    Advance,
    AdvancePlan,
    InstantQuote,
    Ripening,
    offered,
    portioned,
)
from app.ledger.advance_command import AcceptInstantQuote, QuoteInstantAvailability, SetAdvancePlan
from app.ledger.book import TRANSACTION_KIND
from app.ledger.case import Case
from app.ledger.decision import Accepted, Culprit, Rejection, RejectionCode
from app.ledger.effect import Licence
from app.ledger.event import EventKind
from app.ledger.policy import risk_tier_of
from app.ledger.reserve import DAY, RESERVE
from app.ledger.transaction import ADVANCE, FEE, Line
from app.ledger.transaction_verbs import Header, post

_SECOND = 1_000_000


def about_advances(
    case: Case, command: SetAdvancePlan | QuoteInstantAvailability | AcceptInstantQuote
) -> Accepted | Rejection:
    """Plan advances, quote one, or have one."""
    match command:
        case SetAdvancePlan():
            return _set_plan(case, command)
        case QuoteInstantAvailability():
            return _quote(case, command)
        case AcceptInstantQuote():
            return _accept(case, command)
        case _:
            assert_never(command)


def _set_plan(case: Case, command: SetAdvancePlan) -> Accepted | Rejection:
    """Offer advances on other terms from now on; what was quoted stands, and so does what was advanced."""
    lender = case.account(command.lender, named="lender")
    fee_account = case.account(command.fee_account, named="feeAccount")
    case.conditions(command.require)
    if lender is None or fee_account is None:
        return case.certain()
    for account, field in ((lender, "lender"), (fee_account, "feeAccount")):
        _credit(case, account, field)
        case.open(account)
    case.matches(fee_account, lender.currency, Culprit(account=fee_account.id, field="feeAccount"))
    fee_fixed = case.minor(command.fee_fixed, lender, Culprit(account=lender.id, field="feeFixed"))
    if fee_fixed < 0:
        case.refuse(RejectionCode.INVALID_AMOUNT, Culprit(account=lender.id, field="feeFixed"))
    cap = None
    if command.daily_cap is not None:
        cap = case.minor(command.daily_cap, lender, Culprit(account=lender.id, field="dailyCap"), positive=True)
    plan = AdvancePlan(
        lender.currency,
        case.book.sequence + 1,
        lender.id,
        fee_account.id,
        tuple((tier.risk_tier, tier.basis_points) for tier in command.tiers),
        command.fee_basis_points,
        fee_fixed,
        cap,
        command.horizon_days,
        command.quote_seconds,
        case.at,
        case.request.principal,
    )
    before = case.book.advance_plans.get(plan.currency)
    if before is not None and _terms(before) == _terms(plan):
        culprit = Culprit(account=lender.id)
        case.refuse(RejectionCode.INVALID_STATUS, culprit, expected="a change", actual="nothing would change")
    if refusal := case.verdict():
        return refusal
    case.book.advance()
    case.book.put_advance_plan(plan)
    payload = (
        ("currency", plan.currency),
        ("feeBasisPoints", plan.fee_basis_points),
        ("feeFixed", plan.fee_fixed),
        ("dailyCap", plan.daily_cap),
    )
    case.emit(EventKind.ADVANCE_PLANNED, lender.id, payload)
    return case.accepted({}, account_id=lender.id)


def _quote(case: Case, command: QuoteInstantAvailability) -> Accepted | Rejection:
    """Offer what the plan in force lets the account have, earliest money first, until the quote expires."""
    account = case.account(command.account, named="account")
    if command.external_id in case.book.quote_names:
        case.refuse(RejectionCode.EXTERNAL_ID_TAKEN, Culprit(field="externalId"))
    case.conditions(command.require)
    if account is None:
        return case.certain()
    culprit = Culprit(account=account.id, field="amount")
    if command.amount is not None:
        case.matches(account, command.amount.currency, culprit)
    case.open(account)
    _thawed(case, account)
    plan = case.book.advance_plans.get(account.currency)
    rate = 0 if plan is None else plan.rate(risk_tier_of(account))
    if plan is None or not rate or account.normal_side is not Side.CREDIT:
        case.refuse(RejectionCode.ADVANCE_NOT_OFFERED, Culprit(account=account.id, field="account"))
        return case.certain()
    if account.id in (plan.lender_id, plan.fee_account_id):
        case.refuse(RejectionCode.SAME_ACCOUNT, Culprit(account=account.id, field="account"))
    offer = offered(_ripening(case, account, case.at + plan.horizon_days * DAY), rate)
    most = min(sum(one.amount for one in offer), _left_today(case, account, plan))
    amount = most if command.amount is None else command.amount.minor
    fee = plan.fee(amount)
    if amount > most or not most:
        _exceeded(case, RejectionCode.ADVANCE_EXCEEDED, account, most)
    elif fee >= amount:
        case.refuse(RejectionCode.ADVANCE_NOT_OFFERED, culprit)
    if refusal := case.verdict():
        return refusal
    sequence = case.book.advance()
    quote = InstantQuote(
        case.request.new_id,
        sequence,
        account.id,
        account.currency,
        command.external_id,
        plan.lender_id,
        plan.fee_account_id,
        amount,
        fee,
        portioned(offer, amount),
        case.at,
        case.at + plan.quote_seconds * _SECOND,
        case.request.principal,
    )
    case.book.put_quote(quote)
    payload = (("amount", amount), ("fee", fee), ("currency", quote.currency), ("expiresAt", quote.expires_at))
    case.emit(EventKind.QUOTE_MADE, quote.id, payload)
    return case.accepted({}, account_id=account.id)


def _accept(case: Case, command: AcceptInstantQuote) -> Accepted | Rejection:
    """Post the advance: what matures is taken where the quote says, and had at once from the lender."""
    quote = case.quote(command.quote)
    case.new_external_id(TRANSACTION_KIND, command.external_id)
    case.conditions(command.require)
    if quote is None:
        return case.certain()
    account, lender, fee_account = (
        case.book.accounts[id_] for id_ in (quote.account_id, quote.lender_id, quote.fee_account_id)
    )
    status = _status(case, quote)
    if status is not None:
        case.refuse(RejectionCode.QUOTE_NOT_OPEN, Culprit(field="quote"), expected="OPEN", actual=status)
    _thawed(case, account)
    _thawed(case, lender)
    _unchanged(case, quote, account)
    plan = case.book.advance_plans.get(quote.currency)
    left = _left_today(case, account, plan)
    if quote.amount > left:
        _exceeded(case, RejectionCode.ADVANCE_EXCEEDED, account, left)
    if refusal := case.verdict():
        return refusal
    header = Header(ADVANCE, case.at, external_id=command.external_id, advanced=True)
    answer = post(case, header, _lines(quote, account, lender, fee_account), Licence(pins=True))
    if isinstance(answer, Accepted):
        advance = Advance(
            quote.id,
            answer.sequence,
            account.id,
            case.request.new_id,
            quote.amount,
            case.at,
        )
        case.book.put_advance(advance)
        payload = (
            ("amount", quote.amount),
            ("fee", quote.fee),
            ("currency", quote.currency),
            ("repaidAt", quote.repayments[-1].at),
        )
        case.emit(EventKind.ADVANCE_ACCEPTED, quote.id, payload)
    return answer


def _lines(quote: InstantQuote, account: Account, lender: Account, fee_account: Account) -> list[Line]:
    had, given = account.normal_side, account.normal_side.opposite
    lines = [Line(lender, given, quote.amount), Line(account, had, quote.amount)]
    for part in quote.repayments:
        lines.append(Line(account, given, part.amount, part.at, TAKEN))
        lines.append(Line(lender, had, part.amount, part.at, REPAYMENT))
    if quote.fee:
        lines.append(Line(account, given, quote.fee, kind=FEE))
        lines.append(Line(fee_account, had, quote.fee, kind=FEE))
    return lines


def _terms(plan: AdvancePlan) -> tuple[object, ...]:
    """What a plan says, beside when and by whom it was made."""
    return (
        plan.lender_id,
        plan.fee_account_id,
        plan.tiers,
        plan.fee_basis_points,
        plan.fee_fixed,
        plan.daily_cap,
        plan.horizon_days,
        plan.quote_seconds,
    )


def _credit(case: Case, account: Account, field: str) -> None:
    if account.normal_side is not Side.CREDIT:
        culprit = Culprit(account=account.id, field=field)
        case.refuse(RejectionCode.INVALID_STATUS, culprit, expected=Side.CREDIT, actual=account.normal_side)


def _thawed(case: Case, account: Account) -> None:
    """Note ACCOUNT_FROZEN where money may not leave: what is advanced could not be used."""
    if case.book.balances[account.id].out_frozen:
        case.refuse(RejectionCode.ACCOUNT_FROZEN, Culprit(account=account.id), actual="OUT")


def _status(case: Case, quote: InstantQuote) -> str | None:
    """Return why a quote cannot be accepted any more, or None."""
    if quote.id in case.book.advances:
        return "ACCEPTED"
    return "EXPIRED" if case.at >= quote.expires_at else None


def _unchanged(case: Case, quote: InstantQuote, account: Account) -> None:
    """Note QUOTE_CHANGED where less is free of what matures than when it was quoted, or it has matured."""
    for part in quote.repayments:
        free = _ripening_at(case, account, part.at).free if part.at > case.at else 0
        if free < part.free:
            _exceeded(case, RejectionCode.QUOTE_CHANGED, account, free)
            return


def _exceeded(case: Case, code: RejectionCode, account: Account, remaining: int) -> None:
    case.refuse(
        code,
        Culprit(account=account.id),
        remaining=remaining,
        currency=account.currency,
        exponent=account.exponent,
    )


def _left_today(case: Case, account: Account, plan: AdvancePlan | None) -> int:
    """Return how much more an account may have on this day by the plan in force, which has no bound without a cap."""
    if plan is None or plan.daily_cap is None:
        return money.BALANCE_MAX
    return max(plan.daily_cap - case.book.advanced_today.get(account.id, 0), 0)


def _ripening(case: Case, account: Account, until: int) -> list[Ripening]:
    instants = [
        instant
        for (account_id, instant), amount in case.book.buckets.items()
        if account_id == account.id and case.at < instant <= until and amount > 0
    ]
    return [_ripening_at(case, account, instant) for instant in instants]


def _ripening_at(case: Case, account: Account, instant: int) -> Ripening:
    apart = case.book.apart
    return Ripening(
        instant,
        case.book.buckets.get((account.id, instant), 0),
        apart.get((account.id, instant, RESERVE), 0),
        -apart.get((account.id, instant, TAKEN), 0),
    )
