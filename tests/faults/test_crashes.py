"""Promises when something is killed under load: what was told stands, what was not told is found by its key."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests import postgres
from tests.faults.client import Client, client, stock
from tests.faults.conftest import Ledger, assert_sound
from tests.faults.server import serving, verify
from tests.faults.truth import Truth, spend

KILLS_OF_THE_SERVER = 10
"""On each of the two databases."""
KILLS_OF_POSTGRES = 5
TASKS = 16
COMMANDS_MAX = 200
STOCK_CENTS = 50_000
NAMES = tuple(f"hot-{number}" for number in range(8))


async def crash_under_load(
    teller: Client,
    truth: Truth,
    number: int,
    *,
    crash: Callable[[], Awaitable[None]],
    recover: Callable[[], Awaitable[None]],
) -> None:
    """Let clients spend, crash after some number of answers and some milliseconds, recover, and ask for the rest."""
    chance = random.Random(number)
    before, enough = len(truth.told), chance.randint(1, 60)
    spending = asyncio.gather(
        *(
            spend(teller, truth, NAMES, f"crash-{number}-{task}", lambda: True, times=COMMANDS_MAX)
            for task in range(TASKS)
        )
    )
    while len(truth.told) - before < enough:
        assert not spending.done()
        await asyncio.sleep(0.001)
    await asyncio.sleep(chance.uniform(0, 0.01))
    await crash()
    await spending
    assert truth.untold, "commands were on their way"
    await recover()
    await truth.resolve(teller)


async def test_killing_the_server_loses_nothing_and_doubles_nothing(ledger: Ledger, logs: Path) -> None:
    stocked, truth = dict.fromkeys(NAMES, STOCK_CENTS), Truth()
    async with serving(ledger.url, logs) as server, client(ledger.key, server.url) as teller:
        await stock(teller, NAMES, STOCK_CENTS)
        for number in range(KILLS_OF_THE_SERVER):
            await crash_under_load(teller, truth, number, crash=server.kill, recover=server.start)
            await truth.check(teller, stocked)
            await assert_sound(ledger.url)
        await truth.confirm(teller)
        await truth.check(teller, stocked)
        assert await server.stop() == 0
    await verify(ledger.url)
    assert_seen(truth.found, KILLS_OF_THE_SERVER)


async def test_killing_postgres_loses_nothing_and_doubles_nothing(
    durable_cluster: postgres.Cluster, durable_ledger: Ledger, logs: Path
) -> None:
    ledger, stocked, truth = durable_ledger, dict.fromkeys(NAMES, STOCK_CENTS), Truth()

    async def crash() -> None:
        await asyncio.to_thread(durable_cluster.kill)

    async def recover() -> None:
        await asyncio.to_thread(durable_cluster.start)

    async with serving(ledger.url, logs) as server, client(ledger.key, server.url) as teller:
        await stock(teller, NAMES, STOCK_CENTS)
        for number in range(KILLS_OF_POSTGRES):
            await crash_under_load(teller, truth, number, crash=crash, recover=recover)
            await truth.check(teller, stocked)
            await assert_sound(ledger.url)
        await truth.confirm(teller)
        await truth.check(teller, stocked)
        assert await server.stop() == 0
        assert "unexpected error" not in server.log()
    await verify(ledger.url)
    assert_seen(truth.found, KILLS_OF_POSTGRES)


def assert_seen(found: Counter[str], kills: int) -> None:
    """A run that left nothing open would prove nothing."""
    assert found["had happened"] + found["had not happened"] >= kills, found
