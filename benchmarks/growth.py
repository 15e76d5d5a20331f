"""`python -m benchmarks.growth`: whether writing and reading stay as fast when the tables have grown a hundredfold.

Two ledgers in one PostgreSQL, measured in turns. They are filled by INSERT … SELECT with the rows that the writer would
have written for the same commands, which `verify` then proves, row by row.
"""

import argparse
import asyncio
import random
import shutil
import statistics
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, time
from typing import Any, Final
from uuid import UUID

from app import services, store
from benchmarks import installation, report
from benchmarks.installation import Desk
from tests import postgres

BATCH: Final = 500
CHUNK: Final = 250_000
WAITING: Final = 256
# A transfer takes so much of the disk with its indexes, and as much again of the log until the next checkpoint.
BYTES_PER_TRANSFER: Final = 2_600
LOG_BYTES: Final = 10 * 2**30
MEBIBYTE: Final = 2**20

# Account i is opened as command i. Transfer k goes from account k to the next, all accounts in a ring: so each account
# but the first is paid just before it pays, and what stands on it after each line is known without looking.
_COMMON: Final = """
    WITH k AS (SELECT generate_series({first}::bigint, {last}::bigint) AS n),
    t AS (SELECT n, {accounts} + n + 1 AS sequence, {began} + (n / {batch}) * 1000 AS at,
        n % {accounts} AS source, (n + 1) % {accounts} AS target, n / {accounts} AS round,
        {uuid_of_transfer} AS id FROM k)
"""
_UUID: Final = (
    "(lpad(to_hex(({began} + {count}) / 1000), 12, '0') || '7' || lpad(to_hex({n} % 4096), 3, '0') || '{kind}'"
    " || lpad(to_hex({n}), 15, '0'))::uuid"
)
_FILL_ACCOUNTS: Final = (
    """INSERT INTO accounts SELECT '{tenant}', {uuid}, n + 1, NULL, NULL, 'CUSTOMER', 'CREDIT', 'USD', 2, '{{}}',
        {began}, 'key_bench' FROM generate_series(0, {accounts} - 1) n""",
    """INSERT INTO account_changes SELECT '{tenant}', {uuid}, n + 1, 0, 'OPENED', NULL, false, false, false, NULL,
        'key_bench', {began} FROM generate_series(0, {accounts} - 1) n""",
    """INSERT INTO balances SELECT '{tenant}', {uuid}, CASE WHEN n = {last} % {accounts} + 1 THEN 100 WHEN n = 0
        AND ({last} + 1) % {accounts} <> 0 THEN -100 ELSE 0 END, 0, 0, {ended},
        ({last} + 1) / {accounts} * 2 + CASE WHEN n = 0 THEN least(({last} + 1) % {accounts}, 1)
        WHEN n < ({last} + 1) % {accounts} THEN 2 WHEN n = ({last} + 1) % {accounts} THEN 1 ELSE 0 END,
        NULL, false, false, false FROM generate_series(0, {accounts} - 1) n""",
    """INSERT INTO events SELECT '{tenant}', n + 1, 0, 'account.opened', 1, {uuid},
        '{{"currency":"USD","floor":null,"outFrozen":0,"inFrozen":0,"closed":0,"version":0}}', {began}, {began}
        FROM generate_series(0, {accounts} - 1) n""",
    """INSERT INTO idempotency_keys SELECT '{tenant}', 'openAccount', 'open-' || n,
        encode(sha256(n::text::bytea), 'hex'), 1,
        '[["currency","581891ff"],["unlimited","619003e5"]]', 'key_bench', n + 1, {began}, {uuid}, NULL, NULL, n + 1,
        NULL, {uuid}, '127.0.0.1' FROM generate_series(0, {accounts} - 1) n""",
    """INSERT INTO batches VALUES ('{tenant}', {accounts}, {began})""",
)
_FILL_TRANSFERS: Final = (
    """INSERT INTO transactions {common} SELECT '{tenant}', id, sequence, 'TRANSFER', NULL, NULL, NULL, '{{}}',
        'key_bench', false, false, at, at, NULL, NULL FROM t""",
    """INSERT INTO entries {common} SELECT '{tenant}', id, line,
        CASE WHEN line = 1 THEN {uuid_of_source} ELSE {uuid_of_target} END,
        CASE WHEN line = 1 THEN 'DEBIT' ELSE 'CREDIT' END, 100, 'PRINCIPAL', NULL, NULL, NULL,
        CASE WHEN line = 1 THEN CASE WHEN source = 0 THEN -100 ELSE 0 END
        ELSE CASE WHEN target = 0 THEN 0 ELSE 100 END END,
        CASE WHEN line = 1 THEN round * 2 + CASE WHEN source = 0 THEN 1 ELSE 2 END
        ELSE round * 2 + CASE WHEN target = 0 THEN 2 ELSE 1 END END,
        sequence, at, at, NULL, 0 FROM t CROSS JOIN (VALUES (1::smallint), (2::smallint)) l(line)""",
    """INSERT INTO events {common} SELECT '{tenant}', sequence, 0, 'transaction.posted', 1, id,
        '{{"kind":"TRANSFER","entries":2,"forced":0,"advanced":0}}', at, at FROM t""",
    """INSERT INTO idempotency_keys {common} SELECT '{tenant}', 'transfer', 'fill-' || n,
        encode(sha256(id::text::bytea), 'hex'), 1, '{digests}', 'key_bench', sequence, at, NULL, id, NULL, sequence,
        NULL, id, '127.0.0.1' FROM t""",
    """INSERT INTO batches {common} SELECT '{tenant}', max(sequence), at FROM t GROUP BY at""",
)
_FILL_HEAD: Final = "UPDATE heads SET sequence = {sequence}, recorded_at = {ended} WHERE tenant_id = '{tenant}'"
_DIGESTS: Final = (
    '[["from","0dd36b4a"],["to","e356aac4"],["amount","ad1f9014"],["availableAt","4ad4d564"],'
    '["effectiveAt","4ad4d564"],["kind","3e2d810b"],["externalId","4ad4d564"],["correlationId","4ad4d564"],'
    '["description","4ad4d564"],["metadata","d378a137"],["require","d378a137"],["force","619003e5"]]'
)


