"""The writer: commands of many callers, taken together, decided and committed in one go, tenant by tenant."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar, cast
from uuid import UUID

from app import ledger, store, telemetry
from app.services.clock import monotonic_seconds
from app.services.faults import BadInput, DeadlineExceeded, Fault, Internal, OutcomeUnknown, Overloaded, Unavailable
from app.values import value

Answer = TypeVar("Answer")
Decisions: TypeAlias = list[ledger.Decision]
Attempt: TypeAlias = Callable[[int, UUID, Sequence[ledger.Group]], Awaitable[list[Decisions]]]
"""Decides groups of one tenant on one lane and commits; raises CommitLostError where it may have."""

TRIES_MAX: Final = 3
TRIES_AFTER_UNKNOWN_MAX: Final = 8
_PAUSE_SECONDS: Final = 0.05
_PAUSE_SECONDS_MAX: Final = 1.0
_RETRY_SECONDS_MIN: Final = 0.1
_RETRY_SECONDS_MAX: Final = 5.0
_RATE_SHARE: Final = 0.2


class CommitLostError(Exception):
    """The answer to a COMMIT was lost; `decisions` are what stands if it took place."""

    def __init__(self, decisions: list[Decisions]) -> None:
        super().__init__("the outcome of a commit is unknown")
        self.decisions = decisions


@value
class WriterLimits:
    """Bounds of the writer: commands in a batch, commands that may wait, and how long they may."""

    batch_commands_max: int = 1_000
    queue_commands_max: int = 4_096
    queue_commands_total_max: int = 16_384
    deadline_seconds: float = 10.0


@dataclass(slots=True)
class _Job:
    """One group on its way: who waits for it, until when, and what attempts of unknown outcome decided."""

    group: ledger.Group
    answer: "asyncio.Future[Decisions]"
    deadline: float
    tried: list[Decisions] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.group.requests)

    def fail(self, fault: Fault) -> None:
        if not self.answer.done():
            self.answer.set_exception(fault)

    def settle(self, decisions: Decisions) -> None:
        if not self.answer.done():
            self.answer.set_result([self._own(number, decision) for number, decision in enumerate(decisions)])

    def _own(self, number: int, decision: ledger.Decision) -> ledger.Decision:
        """Return our own first answer where a replay only shows that our lost commit took place."""
        for tried in self.tried:
            if _same_outcome(tried[number], decision):
                return tried[number]
        return decision


@dataclass(slots=True)
class _Errand:
    """Work on a tenant that is no batch: who waits for it, and until when."""

    work: Callable[[int], Awaitable[Any]]
    answer: "asyncio.Future[Any]"
    deadline: float

    def fail(self, fault: Fault) -> None:
        if not self.answer.done():
            self.answer.set_exception(fault)


@dataclass(slots=True)
class _Queue:
    """What waits of one tenant; `taken` while a lane works on it or it stands in line for one."""

    jobs: deque[_Job] = field(default_factory=deque)
    errands: deque[_Errand] = field(default_factory=deque)
    commands: int = 0
    taken: bool = False


class Writer:
    """Bounded queues by tenant, served in turn by a few lanes; each batch is one tenant's and one commit."""

    def __init__(self, attempt: Attempt, lanes: int, limits: WriterLimits) -> None:
        self._attempt = attempt
        self._lanes = lanes
        self._limits = limits
        self._queues: dict[UUID, _Queue] = {}
        self._line: asyncio.Queue[UUID] = asyncio.Queue()
        self._commands = 0
        self._commands_per_second = 1_000.0
        self._tasks: list[asyncio.Task[None]] = []
        self._draining = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def commands_waiting(self) -> int:
        """How many commands wait or are under way."""
        return self._commands

    @property
    def full(self) -> bool:
        """Whether a further command would be refused."""
        return self._commands >= self._limits.queue_commands_total_max

    def start(self) -> None:
        """Begin to serve."""
        self._tasks = [asyncio.create_task(self._serve(lane), name=f"writer-{lane}") for lane in range(self._lanes)]

    async def drain(self, seconds: float) -> None:
        """Refuse what comes from now on, finish what was accepted (for at most so long), and stop."""
        self._draining = True
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            telemetry.warn(telemetry.WRITER, "writer stopped with commands unfinished", count=self._commands)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for queue in self._queues.values():
            waiting: list[_Job | _Errand] = [*queue.jobs, *queue.errands]
            for one in waiting:
                one.fail(Unavailable("The server is stopping.", retry_after_seconds=_RETRY_SECONDS_MAX))

    async def submit(self, tenant_id: UUID, groups: Sequence[ledger.Group]) -> list[Decisions | Fault]:
        """Queue groups of one tenant and wait for what becomes of each: its decisions, or a fault.

        Either all of the groups are queued or none. Raises BadInput for a group larger than a batch,
        Overloaded where the queues are full and Unavailable while stopping: then nothing was touched.
        Cancelling the caller does not take back what is queued.
        """
        answers: list[Decisions | Fault] = []
        for job in self._enqueue(tenant_id, groups):
            # A caller who is cancelled cancels an answer that is to come, and nobody minds.
            try:
                answers.append(await job.answer)
            except Fault as fault:
                answers.append(fault)
        return answers

    async def run(self, tenant_id: UUID, work: Callable[[int], Awaitable[Answer]]) -> Answer:
        """Queue other work on a tenant, wait for it and return its answer; it counts as one command.

        It is given a lane, between two batches of the tenant. Where the database fails it is run again, after a lost
        commit too, so it must look first at how things stand. Raises a fault, as `submit` does.
        """
        queue = self._admit(tenant_id, 1)
        deadline = monotonic_seconds() + self._limits.deadline_seconds
        errand = _Errand(work, asyncio.get_running_loop().create_future(), deadline)
        queue.errands.append(errand)
        await asyncio.wait([errand.answer])
        return cast("Answer", errand.answer.result())

    def _enqueue(self, tenant_id: UUID, groups: Sequence[ledger.Group]) -> list[_Job]:
        limits = self._limits
        if any(len(group.requests) > limits.batch_commands_max for group in groups):
            raise BadInput(f"A group takes at most {limits.batch_commands_max} commands.")
        queue = self._admit(tenant_id, sum(len(group.requests) for group in groups))
        loop = asyncio.get_running_loop()
        deadline = monotonic_seconds() + limits.deadline_seconds
        jobs = [_Job(group, loop.create_future(), deadline) for group in groups]
        queue.jobs.extend(jobs)
        return jobs

    def _admit(self, tenant_id: UUID, size: int) -> _Queue:
        """Return the tenant's queue with so many more commands counted, to be put there at once."""
        limits = self._limits
        if self._draining:
            raise Unavailable("The server is stopping.", retry_after_seconds=_RETRY_SECONDS_MAX)
        queue = self._queues.setdefault(tenant_id, _Queue())
        waiting = max(queue.commands - limits.queue_commands_max, self._commands - limits.queue_commands_total_max)
        if waiting + size > 0:
            self._forget(tenant_id, queue)
            raise Overloaded("Too many commands wait already.", retry_after_seconds=self._retry_seconds())
        queue.commands += size
        self._commands += size
        self._idle.clear()
        if not queue.taken:
            queue.taken = True
            self._line.put_nowait(tenant_id)
        return queue

    def _retry_seconds(self) -> float:
        seconds = self._commands / self._commands_per_second
        return round(min(max(seconds, _RETRY_SECONDS_MIN), _RETRY_SECONDS_MAX), 2)

    async def _serve(self, lane: int) -> None:
        """Take the tenant that has waited longest, one batch of it, and put it back at the end of the line."""
        while True:
            tenant_id = await self._line.get()
            queue = self._queues[tenant_id]
            if queue.errands:
                await self._run_errand(lane, queue)
            jobs = self._take(queue)
            size = sum(job.size for job in jobs)
            began = monotonic_seconds()
            try:
                if jobs:
                    await self._perform(lane, tenant_id, jobs)
            finally:
                for job in jobs:
                    job.fail(OutcomeUnknown("The server stopped before the outcome was known; ask again."))
                self._done(queue, size)
            self._learn(size, monotonic_seconds() - began)
            if queue.jobs or queue.errands:
                self._line.put_nowait(tenant_id)
            else:
                queue.taken = False
                self._forget(tenant_id, queue)

    def _take(self, queue: _Queue) -> list[_Job]:
        """Take whole groups up to a full batch; those whose callers have given up are dropped untouched."""
        now = monotonic_seconds()
        jobs: list[_Job] = []
        room = self._limits.batch_commands_max
        while queue.jobs and queue.jobs[0].size <= room:
            job = queue.jobs.popleft()
            if job.deadline < now:
                job.fail(_waited_too_long(self._retry_seconds()))
                self._done(queue, job.size)
            else:
                jobs.append(job)
                room -= job.size
        return jobs

    def _done(self, queue: _Queue, size: int) -> None:
        queue.commands -= size
        self._commands -= size
        if self._commands == 0:
            self._idle.set()

    def _forget(self, tenant_id: UUID, queue: _Queue) -> None:
        if not queue.jobs and not queue.errands and not queue.taken:
            self._queues.pop(tenant_id, None)

    def _learn(self, size: int, seconds: float) -> None:
        if size and seconds > 0:
            self._commands_per_second += _RATE_SHARE * (size / seconds - self._commands_per_second)

    async def _run_errand(self, lane: int, queue: _Queue) -> None:
        errand = queue.errands.popleft()
        try:
            if errand.deadline < monotonic_seconds():
                errand.fail(_waited_too_long(self._retry_seconds()))
            else:
                errand.answer.set_result(await self._insist(lane, errand))
        except Fault as fault:
            errand.fail(fault)
        except Exception as error:  # noqa: BLE001 - whatever it is, only this errand may fail
            errand.fail(Internal(telemetry.unexpected(error, where="writer")))
        finally:
            errand.fail(OutcomeUnknown("The server stopped before the outcome was known; ask again."))
            self._done(queue, 1)

    async def _insist(self, lane: int, errand: _Errand) -> object:
        """Try until there is an answer, a bounded number of times."""
        tries, unknown = 0, False
        while True:
            tries += 1
            try:
                return await errand.work(lane)
            except store.StoreError as error:
                if not error.retryable:
                    raise
                unknown = unknown or isinstance(error, store.CommitUnknown)
                telemetry.warn(telemetry.WRITER, "an errand will be tried again", error=telemetry.class_of(error))
            if unknown and tries >= TRIES_AFTER_UNKNOWN_MAX:
                raise OutcomeUnknown("It may have happened; ask again.")
            await _pause(tries, TRIES_AFTER_UNKNOWN_MAX if unknown else TRIES_MAX)

    async def _perform(self, lane: int, tenant_id: UUID, jobs: Sequence[_Job]) -> None:
        """Run a batch; where it cannot be run at all, its halves, until the culprit stands alone."""
        try:
            decisions = await self._persist(lane, tenant_id, jobs)
        except Fault as fault:
            for job in jobs:
                job.fail(_own_fault(job, fault))
        except Exception as error:  # noqa: BLE001 - whatever it is, only the command that caused it may fail
            if len(jobs) == 1:
                jobs[0].fail(_own_fault(jobs[0], Internal(telemetry.unexpected(error, where="writer"))))
                return
            middle = len(jobs) // 2
            await self._perform(lane, tenant_id, jobs[:middle])
            await self._perform(lane, tenant_id, jobs[middle:])
        else:
            for job, decided in zip(jobs, decisions, strict=True):
                job.settle(decided)

    async def _persist(self, lane: int, tenant_id: UUID, jobs: Sequence[_Job]) -> list[Decisions]:
        """Try until there is an answer, a bounded number of times; after a lost commit the same keys tell."""
        groups = [job.group for job in jobs]
        tries = 0
        while True:
            tries += 1
            try:
                return await self._attempt(lane, tenant_id, groups)
            except CommitLostError as lost:
                for job, decided in zip(jobs, lost.decisions, strict=True):
                    job.tried.append(decided)
            except store.StoreError as error:
                if not error.retryable:
                    raise
                telemetry.warn(
                    telemetry.WRITER, "a batch will be tried again", tenant=tenant_id, error=telemetry.class_of(error)
                )
            unknown = any(job.tried for job in jobs)
            await _pause(tries, TRIES_AFTER_UNKNOWN_MAX if unknown else TRIES_MAX)


