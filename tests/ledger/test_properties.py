"""What holds for every history, tried on seeded worlds: soundness, replays, splitting, dry runs, passing time."""

import copy
from collections.abc import Iterator, Sequence
from random import Random

import pytest

from app import ledger
from app.ledger import proof
from tests.ledger.world import World
from tests.scenarios.target import WorldTarget
from tests.simulation.generator import Deliver, Generator
from tests.simulation.play import Play

SEEDS = range(2_000_000, 2_000_008)


async def lived_in(seed: int, operations: int = 120) -> tuple[World, Play]:
    """A world in which something has happened."""
    target = WorldTarget()
    play = Play(target, seed)
    await play.run(operations)
    return target.world, play


def more_requests(world: World, play: Play, count: int) -> list[ledger.Request]:
    """Requests that could come next, none of them decided yet."""
    generator = Generator(play.seed + 1, play.oracle, numbers=play.operations * 10)
    asked = [generator._one() for _ in range(count)]
    commands = [(play.translator.command(operation), operation) for operation in asked]
    return [world.request(command, operation.key, may_advance=operation.may_advance) for command, operation in commands]


def alone(requests: Sequence[ledger.Request]) -> list[ledger.Group]:
    return [ledger.Group((request,)) for request in requests]


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_step_leaves_a_sound_ledger(seed: int) -> None:
    target = WorldTarget()
    play = Play(target, seed)
    for step in Generator(seed, play.oracle, operations_max=70).steps():
        await play.perform(step)
        assert proof.violations(target.world.records()) == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_replay_changes_nothing(seed: int) -> None:
    world, play = await lived_in(seed)
    before, keys = world.records(), dict(world.keys)
    again = [
        operation
        for step in play.told
        if isinstance(step, Deliver) and not step.dry
        for operation in step.operations
        if operation.key is not None
    ]
    replayed = 0
    for operation in again:
        request = world.request(play.translator.command(operation), operation.key)
        record = keys.get((request.command.operation, operation.key or ""))
        if record is None or record.fingerprint != request.fingerprint:
            continue
        ((decision,),) = world.submit([ledger.Group((request,))])
        assert not isinstance(decision, ledger.Denied)
        assert decision.replayed
        replayed += 1
    assert replayed > len(again) // 2
    assert world.records() == before
    assert world.keys == keys


@pytest.mark.parametrize("seed", SEEDS)
async def test_splitting_a_batch_changes_no_decision(seed: int) -> None:
    world, play = await lived_in(seed)
    requests = more_requests(world, play, 40)
    together, apart, parted = (copy.deepcopy(world) for _ in range(3))
    decisions = [one for group in together.submit(alone(requests)) for one in group]
    assert [apart.submit([group])[0][0] for group in alone(requests)] == decisions
    in_parts = [one for part in _parts(requests, Random(seed)) for group in parted.submit(alone(part)) for one in group]
    assert in_parts == decisions
    assert together.records() == apart.records() == parted.records()
    assert len({type(decision) for decision in decisions}) > 1


def _parts(requests: Sequence[ledger.Request], chance: Random) -> Iterator[Sequence[ledger.Request]]:
    at = 0
    while at < len(requests):
        size = chance.randint(1, 9)
        yield requests[at : at + size]
        at += size


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_dry_run_is_what_doing_it_comes_to(seed: int) -> None:
    world, play = await lived_in(seed)
    for request in more_requests(world, play, 40):
        before = world.records()
        ((tried,),) = world.submit(alone([request]), dry_run=True)
        assert world.records() == before
        ((done,),) = world.submit(alone([request]))
        assert tried == done
        if isinstance(tried, ledger.Accepted):
            assert tried.balances
            assert all(world.balances[account] == balance for account, balance in tried.balances.items())


@pytest.mark.parametrize("seed", SEEDS)
async def test_time_alone_never_lowers_what_is_available_and_comes_out_as_foreseen(seed: int) -> None:
    world, _ = await lived_in(seed)
    known = {instant for account in world.accounts for instant, _ in world.futures(account)}
    instants = sorted({instant + step for instant in known for step in (-1, 0)} - {world.at, world.at - 1})
    foreseen = {at: {account: world.balance(account, at) for account in world.accounts} for at in instants}
    for at in instants:
        before = dict(world.balances)
        world.clock_to(at)
        assert world.balances == foreseen[at]
        assert all(world.balances[account].available >= before[account].available for account in world.accounts)


@pytest.mark.parametrize("seed", SEEDS)
async def test_recording_expiries_changes_no_decision(seed: int) -> None:
    world, play = await lived_in(seed)
    requests = more_requests(world, play, 40)
    swept = copy.deepcopy(world)
    lapsed = sorted((hold.expires_at or 0, hold.id) for hold in swept.holds.values() if _is_lapsed(hold, swept.at))
    for _, hold_id in lapsed:
        swept.accept(ledger.RecordExpiry(ledger.Reference(hold_id)))
    for request in requests:
        if isinstance(request.command, ledger.RecordExpiry) or _asks_for_a_version(request.command):
            continue
        ((unswept,),), ((decided,),) = world.submit(alone([request])), swept.submit(alone([request]))
        assert type(unswept) is type(decided)
        if isinstance(unswept, ledger.Rejected) and isinstance(decided, ledger.Rejected):
            assert unswept == decided
    for account in world.accounts:
        one, other = world.balances[account], swept.balances[account]
        assert (one.ledger, one.maturing, one.held) == (other.ledger, other.maturing, other.held)


def _is_lapsed(hold: ledger.Hold, at: int) -> bool:
    return hold.status is ledger.HoldStatus.ACTIVE and hold.status_at(at) is ledger.HoldStatus.EXPIRED


def _asks_for_a_version(command: ledger.Command) -> bool:
    """Versions count recordings, so a condition on one may tell the difference."""
    return not isinstance(command, ledger.OpenAccount) and bool(command.require)
