"""One measured round: CPU of this process for ordinary transfers and for the funds of fifty accounts.

Run with the tree to measure first on PYTHONPATH. It uses only names that have stood since the first
release, so that any two revisions can be compared. Prints one JSON object of microseconds of CPU.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from app import ledger, services, store

ACCOUNTS: Final = 50
TRANSFERS: Final = 2_000
BATCH: Final = 100
READS: Final = 100
INSTANT: Final = 1_700_000_000_000_000


async def measure(url: str) -> dict[str, float]:
    """Return microseconds of CPU for one transfer, and for one reading of fifty accounts."""
    await store.migrate(url)
    database = store.open_database(url)
    tenant = services.new_id()
    async with database.write() as unit:
        await store.insert_tenant(unit, store.Tenant(tenant, "house", f"bench-{tenant.hex}", "TEST", INSTANT))
        await store.set_test_clock(unit, tenant, frozen_at=INSTANT)
        await unit.commit()
    gateway = services.Gateway(database, services.GatewayLimits(sweep_interval_seconds=None))
    await gateway.start()
    principal = services.Principal(tenant, "bench", "house", "TEST", "key_bench", frozenset(services.Scope))
    desk = _Desk(gateway, principal)
    try:
        ids = await desk.open_accounts()
        await desk.transfer(ids, "warm", TRANSFERS // 10)
        await desk.read(ids, READS // 10)
        return {
            "transfer": await _cpu(desk.transfer(ids, "hot", TRANSFERS)) / TRANSFERS,
            "funds": await _cpu(desk.read(ids, READS)) / READS,
        }
    finally:
        await gateway.drain()


class _Desk:
    """A tenant with fifty accounts that need no funds."""

    def __init__(self, gateway: services.Gateway, principal: services.Principal) -> None:
        self._gateway = gateway
        self._principal = principal

    async def submit(self, commands: list[ledger.Command], name: str) -> list[ledger.Accepted]:
        """Submit commands in one call; every one must be accepted."""
        requests = [
            self._gateway.request(self._principal, command, f"{name}-{number}")
            for number, command in enumerate(commands)
        ]
        answers = await self._gateway.submit(self._principal, [ledger.Group((one,)) for one in requests])
        accepted = [decision for (decision,) in answers if isinstance(decision, ledger.Accepted)]
        if len(accepted) != len(commands):
            raise AssertionError("a command of the benchmark was refused")
        return accepted

    async def open_accounts(self) -> list[ledger.Reference]:
        """Open the accounts."""
        made = await self.submit([ledger.OpenAccount("USD", unlimited=True) for _ in range(ACCOUNTS)], "open")
        return [ledger.Reference(one.account_id) for one in made]

    async def transfer(self, ids: list[ledger.Reference], name: str, count: int) -> None:
        """Move a cent around the accounts, so many times."""
        for start in range(0, count, BATCH):
            commands: list[ledger.Command] = [
                ledger.Transfer(ids[n % ACCOUNTS], ids[(n + 7) % ACCOUNTS], ledger.Amount(1, "USD"))
                for n in range(start, min(start + BATCH, count))
            ]
            await self.submit(commands, f"{name}-{start}")

    async def read(self, ids: list[ledger.Reference], count: int) -> None:
        """Read the funds of all accounts, so many times."""
        for _ in range(count):
            reader = self._gateway.reader(self._principal)
            await reader.funds(ids)
            await reader.aclose()


async def _cpu(work: Awaitable[None]) -> float:
    began = time.process_time()
    await work
    return (time.process_time() - began) * 1e6


def main() -> None:
    """Measure the address given, or a new SQLite file."""
    if len(sys.argv) > 1:
        print(json.dumps(asyncio.run(measure(sys.argv[1]))))  # noqa: T201 - its one result
        return
    with TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(measure(f"sqlite:///{Path(folder) / 'bench.db'}"))))  # noqa: T201 - its one result


if __name__ == "__main__":
    main()
