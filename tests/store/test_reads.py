"""Reads of many at once: by id, by page, counted, and never of another tenant."""

import random
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from app import ledger, store
from tests.store.conftest import DAY, START, Ledger, make_ledger
from tests.store.histories import History, Lines, all_accounts, by, usd

ACTIVE, CAPTURED, RELEASED, EXPIRED = ledger.HoldStatus


async def told(tenant: Ledger, seed: int = 1, steps: int = 40) -> History:
    history = History(tenant, random.Random(seed))
    await history.begin()
    for _ in range(steps):
        await history.step()
    return history


async def test_accounts_are_found_by_id_and_by_external_id_in_one_statement_each(
    database: store.Database, tenant: Ledger
) -> None:
    other = await make_ledger(database, "other")
    await tenant.open_accounts("a", "b")
    await other.open_accounts("a")
    async with database.read() as session:
        ids = await store.resolve_external_ids(session, tenant.tenant_id, ledger.ACCOUNT_KIND, ["a", "b", "none"])
        found = await store.find_accounts(session, tenant.tenant_id, [*ids.values(), uuid7()])
        assert {account.external_id: account.id for account in found.values()} == ids
        assert await store.find_accounts(session, other.tenant_id, list(ids.values())) == {}
        assert await store.resolve_external_ids(session, tenant.tenant_id, ledger.HOLD_KIND, ["a"]) == {}


async def test_funds_of_accounts_named_either_way_are_one_statement_more_than_the_coordinate(
    database: store.Database, tenant: Ledger
) -> None:
    await tenant.open_accounts("cash", unlimited=True)
    await tenant.open_accounts("a", "b")
    await tenant.accept(
        ledger.Transfer(by("cash"), by("a"), usd(100)),
        ledger.Transfer(by("cash"), by("a"), usd(10), START + DAY),
        ledger.PlaceHold(by("a"), usd(30), START + DAY),
    )
    seen: list[store.Executed] = []
    async with database.read() as session:
        (account,) = (one for one in await all_accounts(session, tenant) if one.external_id == "a")
        with store.observe(seen.append):
            here = await store.read_coordinate(session, tenant.tenant_id)
            references = [by("b"), ledger.Reference(account.id), by("nobody"), by("a"), ledger.Reference(uuid7())]
            funds = await store.find_funds(session, tenant.tenant_id, references, here)
        assert [one.name for one in seen] == ["clock.read", "balances.funds"]
        names = [None if one is None else one[0].external_id for one in funds]
        assert names == ["b", "a", None, "a", None]
        assert funds[1] == funds[3]
        assert funds[1] is not None
        # With the coordinate in the statement itself, in the snapshot and without one, it is the same.
        with store.observe(seen.append):
            assert await store.glance_at_funds(session, tenant.tenant_id, references) == funds
        glance = database.glance(tenant.tenant_id)
        with store.observe(seen.append):
            assert await store.glance_at_funds(glance, tenant.tenant_id, references) == funds
        assert [one.name for one in seen[2:]] == ["balances.funds_now"] * 2
        read = funds[1][1]
        assert (read.sequence, read.as_of) == (here.sequence, START)
        assert (read.balance.ledger, read.balance.maturing, read.balance.held) == (110, 10, 30)
        assert (read.balance.available, read.balance.version) == (70, 3)
        later = store.Coordinate(here.sequence, START + DAY)
        at_due = (await store.find_funds(session, tenant.tenant_id, [by("a")], later))[0]
        assert at_due is not None
        assert (at_due[1].balance.available, at_due[1].balance.lapsed) == (110, 30)


async def test_nothing_asked_is_nothing_sent(database: store.Database, tenant: Ledger) -> None:
    t, at = tenant.tenant_id, START
    here, window = store.Coordinate(0, at), store.Window(3)
    seen: list[store.Executed] = []
    async with database.read() as session:
        with store.observe(seen.append):
            empty = [
                await store.resolve_external_ids(session, t, ledger.ACCOUNT_KIND, []),
                await store.find_accounts(session, t, []),
                await store.find_funds(session, t, [], here),
                await store.glance_at_funds(session, t, []),
                await store.find_balances(session, t, [], here),
                await store.find_balances_as_of(session, t, [], here),
                await store.find_holds(session, t, [], at),
                await store.find_hold_changes(session, t, []),
                await store.find_hold_pages(session, t, [], store.HoldFilter(), window, at=at),
                await store.count_holds_each(session, t, [], store.HoldFilter(), at),
                await store.find_transactions(session, t, []),
                await store.find_reversals_of(session, t, []),
                await store.find_transactions_of_holds(session, t, []),
                await store.find_entries_of(session, t, []),
                await store.find_entry_pages(session, t, [], store.EntryFilter(), window, at=at),
                await store.count_entries(session, t, [], store.EntryFilter(), at),
            ]
    assert not any(empty)
    assert seen == []


