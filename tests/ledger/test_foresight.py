"""Explanations, forecasts and answers about spending, on seeded worlds: they add up, enclose, and come true."""

import copy
from collections.abc import Iterator, Sequence
from itertools import product
from uuid import UUID

import pytest

from app import ledger
from tests.ledger.test_properties import lived_in
from tests.ledger.world import World

SEEDS = range(3_000_000, 3_000_008)


async def test_slices_sum_exactly_to_the_ledger_balance() -> None:
    kinds = set()
    for seed in SEEDS:
        world, _ = await lived_in(seed)
        for at, account in product(instants(world), world.accounts.values()):
            balance = world.balance(account.id, at)
            slices = explained(world, account, at)
            assert sum(one.amount for one in slices) == balance.ledger
            assert all(one.amount > 0 for one in slices[1:])
            assert all(one.until is None or one.until > at for one in slices)
            by_kind = {kind: sum(one.amount for one in slices if one.kind is kind) for kind in ledger.SliceKind}
            assert list(by_kind.values()) == [balance.available, balance.maturing, balance.held]
            kinds |= {one.kind for one in slices}
    assert kinds == set(ledger.SliceKind)


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_is_left_of_an_increase_is_the_same_from_either_end(seed: int) -> None:
    world, _ = await lived_in(seed)
    for account in world.accounts.values():
        for instant, amount in buckets(world, account.id):
            newest_first = {one.entry: one.amount for one in ledger.maturing(amount, inside(world, account, instant))}
            assert list(ledger.maturing(amount, ())) == []
            left, oldest_first = sum(rest for _, rest in inside(world, account, instant)) - amount, {}
            for entry, rest in reversed(inside(world, account, instant)):
                taken = min(rest, left)
                left -= taken
                if rest > taken:
                    oldest_first[entry] = rest - taken
            assert newest_first == oldest_first


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_forecast_encloses_what_is_expected_and_comes_true(seed: int) -> None:
    world, _ = await lived_in(seed)
    curves = {}
    for account_id in world.accounts:
        curve = ledger.foresee(world.balances[account_id], world.at, coming(world, account_id).causes)
        assert curve[0] == ledger.ForecastPoint(world.at, curve[0].expected, curve[0].expected, curve[0].optimistic)
        for before, point in zip((None, *curve), curve, strict=False):
            assert point.conservative <= point.expected <= point.optimistic
            assert before is None or (before.at < point.at and before.conservative <= point.conservative)
            if before is not None:
                assert point.causes
                assert point.expected - before.expected == sum(cause.amount for cause in point.causes)
        curves[account_id] = curve
    for at in sorted({point.at for curve in curves.values() for point in curve}):
        world.clock_to(at)
        for account_id, curve in curves.items():
            now = [point for point in curve if point.at <= at][-1]
            assert world.balances[account_id].available == now.expected


async def test_the_earliest_instant_succeeds_and_fails_a_microsecond_before() -> None:
    tried = []
    for seed in range(SEEDS.start, SEEDS.start + 24):
        world, _ = await lived_in(seed)
        world.accept(ledger.OpenAccount("USD", external_id="till", unlimited=True))
        for account in list(world.accounts.values()):
            if account.currency == "USD" and account.external_id != "till":
                tried += list(asked(world, account))
    assert sum(answer.refusal is ledger.RejectionCode.INSUFFICIENT_FUNDS for answer in tried) > 30
    assert sum(answer.refusal is not None and answer.earliest_at is not None for answer in tried) > 10
    assert {option.kind for answer in tried for option in answer.options} == set(ledger.OptionKind)


def asked(world: World, account: ledger.Account) -> Iterator[ledger.Spending]:
    """Ask whether each amount around what can be spent some time can be spent now, and really try."""
    future, standing = coming(world, account.id), world.balances[account.id]
    sums = {(standing.spendable or 0) + gain + step for _, gain in (*rises(future), (0, 0)) for step in (-1, 0, 1)}
    for amount in sorted(amount for amount in sums | {1} if 0 < amount < 10**15):
        answer = ledger.can_spend(standing, amount, world.at, future)
        assert answer.refusal is spend(world, account, amount, world.at)
        assert answer.shortfall == (0 if standing.spendable is None else max(0, amount - standing.spendable))
        assert len(answer.options) <= 5
        for option in answer.options:
            assert spend(world, account, option.amount, option.at) is None
            assert spend(world, account, option.amount + 1, option.at) is not None
        if answer.refusal is None:
            assert answer.earliest_at == world.at
        elif answer.earliest_at is not None:
            assert spend(world, account, amount, answer.earliest_at) is None
            assert spend(world, account, amount, answer.earliest_at - 1) is answer.refusal
        yield answer


def spend(world: World, account: ledger.Account, amount: int, at: int) -> ledger.RejectionCode | None:
    """Take an amount from a copy of the world at an instant; return why it was refused."""
    tried = copy.copy(world)
    tried.clock_to(at)
    here, till = ledger.Reference(account.id), ledger.Reference(external_id="till")
    pair = (here, till) if account.normal_side is ledger.Side.CREDIT else (till, here)
    command = ledger.Transfer(*pair, ledger.Amount(amount, account.currency))
    ((decision,),) = tried.submit([ledger.Group((tried.request(command),))], dry_run=True)
    return decision.rejection.code if isinstance(decision, ledger.Rejected) else None


def instants(world: World) -> Iterator[int]:
    yield world.at
    known = sorted({instant for account in world.accounts for instant, _ in world.futures(account)})
    yield from (instant + step for instant in known[:6] for step in (-1, 0))


