"""Back-tests in the core: money is compared in the order in which it comes, and none is lost or counted twice."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app import ledger
from app.ledger.backtest import _dated, _paired
from tests.ledger.world import ALMANAC

DAY = 86_400_000_000
MONDAY = 1_783_954_800_000_000
"""2026-07-13T15:00:00Z."""
ALICE = UUID(int=1)
TERMS = """{"currency": "USD", "timeZone": "UTC", "calendar": "WEEKDAYS", "cutOff": "17:00", "rules": [
    {"name": "all", "portions": [{"take": {"perDay": "10.00"}, "available": "AT_ONCE"},
        {"take": "REST", "available": {"days": 2, "at": "09:00"}}]}]}"""
TUESDAY_NINE, WEDNESDAY_NINE, THURSDAY_NINE = (MONDAY + days * DAY - 6 * 3_600_000_000 for days in (1, 2, 3))

AMOUNTS = st.lists(st.integers(1, 10**15), min_size=1, max_size=6)
INSTANT = st.none() | st.integers(MONDAY, MONDAY + 30 * DAY) | st.just(ledger.FOREVER)


def backtest(terms: str = TERMS) -> ledger.Backtest:
    policy = ALMANAC.policy(terms)
    calendar = ALMANAC.calendar(policy.calendar, policy.time_zone)
    assert calendar is not None
    return ledger.Backtest(policy, calendar)


def deposit(
    amount: int,
    *slices: tuple[int, int | None],
    at: int = MONDAY,
    account: UUID = ALICE,
    currency: str = "USD",
    overridden: bool = False,
) -> ledger.PastDeposit:
    record = ledger.DepositRecord(ALICE, 1, account, at, amount, "CARD", None, overridden, slices or ((amount, None),))
    return ledger.PastDeposit(record, currency, MONDAY - 100 * DAY)


def test_money_is_compared_in_the_order_in_which_it_comes() -> None:
    made = backtest()
    # 15.00 at once and 15.00 on Thursday became 10.00 at once and 20.00 on Wednesday.
    made.add(deposit(3_000, (1_500, THURSDAY_NINE), (1_500, None)))
    assert (made.compared.deposits, made.compared.amount, made.same) == (1, 3_000, 1_000)
    assert (made.later.amount, made.later.money_time) == (500, 500 * (WEDNESDAY_NINE - MONDAY))
    assert (made.earlier.amount, made.earlier.money_time) == (1_500, 1_500 * DAY)
    first = MONDAY // DAY
    assert made.exposure() == [
        (first, 1_500, 1_000, -500),
        (first + 2, 0, 2_000, 1_500),
        (first + 3, 1_500, 0, 0),
    ]


def test_a_day_of_an_account_has_its_counters_and_begins_at_the_cut_off() -> None:
    made = backtest()
    for at, account in ((MONDAY, ALICE), (MONDAY + 1, ALICE), (MONDAY + 2, UUID(int=2))):
        made.add(deposit(600, (600, ledger.FOREVER), at=at, account=account))
    # At once: 6.00 and 4.00 of Alice's day, and 6.00 of the other's.
    assert made.let_go == 1_800
    assert made.would_be[MONDAY // DAY] == 1_600
    made.add(deposit(600, (600, None), at=MONDAY + 3 * 3_600_000_000))
    assert made.would_be[MONDAY // DAY] == 2_200


def test_what_a_policy_says_nothing_about_and_what_was_overridden_is_told_apart() -> None:
    made = backtest()
    made.add(deposit(500, currency="EUR"))
    made.add(deposit(700, at=MONDAY + 900_000 * DAY))
    made.add(deposit(900, overridden=True))
    assert (made.unanswered.deposits, made.unanswered.amount) == (2, 1_200)
    assert (made.overridden.deposits, made.overridden.amount) == (1, 900)
    assert made.compared.deposits == 0
    assert made.exposure() == []


def test_money_may_come_to_be_set_aside() -> None:
    made = backtest(TERMS.replace('{"days": 2, "at": "09:00"}', '"UNTIL_RELEASED"'))
    made.add(deposit(1_500, (1_500, None)))
    made.add(deposit(1_500, (1_500, ledger.FOREVER)))
    assert (made.same, made.set_aside, made.let_go) == (1_000 + 1_500, 500, 0)
    day = MONDAY // DAY
    assert made.exposure() == [(day, 1_500, 1_000, -500)]


@given(AMOUNTS, st.lists(INSTANT, min_size=6, max_size=6), st.lists(INSTANT, min_size=6, max_size=6), st.data())
def test_pairs_are_the_slices_of_both_sides_cut_where_either_changes(
    amounts: list[int], then: list[int | None], now: list[int | None], data: st.DataObject
) -> None:
    whole = sum(amounts)
    cuts = sorted(data.draw(st.sets(st.integers(1, whole), max_size=5)) | {whole})
    others = [high - low for low, high in zip([0, *cuts], cuts, strict=False)]
    before = _dated(list(zip(amounts, then, strict=False)), MONDAY)
    after = _dated(list(zip(others, now, strict=False)), MONDAY)
    pairs = list(_paired(before, after))
    for side, place in ((before, 1), (after, 2)):
        assert [one[place] for one in pairs] == sorted(one[place] for one in pairs)
        for instant in {instant for _, instant in side}:
            assert sum(n for n, at in side if at == instant) == sum(one[0] for one in pairs if one[place] == instant)
