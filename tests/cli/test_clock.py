"""The clock of a TEST tenant from a terminal: shown, set, advanced, resumed, and never moved back."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path

import pytest

from app import ledger, services, store
from tests.cli.conftest import Spendable

TENANT = ("--tenant", "play")
BEGINS = "2026-03-06T20:30:00Z"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of the ledger."""
    return f"sqlite:///{tmp_path / 'var' / 'spendable.db'}"


@pytest.fixture
def clock(spendable: Spendable, url: str) -> Spendable:
    """Runs `spendable` beside a LIVE tenant real and a TEST tenant play, whose clock stands on a Friday."""
    spendable("migrate")
    spendable("tenant", "create", "play", "--mode", "test")
    spendable("tenant", "create", "real")
    run(stop_clock(url))
    return spendable


def run(work: Coroutine[object, object, None]) -> None:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(work)


async def stop_clock(url: str) -> None:
    """Let the clock stand where these tests begin, whenever they are run."""
    database = store.open_database(url)
    async with database.write() as unit:
        tenant = await store.find_tenant(unit, "play")
        assert tenant is not None
        await store.set_test_clock(unit, tenant.id, frozen_at=services.read_instant(BEGINS))
        await unit.commit()
    await database.close()


def says(ran: object) -> tuple[str, str]:
    """Return the instant and what is told of it."""
    instant, _, rest = str(getattr(ran, "out", "")).rstrip("\n").partition("  ")
    return instant, rest


def test_a_clock_is_set_advanced_resumed_and_frozen(clock: Spendable) -> None:
    assert says(clock("clock", "show", *TENANT)) == (BEGINS, "stands still")
    target = "2027-02-06T21:00:00Z"
    assert says(clock("clock", "set", target, *TENANT)) == (target, "stands still  recorded 0")
    moved = clock("clock", "advance", "--by", "P1DT0.5S", *TENANT)
    assert says(moved) == ("2027-02-07T21:00:00.500000Z", "stands still  recorded 0")
    assert says(clock("clock", "resume", *TENANT)) == ("2027-02-07T21:00:00.500000Z", "runs  recorded 0")
    running, told = says(clock("clock", "show", *TENANT))
    assert told == "runs"
    assert running.startswith("2027-02-07T21:")
    frozen, told = says(clock("clock", "freeze", *TENANT))
    assert told == "stands still  recorded 0"
    assert frozen > running
    assert says(clock("clock", "show", *TENANT)) == (frozen, "stands still")


def test_business_days_go_over_the_weekend_and_the_turn_of_the_clocks(clock: Spendable) -> None:
    words = ("clock", "advance", *TENANT, "--business-days", "1", "--calendar", "FED")
    assert says(clock(*words, "--time-zone", "America/New_York"))[0] == "2026-03-09T19:30:00Z"
    assert says(clock(*words))[0] == "2026-03-10T19:30:00Z"


def test_more_than_one_move_may_record_is_gone_past_all_the_same(
    clock: Spendable, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.tenant_clock.EXPIRIES_MAX", 3)
    monkeypatch.setattr("app.services.tenant_clock.STEPS_MAX", 2)
    run(place_holds(url, 10))
    assert says(clock("clock", "advance", "--by", "P1D", *TENANT))[1] == "stands still  recorded 10"
    assert clock("verify").out == "Everything holds.\n"


async def place_holds(url: str, many: int) -> None:
    database = store.open_database(url)
    async with database.read() as session:
        tenant = await store.find_tenant(session, "play")
        assert tenant is not None
        moment = await store.read_moment(session, tenant.id)
    gateway = services.Gateway(database, services.GatewayLimits(sweep_interval_seconds=None))
    await gateway.start()
    scopes = frozenset(services.Scope)
    principal = services.Principal(tenant.id, tenant.name, tenant.organisation, tenant.mode, "key_test", scopes)
    account = ledger.Reference(external_id="lender")
    commands: list[ledger.Command] = [ledger.OpenAccount("USD", unlimited=True, external_id="lender")]
    commands += [
        ledger.PlaceHold(account, ledger.Amount(1, "USD"), expires_at=moment.at + number)
        for number in range(1, many + 1)
    ]
    requests = [gateway.request(principal, command, f"k{number}") for number, command in enumerate(commands)]
    answers = await gateway.submit(principal, [ledger.Group((request,)) for request in requests])
    assert all(isinstance(decision, ledger.Accepted) for (decision,) in answers)
    await gateway.drain()


@pytest.mark.parametrize(
    "words", [("freeze",), ("resume",), ("set", "2099-01-01T00:00:00Z"), ("advance", "--by", "P1D")]
)
def test_a_live_tenant_has_no_clock_to_move(clock: Spendable, words: tuple[str, ...]) -> None:
    ran = clock("clock", *words, "--tenant", "real")
    assert (ran.code, ran.refusal) == (1, "real is a LIVE tenant, and only a TEST tenant's clock can be moved")
    assert says(clock("clock", "show", "--tenant", "real"))[1] == "runs"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, ("set", "1999-01-01T00:00:00Z")),
        (1, ("set", "2999-01-01T00:00:00Z")),
        (1, ("advance", "--by", "P11Y")),
        (2, ("set", "tomorrow")),
        (2, ("set", "2099-01-01T00:00:00")),
        (1, ("set", "0001-01-01T00:00:00+14:00")),
        (2, ("advance",)),
        (2, ("advance", "--by", "1 day")),
        (2, ("advance", "--by", "P1D", "--business-days", "1")),
        (2, ("advance", "--business-days", "0")),
        (2, ("advance", "--business-days", "1", "--calendar", "MOON")),
        (2, ("advance", "--business-days", "1", "--time-zone", "Mars")),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence_and_changes_nothing(
    clock: Spendable, code: int, words: tuple[str, ...]
) -> None:
    ran = clock("clock", *words, *TENANT)
    assert ran.code == code
    assert ran.refusal
    assert says(clock("clock", "show", *TENANT))[0] == BEGINS


def test_a_tenant_that_is_not_there_has_no_clock(clock: Spendable) -> None:
    for words in (("show",), ("freeze",)):
        assert clock("clock", *words, "--tenant", "nobody").refusal == "there is no tenant named nobody"
