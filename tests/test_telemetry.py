"""Promises of the log: one list says what a line may tell, and nothing gets past it."""

import ast
import json
import logging
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from app import telemetry

ROOT = Path(__file__).parents[1]
KEY = "spd_live_01jexamplejexamplejexample_0123456789abcdefghijklmnopqrstuv012345"
TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl"


class Written:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    @cached_property
    def text(self) -> str:
        return self._capsys.readouterr().err

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Written]:
    """What is written to standard error; logging is afterwards as it was."""
    root, ours = logging.getLogger(), logging.getLogger(telemetry.ROOT)
    before = root.handlers[:], root.level, ours.level
    # Otherwise the handlers of pytest itself would be closed.
    root.handlers[:] = []
    yield Written(capsys)
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])


def raised(message: str, cause: str | None = None) -> Exception:
    """An error that was raised, from another one if wanted."""
    try:
        _fail(message, cause)
    except RuntimeError as error:
        return error
    raise AssertionError


def _fail(message: str, cause: str | None) -> None:
    raise RuntimeError(message) from (None if cause is None else ValueError(cause))


def test_a_line_tells_what_is_listed_and_nothing_else(written: Written) -> None:
    telemetry.configure("INFO")
    telemetry.note(telemetry.SERVER, "event", status=200, amount="12.34", idempotency_key="k", cost=None)
    (line,) = written.lines
    assert {name: value for name, value in line.items() if name != "timestamp"} == {
        "level": "info",
        "logger": "spendable.server",
        "event": "event",
        "status": 200,
    }


@pytest.mark.parametrize("text", [KEY, TOKEN, f"op_{KEY}", f"Bearer {TOKEN}"])
def test_what_looks_like_a_credential_is_withheld(text: str, written: Written) -> None:
    telemetry.configure("INFO")
    telemetry.note(telemetry.SERVER, "event", operation=text)
    assert written.lines[0]["operation"] == "[withheld]"


def test_long_values_are_cut(written: Written) -> None:
    telemetry.configure("INFO")
    telemetry.note(telemetry.SERVER, "event", operation="x" * 1_000)
    assert len(written.lines[0]["operation"]) == 200


@pytest.mark.parametrize(("level", "shown"), [("INFO", False), ("DEBUG", True)])
def test_an_unexpected_error_is_written_once_and_its_message_only_to_who_asks(
    level: str, shown: bool, written: Written
) -> None:
    telemetry.configure(level)
    error = raised("of alice", "amount 12.34")
    error_id = telemetry.unexpected(error, where="here")
    assert telemetry.unexpected(error, where="further out") == error_id
    (line,) = written.lines
    assert (line["event"], line["error_id"], line["where"]) == ("unexpected error", error_id, "here")
    assert line["error"] == "RuntimeError from ValueError"
    assert line["stack"][0].startswith("tests/test_telemetry.py:")
    assert ("of alice" in written.text) is shown
    assert "12.34" not in written.text


def test_what_others_log_tells_as_little(written: Written) -> None:
    telemetry.configure("INFO")
    error = raised("amount 12.34")
    logging.getLogger("uvicorn.error").error("Exception in ASGI application %s\nof alice", "12.34", exc_info=error)
    (line,) = written.lines
    assert (line["event"], line["error"]) == ("Exception in ASGI application %s", "RuntimeError")
    assert "12.34" not in written.text
    assert "alice" not in written.text


def test_a_person_may_have_lines_that_read_well(written: Written) -> None:
    telemetry.configure("INFO", "pretty")
    telemetry.note(telemetry.SERVER, "event", status=200, amount="12.34")
    assert "event" in written.text
    assert "12.34" not in written.text
    with pytest.raises(json.JSONDecodeError):
        json.loads(written.text)


def test_every_line_that_the_code_writes_has_a_constant_event_and_listed_fields() -> None:
    wrong = []
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"note", "warn"}
            ):
                named = isinstance(node.func.value, ast.Name) and node.func.value.id == "telemetry"
                if named and any(word.arg not in telemetry.FIELDS for word in node.keywords):
                    wrong.append(f"{path.name}:{node.lineno}")
                if named and len(node.args) != 2:
                    wrong.append(f"{path.name}:{node.lineno}")
    assert wrong == []
