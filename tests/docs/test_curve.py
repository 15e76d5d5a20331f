"""The picture of the curve is what the forecast says."""

from collections.abc import Callable

import pytest

from tests.docs import curve


@pytest.fixture
def sqlite_url(fresh_database: Callable[..., str]) -> str:
    """The URL of a migrated database of this test's own."""
    return fresh_database("sqlite")


async def test_the_picture_is_drawn_from_the_forecast(sqlite_url: str) -> None:
    assert curve.TARGET.read_text(encoding="utf-8") == await curve.picture(sqlite_url), (
        "run: python -m tests.docs.curve"
    )
