"""Promises of the health checks: alive is alive, and ready tells why not."""

import asyncio
from collections.abc import Sequence

import pytest

from app import services
from tests.http.example import Desk, client, make_app


class Hanging(Desk):
    async def ready(self) -> Sequence[str]:
        await asyncio.sleep(5)
        return []


class Lost(Desk):
    async def ready(self) -> Sequence[str]:
        raise services.Unavailable("The database cannot be reached.")


class Broken(Desk):
    async def ready(self) -> Sequence[str]:
        raise RuntimeError("the secret is 42")


@pytest.mark.parametrize(
    ("desk", "status", "reason"),
    [
        (Desk(), 200, None),
        (Desk(reasons=["the schema is not migrated"]), 503, "the schema is not migrated"),
        (Hanging(), 503, "the check took too long"),
        (Lost(), 503, "The database cannot be reached."),
        (Broken(), 503, "the check failed"),
    ],
)
async def test_ready_tells_why_not(desk: Desk, status: int, reason: str | None) -> None:
    app, _ = make_app(desk, ready_check_seconds_max=0.05)
    async with client(app, key=None) as speaking:
        response = await speaking.get("/readyz")
        assert (await speaking.get("/livez")).status_code == 200
    assert response.status_code == status
    assert "secret" not in response.text
    if reason:
        assert response.json()["reasons"][0].startswith(reason)
