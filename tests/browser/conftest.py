"""What the tests in a browser need: Chromium, without which they fail, and servers that are chosen by each test."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from tests.conftest import FreshDatabase
from tests.edge.conftest import Served, serve

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

Serve = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    found = next((path for path in map(shutil.which, PROGRAMS) if path), None)
    assert found is not None, f"no browser: install one of {', '.join(PROGRAMS)}"
    return found


@pytest.fixture
def serving(fresh_database: FreshDatabase, tmp_path: Path) -> Serve:
    """Serves a ledger with the accounts alice, bob and bank, under the settings of a test."""
    url = fresh_database("sqlite")

    @asynccontextmanager
    async def chosen(**settings: object) -> AsyncIterator[Served]:
        async with serve(url, tmp_path, **settings) as served:
            yield served

    return chosen
