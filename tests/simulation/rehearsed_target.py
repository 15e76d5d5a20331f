"""A target that simulates whatever it is asked before it does it, and finds no difference."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app import ledger, services
from tests.scenarios.database_target import DatabaseTarget
from tests.services.desk import DAY

Decided = Sequence[Sequence[ledger.Decision]]


@dataclass(slots=True)
class RehearsedTarget(DatabaseTarget):
    """Counts the operations and rejections that came out as they were told."""

    seen: Counter[str] = field(default_factory=Counter)
    step: services.Step = services.Step.EVENT

    async def submit(self, groups: Sequence[ledger.Group], *, dry_run: bool = False) -> Decided:
        if dry_run:
            return await DatabaseTarget.submit(self, groups, dry_run=True)
        told = await self.simulate(groups)
        decided = await DatabaseTarget.submit(self, groups)
        await self.compare(groups, told, decided)
        return decided

    async def simulate(self, groups: Sequence[ledger.Group], at: int | None = None) -> services.Simulation:
        reader = self.reader()
        try:
            prospect = services.Prospect((at or self.at) + 30 * DAY, self.step)
            return await self.bank.gateway.simulate(reader, groups, at, prospect)
        finally:
            await reader.aclose()

    async def compare(self, groups: Sequence[ledger.Group], told: services.Simulation, decided: Decided) -> None:
        """Compare what was told with what came of it, to the last entry, balance and point of a forecast."""
        for group, expected, actual in zip(groups, told.decisions, decided, strict=True):
            for request, was in zip(group.requests, actual, strict=True):
                self.seen[request.command.operation] += 1
                if isinstance(was, ledger.Rejected):
                    self.seen[was.rejection.code] += 1
            if isinstance(expected, services.Fault):
                assert all(isinstance(one, ledger.Denied) for one in actual)
                continue
            for foretold, was in zip(expected, actual, strict=True):
                await self._compare_one(foretold, was, told)
        accounts = [one.account.id for one in told.accounts]
        reader = self.reader()
        try:
            stand = await reader.balances(accounts)
            references = [ledger.Reference(id_) for id_ in accounts]
            until = (told.place.at) + 30 * DAY
            forecasts = await services.forecast(reader, references, None, until, self.step)
        finally:
            await reader.aclose()
        for one, forecast in zip(told.accounts, forecasts, strict=True):
            assert forecast is not None
            assert one.after == stand[one.account.id].balance
            assert one.account == forecast.account
            assert one.curve_after == forecast.points

    async def _compare_one(self, foretold: ledger.Decision, was: ledger.Decision, told: services.Simulation) -> None:
        assert _unnumbered(foretold) == _unnumbered(was)
        if isinstance(was, ledger.Accepted) and isinstance(foretold, ledger.Accepted) and not was.replayed:
            assert foretold.balances == was.balances
            assert foretold.slices == was.slices
            if was.transaction_id is not None:
                posted = await self.entries_of(was.transaction_id)
                assert list(map(_without_place, told.entries[was.transaction_id])) == list(map(_without_place, posted))

    def reader(self) -> services.Reader:
        return self.bank.gateway.reader(self._principal())


def _unnumbered(decision: ledger.Decision) -> ledger.Decision:
    """A decision without its place in the order: what lapses on other accounts is numbered too."""
    return replace(decision, sequence=0) if isinstance(decision, ledger.Accepted) else decision


def _without_place(entry: ledger.Entry) -> ledger.Entry:
    return replace(entry, sequence=0)
