"""An installation to measure: a durable PostgreSQL of its own, a ledger with funded accounts, servers and their CPU."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from app import ledger, services, store
from tests import postgres
from tests.faults.server import Server, free_port

HOST: Final = "127.0.0.1"
ROOT: Final = Path(__file__).parents[1]
SCALE: Final = 10
PGBENCH_CLIENTS: Final = 16
FUNDS_MINOR: Final = 1_000_000_000
_BATCH: Final = 1_000
# One client plays a thousand, and may spend what a thousand may.
_SERVING: Final = {
    "log_level": "ERROR",
    "client_connections_max": 2_048,
    "requests_in_flight_max": 4_096,
    "tenant_operations_max": 4_096,
    "budget_points_max": 1 << 30,
    "budget_points_per_second": 1 << 30,
}
_READY_LOOKS_MAX: Final = 600
# As an installation that is meant to be fast has them; durability is untouched.
_SETTINGS: Final = {"max_wal_size": "8GB", "shared_buffers": "512MB", "autovacuum_naptime": "60s"}


@dataclass(frozen=True, slots=True)
class Books:
    """A tenant of a ledger, with its key and its funded accounts, the bank last."""

    url: str
    tenant_id: UUID
    key: str
    accounts: tuple[UUID, ...]
    bank: UUID

    @property
    def principal(self) -> services.Principal:
        """Somebody who may do everything there."""
        return services.Principal(self.tenant_id, "bench", "house", "LIVE", "key_bench", frozenset(services.Scope))


@contextmanager
def durable_cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL that waits for the disk, with pgbench's tables beside ours."""
    with postgres.cluster(durable=True, **_SETTINGS) as made:
        made.run("CREATE DATABASE pgbench")
        _pgbench(made, "-i", f"-s{SCALE}", "-q")
        yield made


def pgbench(cluster: postgres.Cluster, seconds: int, script: str = "tpcb-like") -> float:
    """Return the transactions a second of one of pgbench's own scripts, with 16 clients."""
    told = _pgbench(cluster, "-n", f"-c{PGBENCH_CLIENTS}", "-j2", f"-T{seconds}", f"-b{script}")
    found = re.search(r"tps = ([0-9.]+)", told)
    if found is None:
        raise RuntimeError(told)
    return float(found.group(1))


def fsyncs(cluster: postgres.Cluster) -> str:
    """Return what pg_test_fsync says of the way in which PostgreSQL waits for the disk here."""
    target = cluster.folder / "fsync"
    try:
        told = subprocess.run(  # noqa: S603 - the cluster's own program
            [cluster.programs / "pg_test_fsync", "-s1", f"-f{target}"], capture_output=True, text=True, check=True
        ).stdout
    finally:
        target.unlink(missing_ok=True)
    found = re.search(r"fdatasync\s+([0-9.]+ ops/sec)", told)
    return found.group(1) if found else "unknown"


def _pgbench(cluster: postgres.Cluster, *options: str) -> str:
    where = ["-h", HOST, "-p", str(cluster.port), "-U", postgres.SUPERUSER, "pgbench"]
    return subprocess.run(  # noqa: S603 - the cluster's own program
        [cluster.programs / "pgbench", *options, *where], capture_output=True, text=True, check=True
    ).stdout


async def open_books(url: str, accounts: int, name: str = "bench") -> Books:
    """Migrate a database and fill a LIVE tenant with accounts that have a floor of zero and money enough."""
    await store.migrate(url)
    async with services.open_ledger(url) as database:
        tenant = await services.create_tenant(database, name, "LIVE", "house")
        made = await services.open_keys(database, tenant).create(
            services.KeyTerms(name="bench", scopes=frozenset(services.Scope)), None
        )
        key = made.text or ""
    books = Books(url, tenant.id, key, (), UUID(int=0))
    async with open_gateway(url) as gateway:
        desk = Desk(gateway, books.principal)
        [opened] = await desk.submit(
            [ledger.OpenAccount("USD", unlimited=True, purpose=ledger.Purpose.EXTERNAL)], "bank"
        )
        bank = made_account(opened)
        ids: list[UUID] = []
        for start in range(0, accounts, _BATCH):
            commands = [ledger.OpenAccount("USD") for _ in range(min(_BATCH, accounts - start))]
            ids += map(made_account, await desk.submit(commands, f"open-{start}"))
        for start in range(0, accounts, _BATCH):
            await desk.submit([move(bank, to, FUNDS_MINOR) for to in ids[start : start + _BATCH]], f"fund-{start}")
    return Books(url, tenant.id, key, tuple(ids), bank)


def move(source: UUID, target: UUID, minor: int = 1) -> ledger.Transfer:
    """A transfer in USD."""
    return ledger.Transfer(ledger.Reference(source), ledger.Reference(target), ledger.Amount(minor, "USD"))


