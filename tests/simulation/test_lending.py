"""An advance is repaid exactly, whatever comes between: reversals, holds, reserves, releases, delays, advances."""

import asyncio
from collections import Counter

import pytest

from app import store
from app.ledger import proof
from tests.scenarios.database_target import open_bank
from tests.scenarios.target import WorldTarget
from tests.simulation.lending import Lending
from tests.simulation.rehearsed_target import RehearsedTarget

SEEDS = range(3_000_000, 3_000_060)
THROUGH_DATABASES = 12
_SEEN = {
    "acceptInstantQuote ok",
    "acceptInstantQuote QUOTE_CHANGED",
    "acceptInstantQuote QUOTE_NOT_OPEN",
    "delayAvailability ok",
    "forfeitReserve ok",
    "placeHold ok",
    "quoteInstantAvailability ADVANCE_EXCEEDED",
    "releaseEarly ok",
    "releaseEarly SLICE_EXCEEDED",
    "reverseTransaction INSUFFICIENT_FUNDS",
    "reverseTransaction ok",
}
"""What the worlds must have come to, or they show nothing."""


@pytest.mark.simulation
async def test_an_advance_is_repaid_exactly_and_every_ledger_is_sound() -> None:
    came: Counter[str] = Counter()
    for seed in SEEDS:
        target = WorldTarget()
        lending = Lending(target, seed)
        await lending.run(80)
        assert proof.violations(target.world.records()) == []
        came.update(lending.came)
    assert came.keys() >= _SEEN, sorted(_SEEN - came.keys())
    assert came["acceptInstantQuote ok"] > 2 * len(SEEDS)


@pytest.mark.simulation
async def test_through_databases_it_comes_out_as_simulated_and_as_in_the_core(database_url: str) -> None:
    async with open_bank(database_url) as bank, asyncio.TaskGroup() as group:

        async def play(seed: int) -> None:
            made = await bank.tenant(f"lending {seed}")
            through = Lending(RehearsedTarget(bank, made.tenant_id, made.at), seed)
            await through.run(50)
            core = Lending(WorldTarget(), seed)
            await core.run(50)
            assert through.came == core.came
            assert through.owed == core.owed
            findings = [
                f"{step.name} {finding}"
                async for step in store.check_invariants(bank.database, made.tenant_id)
                for finding in step.findings
            ]
            assert findings == []

        for seed in range(SEEDS.start, SEEDS.start + THROUGH_DATABASES):
            group.create_task(play(seed))
