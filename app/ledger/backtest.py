"""Back-tests: what a policy would have made of deposits that were made, against what became of them.

Both are the slices of the deposit alone, before anything was kept of it as a reserve, and whatever was reversed,
released or delayed later. The money of one deposit is compared in the order in which it comes: the first minor unit
that became available then with the first that would have, and so on.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.ledger.account import Metadata
from app.ledger.availability import Availability, DepositFacts, share_out
from app.ledger.calendar import Calendar, business_day_of
from app.ledger.policy import Policy
from app.ledger.policy_record import DepositRecord
from app.ledger.reserve import DAY, Slices
from app.ledger.transaction_verbs import FOREVER
from app.values import value


@value
class PastDeposit:
    """A deposit as a back-test looks at it."""

    record: DepositRecord
    currency: str
    account_opened_at: int
    metadata: Metadata = ()


@dataclass(slots=True)
class Shift:
    """Money that would have come at another instant: how much, and the sum of amount times microseconds."""

    amount: int = 0
    money_time: int = 0

    def add(self, amount: int, time: int) -> None:
        """Count an amount that is moved by so long."""
        self.amount += amount
        self.money_time += amount * time


@dataclass(slots=True)
class Count:
    """Deposits, and what they come to."""

    deposits: int = 0
    amount: int = 0

    def add(self, amount: int) -> None:
        """Count one."""
        self.deposits += 1
        self.amount += amount


@dataclass(slots=True)
class Backtest:
    """The back-test of one policy, deposit by deposit: those of one account in their order.

    `earlier` and `later` are money with an instant on both sides; `let_go` stood set aside until somebody released it
    and would have had an instant, `set_aside` the other way round. `unanswered` are deposits that the policy says
    nothing about; they and the `overridden` ones are not compared. `was` and `would_be` are what became available on a
    day, by the number of days of 24 hours since 1970 UTC.
    """

    policy: Policy
    calendar: Calendar
    compared: Count = field(default_factory=Count)
    unanswered: Count = field(default_factory=Count)
    overridden: Count = field(default_factory=Count)
    earlier: Shift = field(default_factory=Shift)
    later: Shift = field(default_factory=Shift)
    same: int = 0
    let_go: int = 0
    set_aside: int = 0
    was: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    would_be: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    _counters: dict[UUID, tuple[int, dict[str, int]]] = field(default_factory=dict)

    def add(self, deposit: PastDeposit) -> None:
        """Compare the next deposit."""
        record = deposit.record
        if record.overridden:
            self.overridden.add(record.amount)
            return
        answer = self._asked(deposit)
        if answer is None:
            self.unanswered.add(record.amount)
            return
        self.compared.add(record.amount)
        at = record.deposited_at
        before, after = _dated(record.slices, at), _dated(answer, at)
        for amount, was, would_be in _paired(before, after):
            self._compare(amount, was, would_be)
        for days, slices in ((self.was, before), (self.would_be, after)):
            for amount, instant in slices:
                if instant < FOREVER:
                    days[instant // DAY] += amount

    def exposure(self) -> list[tuple[int, int, int, int]]:
        """Return (day, was, would be, exposure) of each day on which money came, or would have.

        The exposure is by how much more would have been available at the day's end.
        """
        more, found = 0, []
        for day in sorted(self.was.keys() | self.would_be.keys()):
            was, would_be = self.was.get(day, 0), self.would_be.get(day, 0)
            more += would_be - was
            found.append((day, was, would_be, more))
        return found

    def _asked(self, deposit: PastDeposit) -> Slices | None:
        """Return what the policy makes of a deposit, counting it for its day; None where it says nothing."""
        record = deposit.record
        facts = DepositFacts(
            amount=record.amount,
            currency=deposit.currency,
            method=record.method,
            at=record.deposited_at,
            account_opened_at=deposit.account_opened_at,
            risk_tier=record.risk_tier,
            metadata=deposit.metadata,
        )
        business_day = business_day_of(self.calendar, facts.at, self.policy.cut_off)
        today = 0 if business_day is None else business_day.toordinal()
        day, totals = self._counters.get(record.account_id, (0, {}))
        totals = totals if day == today else {}
        answer = share_out(self.policy, self.calendar, facts, totals)
        if not isinstance(answer, Availability):
            return None
        grown = {name: totals.get(name, 0) + by for name, by in answer.counters}
        self._counters[record.account_id] = today, totals | grown
        return [(part.amount, part.available_at) for part in answer.slices]

    def _compare(self, amount: int, was: int, would_be: int) -> None:
        if was == would_be:
            self.same += amount
        elif was >= FOREVER:
            self.let_go += amount
        elif would_be >= FOREVER:
            self.set_aside += amount
        elif would_be < was:
            self.earlier.add(amount, was - would_be)
        else:
            self.later.add(amount, would_be - was)


def _dated(slices: Slices, at: int) -> list[tuple[int, int]]:
    """Return slices in the order in which they come, those that come at once at the deposit's instant."""
    dated = [(amount, at if instant is None else instant) for amount, instant in slices]
    return sorted(dated, key=lambda one: one[1])


def _paired(before: Sequence[tuple[int, int]], after: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield (amount, instant of the one, instant of the other) of slices that sum to the same amount."""
    rest = list(reversed(after))
    for whole, was in before:
        left = whole
        while left:
            amount, would_be = rest.pop()
            part = min(amount, left)
            yield part, was, would_be
            left -= part
            if amount > part:
                rest.append((amount - part, would_be))
