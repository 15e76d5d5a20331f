"""The shell's clock and its source of ids: what the ledger is never allowed to ask for itself."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from uuid import UUID

from uuid_utils.compat import uuid7

IdSource: TypeAlias = Callable[[], UUID]
"""Makes ids that no one else makes, later ones sorting after earlier ones."""

SUSPECT_MICROSECONDS: Final = 5_000_000


def new_id() -> UUID:
    """Return a fresh UUIDv7."""
    return uuid7()


def now_microseconds() -> int:
    """Return this machine's UTC time in microseconds, for what concerns no money: that has the database's clock."""
    return time.time_ns() // 1_000


def monotonic_seconds() -> float:
    """Return seconds on a clock that only goes forward; its zero means nothing."""
    return time.monotonic()


@dataclass(slots=True)
class ClockWatch:
    """Compares the database's clock with this process's own, reading by reading.

    A database clock that runs ahead would let money mature too early, and for good. So once it has moved
    5 s more than this process's monotonic clock since the last trusted reading it is suspect, and stays
    so until it reads right again or the process is started anew.
    """

    monotonic: Callable[[], float] = monotonic_seconds
    _trusted: tuple[int, float] | None = field(default=None)

    def suspect(self, reading: int) -> bool:
        """Take a reading of the database's clock (microseconds) and tell whether it has jumped ahead."""
        now = self.monotonic()
        if self._trusted is not None:
            clock, moment = self._trusted
            if reading - clock - int((now - moment) * 1_000_000) > SUSPECT_MICROSECONDS:
                return True
        self._trusted = (reading, now)
        return False