def buckets(world: World, account_id: UUID) -> list[tuple[int, int]]:
    return sorted((at, amount) for (owner, at), amount in world.buckets.items() if owner == account_id and amount)


def inside(world: World, account: ledger.Account, instant: int) -> Sequence[tuple[ledger.Entry, int]]:
    """The lines of a bucket, the newest first, each with its own rest."""
    lines = [one for one in world.all_entries if one.account_id == account.id and one.available_at == instant]
    rests = []
    for line in reversed(lines):
        named = sum(one.amount for one in lines if one.of_entry == line.key and one.side is not line.side)
        rests.append((line, line.amount - named if line.side is account.normal_side else 0))
    return rests


def explained(world: World, account: ledger.Account, at: int) -> list[ledger.BalanceSlice]:
    matures = [bucket for bucket in buckets(world, account.id) if bucket[0] > at]
    return [
        ledger.free(world.balance(account.id, at)),
        *(one for instant, amount in matures for one in ledger.maturing(amount, inside(world, account, instant))),
        *ledger.held((hold for hold in world.holds.values() if hold.account_id == account.id), at),
    ]


def coming(world: World, account_id: UUID) -> ledger.Causes:
    causes = [
        ledger.Cause(at, ledger.CauseKind.MATURITY, amount, 1, at, at)
        for at, amount in buckets(world, account_id)
        if world.at < at < ledger.FOREVER
    ]
    for hold in world.holds.values():
        ends = hold.expires_at
        if hold.account_id == account_id and hold.status is ledger.HoldStatus.ACTIVE and ends and ends > world.at:
            causes.append(ledger.Cause(ends, ledger.CauseKind.EXPIRY, hold.remaining, 1, ends, ends))
    return ledger.Causes(tuple(sorted(causes, key=lambda cause: (cause.at, cause.kind))))


def rises(future: ledger.Causes) -> Iterator[tuple[int, int]]:
    gained = 0
    for cause in future.causes:
        gained += cause.amount
        yield cause.at, gained


def cause(at: int, amount: int, kind: ledger.CauseKind = ledger.CauseKind.MATURITY) -> ledger.Cause:
    return ledger.Cause(at, kind, amount, 1, at, at)


@pytest.mark.parametrize(
    ("balance", "amount", "refusal", "shortfall"),
    [
        (ledger.Balance(ledger=10, floor=None), 10**18, None, 0),
        (ledger.Balance(ledger=-10, floor=None), 10**18, ledger.RejectionCode.BALANCE_OVERFLOW, 0),
        (ledger.Balance(ledger=10), 10, None, 0),
        (ledger.Balance(ledger=10), 11, ledger.RejectionCode.INSUFFICIENT_FUNDS, 1),
        (ledger.Balance(ledger=10, held=4, maturing=5, floor=3), 1, ledger.RejectionCode.INSUFFICIENT_FUNDS, 3),
        (ledger.Balance(ledger=10, floor=-5), 15, None, 0),
        (ledger.Balance(ledger=10, out_frozen=True), 11, ledger.RejectionCode.ACCOUNT_FROZEN, 1),
        (ledger.Balance(out_frozen=True, closed=True), 1, ledger.RejectionCode.ACCOUNT_CLOSED, 1),
        (ledger.Balance(ledger=10, in_frozen=True), 10, None, 0),
    ],
)
def test_an_amount_is_refused_as_a_command_would_be(
    balance: ledger.Balance, amount: int, refusal: ledger.RejectionCode | None, shortfall: int
) -> None:
    answer = ledger.can_spend(balance, amount, 5, ledger.Causes())
    assert (answer.refusal, answer.shortfall) == (refusal, shortfall)
    assert (answer.earliest_at is None) == (refusal is not None)
    assert answer.spendable == balance.spendable


def test_options_are_the_soonest_and_what_is_enough() -> None:
    future = ledger.Causes(tuple(cause(at, 10) for at in range(10, 20)))
    told = ledger.can_spend(ledger.Balance(ledger=-15), 80, 5, future)
    assert [(option.at, option.amount) for option in told.options] == [(11, 5), (12, 15), (13, 25), (14, 35), (19, 85)]
    assert told.earliest_at == 19
    exact = ledger.can_spend(ledger.Balance(ledger=-15), 25, 5, future)
    assert ([(option.at, option.amount) for option in exact.options][-1], exact.earliest_at) == ((13, 25), 13)
    short = ledger.can_spend(ledger.Balance(ledger=3), 200, 5, future)
    assert [(option.at, option.amount) for option in short.options] == [(5, 3), (10, 13), (11, 23), (12, 33), (19, 103)]
    assert short.earliest_at is None
    both = ledger.Causes((cause(7, 1, ledger.CauseKind.EXPIRY), cause(8, 1, ledger.CauseKind.EXPIRY), cause(8, 1)))
    told = ledger.can_spend(ledger.Balance(), 3, 5, both)
    assert [option.kind for option in told.options] == [
        ledger.OptionKind.WAIT_FOR_EXPIRY,
        ledger.OptionKind.WAIT_FOR_MATURITY,
    ]


def test_what_comes_by_the_beginning_is_told_of_the_first_point() -> None:
    balance = ledger.Balance(ledger=100, maturing=30, held=20)
    causes = (cause(50, 10), cause(50, 20, ledger.CauseKind.EXPIRY), cause(60, 20))
    first, second = ledger.foresee(balance, 50, causes)
    assert (first.conservative, first.expected, first.optimistic, first.causes) == (60, 80, 80, causes[:2])
    assert (second.at, second.conservative, second.expected, second.optimistic) == (60, 80, 100, 100)
    assert ledger.foresee(balance, 50, ()) == (ledger.ForecastPoint(50, 50, 50, 70),)
