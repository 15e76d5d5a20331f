"""The oracle's decisions: what it answers to each operation, to the same one again, and to groups."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from tests.simulation import account_rules, hold_rules, money_rules
from tests.simulation.judgement import Judge
from tests.simulation.operations import Answer, Operation, Verb
from tests.simulation.oracle import LIMIT, Facts
from tests.simulation.sameness import content
from tests.simulation.scribe import imbalance, sums

RULES: Final[Mapping[Verb, Callable[[Operation, Judge], Answer | None]]] = MappingProxyType(
    {
        Verb.OPEN: account_rules.open_account,
        Verb.UPDATE: account_rules.change_terms,
        Verb.FREEZE: account_rules.change_terms,
        Verb.UNFREEZE: account_rules.change_terms,
        Verb.CLOSE: account_rules.change_terms,
        Verb.REOPEN: account_rules.change_terms,
        Verb.TRANSFER: money_rules.transfer,
        Verb.POST: money_rules.post,
        Verb.REVERSE: money_rules.reverse,
        Verb.RESCHEDULE: money_rules.move_in_time,
        Verb.RELEASE_EARLY: money_rules.move_in_time,
        Verb.DELAY: money_rules.move_in_time,
        Verb.PLACE: hold_rules.place,
        Verb.CAPTURE: hold_rules.capture,
        Verb.RELEASE: hold_rules.release,
        Verb.INCREMENT: hold_rules.increment,
        Verb.EXTEND: hold_rules.extend,
        Verb.EXPIRE: hold_rules.expire,
    }
)


@dataclass(slots=True)
class Memory:
    """What a key stands for."""

    content: dict[str, object]
    answer: Answer


@dataclass(slots=True)
class Rulebook:
    """The oracle: facts, keys and an instant."""

    facts: Facts
    at: int
    keys: dict[tuple[Verb, str], Memory] = field(default_factory=dict)

    # -- keys and groups ------------------------------------------------------------------------

    def ask(self, operation: Operation) -> Answer:
        """Answer one operation."""
        known = self._known(operation)
        if known is not None:
            return known
        answer = self._decide(operation)
        self._remember(operation, answer)
        return answer

    def ask_together(self, operations: Sequence[Operation]) -> list[Answer]:
        """Answer operations of which all are accepted or none."""
        facts, keys = self.facts.copy(), dict(self.keys)
        answers: list[Answer] = []
        for index, operation in enumerate(operations):
            answer = self.ask(operation)
            if answer.code is None:
                answers.append(answer)
                continue
            self.facts, self.keys = facts, keys
            return [self._rejected(other, answer, index, at) for at, other in enumerate(operations)]
        return answers

    def _rejected(self, operation: Operation, culprit: Answer, index: int, at: int) -> Answer:
        known = self._known(operation)
        if known is not None:
            return known
        answer = culprit if at == index else Answer("GROUP_REJECTED", {"index": index}, stored=culprit.stored)
        self._remember(operation, answer)
        return answer

    def _known(self, operation: Operation) -> Answer | None:
        unsound = self._unsound(operation)
        if unsound is not None or operation.key is None:
            return unsound
        memory = self.keys.get((operation.verb, operation.key))
        if memory is None:
            return None
        now = content(operation)
        differs = sorted(name for name in now if now[name] != memory.content[name])
        if differs:
            return Answer("IDEMPOTENCY_KEY_REUSED", {"differs": ",".join(differs)}, stored=False)
        return replace(memory.answer, replayed=True)

    def _remember(self, operation: Operation, answer: Answer) -> None:
        if operation.key is not None and answer.stored and not answer.replayed:
            self.keys[operation.verb, operation.key] = Memory(content(operation), answer)

    # -- what is unsound by itself ----------------------------------------------------------------

    def _unsound(self, operation: Operation) -> Answer | None:
        first = 2 if operation.verb is Verb.CAPTURE else 1
        amounts = [(None, operation.amount)] if operation.amount is not None else []
        for line, amount in [*amounts, *((n, leg.amount) for n, leg in enumerate(operation.legs, first))]:
            if not 0 < amount < LIMIT:
                return Answer("INVALID_AMOUNT", {"line": line} if line else {}, stored=False)
        if operation.verb is Verb.POST:
            found = imbalance(self.facts, [(leg.currency, leg.debit, leg.amount) for leg in operation.legs])
            return None if found is None else Answer("UNBALANCED", found, stored=False)
        if operation.verb is Verb.CAPTURE and operation.amount is not None and operation.legs:
            total = sum(leg.amount for leg in operation.legs)
            if all(leg.currency == operation.currency for leg in operation.legs) and total != operation.amount:
                return Answer("UNBALANCED", sums(self.facts, operation.currency, operation.amount, total), stored=False)
        return None

    def _decide(self, operation: Operation) -> Answer:
        judge = Judge(self.facts, self.at)
        made = RULES[operation.verb](operation, judge)
        answer = judge.answer() or made
        assert answer is not None, "what nothing speaks against is accepted"
        return answer