async def _pause(tries: int, most: int) -> None:
    """Wait before the next try, longer each time; raises Unavailable where there were enough."""
    if tries >= most:
        raise Unavailable("The database cannot be used now.", retry_after_seconds=_RETRY_SECONDS_MAX)
    pause = min(_PAUSE_SECONDS * 2**tries, _PAUSE_SECONDS_MAX)
    await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter, not a secret


def _waited_too_long(retry_seconds: float) -> Fault:
    return DeadlineExceeded("It waited too long and was not begun.", retry_after_seconds=retry_seconds)


def _own_fault(job: _Job, fault: Fault) -> Fault:
    """Return the fault as this job's caller must hear it: after a lost commit nobody may say that nothing happened."""
    if job.tried:
        return OutcomeUnknown("It may have happened; ask again with the same idempotency key.")
    return fault


def _same_outcome(tried: ledger.Decision, found: ledger.Decision) -> bool:
    if isinstance(tried, ledger.Accepted) and isinstance(found, ledger.Accepted):
        return (tried.sequence, tried.recorded_at, tried.account_id, tried.transaction_id, tried.hold_id) == (
            found.sequence,
            found.recorded_at,
            found.account_id,
            found.transaction_id,
            found.hold_id,
        )
    if isinstance(tried, ledger.Rejected) and isinstance(found, ledger.Rejected):
        return not tried.replayed and found.replayed and tried.rejection == found.rejection
    return False
