"""A real `spendable` in processes of its own: started, killed and stopped as a test of faults needs."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "app")
READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 60
ENDED_LOOKS_MAX = 400
COMMAND_SECONDS_MAX = 60

# Holds the reading end of a pipe whose writing end is ours: however this process ends, the server ends with it.
_KEEPER = 'cat >/dev/null; kill -s KILL "-$1" 2>/dev/null'


@dataclass(slots=True)
class Server:
    """One `spendable serve` on a port that it keeps from one start to the next."""

    database_url: str
    log_file: Path
    settings: Mapping[str, object] = field(default_factory=dict)
    port: int = 0
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    _keeper: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start and return once it is ready for work."""
        self._launch()
        assert await self.becomes_ready(), f"the server did not become ready:\n{self.log()}"

    def _launch(self) -> None:
        self.port = self.port or free_port()
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [*PROGRAM, "serve", "--host", HOST, "--port", str(self.port)],
                cwd=ROOT,
                env=environment(self.database_url, self.settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._keeper = subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "keeper", str(self.pid)], stdin=subprocess.PIPE, start_new_session=True
        )

    async def becomes_ready(self) -> bool:
        """Wait, for a bounded time, until it says that it is ready."""
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            if await self.status_of("/readyz") == 200:
                return True
            await asyncio.sleep(0.05)
        return False

    async def status_of(self, path: str) -> int | None:
        """The HTTP status of an address, None where nobody answers."""
        return (await self.look(path))[0]

    async def look(self, path: str) -> tuple[int | None, str]:
        """The HTTP status and the body of an address, None where nobody answers."""
        return await asyncio.to_thread(self._look, path)

    def _look(self, path: str) -> tuple[int | None, str]:
        connection = HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, HTTPException):
            return None, ""
        finally:
            connection.close()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server's own process."""
        assert self._process is not None
        self._process.send_signal(number)

    async def kill(self) -> None:
        """End it as a crash does, its workers included."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._ended()

    async def kill_supervisor(self) -> None:
        """End its own process as a crash does, and return once its workers have let go of the port."""
        self.signal(signal.SIGKILL)
        for _ in range(ENDED_LOOKS_MAX):
            if await self.status_of("/livez") is None:
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("the workers live on")
        await self.kill()

    async def stop(self) -> int:
        """Ask it to stop, and return its exit code once it has."""
        self.signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> int:
        """Return its exit code once it has ended."""
        assert self._process is not None
        return await self._ended()

    async def _ended(self) -> int:
        assert self._process is not None
        code = await asyncio.to_thread(self._process.wait, STOP_SECONDS_MAX)
        self._process = None
        if self._keeper is not None:
            self._keeper.kill()
            self._keeper.communicate()
            self._keeper = None
        return code

    def resident_bytes(self) -> int:
        """How much memory the server's own process has resident."""
        pages = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def log(self) -> str:
        """What it has written to standard output and standard error."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")


@asynccontextmanager
async def serving(database_url: str, folder: Path, **settings: object) -> AsyncIterator[Server]:
    """A server for the time of the block, ended for certain; settings by name, as in the environment."""
    server = Server(database_url, folder / f"server-{free_port()}.log", settings)
    try:
        await server.start()
        yield server
    finally:
        await server.kill()


def environment(database_url: str, settings: Mapping[str, object] | None = None) -> dict[str, str]:
    """The environment of a `spendable` that is configured by nothing but this."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SPENDABLE_", "PG"))}
    made = {f"SPENDABLE_{name.upper()}": str(value) for name, value in (settings or {}).items()}
    return kept | {"SPENDABLE_DATABASE_URL": database_url} | made


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command of `spendable` came to."""

    code: int
    out: str
    err: str


async def spendable(database_url: str, *words: str) -> Ran:
    """Run one command of `spendable` to its end."""

    def run() -> Ran:
        done = subprocess.run(
            [*PROGRAM, *words],
            check=False,
            cwd=ROOT,
            env=environment(database_url),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS_MAX,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return await asyncio.to_thread(run)


async def verify(database_url: str) -> None:
    """Let `spendable verify` find nothing."""
    ran = await spendable(database_url, "verify")
    assert (ran.code, ran.err) == (0, ""), ran


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def reasons(body: str) -> list[str]:
    """Why a server says that it is not ready."""
    found: list[str] = json.loads(body).get("reasons", [])
    return found
