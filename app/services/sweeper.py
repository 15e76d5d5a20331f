"""The sweeper: records that holds have lapsed, by submitting commands like anyone else."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from app import ledger, store, telemetry
from app.services.faults import Fault
from app.services.writer import Writer

PRINCIPAL = "system:sweeper"
HOLDS_MAX = 500
"""Holds of one tenant that one look records."""


class Sweeper:
    """Looks for lapsed holds at an interval. Nothing waits for it: reads and decisions are right without."""

    def __init__(
        self,
        database: store.Database,
        writer: Writer,
        new_id: Callable[[], UUID],
        *,
        interval_seconds: float,
    ) -> None:
        self._database = database
        self._writer = writer
        self._new_id = new_id
        self._interval_seconds = interval_seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="sweeper")

    async def stop(self) -> None:
        """Stop looking; what was submitted is the writer's to finish."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._interval_seconds)
            await _quietly(self.sweep())

    async def sweep(self) -> int:
        """Record what is due now, tenant by tenant, in order of expiry; return how many were recorded."""
        async with self._database.read() as session:
            due = await store.find_due_holds(session, HOLDS_MAX)
        recorded = 0
        for tenant_id, hold_ids in due.items():
            requests = tuple(
                ledger.Request(ledger.RecordExpiry(ledger.Reference(hold_id)), None, self._new_id(), PRINCIPAL)
                for hold_id in hold_ids
            )
            for answer in await self._writer.submit(tenant_id, [ledger.Group(requests)]):
                if not isinstance(answer, Fault):
                    recorded += sum(isinstance(decision, ledger.Accepted) for decision in answer)
        return recorded


async def _quietly(work: Awaitable[int]) -> None:
    """Do the work; a database that is away, or a full queue, only means looking again later."""
    try:
        await work
    except (Fault, store.StoreError) as error:
        telemetry.note(telemetry.WRITER, "sweep put off", error=telemetry.class_of(error))
    except Exception as error:  # noqa: BLE001 - the sweeper must outlive any single look
        telemetry.unexpected(error, where="sweeper")
