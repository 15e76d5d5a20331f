"""Each contract between the floors catches what it is there to catch."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINTER = Path(sys.executable).with_name("lint-imports")

# What is planted, where, and the contract that it breaks.
PLANTED = [
    ("app/ledger/planted.py", "import time", "The ledger is pure"),
    ("app/ledger/planted.py", "import sqlalchemy", "The ledger is pure"),
    ("app/ledger/planted.py", "from app import store", "Floors"),
    ("app/store/planted.py", "from app import services", "Floors"),
    ("app/http/planted.py", "from app import cli", "Floors"),
    ("app/planted.py", "", "Floors"),
    ("app/services/planted.py", "import sqlalchemy", "Only the store speaks SQL"),
    ("app/http/planted.py", "import aiosqlite", "Only the store speaks SQL"),
    ("app/graphql/planted.py", "from app import store", "GraphQL asks the services"),
    ("app/services/planted.py", "from app.ledger import behind", "One door: the ledger"),
    ("app/services/planted.py", "from app.store import behind", "One door: the store"),
    ("app/http/planted.py", "from app.services import behind", "One door: the services"),
    ("app/http/planted.py", "from app.graphql import behind", "One door: GraphQL"),
    ("app/cli.py", "from app.http import behind", "One door: HTTP"),
    ("app/services/planted.py", "from app import settings", "Settings are read"),
    ("app/ledger/behind.py", "from app.ledger import before", "No cycles"),
]


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the application with an empty room behind each door, and one before it that leads there."""
    copy = tmp_path_factory.mktemp("application")
    shutil.copytree(ROOT / "app", copy / "app", ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for floor in ("ledger", "store", "services", "graphql", "http"):
        (copy / "app" / floor / "behind.py").touch()
        (copy / "app" / floor / "before.py").write_text(f"from app.{floor} import behind\n")
    return copy


def _broken_contracts(application: Path) -> list[str]:
    done = subprocess.run(
        [LINTER, "--no-cache", "--no-logo"], cwd=application, capture_output=True, text=True, check=False
    )
    broken = [line for line in done.stdout.splitlines() if " BROKEN" in line]
    # A linter that stopped half-way has kept nothing.
    assert "Contracts: " in done.stdout, done.stdout + done.stderr
    assert (done.returncode == 0) == (not broken)
    return broken


def test_the_application_keeps_every_contract(application: Path) -> None:
    assert _broken_contracts(application) == []


@pytest.mark.parametrize(("path", "line", "contract"), PLANTED)
def test_a_planted_violation_is_caught(application: Path, path: str, line: str, contract: str) -> None:
    planted = application / path
    before = planted.read_text() if planted.exists() else None
    planted.write_text(f"{before or ''}\n{line}\n")
    try:
        assert any(broken.startswith(contract) for broken in _broken_contracts(application))
    finally:
        if before is None:
            planted.unlink()
        else:
            planted.write_text(before)
