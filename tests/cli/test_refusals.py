"""What cannot be done is refused in one sentence with exit code 1, what was mistyped with 2; never a traceback."""

import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Ran, Spendable


@pytest.mark.parametrize(
    "words",
    [
        ("no-such-command",),
        ("serve", "--no-such-flag"),
        ("serve", "--port", "99999"),
        ("serve", "--port", "many"),
        ("serve", "--workers", "0"),
        ("serve", "--log-level", "LOUD"),
        ("migrate", "--database-url", "mysql://localhost/x"),
        ("tenant", "create"),
        ("tenant", "create", "acme", "--mode", "play"),
        ("key", "create", "--tenant", "acme", "--scopes", "balances:read,everything"),
    ],
    ids=" ".join,
)
def test_what_was_mistyped_ends_with_2(spendable: Spendable, words: tuple[str, ...]) -> None:
    ran = spendable(*words)
    assert ran.code == 2
    assert ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("seed",),
        ("verify",),
        ("tenant", "list"),
        ("tenant", "create", "acme"),
        ("key", "create", "--tenant", "acme"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("url", ["sqlite:///empty.db", "postgresql://spendable:secret@127.0.0.1:1/ledger"])
def test_a_database_that_is_away_or_not_migrated_is_told_in_one_sentence(
    spendable: Spendable, tmp_path: Path, words: tuple[str, ...], url: str
) -> None:
    (tmp_path / "empty.db").touch()
    _assert_told(spendable(*words, "--database-url", url), url)


@pytest.mark.parametrize("url", ["sqlite:///empty.db", "postgresql://spendable:secret@127.0.0.1:1/ledger"])
def test_a_server_without_a_ledger_ends(spendable: Spendable, tmp_path: Path, url: str) -> None:
    (tmp_path / "empty.db").touch()
    _assert_told(spendable("serve", "--port", "0", "--database-url", url, in_process=False), url)


def _assert_told(ran: Ran, url: str) -> None:
    assert ran.code == 1
    assert "secret" not in ran.err
    told = ran.refusal.lower()
    assert ("run spendable migrate" in told) if url.startswith("sqlite") else ("cannot be reached" in told), told


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("migrate", "--database-url", "sqlite:////dev/null/x.db"), "cannot be made"),
        (("demo", "--database-url", "sqlite:////dev/null/x.db"), "cannot be made"),
        (("migrate", "--database-url", "sqlite:////proc/spendable.db"), "cannot be"),
        (("migrate", "--database-url", "sqlite:////dev"), "is a folder"),
        (("verify", "--database-url", "sqlite:///nowhere.db"), "does not exist"),
        (("serve", "--workers", "2"), "one writing process"),
    ],
)
def test_a_place_that_cannot_be_used_is_named(spendable: Spendable, words: tuple[str, ...], sentence: str) -> None:
    ran = spendable(*words)
    assert ran.code == 1
    assert sentence in ran.refusal


def test_a_taken_port_is_named(spendable: Spendable) -> None:
    spendable("migrate")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = spendable("serve", "--port", port)
    assert ran.code == 1
    assert f"127.0.0.1:{port}" in ran.refusal


def test_flags_win_over_the_environment(spendable: Spendable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPENDABLE_DATABASE_URL", "sqlite:///environment.db")
    assert spendable("migrate", "--database-url", "sqlite:///flag.db").code == 0
    assert (tmp_path / "flag.db").is_file()
    assert not (tmp_path / "environment.db").exists()
    assert spendable("migrate").code == 0
    assert (tmp_path / "environment.db").is_file()


def test_the_schema_is_printed(spendable: Spendable) -> None:
    ran = spendable("schema")
    assert ran.code == 0
    assert "type Query {" in ran.out
    assert ran.out.endswith("}\n")