Item = ledger.Account | ledger.Hold | ledger.Transaction | ledger.Entry
Read = Callable[[store.Window], Awaitable[Sequence[Item]]]


def position(item: Item) -> store.Position:
    return store.Position(item.sequence, item.line if isinstance(item, ledger.Entry) else 0)


async def leaf_through(read: Read, limit: int, *, backward: bool) -> list[Item]:
    """Every item, page by page from one end."""
    found: list[Item] = []
    edge: store.Position | None = None
    while True:
        window = store.Window(limit, backward, *((None, edge) if backward else (edge, None)))
        page = list(await read(window))
        assert len(page) <= limit
        if not page:
            return found
        found = page + found if backward else found + page
        edge = position(page[0] if backward else page[-1])


@pytest.mark.parametrize("newest_first", [False, True])
async def test_pages_of_accounts_show_each_once(
    database: store.Database, tenant: Ledger, *, newest_first: bool
) -> None:
    await told(tenant)
    filters: list[tuple[store.AccountFilter, Callable[[ledger.Account], bool]]] = [
        (store.AccountFilter(), lambda _: True),
        (store.AccountFilter(purposes=(ledger.Purpose.PLATFORM,)), lambda one: one.purpose == "PLATFORM"),
        (store.AccountFilter(purposes=()), lambda _: False),
        (store.AccountFilter(purposes=tuple(ledger.Purpose)[:3]), lambda one: one.purpose in {"CUSTOMER", "PLATFORM"}),
        (store.AccountFilter(currency="EUR", closed=False, frozen=False), lambda one: one.currency == "EUR"),
        (store.AccountFilter(normal_side=ledger.Side.DEBIT), lambda one: one.normal_side == "DEBIT"),
        (store.AccountFilter(closed=True), lambda _: False),
    ]
    async with database.read() as session:
        everything = list(await all_accounts(session, tenant))
        frozen = await store.find_account_page(
            session, tenant.tenant_id, store.AccountFilter(frozen=True), store.Window(9)
        )
        assert {one.external_id for one in frozen} <= {"c"}
        for filter_, keeps in filters:
            wanted = [one for one in everything if keeps(one)]
            assert await store.count_accounts(session, tenant.tenant_id, filter_) == len(wanted)
            if newest_first:
                wanted.reverse()

            async def read(window: store.Window, filter_: store.AccountFilter = filter_) -> Sequence[Item]:
                return await store.find_account_page(
                    session, tenant.tenant_id, filter_, window, newest_first=newest_first
                )

            for backward in (False, True):
                assert await leaf_through(read, 3, backward=backward) == wanted


async def test_holds_read_as_they_stand_at_the_instant(database: store.Database, tenant: Ledger) -> None:
    history = await told(tenant)
    async with database.read() as session:
        here = await store.read_coordinate(session, tenant.tenant_id)
        stored = await store.find_holds(session, tenant.tenant_id, history.placed)
        assert set(stored) == set(history.placed)
        found = await store.find_holds(session, tenant.tenant_id, history.placed, here.at)
        assert found == {id_: hold.as_of(here.at) for id_, hold in stored.items()}
        assert found != stored
        everything = sorted(found.values(), key=lambda hold: hold.sequence)
        accounts = [account.id for account in await all_accounts(session, tenant)]
        for statuses in (
            None,
            (),
            (ACTIVE,),
            (EXPIRED,),
            (CAPTURED, RELEASED),
            (ACTIVE, EXPIRED),
            tuple(ledger.HoldStatus),
        ):
            for before in (None, here.at):
                filter_ = store.HoldFilter(statuses=statuses, expires_before=before)
                wanted = [
                    hold
                    for hold in everything
                    if (statuses is None or hold.status in statuses)
                    and (before is None or (hold.expires_at is not None and hold.expires_at < before))
                ]
                await check_holds(session, tenant, accounts, filter_, wanted=wanted, at=here.at)


