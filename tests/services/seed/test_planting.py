"""Planting the story into a database: once, to its end, and on from where it was interrupted."""

from collections.abc import Callable

import pytest

from app import services, store


def _quiet(_done: int, _total: int, _doing: str) -> None: ...


class _StoppedError(Exception):
    """Someone pulled the plug."""


def _stop_at(scene: int) -> Callable[[int, int, str], None]:
    def advance(done: int, _total: int, _doing: str) -> None:
        if done == scene:
            raise _StoppedError

    return advance


async def test_an_interrupted_seed_goes_on_where_it_stopped(database_url: str) -> None:
    with pytest.raises(_StoppedError):
        await services.plant(database_url, "demo", _stop_at(120))
    with pytest.raises(_StoppedError):
        await services.plant(database_url, "demo", _stop_at(150))
    count = await services.plant(database_url, "demo", _quiet)
    assert count > 4_000
    assert await services.plant(database_url, "demo", _quiet) == 0

    async with services.open_ledger(database_url, read_only=True) as database:
        tenant = await services.find_tenant(database, "demo")
        async with database.read() as session:
            moment = await store.read_moment(session, tenant.id)
        assert (moment.sequence, moment.frozen) == (count, False)
        assert abs(moment.at - moment.clock) < 1_000_000
        assert await services.verify(database, _quiet) == []
