"""What the oracle answers to operations on accounts."""

from dataclasses import replace

from tests.simulation.judgement import Judge
from tests.simulation.operations import Answer, Operation, Verb
from tests.simulation.oracle import LIMIT, Opened, Terms
from tests.simulation.scribe import accept, claim, take


def open_account(asked: Operation, judge: Judge) -> Answer | None:
    if abs(asked.floor or 0) >= LIMIT:
        judge.object("INVALID_AMOUNT")
    judge.fresh("ACCOUNT", asked.external)
    if judge.objections:
        return None
    facts, sequence = judge.facts, take(judge.facts)
    facts.opened[asked.label] = Opened(asked.currency, asked.debit_normal)
    facts.posted[asked.label] = []
    floor = None if asked.unlimited else asked.floor or 0
    facts.terms[asked.label] = [Terms(sequence, judge.at, asked.label, floor, name=asked.name)]
    claim(judge.facts, "ACCOUNT", asked.external, asked.label)
    return accept(judge.facts, asked.label)


def change_terms(asked: Operation, judge: Judge) -> Answer | None:
    account = judge.find("ACCOUNT", asked.account)
    judge.demands(asked.require)
    if account is None:
        return None
    before = judge.facts.terms_of(account)
    if before.closed and asked.verb is not Verb.REOPEN:
        judge.object("ACCOUNT_CLOSED", account=account)
    after = _new_terms(asked, judge, before)
    if after == before:
        expected = "closed" if asked.verb is Verb.REOPEN else "a change"
        judge.object("INVALID_STATUS", account=account, expected=expected, actual="nothing would change")
    if judge.objections:
        return None
    judge.facts.terms[account].append(replace(after, sequence=take(judge.facts), at=judge.at))
    return accept(judge.facts, account)


def _new_terms(asked: Operation, judge: Judge, before: Terms) -> Terms:
    out, in_ = asked.direction != "IN", asked.direction != "OUT"
    match asked.verb:
        case Verb.FREEZE:
            return replace(before, out_frozen=before.out_frozen or out, in_frozen=before.in_frozen or in_)
        case Verb.UNFREEZE:
            return replace(before, out_frozen=before.out_frozen and not out, in_frozen=before.in_frozen and not in_)
        case Verb.CLOSE:
            a = before.account
            facts = judge.facts
            if facts.ledger(a) or facts.maturing(a, judge.at) or facts.held_at(a, judge.at):
                judge.object("ACCOUNT_NOT_EMPTY", account=a)
            return replace(before, closed=True)
        case Verb.REOPEN:
            return replace(before, closed=False)
        case _:
            return _new_floor(asked, judge, before)


def _new_floor(asked: Operation, judge: Judge, before: Terms) -> Terms:
    floor, account = before.floor, before.account
    if asked.unlimited:
        floor = None
    elif asked.floor is not None:
        floor = asked.floor
        if abs(floor) >= LIMIT:
            judge.object("INVALID_AMOUNT", account=account)
        if before.floor is None and asked.unlimited is None:
            judge.object("INVALID_STATUS", account=account, expected="unlimited: false", actual="unlimited")
    elif asked.unlimited is False and before.floor is None:
        floor = 0
    return replace(before, floor=floor, name=before.name if asked.name is None else asked.name)