async def check_holds(
    session: store.Session,
    tenant: Ledger,
    accounts: Sequence[UUID],
    filter_: store.HoldFilter,
    *,
    wanted: Sequence[ledger.Hold],
    at: int,
) -> None:
    t = tenant.tenant_id
    assert await store.count_holds(session, t, filter_, at) == len(wanted)
    each = {id_: [hold for hold in wanted if hold.account_id == id_] for id_ in accounts}
    counts = await store.count_holds_each(session, t, accounts, filter_, at)
    assert counts == {id_: len(holds) for id_, holds in each.items()}

    async def read(window: store.Window) -> Sequence[Item]:
        return await store.find_hold_page(session, t, filter_, window, at)

    for backward in (False, True):
        assert await leaf_through(read, 7, backward=backward) == list(wanted)
        pages = await store.find_hold_pages(session, t, accounts, filter_, store.Window(3, backward), at=at)
        assert pages == {id_: tuple(holds[-3:] if backward else holds[:3]) for id_, holds in each.items()}
    account = accounts[1]
    of_account = store.HoldFilter(account, filter_.statuses, filter_.expires_before)
    assert list(await store.find_hold_page(session, t, of_account, store.Window(99), at)) == each[account]

    async def read_account(window: store.Window) -> Sequence[Item]:
        return (await store.find_hold_pages(session, t, [account], filter_, window, at=at))[account]

    assert await leaf_through(read_account, 2, backward=True) == each[account]


async def test_a_hold_tells_its_history(database: store.Database, tenant: Ledger) -> None:
    history = await told(tenant)
    async with database.read() as session:
        lines = await Lines.load(session, tenant)
        unknown = uuid7()
        changes = await store.find_hold_changes(session, tenant.tenant_id, [*history.placed, unknown])
        captures = await store.find_transactions_of_holds(session, tenant.tenant_id, [*history.placed, unknown])
    assert changes.pop(unknown) == ()
    assert captures.pop(unknown) == ()
    assert sum(map(len, changes.values())) == len(lines.hold_changes)
    for hold_id, found in changes.items():
        assert found[0].kind is ledger.HoldChangeKind.PLACED
        assert [change.sequence for change in found] == sorted(change.sequence for change in found)
        made = tuple(change.transaction_id for change in found if change.kind is ledger.HoldChangeKind.CAPTURED)
        assert captures[hold_id] == made
    assert any(captures.values())


