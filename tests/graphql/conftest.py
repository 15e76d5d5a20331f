"""What the tests of the schema may ask for."""

from collections.abc import AsyncIterator, Callable

import pytest

from tests.graphql.api import Api, open_api


@pytest.fixture
def sqlite_url(fresh_database: Callable[..., str]) -> str:
    """The URL of a migrated database of this test's own; what the databases differ in is the store's to prove."""
    return fresh_database("sqlite")


@pytest.fixture
async def api(sqlite_url: str) -> AsyncIterator[Api]:
    """A ledger on SQLite."""
    async with open_api(sqlite_url) as made:
        yield made
