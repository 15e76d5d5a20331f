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
            head = await store.lock_head(unit, tenant_id)
            pages = await store.load_pages(unit, head, groups, self.currencies)
            self._trust(head, pages)
            book, decisions = ledger_decisions(pages, groups)
            if book.refused:
                pages = await store.load_futures(unit, tenant_id, pages, book.refused)
                book, decisions = ledger_decisions(pages, groups)
            await store.save_changes(unit, tenant_id, book.changes, book.sequence)
            try:
                await unit.commit()
            except store.CommitUnknown as error:
                raise CommitLostError(decisions) from error
        return decisions

    async def rehearse(self, tenant_id: UUID, groups: Sequence[ledger.Group]) -> list[Decisions]:
        """Decide groups over one snapshot by the very same rules, and store nothing."""
        async with self._database.read() as session:
            head = await store.read_head(session, tenant_id)
            pages = await store.load_pages(session, head, groups, self.currencies)
            book, decisions = ledger_decisions(pages, groups)
            if book.refused:
                pages = await store.load_futures(session, tenant_id, pages, book.refused)
                _, decisions = ledger_decisions(pages, groups)
        return decisions

    def _trust(self, head: "store.Head", pages: ledger.Pages) -> None:
        """Refuse to write at an instant that a jump of the database's clock made; TEST clocks are their owner's."""
        if head.mode == "TEST":
            return
        self.clock_suspect = self._watch.suspect(pages.at)
        if self.clock_suspect:
            telemetry.warn(telemetry.WRITER, "CLOCK_SUSPECT: the database's clock has jumped ahead; nothing is written")
            raise Unavailable("The ledger's clock is being checked.", retry_after_seconds=_RETRY_SECONDS)


def ledger_decisions(pages: ledger.Pages, groups: Sequence[ledger.Group]) -> tuple[ledger.Book, list[Decisions]]:
    """Return the book and the decisions that these pages give."""
    book = ledger.Book(pages)
    return book, ledger.decide_all(book, groups)