@dataclass(frozen=True, slots=True)
class Grown:
    """A filled ledger: so many accounts in a ring, and so many transfers around it."""

    cluster: postgres.Cluster
    name: str
    tenant: UUID
    accounts: int
    transfers: int
    began: int

    @property
    def url(self) -> str:
        """The address of its database."""
        return self.cluster.url(self.name)

    def account(self, number: int) -> UUID:
        """Return the id of an account by its place in the ring."""
        head = f"{(self.began + self.accounts) // 1000:012x}7{number % 4096:03x}8{number:015x}"
        return UUID(head)

    def at(self, share: float) -> int:
        """Return an instant so far into its history."""
        return self.began + int(share * self.transfers / BATCH) * 1000

    def fill(self) -> None:
        """Write the accounts, then the transfers, then the head."""
        last = self.transfers - 1
        ended = self.began + last // BATCH * 1000
        given: dict[str, Any] = {
            "tenant": self.tenant,
            "accounts": self.accounts,
            "began": self.began,
            "ended": ended,
            "batch": BATCH,
            "last": last,
            "digests": _DIGESTS,
        }
        uuid = self._uuid("n", self.accounts, 8)
        for statement in _FILL_ACCOUNTS:
            self._run(statement.format(**given, uuid=uuid))
        for first in range(0, self.transfers, CHUNK):
            chunk = {**given, "first": first, "last": min(first + CHUNK, self.transfers) - 1}
            transfer = f"({self._uuid('n', 0, 9)})"
            common = _COMMON.format(**chunk, uuid_of_transfer=transfer)
            ids = {f"uuid_of_{name}": self._uuid(name, self.accounts, 8) for name in ("source", "target")}
            for statement in _FILL_TRANSFERS:
                self._run(statement.format(**chunk, **ids, common=common))
            report.say(f"{self.name}: {chunk['last'] + 1:,} transfers")
        sequence = self.accounts + self.transfers
        self._run(_FILL_HEAD.format(sequence=sequence, ended=ended, tenant=self.tenant))
        self._run("VACUUM (FREEZE, ANALYZE)")
        self._run("CHECKPOINT")

    def _uuid(self, number: str, count: int, kind: int) -> str:
        return _UUID.format(began=self.began, count=count, n=number, kind=kind)

    def _run(self, statement: str) -> None:
        self.cluster.run(statement, self.name)


