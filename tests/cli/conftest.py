"""What the tests of the command line may ask for: `spendable` run in this process, in a folder of the test's own."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import cli

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def refusal(self) -> str:
        """The one sentence of a command that refused."""
        assert self.err.startswith("spendable: "), self.err
        assert self.err.count("\n") == 1, self.err
        return self.err.removeprefix("spendable: ").rstrip(".\n")


Spendable = Callable[..., Ran]


@pytest.fixture
def spendable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Spendable:
    """Runs `spendable` with these words, on var/spendable.db in the test's folder unless told otherwise."""
    monkeypatch.chdir(tmp_path)
    for name in ("SPENDABLE_DATABASE_URL", "SPENDABLE_PORT", "SPENDABLE_HOST", "SPENDABLE_WORKERS"):
        monkeypatch.delenv(name, raising=False)

    def main() -> int:
        try:
            cli.main()
        except SystemExit as exit_:
            return exit_.code if isinstance(exit_.code, int) else 0
        return 0

    def run(*words: str, in_process: bool = True) -> Ran:
        if not in_process:
            # A server that gets as far as minding signals needs a process's first thread.
            command = [sys.executable, "-m", "app", *words]
            environment = os.environ | {"PYTHONPATH": str(ROOT)}
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
            return Ran(done.returncode, done.stdout, done.stderr)
        monkeypatch.setattr(sys, "argv", ["spendable", *words])
        # A thread of its own has no event loop yet, as a process has none; the tests' loop is left alone.
        with ThreadPoolExecutor(1) as threads:
            code = threads.submit(main).result()
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run
