"""Promises of the budgets: what is taken is gone, comes back by itself, and nobody else's is touched."""

import pytest

from app import services

MAXIMUM = 1_000
RATE = 100


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def budgets() -> tuple[services.Budgets, Clock]:
    clock = Clock()
    return services.Budgets(MAXIMUM, RATE, now=clock), clock


def left(budget: services.Budget) -> int:
    return budget.state().currently_available


def test_what_is_taken_comes_back_by_the_second_and_never_more_than_the_maximum() -> None:
    made, clock = budgets()
    budget = made.of("key_a")
    budget.take(900)
    assert budget.state() == services.BudgetState(MAXIMUM, 100, RATE)
    clock.at += 1.5
    assert left(budget) == 250
    clock.at += 1_000
    assert left(budget) == MAXIMUM


def test_too_few_points_are_refused_with_the_time_to_wait_and_none_is_taken() -> None:
    made, clock = budgets()
    budget = made.of("key_a")
    budget.take(900)
    with pytest.raises(services.Throttled) as refused:
        budget.take(300)
    assert (refused.value.code, refused.value.retry_after_seconds, left(budget)) == ("THROTTLED", 2.0, 100)
    clock.at += 2.0
    budget.take(300)
    assert left(budget) == 0


def test_a_reserve_is_for_those_who_may_use_it() -> None:
    made, _ = budgets()
    budget = made.of("key_a")
    budget.take(850)
    with pytest.raises(services.Throttled):
        budget.take(100, reserved_share=0.1)
    budget.take(50, reserved_share=0.1)
    budget.take(100)
    assert left(budget) == 0


def test_what_costs_more_than_a_budget_ever_holds_waits_for_a_full_one_and_leaves_a_debt() -> None:
    made, clock = budgets()
    budget = made.of("key_a")
    budget.take(3_000, reserved_share=0.1)
    assert left(budget) == 0
    clock.at += 20
    with pytest.raises(services.Throttled):
        budget.take(1)
    clock.at += 1
    budget.take(1)


def test_a_charge_leaves_a_debt_of_at_most_the_whole_budget() -> None:
    made, clock = budgets()
    budget = made.of("key_a")
    for _ in range(10):
        budget.charge(900)
    clock.at += 10
    assert left(budget) == 0
    clock.at += 1
    assert left(budget) == RATE


def test_what_is_given_back_is_there_again_up_to_the_maximum() -> None:
    made, _ = budgets()
    budget = made.of("key_a")
    budget.take(100)
    budget.give_back(40)
    assert left(budget) == MAXIMUM - 60
    budget.give_back(100)
    assert left(budget) == MAXIMUM


def test_each_bearer_has_a_budget_of_its_own_and_the_number_of_them_is_bounded() -> None:
    made, _ = budgets()
    made.of("key_a").take(500)
    assert left(made.of("key_b")) == MAXIMUM
    assert left(made.of("key_a")) == 500
    for number in range(services.BUDGETS_MAX):
        made.of(f"key_{number}")
    assert len(made._kept) == services.BUDGETS_MAX
    assert left(made.of("key_a")) == MAXIMUM
