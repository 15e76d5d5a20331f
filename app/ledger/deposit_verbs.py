"""What is decided about deposits: which policy is in force, how it shares the money out, and what it counts."""

from dataclasses import replace

from app.ledger.account import Account, Side
from app.ledger.availability import Availability, DepositFacts, NoAnswer, share_out
from app.ledger.book import TRANSACTION_KIND
from app.ledger.calendar import business_day_of
from app.ledger.case import Case
from app.ledger.command import Deposit
from app.ledger.decision import Accepted, Culprit, Rejection, RejectionCode
from app.ledger.effect import Licence
from app.ledger.policy import PolicyProblem, ProblemCode, risk_tier_of
from app.ledger.policy_record import DepositRecord, DepositSlice, EntryRule, PolicyVersion, followed_policy
from app.ledger.reserve import RESERVE, Part, Slices, keep, plan_for
from app.ledger.transaction import DEPOSIT, PRINCIPAL, Line
from app.ledger.transaction_verbs import Header, later, post

_FIRST_SLICE = 2
"""The line of a deposit's first slice; the line before is where the money comes from."""


def deposit(case: Case, command: Deposit) -> Accepted | Rejection:
    """Debit where the money comes from and credit the account, a line for each slice that the policy makes of it."""
    source = case.account(command.from_, line=1, named="from")
    target = case.account(command.to, line=2, named="to")
    case.conditions(command.require)
    effective_at = case.effective_at(command.effective_at)
    if source is None or target is None:
        return case.certain()
    if source.id == target.id:
        case.refuse(RejectionCode.SAME_ACCOUNT, Culprit(account=source.id, line=2, field="to"))
    for number, account in enumerate((source, target), 1):
        case.line_matches(account, command.amount.currency, number)
    header = Header(
        DEPOSIT,
        effective_at,
        command.description,
        command.external_id,
        command.correlation_id,
        command.metadata,
        forced=command.force,
    )
    given = Line(source, Side.DEBIT, command.amount.minor)
    licence = Licence(force=command.force)
    if command.available_at is not None:
        base = [(command.amount.minor, later(case, command.available_at))]
        slices = tuple(
            DepositSlice(line, part.amount, part.available_at, None, part.reserved)
            for line, part in enumerate(_parts(case, target, base), _FIRST_SLICE)
        )
        answer = post(case, header, (given, *_lines(target, slices)), licence)
        _record(case, command, target, answer, base)
        return _with_slices(answer, slices)
    shared = _shared(case, command, target)
    if shared is None:
        case.new_external_id(TRANSACTION_KIND, command.external_id)
        return case.certain()
    published, availability = shared
    base = [(part.amount, later(case, part.available_at)) for part in availability.slices]
    slices = _slices(case, target, published, availability, base)
    answer = post(case, header, (given, *_lines(target, slices)), licence)
    _record(case, command, target, answer, base)
    if isinstance(answer, Accepted):
        _count(case, target, published, availability)
        case.book.changes.rules.extend(part.rule for part in slices if part.rule is not None)
    return _with_slices(answer, slices)


def _record(
    case: Case,
    command: Deposit,
    target: Account,
    answer: Accepted | Rejection,
    base: Slices,
) -> None:
    """Keep what a policy could look at, and what it or the command let the money come to."""
    if isinstance(answer, Accepted):
        record = DepositRecord(
            transaction_id=case.request.new_id,
            sequence=answer.sequence,
            account_id=target.id,
            deposited_at=case.at,
            amount=command.amount.minor,
            method=command.method,
            risk_tier=risk_tier_of(target),
            overridden=command.available_at is not None,
            slices=tuple(base),
        )
        case.book.changes.deposits.append(record)


def _with_slices(answer: Accepted | Rejection, slices: tuple[DepositSlice, ...]) -> Accepted | Rejection:
    return replace(answer, slices=slices) if isinstance(answer, Accepted) else answer


