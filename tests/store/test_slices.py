"""Slices of maturing and held money: at every coordinate and page size they are what the lines say, in order."""

import random
from collections.abc import Iterator
from uuid import UUID

import pytest

from app import ledger, store
from app.store import held_slices
from tests.store.conftest import Ledger
from tests.store.histories import TICK, History, Lines, by, usd

STEPS = 30
SIZES = (1, 2, 5, 100)

Told = list[tuple[UUID, int, int, int | None]]
"""Of each slice the transaction and line, or the hold and 0, the amount, and until when."""


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("much", [held_slices.CHANGES_MAX, 3])
async def test_slices_are_what_is_left_of_lines_at_every_coordinate(
    tenant: Ledger, seed: int, much: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_slices, "CHANGES_MAX", much)
    monkeypatch.setattr(held_slices, "PLACED_MAX", 4)
    history = History(tenant, random.Random(seed))
    await history.begin()
    for _ in range(STEPS):
        await history.step()
    async with tenant.database.read() as session:
        lines = await Lines.load(session, tenant)
        here = await store.read_coordinate(session, tenant.tenant_id)
        seen = 0
        for sequence, instant in [*lines.instants.items(), (here.sequence, here.at)]:
            for at in (instant, instant + 2 * TICK, 2**60):
                place = store.Coordinate(sequence, at)
                size = SIZES[seen % len(SIZES)]
                for account in lines.accounts:
                    if account.sequence <= sequence:
                        matures = await walk_maturing(session, tenant, account, place, size)
                        held = await walk_held(session, tenant, account, place, size)
                        assert matures == maturing_told(lines, account, place), place
                        assert held == held_told(lines, account, place), place
                        seen += bool(matures) + bool(held)
    assert seen > STEPS


async def test_a_bucket_of_many_lines_is_paged_without_looking_at_all_of_them(tenant: Ledger) -> None:
    """Pins without a name, reversals and reschedules among hundreds of lines that share one instant."""
    await tenant.open_accounts("cash", "x", unlimited=True)
    soon, later = tenant.now + 5 * TICK, tenant.now + 9 * TICK
    made: list[ledger.Accepted] = []
    for _ in range(3):
        sales = [ledger.Transfer(by("cash"), by("x"), usd(minor), soon) for minor in range(1, 101)]
        made += await tenant.accept(*sales)
        pins = (
            ledger.EntryDraft(by("x"), ledger.Side.DEBIT, usd(700), soon),
            ledger.EntryDraft(by("cash"), ledger.Side.CREDIT, usd(700)),
        )
        await tenant.accept(ledger.PostTransaction(pins, advance=True))
    ids = [one.transaction_id for one in made if one.transaction_id is not None]
    await tenant.accept(*(ledger.ReverseTransaction(ledger.Reference(id_)) for id_ in ids[10:290:7]))
    await tenant.accept(
        *(ledger.RescheduleEntry(ledger.Reference(id_), 2, available_at=later) for id_ in ids[11:290:7])
    )
    async with tenant.database.read() as session:
        lines = await Lines.load(session, tenant)
        here = await store.read_coordinate(session, tenant.tenant_id)
        (account,) = (one for one in lines.accounts if one.external_id == "x")
        past = store.Coordinate(here.sequence - 60, here.at)
        for place in (here, past):
            expected = maturing_told(lines, account, place)
            assert len(expected) > 100
            for size in (1, 20, 99, 1_000):
                assert await walk_maturing(session, tenant, account, place, size) == expected


async def walk_maturing(
    session: store.Session, tenant: Ledger, account: ledger.Account, coordinate: store.Coordinate, size: int
) -> Told:
    told: list[ledger.BalanceSlice] = []
    place = store.MaturingPlace(coordinate.at)
    while True:
        found = await store.find_maturing_slices(session, tenant.tenant_id, [(account, place)], coordinate, size)
        page = found[account.id]
        assert len(page.slices) <= size
        told += page.slices
        if page.reached == place:
            return list(of_slices(told))
        place = page.reached


async def walk_held(
    session: store.Session, tenant: Ledger, account: ledger.Account, coordinate: store.Coordinate, size: int
) -> Told:
    told: list[ledger.BalanceSlice] = []
    before = coordinate.sequence + 1
    while before:
        page = await store.find_held_slices_as_of(session, tenant.tenant_id, account.id, before, coordinate, limit=size)
        assert len(page.slices) <= size
        assert page.before < before
        told += page.slices
        before = page.before
    return list(of_slices(told))


def of_slices(slices: list[ledger.BalanceSlice]) -> Iterator[tuple[UUID, int, int, int | None]]:
    for one in slices:
        if one.entry is not None:
            assert one.kind is ledger.SliceKind.MATURING
            yield one.entry.transaction_id, one.entry.line, one.amount, one.until
        elif one.hold is not None:
            assert one.kind is ledger.SliceKind.HELD
            yield one.hold.id, 0, one.amount, one.until


def maturing_told(lines: Lines, account: ledger.Account, place: store.Coordinate) -> Told:
    """Each increase less the lines of its bucket that name it, pins without a name taken from the oldest."""
    known = [
        line
        for line in lines.entries
        if line["account_id"] == account.id
        and line["sequence"] <= place.sequence
        and line["available_at"] is not None
        and line["available_at"] > place.at
    ]
    told: Told = []
    for instant in sorted({line["available_at"] for line in known}):
        inside = [line for line in known if line["available_at"] == instant]
        rests = {
            (line["transaction_id"], line["line"]): line["amount"]
            for line in inside
            if line["side"] == account.normal_side
        }
        nameless = 0
        for line in inside:
            if line["side"] != account.normal_side:
                named = (line["of_transaction_id"], line["of_line"])
                if named in rests:
                    rests[named] -= line["amount"]
                else:
                    nameless += line["amount"]
        for key, rest in rests.items():
            rests[key] = rest - min(rest, nameless)
            nameless -= min(rest, nameless)
        assert nameless == 0
        told += [(*key, rest, instant) for key, rest in reversed(rests.items()) if rest]
    return told


def held_told(lines: Lines, account: ledger.Account, place: store.Coordinate) -> Told:
    """The rest of each hold in force, the one placed last coming first."""
    last = {}
    for change in lines.hold_changes:
        if change["account_id"] == account.id and change["sequence"] <= place.sequence:
            last[change["hold_id"]] = change
    return [
        (hold_id, 0, change["remaining_after"], change["expires_at"])
        for hold_id, change in reversed(last.items())
        if change["remaining_after"] and (change["expires_at"] is None or change["expires_at"] > place.at)
    ]
