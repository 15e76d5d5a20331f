"""A real server to be looked at from outside: a ledger with some money in it, and a key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import FreshDatabase
from tests.faults.client import client, stock
from tests.faults.conftest import new_ledger
from tests.faults.server import Server, serving


@dataclass(frozen=True, slots=True)
class Served:
    """A server with the accounts alice, bob and bank, and the key of its tenant."""

    server: Server
    key: str

    @property
    def url(self) -> str:
        return self.server.url


@pytest.fixture
def url(fresh_database: FreshDatabase) -> str:
    """The URL of a migrated database on SQLite."""
    return fresh_database("sqlite")


@pytest.fixture
async def served(url: str, tmp_path: Path) -> AsyncIterator[Served]:
    """A server in the profile production."""
    async with serve(url, tmp_path) as made:
        yield made


@asynccontextmanager
async def serve(url: str, folder: Path, **settings: object) -> AsyncIterator[Served]:
    """Give a migrated database a tenant with some money, and serve it under these settings."""
    ledger = await new_ledger(url)
    async with serving(ledger.url, folder, **settings) as server:
        async with client(ledger.key, server.url) as teller:
            await stock(teller, ("alice", "bob"), 1_000_00)
        yield Served(server, ledger.key)
