"""One batch: the tenant's head locked, its pages loaded, everything decided, saved and committed."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app import ledger, store, telemetry
from app.services.clock import ClockWatch
from app.services.faults import Unavailable
from app.services.writer import CommitLostError, Decisions

_RETRY_SECONDS = 5.0


class BatchRunner:
    """Runs batches against the database; keeps nothing between them but the reading of the clock."""

    def __init__(self, database: store.Database) -> None:
        self._database = database
        self._watch = ClockWatch()
        self.currencies: Mapping[str, int] = {}
        self.clock_suspect = False

    async def run(self, lane: int, tenant_id: UUID, groups: Sequence[ledger.Group]) -> list[Decisions]:
        """Decide groups in order and commit what they come to.

        Raises CommitLostError where the commit may have taken place, StoreError where it did not.
        """
        async with self._database.write(lane) as unit:
            mode = await store.lock_head(unit, tenant_id)
            decisions = await self.enter(unit, tenant_id, mode, groups)
            try:
                await unit.commit()
            except store.CommitUnknown as error:
                raise CommitLostError(decisions) from error
        return decisions

    async def enter(
        self, unit: store.Unit, tenant_id: UUID, mode: store.TenantMode, groups: Sequence[ledger.Group]
    ) -> list[Decisions]:
        """Decide groups in order and save what they come to, in a unit that has locked the tenant's head."""
        loaded = await store.load_pages(unit, tenant_id, groups, self.currencies)
        self._trust(mode, loaded.moment)
        book, decisions = await self._decide(unit, tenant_id, loaded.pages, groups)
        await store.save_book(unit, tenant_id, book)
        return decisions

    async def rehearse(self, tenant_id: UUID, groups: Sequence[ledger.Group]) -> list[Decisions]:
        """Decide groups over one snapshot by the very same rules, and store nothing."""
        async with self._database.read() as session:
            loaded = await store.load_pages(session, tenant_id, groups, self.currencies)
            _, decisions = await self._decide(session, tenant_id, loaded.pages, groups)
        return decisions

    async def _decide(
        self, session: store.Session, tenant_id: UUID, pages: ledger.Pages, groups: Sequence[ledger.Group]
    ) -> tuple[ledger.Book, list[Decisions]]:
        """Decide, and once more with the futures of accounts that were refused for funds, to say when it would do."""
        book = ledger.Book(pages)
        decisions = ledger.decide_all(book, groups)
        if book.refused:
            pages = await store.load_futures(session, tenant_id, pages, book.refused)
            book = ledger.Book(pages)
            decisions = ledger.decide_all(book, groups)
        return book, decisions

    def _trust(self, mode: store.TenantMode, moment: store.Moment) -> None:
        """Refuse to write at an instant that a jump of the database's clock made; TEST clocks are their owner's."""
        if mode == "TEST":
            return
        self.clock_suspect = self._watch.suspect(moment.clock)
        if self.clock_suspect:
            telemetry.warn(telemetry.WRITER, "CLOCK_SUSPECT: the database's clock has jumped ahead; nothing is written")
            raise Unavailable("The ledger's clock is being checked.", retry_after_seconds=_RETRY_SECONDS)
