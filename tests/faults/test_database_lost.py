"""Promises while PostgreSQL is away or silent: nobody is told a lie, and all goes on once it is back."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from tests import postgres
from tests.faults.client import Client, Command, Reply, client, document, minor, stock, transfer
from tests.faults.conftest import Ledger, add_key, assert_sound, opened
from tests.faults.server import reasons, serving

STOCK_CENTS = 50_000
VIEWER = "{ viewer { tenant sequence } }"


def assert_unavailable(reply: Reply) -> None:
    assert reply.status in {200, 503}, reply
    assert (reply.status == 200) == ("data" in reply.body), reply
    assert reply.codes == ["UNAVAILABLE"], reply
    assert reply.body["errors"][0]["extensions"]["retryAfterSeconds"] > 0
    assert int(reply.headers["Retry-After"]) > 0
    assert "Traceback" not in str(reply.body)


async def mutate(teller: Client, command: Command) -> Reply:
    return await teller.post(document(command.verb), input=command.terms)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=lambda how: how.name)
async def test_without_its_database_the_server_says_so_and_recovers_by_itself(
    how: signal.Signals, durable_cluster: postgres.Cluster, durable_ledger: Ledger, logs: Path
) -> None:
    ledger = durable_ledger
    async with opened(ledger.url) as database:
        unseen = await add_key(database, ledger.tenant_id)
    async with (
        serving(ledger.url, logs) as server,
        client(ledger.key, server.url) as teller,
        client(unseen, server.url) as stranger,
    ):
        await stock(teller, ("alice", "bob"), STOCK_CENTS)
        async with stopped(durable_cluster, how):
            for number in range(3):
                # A key that was seen a moment ago is still known; what it asks for is not.
                assert_unavailable(await teller.post(VIEWER))
                assert_unavailable(await mutate(teller, transfer(f"lost-{number}", "alice", "bob", 100)))
            # A key that nobody has seen cannot be told from a wrong one.
            reply = await stranger.post(VIEWER)
            assert_unavailable(reply)
            assert reply.status == 503
            status, body = await server.look("/readyz")
            assert (status, reasons(body)) == (503, ["the database cannot be reached"])
            assert await server.status_of("/livez") == 200
        assert await server.becomes_ready(), "without being started again"
        assert not (await teller.accept(transfer("lost-0", "alice", "bob", 100)))["replayed"]
        (bob,) = await stranger.funds(("bob",))
        assert minor(bob["ledger"]) == STOCK_CENTS + 100
        assert "unexpected error" not in server.log()
        assert "Traceback" not in server.log()
    await assert_sound(ledger.url)


async def test_a_silent_database_keeps_nobody_waiting_for_ever(
    durable_cluster: postgres.Cluster, durable_ledger: Ledger, logs: Path
) -> None:
    ledger, commands = durable_ledger, [transfer(f"silent-{number}", "alice", "bob", 100) for number in range(8)]
    settings = {"client_deadline_seconds": 1, "statement_seconds_max": 1, "key_cache_seconds": 5}
    async with serving(ledger.url, logs, **settings) as server, client(ledger.key, server.url) as teller:
        await stock(teller, ("alice", "bob"), STOCK_CENTS)
        with silenced(durable_cluster):
            asking = asyncio.gather(*(mutate(teller, command) for command in commands))
            query, ready = await asyncio.gather(teller.post(VIEWER), server.look("/readyz"))
            assert (query.status, query.codes) == (504, ["DEADLINE_EXCEEDED"])
            assert (ready[0], reasons(ready[1])) == (503, ["the check took too long"])
            for reply in await asking:
                assert reply.codes[0] in {"OUTCOME_UNKNOWN", "UNAVAILABLE", "DEADLINE_EXCEEDED"}, reply
        assert await server.becomes_ready()
        for command in commands:
            await teller.accept(command)
        (bob,) = await teller.funds(("bob",))
        assert minor(bob["ledger"]) == STOCK_CENTS + 800
        assert "unexpected error" not in server.log()
    await assert_sound(ledger.url)


@asynccontextmanager
async def stopped(cluster: postgres.Cluster, how: signal.Signals) -> AsyncIterator[None]:
    """PostgreSQL is away for the time of the block, and certain to be back after it."""
    await asyncio.to_thread(cluster.stop, how)
    try:
        yield
    finally:
        await asyncio.to_thread(cluster.start)


@contextmanager
def silenced(cluster: postgres.Cluster) -> Iterator[None]:
    """PostgreSQL is there for the time of the block, and does nothing."""
    parent = int((cluster.data / "postmaster.pid").read_text(encoding="ascii").split()[0])
    # The parent first, so that no child is born meanwhile.
    os.kill(parent, signal.SIGSTOP)
    children = [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()]
    stopped_too = [pid for pid in children if signalled(pid, signal.SIGSTOP)]
    try:
        yield
    finally:
        for pid in (*stopped_too, parent):
            signalled(pid, signal.SIGCONT)


def signalled(pid: int, number: signal.Signals) -> bool:
    """Whether there was still a process to be told."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
