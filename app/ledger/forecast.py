"""Forecast: how what is available will grow, by the facts known now, between the least and the most it can come to."""

from collections.abc import Iterable
from enum import StrEnum
from itertools import groupby
from operator import attrgetter

from app.ledger.balance import Balance
from app.values import value


class CauseKind(StrEnum):
    """Why money becomes available by the mere passing of time."""

    MATURITY = "MATURITY"
    EXPIRY = "EXPIRY"


@value
class Cause:
    """Money that becomes available by an instant: `count` maturities or holds, from `first_at` to `last_at`.

    Both lie after the point before; they are the instant itself where nothing is gathered.
    """

    at: int
    kind: CauseKind
    amount: int
    count: int
    first_at: int
    last_at: int


@value
class Causes:
    """What is to come on an account, in order; nothing is missing up to `until`, or at all where that is None."""

    causes: tuple[Cause, ...] = ()
    until: int | None = None


@value
class ForecastPoint:
    """What is available from an instant on, until the next point, in minor units.

    `expected`: nothing else happens and holds lapse. `conservative`: every open hold is captured in
    full before it lapses. `optimistic`: every open hold is let go now.
    """

    at: int
    conservative: int
    expected: int
    optimistic: int
    causes: tuple[Cause, ...] = ()


def altered(causes: Iterable[Cause], changes: Iterable[Cause]) -> list[Cause]:
    """Return what is to come once changes of it are added, none of it gathered, in the order of instants and kinds.

    A change has what it adds to the amount that comes at an instant, and to the number of holds that lapse then;
    both may be below zero. However much matures at one instant, it counts as one.
    """
    found: dict[tuple[int, CauseKind], tuple[int, int]] = {}
    for cause in (*causes, *changes):
        amount, count = found.get((cause.at, cause.kind), (0, 0))
        found[cause.at, cause.kind] = amount + cause.amount, count + cause.count
    return [
        Cause(at, kind, amount, 1 if kind is CauseKind.MATURITY else count, at, at)
        for (at, kind), (amount, count) in sorted(found.items())
        if amount
    ]


def gathered(causes: Iterable[Cause], start: int, end: int, step: int) -> list[Cause]:
    """Return causes gathered at the ends of steps, counted from 1970, from an instant to another.

    What comes by the start is gathered there; what comes after the end is left out.
    """
    found: dict[tuple[int, CauseKind], list[Cause]] = {}
    for cause in causes:
        if cause.at <= end:
            at = start if cause.at <= start else min(-(-cause.at // step) * step, end)
            found.setdefault((at, cause.kind), []).append(cause)
    return [
        Cause(at, kind, sum(one.amount for one in some), sum(one.count for one in some), some[0].at, some[-1].at)
        for (at, kind), some in sorted(found.items())
    ]


def foresee(balance: Balance, start: int, causes: Iterable[Cause]) -> tuple[ForecastPoint, ...]:
    """Return the step curve from an instant on: a point there, and one wherever something comes.

    `balance` is of the instant after which the causes come, which is `start` or before it. Causes are
    in the order of their instants, none of which lies before `start`.
    """
    conservative = expected = balance.available
    optimistic = balance.ledger - balance.maturing
    points = [ForecastPoint(start, conservative, expected, optimistic)]
    for at, found in groupby(causes, attrgetter("at")):
        together = tuple(found)
        matured = sum(cause.amount for cause in together if cause.kind is CauseKind.MATURITY)
        lapsed = sum(cause.amount for cause in together if cause.kind is CauseKind.EXPIRY)
        conservative += matured
        expected += matured + lapsed
        optimistic += matured
        if at == start:
            points.clear()
        points.append(ForecastPoint(at, conservative, expected, optimistic, together))
    return tuple(points)
