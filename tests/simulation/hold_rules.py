"""What the oracle answers to operations on holds."""

from tests.simulation.judgement import Judge, Plan
from tests.simulation.operations import Answer, Operation
from tests.simulation.oracle import LIMIT, HoldFact, HoldState
from tests.simulation.scribe import accept, claim, enter, line_of, take


def _note(judge: Judge, hold: str, what: str, amount: int = 0, expires: int | None = None) -> None:
    account = judge.facts.held[hold][0].account
    fact = HoldFact(judge.facts.sequence, judge.at, account, hold, what, amount, expires)
    judge.facts.held[hold].append(fact)


def place(asked: Operation, judge: Judge) -> Answer | None:
    account = judge.find("ACCOUNT", asked.account)
    destination = judge.find("ACCOUNT", asked.other) if asked.other else None
    judge.demands(asked.require)
    if asked.expires is not None and asked.expires <= judge.at:
        judge.object("INVALID_TIME")
    if account is None or (asked.other and destination is None):
        return None
    judge.same_currency(account, asked.currency)
    if destination is not None:
        judge.same_currency(destination, judge.facts.opened[account].currency)
        if destination == account:
            judge.object("SAME_ACCOUNT", account=account)
        if judge.facts.terms_of(destination).closed:
            judge.object("ACCOUNT_CLOSED", account=destination)
    judge.fresh("HOLD", asked.external)
    amount = asked.amount or 0
    judge.judge(Plan(held={account: amount}, takes_out=account, until=asked.expires, force=asked.force))
    if judge.objections:
        return None
    fact = HoldFact(take(judge.facts), judge.at, account, asked.label, "place", amount, asked.expires)
    judge.facts.held[asked.label] = [fact]
    if destination is not None:
        judge.facts.destinations[asked.label] = destination
    claim(judge.facts, "HOLD", asked.external, asked.label)
    return accept(judge.facts, asked.label)


def _begin(asked: Operation, judge: Judge) -> tuple[str, HoldState] | None:
    label = judge.find("HOLD", asked.hold)
    judge.demands(asked.require)
    if label is None:
        return None
    hold = judge.facts.hold(label)
    if hold.seen(judge.at).status != "ACTIVE":
        judge.object("HOLD_NOT_ACTIVE", expected="ACTIVE", actual=hold.seen(judge.at).status)
    return label, hold


def increment(asked: Operation, judge: Judge) -> Answer | None:
    if (found := _begin(asked, judge)) is None:
        return None
    label, hold = found
    amount = asked.amount or 0
    judge.same_currency(hold.account, asked.currency, blamed=False)
    plan = Plan(held={hold.account: amount}, takes_out=hold.account, until=hold.expires, force=asked.force)
    judge.judge(plan)
    if hold.amount + amount > LIMIT:
        judge.object("BALANCE_OVERFLOW")
    if judge.objections:
        return None
    take(judge.facts)
    _note(judge, label, "increment", amount)
    return accept(judge.facts, label)


def extend(asked: Operation, judge: Judge) -> Answer | None:
    if (found := _begin(asked, judge)) is None:
        return None
    label, hold = found
    if hold.expires is None or (asked.expires is not None and asked.expires <= hold.expires):
        judge.object("INVALID_TIME")
    if judge.facts.terms_of(hold.account).closed:
        judge.object("ACCOUNT_CLOSED", account=hold.account)
    if judge.objections:
        return None
    take(judge.facts)
    _note(judge, label, "extend", expires=asked.expires)
    return accept(judge.facts, label)


def release(asked: Operation, judge: Judge) -> Answer | None:
    if (found := _begin(asked, judge)) is None:
        return None
    label, hold = found
    if asked.amount is not None:
        judge.same_currency(hold.account, asked.currency, blamed=False)
        if asked.amount > hold.remaining and hold.seen(judge.at).status == "ACTIVE":
            judge.object("RELEASE_EXCEEDS_HOLD", remaining=hold.remaining)
    if judge.facts.terms_of(hold.account).closed:
        judge.object("ACCOUNT_CLOSED", account=hold.account)
    if judge.objections:
        return None
    take(judge.facts)
    _note(judge, label, "release", hold.remaining if asked.amount is None else asked.amount)
    return accept(judge.facts, label)


def capture(asked: Operation, judge: Judge) -> Answer | None:
    found = _begin(asked, judge)
    judge.fresh("TRANSACTION", asked.external)
    targets = [judge.find("ACCOUNT", leg.account, line=number) for number, leg in enumerate(asked.legs, 2)]
    if found is None:
        return None
    label, hold = found
    parts = [(target, leg.amount, leg.matures) for target, leg in zip(targets, asked.legs, strict=True)]
    amount = sum(leg.amount for leg in asked.legs) or asked.amount
    if amount is None:
        amount = hold.remaining if hold.seen(judge.at).status == "ACTIVE" else hold.amount
    if not parts and label not in judge.facts.destinations:
        judge.object("DESTINATION_MISSING")
        return None
    parts = parts or [(judge.facts.destinations[label], amount, asked.matures)]
    _judge_currencies(asked, judge, hold.account)
    plan = _capture_plan(asked, judge, hold, amount)
    debit = not judge.facts.opened[hold.account].debit_normal
    for number, (target, part, matures) in enumerate(parts, 2):
        if target is None:
            return None
        if target == hold.account:
            judge.object("SAME_ACCOUNT", number, account=target)
        judge.same_currency(target, judge.facts.opened[hold.account].currency, number)
        plan.lines.append(line_of(judge, target, (not debit, part, matures), number, asked.label))
    judge.judge(plan)
    if judge.objections:
        return None
    answer = enter(asked, judge, plan, "CAPTURE")
    _note(judge, label, "final" if asked.final else "capture", amount)
    return answer


def _judge_currencies(asked: Operation, judge: Judge, account: str) -> None:
    if asked.amount is not None:
        judge.same_currency(account, asked.currency, 1, blamed=False)
    for number, leg in enumerate(asked.legs, 2):
        judge.same_currency(account, leg.currency, number, blamed=False)


def _capture_plan(asked: Operation, judge: Judge, hold: HoldState, amount: int) -> Plan:
    """What a capture does to the held account."""
    plan = Plan(takes_out=hold.account, until=hold.expires, force=asked.force)
    debit = not judge.facts.opened[hold.account].debit_normal
    plan.lines.append(line_of(judge, hold.account, (debit, amount, None), 1, asked.label))
    if hold.seen(judge.at).status == "ACTIVE":
        if amount > hold.remaining and not asked.excess:
            judge.object("CAPTURE_EXCEEDS_HOLD", remaining=hold.remaining)
        ends = asked.final or amount >= hold.remaining
        plan.held[hold.account] = -hold.remaining if ends else -amount
        if hold.captured + hold.released + max(amount, hold.remaining) > LIMIT:
            judge.object("BALANCE_OVERFLOW")
    return plan


def expire(asked: Operation, judge: Judge) -> Answer | None:
    label = judge.find("HOLD", asked.hold)
    if label is None:
        return None
    hold = judge.facts.hold(label)
    earlier = [
        other
        for other in judge.facts.holds_of(hold.account)
        if other.status == "ACTIVE" and other.over(judge.at) and (other.expires or 0) < (hold.expires or 0)
    ]
    if hold.status != "ACTIVE" or not hold.over(judge.at) or earlier:
        judge.object("HOLD_NOT_ACTIVE", actual=hold.seen(judge.at).status)
        return None
    take(judge.facts)
    _note(judge, label, "expire")
    return accept(judge.facts, label)
