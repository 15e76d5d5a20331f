"""Context: what the resolvers of one operation share, and give back when it ends."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, Final, ParamSpec, TypeAlias, TypeVar
from uuid import UUID

import strawberry

from app import ledger, services
from app.graphql.loaders import Loaders

Answer = TypeVar("Answer")
Given = ParamSpec("Given")

BEHIND_RETRY_SECONDS: Final = 1.0


class Context:
    """One operation: who asks, and one snapshot to read from, opened at the first read.

    A write closes the snapshot before it waits for the writer; what is read after it is read anew.
    """

    def __init__(self, principal: services.Principal, gateway: services.Gateway) -> None:
        self.principal = principal
        self.gateway = gateway
        self.tenant_id = principal.tenant_id
        self.may_read = principal.may(services.Scope.BALANCES_READ)
        self.may_introspect = principal.may(services.Scope.INTROSPECT)
        self.asks_once = False
        self._reader: services.Reader | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._sequence: int | None = None
        self._points = 0
        self.loaders = self._fresh()

    async def read(
        self,
        ask: Callable[Concatenate[services.Reader, Given], Awaitable[Answer]],
        /,
        *given: Given.args,
        **named: Given.kwargs,
    ) -> Answer:
        """Ask the snapshot one question: a method of the reader, and what that takes."""
        if self._reader is None:
            self._reader = self.gateway.reader(self.principal, at_least=self._sequence, once=self.asks_once)
        return await ask(self._reader, *given, **named)

    async def reach(self, sequence: int | None) -> None:
        """Raise Unavailable where the snapshot has not seen the command of this sequence."""
        if sequence is None:
            return
        coordinate = await self.read(services.Reader.coordinate)
        if coordinate.sequence < sequence:
            raise services.Unavailable(
                f"The ledger stands at sequence {coordinate.sequence}, not yet at {sequence}.",
                retry_after_seconds=BEHIND_RETRY_SECONDS,
            )

    async def id_of(self, kind: str, reference: ledger.Reference) -> UUID | None:
        """Return the id that a reference means, or None where there is no such thing."""
        if reference.id is not None:
            return reference.id
        return await self.loaders.ids.one((kind, reference.external_id or ""))

    def count_points(self, count: int) -> None:
        """Raise BadInput where the forecasts of this operation come to too many points, all of them together."""
        self._points += count
        if self._points > services.POINTS_MAX:
            raise services.BadInput(
                f"The forecasts of one operation have at most {services.POINTS_MAX:,} points.", ("accounts",)
            )

    async def forget(self) -> None:
        """Give the snapshot back and forget what was read, as a write is about to change it."""
        await self.aclose()
        self.loaders = self._fresh()

    def reached(self, sequence: int) -> None:
        """Remember the command that later reads of this operation must have seen."""
        self._sequence = max(sequence, self._sequence or 0)

    async def aclose(self) -> None:
        """End the operation: nothing is read of it any more."""
        await self._end_tasks()
        # What holds us and is held by us would wait for the collector, which looks seldom.
        self.loaders.part()
        reader, self._reader = self._reader, None
        if reader is not None:
            await reader.aclose()

    def _fresh(self) -> Loaders:
        return Loaders(self.read, self._start, may_read=self.may_read)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _end_tasks(self) -> None:
        if not self._tasks:
            return
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


Info: TypeAlias = strawberry.Info[Context, None]
