"""Where scenarios and simulations run: something that decides commands, tells balances and lets time pass."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from app import ledger
from tests.ledger.world import START, World


class Target(Protocol):
    """One TEST tenant, whose clock stands still until it is set."""

    @property
    def at(self) -> int:
        """The tenant's present instant."""
        ...

    async def clock_to(self, at: int) -> None:
        """Set the tenant's clock."""
        ...

    def request(self, command: ledger.Command, key: str, *, clerk: bool = False) -> ledger.Request:
        """Return a command on its way; a clerk has neither the scope `force` nor `advance`."""
        ...

    async def submit(
        self, groups: Sequence[ledger.Group], *, dry_run: bool = False
    ) -> Sequence[Sequence[ledger.Decision]]:
        """Decide groups in one call."""
        ...

    async def balances(self, ids: Sequence[UUID], at: int | None = None) -> dict[UUID, ledger.Balance]:
        """Return balances now or at a later instant."""
        ...

    async def holds(self, ids: Sequence[UUID]) -> dict[UUID, ledger.Hold]:
        """Return holds as they read now."""
        ...

    async def entries_of(self, transaction_id: UUID) -> Sequence[ledger.Entry]:
        """Return the entries of a transaction, by line."""
        ...

    async def reserved(self, account_id: UUID) -> int:
        """Return what is kept of deposits to an account now, in minor units."""
        ...

    async def quote(self, sequence: int) -> ledger.InstantQuote:
        """Return what the command of a sequence quoted."""
        ...

    async def advanced(self, account_id: UUID) -> int:
        """Return what an account had in advance of what matures yet, in minor units."""
        ...


class WorldTarget:
    """The pure core, with a tenant in memory around it."""

    def __init__(self, at: int = START) -> None:
        self.world = World(at)

    @property
    def at(self) -> int:
        return self.world.at

    async def clock_to(self, at: int) -> None:
        self.world.clock_to(at)

    def request(self, command: ledger.Command, key: str, *, clerk: bool = False) -> ledger.Request:
        keyed = None if isinstance(command, ledger.RecordExpiry) else key
        return self.world.request(command, keyed, may_advance=not clerk)

    async def submit(
        self, groups: Sequence[ledger.Group], *, dry_run: bool = False
    ) -> Sequence[Sequence[ledger.Decision]]:
        return [_permitted(decisions) for decisions in self.world.submit(groups, dry_run=dry_run)]

    async def balances(self, ids: Sequence[UUID], at: int | None = None) -> dict[UUID, ledger.Balance]:
        world = self.world
        return {i: world.balances[i] if at is None else world.balance(i, at) for i in ids}

    async def holds(self, ids: Sequence[UUID]) -> dict[UUID, ledger.Hold]:
        return {hold_id: self.world.holds[hold_id].as_of(self.at) for hold_id in ids}

    async def reserved(self, account_id: UUID) -> int:
        return self.world.reserved(account_id)

    async def quote(self, sequence: int) -> ledger.InstantQuote:
        return next(quote for quote in self.world.quotes if quote.sequence == sequence)

    async def advanced(self, account_id: UUID) -> int:
        apart = self.world.advance_pages().apart
        return -sum(n for (account, _, kind), n in apart.items() if (account, kind) == (account_id, ledger.TAKEN))

    async def entries_of(self, transaction_id: UUID) -> Sequence[ledger.Entry]:
        return self.world.entries[transaction_id]


def _permitted(decisions: Sequence[ledger.Decision]) -> Sequence[ledger.Decision]:
    """A scope that is lacking is a fault of the whole group."""
    denied = [decision for decision in decisions if isinstance(decision, ledger.Denied)]
    return denied * len(decisions) if denied else decisions
