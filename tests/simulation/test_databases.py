"""Twenty thousand operations through the writer and each database, each compared with the oracle."""

import asyncio
import os

import pytest

from app import store
from tests.scenarios.database_target import Bank, open_bank
from tests.simulation.play import Play
from tests.simulation.run import Outcome, report

OPERATIONS_MIN = 20_000
SEEDS = 120
FIRST = 1_000_000
AT_ONCE = 8
SOAK = int(os.environ.get("SPENDABLE_TEST_SOAK", "1"))
SEED = os.environ.get("SPENDABLE_TEST_SEED")
"""Plays this one world only."""


@pytest.mark.simulation
async def test_a_database_agrees_with_the_oracle_on_every_operation(database_url: str) -> None:
    seeds = [int(SEED)] if SEED else range(FIRST, FIRST + SEEDS * SOAK)
    done = Outcome()
    async with open_bank(database_url) as bank:
        turn = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(_play(bank, seed, turn, done) for seed in seeds))
    assert done.failures == []
    assert SEED or done.operations >= OPERATIONS_MIN * SOAK
    assert SEED or done.missing == []


async def _play(bank: Bank, seed: int, turn: asyncio.Semaphore, done: Outcome) -> None:
    async with turn:
        target = await bank.tenant(f"seed {seed}")
        play = Play(target, seed, compare_every=5, knows_past=True)
        try:
            await play.run()
            findings = [
                f"{step.name}: {finding}"
                async for step in store.check_invariants(bank.database, target.tenant_id)
                for finding in step.findings
            ]
            assert findings == []
        except Exception as error:  # noqa: BLE001 - whatever fails is told with its seed
            again = f"SPENDABLE_TEST_SEED={seed} python -m pytest tests/simulation/test_databases.py"
            done.failures.append(report(f"{type(error).__name__}: {error}", again))
        done.operations += play.operations
        done.seen += play.seen
