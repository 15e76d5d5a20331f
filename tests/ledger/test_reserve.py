"""What a plan keeps of a deposit: never more than its share or its cap, never sooner, and nothing is lost."""

from hypothesis import given
from hypothesis import strategies as st

from app import ledger

DAY = 86_400_000_000
AT = 1_000 * DAY
AMOUNT = st.integers(1, 10**15)
LATER = st.none() | st.integers(AT + 1, AT + 90 * DAY) | st.just(ledger.FOREVER)
SLICES = st.lists(st.tuples(AMOUNT, LATER), max_size=8)


def plan(basis_points: int, days: int, cap: int | None) -> ledger.ReservePlan:
    return ledger.ReservePlan(ledger.EVERYBODY, 1, basis_points, days, cap, AT, "key")


@given(SLICES, st.integers(0, 10_000), st.integers(1, 1_096), st.none() | AMOUNT, st.integers(0, 10**15))
def test_parts_sum_to_their_slices_and_keep_what_the_plan_says(
    slices: list[tuple[int, int | None]], basis_points: int, days: int, cap: int | None, reserved: int
) -> None:
    parts = ledger.keep(slices, plan(basis_points, days, cap), reserved, AT)
    for number, (amount, until) in enumerate(slices):
        own = [part for part in parts if part.source == number]
        assert sum(part.amount for part in own) == amount
        assert [part.available_at for part in own if not part.reserved] in ([], [until])
        for part in own:
            assert part.amount > 0
            assert not part.reserved or part.available_at == max(until or 0, AT + days * DAY)
    kept = sum(part.amount for part in parts if part.reserved)
    share = sum(amount for amount, _ in slices) * basis_points // 10_000
    assert kept == (share if cap is None else min(share, max(cap - reserved, 0)))
    assert [part.reserved for part in parts] == sorted(part.reserved for part in parts)


@given(SLICES)
def test_without_a_plan_nothing_is_kept(slices: list[tuple[int, int | None]]) -> None:
    bare = [ledger.Part(number, amount, until) for number, (amount, until) in enumerate(slices)]
    assert ledger.keep(slices, None, 0, AT) == bare
    assert ledger.keep(slices, plan(0, 0, None), 0, AT) == bare
