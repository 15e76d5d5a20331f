"""Whatever is sent, the server answers, and answers the next one: no fault, no restart, no memory kept.

`SPENDABLE_TEST_FUZZ` says how many requests are sent, `SPENDABLE_TEST_FUZZ_SEED` what they come from.
"""

import os
from pathlib import Path

from app import graphql, services, store
from tests.faults.client import client, stock
from tests.faults.conftest import assert_sound, opened
from tests.faults.server import serving
from tests.fuzz.client import fuzz
from tests.fuzz.requests import Requests

COUNT = int(os.environ.get("SPENDABLE_TEST_FUZZ", "20000"))
SEED = int(os.environ.get("SPENDABLE_TEST_FUZZ_SEED", "1"))
GROWTH_BYTES_MAX = 96 * 1024 * 1024
# What is asked for by chance is not to be stopped by what a bearer may spend, nor to wait for what never comes.
SETTINGS = {
    "budget_points_max": 1 << 30,
    "budget_points_per_second": 1 << 30,
    "body_seconds_max": 1,
    "header_seconds_max": 1,
    "graphiql_enabled": True,
    "log_level": "WARNING",
}


async def add_key(url: str, mode: str) -> str:
    """A tenant of this mode, and a key that may do everything in it."""
    made = services.make_key("LIVE" if mode == "LIVE" else "TEST", services.new_id())
    async with opened(url) as database, database.write() as unit:
        now = await store.read_clock(unit)
        tenant = store.Tenant(services.new_id(), "house", f"fuzzed-{mode.lower()}", mode, now)  # type: ignore[arg-type]
        await store.insert_tenant(unit, tenant)
        key = store.StoredKey(
            id=made.key_id,
            tenant_id=tenant.id,
            name="fuzz",
            secret_hash=made.secret_hash,
            scopes=frozenset(services.Scope),
            created_at=now,
        )
        await store.insert_key(unit, key)
        await unit.commit()
    return made.text


def memory(pids: list[int]) -> int:
    """The bytes that processes have resident."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE")


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


async def test_no_request_is_answered_with_a_fault(database_url: str, tmp_path: Path) -> None:
    keys = (await add_key(database_url, "LIVE"), await add_key(database_url, "TEST"))
    workers = 1 if database_url.startswith("sqlite") else 2
    requests = Requests(graphql.build_schema()._schema, SEED, keys)
    async with serving(database_url, tmp_path, workers=workers, **SETTINGS) as server:
        for key in keys:
            async with client(key, server.url) as teller:
                await stock(teller, ("alice", "bob"), 1_000_000_00)
        before = [server.pid, *children(server.pid)]
        warm = await fuzz(server.port, requests, COUNT // 10)
        memory_before = memory(before)
        found = await fuzz(server.port, requests, COUNT // 2 - COUNT // 10)
        faults = warm.faults + found.faults
        assert not faults, "\n\n".join((f"seed {SEED}", *faults, server.log()[-8_000:]))
        assert "unexpected" not in server.log(), server.log()[-4_000:]
        assert [server.pid, *children(server.pid)] == before, "nothing was started anew"
        grown = memory(before) - memory_before
        print(SEED, workers, found.statuses, found.codes, found.kinds, f"answered {found.answered}", f"grown {grown:,}")  # noqa: T201 - figures for whoever asks with -s
        assert grown < GROWTH_BYTES_MAX
        assert found.answered > sum(found.kinds.values()) // 5, "much of it is good enough to be run"
        assert await server.status_of("/readyz") == 200
    await assert_sound(database_url)
