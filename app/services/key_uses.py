"""Key uses: when each key was last used, kept to the minute and written in the background."""

import asyncio
from collections import OrderedDict
from functools import partial
from typing import Final
from uuid import UUID

from app import store, telemetry
from app.services import clock
from app.services.faults import Fault
from app.services.writer import Writer

FLUSH_SECONDS: Final = 60.0
KEYS_MAX: Final = 4_096
"""Keys whose use waits to be written; beyond that the one noted first is forgotten, and noted at its next use."""


class KeyUses:
    """Notes uses in memory and writes them now and then. Nothing waits for it, and nothing but the date hangs on it."""

    def __init__(self, database: store.Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer
        self._noted: OrderedDict[tuple[UUID, str], int] = OrderedDict()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write what is noted."""
        self._task = asyncio.create_task(self._run(), name="key uses")

    async def stop(self) -> None:
        """Write what is noted and stop; the writer must still be at work."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self.flush()

    def note(self, tenant_id: UUID, key_id: str) -> None:
        """Note that a key is used now."""
        if not key_id.startswith("key_"):
            # Tokens are not kept, and so neither is when they were used.
            return
        self._noted[tenant_id, key_id] = clock.now_microseconds()
        if len(self._noted) > KEYS_MAX:
            self._noted.popitem(last=False)

    async def flush(self) -> None:
        """Write what is noted; where that fails, it is noted again at the next use."""
        noted, self._noted = self._noted, OrderedDict()
        uses: dict[UUID, list[tuple[str, int]]] = {}
        for (tenant_id, key_id), at in noted.items():
            uses.setdefault(tenant_id, []).append((key_id, at))
        for tenant_id, used in uses.items():
            try:
                await self._writer.run(tenant_id, partial(self._write, tenant_id, used))
            except Fault as fault:
                telemetry.note(telemetry.WRITER, "key uses not written", error=telemetry.class_of(fault))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def _write(self, tenant_id: UUID, used: list[tuple[str, int]], lane: int) -> None:
        async with self._database.write(lane, tenant_id) as unit:
            for key_id, at in used:
                await store.note_key_use(unit, tenant_id, key_id, at)
            await unit.commit()
