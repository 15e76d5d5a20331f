"""Ids from a seed: UUIDv7 like all others, but the same again for the same story."""

from random import Random
from typing import Final
from uuid import UUID

_VERSION: Final = 7 << 76
_VARIANT: Final = 2 << 62
_RANDOM_BITS: Final = 62
_COUNTER_MAX: Final = 1 << 12


class SeededIds:
    """Makes UUIDv7 of the instant it was last told, in order, the same for the same seed."""

    def __init__(self, seed: int, at: int = 0) -> None:
        self._random = Random(seed)  # noqa: S311 - a story that can be told again is wanted, not a secret
        self._milliseconds = at // 1000
        self._counter = 0

    def move_to(self, at: int) -> None:
        """Take later ids from this instant, in microseconds; never an earlier one."""
        if at // 1000 > self._milliseconds:
            self._milliseconds, self._counter = at // 1000, 0

    def __call__(self) -> UUID:
        """Return the next id."""
        if self._counter == _COUNTER_MAX:
            self._milliseconds, self._counter = self._milliseconds + 1, 0
        number = self._milliseconds << 80 | _VERSION | self._counter << 64 | _VARIANT
        self._counter += 1
        return UUID(int=number | self._random.getrandbits(_RANDOM_BITS))
