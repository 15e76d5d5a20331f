"""Plays one seeded world against a target and compares everything with the oracle after every step."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from app import ledger
from tests.ledger.world import CURRENCIES, START
from tests.scenarios.target import Target
from tests.simulation import marks
from tests.simulation.generator import Deliver, Generator, Pass, Step
from tests.simulation.operations import Answer, Operation
from tests.simulation.oracle import AccountStanding, Facts, HoldState
from tests.simulation.rulebook import Rulebook
from tests.simulation.translation import Translator

OPERATIONS_MAX: Final = 200


class DivergenceError(AssertionError):
    """The ledger and the oracle disagree."""


@dataclass(slots=True)
class Play:
    """One world under way: the target, the oracle, and what was seen."""

    target: Target
    seed: int
    oracle: Rulebook = field(init=False)
    translator: Translator = field(init=False)
    compare_every: int = 1
    knows_past: bool = False
    seen: Counter[str] = field(default_factory=Counter)
    told: list[Step] = field(default_factory=list)
    operations: int = 0

    def __post_init__(self) -> None:
        self.oracle = Rulebook(Facts(dict(CURRENCIES)), START)
        self.translator = Translator(CURRENCIES)

    async def run(self, operations_max: int = OPERATIONS_MAX) -> None:
        """Play to the end; raises DivergenceError with what led there."""
        generator = Generator(self.seed, self.oracle, operations_max)
        try:
            for step in generator.steps():
                await self.perform(step)
            await self._compare()
            await self._foresee()
        except AssertionError as error:
            history = "\n".join(map(str, self.told[-12:]))
            raise DivergenceError(f"seed {self.seed}, step {len(self.told)}:\n{history}\n{error}") from error

    async def perform(self, step: Step) -> None:
        """Do one step on both sides and compare."""
        self.told.append(step)
        if isinstance(step, Pass):
            self.oracle.at = step.until
            await self.target.clock_to(step.until)
            self.operations += 1
        else:
            await self._deliver(step)
            self.operations += len(step.operations)
        if len(self.told) % self.compare_every == 0:
            await self._compare()

    async def _deliver(self, step: Deliver) -> None:
        requests = tuple(self._request(operation) for operation in step.operations)
        if step.atomic:
            groups = [ledger.Group(requests, atomic=True)]
        else:
            groups = [ledger.Group((request,)) for request in requests]
        decided = [one for group in await self.target.submit(groups, dry_run=step.dry) for one in group]
        oracle = self.oracle
        if step.dry:
            oracle = Rulebook(oracle.facts.copy(), oracle.at, dict(oracle.keys))
        before = marks.before(oracle, step)
        if step.atomic:
            expected = _permitted(oracle.ask_together(step.operations))
        else:
            expected = [oracle.ask(operation) for operation in step.operations]
        for operation, decision, answer in zip(step.operations, decided, expected, strict=True):
            actual = self.translator.answer(operation, decision, dry=step.dry)
            assert _equal(actual, answer), f"{operation}\nledger: {actual}\noracle: {answer}"
        marks.note(self.seen, step, before, expected, oracle)

    def _request(self, operation: Operation) -> ledger.Request:
        command = self.translator.command(operation)
        return self.target.request(command, operation.key or "", clerk=not operation.may_advance)

    async def _compare(self) -> None:
        ids = self.translator.ids
        holds = await self._compare_balances(self.oracle.facts, None)
        found = await self.target.holds([ids[label] for label in holds])
        for label, hold in holds.items():
            read = found[ids[label]]
            state = (read.status, read.amount, read.captured, read.released, read.expires_at)
            wanted = (hold.status, hold.amount, hold.captured, hold.released, hold.expires)
            assert state == wanted, f"{label}\nledger: {state}\noracle: {wanted}"

    async def _compare_balances(self, facts: Facts, at: int | None) -> dict[str, HoldState]:
        """Compare what is told of all accounts now or at an instant; return the holds as they read then."""
        ids = self.translator.ids
        accounts, holds = facts.standing(self.oracle.at if at is None else at)
        balances = await self.target.balances([ids[label] for label in accounts], at)
        for label, expected in accounts.items():
            actual = _standing(balances[ids[label]])
            assert actual == expected, f"{label} at {at or 'now'}\nledger: {actual}\noracle: {expected}"
        return holds

    async def _foresee(self) -> None:
        """Ask what will be when money matures and holds lapse; where the target knows its past, what was."""
        facts = self.oracle.facts
        instants = {instant for label in facts.opened for instant in facts.futures(label, self.oracle.at)[:3]}
        for instant in sorted(instants)[:4]:
            await self._compare_balances(facts, instant)
        if self.knows_past:
            recorded = sorted({fact.at for lines in facts.posted.values() for fact in lines})
            for instant in [at + step for at in recorded[-40::8] for step in (-1, 0, 1)]:
                if instant < self.oracle.at:
                    await self._compare_balances(facts.as_of(instant), instant)


def _permitted(answers: Sequence[Answer]) -> list[Answer]:
    """A scope that is lacking is a fault of the whole group."""
    denied = [answer for answer in answers if answer.code == "FORBIDDEN"]
    return denied * len(answers) if denied else list(answers)


def _equal(actual: Answer, expected: Answer) -> bool:
    return (actual.code, actual.numbers, actual.made, actual.replayed) == (
        expected.code,
        expected.numbers,
        expected.made,
        expected.replayed,
    )


def _standing(balance: ledger.Balance) -> AccountStanding:
    return (
        balance.ledger,
        balance.maturing,
        balance.held,
        balance.version,
        balance.floor,
        balance.out_frozen,
        balance.in_frozen,
        balance.closed,
    )
