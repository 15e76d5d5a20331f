"""What row-level security costs: `python -m benchmarks.row_level_security [--rounds N]`.

Two databases of one server, alike but that in one of them rows are bound. The same writer fills both in turn with
batches of transfers between a thousand accounts, and the same reader asks for the funds of fifty of them. Each round
gives the time with rows bound over the time without.
"""

import argparse
import asyncio
import statistics
import sys
import time
from uuid import UUID

from app import ledger, services, store
from tests import postgres

ACCOUNTS = 1_000
BATCHES = 20
BATCH = 500
READS = 200
SERVING = "spendable_serving"


class Side:
    """One database, filled by its own gateway."""

    def __init__(self, database: store.Database, tenant: UUID) -> None:
        self.gateway = services.Gateway(database, services.GatewayLimits(sweep_interval_seconds=None))
        self.principal = services.Principal(tenant, "bench", "house", "LIVE", "key_bench", frozenset(services.Scope))
        self.ids: list[UUID] = []
        self._number = 0

    async def submit(self, commands: list[ledger.Command]) -> list[ledger.Decision]:
        """Have commands decided, each by itself."""
        groups = []
        for command in commands:
            self._number += 1
            groups.append(ledger.Group((self.gateway.request(self.principal, command, f"k{self._number}"),)))
        return [decision for (decision,) in await self.gateway.submit(self.principal, groups)]

    async def open(self) -> None:
        """Open the accounts."""
        await self.gateway.start()
        commands: list[ledger.Command] = [ledger.OpenAccount("USD", unlimited=True)] * ACCOUNTS
        for decision in await self.submit(commands):
            if not isinstance(decision, ledger.Accepted) or decision.account_id is None:
                raise TypeError(decision)
            self.ids.append(decision.account_id)

    async def write(self) -> float:
        """Return seconds for the batches."""
        began = time.perf_counter()
        for batch in range(BATCHES):
            await self.submit([self._transfer(batch * BATCH + number) for number in range(BATCH)])
        return time.perf_counter() - began

    async def read(self) -> float:
        """Return seconds for the readings."""
        began = time.perf_counter()
        references = [ledger.Reference(id_) for id_ in self.ids[:50]]
        for _ in range(READS):
            reader = self.gateway.reader(self.principal)
            await reader.funds(references)
            await reader.aclose()
        return time.perf_counter() - began

    def _transfer(self, number: int) -> ledger.Transfer:
        source, target = self.ids[number % ACCOUNTS], self.ids[(number * 7 + 1) % ACCOUNTS]
        if source == target:
            target = self.ids[(number + 1) % ACCOUNTS]
        return ledger.Transfer(ledger.Reference(source), ledger.Reference(target), ledger.Amount(1, "USD"))


async def _side(cluster: postgres.Cluster, *, bound: bool) -> Side:
    name = "bound" if bound else "unbound"
    cluster.run(f"CREATE DATABASE {name}")
    await store.migrate(cluster.url(name), row_level_security=bound, role=SERVING)
    database = store.open_database(cluster.url(name).replace(f"{postgres.SUPERUSER}@", f"{SERVING}@", 1))
    tenant = store.Tenant(services.new_id(), "house", "bench", "LIVE", services.now_microseconds())
    async with database.write() as unit:
        await store.insert_tenant(unit, tenant)
        await unit.commit()
    side = Side(database, tenant.id)
    await side.open()
    return side


async def measure(cluster: postgres.Cluster, rounds: int) -> dict[str, list[float]]:
    """Return the times of the bound database over those of the other, round by round."""
    cluster.run(f"CREATE ROLE {SERVING} LOGIN")
    sides = {bound: await _side(cluster, bound=bound) for bound in (False, True)}
    ratios: dict[str, list[float]] = {"transfers in batches": [], "funds of fifty accounts": []}
    for number in range(rounds + 1):
        for what, ask in (("transfers in batches", Side.write), ("funds of fifty accounts", Side.read)):
            order = (False, True) if number % 2 else (True, False)
            taken = {bound: await ask(sides[bound]) for bound in order}
            if number:
                # The first round warms both.
                ratios[what].append(taken[True] / taken[False])
    for side in sides.values():
        await side.gateway.drain()
    return ratios


def main() -> None:
    """Measure and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    with postgres.cluster(durable=True) as cluster:
        for what, found in asyncio.run(measure(cluster, parser.parse_args().rounds)).items():
            sys.stdout.write(
                f"{what}: {statistics.median(found):.2f} times as long with rows bound"
                f" ({min(found):.2f} to {max(found):.2f}, {len(found)} rounds)\n"
            )


if __name__ == "__main__":
    main()
