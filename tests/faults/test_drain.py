"""Promises of stopping, and to callers who leave: what was accepted is done and answered, and found by its key."""

import asyncio
import random
import signal
from pathlib import Path

from tests.faults.client import Command, client, minor, stock, transfer
from tests.faults.conftest import Ledger, assert_sound, writer_held
from tests.faults.line import Line, begin_and_be_read, head_of, request_of
from tests.faults.server import Server, serving
from tests.faults.truth import Truth, spend

STOCK_CENTS = 50_000
NAMES = tuple(f"hot-{number}" for number in range(8))
TRANSFERS = tuple(transfer(f"key-{number}", "hot-0", "hot-1", 100) for number in range(32))


async def refuses_connections(server: Server) -> bool:
    for _ in range(200):
        if await server.status_of("/livez") is None:
            return True
        await asyncio.sleep(0.02)
    return False


def assert_untroubled(server: Server) -> None:
    assert "Traceback" not in server.log(), server.log()
    assert "unexpected error" not in server.log(), server.log()


async def test_a_stop_answers_what_was_accepted_and_takes_nothing_more(ledger: Ledger, logs: Path) -> None:
    async with serving(ledger.url, logs) as server, client(ledger.key, server.url) as teller:
        await stock(teller, NAMES, STOCK_CENTS)
        async with writer_held(ledger):
            lines = await begin_and_be_read(teller, TRANSFERS)
            server.signal(signal.SIGTERM)
            assert await refuses_connections(server)
        payloads = [(await line.reply()).data["transfer"] for line in lines]
        assert await server.ended() == 0
        assert [(payload["rejection"], payload["replayed"]) for payload in payloads] == [(None, False)] * len(TRANSFERS)
        assert_untroubled(server)
        await server.start()
        truth = Truth(list(zip(TRANSFERS, payloads, strict=True)))
        await truth.confirm(teller)
        await truth.check(teller, dict.fromkeys(NAMES, STOCK_CENTS))
    await assert_sound(ledger.url)


async def test_a_stop_under_load_loses_nothing(ledger: Ledger, logs: Path) -> None:
    truth = Truth()
    async with serving(ledger.url, logs) as server, client(ledger.key, server.url) as teller:
        await stock(teller, NAMES, STOCK_CENTS)
        spending = asyncio.gather(
            *(spend(teller, truth, NAMES, f"task-{number}", lambda: True, times=200) for number in range(16))
        )
        while len(truth.told) < 100:
            assert not spending.done()
            await asyncio.sleep(0.001)
        assert await server.stop() == 0
        await spending
        assert truth.untold, "commands were on their way"
        assert_untroubled(server)
        await server.start()
        await truth.resolve(teller)
        await truth.confirm(teller)
        await truth.check(teller, dict.fromkeys(NAMES, STOCK_CENTS))
    await assert_sound(ledger.url)


async def test_what_a_caller_did_not_wait_for_is_found_by_its_key(ledger: Ledger, logs: Path) -> None:
    async with serving(ledger.url, logs) as server, client(ledger.key, server.url) as teller:
        await stock(teller, NAMES, STOCK_CENTS)
        async with writer_held(ledger):
            for number, line in enumerate(await begin_and_be_read(teller, TRANSFERS)):
                await line.hang_up(rudely=number % 2 == 0)
        payloads = [await teller.accept(command) for command in TRANSFERS]
        assert all(payload["replayed"] for payload in payloads)
        truth = Truth(list(zip(TRANSFERS, payloads, strict=True)))
        await truth.check(teller, dict.fromkeys(NAMES, STOCK_CENTS))
        assert_untroubled(server)
    await assert_sound(ledger.url)


async def test_a_caller_who_leaves_at_any_moment_leaves_one_effect_or_none(ledger: Ledger, logs: Path) -> None:
    chance, truth = random.Random(5), Truth()
    async with serving(ledger.url, logs) as server, client(ledger.key, server.url) as teller:
        await stock(teller, NAMES, STOCK_CENTS)

        async def leave(command: Command) -> None:
            line = await Line.open(server.url, request_of(teller, command))
            await asyncio.sleep(chance.uniform(0, 0.03))
            await line.hang_up(rudely=chance.random() < 0.5)

        commands = [transfer(f"left-{number}", "hot-0", "hot-1", 100) for number in range(100)]
        for first in range(0, len(commands), 10):
            await asyncio.gather(*(leave(command) for command in commands[first : first + 10]))
        truth.untold = [(command, "left") for command in commands]
        await truth.resolve(teller)
        assert truth.found["had happened"] > 0, truth.found
        assert len(truth.accepted) == 100
        await truth.check(teller, dict.fromkeys(NAMES, STOCK_CENTS))
        assert_untroubled(server)
    await assert_sound(ledger.url)


async def test_a_request_that_breaks_off_has_no_effect_and_is_no_error_of_ours(
    sqlite_ledger: Ledger, logs: Path
) -> None:
    ledger = sqlite_ledger
    command = transfer("half", "hot-0", "hot-1", 100)
    async with serving(ledger.url, logs) as server, client(ledger.key, server.url) as teller:
        await stock(teller, NAMES, STOCK_CENTS)
        whole = request_of(teller, command)
        for rudely in (True, False):
            for length in (10, len(head_of(teller, 1)), len(whole) - 1):
                line = await Line.open(server.url, whole[:length])
                await asyncio.sleep(0.05)
                await line.hang_up(rudely=rudely)
        assert not (await teller.accept(command))["replayed"]
        (balance,) = await teller.funds(("hot-1",))
        assert minor(balance["ledger"]) == STOCK_CENTS + 100
        assert_untroubled(server)
