"""Half a million operations through the pure core, each compared with the oracle."""

import os

import pytest

from tests.simulation import run

OPERATIONS_MIN = 500_000
SEEDS = 2_500
SOAK = int(os.environ.get("SPENDABLE_TEST_SOAK", "1"))


@pytest.mark.simulation
def test_the_core_agrees_with_the_oracle_on_every_operation() -> None:
    outcome = run.simulate(0, SEEDS * SOAK)
    assert outcome.failures == []
    assert outcome.missing == []
    assert outcome.operations >= OPERATIONS_MIN * SOAK


def test_the_same_seed_is_the_same_world() -> None:
    first, second = run.play_some(7, 1), run.play_some(7, 1)
    assert first.operations == second.operations
    assert first.seen == second.seen
