"""The same scenarios through the writer and a database: they come out as they say, and exactly as in the core."""

import asyncio

from app import store
from tests.scenarios import language, runner
from tests.scenarios.database_target import Bank, open_bank
from tests.scenarios.target import WorldTarget

AT_ONCE = 8
"""Scenarios under way together, each in a tenant of its own."""


async def test_come_out_through_a_database_as_in_the_core(database_url: str) -> None:
    async with open_bank(database_url) as bank:
        turn = asyncio.Semaphore(AT_ONCE)
        scenarios = language.read_all()
        found = await asyncio.gather(*(_difference(bank, scenario, turn) for scenario in scenarios))
    assert [difference for difference in found if difference] == []


async def _difference(bank: Bank, scenario: language.Scenario, turn: asyncio.Semaphore) -> str:
    async with turn:
        target = await bank.tenant(scenario.name)
        try:
            through = await runner.play(scenario, target)
        except AssertionError as error:
            return str(error)
    findings = [
        f"{scenario.name}: {step.name} {finding}"
        async for step in store.check_invariants(bank.database, target.tenant_id)
        for finding in step.findings
    ]
    if findings:
        return "\n".join(findings)
    core = await runner.play(scenario, WorldTarget())
    if through == core:
        return ""
    lines = [f"  {a}\n  {b}" for a, b in zip(core, through, strict=False) if a != b]
    return "\n".join([scenario.name, *lines])
