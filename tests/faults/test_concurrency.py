"""Promises under contention, over HTTP: one effect for one key, money conserved, no account below its floor."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg

from tests.faults.client import Client, Command, Payload, capture_hold, client, minor, place_hold, stock, transfer
from tests.faults.conftest import Ledger
from tests.faults.server import Server, serving, verify
from tests.faults.truth import Truth, identity, spend

CALLERS = 100
TASKS = 64
WATCHERS = 4
COMMANDS_OF_A_TASK = 15
STOCK_CENTS = 10_000
HOT = tuple(f"hot-{number}" for number in range(8))


async def all_at_once(teller: Client, command: Command) -> list[Payload]:
    """Send one command many times at the same time."""
    return list(await asyncio.gather(*(teller.insist(command) for _ in range(CALLERS))))


def assert_one_effect(payloads: list[Payload]) -> None:
    assert sorted(payload["replayed"] for payload in payloads) == [False] + [True] * (CALLERS - 1)
    assert all(identity(payload) == identity(payloads[0]) for payload in payloads)
    assert payloads[0]["rejection"] is None


async def test_of_100_identical_commands_one_has_an_effect(ledger: Ledger, logs: Path) -> None:
    async with AsyncExitStack() as stack:
        # PostgreSQL is asked through two processes.
        count = 1 if ledger.dialect == "sqlite" else 2
        servers = [await stack.enter_async_context(serving(ledger.url, logs)) for _ in range(count)]
        teller = await stack.enter_async_context(client(ledger.key, *(server.url for server in servers)))
        await stock(teller, ("alice", "bob"), STOCK_CENTS)
        assert_one_effect(await all_at_once(teller, transfer("once", "alice", "bob", 1_000)))
        await teller.accept(place_hold("hold", "alice", "bob", 5_000))
        assert_one_effect(await all_at_once(teller, capture_hold("capture", "hold", 2_000)))
        alice, bob = await teller.funds(("alice", "bob"))
        assert (minor(alice["ledger"]), minor(alice["held"]), minor(bob["ledger"])) == (7_000, 0, 13_000)
        await stop(*servers)
    await verify(ledger.url)


async def test_64_tasks_on_8_hot_accounts_through_two_processes_lose_and_make_no_money(
    postgres_ledger: Ledger, logs: Path
) -> None:
    ledger = postgres_ledger
    async with (
        serving(ledger.url, logs) as one,
        serving(ledger.url, logs) as other,
        client(ledger.key, one.url, other.url) as teller,
    ):
        await stock(teller, HOT, STOCK_CENTS)
        truth = Truth()
        spending = asyncio.gather(
            *(
                spend(teller, truth, HOT, f"task-{number}", lambda: True, times=COMMANDS_OF_A_TASK)
                for number in range(TASKS)
            )
        )
        reads = await asyncio.gather(*(watch(teller, spending) for _ in range(WATCHERS)))
        await spending
        assert min(reads) >= 10, "the money was watched while it moved"
        assert (truth.untold, len(truth.told)) == ([], TASKS * COMMANDS_OF_A_TASK)
        outcomes = {code_of(payload) for _, payload in truth.told}
        assert {None, "INSUFFICIENT_FUNDS"} <= outcomes, "the floor was reached"
        await truth.check(teller, dict.fromkeys(HOT, STOCK_CENTS))
        await stop(one, other)
    await verify(ledger.url)
    assert await deadlocks(ledger.url) == 0


def code_of(payload: Payload) -> str | None:
    code: str | None = payload["rejection"] and payload["rejection"]["code"]
    return code


async def watch(teller: Client, spending: "asyncio.Future[list[None]]") -> int:
    """Read all balances again and again while they change; each read is a sound whole."""
    reads = 0
    while not spending.done():
        balances = await teller.funds(HOT)
        assert sum(minor(balance["ledger"]) for balance in balances) == len(HOT) * STOCK_CENTS
        assert all(minor(balance["spendable"]) >= 0 for balance in balances), balances
        assert all(minor(balance["ledger"]) >= minor(balance["held"]) >= 0 for balance in balances), balances
        reads += 1
        await asyncio.sleep(0.02)
    return reads


async def stop(*servers: Server) -> None:
    for server in servers:
        assert await server.stop() == 0, server.log()


async def deadlocks(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        found: int = await connection.fetchval(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        return found
    finally:
        await connection.close()
