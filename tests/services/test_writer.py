"""The writer's promises, with an attempt in place of the database."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from app import ledger, services, store
from app.services.clock import ClockWatch
from app.services.writer import CommitLostError, Decisions, Writer, WriterLimits

TENANT = UUID(int=1)
OTHER = UUID(int=2)


def group(*keys: str, atomic: bool = False) -> ledger.Group:
    """A group of one command for each key."""
    return ledger.Group(tuple(request(key) for key in keys), atomic=atomic)


def request(key: str) -> ledger.Request:
    command = ledger.ReleaseHold(ledger.Reference(UUID(int=9)))
    return ledger.Request(command, key, uuid4(), "test")


class Ledger:
    """Stands in for the database: remembers batches, accepts everything, fails as told."""

    def __init__(self) -> None:
        self.batches: list[tuple[UUID, list[str]]] = []
        self.standing: dict[str, ledger.Accepted] = {}
        self.poison: set[str] = set()
        self.failures: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def attempt(self, lane: int, tenant_id: UUID, groups: Sequence[ledger.Group]) -> list[Decisions]:
        del lane
        await self.gate.wait()
        keys = [str(item.key) for batch in groups for item in batch.requests]
        self.batches.append((tenant_id, keys))
        if self.poison & set(keys):
            raise ZeroDivisionError
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None and not isinstance(failure, store.CommitUnknown):
            raise failure
        decisions: list[Decisions] = [[self._accept(item) for item in batch.requests] for batch in groups]
        if failure is not None:
            raise CommitLostError(decisions)
        return decisions

    def _accept(self, item: ledger.Request) -> ledger.Accepted:
        known = self.standing.get(str(item.key))
        if known is not None:
            return ledger.Accepted(known.sequence, known.recorded_at, hold_id=known.hold_id, replayed=True)
        made = ledger.Accepted(len(self.standing) + 1, 5, hold_id=item.new_id)
        self.standing[str(item.key)] = made
        return made


def writer_on(fake: Ledger, *, lanes: int = 1, **limits: float) -> Writer:
    made = Writer(fake.attempt, lanes, WriterLimits(**limits))  # type: ignore[arg-type]
    made.start()
    return made


async def test_it_takes_what_waits_when_it_becomes_free_and_never_waits_for_more() -> None:
    fake = Ledger()
    writer = writer_on(fake)
    fake.gate.clear()
    first = asyncio.create_task(writer.submit(TENANT, [group("a")]))
    await asyncio.sleep(0.01)
    rest = [asyncio.create_task(writer.submit(TENANT, [group(f"k{number}")])) for number in range(256)]
    await asyncio.sleep(0.01)
    fake.gate.set()
    await asyncio.gather(first, *rest)
    assert [len(keys) for _, keys in fake.batches] == [1, 256]
    await writer.drain(1)


async def test_a_group_is_never_split_and_a_batch_never_exceeds_its_bound() -> None:
    fake = Ledger()
    writer = writer_on(fake, batch_commands_max=5)
    answers = await writer.submit(TENANT, [group("a", "b", "c"), group("d", "e", "f"), group("g", "h")])
    assert [keys for _, keys in fake.batches] == [["a", "b", "c"], ["d", "e", "f", "g", "h"]]
    assert all(not isinstance(answer, services.Fault) for answer in answers)
    with pytest.raises(services.BadInput):
        await writer.submit(TENANT, [group(*"abcdef")])
    await writer.drain(1)


async def test_a_tenant_with_a_long_queue_does_not_keep_another_waiting() -> None:
    fake = Ledger()
    writer = writer_on(fake, batch_commands_max=2)
    fake.gate.clear()
    long = asyncio.create_task(writer.submit(TENANT, [group(f"k{number}") for number in range(20)]))
    await asyncio.sleep(0.01)
    short = asyncio.create_task(writer.submit(OTHER, [group("x")]))
    await asyncio.sleep(0.01)
    fake.gate.set()
    await asyncio.gather(long, short)
    assert [tenant for tenant, _ in fake.batches].index(OTHER) == 1
    await writer.drain(1)


async def test_full_queues_refuse_with_a_time_and_touch_nothing() -> None:
    fake = Ledger()
    writer = writer_on(fake, queue_commands_max=3, queue_commands_total_max=5)
    fake.gate.clear()
    tasks = [asyncio.create_task(writer.submit(TENANT, [group("a")]))]
    await asyncio.sleep(0.01)
    tasks.append(asyncio.create_task(writer.submit(TENANT, [group("b"), group("c")])))
    await asyncio.sleep(0.01)
    with pytest.raises(services.Overloaded) as refused:
        await writer.submit(TENANT, [group("d")])
    assert refused.value.retry_after_seconds is not None
    assert refused.value.retry_after_seconds > 0
    tasks.append(asyncio.create_task(writer.submit(OTHER, [group("e"), group("f")])))
    await asyncio.sleep(0.01)
    assert writer.full
    with pytest.raises(services.Overloaded):
        await writer.submit(UUID(int=3), [group("g")])
    fake.gate.set()
    await asyncio.gather(*tasks)
    assert sorted(fake.standing) == ["a", "b", "c", "e", "f"]
    assert writer.commands_waiting == 0
    await writer.drain(1)


async def test_a_poisoned_command_stands_alone_and_the_others_get_their_answers() -> None:
    fake = Ledger()
    writer = writer_on(fake)
    fake.poison = {"k5"}
    answers = await writer.submit(TENANT, [group(f"k{number}") for number in range(8)])
    assert [isinstance(answer, services.Fault) for answer in answers] == [number == 5 for number in range(8)]
    assert isinstance(answers[5], services.Internal)
    assert sorted(fake.standing) == [f"k{number}" for number in range(8) if number != 5]
    await writer.drain(1)


async def test_a_conflict_is_tried_again_three_times_and_no_more() -> None:
    fake = Ledger()
    writer = writer_on(fake)
    fake.failures = [store.Conflict("a"), store.Conflict("b")]
    (answer,) = await writer.submit(TENANT, [group("a")])
    assert not isinstance(answer, services.Fault)
    assert len(fake.batches) == 3
    fake.failures = [store.Unavailable("away")] * 3
    (answer,) = await writer.submit(TENANT, [group("b")])
    assert isinstance(answer, services.Unavailable)
    assert answer.retry_after_seconds
    assert len(fake.batches) == 6
    await writer.drain(1)


async def test_a_lost_commit_is_found_by_its_keys_and_answered_as_the_first_time() -> None:
    fake = Ledger()
    writer = writer_on(fake)
    fake.failures = [store.CommitUnknown("lost")]
    ((decision,),) = await writer.submit(TENANT, [group("a")])  # type: ignore[misc]
    assert isinstance(decision, ledger.Accepted)
    assert not decision.replayed
    assert len(fake.batches) == 2
    ((again,),) = await writer.submit(TENANT, [group("a")])  # type: ignore[misc]
    assert isinstance(again, ledger.Accepted)
    assert again.replayed
    await writer.drain(1)


async def test_after_a_lost_commit_nobody_is_told_that_nothing_happened() -> None:
    fake = Ledger()
    writer = writer_on(fake)
    fake.failures = [store.CommitUnknown("lost"), *[store.Unavailable("away")] * 20]
    (answer,) = await writer.submit(TENANT, [group("a")])
    assert isinstance(answer, services.OutcomeUnknown)
    await writer.drain(1)


async def test_a_command_whose_caller_gave_up_is_dropped_untouched() -> None:
    fake = Ledger()
    writer = writer_on(fake, deadline_seconds=0.05)
    fake.gate.clear()
    first = asyncio.create_task(writer.submit(TENANT, [group("a")]))
    await asyncio.sleep(0.01)
    late = asyncio.create_task(writer.submit(TENANT, [group("b")]))
    await asyncio.sleep(0.1)
    fake.gate.set()
    await first
    (answer,) = await late
    assert isinstance(answer, services.DeadlineExceeded)
    assert list(fake.standing) == ["a"]
    await writer.drain(1)


async def test_a_caller_that_leaves_does_not_take_its_command_back() -> None:
    fake = Ledger()
    writer = writer_on(fake)
    fake.gate.clear()
    caller = asyncio.create_task(writer.submit(TENANT, [group("a")]))
    await asyncio.sleep(0.01)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    fake.gate.set()
    await writer.submit(TENANT, [group("b")])
    assert sorted(fake.standing) == ["a", "b"]
    await writer.drain(1)


async def test_draining_finishes_what_was_accepted_and_refuses_the_rest() -> None:
    fake = Ledger()
    writer = writer_on(fake)
    fake.gate.clear()
    accepted = asyncio.create_task(writer.submit(TENANT, [group("a"), group("b")]))
    await asyncio.sleep(0.01)
    draining = asyncio.create_task(writer.drain(5))
    await asyncio.sleep(0.01)
    with pytest.raises(services.Unavailable):
        await writer.submit(TENANT, [group("c")])
    fake.gate.set()
    await draining
    assert len(await accepted) == 2
    assert sorted(fake.standing) == ["a", "b"]


async def test_what_a_drain_could_not_finish_is_answered_as_unknown_and_the_untouched_as_unavailable() -> None:
    fake = Ledger()
    writer = writer_on(fake, batch_commands_max=1)
    fake.gate.clear()
    begun = asyncio.create_task(writer.submit(TENANT, [group("a"), group("b")]))
    await asyncio.sleep(0.01)
    await writer.drain(0.05)
    first, second = await begun
    assert isinstance(first, services.OutcomeUnknown)
    assert isinstance(second, services.Unavailable)


async def test_other_work_takes_its_turn_between_two_batches_of_the_tenant() -> None:
    fake = Ledger()
    writer = writer_on(fake, batch_commands_max=1)
    fake.gate.clear()
    order: list[str] = []

    async def work(lane: int) -> str:
        order.append(f"work after {len(fake.batches)}")
        return f"lane {lane}"

    first = asyncio.create_task(writer.submit(TENANT, [group("a"), group("b"), group("c")]))
    await asyncio.sleep(0.01)
    errands = [asyncio.create_task(writer.run(TENANT, work)) for _ in range(2)]
    await asyncio.sleep(0.01)
    assert writer.commands_waiting == 5
    fake.gate.set()
    assert await asyncio.gather(*errands) == ["lane 0", "lane 0"]
    await first
    assert order == ["work after 1", "work after 2"]
    assert writer.commands_waiting == 0
    await writer.drain(1)


@pytest.mark.parametrize(
    ("failures", "outcome"),
    [
        ([store.Conflict("a"), store.Unavailable("b")], "done"),
        ([store.Conflict("a")] * 3, services.Unavailable),
        ([store.CommitUnknown("lost"), *[store.Unavailable("away")] * 3], "done"),
        ([store.CommitUnknown("lost"), *[store.Unavailable("away")] * 7], services.OutcomeUnknown),
        ([store.StoreError("no")], services.Internal),
        ([ZeroDivisionError()], services.Internal),
        ([services.Forbidden("no")], services.Forbidden),
    ],
)
async def test_other_work_is_tried_again_as_a_batch_is_and_harms_nobody_else(
    failures: list[Exception], outcome: str | type[services.Fault], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.writer._PAUSE_SECONDS", 0.001)
    fake = Ledger()
    writer = writer_on(fake)
    left = list(failures)

    async def work(lane: int) -> str:
        del lane
        if left:
            raise left.pop(0)
        return "done"

    if isinstance(outcome, str):
        assert await writer.run(TENANT, work) == outcome
    else:
        with pytest.raises(outcome):
            await writer.run(TENANT, work)
    (answer,) = await writer.submit(TENANT, [group("a")])
    assert not isinstance(answer, services.Fault)
    await writer.drain(1)


async def test_other_work_is_bounded_dropped_and_drained_like_a_command() -> None:
    fake = Ledger()
    writer = writer_on(fake, queue_commands_max=2, deadline_seconds=0.05)
    fake.gate.clear()

    async def work(lane: int) -> int:
        return lane

    tasks = [asyncio.create_task(writer.submit(TENANT, [group("a")]))]
    await asyncio.sleep(0.01)
    late = asyncio.create_task(writer.run(TENANT, work))
    await asyncio.sleep(0.01)
    with pytest.raises(services.Overloaded):
        await writer.run(TENANT, work)
    await asyncio.sleep(0.1)
    fake.gate.set()
    await asyncio.gather(*tasks)
    with pytest.raises(services.DeadlineExceeded):
        await late
    begun, never = asyncio.Event(), asyncio.Event()

    async def endless(lane: int) -> int:
        begun.set()
        await never.wait()
        return lane

    unfinished = asyncio.create_task(writer.run(TENANT, endless))
    await begun.wait()
    waiting = asyncio.create_task(writer.run(TENANT, work))
    await asyncio.sleep(0.01)
    await writer.drain(0.05)
    with pytest.raises(services.OutcomeUnknown):
        await unfinished
    with pytest.raises(services.Unavailable):
        await waiting
    with pytest.raises(services.Unavailable):
        await writer.run(TENANT, work)


def test_a_clock_that_jumps_ahead_is_suspect_until_it_reads_right_again() -> None:
    moment = [100.0]
    watch = ClockWatch(lambda: moment[0])
    assert not watch.suspect(1_000_000_000)
    moment[0] += 10
    assert not watch.suspect(1_014_900_000)
    moment[0] += 1
    assert watch.suspect(1_021_000_001)
    assert watch.suspect(1_021_000_002)
    assert not watch.suspect(1_020_000_000)


def test_a_clock_that_falls_behind_is_no_danger() -> None:
    moment = [0.0]
    watch = ClockWatch(lambda: moment[0])
    assert not watch.suspect(10_000_000)
    moment[0] += 100
    assert not watch.suspect(10_000_001)
