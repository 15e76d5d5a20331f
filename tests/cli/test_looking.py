"""Verify and doctor: they only read, find what is wrong, and say where."""

import sqlite3
from pathlib import Path

import pytest

from tests import postgres
from tests.cli.conftest import Spendable


@pytest.fixture
def seeded(spendable: Spendable, tmp_path: Path) -> Path:
    """The path of a database with the demo in it."""
    spendable("migrate")
    assert spendable("seed").code == 0
    return tmp_path / "var" / "spendable.db"


def test_a_seeded_ledger_is_sound_and_seeded_once(spendable: Spendable, seeded: Path) -> None:
    assert spendable("verify").out == "Everything holds.\n"
    again = spendable("seed")
    assert (again.code, again.out) == (0, "The tenant demo has a history already; nothing was changed.\n")

    with sqlite3.connect(seeded) as connection:
        named = "SELECT id FROM accounts WHERE name = 'Kumo Denki'"
        connection.execute(f"UPDATE balances SET ledger = ledger + 1 WHERE account_id IN ({named})")
        connection.execute("DELETE FROM entries WHERE sequence = 300 AND line = 1")
    connection.close()
    found = spendable("verify")
    assert found.code == 1
    assert found.out.splitlines()[0].split() == ["invariant", "tenant", "row"]
    assert all("demo" in line for line in found.out.splitlines()[1:])
    assert found.refusal.endswith("rows break an invariant")


def test_a_database_is_looked_over_without_being_written(spendable: Spendable, tmp_path: Path) -> None:
    missing = spendable("doctor")
    assert missing.code == 1
    assert not (tmp_path / "var").exists()
    spendable("migrate")
    before = (tmp_path / "var" / "spendable.db").read_bytes()
    fine = spendable("doctor")
    assert (fine.code, fine.err) == (0, "")
    assert "wrong" not in fine.out
    assert "nobody writes to it" in fine.out
    assert (tmp_path / "var" / "spendable.db").read_bytes() == before


def test_a_key_that_others_can_read_must_change(spendable: Spendable, tmp_path: Path) -> None:
    spendable("migrate")
    key = tmp_path / "var" / "demo.key"
    key.write_text("spd_test_…\n")
    key.chmod(0o644)
    found = spendable("doctor")
    assert found.code == 1
    assert "chmod 600 var/demo.key" in found.out
    key.chmod(0o600)
    assert spendable("doctor").code == 0


def test_postgresql_is_told_what_to_change(spendable: Spendable, postgres_url: str) -> None:
    found = spendable("doctor", "--database-url", postgres_url)
    verdicts = {line.split()[1]: line.split()[0] for line in found.out.splitlines()[1:]}
    # The tests' own server keeps nothing: just what doctor warns of.
    assert verdicts["fsync"] == verdicts["full_page_writes"] == "wrong"
    assert verdicts["max_wal_size"] == "advice"
    assert verdicts["PostgreSQL"] == verdicts["clock"] == "fine"
    assert found.code == 1


def test_an_owner_migrates_for_a_role_that_serves_and_doctor_tells_of_both(
    spendable: Spendable, postgres_cluster: postgres.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres_cluster.run("CREATE ROLE owner_of_it LOGIN")
    postgres_cluster.run("CREATE ROLE serves_it LOGIN")
    postgres_cluster.run("CREATE DATABASE owned OWNER owner_of_it")
    owner, serving = (
        postgres_cluster.url("owned").replace(f"{postgres.SUPERUSER}@", f"{role}@", 1)
        for role in ("owner_of_it", "serves_it")
    )
    try:
        monkeypatch.setenv("SPENDABLE_DATABASE_URL", serving)
        assert "permission denied" in spendable("migrate").refusal
        monkeypatch.setenv("SPENDABLE_MIGRATE_URL", serving)
        assert "another name" in spendable("migrate").refusal
        monkeypatch.setenv("SPENDABLE_MIGRATE_URL", owner)
        for _ in range(2):
            assert spendable("migrate").code == 0
        told = spendable("doctor").out
        assert "it owns nothing and cannot change history" in told
        assert "binds every table with rows of a tenant's" in told
        assert spendable("tenant", "create", "acme").code == 0
        key = spendable("key", "create", "--tenant", "acme")
        assert key.out.startswith("spd_live_")
        assert "key" in spendable("key", "list", "--tenant", "acme").out
        assert spendable("verify").out == "Everything holds.\n"
        monkeypatch.setenv("SPENDABLE_ROW_LEVEL_SECURITY", "false")
        assert spendable("migrate").code == 0
        assert "no table is bound" in spendable("doctor").out
        assert "it owns the tables" in spendable("doctor", "--database-url", owner).out
        postgres_cluster.run("GRANT DELETE ON entries TO serves_it", "owned")
        assert "it may change history (entries)" in spendable("doctor").out
        postgres_cluster.run("ALTER ROLE serves_it BYPASSRLS")
        assert "it passes row-level security" in spendable("doctor").out
    finally:
        postgres_cluster.run("DROP DATABASE owned WITH (FORCE)")
        postgres_cluster.run("DROP ROLE owner_of_it, serves_it")
