"""Loaders: every read of one operation, batched, as objects of the schema."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar
from uuid import UUID

from app import ledger, services
from app.graphql.account import Account, AvailableFunds, account_of
from app.graphql.availability_loaders import AvailabilityLoaders
from app.graphql.balance import Balance, balance_of
from app.graphql.entry import Entry, entry_of
from app.graphql.hold import Hold, HoldChange, hold_change_of, hold_of
from app.graphql.loader import Counter, Lazy, Loader
from app.graphql.policy_loaders import PolicyLoaders
from app.graphql.transaction import Transaction, transaction_of

Found = TypeVar("Found")
Rest = TypeVar("Rest", bound=Hashable)

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class Read(Protocol):
    """Asks the operation's reader one question: one of its methods, and what that takes."""

    async def __call__(
        self,
        ask: Callable[Concatenate[services.Reader, Given], Awaitable[Answer]],
        /,
        *given: Given.args,
        **named: Given.kwargs,
    ) -> Answer:
        """Return its answer."""
        ...


Start = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


EntryPage: TypeAlias = tuple[UUID, services.EntryFilter, services.Window]
HoldPage: TypeAlias = tuple[UUID, services.HoldFilter, services.Window]


class Loaders:
    """What one operation has read of one tenant; made anew after a write."""

    ids = Lazy[Loader[tuple[str, str], UUID]](Loader, "_ids")
    accounts = Lazy[Loader[UUID, Account]](Loader, "_accounts")
    balances = Lazy[Loader[tuple[UUID, int | None], Balance]](Loader, "_balances")
    holds = Lazy[Loader[UUID, Hold]](Loader, "_holds")
    hold_pages = Lazy[Loader[HoldPage, Sequence[Hold]]](Loader, "_hold_pages")
    hold_counts = Lazy[Counter[tuple[UUID, services.HoldFilter]]](Counter, "_hold_counts")
    hold_changes = Lazy[Loader[UUID, Sequence[HoldChange]]](Loader, "_hold_changes")
    captures = Lazy[Loader[UUID, Sequence[UUID]]](Loader, "_captures")
    transactions = Lazy[Loader[UUID, Transaction]](Loader, "_transactions")
    reversals = Lazy[Loader[UUID, Sequence[UUID]]](Loader, "_reversals")
    entries = Lazy[Loader[UUID, Sequence[Entry]]](Loader, "_entries")
    entry_pages = Lazy[Loader[tuple[UUID, services.EntryFilter, services.Window], Sequence[Entry]]](
        Loader, "_entry_pages"
    )
    entry_counts = Lazy[Counter[tuple[UUID, services.EntryFilter]]](Counter, "_entry_counts")

    def __init__(self, read: Read, start: Start, *, may_read: bool) -> None:
        self._read = read
        self._may_read = may_read
        self._start = start

    def part(self) -> None:
        """Let go of everything; nothing is asked of it any more."""
        vars(self).clear()

    @cached_property
    def availability(self) -> AvailabilityLoaders:
        """What refusals for funds are explained by."""
        return AvailabilityLoaders(self, self._read, self._start)

    @cached_property
    def policies(self) -> PolicyLoaders:
        """What is read of policies: made only for who asks, as most operations do not."""
        return PolicyLoaders(self, self._read, self._start)

    @staticmethod
    def existing(found: Balance | None) -> Balance:
        """Return a balance, or raise BadInput: the account was not yet open at the instant asked for."""
        if found is None:
            raise services.BadInput("The account was not open at that instant.", ("at",))
        return found

    # -- rows that were read in another way ------------------------------------------------------

    def keep_accounts(self, rows: Iterable[ledger.Account]) -> list[Account]:
        """Return accounts as the schema shows them, and remember them."""
        return _kept(self.accounts, rows, account_of)

    def keep_transactions(self, rows: Iterable[ledger.Transaction]) -> list[Transaction]:
        """Return transactions as the schema shows them, and remember them."""
        return _kept(self.transactions, rows, transaction_of)

    async def keep_holds(self, rows: Iterable[ledger.Hold]) -> list[Hold]:
        """Return holds as the schema shows them, and remember them and their accounts."""
        listed = list(rows)
        await self.accounts.all(row.account_id for row in listed)
        return _kept(self.holds, listed, lambda row: hold_of(row, self._account(row.account_id)))

    async def read_ahead(self, ids: Sequence[UUID]) -> None:
        """Read what stands on accounts now, all at once, ahead of whoever asks for it."""
        self._stand(await self._balances([(id_, None) for id_ in ids]))

    async def funds(
        self, found: Sequence[tuple[ledger.Account, services.BalanceRead] | None], at: int | None
    ) -> list[AvailableFunds | None]:
        """Return accounts with what stands on them now, as read, or at an instant, to be read; None for none."""
        reads = {row.id: (row, read) for row, read in filter(None, found)}
        kept = self.keep_accounts(row for row, _ in reads.values())
        accounts = dict(zip(reads, kept, strict=True))
        self._stand({(id_, None): self.balance_in(accounts[id_], read) for id_, (_, read) in reads.items()})
        if at is not None:
            self.balances.prime(await self._balances([(id_, at) for id_ in accounts]))
        made: list[AvailableFunds | None] = []
        for pair in found:
            balance = None if pair is None else self.balances.known((pair[0].id, at))
            made.append(
                None
                if pair is None or balance is None
                else AvailableFunds(account=accounts[pair[0].id], balance=balance)
            )
        return made

    def balance_in(self, account: Account, read: services.BalanceRead) -> Balance:
        """Return a balance of an account as the schema shows it."""
        return balance_of(read.balance, account.unit, as_of=read.as_of, sequence=read.sequence)

    def _stand(self, balances: Mapping[tuple[UUID, int | None], Balance]) -> None:
        """Remember what stands on accounts now, and let it stand beside them for who may read it."""
        self.balances.prime(balances)
        if self._may_read:
            for (id_, _), balance in balances.items():
                self._account(id_).standing = balance

    def _account(self, id_: UUID) -> Account:
        account = self.accounts.known(id_)
        if account is None:
            message = "a row names an account that cannot be read"
            raise LookupError(message)
        return account

    # -- fetching many ------------------------------------------------------------------------------

    async def _ids(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], UUID]:
        made: dict[tuple[str, str], UUID] = {}
        for kind, external_ids in _grouped(keys).items():
            found = await self._read(services.Reader.resolve, kind, external_ids)
            made |= {(kind, external_id): id_ for external_id, id_ in found.items()}
        return made

    async def _accounts(self, ids: Sequence[UUID]) -> Mapping[UUID, Account]:
        rows = await self._read(services.Reader.accounts, ids)
        return {id_: account_of(row) for id_, row in rows.items()}

    async def _balances(self, keys: Sequence[tuple[UUID, int | None]]) -> Mapping[tuple[UUID, int | None], Balance]:
        made: dict[tuple[UUID, int | None], Balance] = {}
        await self.accounts.all(id_ for id_, _ in keys)
        for at, ids in _grouped((at, id_) for id_, at in keys).items():
            found = await self._read(services.Reader.balances, ids, at)
            made |= {(id_, at): self.balance_in(self._account(id_), read) for id_, read in found.items()}
        return made

    async def _holds(self, ids: Sequence[UUID]) -> Mapping[UUID, Hold]:
        rows = await self._read(services.Reader.holds, ids)
        await self.accounts.all(row.account_id for row in rows.values())
        return {id_: hold_of(row, self._account(row.account_id)) for id_, row in rows.items()}

    async def _hold_pages(self, keys: Sequence[HoldPage]) -> Mapping[HoldPage, Sequence[Hold]]:
        made: dict[HoldPage, Sequence[Hold]] = {}
        for (wanted, window), ids in _grouped(((w, s), id_) for id_, w, s in keys).items():
            pages = await self._read(services.Reader.hold_pages, ids, wanted, window)
            for id_, rows in pages.items():
                made[id_, wanted, window] = await self.keep_holds(rows)
        return made

    async def _hold_counts(
        self, keys: Sequence[tuple[UUID, services.HoldFilter]]
    ) -> Mapping[tuple[UUID, services.HoldFilter], int]:
        made: dict[tuple[UUID, services.HoldFilter], int] = {}
        for wanted, ids in _grouped((w, id_) for id_, w in keys).items():
            counts = await self._read(services.Reader.hold_counts, ids, wanted)
            made |= {(id_, wanted): count for id_, count in counts.items()}
        return made

    async def _hold_changes(self, ids: Sequence[UUID]) -> Mapping[UUID, Sequence[HoldChange]]:
        histories = await self._read(services.Reader.hold_changes, ids)
        return {
            id_: [hold_change_of(row, self._account(row.account_id)) for row in rows] for id_, rows in histories.items()
        }

    async def _captures(self, ids: Sequence[UUID]) -> Mapping[UUID, Sequence[UUID]]:
        return await self._read(services.Reader.transactions_of_holds, ids)

    async def _transactions(self, ids: Sequence[UUID]) -> Mapping[UUID, Transaction]:
        rows = await self._read(services.Reader.transactions, ids)
        return {id_: transaction_of(row) for id_, row in rows.items()}

    async def _reversals(self, ids: Sequence[UUID]) -> Mapping[UUID, Sequence[UUID]]:
        return await self._read(services.Reader.reversals_of, ids)

    async def _entries(self, ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Entry]]:
        lines = await self._read(services.Reader.entries_of, ids)
        await self.accounts.all(row.account_id for rows in lines.values() for row in rows)
        return {id_: self._entries_in(rows) for id_, rows in lines.items()}

    async def _entry_pages(self, keys: Sequence[EntryPage]) -> Mapping[EntryPage, Sequence[Entry]]:
        made: dict[EntryPage, Sequence[Entry]] = {}
        for (wanted, window), ids in _grouped(((w, s), id_) for id_, w, s in keys).items():
            pages = await self._read(services.Reader.entry_pages, ids, wanted, window)
            made |= {(id_, wanted, window): self._entries_in(rows) for id_, rows in pages.items()}
        return made

    async def _entry_counts(
        self, keys: Sequence[tuple[UUID, services.EntryFilter]]
    ) -> Mapping[tuple[UUID, services.EntryFilter], int]:
        made: dict[tuple[UUID, services.EntryFilter], int] = {}
        for wanted, ids in _grouped((w, id_) for id_, w in keys).items():
            counts = await self._read(services.Reader.entry_counts, ids, wanted)
            made |= {(id_, wanted): count for id_, count in counts.items()}
        return made

    def _entries_in(self, rows: Iterable[ledger.Entry]) -> list[Entry]:
        return [entry_of(row, self._account(row.account_id), may_read=self._may_read) for row in rows]


def _grouped(pairs: Iterable[tuple[Rest, Found]]) -> dict[Rest, list[Found]]:
    groups: dict[Rest, list[Found]] = {}
    for rest, item in pairs:
        groups.setdefault(rest, []).append(item)
    return groups


def _kept(loader: Loader[UUID, Any], rows: Iterable[Any], make: Callable[[Any], Found]) -> list[Found]:
    """Return the objects of rows, each made only where the loader does not know it yet."""
    made: list[Found] = []
    for row in rows:
        known = loader.known(row.id)
        if known is None:
            known = make(row)
            loader.prime({row.id: known})
        made.append(known)
    return made
