"""Deposits and the policies that they follow, through the writer, on both databases."""

import asyncio
import itertools
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from app import ledger, services, store
from tests.services.desk import DAY, Desk, open_desk, transfer

MONDAY = int(datetime(2026, 3, 2, 15, 0, tzinfo=UTC).timestamp()) * 1_000_000
"""10:00 in New York, on a banking day followed by four more."""
FIRST_DAY_LIMIT = 27_500

Terms = dict[str, Any]

STANDARD: Terms = {
    "currency": "USD",
    "timeZone": "America/New_York",
    "calendar": "FED",
    "cutOff": "17:00",
    "rules": [
        {
            "name": "checks",
            "match": {"methods": ["CHECK"]},
            "portions": [
                {"take": {"perDay": "275.00"}, "available": {"days": 1, "at": "09:00"}},
                {"take": "REST", "available": {"days": 2, "at": "09:00"}},
            ],
        },
        {
            "name": "small wires",
            "match": {"methods": ["WIRE"], "amount": {"below": "1000.00"}},
            "portions": [{"take": "REST", "available": "AT_ONCE"}],
        },
        {"name": "rest", "portions": [{"take": "REST", "available": {"days": 3, "unit": "BANKING"}}]},
    ],
}


def at_nine(day: int) -> int:
    """09:00 in New York on a day of March 2026, before the clocks are turned on the 8th."""
    return int(datetime(2026, 3, day, 14, 0, tzinfo=UTC).timestamp()) * 1_000_000


def at_midnight(day: int) -> int:
    """The beginning of a day of March 2026 in New York, before the clocks are turned on the 8th."""
    return int(datetime(2026, 3, day, 5, 0, tzinfo=UTC).timestamp()) * 1_000_000


def by(name: str) -> ledger.Reference:
    return ledger.Reference(external_id=name)


def publish(terms: Terms = STANDARD, name: str = "standard", *, expected: int | None = None) -> ledger.PublishPolicy:
    return ledger.PublishPolicy(name, json.dumps(terms), expected)


def everything(available: object, **more: object) -> Terms:
    """Terms of one rule for every deposit."""
    return STANDARD | {"rules": [{"name": "all", "portions": [{"take": "REST", "available": available}]} | more]}


def deposit(source: str, target: str, minor: int, method: str = "CHECK", **more: Any) -> ledger.Deposit:  # noqa: ANN401 - any field
    return ledger.Deposit(by(source), by(target), ledger.Amount(minor, "USD"), method, **more)


async def opened(desk: Desk) -> None:
    """A bank, alice and bob, and a policy that everybody follows."""
    await desk.open("bank", normal_side=ledger.Side.DEBIT, unlimited=True, purpose=ledger.Purpose.EXTERNAL)
    await desk.open("alice")
    await desk.open("bob")
    await desk.accept(publish())
    await desk.accept(ledger.AssignPolicy(by("standard")))


async def slices(desk: Desk, made: ledger.Accepted) -> list[tuple[int, int | None]]:
    """Return (amount, available at) of the lines of a deposit after the first."""
    assert made.transaction_id is not None
    async with desk.database.read() as session:
        lines = await store.find_entries_of(session, desk.principal.tenant_id, [made.transaction_id])
    return [(line.amount, line.available_at) for line in lines[made.transaction_id][1:]]


async def rules(desk: Desk, made: ledger.Accepted) -> list[tuple[int, int, str, int | None]]:
    """Return (line, policy's version, rule, portion) of a deposit's lines that a policy made."""
    assert made.transaction_id is not None
    keys = [ledger.EntryKey(made.transaction_id, line) for line in range(1, 20)]
    async with desk.database.read() as session:
        found = await store.find_entry_rules(session, desk.principal.tenant_id, keys)
    return [(rule.line, rule.version, rule.rule, rule.portion) for rule in found.values()]


