"""What is offered of what matures: never more than the rate of the whole, the earliest first, in one transaction."""

from hypothesis import given
from hypothesis import strategies as st

from app.ledger.advance import REPAYMENTS_MAX, RIPENING_MAX, Ripening, offered, portioned
from app.ledger.transaction import ENTRIES_MAX

AMOUNT = st.integers(0, 10**17)
RIPENING = st.lists(st.tuples(AMOUNT, AMOUNT, AMOUNT), max_size=80).map(
    lambda rows: [Ripening(number, *row) for number, row in enumerate(rows, 1)]
)


@given(RIPENING, st.integers(0, 10_000))
def test_an_offer_is_within_the_rate_of_each_instant(ripening: list[Ripening], rate: int) -> None:
    by_instant = {one.at: one for one in ripening}
    offer = offered(reversed(ripening), rate)
    assert [one.at for one in offer] == sorted(one.at for one in offer)
    assert len(offer) <= REPAYMENTS_MAX
    for part in offer:
        one = by_instant[part.at]
        assert 0 < part.amount <= part.free == max(one.amount - one.reserved, 0)
        assert (part.amount + one.advanced) * 10_000 <= (part.free + one.advanced) * rate


@given(RIPENING, st.integers(1, 10_000), st.integers(0, 10_000))
def test_what_is_taken_of_an_offer_sums_to_the_amount(ripening: list[Ripening], rate: int, share: int) -> None:
    offer = offered(ripening, rate)
    amount = sum(one.amount for one in offer) * share // 10_000
    parts = portioned(offer, amount)
    assert sum(part.amount for part in parts) == amount
    assert all(part.amount == one.amount for part, one in zip(parts[:-1], offer, strict=False))


def test_an_advance_is_one_transaction_however_many_instants_there_are() -> None:
    many = [Ripening(number, 100) for number in range(1, RIPENING_MAX + 100)]
    offer = offered(many, 5_000)
    assert len(offer) == REPAYMENTS_MAX
    assert 2 * REPAYMENTS_MAX + 4 <= ENTRIES_MAX
    # Those without anything free are passed over, as far as one looks.
    empty = [Ripening(number, 100, reserved=100) for number in range(1, RIPENING_MAX)]
    assert [one.at for one in offered([*empty, *many[RIPENING_MAX - 1 :]], 5_000)] == [RIPENING_MAX]
