"""The stage of the demo's story: the instant, the chance, the agenda, and what each merchant could spend."""

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from app import ledger
from app.services.seed.marketplace import Marketplace, Merchant
from app.values import value

_SEED: Final = 20_240_229


@dataclass(slots=True)
class Purse:
    """What the story reckons a merchant to own, in minor units, so that it never plans more than is there."""

    floor: int
    free: int = 0
    held: int = 0
    maturing: Counter[int] = field(default_factory=Counter)
    frozen: bool = False

    def spendable(self, at: int) -> int:
        """Return what could be taken at an instant, by the ledger's own equation."""
        for due in [due for due in self.maturing if due <= at]:
            self.free += self.maturing.pop(due)
        return 0 if self.frozen else self.free - self.held - self.floor

    def add(self, amount: int, matures_at: int, at: int) -> None:
        """Add money of an instant to come, or of now; a negative amount takes it from there."""
        if matures_at > at:
            self.maturing[matures_at] += amount
        else:
            self.free += amount


@value
class Line:
    """One command of the story under its idempotency key; without key for what the ledger records by itself."""

    key: str | None
    command: ledger.Command


@value
class Scene:
    """What happens at one instant."""

    at: int
    lines: tuple[Line, ...]


class Stage:
    """Where the story is told, instant by instant; the same seed tells the same story."""

    def __init__(self, cast: Marketplace) -> None:
        self.cast = cast
        self.at = 0
        self.random = Random(_SEED)  # noqa: S311 - a story that can be told again is wanted, not a secret
        self.purses = {merchant.slug: Purse(merchant.floor) for merchant in cast.merchants}
        self.owed: Counter[str] = Counter()
        self._numbers: Counter[str] = Counter()
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._lines: list[Line] = []

    def purse(self, merchant: Merchant) -> Purse:
        """Return a merchant's purse."""
        return self.purses[merchant.slug]

    def spendable(self, merchant: Merchant) -> int:
        """Return what a merchant can spend now."""
        return self.purse(merchant).spendable(self.at)

    def number(self, noun: str) -> str:
        """Return the next external id of a kind, as in sale-00001."""
        self._numbers[noun] += 1
        return f"{noun}-{self._numbers[noun]:05}"

    def chance(self, percent: int) -> bool:
        """Whether something happens that happens so many times in a hundred."""
        return self.random.randrange(100) < percent

    def say(self, key: str, command: ledger.Command) -> None:
        """Let a command happen now."""
        self._lines.append(Line(f"seed:{key}", command))

    def note_expiry(self, hold: str) -> None:
        """Let the ledger record now that a hold has lapsed."""
        self._lines.append(Line(None, ledger.RecordExpiry(ledger.Reference(external_id=hold))))

    def later(self, at: int, act: Callable[[], None]) -> None:
        """Let something happen at the first scene at or after an instant."""
        heapq.heappush(self._agenda, (at, self._numbers.total(), act))
        self._numbers["agenda"] += 1

    def scene(self, at: int, *acts: Callable[[], None]) -> Scene:
        """Move to an instant, do what is due and then the given acts, and return what happened."""
        self.at = at
        while self._agenda and self._agenda[0][0] <= at:
            heapq.heappop(self._agenda)[2]()
        for act in acts:
            act()
        lines, self._lines = tuple(self._lines), []
        return Scene(at, lines)


def account(external_id: str) -> ledger.Reference:
    """Return a reference to an account, transaction or hold by its external id."""
    return ledger.Reference(external_id=external_id)