def made_account(accepted: ledger.Accepted) -> UUID:
    """Return the account that a command opened."""
    if accepted.account_id is None:
        raise RuntimeError("no account was opened")
    return accepted.account_id


@asynccontextmanager
async def open_gateway(url: str) -> AsyncIterator[services.Gateway]:
    """The services alone, without a server around them."""
    gateway = services.open_gateway(url, services.GatewayLimits(sweep_interval_seconds=None))
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.drain()


@dataclass(frozen=True, slots=True)
class Desk:
    """Submits commands of which every one must be accepted."""

    gateway: services.Gateway
    principal: services.Principal

    async def submit(self, commands: Sequence[ledger.Command], name: str) -> list[ledger.Accepted]:
        """Submit commands in one call, each by itself."""
        groups = [
            ledger.Group((self.gateway.request(self.principal, command, f"{name}-{number}"),))
            for number, command in enumerate(commands)
        ]
        accepted = []
        for (decision,) in await self.gateway.submit(self.principal, groups):
            if not isinstance(decision, ledger.Accepted):
                raise RuntimeError(f"a command of the benchmark was refused: {decision}")  # noqa: TRY004 - a refusal
            accepted.append(decision)
        return accepted


@asynccontextmanager
async def product(books: Books, folder: Path, workers: int = 2) -> AsyncIterator[Server]:
    """`spendable serve` over these books."""
    server = Server(books.url, folder / f"server-{workers}.log", {"workers": workers, **_SERVING})
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def peer(module: str, environment: dict[str, str]) -> AsyncIterator[int]:
    """A peer of ours, an ASGI application served by uvicorn as ours is; yields its port."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", module, "--host", HOST, "--port", str(port), "--log-level", "error"]
    async with running([*command, "--no-access-log", "--http", "httptools", "--loop", "uvloop"], environment, port):
        yield port


@asynccontextmanager
async def postgraphile(cluster: postgres.Cluster, books: Books) -> AsyncIterator[int]:
    """PostGraphile, as `make bench-peers` installed it, over a view of the same tables; yields its port."""
    folder = ROOT / "benchmarks" / "peers" / "postgraphile"
    view = (folder / "view.sql").read_text(encoding="utf-8").replace(":tenant", str(books.tenant_id))
    await asyncio.to_thread(cluster.run, view, books.url.rpartition("/")[2])
    port = free_port()
    environment = {"BENCH_URL": books.url, "BENCH_PORT": str(port), "NODE_ENV": "production"}
    command = ["/bin/sh", "-c", f". tools/node.sh && cd '{folder}' && exec node node_modules/.bin/postgraphile"]
    async with running(command, environment, port):
        yield port


def has_postgraphile() -> bool:
    """Whether PostGraphile is installed."""
    return (ROOT / "benchmarks/peers/postgraphile/node_modules/.bin/postgraphile").exists()


def log_bytes(cluster: postgres.Cluster) -> int:
    """Return how many bytes of log PostgreSQL has written so far."""
    return int(cluster.run("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"))


def server_pid(cluster: postgres.Cluster) -> int:
    """Return the process id of PostgreSQL's own process, whose children do its work."""
    return int((cluster.data / "postmaster.pid").read_text().splitlines()[0])


@asynccontextmanager
async def running(command: list[str], environment: dict[str, str], port: int) -> AsyncIterator[int]:
    """A program that serves a port, from when it answers there to the end; yields its process id."""
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env={**os.environ, **environment})
    try:
        await _answers(port, process)
        yield process.pid
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _answers(port: int, process: asyncio.subprocess.Process) -> None:
    for _ in range(_READY_LOOKS_MAX):
        if process.returncode is not None:
            break
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
    raise RuntimeError(f"nobody answers on port {port}")


def cpu_seconds(pids: Sequence[int]) -> float:
    """Return the CPU that processes and their children have taken so far, where the machine tells."""
    return sum(_ticks(pid) for root in pids for pid in _family(root)) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pids: Sequence[int]) -> int:
    """Return the memory that processes and their children hold now."""
    pages = 0
    for root in pids:
        for pid in _family(root):
            try:
                pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            except OSError:
                continue
    return pages * os.sysconf("SC_PAGE_SIZE")


def children(root: int) -> list[int]:
    """Return the process ids of a server's workers: the children that serve, and not those that only watch."""
    return [pid for pid in _family(root) if pid != root and b"spawn_main" in _command(pid)]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _family(root: int) -> Iterator[int]:
    yield root
    try:
        tasks = list(Path(f"/proc/{root}/task").iterdir())
    except OSError:
        return
    for task in tasks:
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _family(int(child))


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    # Counted from the state that follows the name: utime and stime, and those of children that have ended.
    return sum(map(int, fields[11:15]))