def _shared(case: Case, command: Deposit, target: Account) -> tuple[PolicyVersion, Availability] | None:
    """Return what the policy in force makes of the deposit, or None after noting why there is nothing to be made."""
    published = in_force(case, target)
    if published is None:
        case.refuse(RejectionCode.POLICY_NOT_FOUND, Culprit(account=target.id, line=2, field="to"))
        return None
    if target.currency != command.amount.currency:
        return None
    answer = _asked(case, command, target, published)
    if isinstance(answer, NoAnswer):
        culprit = Culprit(account=target.id, line=2, field="to")
        case.refuse(RejectionCode.POLICY_GAP, culprit, problems=(problem_of(answer),))
        return None
    return published, answer


def _asked(case: Case, command: Deposit, target: Account, published: PolicyVersion) -> Availability | NoAnswer:
    policy = case.book.almanac.policy(published.document)
    calendar = case.book.calendar(policy)
    if calendar is None:
        return NoAnswer.OUTSIDE_CALENDAR
    business_day = business_day_of(calendar, case.at, policy.cut_off)
    if business_day is None:
        return NoAnswer.OUTSIDE_CALENDAR
    totals = case.book.counters.get((target.id, business_day.toordinal(), published.id), {})
    return share_out(policy, calendar, facts_of(target, command, case.at), totals)


def in_force(case: Case, account: Account) -> PolicyVersion | None:
    """Return the latest version of the policy that an account follows: its own, else the default of its currency."""
    followed = followed_policy(case.book.assigned, account.id, account.currency)
    return case.book.policies.get(followed) if followed is not None else None


def facts_of(account: Account, command: Deposit, at: int) -> DepositFacts:
    """Return what a policy may look at."""
    return DepositFacts(
        amount=command.amount.minor,
        currency=command.amount.currency,
        method=command.method,
        at=at,
        account_opened_at=account.opened_at,
        risk_tier=risk_tier_of(account),
        metadata=command.metadata,
    )


def problem_of(answer: NoAnswer) -> PolicyProblem:
    """Return why a policy says nothing about a deposit, as a problem of the policy."""
    return {
        NoAnswer.NO_RULE: PolicyProblem(ProblemCode.GAP, "rules", "No rule of the policy is for such a deposit."),
        NoAnswer.OTHER_CURRENCY: PolicyProblem(ProblemCode.GAP, "currency", "The policy is for another currency."),
        NoAnswer.OUTSIDE_CALENDAR: PolicyProblem(
            ProblemCode.OUT_OF_RANGE, "calendar", "The calendar does not reach as far as the deposit's availability."
        ),
    }[answer]


def _count(case: Case, account: Account, published: PolicyVersion, availability: Availability) -> None:
    """Add the deposit to the day's counters."""
    if not availability.counters:
        return
    day = (account.id, availability.business_day.toordinal(), published.id)
    totals = dict(case.book.counters.get(day, {}))
    for counter, added in availability.counters:
        totals[counter] = totals.get(counter, 0) + added
    case.book.put_counters(day, totals)


def _parts(case: Case, target: Account, slices: Slices) -> list[Part]:
    """Return what of slices is not kept as a reserve, and what is."""
    plan = plan_for(target, case.book.reserve_plans.get(target.id))
    return keep(slices, plan, case.book.reserved.get(target.id, 0), case.at)


def _lines(target: Account, slices: tuple[DepositSlice, ...]) -> list[Line]:
    return [
        Line(target, Side.CREDIT, part.amount, part.available_at, RESERVE if part.reserved else PRINCIPAL)
        for part in slices
    ]


def _slices(
    case: Case, target: Account, published: PolicyVersion, availability: Availability, base: Slices
) -> tuple[DepositSlice, ...]:
    """Return what becomes a line each, with the rule behind it."""
    made = []
    for line, part in enumerate(_parts(case, target, base), _FIRST_SLICE):
        source = availability.slices[part.source]
        rule = EntryRule(
            transaction_id=case.request.new_id,
            line=line,
            policy_id=published.id,
            version=published.version,
            rule=source.rule,
            portion=source.portion,
            business_day=availability.business_day.toordinal(),
        )
        made.append(DepositSlice(line, part.amount, part.available_at, rule, part.reserved))
    return tuple(made)
