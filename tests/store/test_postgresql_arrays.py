"""Arrays arrive in PostgreSQL as they were sent, whatever is in them."""

import random
import string
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.store import postgresql_arrays

_BIG = 2**63
_SMALL = 2**15

COLUMNS: dict[str, list[list[object]]] = {
    "bigint": [[], [0], [_BIG - 1, -_BIG, -1, 0, 1], [None], [None, 7, None], [1] * 300],
    "smallint": [[], [_SMALL - 1, -_SMALL, -1], [None, 3], [5] * 3],
    "boolean": [[], [True], [False, None, True], [None, None], [True, True]],
    "text": [[], [""], ["a", None, "ä€😀", "'\"{},\\"], [None, None], ["USD"] * 40, ["same", "same", "other"]],
    "uuid": [[], [UUID(int=0)], [UUID(int=2**128 - 1), None], [None, None], [UUID(int=5)] * 2],
}


def _random_columns(seed: str) -> dict[str, list[object]]:
    chance = random.Random(seed)
    count = chance.randint(1, 700)

    def column(value: object) -> list[object]:
        nulls = chance.choice((0, 0, 0.2))
        return [None if chance.random() < nulls else value() for _ in range(count)]  # type: ignore[operator]

    return {
        "bigint": column(lambda: chance.randint(-_BIG, _BIG - 1)),
        "smallint": column(lambda: chance.randint(-_SMALL, _SMALL - 1)),
        "boolean": column(lambda: chance.random() < 0.5),
        "text": column(lambda: "".join(chance.choices(string.printable + "äß漢😀", k=chance.randint(0, 40)))),
        "uuid": column(lambda: UUID(int=chance.getrandbits(128))),
    }


async def test_what_is_sent_arrives(postgres_url: str) -> None:
    cases = [(kind, column) for kind, columns in COLUMNS.items() for column in columns]
    cases += [(kind, column) for seed in range(20) for kind, column in _random_columns(f"arrays-{seed}").items()]
    driver = await asyncpg.connect(postgres_url)
    try:
        postgresql_arrays.register(driver)
        for kind, column in cases:
            for given in (column, tuple(column)):
                rows = await driver.fetch(
                    f"SELECT v FROM unnest($1::{kind}[]) WITH ORDINALITY u(v, n) ORDER BY n", given
                )
                assert [row["v"] for row in rows] == column
    finally:
        await driver.close()


async def test_it_is_our_writer_that_is_asked(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    make = postgresql_arrays.encoder

    def encoder(element: int, elements: Callable[[Sequence[Any]], bytes]) -> Callable[[Sequence[Any]], bytes]:
        encode = make(element, elements)

        def told(values: Sequence[Any]) -> bytes:
            asked.append(element)
            return encode(values)

        return told

    monkeypatch.setattr(postgresql_arrays, "encoder", encoder)
    driver = await asyncpg.connect(postgres_url)
    try:
        postgresql_arrays.register(driver)
        for number, name, element, _ in postgresql_arrays.ARRAYS:
            [[kind, of]] = await driver.fetch("SELECT typname, typelem FROM pg_type WHERE oid = $1", number)
            assert (kind, of) == (name, element)
            await driver.fetch(f"SELECT unnest($1::{name.removeprefix('_')}[])", [])
    finally:
        await driver.close()
    assert asked == [element for _, _, element, _ in postgresql_arrays.ARRAYS]


@pytest.mark.parametrize(("kind", "value"), [("bigint", _BIG), ("smallint", _SMALL), ("bigint", "1"), ("text", 1)])
async def test_what_does_not_fit_is_refused_before_it_is_sent(postgres_url: str, kind: str, value: object) -> None:
    driver = await asyncpg.connect(postgres_url)
    try:
        postgresql_arrays.register(driver)
        for column in ([value], [value, None]):
            with pytest.raises(asyncpg.DataError):
                await driver.fetch(f"SELECT unnest($1::{kind}[])", column)
        assert await driver.fetchval("SELECT 1") == 1
    finally:
        await driver.close()


async def test_another_asyncpg_goes_on_by_itself() -> None:
    postgresql_arrays.register(object())