async def test_a_deposit_is_shared_out_as_the_policy_says(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        made = await desk.accept(deposit("bank", "alice", 100_000))
        assert await slices(desk, made) == [(27_500, at_nine(3)), (72_500, at_nine(4))]
        assert await rules(desk, made) == [(2, 1, "checks", 1), (3, 1, "checks", 2)]
        again = await desk.accept(deposit("bank", "alice", 30_000))
        assert await slices(desk, again) == [(30_000, at_nine(4))]
        assert await slices(desk, await desk.accept(deposit("bank", "alice", 100, "WIRE"))) == [(100, None)]
        large = await desk.accept(deposit("bank", "alice", 100_000, "WIRE"))
        assert await slices(desk, large) == [(100_000, at_midnight(5))]
        assert await desk.findings() == []


async def test_a_deposit_at_the_cut_off_counts_for_the_next_banking_day(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        cut_off = MONDAY + 7 * 3_600_000_000
        await desk.set_clock(cut_off - 1)
        assert await slices(desk, await desk.accept(deposit("bank", "alice", 100))) == [(100, at_nine(3))]
        await desk.set_clock(cut_off)
        assert await slices(desk, await desk.accept(deposit("bank", "alice", 30_000))) == [
            (27_500, at_nine(4)),
            (2_500, at_nine(5)),
        ]


async def test_money_of_a_deposit_is_spendable_when_the_policy_says_and_not_before(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        await desk.accept(deposit("bank", "alice", 100_000))
        spend = ledger.Transfer(by("alice"), by("bank"), ledger.Amount(27_500, "USD"))
        await desk.set_clock(at_nine(3) - 1)
        assert (await desk.refuse(spend)).earliest_at == at_nine(3)
        await desk.set_clock(at_nine(3))
        await desk.accept(spend)
        assert await desk.findings() == []


async def test_a_new_version_holds_for_deposits_after_it_and_the_old_one_for_those_before(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        first = await desk.accept(deposit("bank", "alice", 100))
        await desk.accept(publish(everything("UNTIL_RELEASED"), expected=1))
        second = await desk.accept(deposit("bank", "alice", 100), "key")
        assert await slices(desk, second) == [(100, ledger.FOREVER)]
        assert [version for _, version, _, _ in await rules(desk, first)] == [1]
        assert [version for _, version, _, _ in await rules(desk, second)] == [2]
        await desk.accept(publish(everything("AT_ONCE")))
        replayed = await desk.accept(deposit("bank", "alice", 100), "key")
        assert (replayed.replayed, replayed.transaction_id) == (True, second.transaction_id)
        refusal = await desk.refuse(publish(everything({"days": 9}), expected=1))
        assert (refusal.code, refusal.actual) == (ledger.RejectionCode.VERSION_CONFLICT, "3")
        assert (await desk.refuse(publish(everything("AT_ONCE")))).code is ledger.RejectionCode.INVALID_STATUS
        assert await desk.findings() == []


async def test_a_version_cannot_be_written_twice(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        async with desk.database.read() as session:
            names = await store.find_policy_names(session, desk.principal.tenant_id, ["standard"])
            found = await store.find_policies(session, desk.principal.tenant_id, [(names["standard"], None)])
        (version,) = found.values()
        pages = ledger.Pages(10, MONDAY)
        for spoiled in (version, ledger.PolicyVersion(services.new_id(), 1, "standard", None, "{}", 99, MONDAY, "me")):
            book = ledger.Book(pages)
            book.put_policy(spoiled)
            with pytest.raises(store.Violated):
                async with desk.database.write() as unit:
                    await store.save_book(unit, desk.principal.tenant_id, book)


async def test_an_account_follows_its_own_policy_before_that_of_everybody(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        await desk.accept(publish(everything("AT_ONCE"), "trusted"))
        await desk.accept(ledger.AssignPolicy(by("trusted"), by("alice")))
        assert await slices(desk, await desk.accept(deposit("bank", "alice", 100))) == [(100, None)]
        assert await slices(desk, await desk.accept(deposit("bank", "bob", 100))) == [(100, at_nine(3))]
        unchanged = await desk.refuse(ledger.AssignPolicy(by("trusted"), by("alice")))
        assert unchanged.code is ledger.RejectionCode.INVALID_STATUS
        await desk.accept(ledger.AssignPolicy(None, by("alice")))
        assert await slices(desk, await desk.accept(deposit("bank", "alice", 100))) == [(100, at_nine(3))]
        assert await desk.findings() == []


async def test_a_policy_without_a_currency_is_the_default_of_currencies_without_one(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        any_currency = everything("UNTIL_RELEASED")
        del any_currency["currency"]
        await desk.accept(publish(any_currency, "any"))
        await desk.accept(ledger.AssignPolicy(by("any")))
        await desk.open("euros", currency="EUR")
        await desk.open("outside", currency="EUR", unlimited=True)
        euros = ledger.Deposit(by("outside"), by("euros"), ledger.Amount(5, "EUR"), "CARD")
        assert await slices(desk, await desk.accept(euros)) == [(5, ledger.FOREVER)]
        assert await slices(desk, await desk.accept(deposit("bank", "bob", 5))) == [(5, at_nine(3))]
        foreign = await desk.refuse(ledger.AssignPolicy(by("standard"), by("euros")))
        assert foreign.code is ledger.RejectionCode.CURRENCY_MISMATCH
        moved = await desk.refuse(publish(STANDARD | {"currency": "EUR"}))
        assert moved.code is ledger.RejectionCode.CURRENCY_MISMATCH
        assert await desk.findings() == []


async def test_days_that_a_tenant_closes_are_no_banking_days_from_then_on(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        wednesday, saturday = date(2026, 3, 4).toordinal(), date(2026, 3, 7).toordinal()
        large = deposit("bank", "alice", 100_000, "WIRE")
        assert await slices(desk, await desk.accept(large)) == [(100_000, at_midnight(5))]
        await desk.accept(ledger.SetClosures("FED", closed=(wednesday, wednesday + 1), opened=(saturday,)))
        assert await slices(desk, await desk.accept(large)) == [(100_000, at_midnight(7))]
        await desk.accept(ledger.SetClosures("FED", opened=(wednesday,)))
        assert await slices(desk, await desk.accept(large)) == [(100_000, at_midnight(6))]
        # In one batch, the change holds for what comes after it.
        before, _, after = await desk.together(large, ledger.SetClosures("FED", closed=(wednesday,)), large)
        assert isinstance(before, ledger.Accepted)
        assert isinstance(after, ledger.Accepted)
        assert await slices(desk, before) == [(100_000, at_midnight(6))]
        assert await slices(desk, after) == [(100_000, at_midnight(7))]
        assert await desk.findings() == []


@pytest.mark.parametrize(
    ("command", "code", "place"),
    [
        (ledger.SetClosures("NOWHERE", closed=(740_000,)), ledger.RejectionCode.POLICY_INVALID, "calendar"),
        (ledger.SetClosures("FED", closed=(date(2026, 2, 27).toordinal(),)), ledger.RejectionCode.INVALID_TIME, None),
        (ledger.SetClosures("FED", opened=(date(2041, 1, 1).toordinal(),)), ledger.RejectionCode.INVALID_TIME, None),
        (ledger.SetClosures("FED"), ledger.RejectionCode.INVALID_STATUS, None),
        (publish({"rules": []}), ledger.RejectionCode.POLICY_INVALID, "calendar"),
        (ledger.PublishPolicy("broken", "{"), ledger.RejectionCode.POLICY_INVALID, ""),
        (ledger.AssignPolicy(by("nothing")), ledger.RejectionCode.POLICY_NOT_FOUND, None),
        (ledger.AssignPolicy(None), ledger.RejectionCode.POLICY_NOT_FOUND, None),
        (ledger.AssignPolicy(by("standard"), by("nobody")), ledger.RejectionCode.ACCOUNT_NOT_FOUND, None),
        (ledger.AssignPolicy(by("standard")), ledger.RejectionCode.INVALID_STATUS, None),
        (deposit("bank", "alice", 0), ledger.RejectionCode.INVALID_AMOUNT, None),
        (deposit("bank", "nobody", 1), ledger.RejectionCode.ACCOUNT_NOT_FOUND, None),
        (deposit("alice", "alice", 1), ledger.RejectionCode.SAME_ACCOUNT, None),
        (deposit("alice", "bob", 1), ledger.RejectionCode.INSUFFICIENT_FUNDS, None),
        (deposit("bank", "alice", 1, effective_at=MONDAY + DAY), ledger.RejectionCode.INVALID_TIME, None),
        (
            ledger.Deposit(by("bank"), by("alice"), ledger.Amount(1, "EUR"), "CARD"),
            ledger.RejectionCode.CURRENCY_MISMATCH,
            None,
        ),
    ],
    ids=lambda value: getattr(value, "operation", None) or str(value),
)
async def test_what_cannot_be_is_refused_by_its_reason_and_stored(
    database_url: str, command: ledger.Command, code: ledger.RejectionCode, place: str | None
) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        refusal = await desk.refuse(command, "key")
        assert refusal.code is code
        assert place is None or place in [problem.place for problem in refusal.problems]
        (again,) = await desk.ask(command, key="key")
        assert isinstance(again, ledger.Rejected)
        assert (again.rejection, again.replayed) == (refusal, code is not ledger.RejectionCode.INVALID_AMOUNT)


async def test_a_deposit_that_no_policy_is_for_is_refused_and_never_guessed(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await desk.open("bank", unlimited=True)
        await desk.open("alice")
        missing = await desk.refuse(deposit("bank", "alice", 1), "missing")
        assert missing.code is ledger.RejectionCode.POLICY_NOT_FOUND
        await desk.accept(publish(everything("AT_ONCE", match={"methods": ["CARD"]})))
        await desk.accept(ledger.AssignPolicy(by("standard")))
        no_rule = await desk.refuse(deposit("bank", "alice", 1))
        assert (no_rule.code, no_rule.problems[0].place) == (ledger.RejectionCode.POLICY_GAP, "rules")
        await desk.accept(publish(everything({"days": 400})))
        assert (await desk.refuse(deposit("bank", "alice", 1), "missing")) == missing
        await desk.set_clock(int(datetime(2099, 6, 1, tzinfo=UTC).timestamp()) * 1_000_000)
        gap = await desk.refuse(deposit("bank", "alice", 1), "gap")
        assert (gap.code, gap.problems[0].place) == (ledger.RejectionCode.POLICY_GAP, "calendar")
        (again,) = await desk.ask(deposit("bank", "alice", 1), key="gap")
        assert isinstance(again, ledger.Rejected)
        assert (again.rejection, again.replayed) == (gap, True)
        assert await desk.findings() == []


async def test_a_given_instant_overrides_the_policy_and_needs_its_scope(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        made = await desk.accept(deposit("bank", "alice", 5_000, available_at=MONDAY + 1))
        assert (await slices(desk, made), await rules(desk, made)) == ([(5_000, MONDAY + 1)], [])
        at_once = await desk.accept(deposit("bank", "alice", 5_000, available_at=MONDAY))
        assert await slices(desk, at_once) == [(5_000, None)]
        # What a policy did not share out does not count for its day.
        by_policy = await desk.accept(deposit("bank", "alice", 27_500))
        assert await slices(desk, by_policy) == [(27_500, at_nine(3))]
        clerk = services.Principal(
            desk.principal.tenant_id, "desk", "house", "TEST", "key_clerk", frozenset({services.Scope.MONEY_MOVE})
        )
        desk.gateway.request(clerk, deposit("bank", "alice", 1), "k")
        with pytest.raises(services.Forbidden, match="override"):
            desk.gateway.request(clerk, deposit("bank", "alice", 1, available_at=MONDAY), "k")
        assert await desk.findings() == []


async def test_a_deposit_is_reversed_as_any_transaction_and_gives_nothing_back_to_the_day(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        made = await desk.accept(deposit("bank", "alice", 100_000))
        await desk.accept(ledger.ReverseTransaction(ledger.Reference(made.transaction_id)))
        (balance,) = await desk.balances(*[made_of(await accounts(desk), "alice")])
        assert (balance.ledger, balance.maturing) == (0, 0)
        again = await desk.accept(deposit("bank", "alice", 100))
        assert await slices(desk, again) == [(100, at_nine(4))]
        assert await desk.findings() == []


async def accounts(desk: Desk) -> dict[str, UUID]:
    async with desk.database.read() as session:
        return await store.resolve_external_ids(session, desk.principal.tenant_id, ledger.ACCOUNT_KIND, ["alice"])


def made_of(found: dict[str, UUID], name: str) -> UUID:
    return found[name]


async def test_a_dry_run_answers_what_a_deposit_would_come_to_and_counts_nothing(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        for _ in range(2):
            (rehearsed,) = await desk.together(deposit("bank", "alice", 100_000), dry_run=True)
            assert isinstance(rehearsed, ledger.Accepted)
            assert [(one.amount, one.available_at) for one in rehearsed.slices] == [
                (27_500, at_nine(3)),
                (72_500, at_nine(4)),
            ]
        made = await desk.accept(deposit("bank", "alice", 100_000))
        assert await slices(desk, made) == [(27_500, at_nine(3)), (72_500, at_nine(4))]


async def test_a_group_that_is_refused_counts_nothing(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        refused = await desk.together(
            publish(everything("AT_ONCE")), deposit("bank", "alice", 100_000), deposit("alice", "bob", 10**9)
        )
        assert not any(isinstance(decision, ledger.Accepted) for decision in refused)
        made = await desk.accept(deposit("bank", "alice", 100_000))
        assert await slices(desk, made) == [(27_500, at_nine(3)), (72_500, at_nine(4))]
        assert await rules(desk, made) == [(2, 1, "checks", 1), (3, 1, "checks", 2)]


async def test_a_thousand_deposits_of_one_batch_take_from_the_day_in_their_order(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        decisions = await desk.together(*(deposit("bank", "alice", 100) for _ in range(1_000)))
        first = FIRST_DAY_LIMIT // 100
        for number in (0, first - 1, first, 999):
            made = decisions[number]
            assert isinstance(made, ledger.Accepted)
            assert await slices(desk, made) == [(100, at_nine(3 if number < first else 4))]
        assert await desk.findings() == []


async def test_a_hundred_deposits_at_once_take_the_first_of_the_day_once(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        made = await asyncio.gather(*(desk.accept(deposit("bank", "alice", 777)) for _ in range(100)))
        early = [amount for one in made for amount, instant in await slices(desk, one) if instant == at_nine(3)]
        assert sum(early) == FIRST_DAY_LIMIT
        assert await desk.findings() == []


async def test_two_processes_take_the_first_of_the_day_once(fresh_database: Callable[..., str]) -> None:
    url = fresh_database("postgres")
    async with open_desk(url, at=MONDAY) as desk:
        await opened(desk)
        other = services.open_gateway(url, services.GatewayLimits(sweep_interval_seconds=None))
        await other.start()
        desks = (desk, Desk(desk.database, other, desk.principal, itertools.count(1_000)))
        try:
            made = await asyncio.gather(*(one.accept(deposit("bank", "alice", 777)) for one in desks * 50))
        finally:
            await other.drain()
        early = [amount for one in made for amount, instant in await slices(desk, one) if instant == at_nine(3)]
        assert sum(early) == FIRST_DAY_LIMIT
        assert await desk.findings() == []


async def test_a_policy_that_changes_while_deposits_run_is_one_of_them_in_a_row(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        commands: list[ledger.Command] = [deposit("bank", "alice", 100, "WIRE") for _ in range(60)]
        commands[20:20] = [publish(everything("UNTIL_RELEASED"))]
        commands[40:40] = [publish(everything({"days": 1}))]
        made = await asyncio.gather(*(desk.accept(command) for command in commands))
        published = [one.sequence for one in made if one.transaction_id is None]
        for one in made:
            if one.transaction_id is not None:
                earlier = sum(sequence < one.sequence for sequence in published)
                assert [version for _, version, _, _ in await rules(desk, one)] == [1 + earlier]
        assert await desk.findings() == []


LONE_TRANSFER = ["book.lock", "book.keys", "external_ids.resolve", "book.accounts"]


async def test_deposits_of_a_batch_take_six_statements_more_than_transfers(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        plain: list[ledger.Command] = [
            ledger.Transfer(by("bank"), by("alice"), ledger.Amount(5, "USD"), available_at=MONDAY + DAY)
            for _ in range(50)
        ]
        names: dict[str, list[str]] = {"plain": [], "deposits": []}
        with store.observe(lambda executed: names["plain"].append(executed.name)):
            await desk.together(*plain)
        with store.observe(lambda executed: names["deposits"].append(executed.name)):
            await desk.together(*(deposit("bank", "alice", 1_000) for _ in range(50)))
        assert set(names["deposits"]) - set(names["plain"]) == {
            "book.policies",
            "book.deposit_days",
            "reserves.standing",
            "save.deposit_counters",
            "save.deposits",
            "save.entry_rules",
        }
        assert len(names["deposits"]) == len(names["plain"]) + 6 == len(set(names["deposits"]))
        words = ("polic", "deposit", "rules", "reserve")
        assert not [name for name in names["plain"] if any(word in name for word in words)]


async def test_transfers_beside_policies_read_nothing_of_them(database_url: str) -> None:
    async with open_desk(database_url, at=MONDAY) as desk:
        await opened(desk)
        seen: list[str] = []
        with store.observe(lambda executed: seen.append(executed.sql)):
            bank, alice = (await accounts(desk))["alice"], services.new_id()
            await desk.refuse(transfer(bank, alice, 1))
        assert not [sql for sql in seen if "polic" in sql or "deposit" in sql or "reserve" in sql]
