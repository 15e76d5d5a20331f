"""Every scenario against the pure core, its ledger proved sound after it."""

from collections import Counter

import pytest

from app import ledger
from app.ledger import proof
from tests.scenarios import language, runner
from tests.scenarios.target import WorldTarget

SCENARIOS = language.read_all()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
async def test_comes_out_as_it_says(scenario: language.Scenario) -> None:
    target = WorldTarget()
    await runner.play(scenario, target)
    assert proof.violations(target.world.records()) == []


def test_there_are_enough_scenarios_and_each_has_its_own_title() -> None:
    assert len(SCENARIOS) >= 100
    assert [name for name, times in Counter(scenario.name for scenario in SCENARIOS).items() if times > 1] == []


@pytest.mark.parametrize("code", ledger.RejectionCode)
def test_every_rejection_is_shown_by_a_scenario(code: ledger.RejectionCode) -> None:
    steps = [step for scenario in SCENARIOS for outer in scenario.steps for step in (outer, *outer.inside)]
    assert any(step.outcome[:1] == (code,) for step in steps)
