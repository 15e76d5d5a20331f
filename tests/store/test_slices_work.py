"""A page of slices costs what it shows, not what there is: 10,000 maturing lines, on one instant or each on its own."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
import pytest

from app import ledger, store
from app.store.session import Row, Rows, Session
from app.store.statement import Dialect, Statement
from tests.store.conftest import Ledger
from tests.store.histories import TICK, by, usd

LINES = 10_000
PAGE = 20
LARGE_PAGE = 100
ROWS_READ_MAX = 1_000
STEPS_MAX = 20_000
"""What SQLite's virtual machine does in a page: about 12 steps for each row that is read."""


@dataclass(slots=True)
class Recording:
    """A session that remembers what it was asked for, and with what."""

    session: Session
    asked: list[tuple[Statement, tuple[object, ...], Rows | None, int]] = field(default_factory=list)

    @property
    def dialect(self) -> Dialect:
        return self.session.dialect

    async def rows(self, statement: Statement, *scalars: object, rows: Rows | None = None) -> Sequence[Row]:
        found = await self.session.rows(statement, *scalars, rows=rows)
        self.asked.append((statement, scalars, rows, len(found)))
        return found

    async def run(self, statement: Statement, *scalars: object, rows: Rows | None = None) -> None:
        await self.rows(statement, *scalars, rows=rows)


@pytest.mark.parametrize("instants", [1, LINES])
async def test_a_page_of_ten_thousand_is_as_cheap_as_one_of_few(
    tenant: Ledger, instants: int, request: pytest.FixtureRequest
) -> None:
    await tenant.open_accounts("cash", "x", unlimited=True)
    half = LINES // 2
    made = await mature(tenant, range(half), instants)
    middle = store.Coordinate(made[-1].sequence, tenant.now)
    await mature(tenant, range(half, LINES), instants)
    refunded = [ledger.Reference(one.transaction_id) for one in made[:half:9]]
    await tenant.accept(*(ledger.ReverseTransaction(one, amount=usd(2)) for one in refunded))
    url = request.getfixturevalue("database_url")
    async with tenant.database.read() as session:
        here = await store.read_coordinate(session, tenant.tenant_id)
        accounts = await store.find_account_page(session, tenant.tenant_id, store.AccountFilter(), store.Window(9))
        (account,) = (one for one in accounts if one.external_id == "x")
        for coordinate, lines in ((here, LINES), (middle, half)):
            balances = await store.find_balances_as_of(session, tenant.tenant_id, [account.id], coordinate)
            left = balances[account.id].balance.maturing
            place, pages, entries = store.MaturingPlace(coordinate.at), 0, 0
            while left:
                recording = Recording(session)
                measured = pages % 20 == 0
                found = await store.find_maturing_slices(
                    recording, tenant.tenant_id, [(account, place)], coordinate, PAGE if measured else LARGE_PAGE
                )
                page = found[account.id]
                # The first page of a past coordinate finds out, once, what has come to the bucket since.
                if measured and not (coordinate is middle and pages == 0 and instants == 1):
                    assert len(recording.asked) == 2
                    assert sum(count for *_, count in recording.asked) <= 300
                    await check_work(recording, url)
                left -= sum(one.amount for one in page.slices)
                entries += len(page.slices)
                pages += 1
                place = page.reached
            # A page of nothing but refunds, which are the newest lines, ends early.
            assert (left, entries) == (0, lines)
            assert pages <= (lines + len(refunded)) // LARGE_PAGE * 2


async def mature(tenant: Ledger, numbers: range, instants: int) -> list[ledger.Accepted]:
    made: list[ledger.Accepted] = []
    for start in range(numbers.start, numbers.stop, 1_000):
        made += await tenant.accept(
            *(
                ledger.Transfer(by("cash"), by("x"), usd(9), tenant.now + (1 + number % instants) * TICK)
                for number in range(start, start + 1_000)
            )
        )
    return made


async def check_work(recording: Recording, url: str) -> None:
    for statement, scalars, rows, _ in recording.asked:
        if recording.dialect == "sqlite":
            assert steps(url, statement, scalars, rows) <= STEPS_MAX, statement.name
        else:
            explained = Statement(f"explain {statement.name}", f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}")
            ((plan,),) = [tuple(row.values()) for row in await recording.session.rows(explained, *scalars, rows=rows)]
            assert sum(rows_read(json.loads(plan)[0]["Plan"])) <= ROWS_READ_MAX, statement.name


def rows_read(node: dict[str, Any]) -> Iterator[int]:
    """Yield how many rows each look-up of a plan read, those that it then left out included."""
    if "Scan" in node["Node Type"] and "Relation Name" in node:
        once = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        yield int(once * node["Actual Loops"])
    for child in node.get("Plans", ()):
        yield from rows_read(child)


def steps(url: str, statement: Statement, scalars: tuple[object, ...], rows: Rows | None) -> int:
    """How many steps of its virtual machine SQLite takes for a statement."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    count = 0

    def counted() -> int:
        nonlocal count
        count += 10
        return 0

    connection.set_progress_handler(counted, 10)
    arguments = [str(value) if isinstance(value, UUID) else value for value in scalars]
    connection.execute(statement.sqlite, [*arguments, orjson.dumps(rows).decode()]).fetchall()
    connection.close()
    return count