async def make(cluster: postgres.Cluster, name: str, accounts: int, transfers: int, *, proved: bool = True) -> Grown:
    """Make a ledger of this size and prove it."""
    await asyncio.to_thread(cluster.run, f"CREATE DATABASE {name}")
    url = cluster.url(name)
    await store.migrate(url)
    async with services.open_ledger(url) as database:
        tenant = await services.create_tenant(database, "bench", "LIVE", "house")
    began = int(time() * 1e6) - (transfers // BATCH + 1) * 1000 - 60_000_000
    made = Grown(cluster, name, tenant.id, accounts, transfers, began)
    await asyncio.to_thread(made.fill)
    if not proved:
        report.say(f"{name}: {accounts:,} accounts, {2 * transfers:,} entries, not proved")
        return made
    database = store.open_database(url)
    try:
        async for step in store.check_invariants(database, tenant.id):
            if step.findings:
                raise RuntimeError(f"{step.name}: {step.findings[:3]}")
    finally:
        await database.close()
    report.say(f"{name}: {accounts:,} accounts, {2 * transfers:,} entries; every invariant holds")
    return made


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two ledgers while it is measured."""

    grown: Grown
    desk: Desk
    chance: random.Random

    async def write(self, number: int, many: int) -> float:
        """Return transfers a second, among accounts drawn from all of them."""
        pairs = iter([self.chance.sample(range(self.grown.accounts), 2) for _ in range(many)])
        account = self.grown.account

        async def call(caller: int) -> None:
            for turn, (source, target) in enumerate(pairs):
                command = installation.move(account(source), account(target))
                await self.desk.submit([command], f"grown-{number}-{caller}-{turn}")

        began = perf_counter()
        async with asyncio.TaskGroup() as group:
            for caller in range(WAITING):
                group.create_task(call(caller))
        return many / (perf_counter() - began)

    async def as_of(self, many: int) -> float:
        """Return the median of the seconds that one balance as of an instant takes."""

        async def ask(reader: services.Reader) -> None:
            account = self.grown.account(self.chance.randrange(self.grown.accounts))
            await reader.balances([account], self.grown.at(self.chance.uniform(0.2, 0.9)))

        return await self._median(many, ask)

    async def history(self, many: int) -> float:
        """Return the median of the seconds that the first page of an account's history takes."""
        window = services.Window(limit=21)

        async def ask(reader: services.Reader) -> None:
            account = self.grown.account(self.chance.randrange(self.grown.accounts))
            await reader.entry_pages([account], services.EntryFilter(), window)

        return await self._median(many, ask)

    async def _median(self, many: int, ask: Callable[[services.Reader], Awaitable[None]]) -> float:
        seconds = []
        for _ in range(many):
            reader = self.desk.gateway.reader(self.desk.principal)
            began = perf_counter()
            await ask(reader)
            await reader.aclose()
            seconds.append(perf_counter() - began)
        return statistics.median(seconds)


@dataclass(slots=True)
class Ratios:
    """What was found in each round, large beside small."""

    rows: dict[str, list[tuple[float, float]]]

    def note(self, name: str, large: float, small: float) -> None:
        """Keep a round."""
        self.rows.setdefault(name, []).append((large, small))

    def table(self) -> str:
        """Return the table in Markdown."""
        goals = {"write": ("9", "transfers/s", 0.85, False), "as_of": ("10a", "ms", 1.3, True)}
        goals["history"] = ("10b", "ms", 1.3, True)
        works = {
            "write": f"the writer alone, {WAITING} callers",
            "as_of": "a balance as of an instant",
            "history": "first page of a history",
        }
        lines = [
            "| # | work | large | small | ratio | spread | goal | |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
        ]
        for name, pairs in self.rows.items():
            number, unit, goal, at_most = goals[name]
            ratios = [large / small for large, small in pairs]
            ratio = statistics.median(ratios)
            scale = 1e3 if unit == "ms" else 1
            large, small = (statistics.median(side) * scale for side in zip(*pairs, strict=True))
            reached = ratio <= goal if at_most else ratio >= goal
            lines.append(
                f"| {number} | {works[name]} | {large:,.2f} {unit} | {small:,.2f} {unit} | **{ratio:.2f}** |"
                f" {min(ratios):.2f} to {max(ratios):.2f} | {'≤' if at_most else '≥'} {goal} |"
                f" {'reached' if reached else 'missed'} |"
            )
        return "\n".join(lines)


async def compare(large: Grown, small: Grown, rounds: int, many: int) -> Ratios:
    """Measure both in turns, the first of each pair changing sides."""
    found = Ratios({})
    async with AsyncExitStack() as stack:
        sides = []
        for grown in (large, small):
            gateway = await stack.enter_async_context(installation.open_gateway(grown.url))
            principal = services.Principal(
                grown.tenant, "bench", "house", "LIVE", "key_bench", frozenset(services.Scope)
            )
            sides.append(Side(grown, Desk(gateway, principal), random.Random(grown.name)))  # noqa: S311 - to be repeated
        for number in range(rounds + 1):
            order = sides if number % 2 else sides[::-1]
            measures: dict[str, Callable[[Side], Awaitable[float]]] = {
                "write": lambda side, n=number: side.write(n, many),  # type: ignore[misc]
                "as_of": lambda side: side.as_of(many // 20),
                "history": lambda side: side.history(many // 20),
            }
            for name, measure in measures.items():
                taken = {side.grown.name: await measure(side) for side in order}
                # The first round warms both.
                if number:
                    found.note(name, taken[large.name], taken[small.name])
                    report.say(f"round {number}: {name} {taken[large.name]:.5g} beside {taken[small.name]:.5g}")
    return found


def main() -> None:
    """Say how much disk it takes, refuse where there is less, fill, prove and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--transfers", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--commands", type=int, default=8_000, help="in each round, on each side")
    parser.add_argument(
        "--unproved", action="store_true", help="leave out the proof of the large ledger, which takes most of an hour"
    )
    parser.add_argument("--write", action="store_true", help="write docs/reference/performance-growth.md")
    given = parser.parse_args()
    needed = given.transfers * BYTES_PER_TRANSFER + LOG_BYTES
    with installation.durable_cluster() as cluster:
        free = shutil.disk_usage(cluster.folder).free
        report.say(f"needs {needed / 2**30:.0f} GiB of disk; {free / 2**30:.0f} GiB are free")
        if free < needed:
            sys.exit(1)

        async def run() -> Ratios:
            small = await make(cluster, "small", 10_000, 50_000)
            large = await make(cluster, "large", given.accounts, given.transfers, proved=not given.unproved)
            return await compare(large, small, given.rounds, given.commands)

        found = asyncio.run(run())
        table = found.table()
        size = int(cluster.run("SELECT pg_database_size('large')"))
        facts = report.facts(cluster)
    report.say(table)
    if given.write:
        proof = (
            " Every row of the small one was proved by `verify`; the large one, filled by the same statements, was not"
            " in this run."
            if given.unproved
            else " Every row of both was proved by `verify`."
        )
        page = (
            "# Performance: growth\n\nMade by `make bench-growth`: a ledger of"
            f" {given.accounts:,} accounts and {2 * given.transfers:,} entries beside one of 10,000 and 100,000, in one"
            f" PostgreSQL and in turns. The large one takes {size / MEBIBYTE:,.0f} MiB,"
            f" {size / given.transfers:,.0f} bytes for each transfer, its share of the accounts and of all indexes"
            f" included.{proof}\n\n"
            f"{table}\n\n## The run\n\n" + "\n".join(f"- {name}: {value}" for name, value in facts.items()) + "\n"
        )
        Path(report.REFERENCE / "performance-growth.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
