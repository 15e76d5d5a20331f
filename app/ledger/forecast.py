"""Forecast: how what is available will grow, by the facts known now, between the least and the most it can come to."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import attrgetter

from app.ledger.balance import Balance


class CauseKind(StrEnum):
    """Why money becomes available by the mere passing of time."""

    MATURITY = "MATURITY"
    EXPIRY = "EXPIRY"


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Causes:
    """What is to come on an account, in order; nothing is missing up to `until`, or at all where that is None."""

    causes: tuple[Cause, ...] = ()
    until: int | None = None


@dataclass(frozen=True, slots=True)
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
