"""The interesting states: a run that never reached one of them has proved less than it says, and fails."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.simulation.generator import Deliver
from tests.simulation.judgement import ORDER
from tests.simulation.operations import Answer, Operation, Verb
from tests.simulation.oracle import HoldState
from tests.simulation.rulebook import Rulebook

_STATES: Final = (
    "a capture beat the expiry by a microsecond",
    "an expiry beat the capture at its very instant",
    "an expiry was recorded",
    "a hold had lapsed unrecorded while its account was taken from",
    "money was taken at the instant at which it matured",
    "money was refused a microsecond before it matured",
    "an instant was found at which it would fit",
    "no instant was found at which it would fit",
    "a refusal on a credit line",
    "a forced command went below the floor",
    "a pin was allowed because the money matures no earlier",
    "a pin was allowed because it was advanced",
    "money was rescheduled earlier",
    "money was rescheduled later",
    "rescheduled money was rescheduled again",
    "money was released at once",
    "money was released early, but not at once",
    "money was delayed",
    "money that had come was delayed",
    "a delay was refused for want of money",
    "a reversal took rescheduled money",
    "a reversal took from a bucket and from what was available",
    "a reversal gave back into a bucket",
    "a partial reversal",
    "an excess capture",
    "a capture left the hold active",
    "an acceptance was replayed",
    "a refusal was replayed",
    "a replay within a group",
    "a group was accepted",
    "a group was rejected after it had changed something",
    "a dry run was accepted",
    "a dry run was refused",
)
WANTED: Final = frozenset(
    {
        *_STATES,
        *(f"accepted {verb}" for verb in Verb),
        *(f"refused {code}" for code in ORDER),
        "refused IDEMPOTENCY_KEY_REUSED",
        "refused GROUP_REJECTED",
        "refused FORBIDDEN",
    }
)


@dataclass(frozen=True, slots=True)
class Before:
    """What the oracle knew before a step: the holds that it names, and its instant."""

    holds: dict[str, HoldState]
    lapsed: frozenset[str]
    at: int


def before(oracle: Rulebook, step: Deliver) -> Before:
    """Look at the holds before a step changes them."""
    facts = oracle.facts
    named = [operation.hold for operation in step.operations if operation.hold in facts.held]
    states = [facts.hold(name) for name in facts.held]
    lapsed = frozenset(hold.account for hold in states if hold.status == "ACTIVE" and hold.over(oracle.at))
    return Before({name: facts.hold(name) for name in named}, lapsed, oracle.at)


def note(seen: Counter[str], step: Deliver, known: Before, answers: Sequence[Answer], oracle: Rulebook) -> None:
    """Count what a step has shown."""
    codes = [answer.code for answer in answers]
    if step.dry:
        seen["a dry run was refused" if any(codes) else "a dry run was accepted"] += 1
        return
    if step.atomic:
        if not any(codes):
            seen["a group was accepted"] += 1
            seen["a replay within a group"] += any(answer.replayed for answer in answers)
        elif answers[0].code == "GROUP_REJECTED" and not answers[0].replayed:
            seen["a group was rejected after it had changed something"] += 1
    for operation, answer in zip(step.operations, answers, strict=True):
        if answer.replayed:
            seen["a refusal was replayed" if answer.code else "an acceptance was replayed"] += 1
        elif answer.code is not None:
            seen[f"refused {answer.code}"] += 1
            _note_refusal(seen, operation, answer, known, oracle)
        else:
            seen[f"accepted {operation.verb}"] += 1
            _note_acceptance(seen, operation, answer, known, oracle)


def _note_refusal(seen: Counter[str], asked: Operation, answer: Answer, known: Before, oracle: Rulebook) -> None:
    if answer.code == "INSUFFICIENT_FUNDS":
        earliest = answer.numbers.get("earliest")
        seen["no instant was found at which it would fit" if earliest is None else _FITS] += 1
        seen["money was refused a microsecond before it matured"] += earliest == oracle.at + 1
        account = str(answer.numbers["account"])
        if account in oracle.facts.opened:
            seen["a refusal on a credit line"] += (oracle.facts.terms_of(account).floor or 0) < 0
        seen["a delay was refused for want of money"] += asked.verb is Verb.DELAY
    if answer.code == "HOLD_NOT_ACTIVE" and asked.verb is Verb.CAPTURE and asked.hold in known.holds:
        hold = known.holds[asked.hold]
        seen["an expiry beat the capture at its very instant"] += hold.status == "ACTIVE" and hold.expires == oracle.at


_FITS: Final = "an instant was found at which it would fit"


def _note_acceptance(seen: Counter[str], asked: Operation, answer: Answer, known: Before, oracle: Rulebook) -> None:
    facts = oracle.facts
    lines = facts.transactions.get(answer.made or "", [])
    taken = {line.account for line in lines if line.signed < 0 and line.matures is None}
    seen["a hold had lapsed unrecorded while its account was taken from"] += bool(taken & known.lapsed)
    ready = {account for account in taken if any(fact.matures == oracle.at for fact in facts.posted[account])}
    seen["money was taken at the instant at which it matured"] += bool(ready)
    if asked.force:
        floors = [(facts.terms_of(account).floor, facts.available(account, oracle.at)) for account in taken]
        seen["a forced command went below the floor"] += any(f is not None and a < f for f, a in floors)
    match asked.verb:
        case Verb.CAPTURE:
            _note_capture(seen, asked, known, oracle)
        case Verb.EXPIRE:
            seen["an expiry was recorded"] += 1
        case Verb.POST:
            pins = {line.matures for line in lines if line.signed < 0 and line.matures}
            allowed = "because it was advanced" if asked.advance else "because the money matures no earlier"
            net = [sum(line.signed for line in lines if line.matures == pin) for pin in pins]
            apart = len({line.account for line in lines}) == len(lines)
            seen[f"a pin was allowed {allowed}"] += apart and (any(n < 0 for n in net) or bool(pins))
        case Verb.REVERSE:
            names = {line.names[0] for line in lines if line.names}
            per_line = Counter(line.names for line in lines)
            seen["a reversal took rescheduled money"] += len(names) > 1
            seen["a reversal took from a bucket and from what was available"] += max(per_line.values()) > 1
            seen["a reversal gave back into a bucket"] += any(line.signed > 0 and line.matures for line in lines)
            seen["a partial reversal"] += asked.amount is not None or asked.lines is not None
        case Verb.RELEASE_EARLY:
            seen["money was released early, but not at once" if lines[1].matures else "money was released at once"] += 1
        case Verb.DELAY:
            seen["money was delayed" if lines[0].matures else "money that had come was delayed"] += 1
        case Verb.RESCHEDULE:
            later = (lines[1].matures or 0) > (lines[0].matures or 0)
            seen["money was rescheduled later" if later else "money was rescheduled earlier"] += 1
            name = lines[0].names
            seen["rescheduled money was rescheduled again"] += name is not None and facts.kinds[name[0]] == "RESCHEDULE"
        case _:
            pass


def _note_capture(seen: Counter[str], asked: Operation, known: Before, oracle: Rulebook) -> None:
    hold = known.holds.get(asked.hold)
    if hold is not None:
        now = oracle.facts.hold(asked.hold)
        seen["a capture beat the expiry by a microsecond"] += hold.expires == oracle.at + 1
        seen["an excess capture"] += now.amount > hold.amount
        seen["a capture left the hold active"] += now.status == "ACTIVE"
