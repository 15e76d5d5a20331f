"""Loaders of what a refusal for funds is explained by: for all refused accounts of an operation together."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

from app import ledger, services
from app.graphql.account import Account
from app.graphql.advance import AdvanceStanding, InstantQuote, quote_of, standing_of
from app.graphql.explanation import BalanceSlice, slices_of
from app.graphql.loader import Loader
from app.graphql.reserve import Reserve, reserve_of
from app.graphql.spending import IN_THE_WAY_MAX, SpendingOption, options_of

if TYPE_CHECKING:
    from app.graphql.loaders import Loaders, Read

Name = TypeVar("Name", UUID, int)

Asked = tuple[UUID, int]
"""An account, and the minor units that were to be taken from it."""

_ACCOUNTS_TOGETHER: Final = 32
_LOOKED_AHEAD_MAX: Final = 256


class AvailabilityLoaders:
    """What is in the way of accounts now, and what would help them to spend amounts."""

    def __init__(
        self, loaders: "Loaders", read: "Read", start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
    ) -> None:
        self._loaders = loaders
        self._read = read
        self.in_the_way: Loader[UUID, Sequence[BalanceSlice]] = Loader(self._in_the_way, start)
        self.reserves: Loader[UUID, Reserve] = Loader(self._reserves, start)
        self.advances: Loader[UUID, AdvanceStanding] = Loader(self._advances, start)
        self.quotes: Loader[UUID, InstantQuote] = Loader(self._quotes, start)
        self.quoted: Loader[int, InstantQuote] = Loader(self._quoted, start)
        self.options: Loader[Asked, Sequence[SpendingOption]] = Loader(self._options, start)

    async def _standings(self, ids: Sequence[UUID]) -> list[tuple[Account, services.BalanceRead]]:
        accounts = await self._loaders.accounts.all(ids)
        reads = await self._read(services.Reader.balances, [account.row.id for account in accounts])
        return [(account, reads[account.row.id]) for account in accounts]

    async def _in_the_way(self, ids: Sequence[UUID]) -> Mapping[UUID, Sequence[BalanceSlice]]:
        made: dict[UUID, Sequence[BalanceSlice]] = {}
        for some in _parts(ids):
            standings = await self._standings(some)
            rows = [(account.row, read) for account, read in standings]
            found = await self._read(services.find_in_the_way, rows, IN_THE_WAY_MAX)
            made |= {account.row.id: slices_of(found[account.row.id], account, read) for account, read in standings}
        return made

    async def _reserves(self, ids: Sequence[UUID]) -> Mapping[UUID, Reserve]:
        accounts = await self._loaders.accounts.all(ids)
        found = await self._read(services.Reader.reserves, [account.row for account in accounts])
        return {account.row.id: reserve_of(found[account.row.id], account.unit) for account in accounts}

    async def _advances(self, ids: Sequence[UUID]) -> Mapping[UUID, AdvanceStanding]:
        standings = await self._standings(ids)
        plans = await self._read(services.Reader.advance_plans)
        apart = await self._read(services.Reader.apart, [account.row for account, _ in standings])
        owed: dict[UUID, list[tuple[int, int]]] = {}
        for (account_id, instant, kind), signed in apart.items():
            if kind == ledger.TAKEN and signed < 0:
                owed.setdefault(account_id, []).append((instant, -signed))
        return {
            account.row.id: standing_of(
                owed.get(account.row.id, ()), read.balance.available, plans.get(account.row.currency), account.unit
            )
            for account, read in standings
        }

    async def _quotes(self, ids: Sequence[UUID]) -> Mapping[UUID, InstantQuote]:
        return await self._shown(await self._read(services.Reader.quotes, ids))

    async def _quoted(self, sequences: Sequence[int]) -> Mapping[int, InstantQuote]:
        return await self._shown(await self._read(services.Reader.quotes_by_sequence, sequences))

    async def _shown(self, found: Mapping[Name, services.QuoteRead]) -> dict[Name, InstantQuote]:
        accounts = await self._loaders.accounts.all(read.quote.account_id for read in found.values())
        exponents = {account.row.id: account.row.exponent for account in accounts}
        at = (await self._read(services.Reader.coordinate)).at
        return {name: quote_of(read, exponents[read.quote.account_id], at) for name, read in found.items()}

    async def _options(self, asked: Sequence[Asked]) -> Mapping[Asked, Sequence[SpendingOption]]:
        made: dict[Asked, Sequence[SpendingOption]] = {}
        amounts: dict[UUID, list[int]] = {}
        for account_id, amount in asked:
            amounts.setdefault(account_id, []).append(amount)
        for some in _parts(list(amounts)):
            standings = await self._standings(some)
            wanted = [(account, read, amount) for account, read in standings for amount in amounts[account.row.id]]
            weighed = await self._read(
                services.weigh_spending, [(read, amount) for _, read, amount in wanted], _LOOKED_AHEAD_MAX
            )
            for (account, _, amount), spending in zip(wanted, weighed, strict=True):
                made[account.row.id, amount] = options_of(spending, account.unit)
        return made


def _parts(ids: Sequence[UUID]) -> list[Sequence[UUID]]:
    return [ids[start : start + _ACCOUNTS_TOGETHER] for start in range(0, len(ids), _ACCOUNTS_TOGETHER)]
