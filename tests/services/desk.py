"""A tenant behind the front desk, for tests that speak the services' language."""

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from app import ledger, services, store

MARK = 1_700_000_000_000_000
"""An instant to begin at: 2023-11-14T22:13:20Z."""
SECOND = 1_000_000
DAY = 86_400 * SECOND

ALL_SCOPES = frozenset(services.Scope)


@dataclass(slots=True)
class Desk:
    """A started gateway, a database of its own, and a TEST tenant whose clock stands still until moved."""

    database: store.Database
    gateway: services.Gateway
    principal: services.Principal
    keys: "itertools.count[int]" = field(default_factory=itertools.count)

    async def ask(self, *commands: ledger.Command, key: str | None = None) -> list[ledger.Decision]:
        """Submit commands one by one in one call; return their decisions."""
        groups = [ledger.Group((self.request(command, key),)) for command in commands]
        return [decision for (decision,) in await self.gateway.submit(self.principal, groups)]

    async def together(self, *commands: ledger.Command, dry_run: bool = False) -> list[ledger.Decision]:
        """Submit commands as one group, all or none."""
        group = ledger.Group(tuple(self.request(command) for command in commands), atomic=True)
        (decisions,) = await self.gateway.submit(self.principal, [group], dry_run=dry_run)
        return decisions

    async def accept(self, command: ledger.Command, key: str | None = None) -> ledger.Accepted:
        """Submit a command that must be accepted."""
        (decision,) = await self.ask(command, key=key)
        assert isinstance(decision, ledger.Accepted), decision
        return decision

    async def refuse(self, command: ledger.Command, key: str | None = None) -> ledger.Rejection:
        """Submit a command that must be refused; return why."""
        (decision,) = await self.ask(command, key=key)
        assert isinstance(decision, ledger.Rejected), decision
        return decision.rejection

    def request(self, command: ledger.Command, key: str | None = None) -> ledger.Request:
        """Return the command under a key, a fresh one where none is given."""
        return self.gateway.request(self.principal, command, key or f"key-{next(self.keys)}")

    async def open(self, name: str, **terms: object) -> UUID:
        """Open an account; return its id."""
        command = ledger.OpenAccount(**({"currency": "USD", "external_id": name} | terms))  # type: ignore[arg-type]
        made = (await self.accept(command)).account_id
        assert made is not None
        return made

    async def fund(self, source: UUID, target: UUID, minor: int, available_at: int | None = None) -> ledger.Accepted:
        """Move money between accounts."""
        return await self.accept(transfer(source, target, minor, available_at=available_at))

    async def balances(self, *ids: UUID, at: int | None = None) -> list[ledger.Balance]:
        """Read balances of accounts, in order, in one snapshot."""
        reader = self.gateway.reader(self.principal)
        try:
            found = await reader.balances(ids, at)
            return [found[account_id].balance for account_id in ids]
        finally:
            await reader.aclose()

    async def set_clock(self, at: int) -> None:
        """Let the tenant's clock stand still at an instant."""
        async with self.database.write() as unit:
            await store.set_test_clock(unit, self.principal.tenant_id, frozen_at=at)
            await unit.commit()

    async def findings(self) -> Sequence[object]:
        """Return every broken invariant of the tenant."""
        steps = store.check_invariants(self.database, self.principal.tenant_id)
        return [(step.name, finding) async for step in steps for finding in step.findings]


def transfer(source: UUID, target: UUID, minor: int, **terms: object) -> ledger.Transfer:
    """A transfer in USD."""
    return ledger.Transfer(
        ledger.Reference(source),
        ledger.Reference(target),
        ledger.Amount(minor, "USD"),
        **terms,  # type: ignore[arg-type]
    )


@asynccontextmanager
async def open_desk(
    url: str, *, sweeping: bool = False, at: int | None = MARK, **limits: object
) -> AsyncIterator[Desk]:
    """Open a gateway on a migrated database with a new TEST tenant; `at` None lets its clock run."""
    database = store.open_database(url)
    tenant = await new_tenant(database, "desk", at)
    gateway = services.Gateway(
        database,
        services.GatewayLimits(
            writer=services.WriterLimits(**limits),  # type: ignore[arg-type]
            sweep_interval_seconds=0.05 if sweeping else None,
        ),
    )
    await gateway.start()
    principal = services.Principal(tenant, "desk", "house", "TEST", "key_test", ALL_SCOPES)
    try:
        yield Desk(database, gateway, principal)
    finally:
        await gateway.drain()


async def new_tenant(database: store.Database, name: str, at: int | None) -> UUID:
    """Create a TEST tenant, its clock standing still at an instant if one is given."""
    tenant_id = services.new_id()
    async with database.write() as unit:
        await store.insert_tenant(unit, store.Tenant(tenant_id, "house", name, "TEST", at or MARK))
        if at is not None:
            await store.set_test_clock(unit, tenant_id, frozen_at=at)
        await unit.commit()
    return tenant_id
