"""One operation's reads of one tenant: one snapshot, opened at the first read, every read for many at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

from app import ledger, store
from app.services.batch import BatchRunner, Decided
from app.services.faults import DeadlineExceeded, Unavailable

Given = ParamSpec("Given")
Found = TypeVar("Found")

_RETRY_SECONDS = 1.0
_BEHIND_SECONDS = 0.2


@contextmanager
def reaching() -> Iterator[None]:
    """Turn what the database could not do into the fault that a caller is told."""
    try:
        yield
    except store.StoreError as error:
        told = _told(error)
        if told is None:
            raise
        raise told from error


def _told(error: store.StoreError) -> Unavailable | None:
    """Return what a caller is told of an error; None where trying again would not help, as that is one of ours."""
    if isinstance(error, store.Unmigrated):
        return Unavailable("The database is not ready for this version.", retry_after_seconds=_RETRY_SECONDS)
    if not error.retryable:
        return None
    return Unavailable("The database cannot be used now.", retry_after_seconds=_RETRY_SECONDS)


class Reader:
    """Reads of one tenant at one coordinate; `aclose` gives the snapshot back.

    Instants are microseconds, amounts minor units. Ids that are not the tenant's are simply missing
    from what is returned. Every read raises Unavailable and DeadlineExceeded.
    """

    def __init__(
        self,
        database: store.Database,
        tenant_id: UUID,
        *,
        at_least: int | None = None,
        once: bool = False,
        seconds_max: float = 8.0,
    ) -> None:
        self._database = database
        self._tenant_id = tenant_id
        self._at_least = at_least
        # Whether the one read that there will be is still to come; a snapshot for it alone would be two messages more.
        self._once = once
        self._glanced = False
        self._opened = False
        self._seconds_max = seconds_max
        self._until = 0.0
        self._stack = AsyncExitStack()
        self._session: store.Session | None = None
        self._coordinate: store.Coordinate | None = None
        self._pasts: dict[int, int] = {}
        self._turn = asyncio.Lock()
        self._closed = False

    async def aclose(self) -> None:
        """End the snapshot, for good: what still asks (a task of a query that was given up) is refused."""
        async with self._turn:
            self._closed = True
            self._session = None
            if self._opened:
                with reaching():
                    await self._stack.aclose()

    async def coordinate(self) -> store.Coordinate:
        """Return where this operation reads: the same for its whole life."""
        if self._coordinate is None:
            async with self._turn:
                await self._placed()
        return await self._known()

    async def is_clock_frozen(self) -> bool:
        """Tell whether the tenant's clock stands still."""
        return (await self._read(store.read_moment)).frozen

    async def resolve(self, kind: str, external_ids: Sequence[str]) -> dict[str, UUID]:
        """Return the ids behind external ids of one kind (ledger.ACCOUNT_KIND, …)."""
        return await self._read(store.resolve_external_ids, kind, external_ids)

    async def accounts(self, ids: Sequence[UUID]) -> dict[UUID, ledger.Account]:
        """Return accounts by id."""
        return await self._read(store.find_accounts, ids)

    async def funds(
        self, references: Sequence[ledger.Reference]
    ) -> list[tuple[ledger.Account, store.BalanceRead] | None]:
        """Return each account meant with its balance now, in one statement; None for one that is not there."""
        if self._once and self._session is None:
            return await self._glance(references)
        return await self._read(store.find_funds, references, await self.coordinate())

    async def _glance(
        self, references: Sequence[ledger.Reference]
    ) -> list[tuple[ledger.Account, store.BalanceRead] | None]:
        """Read funds without a snapshot around the statement; nothing else can be read beside it then."""
        async with self._turn:
            self._check_open()
            self._glanced = True
            self._until = asyncio.get_running_loop().time() + self._seconds_max
            session = self._database.glance(self._tenant_id)
            return await self._bounded(store.glance_at_funds(session, self._tenant_id, references))

    async def balances(self, ids: Sequence[UUID], at: int | None = None) -> dict[UUID, store.BalanceRead]:
        """Return balances now, or at an instant: the past as recorded by then, the future from known facts.

        An account that did not exist then is missing.
        """
        here = await self.coordinate()
        if at is None or at == here.at:
            return await self._read(store.find_balances, ids, here)
        return await self._read(store.find_balances_as_of, ids, await self._placed_at(at))

    async def balances_at(self, ids: Sequence[UUID], place: store.Coordinate) -> dict[UUID, store.BalanceRead]:
        """Return balances at a coordinate that an earlier answer carried: the same for ever."""
        return await self._read(store.find_balances_as_of, ids, place)

    async def account_page(
        self, filter_: store.AccountFilter, window: store.Window, *, newest_first: bool = False
    ) -> Sequence[ledger.Account]:
        """Return accounts by (opening sequence, id)."""
        return await self._read(store.find_account_page, filter_, window, newest_first=newest_first)

    async def account_count(self, filter_: store.AccountFilter) -> int:
        """Return how many accounts there are."""
        return await self._read(store.count_accounts, filter_)

    async def holds(self, ids: Sequence[UUID]) -> dict[UUID, ledger.Hold]:
        """Return holds by id, each as it reads at the coordinate's instant (a lapsed one EXPIRED)."""
        return await self._read(store.find_holds, ids, (await self.coordinate()).at)

    async def hold_page(self, filter_: store.HoldFilter, window: store.Window) -> Sequence[ledger.Hold]:
        """Return holds of the tenant by (placing sequence, id)."""
        return await self._read(store.find_hold_page, filter_, window, at=(await self.coordinate()).at)

    async def hold_pages(
        self, account_ids: Sequence[UUID], filter_: store.HoldFilter, window: store.Window
    ) -> dict[UUID, Sequence[ledger.Hold]]:
        """Return a page of holds for each of several accounts, in one statement."""
        return await self._read(store.find_hold_pages, account_ids, filter_, window, at=(await self.coordinate()).at)

    async def hold_count(self, filter_: store.HoldFilter) -> int:
        """Return how many holds the tenant has."""
        return await self._read(store.count_holds, filter_, (await self.coordinate()).at)

    async def hold_counts(self, account_ids: Sequence[UUID], filter_: store.HoldFilter) -> dict[UUID, int]:
        """Return how many holds each account has."""
        return await self._read(store.count_holds_each, account_ids, filter_, (await self.coordinate()).at)

    async def hold_changes(self, hold_ids: Sequence[UUID]) -> dict[UUID, Sequence[ledger.HoldChange]]:
        """Return the history of each hold, oldest first."""
        return await self._read(store.find_hold_changes, hold_ids)

    async def transactions(self, ids: Sequence[UUID]) -> dict[UUID, ledger.Transaction]:
        """Return transactions by id."""
        return await self._read(store.find_transactions, ids)

    async def transaction_page(
        self, filter_: store.TransactionFilter, window: store.Window
    ) -> Sequence[ledger.Transaction]:
        """Return transactions by sequence (their positions have tie 0)."""
        return await self._read(store.find_transaction_page, filter_, window)

    async def transaction_count(self, filter_: store.TransactionFilter) -> int:
        """Return how many transactions there are."""
        return await self._read(store.count_transactions, filter_)

    async def entries_of(self, transaction_ids: Sequence[UUID]) -> dict[UUID, Sequence[ledger.Entry]]:
        """Return all entries of each transaction, by line."""
        return await self._read(store.find_entries_of, transaction_ids)

    async def entry_pages(
        self, account_ids: Sequence[UUID], filter_: store.EntryFilter, window: store.Window
    ) -> dict[UUID, Sequence[ledger.Entry]]:
        """Return a page of entries for each of several accounts by (sequence, line), in one statement."""
        return await self._read(store.find_entry_pages, account_ids, filter_, window, at=(await self.coordinate()).at)

    async def entry_counts(self, account_ids: Sequence[UUID], filter_: store.EntryFilter) -> dict[UUID, int]:
        """Return how many entries each account has."""
        return await self._read(store.count_entries, account_ids, filter_, (await self.coordinate()).at)

    async def reversals_of(self, transaction_ids: Sequence[UUID]) -> dict[UUID, Sequence[UUID]]:
        """Return the ids of the transactions that reverse each, oldest first."""
        return await self._read(store.find_reversals_of, transaction_ids)

    async def transactions_of_holds(self, hold_ids: Sequence[UUID]) -> dict[UUID, Sequence[UUID]]:
        """Return the ids of the transactions that captured each hold, oldest first."""
        return await self._read(store.find_transactions_of_holds, hold_ids)

    async def maturing_slices(
        self, wanted: Sequence[tuple[ledger.Account, store.MaturingPlace]], place: store.Coordinate, limit: int
    ) -> dict[UUID, store.MaturingSlices]:
        """Return so many slices of maturing money of each account at a coordinate, from a place on; two statements."""
        return await self._read(store.find_maturing_slices, wanted, place, limit)

    async def held_slices_now(
        self, wanted: Sequence[tuple[UUID, int]], at: int, limit: int
    ) -> dict[UUID, store.HeldSlices]:
        """Return so many slices of held money of each account, of holds placed before a sequence, by what is known."""
        return await self._read(store.find_held_slices, wanted, at, limit)

    async def held_slices(self, account_id: UUID, before: int, place: store.Coordinate, limit: int) -> store.HeldSlices:
        """Return so many slices of held money of one account at a coordinate, of holds placed before a sequence."""
        if place.sequence == (await self.coordinate()).sequence:
            return (await self.held_slices_now([(account_id, before)], place.at, limit))[account_id]
        return await self._read(store.find_held_slices_as_of, account_id, before, place, limit=limit)

    async def future_causes(
        self, account_ids: Sequence[UUID], stretch: store.Stretch
    ) -> dict[UUID, ledger.Causes] | None:
        """Return what is to come on accounts by the mere passing of time; None where that is too much to tell."""
        return await self._read(store.find_future_causes, account_ids, stretch)

    async def trial_balance(self, at: int | None = None) -> Sequence[store.TrialBalanceTotal]:
        """Return the totals of each currency, by code."""
        place = await self.coordinate() if at is None else await self._placed_at(at)
        return await self._read(store.find_trial_balance, place)

    async def policies(
        self, wanted: Sequence[tuple[UUID, int | None]]
    ) -> dict[tuple[UUID, int | None], ledger.PolicyVersion]:
        """Return versions of policies by (id, version); None is the latest."""
        return await self._read(store.find_policies, wanted)

    async def policy_names(self, names: Sequence[str]) -> dict[str, UUID]:
        """Return the ids of policies by name."""
        return await self._read(store.find_policy_names, names)

    async def policy_versions(self, ids: Sequence[UUID], most: int) -> dict[UUID, Sequence[ledger.PolicyVersion]]:
        """Return at most so many versions of each policy, the newest first."""
        return await self._read(store.find_policy_versions, ids, most)

    async def audit_page(self, filter_: store.AuditFilter, window: store.Window) -> Sequence[store.AuditRecord]:
        """Return what was asked of the tenant, in that order."""
        return await self._read(store.find_audit_page, filter_, window)

    async def key_page(self, window: store.Window) -> Sequence[store.StoredKey]:
        """Return keys of the tenant, the one made first coming first, revoked ones included."""
        return await self._read(store.find_key_page, window)

    async def key_count(self) -> int:
        """Return how many keys the tenant has, revoked ones included."""
        return await self._read(store.count_keys)

    async def policy_page(self, window: store.Window) -> Sequence[ledger.PolicyVersion]:
        """Return the first versions of policies by sequence."""
        return await self._read(store.find_policy_page, window)

    async def policy_count(self) -> int:
        """Return how many policies there are."""
        return await self._read(store.count_policies)

    async def followed(self, accounts: Sequence[ledger.Account]) -> dict[UUID, UUID]:
        """Return the policy that each account follows; those that follow none are missing."""
        return await self._read(store.find_followed, accounts)

    async def published(self, sequences: Sequence[int]) -> dict[int, tuple[UUID, int]]:
        """Return the (id, version) of the policy that the command of each sequence published."""
        return await self._read(store.find_published, sequences)

    async def assignments(self, sequences: Sequence[int]) -> dict[int, ledger.PolicyAssignment]:
        """Return what the command of each sequence assigned."""
        return await self._read(store.find_assignments, sequences)

    async def calendar_changes(self, sequences: Sequence[int]) -> dict[int, ledger.CalendarChange]:
        """Return what the command of each sequence closed and opened."""
        return await self._read(store.find_calendar_changes, sequences)

    async def entry_rules(self, keys: Sequence[ledger.EntryKey]) -> dict[ledger.EntryKey, ledger.EntryRule]:
        """Return the rules behind entries; those that no policy made mature are missing."""
        return await self._read(store.find_entry_rules, keys)

    async def simulate(self, runner: BatchRunner, groups: Sequence[ledger.Group], at: int) -> Decided:
        """Have groups decided over this snapshot, at its instant or a later one; store nothing; raises BadInput."""
        here = await self.coordinate()
        return await self._read(runner.simulate, groups, at, later=at > here.at)

    async def reserves(self, accounts: Sequence[ledger.Account]) -> dict[UUID, store.Reserve]:
        """Return what is kept as a reserve on accounts now, and the plans that deposits to them follow."""
        return await self._read(store.find_reserves, accounts, (await self.coordinate()).at)

    async def advance_plans(self) -> dict[str, ledger.AdvancePlan]:
        """Return the plan by which advances are offered, by currency."""
        return await self._read(store.find_advance_plans)

    async def apart(self, accounts: Sequence[ledger.Account]) -> dict[ledger.Apart, int]:
        """Return what lines of advances and of reserves that mature come to on accounts, by instant."""
        return await self._read(store.find_apart, accounts, (await self.coordinate()).at)

    async def quote_names(self, names: Sequence[str]) -> dict[str, UUID]:
        """Return the ids of quotes by external id."""
        return await self._read(store.find_quote_names, names)

    async def quotes(self, ids: Sequence[UUID]) -> dict[UUID, store.QuoteRead]:
        """Return quotes by id, with what came of them."""
        return await self._read(store.find_quotes, ids)

    async def quotes_by_sequence(self, sequences: Sequence[int]) -> dict[int, store.QuoteRead]:
        """Return what the command of each sequence quoted."""
        return await self._read(store.find_quotes_by_sequence, sequences)

    async def deposit_days(
        self, accounts: Sequence[UUID], at: int
    ) -> tuple[dict[tuple[str, int], bool], dict[ledger.CountedDay, dict[str, int]]]:
        """Return the tenant's own days from an instant on, and what the deposits of accounts come to on each."""
        return await self._read(store.find_deposit_days, accounts, at)

    async def _read(
        self,
        find: Callable[Concatenate[store.Session, UUID, Given], Awaitable[Found]],
        *given: Given.args,
        **named: Given.kwargs,
    ) -> Found:
        """Run one of the store's reads; one at a time, as they share a connection."""
        async with self._turn:
            session = await self._placed()
            return await self._bounded(find(session, self._tenant_id, *given, **named))

    async def _bounded(self, work: Awaitable[Found]) -> Found:
        try:
            async with asyncio.timeout_at(self._until):
                return await work
        except TimeoutError:
            raise DeadlineExceeded("The read took too long.") from None
        except store.StoreError as error:
            told = _told(error)
            if told is None:
                raise
            raise told from error

    async def _placed(self) -> store.Session:
        """Return the snapshot, opened and its coordinate read if this is the first read."""
        self._check_open()
        if self._session is None:
            self._opened = True
            self._until = asyncio.get_running_loop().time() + self._seconds_max
            session = await self._bounded(self._stack.enter_async_context(self._database.read(self._tenant_id)))
            here = await self._bounded(store.read_coordinate(session, self._tenant_id))
            if self._at_least is not None and here.sequence < self._at_least:
                message = "The ledger has not reached that sequence yet."
                raise Unavailable(message, retry_after_seconds=_BEHIND_SECONDS)
            self._session, self._coordinate = session, here
        return self._session

    def _check_open(self) -> None:
        if self._closed:
            raise DeadlineExceeded("The read was given up.")
        if self._glanced:
            raise RuntimeError("an operation that was to read once reads again, and would see another moment")

    async def _known(self) -> store.Coordinate:
        if self._coordinate is None:  # pragma: no cover - set together with the session
            raise DeadlineExceeded("The read was given up.")
        return self._coordinate

    async def _placed_at(self, at: int) -> store.Coordinate:
        """Return the coordinate of an instant: what was recorded by then, or what is known now of a later one."""
        here = await self.coordinate()
        if at >= here.at:
            return store.Coordinate(here.sequence, at)
        if at not in self._pasts:
            self._pasts[at] = await self._read(store.find_sequence_at, at)
        return store.Coordinate(self._pasts[at], at)
