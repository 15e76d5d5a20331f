"""A back-test says what a fresh tenant says in which every deposit is made again under the other policy."""

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from random import Random
from typing import Any
from uuid import UUID

import pytest

from app import ledger, services, store
from app.services import backtests
from tests.ledger.policies import METHODS, TIERS, VALUES, random_policy
from tests.services.desk import DAY, Desk, new_tenant, open_desk

BEGINNING = 1_783_954_800_000_000
"""2026-07-13T15:00:00Z, a Monday morning in New York."""
DEPOSITS = 10_000
ACCOUNTS = 20
INSTANTS = 50
OLD = ledger.policy_text(random_policy(5))
NEW = ledger.policy_text(random_policy(8))
OTHER = """{"currency": "USD", "timeZone": "UTC", "calendar": "WEEKDAYS", "cutOff": "17:00", "rules": [
    {"name": "cards", "match": {"methods": ["CARD"]}, "portions": [
        {"take": {"perDay": "150.00"}, "available": "AT_ONCE"}, {"take": {"percent": "40"}, "available": {"days": 1}},
        {"take": "REST", "available": "UNTIL_RELEASED"}]},
    {"name": "checks of A", "match": {"methods": ["CHECK"], "metadata": {"channel": ["A"]}}, "portions": [
        {"take": "REST", "available": {"days": 3}}]},
    {"name": "others", "portions": [{"take": {"perItem": "20.00"}, "available": {"days": 1, "unit": "CALENDAR"}},
        {"take": "REST", "available": "UNTIL_RELEASED"}]}]}"""


def by(name: str) -> ledger.Reference:
    return ledger.Reference(external_id=name)


@dataclass(frozen=True, slots=True)
class Made:
    """A deposit as it is made."""

    at: int
    command: ledger.Deposit


