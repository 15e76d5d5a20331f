"""A TEST tenant's clock goes forward past everything that falls due, whatever happens meanwhile, and never back."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from app import ledger, services, store
from tests.conftest import FreshDatabase
from tests.services.desk import DAY, MARK, SECOND, Desk, open_desk, transfer


async def two_accounts(desk: Desk) -> tuple[UUID, UUID]:
    bank = await desk.open("bank", normal_side=ledger.Side.DEBIT, unlimited=True, purpose=ledger.Purpose.EXTERNAL)
    alice = await desk.open("alice")
    await desk.fund(bank, alice, 10_000)
    return bank, alice


async def place(desk: Desk, account: UUID, *expiries: int, minor: int = 10) -> list[UUID]:
    """Place a hold for each expiry; return their ids."""
    holds = [ledger.PlaceHold(ledger.Reference(account), ledger.Amount(minor, "USD"), expires_at=at) for at in expiries]
    return [made.hold_id for made in await desk.ask(*holds) if isinstance(made, ledger.Accepted) and made.hold_id]


async def recorded(desk: Desk, holds: Sequence[UUID]) -> list[tuple[int, int, UUID, int, int]]:
    """Return (sequence, expiry, hold, occurred at, recorded at) of the holds that are recorded as lapsed, in order."""
    reader = desk.gateway.reader(desk.principal)
    try:
        changes = await reader.hold_changes(holds)
    finally:
        await reader.aclose()
    return sorted(
        (change.sequence, change.expires_at or 0, hold, change.occurred_at, change.recorded_at)
        for hold in holds
        for change in changes[hold]
        if change.kind is ledger.HoldChangeKind.EXPIRED
    )


async def now(desk: Desk) -> store.Moment:
    async with desk.database.read() as session:
        return await store.read_moment(session, desk.principal.tenant_id)


def clock_of(desk: Desk) -> services.TenantClock:
    return desk.gateway.tenant_clock(desk.principal)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * SECOND


async def test_what_lapses_on_the_way_is_recorded_in_order_each_at_its_own_instant(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        bank, alice = await two_accounts(desk)
        bob = await desk.open("bob")
        await desk.fund(bank, bob, 500)
        await desk.fund(bank, alice, 77, available_at=MARK + 2 * DAY)
        days = [5, 3, 3, 1, 9, 3]
        holds = await place(desk, alice, *(MARK + day * DAY for day in days))
        holds += await place(desk, bob, *(MARK + day * DAY for day in (3, 1)))
        later = [MARK + day * DAY + shift for day in range(1, 8) for shift in (-1, 0, 1)]
        foreseen = [await desk.balances(alice, bob, at=instant) for instant in later]

        move = await clock_of(desk).set(MARK + 8 * DAY)

        assert move == services.ClockMove(MARK + 8 * DAY, frozen=True, target=MARK + 8 * DAY, recorded=7)
        lapsed = await recorded(desk, holds)
        assert len(lapsed) == 7
        assert [(expiry, hold) for _, expiry, hold, _, _ in lapsed] == sorted(
            (expiry, hold) for _, expiry, hold, _, _ in lapsed
        )
        assert all(expiry == occurred == written for _, expiry, _, occurred, written in lapsed)
        for instant, then in zip(later, foreseen, strict=True):
            for balance, expected in zip(await desk.balances(alice, bob, at=instant), then, strict=True):
                assert (balance.ledger, balance.maturing, balance.held) == (
                    expected.ledger,
                    expected.maturing,
                    expected.held,
                )
        assert (await now(desk)).at == MARK + 8 * DAY
        assert await desk.findings() == []


async def test_what_was_overdue_is_recorded_first_where_the_clock_stands(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        _, alice = await two_accounts(desk)
        holds = await place(desk, alice, MARK + 2 * DAY, MARK + DAY, MARK + 4 * DAY)
        await desk.set_clock(MARK + 3 * DAY)
        assert (await clock_of(desk).set(MARK + 5 * DAY)).recorded == 3
        assert [(expiry, written) for _, expiry, _, _, written in await recorded(desk, holds)] == [
            (MARK + DAY, MARK + 3 * DAY),
            (MARK + 2 * DAY, MARK + 3 * DAY),
            (MARK + 4 * DAY, MARK + 4 * DAY),
        ]
        assert await desk.findings() == []


@pytest.mark.parametrize(
    "target", [MARK - 1, MARK - 10_000 * DAY, MARK + 3_660 * DAY + 1, 253_402_300_799_999_999, -(2**62)]
)
async def test_a_clock_goes_neither_back_nor_out_of_sight_and_a_refusal_changes_nothing(
    database_url: str, target: int
) -> None:
    async with open_desk(database_url) as desk:
        _, alice = await two_accounts(desk)
        holds = await place(desk, alice, MARK + DAY)
        before = await now(desk)
        move = await clock_of(desk).set(target)
        assert move.rejection == ledger.Rejection(ledger.RejectionCode.INVALID_TIME, ledger.Culprit(field="at"))
        assert (move.at, move.frozen, move.target, move.recorded) == (MARK, True, None, 0)
        assert replace(await now(desk), clock=0) == replace(before, clock=0)
        assert await recorded(desk, holds) == []


async def test_no_clock_passes_the_year_9000_so_what_never_matures_never_does(database_url: str) -> None:
    async with open_desk(database_url, at=at("8995-06-01T00:00:00+00:00")) as desk:
        bank, alice = await two_accounts(desk)
        await desk.fund(bank, alice, 5, available_at=ledger.FOREVER)
        assert (await clock_of(desk).set(at("9000-01-01T00:00:01+00:00"))).rejection is not None
        assert (await clock_of(desk).set(at("9000-01-01T00:00:00+00:00"))).rejection is None
        assert (await clock_of(desk).advance(services.Duration(0, 1))).rejection is not None
        await clock_of(desk).resume()
        assert (await desk.balances(alice))[0].maturing == 5
        assert await desk.findings() == []


async def test_a_move_repeated_does_nothing_more(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        _, alice = await two_accounts(desk)
        await place(desk, alice, MARK + DAY)
        clock = clock_of(desk)
        first = await clock.set(MARK + 2 * DAY)
        sequence = (await now(desk)).sequence
        again = await clock.set(MARK + 2 * DAY)
        assert (first.recorded, again.recorded) == (1, 0)
        assert again == replace(first, recorded=0)
        assert (await now(desk)).sequence == sequence


WEEK = services.Duration(0, 7 * DAY)


@pytest.mark.parametrize(
    ("stands", "since", "target", "field"),
    [
        (0, None, 7, None),
        (3, None, 10, None),
        (0, 0, 7, None),
        (3, 0, 7, None),
        (7, 0, 7, None),
        (0, 1, None, "from"),
        (8, 0, None, "from"),
        (0, -8, None, "from"),
    ],
)
async def test_an_advance_that_says_from_where_counts_once_however_often_it_is_sent(
    database_url: str, stands: int, since: int | None, target: int | None, field: str | None
) -> None:
    async with open_desk(database_url) as desk:
        await two_accounts(desk)
        await desk.set_clock(MARK + stands * DAY)
        clock = clock_of(desk)
        for _ in range(1 if since is None else 2):
            move = await clock.advance(WEEK, since=None if since is None else MARK + since * DAY)
            assert move.target == (None if target is None else MARK + target * DAY)
            assert move.at == MARK + (stands if target is None else target) * DAY
            assert (move.rejection.culprit.field if move.rejection else None) == field


async def test_a_step_out_of_reach_is_refused(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        for text in ("P11Y", "P999999999Y", "PT999999999H"):
            step = services.parse_duration(text)
            assert step is not None
            move = await clock_of(desk).advance(step)
            assert move.rejection == ledger.Rejection(ledger.RejectionCode.INVALID_TIME, ledger.Culprit(field="by"))
        assert (await now(desk)).at == MARK


async def test_business_days_are_counted_over_a_holiday_weekend_at_the_same_time_of_day(database_url: str) -> None:
    async with open_desk(database_url, at=at("2026-09-04T15:30:00-04:00")) as desk:
        _, alice = await two_accounts(desk)
        holds = await place(desk, alice, at("2026-09-05T12:00:00+00:00"), at("2026-09-07T12:00:00+00:00"))
        clock = clock_of(desk)
        one = services.business_days(1, "FED", "America/New_York")
        many = services.business_days(40, "FED", "America/New_York")
        move = await clock.advance(one)
        assert (move.at, move.recorded) == (at("2026-09-08T15:30:00-04:00"), 2)
        assert [expiry == written for _, expiry, _, _, written in await recorded(desk, holds)] == [True, True]
        # Columbus Day does not count, and by then the clocks have been turned back.
        assert (await clock.advance(many)).at == at("2026-11-04T15:30:00-05:00")
        assert await desk.findings() == []


async def test_a_clock_that_runs_goes_on_from_where_it_stood(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        clock = clock_of(desk)
        await clock.set(MARK + 30 * DAY)
        assert await clock.resume() == services.ClockMove(MARK + 30 * DAY, frozen=False, target=MARK + 30 * DAY)
        running = await now(desk)
        assert not running.frozen
        assert MARK + 30 * DAY <= running.at < MARK + 30 * DAY + 60 * SECOND
        again = await clock.resume()
        assert again.at >= running.at
        frozen = await clock.freeze()
        assert frozen.at >= again.at
        await asyncio.sleep(0.01)
        still = await now(desk)
        assert (still.at, still.frozen) == (frozen.at, True)
        assert (await clock.freeze()).at == frozen.at


async def test_an_advance_of_a_running_clock_counts_from_the_moment_it_is_carried_out(database_url: str) -> None:
    async with open_desk(database_url, at=None) as desk:
        before = await now(desk)
        move = await clock_of(desk).advance(services.Duration(1, 0))
        assert not before.frozen
        assert before.at + 28 * DAY <= move.at <= before.at + 32 * DAY
        assert (await now(desk)).at == move.at


async def test_a_move_that_breaks_in_the_middle_stands_at_the_last_instant_recorded_and_goes_on(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.tenant_clock.STEPS_MAX", 1)
    async with open_desk(database_url) as desk:
        _, alice = await two_accounts(desk)
        holds = await place(desk, alice, *(MARK + day * DAY for day in range(1, 7)))
        save, calls = store.save_book, 0

        async def breaking(unit: store.Unit, tenant_id: UUID, book: ledger.Book) -> None:
            nonlocal calls
            calls += 1
            await save(unit, tenant_id, book)
            if calls == 3:
                raise ZeroDivisionError

        monkeypatch.setattr(store, "save_book", breaking)
        with pytest.raises(services.Internal):
            await clock_of(desk).set(MARK + 10 * DAY)
        assert len(await recorded(desk, holds)) == 2
        stands = await now(desk)
        assert (stands.at, stands.frozen) == (MARK + 2 * DAY, True)
        assert await desk.findings() == []
        move = await clock_of(desk).set(MARK + 10 * DAY)
        assert (move.at, move.recorded) == (MARK + 10 * DAY, 4)
        assert all(expiry == written for _, expiry, _, _, written in await recorded(desk, holds))
        assert await desk.findings() == []


async def test_a_lost_commit_is_looked_up_and_counted_once(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.tenant_clock.STEPS_MAX", 2)
    monkeypatch.setattr("app.services.writer._PAUSE_SECONDS", 0.001)
    async with open_desk(database_url) as desk:
        _, alice = await two_accounts(desk)
        holds = await place(desk, alice, *(MARK + day * DAY for day in range(1, 9)))
        commit, calls = store.database._Unit.commit, 0

        async def losing(unit: store.database._Unit) -> None:
            nonlocal calls
            calls += 1
            if calls == 2:
                raise store.Conflict("given up")
            await commit(unit)
            if calls in {3, 6}:
                raise store.CommitUnknown("lost")

        monkeypatch.setattr(store.database._Unit, "commit", losing)
        move = await clock_of(desk).advance(services.Duration(0, 20 * DAY))
        assert (move.at, move.recorded) == (MARK + 20 * DAY, 8)
        assert len(await recorded(desk, holds)) == 8
        assert await desk.findings() == []


async def test_a_move_past_more_than_it_may_record_says_how_far_it_came(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.tenant_clock.STEPS_MAX", 2)
    monkeypatch.setattr("app.services.tenant_clock.EXPIRIES_MAX", 4)
    async with open_desk(database_url) as desk:
        _, alice = await two_accounts(desk)
        await place(desk, alice, *(MARK + day * DAY for day in range(1, 12)))
        move = await clock_of(desk).advance(services.Duration(0, 20 * DAY))
        target = MARK + 20 * DAY
        assert move == services.ClockMove(MARK + 4 * DAY, frozen=True, target=target, reached=False, recorded=4)
        moves = [move]
        while not moves[-1].reached:
            assert move.target is not None
            moves.append(await clock_of(desk).set(move.target))
        assert [one.recorded for one in moves] == [4, 4, 3]
        assert moves[-1].at == target
        assert await desk.findings() == []


async def test_more_that_lapses_at_once_than_a_batch_takes_is_recorded_all_the_same(database_url: str) -> None:
    async with open_desk(database_url, batch_commands_max=3) as desk:
        _, alice = await two_accounts(desk)
        holds = await place(desk, alice, *[MARK + DAY] * 8)
        assert (await clock_of(desk).set(MARK + DAY)).recorded == 8
        assert {written for *_, written in await recorded(desk, holds)} == {MARK + DAY}
        assert await desk.findings() == []


async def test_transfers_and_holds_go_on_while_the_clock_is_moved_by_several_at_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.tenant_clock.STEPS_MAX", 2)
    async with open_desk(database_url, sweeping=True) as desk:
        bank, alice = await two_accounts(desk)
        holds = await place(desk, alice, *(MARK + hour * DAY // 24 for hour in range(1, 61)))
        seen: list[int] = []
        moving = True

        async def spend() -> None:
            while moving:
                await desk.accept(transfer(bank, alice, 3))
                await desk.ask(
                    ledger.PlaceHold(
                        ledger.Reference(alice), ledger.Amount(1, "USD"), expires_at=(await now(desk)).at + DAY // 7
                    )
                )
                seen.append((await now(desk)).at)

        spending = [asyncio.create_task(spend()) for _ in range(3)]
        clock = clock_of(desk)
        moves = await asyncio.gather(
            clock.set(MARK + 3 * DAY),
            clock.set(MARK + DAY),
            clock.advance(services.Duration(0, 2 * DAY), since=MARK),
            clock.advance(services.Duration(0, 2 * DAY), since=MARK),
        )
        moving = False
        await asyncio.gather(*spending)
        assert moves[0].at == MARK + 3 * DAY
        assert (await now(desk)).at == MARK + 3 * DAY
        assert all(move.reached or move.rejection is not None for move in moves)
        assert len(await recorded(desk, holds)) == 60
        assert all(expiry == written for _, expiry, _, _, written in await recorded(desk, holds))
        assert seen
        assert await desk.findings() == []


async def test_two_processes_that_move_one_clock_never_move_it_back(fresh_database: FreshDatabase) -> None:
    url = fresh_database("postgres")
    async with open_desk(url) as desk:
        bank, alice = await two_accounts(desk)
        holds = await place(desk, alice, *(MARK + hour * DAY // 24 for hour in range(1, 50)))
        other = services.Gateway(
            store.open_database(url), services.GatewayLimits(sweep_interval_seconds=0.02), new_id=services.new_id
        )
        await other.start()
        try:
            theirs = other.tenant_clock(desk.principal)
            moves = await asyncio.gather(
                *(clock.set(MARK + day * DAY) for day in (1, 3, 2) for clock in (clock_of(desk), theirs)),
                *(desk.accept(transfer(bank, alice, 1)) for _ in range(20)),
            )
        finally:
            await other.drain()
        assert {getattr(move, "rejection", None) is None for move in moves[2:4]} == {True}
        assert (await now(desk)).at == MARK + 3 * DAY
        assert all(expiry == written for _, expiry, _, _, written in await recorded(desk, holds))
        assert len(await recorded(desk, holds)) == len(holds)
        assert await desk.findings() == []


async def test_two_unguarded_advances_add_up(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        await asyncio.gather(*(clock_of(desk).advance(services.Duration(0, DAY)) for _ in range(4)))
        assert (await now(desk)).at == MARK + 4 * DAY


async def test_a_live_tenant_has_no_clock_to_move_and_a_key_needs_the_scope(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        for principal in (
            replace(desk.principal, mode="LIVE"),
            replace(desk.principal, scopes=frozenset(services.Scope) - {services.Scope.CLOCK_MOVE}),
        ):
            with pytest.raises(services.Forbidden):
                desk.gateway.tenant_clock(principal)


async def test_ids_follow_the_real_clock(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        await clock_of(desk).set(MARK + 3_660 * DAY)
        made = await desk.open("later")
        real = services.now_microseconds()
        assert abs((made.int >> 80) * 1_000 - real) < 600 * SECOND
        assert abs(MARK + 3_660 * DAY - real) > 600 * SECOND
