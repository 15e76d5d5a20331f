"""To simulate is to do: every mutation and every rejection comes out as it was told, now and at a later instant."""

import asyncio
from collections import Counter

import pytest

from app import ledger, services
from app.ledger.command import Command
from tests.scenarios import language, runner
from tests.scenarios.database_target import Bank, open_bank
from tests.services.desk import DAY
from tests.simulation.chances import HOUR
from tests.simulation.generator import Deliver, Generator, Step
from tests.simulation.play import Play
from tests.simulation.rehearsed_target import RehearsedTarget

AT_ONCE = 8
WORLDS = 24
FIRST = 2_000_000
COMMANDS_MIN = 40


async def _target(bank: Bank, name: str) -> RehearsedTarget:
    made = await bank.tenant(name)
    step = list(services.Step)[len(name) % len(services.Step)]
    return RehearsedTarget(bank, made.tenant_id, made.at, step=step)


async def test_every_command_and_every_rejection_comes_out_as_simulated(database_url: str) -> None:
    seen: Counter[str] = Counter()
    async with open_bank(database_url) as bank:
        turn = asyncio.Semaphore(AT_ONCE)

        async def play(scenario: language.Scenario) -> None:
            async with turn:
                target = await _target(bank, scenario.name)
                await runner.play(scenario, target)
                seen.update(target.seen)

        async with asyncio.TaskGroup() as group:
            for scenario in language.read_all():
                group.create_task(play(scenario))
    assert {kind.operation for kind in Command.__args__} <= seen.keys()
    assert set(ledger.RejectionCode) <= seen.keys()


@pytest.mark.simulation
async def test_worlds_come_out_as_simulated(database_url: str) -> None:
    async with open_bank(database_url) as bank:
        turn = asyncio.Semaphore(AT_ONCE)

        async def play(seed: int) -> None:
            async with turn:
                target = await _target(bank, f"seed {seed}" + "." * (seed % 3))
                await Play(target, seed, compare_every=1_000).run()

        async with asyncio.TaskGroup() as group:
            for seed in range(FIRST, FIRST + WORLDS):
                group.create_task(play(seed))


@pytest.mark.simulation
async def test_what_is_simulated_of_a_later_instant_comes_out_then(database_url: str) -> None:
    done: Counter[str] = Counter()
    async with open_bank(database_url) as bank:
        turn = asyncio.Semaphore(AT_ONCE)

        async def play(seed: int) -> None:
            async with turn:
                target = await _target(bank, f"later {seed}" + "." * (seed % 3))
                done.update(await _play_later(target, seed))

        async with asyncio.TaskGroup() as group:
            for seed in range(FIRST, FIRST + WORLDS):
                group.create_task(play(seed))
    assert sum(done.values()) >= COMMANDS_MIN * WORLDS
    assert len(done) > len(ledger.RejectionCode) // 2


async def _play_later(target: RehearsedTarget, seed: int) -> Counter[str]:
    """Make a world; then simulate what comes next as of a later instant, let it become that, and do it."""
    world = Play(target, seed, compare_every=1_000)
    steps: list[Step] = []
    for number, step in enumerate(Generator(seed, world.oracle, 10_000).steps()):
        if number < 60:
            await world.perform(step)
        elif isinstance(step, Deliver) and not step.dry:
            steps.append(step)
        if len(steps) == COMMANDS_MIN:
            break
    groups = []
    for step in steps:
        assert isinstance(step, Deliver)
        requests = tuple(
            target.request(world.translator.command(one), one.key or "", clerk=not one.may_advance)
            for one in step.operations
        )
        groups += [ledger.Group(requests, atomic=True)] if step.atomic else [ledger.Group((one,)) for one in requests]
    target.seen.clear()
    at = target.at + 1 + (seed % 4) * 5 * HOUR + (seed % 3) * DAY
    told = await target.simulate(groups, at)
    clock = target.bank.gateway.tenant_clock(target._principal())
    assert (await clock.set(at)).reached
    target.at = at
    before = {one.account.id: one.before for one in told.accounts if one.before is not None}
    assert await target.balances(list(before)) == before
    decided = await super(RehearsedTarget, target).submit(groups)
    await target.compare(groups, told, decided)
    return target.seen


async def test_a_simulation_is_bounded(database_url: str) -> None:
    async with open_bank(database_url) as bank:
        target = await _target(bank, "bounded")
        with pytest.raises(services.BadInput, match="10 years"):
            await target.simulate([], target.at + 4_000 * DAY)
