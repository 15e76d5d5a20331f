"""What is asked for one by one is fetched together, once."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from app.graphql.loader import Counter, Loader


class Source:
    """Remembers what it was asked; knows the squares of all but thirteen."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    async def fetch(self, keys: Sequence[int]) -> Mapping[int, int]:
        self.asked.append(list(keys))
        await asyncio.sleep(0)
        return {key: key * key for key in keys if key != 13}


async def test_what_is_asked_at_once_is_fetched_at_once() -> None:
    source = Source()
    loader = Loader(source.fetch, asyncio.create_task)
    squares: list[int | None] = await asyncio.gather(*map(loader.one, (1, 2)), loader.get(3), loader.one(2))
    assert squares == [1, 4, 9, 4]
    assert source.asked == [[1, 2, 3]]
    assert await loader.all([3, 4, 13, 1]) == [9, 16, 1]
    assert source.asked == [[1, 2, 3], [4, 13]]


async def test_what_is_known_is_answered_at_once() -> None:
    source = Source()
    loader = Loader(source.fetch, asyncio.create_task)
    loader.prime({5: 55})
    assert loader.get(5, lambda found: f"<{found}>") == "<55>"
    assert loader.known(5) == 55
    assert loader.known(6) is None
    loader.prime({5: 0})
    assert await loader.one(5) == 55
    assert await loader.all(None) == []
    assert source.asked == []


async def test_what_there_is_not_is_none_and_not_asked_for_again() -> None:
    source = Source()
    loader = Loader(source.fetch, asyncio.create_task)
    assert await loader.get(13, lambda found: found is None) is True
    assert loader.get(13) is None
    assert source.asked == [[13]]
    assert await Counter(source.fetch, asyncio.create_task).count(13) == 0


async def test_one_who_is_cancelled_takes_nothing_from_the_others() -> None:
    source = Source()
    loader = Loader(source.fetch, asyncio.create_task)
    first, second = asyncio.create_task(loader.one(1)), asyncio.create_task(loader.one(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 4
    assert await loader.one(1) == 1
    assert source.asked == [[1, 2]]


async def test_a_failure_reaches_all_who_asked_and_may_be_tried_again() -> None:
    source = Source()
    failing = True

    async def fetch(keys: Sequence[int]) -> Mapping[int, int]:
        if failing:
            raise LookupError
        return await source.fetch(keys)

    loader = Loader(fetch, asyncio.create_task)
    answers = await asyncio.gather(loader.one(1), loader.one(2), return_exceptions=True)
    assert [type(answer) for answer in answers] == [LookupError, LookupError]
    with pytest.raises(LookupError):
        await loader.all([1])
    failing = False
    assert await loader.one(1) == 1
