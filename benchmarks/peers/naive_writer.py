"""The naive writer: a transaction for each transfer through SQLAlchemy, its accounts locked in the order of their ids.

It does: lock both balances, check the floor, insert the transaction, its entries and the idempotency key, update the
balances, commit. It does not: holds, maturing money, events, account versions in one history, replays.
"""

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Column, MetaData, SmallInteger, Table, Text, Uuid, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_METADATA: Final = MetaData()
_BALANCES: Final = Table(
    "naive_balances", _METADATA, Column("id", Uuid, primary_key=True), Column("amount", BigInteger, nullable=False)
)
_TRANSACTIONS: Final = Table(
    "naive_transactions", _METADATA, Column("id", Uuid, primary_key=True), Column("kind", Text, nullable=False)
)
_ENTRIES: Final = Table(
    "naive_entries",
    _METADATA,
    Column("transaction_id", Uuid, primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("amount", BigInteger, nullable=False),
)
_KEYS: Final = Table("naive_keys", _METADATA, Column("key", Text, primary_key=True), Column("id", Uuid, nullable=False))


class NaiveWriter:
    """One engine, with as many connections as there are callers."""

    def __init__(self, url: str, callers: int) -> None:
        self._engine: AsyncEngine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://"), pool_size=callers, max_overflow=0
        )
        self._callers = callers

    async def open(self, accounts: Sequence[UUID], amount: int) -> None:
        """Make its tables, and a balance for each account."""
        async with self._engine.begin() as connection:
            await connection.run_sync(_METADATA.create_all)
            await connection.execute(insert(_BALANCES), [{"id": id_, "amount": amount} for id_ in accounts])

    async def rate(self, pairs: Sequence[tuple[UUID, UUID]]) -> float:
        """Make a transfer of each pair and return how many were made in a second."""
        waiting = iter(pairs)

        async def call() -> None:
            for source, target in waiting:
                await self._transfer(source, target)

        began = perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(self._callers):
                group.create_task(call())
        return len(pairs) / (perf_counter() - began)

    async def close(self) -> None:
        """Give the connections back."""
        await self._engine.dispose()

    async def _transfer(self, source: UUID, target: UUID) -> None:
        made = uuid4()
        async with self._engine.begin() as connection:
            wanted = select(_BALANCES).where(_BALANCES.c.id.in_([source, target])).order_by(_BALANCES.c.id)
            found = {row.id: row.amount for row in await connection.execute(wanted.with_for_update())}
            if found[source] < 1:
                raise AssertionError("a transfer of the benchmark was refused")
            await connection.execute(insert(_KEYS).values(key=made.hex, id=made))
            await connection.execute(insert(_TRANSACTIONS).values(id=made, kind="TRANSFER"))
            entries = [
                {"transaction_id": made, "line": line, "account_id": account, "amount": amount}
                for line, account, amount in ((1, source, -1), (2, target, 1))
            ]
            await connection.execute(insert(_ENTRIES), entries)
            for account, amount in ((source, -1), (target, 1)):
                changed = update(_BALANCES).where(_BALANCES.c.id == account)
                await connection.execute(changed.values(amount=_BALANCES.c.amount + amount))
