"""Promises to whoever runs it: what cannot work ends at once with 1 and one sentence, and never with a traceback."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import FreshDatabase
from tests.faults.client import client, stock, transfer
from tests.faults.conftest import Ledger, assert_sound
from tests.faults.server import HOST, Ran, free_port, serving, spendable


def assert_one_sentence(ran: Ran, *words: str) -> None:
    assert (ran.code, ran.out) == (1, ""), ran
    (sentence,) = ran.err.splitlines()
    assert all(word in sentence.lower() for word in words), ran
    assert sentence.startswith("spendable: "), ran
    assert "Traceback" not in ran.err


def nothing_listens(_: Path, __: FreshDatabase) -> str:
    return f"postgresql://someone:hunter2@{HOST}:{free_port()}/ledger"


def no_such_database(_: Path, fresh: FreshDatabase) -> str:
    return fresh("postgres", migrated=False) + "_of_someone_else"


def empty_postgres(_: Path, fresh: FreshDatabase) -> str:
    return fresh("postgres", migrated=False)


def no_file(folder: Path, _: FreshDatabase) -> str:
    return f"sqlite:///{folder / 'absent.db'}"


def empty_file(folder: Path, _: FreshDatabase) -> str:
    (folder / "empty.db").touch()
    return f"sqlite:///{folder / 'empty.db'}"


def no_database_at_all(folder: Path, _: FreshDatabase) -> str:
    (folder / "letter.db").write_text("Dear reader, " * 1_000)
    return f"sqlite:///{folder / 'letter.db'}"


def nobody_may_write(_: Path, __: FreshDatabase) -> str:
    # Not even root may.
    return "sqlite:////proc/spendable.db"


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (nothing_listens, ("cannot be reached",)),
        (no_such_database, ("no such database",)),
        (empty_postgres, ("has no tables", "run spendable migrate")),
        (no_file, ("has no tables", "run spendable migrate")),
        (empty_file, ("has no tables", "run spendable migrate")),
        (no_database_at_all, ("not a database",)),
        (nobody_may_write, ("cannot be written",)),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
async def test_a_database_that_cannot_be_used_is_told_in_one_sentence(
    place: Callable[[Path, FreshDatabase], str], words: tuple[str, ...], tmp_path: Path, fresh_database: FreshDatabase
) -> None:
    url = place(tmp_path, fresh_database)
    ran = await spendable(url, "serve", "--port", "0")
    assert_one_sentence(ran, *words)
    assert "hunter2" not in ran.err, "a password is nobody's to read"


async def test_a_sqlite_file_has_one_server_and_no_other_writer_beside_it(sqlite_ledger: Ledger, logs: Path) -> None:
    ledger = sqlite_ledger
    async with serving(ledger.url, logs) as server, client(ledger.key, server.url) as teller:
        await stock(teller, ("alice", "bob"), 10_000)
        refused = await asyncio.gather(
            spendable(ledger.url, "serve", "--port", "0"),
            spendable(ledger.url, "tenant", "create", "gamma"),
            spendable(ledger.url, "key", "create", "--tenant", "alpha"),
        )
        for ran in refused:
            assert_one_sentence(ran, "another process serves", "stop that one first")
        listed, migrated = await asyncio.gather(
            spendable(ledger.url, "tenant", "list"), spendable(ledger.url, "migrate")
        )
        assert (listed.code, "alpha" in listed.out, migrated.code) == (0, True, 0), (listed, migrated)
        await assert_sound(ledger.url)
        await teller.accept(transfer("on", "alice", "bob", 100))
        assert await server.stop() == 0
    assert (await spendable(ledger.url, "tenant", "create", "gamma")).code == 0


async def test_on_postgres_the_command_line_writes_beside_a_server(postgres_ledger: Ledger, logs: Path) -> None:
    ledger = postgres_ledger
    async with serving(ledger.url, logs) as server:
        made = await spendable(ledger.url, "tenant", "create", "gamma")
        assert made.code == 0, made
        key = await spendable(ledger.url, "key", "create", "--tenant", "gamma", "--quiet")
        async with client(key.out.strip(), server.url) as teller:
            assert (await teller.post("{ viewer { tenant } }")).data == {"viewer": {"tenant": "gamma"}}
        await assert_sound(ledger.url)


async def test_several_workers_serve_one_port_and_stop_together(postgres_ledger: Ledger, logs: Path) -> None:
    ledger = postgres_ledger
    async with serving(ledger.url, logs, workers=2) as server, client(ledger.key, server.url) as teller:
        await stock(teller, ("alice", "bob"), 10_000)
        payloads = await asyncio.gather(*(teller.accept(transfer("once", "alice", "bob", 100)) for _ in range(50)))
        assert sorted(payload["replayed"] for payload in payloads) == [False] + [True] * 49
        assert await server.stop() == 0
        assert await server.status_of("/livez") is None
    await assert_sound(ledger.url)


async def test_workers_do_not_outlive_their_supervisor(postgres_ledger: Ledger, logs: Path) -> None:
    ledger = postgres_ledger
    async with serving(ledger.url, logs, workers=2) as server, client(ledger.key, server.url) as teller:
        await stock(teller, ("alice", "bob"), 10_000)
        await server.kill_supervisor()
        await server.start()
        assert (await teller.accept(transfer("after", "alice", "bob", 100)))["replayed"] is False
    await assert_sound(ledger.url)


async def test_workers_that_cannot_start_end_the_server_in_one_sentence(fresh_database: FreshDatabase) -> None:
    empty_postgres_url = fresh_database("postgres", migrated=False)
    ran = await spendable(empty_postgres_url, "serve", "--port", "0", "--workers", "2")
    assert ran.code == 1
    assert ran.err.splitlines()[-1].startswith("spendable: ")
    assert "run spendable migrate" in ran.err
    assert "Traceback" not in ran.err
