"""Promises under ten times what the queues hold: refused at once and with a time, never grown; others are served."""

import asyncio
import itertools
from pathlib import Path

from tests.faults.client import Client, Command, Reply, client, minor, stock, transfer
from tests.faults.conftest import Ledger, add_key, add_tenant, assert_sound, opened, writer_held
from tests.faults.line import Line, begin, begin_and_be_read, request_of
from tests.faults.server import serving

QUEUE = 16
LOAD = 10 * QUEUE
SMALL = {
    "batch_commands_max": 4,
    "queue_commands_max": QUEUE,
    "queue_commands_total_max": 2 * QUEUE,
    # What waits for a held writer is not to be given up on a slow machine.
    "client_deadline_seconds": 60,
}
ROUNDS = 3
GROWTH_BYTES_MAX = 24 * 1_048_576
STOCK_CENTS = 1_000_000


async def add_neighbour(ledger: Ledger) -> str:
    """A second tenant; return its key."""
    async with opened(ledger.url) as database:
        return await add_key(database, await add_tenant(database, "beta"))


def loads(name: str) -> list[Command]:
    return [transfer(f"{name}-{number}", "alice", "bob", 1) for number in range(LOAD)]


async def test_what_is_over_the_queue_is_refused_at_once_while_another_tenant_is_served(
    postgres_ledger: Ledger, logs: Path
) -> None:
    ledger, neighbours = postgres_ledger, await add_neighbour(postgres_ledger)
    async with (
        serving(ledger.url, logs, **SMALL) as server,
        client(ledger.key, server.url) as teller,
        client(neighbours, server.url) as neighbour,
    ):
        await stock(teller, ("alice", "bob"), STOCK_CENTS)
        await stock(neighbour, ("carol", "dave"), STOCK_CENTS)
        async with writer_held(ledger):
            lines = await begin(teller, loads("load"))
            waiting = {asyncio.create_task(line.reply()) for line in lines}
            refused: list[Reply] = []
            while len(waiting) > QUEUE:
                done, waiting = await asyncio.wait(waiting, timeout=30, return_when=asyncio.FIRST_COMPLETED)
                assert done, "who cannot wait is told at once"
                refused.extend(reply.result() for reply in done)
            for number in range(20):
                payload = await neighbour.send(transfer(f"served-{number}", "carol", "dave", 100))
                assert payload["rejection"] is None
            assert not any(reply.done() for reply in waiting)
        for reply in refused:
            (error,) = reply.body["errors"]
            assert (reply.status, reply.body["data"]) == (200, {"transfer": None})
            assert error["extensions"]["code"] == "OVERLOADED"
            assert 0 < error["extensions"]["retryAfterSeconds"] <= 5
            assert 1 <= int(reply.headers["Retry-After"]) <= 5
        accepted = [(await reply).data["transfer"] for reply in waiting]
        assert all(payload["rejection"] is None for payload in accepted)
        (alice,) = await teller.funds(("alice",))
        assert minor(alice["ledger"]) == STOCK_CENTS - QUEUE, "what was refused was not done"
    await assert_sound(ledger.url)


async def test_ten_times_the_load_is_done_in_the_end_in_the_same_memory(ledger: Ledger, logs: Path) -> None:
    neighbours = await add_neighbour(ledger)
    async with (
        serving(ledger.url, logs, **SMALL) as server,
        client(ledger.key, server.url) as teller,
        client(neighbours, server.url) as neighbour,
    ):
        await stock(teller, ("alice", "bob"), STOCK_CENTS)
        await stock(neighbour, ("carol", "dave"), STOCK_CENTS)
        sizes, served = [], itertools.count()
        for number in range(ROUNDS):
            pressing = asyncio.gather(*(teller.accept(command) for command in loads(f"round-{number}")))
            while not pressing.done():
                await neighbour.send(transfer(f"served-{next(served)}", "carol", "dave", 1))
            await pressing
            sizes.append(server.resident_bytes())
        assert (teller.met["OVERLOADED"] > ROUNDS * QUEUE, neighbour.met) == (True, {}), (teller.met, neighbour.met)
        assert next(served) > ROUNDS
        assert max(sizes) - sizes[0] < GROWTH_BYTES_MAX, sizes
        (alice,) = await teller.funds(("alice",))
        assert minor(alice["ledger"]) == STOCK_CENTS - ROUNDS * LOAD
        assert await server.becomes_ready()
        assert "unexpected error" not in server.log()
    await assert_sound(ledger.url)


async def test_over_the_requests_in_flight_all_but_liveness_is_refused(sqlite_ledger: Ledger, logs: Path) -> None:
    ledger = sqlite_ledger
    async with (
        # What is held back here must still be begun when the machine is slow.
        serving(ledger.url, logs, requests_in_flight_max=QUEUE, client_deadline_seconds=120) as server,
        client(ledger.key, server.url) as teller,
    ):
        await stock(teller, ("alice", "bob"), STOCK_CENTS)
        async with writer_held(ledger):
            lines = await begin_and_be_read(teller, loads("load")[: QUEUE - 1])
            lines += [await Line.open(server.url, request_of(teller, transfer("last", "alice", "bob", 1)))]
            reply = await asked_in_vain(teller)
            assert (reply.status, reply.codes, reply.headers["Retry-After"]) == (503, ["OVERLOADED"], "1")
            assert await server.status_of("/livez") == 200, "a process that is busy is alive"
            assert await server.status_of("/readyz") == 503
        for line in lines:
            assert (await line.reply()).data["transfer"]["rejection"] is None
        assert (await teller.post("{ viewer { tenant } }")).data == {"viewer": {"tenant": "alpha"}}


async def asked_in_vain(teller: Client) -> Reply:
    """Ask until the server has no room for it."""
    for _ in range(200):
        reply = await teller.post("{ viewer { tenant } }")
        if reply.status != 200:
            return reply
        await asyncio.sleep(0.01)
    raise AssertionError("there was room for everyone")
