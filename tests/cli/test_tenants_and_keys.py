"""Tenants and keys from a terminal: made, listed, revoked, and shown once."""

import re
import sqlite3
from pathlib import Path

from app import services
from tests.cli.conftest import Spendable


def test_a_new_ledger_is_ready_in_three_commands(spendable: Spendable, tmp_path: Path) -> None:
    assert spendable("migrate").code == 0
    assert spendable("tenant", "create", "acme", "--organisation", "Acme Ltd").code == 0
    made = spendable("key", "create", "--tenant", "acme", "--scopes", "balances:read, accounts:manage", "--quiet")
    assert (made.code, made.err) == (0, "")
    presented = services.parse_key(made.out.strip())
    assert presented is not None
    assert presented.mode == "LIVE"
    assert (tmp_path / "var" / "spendable.db").is_file()


def test_only_a_hash_of_a_key_is_kept(spendable: Spendable, tmp_path: Path) -> None:
    spendable("migrate")
    spendable("tenant", "create", "acme", "--mode", "test")
    made = spendable("key", "create", "--tenant", "acme", "--name", "backend")
    text = made.out.strip()
    assert text.startswith("spd_test_")
    assert "only time" in made.err
    secret = text.rpartition("_")[2]
    kept = b"".join(path.read_bytes() for path in (tmp_path / "var").iterdir())
    assert secret.encode() not in kept
    assert secret[:32].encode() not in kept


def test_lists_name_what_there_is_and_what_was_revoked(spendable: Spendable) -> None:
    spendable("migrate")
    spendable("tenant", "create", "zeta")
    spendable("tenant", "create", "acme", "--mode", "test")
    listed = spendable("tenant", "list").out.splitlines()
    assert [line.split()[:2] for line in listed[1:]] == [["acme", "TEST"], ["zeta", "LIVE"]]

    spendable("key", "create", "--tenant", "zeta", "--name", "one")
    spendable("key", "create", "--tenant", "zeta", "--name", "two", "--scopes", "balances:read")
    first = spendable("key", "list", "--tenant", "zeta").out.splitlines()[1].split()[0]
    assert spendable("key", "revoke", first).code == 0
    rows = spendable("key", "list", "--tenant", "zeta").out.splitlines()[1:]
    assert [bool(re.search(r"\d\d:\d\d .*\d\d:\d\d", row)) for row in rows] == [True, False]
    assert "balances:read,history:read,holds:manage,introspect,money:move" in rows[0]
    assert spendable("key", "revoke", first).refusal == f"there is no key {first} that could be revoked"


def test_what_cannot_be_made_is_refused_in_one_sentence(spendable: Spendable) -> None:
    spendable("migrate")
    spendable("tenant", "create", "acme")
    assert spendable("tenant", "create", "acme").refusal == "there is a tenant named acme already"
    assert spendable("tenant", "create", " ").refusal == "a tenant's name has 1 to 255 printable characters"
    assert spendable("tenant", "create", "a\nb").code == 1
    assert spendable("key", "create", "--tenant", "nobody").refusal == "there is no tenant named nobody"
    assert spendable("key", "revoke", "key_1").refusal.startswith("key_1 is no key's id")
    assert spendable("seed", "--tenant", "acme").refusal.startswith("acme is a LIVE tenant")


def test_a_revoked_key_opens_nothing(spendable: Spendable, tmp_path: Path) -> None:
    spendable("migrate")
    spendable("tenant", "create", "acme")
    spendable("key", "create", "--tenant", "acme")
    key_id = spendable("key", "list", "--tenant", "acme").out.splitlines()[1].split()[0]
    spendable("key", "revoke", key_id)
    with sqlite3.connect(tmp_path / "var" / "spendable.db") as connection:
        ((revoked_at,),) = connection.execute("SELECT revoked_at FROM api_keys").fetchall()
    connection.close()
    assert revoked_at > 0


def test_a_key_is_bounded_and_rotated(spendable: Spendable) -> None:
    spendable("migrate")
    spendable("tenant", "create", "acme")
    bounds = ("--expires", "2999-01-01T00:00:00Z", "--allow", "192.0.2.0/24", "--allow", "2001:db8::/32")
    assert spendable("key", "create", "--tenant", "acme", *bounds).code == 0
    row = spendable("key", "list", "--tenant", "acme").out.splitlines()[1]
    assert "2999-01-01 00:00" in row
    assert row.endswith("192.0.2.0/24,2001:db8::/32")
    key_id = row.split()[0]
    new = spendable("key", "rotate", key_id, "--tenant", "acme", "--overlap", "0", "--quiet")
    assert services.parse_key(new.out.strip()) is not None
    assert "2999" not in spendable("key", "list", "--tenant", "acme").out.splitlines()[1]
    again = spendable("key", "rotate", key_id, "--tenant", "acme")
    assert (again.code, again.refusal) == (1, f"the key {key_id} is expired already")
    for words in (("--expires", "2001-01-01T00:00:00Z"), ("--allow", "example.com"), ("--expires", "soon")):
        assert spendable("key", "create", "--tenant", "acme", *words).code == 2