async def test_pages_of_entries_show_each_line_once(database: store.Database, tenant: Ledger) -> None:
    await told(tenant, steps=60)
    t = tenant.tenant_id
    async with database.read() as session:
        here = await store.read_coordinate(session, t)
        accounts = [account.id for account in await all_accounts(session, tenant)]
        transactions = await store.find_transaction_page(session, t, store.TransactionFilter(), store.Window(999))
        by_transaction = await store.find_entries_of(session, t, [one.id for one in transactions])
        everything = [entry for one in transactions for entry in by_transaction[one.id]]
        assert [entry.line for entry in by_transaction[transactions[-1].id]][:2] == [1, 2]
        middle = everything[len(everything) // 2].recorded_at
        filters: list[tuple[store.EntryFilter, Callable[[ledger.Entry], bool]]] = [
            (store.EntryFilter(), lambda _: True),
            (store.EntryFilter(side=ledger.Side.DEBIT), lambda entry: entry.side is ledger.Side.DEBIT),
            (store.EntryFilter(kinds=("FEE", "TAX", "OTHER")), lambda entry: entry.kind == "FEE"),
            (store.EntryFilter(maturing=True), lambda entry: (entry.available_at or 0) > here.at),
            (store.EntryFilter(maturing=False), lambda entry: (entry.available_at or 0) <= here.at),
            (store.EntryFilter(recorded_from=middle), lambda entry: entry.recorded_at >= middle),
            (store.EntryFilter(recorded_before=middle), lambda entry: entry.recorded_at < middle),
            (
                store.EntryFilter(ledger.Side.CREDIT, ("PRINCIPAL",), START, middle + 1, maturing=True),
                lambda entry: (
                    entry.side is ledger.Side.CREDIT
                    and entry.kind == "PRINCIPAL"
                    and entry.recorded_at <= middle
                    and (entry.available_at or 0) > here.at
                ),
            ),
        ]
        for filter_, keeps in filters:
            each = {id_: [one for one in everything if one.account_id == id_ and keeps(one)] for id_ in accounts}
            assert await store.count_entries(session, t, accounts, filter_, here.at) == {
                id_: len(entries) for id_, entries in each.items()
            }
            for backward in (False, True):
                pages = await store.find_entry_pages(
                    session, t, accounts, filter_, store.Window(4, backward), at=here.at
                )
                assert pages == {id_: tuple(found[-4:] if backward else found[:4]) for id_, found in each.items()}
                for account in accounts[:3]:

                    async def read(
                        window: store.Window, filter_: store.EntryFilter = filter_, account: UUID = account
                    ) -> Sequence[Item]:
                        pages = await store.find_entry_pages(session, t, [account], filter_, window, at=here.at)
                        return pages[account]

                    assert await leaf_through(read, 3, backward=backward) == each[account]


async def test_pages_of_transactions_show_each_once(database: store.Database, tenant: Ledger) -> None:
    await told(tenant, steps=60)
    t = tenant.tenant_id
    async with database.read() as session:
        accounts = [account.id for account in await all_accounts(session, tenant)]
        everything = await store.find_transaction_page(session, t, store.TransactionFilter(), store.Window(999))
        entries = await store.find_entries_of(session, t, [one.id for one in everything])
        touched = {id_: {entry.account_id for entry in found} for id_, found in entries.items()}
        middle = everything[len(everything) // 2].recorded_at
        a = accounts[1]
        filters: list[tuple[store.TransactionFilter, Callable[[ledger.Transaction], bool]]] = [
            (store.TransactionFilter(), lambda _: True),
            (store.TransactionFilter(a), lambda one: a in touched[one.id]),
            (store.TransactionFilter(correlation_id="x"), lambda one: one.correlation_id == "x"),
            (store.TransactionFilter(a, "x"), lambda one: one.correlation_id == "x" and a in touched[one.id]),
            (store.TransactionFilter(kinds=("SALE", "REVERSAL")), lambda one: one.kind in {"SALE", "REVERSAL"}),
            (store.TransactionFilter(recorded_from=middle), lambda one: one.recorded_at >= middle),
            (
                store.TransactionFilter(a, None, ("SALE",), START + 1, middle),
                lambda one: one.kind == "SALE" and START < one.recorded_at < middle and a in touched[one.id],
            ),
        ]
        for filter_, keeps in filters:
            wanted = [one for one in everything if keeps(one)]
            assert wanted
            assert await store.count_transactions(session, t, filter_) == len(wanted)

            async def read(window: store.Window, filter_: store.TransactionFilter = filter_) -> Sequence[Item]:
                return await store.find_transaction_page(session, t, filter_, window)

            for backward in (False, True):
                assert await leaf_through(read, 4, backward=backward) == wanted
        reversals = await store.find_reversals_of(session, t, list(touched))
        assert {id_: found for id_, found in reversals.items() if found} == {
            origin: tuple(one.id for one in everything if one.reverses_id == origin)
            for origin in {one.reverses_id for one in everything}
            if origin is not None
        }
        found = await store.find_transactions(session, t, list(touched))
        assert found == {one.id: one for one in everything}


async def test_a_window_has_two_ends(database: store.Database, tenant: Ledger) -> None:
    await tenant.open_accounts(*"abcdefgh")
    async with database.read() as session:
        everything = await all_accounts(session, tenant)
        edges = (position(everything[1]), position(everything[6]))
        for limit, backward, wanted in ((9, False, "cdef"), (2, False, "cd"), (2, True, "ef")):
            window = store.Window(limit, backward, *edges)
            page = await store.find_account_page(session, tenant.tenant_id, store.AccountFilter(), window)
            assert [one.external_id for one in page] == list(wanted)


async def test_the_trial_balance_is_of_any_size(database: store.Database, tenant: Ledger) -> None:
    most, many = 10**18 - 1, 12
    names = [f"a{number}" for number in range(many)]
    await tenant.open_accounts(*names, unlimited=True)
    await tenant.accept(
        *(ledger.Transfer(by(names[number]), by(names[number + 1]), usd(most)) for number in range(0, many, 2))
    )
    async with database.read() as session:
        here = await store.read_coordinate(session, tenant.tenant_id)
        (total,) = await store.find_trial_balance(session, tenant.tenant_id, here)
    assert total == store.TrialBalanceTotal("USD", 2, most * many // 2, most * many // 2, many)
