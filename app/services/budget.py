"""Budgets: what each bearer may use up, a bucket of points that fills again by itself, kept by this process alone."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from app.services.clock import monotonic_seconds
from app.services.faults import Throttled
from app.values import value

BUDGETS_MAX: Final = 10_000
_RETRY_SECONDS_MIN: Final = 0.1


@value
class BudgetState:
    """What a budget holds now, in whole points; it fills by `restore_rate` a second."""

    maximum_available: int
    currently_available: int
    restore_rate: int


class Budget:
    """The points of one bearer. They are taken before the work and given back where it came to less."""

    def __init__(self, maximum: int, restore_rate: int, now: Callable[[], float]) -> None:
        self._maximum = maximum
        self._restore_rate = restore_rate
        self._now = now
        self._available = float(maximum)
        self._at = now()

    def take(self, points: int, *, reserved_share: float = 0.0) -> None:
        """Take points; raises Throttled, and takes none, where there are too few beside what is reserved.

        What costs more than the budget ever holds is let through once it is full, and leaves a debt.
        """
        self._fill()
        missing = min(points + reserved_share * self._maximum, self._maximum) - self._available
        if missing > 0:
            seconds = max(missing / self._restore_rate, _RETRY_SECONDS_MIN)
            raise Throttled("The budget is used up; nothing was done.", retry_after_seconds=round(seconds, 2))
        self._available -= points

    def charge(self, points: int) -> None:
        """Take points for what has been done already; what is missing is a debt of at most the whole budget."""
        self._fill()
        self._available = max(self._available - points, -float(self._maximum))

    def give_back(self, points: int) -> None:
        """Return points that were taken and not used."""
        self._available = min(self._available + points, float(self._maximum))

    def state(self) -> BudgetState:
        """Return what it holds now."""
        self._fill()
        return BudgetState(self._maximum, max(int(self._available), 0), self._restore_rate)

    def _fill(self) -> None:
        now = self._now()
        self._available = min(self._available + (now - self._at) * self._restore_rate, float(self._maximum))
        self._at = now


class Budgets:
    """The budgets of all bearers; one that has not been used for longest is forgotten first, which fills it."""

    def __init__(self, maximum: int, restore_rate: int, *, now: Callable[[], float] = monotonic_seconds) -> None:
        self._maximum = maximum
        self._restore_rate = restore_rate
        self._now = now
        self._kept: OrderedDict[str, Budget] = OrderedDict()

    def of(self, bearer: str) -> Budget:
        """Return the budget of a bearer, by its public id."""
        found = self._kept.get(bearer)
        if found is None:
            found = self._kept[bearer] = Budget(self._maximum, self._restore_rate, self._now)
            if len(self._kept) > BUDGETS_MAX:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(bearer)
        return found
