"""What the oracle answers to operations that move money, from account to account or in time."""

from collections.abc import Sequence
from dataclasses import replace

from tests.simulation.judgement import Judge, Plan
from tests.simulation.operations import Answer, Leg, Operation, Verb
from tests.simulation.oracle import LIMIT, Posted
from tests.simulation.scribe import enter, imbalance, line_of

SKEW = 5_000_000


def _effective(asked: Operation, judge: Judge) -> None:
    if asked.effective is not None and asked.effective > judge.at + SKEW:
        judge.object("INVALID_TIME")


def transfer(asked: Operation, judge: Judge) -> Answer | None:
    amount = asked.amount or 0
    legs = (
        Leg(asked.account, debit=True, amount=amount, currency=asked.currency),
        Leg(asked.other, debit=False, amount=amount, currency=asked.currency, matures=asked.matures),
    )
    source, target = judge.find("ACCOUNT", asked.account, line=1), judge.find("ACCOUNT", asked.other, line=2)
    if source is not None and source == target:
        judge.object("SAME_ACCOUNT", 2, account=source)
    if source is None or target is None:
        judge.demands(asked.require)
        _effective(asked, judge)
        return None
    return post(replace(asked, legs=legs, advance=False), judge)


def post(asked: Operation, judge: Judge) -> Answer | None:
    plan = Plan(force=asked.force, pins=asked.advance)
    for number, leg in enumerate(asked.legs, 1):
        account = judge.find("ACCOUNT", leg.account, line=number)
        if account is not None:
            judge.same_currency(account, leg.currency, number)
            plan.lines.append(line_of(judge, account, (leg.debit, leg.amount, leg.matures), number, asked.label))
    judge.demands(asked.require)
    _effective(asked, judge)
    if len(plan.lines) == len(asked.legs):
        judge.fresh("TRANSACTION", asked.external)
        judge.judge(plan)
    return None if judge.objections else enter(asked, judge, plan, "POSTED")


def reverse(asked: Operation, judge: Judge) -> Answer | None:
    label = judge.find("TRANSACTION", asked.transaction)
    judge.demands(asked.require)
    if label is None:
        return None
    judge.fresh("TRANSACTION", asked.external)
    if judge.facts.kinds[label] in {"REVERSAL", "RESCHEDULE"}:
        judge.object("NOT_REVERSIBLE")
    entries = judge.facts.transactions[label]
    wanted = _wanted(asked, judge, entries)
    empty = not any(wanted.values())
    by_line = {entry.line: entry for entry in entries}
    for line, amount in wanted.items():
        left = judge.facts.remainder(by_line[line])
        if amount > left or empty:
            account = by_line[line].account
            judge.object("REVERSAL_EXCEEDS_ORIGINAL", line, account=account, remaining=left)
    sides = [
        (judge.facts.opened[by_line[line].account].currency, not by_line[line].debit, amount)
        for line, amount in wanted.items()
    ]
    if (crooked := imbalance(judge.facts, sides)) is not None:
        judge.object("UNBALANCED", None, **crooked)
    plan = Plan(force=asked.force, pins=True)
    judge.undo(plan, wanted, entries)
    judge.judge(plan)
    return None if judge.objections else enter(asked, judge, plan, "REVERSAL")


def _wanted(asked: Operation, judge: Judge, entries: Sequence[Posted]) -> dict[int, int]:
    wanted: dict[int, int] = {}
    if asked.lines is not None:
        for line, amount in asked.lines:
            if line > len(entries):
                judge.object("TRANSACTION_NOT_FOUND", line)
            elif not 0 < amount < LIMIT:
                judge.object("INVALID_AMOUNT", line)
                wanted[line] = wanted.get(line, 0)
            else:
                wanted[line] = wanted.get(line, 0) + amount
    elif asked.amount is not None:
        if len(entries) != len("12"):
            judge.object("UNBALANCED", expected="lines", actual="amount")
        for entry in entries:
            judge.same_currency(entry.account, asked.currency, entry.line, blamed=False)
            wanted[entry.line] = asked.amount
    else:
        wanted = {entry.line: judge.facts.remainder(entry) for entry in entries}
    return wanted


def _movable(asked: Operation, judge: Judge, entry: Posted) -> int:
    matures = judge.later(entry.matures)
    if entry.signed < 0 or (matures is None and asked.verb is not Verb.DELAY):
        return 0
    rest = judge.facts.rest(entry)
    return rest if matures is None else min(rest, judge.facts.bucket(entry.account, matures))


def move_in_time(asked: Operation, judge: Judge) -> Answer | None:
    label = judge.find("TRANSACTION", asked.transaction)
    judge.demands(asked.require)
    if label is None:
        return None
    entries = judge.facts.transactions[label]
    if asked.line > len(entries):
        judge.object("TRANSACTION_NOT_FOUND", asked.line)
        return None
    entry = entries[asked.line - 1]
    account, until, matures = entry.account, judge.later(asked.matures), judge.later(entry.matures)
    movable = _movable(asked, judge, entry)
    comes = entry.matures or 0
    earlier = until is None or until < comes
    senseless = {
        Verb.RESCHEDULE: until == matures,
        Verb.RELEASE_EARLY: not earlier,
        Verb.DELAY: until is None or until <= comes,
    }
    if asked.amount is not None:
        judge.same_currency(account, asked.currency, entry.line)
    if movable and senseless[asked.verb]:
        judge.object("INVALID_TIME")
    amount = movable if asked.amount is None else asked.amount
    if movable < max(amount, 1):
        judge.object("SLICE_EXCEEDED", entry.line, account=account, remaining=movable)
    plan = Plan(pins=True)
    pin = replace(entry, debit=not entry.debit, signed=-amount, matures=matures, line=1, names=entry.place)
    plan.lines = [pin, replace(entry, signed=amount, matures=until, line=2, names=entry.place)]
    if judge.facts.terms_of(account).closed:
        judge.object("ACCOUNT_CLOSED", entry.line, account=account)
    if judge.objections:
        return None
    if asked.verb is Verb.RESCHEDULE and earlier and not asked.may_advance:
        return Answer("FORBIDDEN", stored=False)
    judge.judge(plan)
    return None if judge.objections else enter(asked, judge, plan, "RESCHEDULE")
