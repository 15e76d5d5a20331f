"""Promises of the settings: read once, checked at once, and refused in one sentence."""

import pytest
from pydantic import ValidationError

from app.settings import DemoSettings, Settings, SettingsError, load


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SPENDABLE_{name.upper()}", raising=False)


def test_the_defaults_serve_one_machine() -> None:
    settings = load()
    assert (settings.database_url, settings.host, settings.port) == ("sqlite:///var/spendable.db", "127.0.0.1", 8000)
    assert (settings.batch_commands_max, settings.queue_commands_max) == (1_000, 4_096)
    assert (settings.queue_commands_total_max, settings.body_bytes_max) == (16_384, 1_048_576)
    assert (settings.writer_lanes, settings.readers_max) == (4, 8)
    assert (settings.statement_seconds_max, settings.client_deadline_seconds) == (5, 10)


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        load().port = 1


def test_a_flag_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPENDABLE_PORT", "9000")
    assert load().port == 9000
    assert load({"port": None}).port == 9000
    assert load({"port": 9001}).port == 9001


def test_a_worker_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = load({"port": 9001, "allowed_origins": "https://a.test, http://b.test:81", "graphiql_enabled": False})
    for name, value in chosen.environment().items():
        monkeypatch.setenv(name, value)
    assert load() == chosen


def test_a_demo_is_for_development_unless_it_is_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (load().profile, load(kind=DemoSettings).profile) == ("production", "development")
    assert (load().serves_graphiql, load(kind=DemoSettings).serves_graphiql) == (False, True)
    monkeypatch.setenv("SPENDABLE_PROFILE", "production")
    assert not load(kind=DemoSettings).serves_graphiql


URLS = [
    "sqlite:///var/spendable.db", "sqlite:////abs/path with space/x.db", "postgres://u:p@h:5432/d",
    "postgresql://u@/d?host=/run/postgresql", "postgresql://u:p%40x@[::1]/d",
]  # fmt: skip


@pytest.mark.parametrize("url", URLS)
def test_a_database_may_be_on_sqlite_or_postgresql(url: str) -> None:
    assert load({"database_url": url}).database_url == url


WRONG = [
    ("database_url", "", "must look like"),
    ("database_url", "mysql://u:secret@h/d", "must look like"),
    ("database_url", "postgresql://u:secret@h", "must look like"),
    ("database_url", "postgresql://u:secret@h:x/d", "must look like"),
    ("database_url", "postgresql://[u:secret@h/d", "must look like"),
    ("database_url", "sqlite://", "must look like"),
    ("database_url", "sqlite:///", "must look like"),
    ("database_url", "sqlite:///var/", "must look like"),
    ("port", "x", "integer"),
    ("port", "70000", "65535"),
    ("workers", "0", "1"),
    ("client_deadline_seconds", "nan", "finite"),
    ("allowed_origins", "https://a.test/path", "origins"),
    ("allowed_origins", "a.test", "origins"),
    ("allowed_origins", "*", "origins"),
    ("allowed_origins", "null", "origins"),
    ("allowed_origins", "https://*.a.test", "origins"),
    ("allowed_origins", "https://A.test", "origins"),
    ("allowed_origins", "https://a.test:443", "origins"),
    ("allowed_origins", "http://a.test:80", "origins"),
    ("allowed_origins", "https://me@a.test", "origins"),
    ("allowed_origins", "https://a.test, file://", "origins"),
    ("profile", "staging", "pattern"),
    ("log_level", "LOUD", "pattern"),
]


@pytest.mark.parametrize(("name", "value", "reason"), WRONG)
@pytest.mark.parametrize("by_flag", [True, False])
def test_a_wrong_setting_is_refused_in_one_sentence(
    name: str, value: str, reason: str, by_flag: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"SPENDABLE_{name.upper()}", "" if by_flag and name == "allowed_origins" else value)
    with pytest.raises(SettingsError) as refused:
        load({name: value} if by_flag else None)
    sentence = str(refused.value)
    assert sentence.startswith(f"--{name.replace('_', '-')} " if by_flag else f"SPENDABLE_{name.upper()} ")
    assert reason in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "secret" not in sentence


@pytest.mark.parametrize("text", ["10.0.0.0/8", "127.0.0.1,::1", " 10.0.0.1 , 10.0.0.2 ", ""])
def test_trusted_proxies_are_addresses_or_networks(text: str) -> None:
    assert load({"trusted_proxies": text}).trusted_proxies == tuple(part.strip() for part in text.split(",") if part)


@pytest.mark.parametrize("text", ["*", "proxy.internal", "10.0.0.1/8", "10.0.0.0/33"])
def test_what_is_no_network_is_no_trusted_proxy(text: str) -> None:
    with pytest.raises(SettingsError, match="trusted-proxies must be IP addresses or networks"):
        load({"trusted_proxies": text})
