"""One batch: the tenant's head locked, its pages loaded, everything decided, saved and committed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from app import ledger, store, telemetry
from app.services.almanac import Almanac, Documents
from app.services.clock import ClockWatch
from app.services.faults import BadInput, Unavailable
from app.services.writer import CommitLostError, Decisions
from app.values import value

PRINCIPAL: Final = "system:simulation"
EXPIRIES_MAX: Final = 1_000
"""Holds that a simulation of a later instant lets lapse on the accounts of its commands."""
_NOTHING_NEW: Final = UUID(int=0)
_RETRY_SECONDS = 5.0


class _UnreadError(Exception):
    """Documents of policies that this process has not read yet."""

    def __init__(self, documents: Documents) -> None:
        super().__init__()
        self.documents = documents


@value
class Decided:
    """What was decided and is not stored: how accounts stood before, and the book in which it stands."""

    standing: Mapping[UUID, ledger.Balance]
    book: ledger.Book
    decisions: list[Decisions]


def _decide_once(pages: ledger.Pages, before: Sequence[ledger.Group], groups: Sequence[ledger.Group]) -> Decided:
    book = ledger.Book(pages)
    ledger.decide_all(book, before)
    standing = dict(book.balances) if before else pages.balances
    return Decided(standing, book, ledger.decide_all(book, groups))


class BatchRunner:
    """Runs batches against the database; keeps nothing between them but the reading of the clock."""

    def __init__(self, database: store.Database) -> None:
        self._database = database
        self._watch = ClockWatch()
        self.currencies: Mapping[str, int] = {}
        self.almanac = Almanac({})
        self.clock_suspect = False

    async def run(self, lane: int, tenant_id: UUID, groups: Sequence[ledger.Group]) -> list[Decisions]:
        """Decide groups in order and commit what they come to.

        Raises CommitLostError where the commit may have taken place, StoreError where it did not.
        """
        try:
            return await self._run(lane, tenant_id, groups, reading=False)
        except _UnreadError as unread:
            # Policies are read and their calendars made while nobody waits for the head; then all is loaded anew.
            await asyncio.to_thread(self.almanac.prepare, unread.documents)
        return await self._run(lane, tenant_id, groups, reading=True)

    async def _run(
        self, lane: int, tenant_id: UUID, groups: Sequence[ledger.Group], *, reading: bool
    ) -> list[Decisions]:
        async with self._database.write(lane, tenant_id) as unit:
            mode = await store.lock_head(unit, tenant_id)
            decisions = await self.enter(unit, tenant_id, mode, groups, reading=reading)
            try:
                await unit.commit()
            except store.CommitUnknown as error:
                raise CommitLostError(decisions) from error
        return decisions

    async def enter(
        self,
        unit: store.Unit,
        tenant_id: UUID,
        mode: store.TenantMode,
        groups: Sequence[ledger.Group],
        *,
        reading: bool = True,
    ) -> list[Decisions]:
        """Decide groups in order and save what they come to, in a unit that has locked the tenant's head.

        Unless `reading`, it is left to the caller to read the policies that nobody has read yet.
        """
        loaded = await store.load_pages(unit, tenant_id, groups, self.currencies)
        self._trust(mode, loaded.moment)
        unread = self.almanac.unread(_documents(loaded.pages, groups))
        if unread and not reading:
            raise _UnreadError(unread)
        decided = await self._decide(unit, tenant_id, loaded.pages, groups)
        await store.save_book(unit, tenant_id, decided.book)
        return decided.decisions

    async def rehearse(self, tenant_id: UUID, groups: Sequence[ledger.Group]) -> list[Decisions]:
        """Decide groups over one snapshot by the very same rules, and store nothing."""
        async with self._database.read(tenant_id) as session:
            return (await self.simulate(session, tenant_id, groups)).decisions

    async def simulate(
        self,
        session: store.Session,
        tenant_id: UUID,
        groups: Sequence[ledger.Group],
        at: int | None = None,
        *,
        later: bool = False,
    ) -> Decided:
        """Decide groups over a snapshot as they would be now or at an instant, and store nothing.

        At a later one than the snapshot's the holds that lapse until then are recorded before. Raises BadInput where
        those are too many.
        """
        loaded = await store.load_pages(session, tenant_id, groups, self.currencies, at=at)
        before: list[ledger.Group] = []
        if later and at is not None:
            most = EXPIRIES_MAX + 1
            lapsed = await store.find_lapsed_holds(session, tenant_id, loaded.pages.accounts, at, most)
            if len(lapsed) == most:
                raise BadInput(f"More than {EXPIRIES_MAX:,} holds on these accounts lapse until then.", ("at",))
            expiries = (ledger.RecordExpiry(ledger.Reference(hold_id)) for hold_id in lapsed)
            requests = tuple(ledger.Request(one, None, _NOTHING_NEW, PRINCIPAL) for one in expiries)
            before = [ledger.Group(requests)] if requests else []
        if before:
            loaded = await store.load_pages(session, tenant_id, [*before, *groups], self.currencies, at=at)
        await self.almanac.learn_of(_documents(loaded.pages, groups))
        return await self._decide(session, tenant_id, loaded.pages, groups, before)

    async def _decide(
        self,
        session: store.Session,
        tenant_id: UUID,
        pages: ledger.Pages,
        groups: Sequence[ledger.Group],
        before: Sequence[ledger.Group] = (),
    ) -> Decided:
        """Decide, and once more with the futures of accounts that were refused for funds, to say when it would do.

        What comes `before` is decided first, and belongs to what stood.
        """
        if pages.policies is not None:
            pages = replace(pages, almanac=self.almanac)
        decided = _decide_once(pages, before, groups)
        if decided.book.refused:
            pages = await store.load_futures(session, tenant_id, pages, decided.book.refused)
            decided = _decide_once(pages, before, groups)
        return decided

    def _trust(self, mode: store.TenantMode, moment: store.Moment) -> None:
        """Refuse to write at an instant that a jump of the database's clock made; TEST clocks are their owner's."""
        if mode == "TEST":
            return
        self.clock_suspect = self._watch.suspect(moment.clock)
        if self.clock_suspect:
            telemetry.warn(telemetry.WRITER, "the database's clock has jumped ahead; nothing is written")
            raise Unavailable("The ledger's clock is being checked.", retry_after_seconds=_RETRY_SECONDS)


def _documents(pages: ledger.Pages, groups: Sequence[ledger.Group]) -> Documents:
    """Return the documents that deciding these groups reads."""
    if pages.policies is None:
        return Documents((), ())
    requests = (request for group in groups for request in group.requests)
    given = tuple(one.command.document for one in requests if isinstance(one.command, ledger.PublishPolicy))
    return Documents(given, tuple(policy.document for policy in pages.policies.policies.values()))