def history(seed: int, count: int) -> list[list[Made]]:
    """Deposits by the instant at which they are made: over seven weeks, also on weekends and late in the day."""
    chance, at, made = Random(seed), BEGINNING, []
    for instant in range(INSTANTS):
        at += chance.randint(1, 48) * DAY // 24
        some = []
        for number in range(count // INSTANTS):
            command = ledger.Deposit(
                by("bank"),
                by(f"a{chance.randrange(ACCOUNTS)}"),
                ledger.Amount(chance.choice([1, 99, 5_000, 12_345, 100_000]), "USD"),
                chance.choice((*METHODS, "WIRE")),
                at + DAY if chance.random() < 0.03 else None,
                external_id=f"d{instant}-{number}",
                metadata=(("channel", chance.choice(VALUES)),) if chance.random() < 0.5 else (),
            )
            some.append(Made(at, command))
        made.append(some)
    return made


@dataclass(slots=True)
class Tenant:
    """A tenant of one policy, and what its deposits came to by their external id."""

    desk: Desk
    came: dict[str, list[tuple[int, int]] | None] = field(default_factory=dict)

    async def begin(self, document: str) -> None:
        await self.desk.set_clock(BEGINNING)
        await self.desk.open("bank", unlimited=True)
        for number in range(ACCOUNTS):
            tier = (*TIERS, None)[number % 3]
            await self.desk.open(f"a{number}", metadata=() if tier is None else ((ledger.RISK_TIER, tier),))
        await self.desk.accept(ledger.PublishPolicy("policy", document))
        await self.desk.accept(ledger.AssignPolicy(by("policy")))
        monday = ledger.first_day(BEGINNING) + 8
        await self.desk.accept(ledger.SetClosures("WEEKDAYS", (monday,)))
        await self.desk.accept(ledger.SetClosures("FED", (monday,)))

    async def live(self, made: Sequence[Sequence[Made]]) -> None:
        for some in made:
            await self.desk.set_clock(some[0].at)
            decisions = await self.desk.ask(*(one.command for one in some))
            for one, decision in zip(some, decisions, strict=True):
                name = one.command.external_id or ""
                self.came[name] = None
                if isinstance(decision, ledger.Accepted):
                    came = [(part.amount, part.available_at or one.at) for part in decision.slices]
                    self.came[name] = sorted(came, key=lambda part: part[1])


def instants(slices: Sequence[tuple[int, int]], ends: Sequence[int]) -> list[int]:
    """The instant of the money that ends at each of these sums, counted from what comes first."""
    sums = list(accumulate(amount for amount, _ in slices))
    return [slices[bisect_left(sums, end)][1] for end in ends]


def expected(made: Sequence[Sequence[Made]], old: Tenant, new: Tenant) -> dict[str, Any]:
    """What comes of the two tenants, reckoned minor unit by minor unit between the sums at which either changes."""
    told: dict[str, Any] = {name: [0, 0] for name in ("compared", "unanswered", "overridden", "earlier", "later")}
    told |= {"same": 0, "letGo": 0, "setAside": 0}
    was, would_be = Counter[int](), Counter[int]()
    for one in (one for some in made for one in some):
        name, amount = one.command.external_id or "", one.command.amount.minor
        before, after = old.came[name], new.came[name]
        assert before is not None
        kind = "overridden" if one.command.available_at else "unanswered" if after is None else "compared"
        told[kind] = [told[kind][0] + 1, told[kind][1] + amount]
        if kind != "compared" or after is None:
            continue
        ends = sorted({*accumulate(n for n, _ in before), *accumulate(n for n, _ in after)})
        parts = [high - low for low, high in pairwise([0, *ends])]
        for part, then, now in zip(parts, instants(before, ends), instants(after, ends), strict=True):
            was[then // DAY] += part if then < ledger.FOREVER else 0
            would_be[now // DAY] += part if now < ledger.FOREVER else 0
            if then == now:
                told["same"] += part
            elif ledger.FOREVER in (then, now):
                told["letGo" if then == ledger.FOREVER else "setAside"] += part
            else:
                kind = "earlier" if now < then else "later"
                told[kind] = [told[kind][0] + part, told[kind][1] + part * abs(now - then)]
    days = sorted(day for day in was.keys() | would_be.keys() if was[day] or would_be[day])
    exposure = accumulate(would_be[day] - was[day] for day in days)
    told["days"] = [[day, was[day], would_be[day], more] for day, more in zip(days, exposure, strict=True)]
    return told


async def done(desk: Desk, by_: UUID | str) -> store.StoredBacktest:
    async with asyncio.timeout(60):
        while True:
            found = await desk.gateway.backtester.find(desk.principal, by_)
            assert found is not None
            if found.status != "RUNNING":
                return found
            await asyncio.sleep(0.02)


def question(document: str, accounts: tuple[UUID, ...] | None = None, **more: Any) -> services.Question:  # noqa: ANN401
    asked = services.Question(document, None, "USD", accounts, BEGINNING, None)
    return replace(asked, **more)


async def test_ten_thousand_deposits_come_out_as_in_a_fresh_tenant(database_url: str) -> None:
    made = history(1, DEPOSITS)
    async with open_desk(database_url, at=BEGINNING) as desk:
        old = Tenant(desk)
        await old.begin(OLD)
        await old.live(made)
        assert None not in old.came.values()
        seen: set[str] = set()
        for number, document in enumerate((NEW, OTHER)):
            id_ = await new_tenant(desk.database, f"fresh{number}", BEGINNING)
            fresh = Tenant(replace(desk, principal=replace(desk.principal, tenant_id=id_)))
            await fresh.begin(document)
            await fresh.live(made)
            asked = await desk.gateway.backtester.ask(desk.principal, question(document), f"k{number}")
            assert asked.backtest is not None
            assert (asked.backtest.total, asked.backtest.status) == (DEPOSITS, "RUNNING")
            found = await done(desk, asked.backtest.id)
            assert (found.status, found.done) == ("DONE", DEPOSITS)
            told = expected(made, old, fresh)
            assert found.result == told
            seen |= {name for name, value in told.items() if value not in (0, [0, 0])}
        # Everything that a back-test tells was told of something.
        everything = "compared overridden earlier later same letGo setAside days"
        assert seen == set(everything.split())
        assert await desk.findings() == []


@pytest.fixture
async def lived(database_url: str) -> Any:  # noqa: ANN401 - an asynchronous generator
    async with open_desk(database_url, at=BEGINNING) as desk:
        tenant = Tenant(desk)
        await tenant.begin(OLD)
        await tenant.live(history(2, 500))
        yield desk


async def _ids(desk: Desk, *names: str) -> list[UUID]:
    reader = desk.gateway.reader(desk.principal)
    try:
        found = await reader.resolve(ledger.ACCOUNT_KIND, names)
    finally:
        await reader.aclose()
    return [found[name] for name in names]


async def test_accounts_and_stretches_add_up_to_the_whole(lived: Desk) -> None:
    ask = lived.gateway.backtester.ask
    ids = await _ids(lived, *(f"a{number}" for number in range(ACCOUNTS)))
    whole = await done(lived, (await ask(lived.principal, question(OTHER), "whole")).backtest.id)  # type: ignore[union-attr]
    halves = [
        await done(lived, (await ask(lived.principal, question(OTHER, tuple(some)), f"half{n}")).backtest.id)  # type: ignore[union-attr]
        for n, some in enumerate((ids[:7], ids[7:]))
    ]
    assert whole.result is not None
    for name in ("compared", "unanswered", "overridden", "earlier", "later"):
        parts = [half.result[name] for half in halves if half.result is not None]
        assert [sum(column) for column in zip(*parts, strict=True)] == whole.result[name]
    until = BEGINNING + 20 * DAY
    stretch = question(OTHER, from_at=BEGINNING + DAY, until_at=until)
    found = await done(lived, (await ask(lived.principal, stretch, "stretch")).backtest.id)  # type: ignore[union-attr]
    wanted = [one for some in history(2, 500) for one in some if BEGINNING + DAY <= one.at < until]
    assert found.total == found.done == len(wanted)


async def test_a_key_stands_for_one_question(lived: Desk) -> None:
    ask = lived.gateway.backtester.ask
    first = await ask(lived.principal, question(OTHER), "k")
    again = await ask(lived.principal, question(OTHER), "k")
    assert first.backtest is not None
    assert again.backtest is not None
    assert (first.replayed, again.replayed, again.backtest.id) == (False, True, first.backtest.id)
    other = await ask(lived.principal, question(NEW), "k")
    assert other.backtest is None
    assert other.rejection is not None
    assert other.rejection.code is ledger.RejectionCode.IDEMPOTENCY_KEY_REUSED
    assert (await done(lived, "k")).id == first.backtest.id


async def test_what_is_asked_is_bounded(lived: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = lived.gateway.backtester.ask
    for wrong in (
        question(OTHER, from_at=BEGINNING + 9_000 * DAY),
        question(OTHER, until_at=BEGINNING),
        question(OTHER, from_at=BEGINNING - 400 * DAY),
        question(OTHER, from_at=-1),
    ):
        with pytest.raises(services.BadInput):
            await ask(lived.principal, wrong, "wrong")
    monkeypatch.setattr(backtests, "DEPOSITS_MAX", 499)
    with pytest.raises(services.BadInput, match="499 deposits"):
        await ask(lived.principal, question(OTHER), "many")
    monkeypatch.undo()
    monkeypatch.setattr(backtests, "RUNNING_MAX", 0)
    with pytest.raises(services.Overloaded):
        await ask(lived.principal, question(OTHER), "busy")
    assert await lived.gateway.backtester.find(lived.principal, "wrong") is None


async def test_an_empty_history_is_done_at_once(lived: Desk) -> None:
    nobody = question(OTHER, tuple(await _ids(lived, "bank")))
    found = await done(lived, (await lived.gateway.backtester.ask(lived.principal, nobody, "none")).backtest.id)  # type: ignore[union-attr]
    assert (found.status, found.total, found.done) == ("DONE", 0, 0)
    assert found.result is not None
    assert found.result["days"] == []


async def test_what_a_process_left_is_begun_again_by_another(lived: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    # The process stops before it is done.
    await lived.gateway.backtester.stop()
    asked = await lived.gateway.backtester.ask(lived.principal, question(OTHER), "left")
    assert asked.backtest is not None
    other = backtests.Backtester(
        lived.database,
        lived.gateway.writer,
        lambda: lived.gateway.almanac,
        services.new_id,
        interval_seconds=0.01,
    )
    # Nobody takes what was touched just now.
    assert await other._next() is None
    monkeypatch.setattr(backtests, "_LEASE_MICROSECONDS", -1)
    other.start()
    try:
        found = await done(lived, asked.backtest.id)
    finally:
        await other.stop()
    assert found.status == "DONE"
    assert found.done == found.total == 500


async def test_one_that_cannot_be_done_is_told_and_the_next_is_done(lived: Desk) -> None:
    ask = lived.gateway.backtester.ask
    broken = await ask(lived.principal, question('{"rules": []}'), "broken")
    sound = await ask(lived.principal, question(OTHER), "sound")
    assert broken.backtest is not None
    assert sound.backtest is not None
    found = await done(lived, broken.backtest.id)
    assert (found.status, found.result) == ("FAILED", None)
    assert (await done(lived, sound.backtest.id)).status == "DONE"
