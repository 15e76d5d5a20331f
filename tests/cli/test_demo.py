"""The demo: one command gives a ledger to look at, a key, and lines that work when pasted; a second run finds them."""

import json
import os
import re
import shlex
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Spendable

ROOT = Path(__file__).parents[2]


@contextmanager
def _demo(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running demo and what it printed, from a folder with a space in its name."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SPENDABLE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "demo", "--port", "0"],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        printed = ""
        while "curl" not in printed:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            printed += line
        yield process, printed
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def _paste(line: str) -> httpx.Response:
    """Do what the printed curl line does."""
    words = shlex.split(line)
    assert words[:2] == ["curl", "-s"]
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    return httpx.post(words[2], headers=headers, content=words[words.index("-d") + 1])


def test_the_demo_runs_twice(tmp_path: Path, spendable: Spendable, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    with _demo(folder) as (process, printed):
        key = (folder / "var" / "demo.key").read_text().strip()
        assert stat.S_IMODE((folder / "var" / "demo.key").stat().st_mode) == 0o600
        address = re.search(r"http://\S+/graphiql#key=\S+", printed)
        assert address is not None
        assert address.group().endswith(f"/graphiql#key={key}")
        answer = _paste(printed.split("From a terminal:\n")[1].strip())
        assert answer.status_code == 200
        nodes = answer.json()["data"]["accounts"]["nodes"]
        assert nodes[0]["name"] == "Kite & Anchor Coffee"
        assert len(nodes) == 5

        assert "nother process serves" in spendable("serve", "--port", "0", in_process=False).refusal
        assert "nother process serves" in spendable("tenant", "create", "acme").refusal
        assert "nother process serves" in spendable("seed").refusal
        assert spendable("verify").out == "Everything holds.\n"
        assert "a server, or a command that writes, has it" in spendable("doctor").out
        assert spendable("tenant", "list").code == 0

        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    with _demo(folder) as (process, printed):
        assert key in printed
        (folder / "var" / "demo.key").unlink()
    assert spendable("key", "list", "--tenant", "demo").out.count("demo") == 1
    with _demo(folder) as (_, printed):
        assert key not in printed
        json.loads(_paste(printed.split("From a terminal:\n")[1].strip()).text)
