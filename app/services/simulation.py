"""Simulation: what commands would come to, decided by the very rules that decide them, and nothing stored."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias, TypeGuard
from uuid import UUID

from app import ledger, store
from app.services.batch import BatchRunner, Decided
from app.services.faults import BadInput, Fault
from app.services.foresight import MICROSECONDS, POINTS_MAX, YEARS_AHEAD, YEARS_AHEAD_MAX, Step, check_stretch
from app.services.reader import Reader
from app.services.writer import Decisions
from app.values import value

SIMULATED_MAX: Final = 100
"""Commands of one simulation."""

Points: TypeAlias = tuple[ledger.ForecastPoint, ...]


@value
class Prospect:
    """Until when, and in which steps, the forecasts of the accounts are wanted."""

    to: int
    step: Step = Step.DAY


@value
class SimulatedAccount:
    """An account that accepted commands touch: how it would stand without them, and how it does with them.

    Of one that they open nothing stands before. The curves are what will be available, where that was asked for.
    """

    account: ledger.Account
    before: ledger.Balance | None
    after: ledger.Balance
    curve_before: Points | None = None
    curve_after: Points | None = None


@value
class Simulation:
    """What was decided at `place`, group by group, and what it would leave.

    `entries` are those that accepted commands would post, by the transaction's id, which stands for nothing.
    """

    place: store.Coordinate
    decisions: Sequence[Decisions | Fault]
    accounts: tuple[SimulatedAccount, ...]
    entries: Mapping[UUID, Sequence[ledger.Entry]]


async def simulate(
    reader: Reader,
    runner: BatchRunner,
    groups: Sequence[ledger.Group],
    at: int | None = None,
    prospect: Prospect | None = None,
) -> Simulation:
    """Return what groups would come to now, or at a later instant if nothing else happened until then.

    What is of the past counts as now. Raises BadInput naming `at`, `forecastTo` or `commands`.
    """
    here = await reader.coordinate()
    instant = here.at if at is None else max(at, here.at)
    if instant > here.at + YEARS_AHEAD:
        raise BadInput(f"at must lie within {YEARS_AHEAD_MAX} years from now.", ("at",))
    if prospect is not None:
        check_stretch(instant, instant, prospect.to, prospect.step, named="forecastTo")
    decided = await reader.simulate(runner, groups, instant)
    touched = _touched(decided.decisions)
    curves = {} if prospect is None else await _curves(reader, decided, touched, instant, prospect)
    book = decided.book
    accounts = tuple(
        SimulatedAccount(
            book.accounts[id_], decided.standing.get(id_), book.balances[id_], *curves.get(id_, (None, None))
        )
        for id_ in touched
    )
    made = (one.transaction_id for decisions in decided.decisions for one in decisions if _took_effect(one))
    entries = {id_: book.entries[id_] for id_ in made if id_ is not None}
    return Simulation(store.Coordinate(here.sequence, instant), decided.decisions, accounts, entries)


def _took_effect(decision: ledger.Decision) -> TypeGuard[ledger.Accepted]:
    return isinstance(decision, ledger.Accepted) and not decision.replayed


def _touched(decided: Sequence[Decisions]) -> list[UUID]:
    """Return the accounts that accepted commands touch, in the order in which they do."""
    accepted = (one for decisions in decided for one in decisions if _took_effect(one))
    return list(dict.fromkeys(account_id for one in accepted for account_id in one.balances))


async def _curves(
    reader: Reader, decided: Decided, touched: Sequence[UUID], instant: int, prospect: Prospect
) -> dict[UUID, tuple[Points, Points]]:
    """Return the curve of what will be available on each account, without the commands and with them.

    What is to come is read instant by instant, so that what the commands change of it can be told exactly.
    """
    stretch = store.Stretch(instant, instant, prospect.to)
    coming = await reader.future_causes(touched, stretch)
    if coming is None:
        raise _too_many()
    curves: dict[UUID, tuple[Points, Points]] = {}
    points = 0
    for id_ in touched:
        known = coming[id_].causes
        later = ledger.altered(known, decided.book.changed_causes(id_))
        step = MICROSECONDS[prospect.step]
        before, after = (ledger.gathered(causes, instant, prospect.to, step) for causes in (known, later))
        stood = decided.standing.get(id_)
        curve_before = () if stood is None else ledger.foresee(stood, instant, before)
        curves[id_] = curve_before, ledger.foresee(decided.book.balances[id_], instant, after)
        points += len(curve_before) + len(curves[id_][1])
    if points > POINTS_MAX:
        raise _too_many()
    return curves


def _too_many() -> BadInput:
    sentence = f"The forecasts come to more than {POINTS_MAX:,} points: ask for fewer commands, a shorter time or DAY."
    return BadInput(sentence, ("forecastTo",))
