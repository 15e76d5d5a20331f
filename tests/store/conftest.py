"""What the tests of the store share: an open database, and a tenant whose commands are decided and saved."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from app import ledger, services, store

START = 1_700_000_000_000_000
DAY = 86_400_000_000


@dataclass(slots=True)
class Ledger:
    """One TEST tenant, its clock standing still until it is moved."""

    database: store.Database
    tenant_id: UUID
    currencies: Mapping[str, int]
    now: int = START
    keys: int = 0
    statements: list[store.Executed] = field(default_factory=list)

    def request(self, command: ledger.Command, key: str | None = None) -> ledger.Request:
        self.keys += 1
        fingerprint, digests = ledger.fingerprint(command)
        internal = isinstance(command, ledger.RecordExpiry)
        return ledger.Request(
            command,
            None if internal else key or f"key-{self.keys}",
            uuid7(),
            "test",
            fingerprint,
            digests,
            may_advance=True,
        )

    async def submit(self, *commands: ledger.Command, atomic: bool = False) -> list[ledger.Decision]:
        """Decide commands as one batch and commit it."""
        requests = tuple(self.request(command) for command in commands)
        groups = [ledger.Group(requests, atomic=True)] if atomic else [ledger.Group((one,)) for one in requests]
        return [decision for decisions in await self.decide(groups) for decision in decisions]

    async def decide(self, groups: Iterable[ledger.Group], lane: int = 0) -> list[list[ledger.Decision]]:
        groups = list(groups)
        self.statements = []
        with store.observe(self.statements.append):
            async with self.database.write(lane) as unit:
                await store.lock_head(unit, self.tenant_id)
                loaded = await store.load_pages(unit, self.tenant_id, groups, self.currencies)
                pages = replace(loaded.pages, almanac=services.Almanac(self.currencies))
                book = ledger.Book(pages)
                decisions = ledger.decide_all(book, groups)
                if book.refused:
                    pages = await store.load_futures(unit, self.tenant_id, pages, book.refused)
                    book = ledger.Book(pages)
                    decisions = ledger.decide_all(book, groups)
                await store.save_book(unit, self.tenant_id, book)
                await unit.commit()
        return decisions

    async def accept(self, *commands: ledger.Command) -> list[ledger.Accepted]:
        """Submit what must be accepted."""
        decisions = await self.submit(*commands)
        accepted = [decision for decision in decisions if isinstance(decision, ledger.Accepted)]
        assert len(accepted) == len(decisions), decisions
        return accepted

    async def refuse(self, command: ledger.Command) -> ledger.Rejection:
        """Submit what must be refused."""
        (decision,) = await self.submit(command)
        assert isinstance(decision, ledger.Rejected), decision
        return decision.rejection

    async def move_clock(self, to: int) -> None:
        """Let the tenant's clock stand at a later instant."""
        self.now = to
        async with self.database.write(0) as unit:
            await store.lock_head(unit, self.tenant_id)
            await store.set_test_clock(unit, self.tenant_id, frozen_at=to)
            await unit.commit()

    async def open_accounts(self, *names: str, unlimited: bool = False) -> None:
        """Open accounts in USD by external id."""
        await self.accept(
            *(ledger.OpenAccount("USD", external_id=name, unlimited=unlimited, floor="0") for name in names)
        )


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[store.Database]:
    opened = store.open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def tenant(database: store.Database) -> Ledger:
    return await make_ledger(database, "test")


async def make_ledger(database: store.Database, name: str) -> Ledger:
    """A new TEST tenant."""
    made = store.Tenant(uuid7(), "organisation", name, "TEST", START)
    async with database.write(0) as unit:
        await store.insert_tenant(unit, made)
        await store.set_test_clock(unit, made.id, frozen_at=START)
        await unit.commit()
    async with database.read() as session:
        currencies = {currency.code: currency.exponent for currency in await store.find_currencies(session)}
    return Ledger(database, made.id, currencies)
