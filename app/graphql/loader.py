"""One loader: what is asked for one by one is fetched together, and kept for one operation."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")
Made = TypeVar("Made")

_ABSENT: Final[Any] = object()


def _as_found(found: Any) -> Any:  # noqa: ANN401 - whatever was loaded
    return found


class Loader(Generic[Key, Value]):
    """Fetches many values at once and keeps them; what is known is answered at once, without waiting.

    `start` runs a fetch as a task and lets its owner end it; a key that `fetch` leaves out is None.
    """

    def __init__(
        self,
        fetch: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]],
        start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._fetch = fetch
        self._start = start
        self._kept: dict[Key, Value | None] = {}
        self._next: tuple[asyncio.Task[None], dict[Key, None]] | None = None
        self._running: dict[Key, asyncio.Task[None]] = {}

    def get(self, key: Key, use: Callable[[Value | None], Any] = _as_found) -> Any:  # noqa: ANN401 - what `use` makes
        """Return what `use` makes of the value, or an awaitable of it where it must be fetched."""
        found = self._kept.get(key, _ABSENT)
        return self._later(key, use) if found is _ABSENT else use(found)

    async def one(self, key: Key) -> Value | None:
        """Return one value, fetched together with whatever else is asked for now."""
        found = self._kept.get(key, _ABSENT)
        if found is _ABSENT:
            await asyncio.shield(self._batch(key))
            found = self._kept[key]
        value: Value | None = found
        return value

    async def all(self, keys: Iterable[Key] | None) -> list[Value]:
        """Return the values of the keys in their order, without those that there are not."""
        wanted = list(keys or ())
        missing = [key for key in wanted if key not in self._kept]
        for batch in {id(batch): batch for batch in map(self._batch, missing)}.values():
            await asyncio.shield(batch)
        return [value for key in wanted if (value := self._kept[key]) is not None]

    def prime(self, values: Mapping[Key, Value]) -> None:
        """Keep values that were fetched in another way; those known already stay."""
        for key, value in values.items():
            self._kept.setdefault(key, value)

    def known(self, key: Key) -> Value | None:
        """Return a value that was fetched already, else None."""
        return self._kept.get(key)

    async def _later(self, key: Key, use: Callable[[Value | None], Any]) -> Any:  # noqa: ANN401 - what `use` makes
        return use(await self.one(key))

    def _batch(self, key: Key) -> asyncio.Task[None]:
        running = self._running.get(key)
        if running is not None:
            return running
        if self._next is None:
            wanted: dict[Key, None] = {}
            self._next = self._start(self._run(wanted)), wanted
        task, wanted = self._next
        wanted[key] = None
        self._running[key] = task
        return task

    async def _run(self, wanted: dict[Key, None]) -> None:
        # Whatever else is resolved in this turn of the loop may still join.
        await asyncio.sleep(0)
        self._next = None
        try:
            found = await self._fetch(list(wanted))
            for key in wanted:
                self._kept.setdefault(key, found.get(key))
        finally:
            for key in wanted:
                self._running.pop(key, None)


class Counter(Loader[Key, int]):
    """A loader of counts: what is not counted is none."""

    async def count(self, key: Key) -> int:
        """Return one count."""
        return await self.one(key) or 0


class Lazy(Generic[Made]):
    """A loader of an object's attribute, made when it is first asked for: most operations ask for few of many.

    The object has `_start`, and under the name given what fetches.
    """

    def __init__(self, kind: Callable[..., Made], fetch: str) -> None:
        self._kind = kind
        self._fetch = fetch
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, owner: Any, kind: type) -> Made:  # noqa: ANN401 - whatever has loaders
        made = owner.__dict__[self._name] = self._kind(getattr(owner, self._fetch), owner._start)  # noqa: SLF001 - its own
        return made
