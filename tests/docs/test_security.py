"""The threat model names tests and benchmarks that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "security.md"


def test_what_holds_each_threat_is_there() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ") and "`" in line]
    named = {path for row in rows for path in re.findall(r"`((?:tests|benchmarks|requirements|\.ci)/[^`]*)`", row)}
    assert len(named) > 20
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
    threats = PAGE.read_text(encoding="utf-8").partition("## Threats")[2].partition("##")[0]
    rows = [line for line in threats.splitlines() if line.startswith("| ")][2:]
    assert all(re.search(r"\| `[^|]*` \|$", row) for row in rows), "each threat has something that holds it"
