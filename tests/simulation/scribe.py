"""How the oracle writes facts down, and the sums that several of its rules share."""

from collections.abc import Sequence
from dataclasses import replace

from tests.simulation.judgement import Judge, Plan
from tests.simulation.operations import Answer, Operation
from tests.simulation.oracle import Facts, Posted


def take(facts: Facts) -> int:
    """Take the next sequence."""
    facts.sequence += 1
    return facts.sequence


def accept(facts: Facts, made: str | None = None) -> Answer:
    """The answer to what was just written down."""
    return Answer(None, {"sequence": facts.sequence}, made)


def claim(facts: Facts, kind: str, external: str | None, label: str) -> None:
    """Let an external id stand for what was just made."""
    if external is not None:
        facts.external[kind, external] = label


def line_of(judge: Judge, account: str, leg: tuple[bool, int, int | None], number: int, label: str) -> Posted:
    """A line that is yet to be written: (debit, amount, instant) on an account."""
    debit, amount, matures = leg
    normal = debit == judge.facts.opened[account].debit_normal
    return Posted(0, judge.at, account, debit, amount if normal else -amount, judge.later(matures), label, number)


def enter(asked: Operation, judge: Judge, plan: Plan, kind: str) -> Answer:
    """Write the plan's lines down as facts."""
    facts, sequence = judge.facts, take(judge.facts)
    lines = [replace(line, sequence=sequence, at=judge.at, transaction=asked.label) for line in plan.lines]
    for line in lines:
        facts.posted[line.account].append(line)
    facts.transactions[asked.label] = lines
    facts.kinds[asked.label] = kind
    claim(facts, "TRANSACTION", asked.external, asked.label)
    return accept(facts, asked.label)


def imbalance(facts: Facts, sides: Sequence[tuple[str, bool, int]]) -> dict[str, object] | None:
    """What (currency, debit, amount) do not come to, for the first currency that does not balance."""
    for currency in sorted({currency for currency, _, _ in sides}):
        debits = sum(amount for of, debit, amount in sides if of == currency and debit)
        credits_ = sum(amount for of, debit, amount in sides if of == currency and not debit)
        if debits != credits_:
            return sums(facts, currency, debits, credits_)
    return None


def sums(facts: Facts, currency: str, debits: int, credits_: int) -> dict[str, object]:
    """Both sides in words."""
    return {"expected": facts.text(debits, currency), "actual": facts.text(credits_, currency)}
