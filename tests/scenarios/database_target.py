"""Scenarios and simulations through the writer and a database: each target is a TEST tenant of its own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from app import ledger, services, store
from tests.ledger.world import START

_ALL = frozenset(services.Scope)
_CLERK = _ALL - {services.Scope.MONEY_FORCE, services.Scope.MONEY_ADVANCE}


@dataclass(frozen=True, slots=True)
class Bank:
    """A started gateway on a database; the sweeper stays off, so that expiries are recorded only when told."""

    database: store.Database
    gateway: services.Gateway

    async def tenant(self, name: str, at: int = START) -> "DatabaseTarget":
        """Return a new tenant, its clock standing still."""
        tenant_id = services.new_id()
        async with self.database.write() as unit:
            await store.insert_tenant(unit, store.Tenant(tenant_id, "house", name, "TEST", at))
            await store.set_test_clock(unit, tenant_id, frozen_at=at)
            await unit.commit()
        return DatabaseTarget(self, tenant_id, at)


@asynccontextmanager
async def open_bank(url: str) -> AsyncIterator[Bank]:
    """Open a migrated database."""
    database = store.open_database(url)
    gateway = services.Gateway(database, services.GatewayLimits(sweep_interval_seconds=None))
    await gateway.start()
    try:
        yield Bank(database, gateway)
    finally:
        await gateway.drain()


@dataclass(slots=True)
class DatabaseTarget:
    """One tenant behind the front desk."""

    bank: Bank
    tenant_id: UUID
    at: int

    def _principal(self, *, clerk: bool = False) -> services.Principal:
        return services.Principal(self.tenant_id, "t", "house", "TEST", "key_tester", _CLERK if clerk else _ALL)

    async def clock_to(self, at: int) -> None:
        async with self.bank.database.write() as unit:
            await store.set_test_clock(unit, self.tenant_id, frozen_at=at)
            await unit.commit()
        self.at = at

    def request(self, command: ledger.Command, key: str, *, clerk: bool = False) -> ledger.Request:
        if isinstance(command, ledger.RecordExpiry):
            return ledger.Request(command, None, services.new_id(), "system:sweeper")
        return self.bank.gateway.request(self._principal(clerk=clerk), command, key)

    async def submit(
        self, groups: Sequence[ledger.Group], *, dry_run: bool = False
    ) -> Sequence[Sequence[ledger.Decision]]:
        decided: list[Sequence[ledger.Decision]] = []
        answers = await self.bank.gateway.submit_each(self._principal(), groups, dry_run=dry_run)
        for group, answer in zip(groups, answers, strict=True):
            if isinstance(answer, services.Forbidden):
                decided.append([ledger.Denied("advance")] * len(group.requests))
            elif isinstance(answer, services.Fault):
                raise answer
            else:
                decided.append(answer)
        return decided

    async def balances(self, ids: Sequence[UUID], at: int | None = None) -> dict[UUID, ledger.Balance]:
        reader = self.bank.gateway.reader(self._principal())
        try:
            found = await reader.balances(ids, at)
        finally:
            await reader.aclose()
        return {account_id: read.balance for account_id, read in found.items()}

    async def holds(self, ids: Sequence[UUID]) -> dict[UUID, ledger.Hold]:
        reader = self.bank.gateway.reader(self._principal())
        try:
            return await reader.holds(ids)
        finally:
            await reader.aclose()

    async def reserved(self, account_id: UUID) -> int:
        reader = self.bank.gateway.reader(self._principal())
        try:
            accounts = await reader.accounts([account_id])
            return (await reader.reserves([accounts[account_id]]))[account_id].reserved
        finally:
            await reader.aclose()

    async def quote(self, sequence: int) -> ledger.InstantQuote:
        reader = self.bank.gateway.reader(self._principal())
        try:
            return (await reader.quotes_by_sequence([sequence]))[sequence].quote
        finally:
            await reader.aclose()

    async def advanced(self, account_id: UUID) -> int:
        reader = self.bank.gateway.reader(self._principal())
        try:
            apart = await reader.apart(list((await reader.accounts([account_id])).values()))
        finally:
            await reader.aclose()
        return -sum(signed for (_, _, kind), signed in apart.items() if kind == ledger.TAKEN)

    async def entries_of(self, transaction_id: UUID) -> Sequence[ledger.Entry]:
        reader = self.bank.gateway.reader(self._principal())
        try:
            return (await reader.entries_of([transaction_id]))[transaction_id]
        finally:
            await reader.aclose()
