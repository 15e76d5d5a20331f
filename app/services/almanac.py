"""The almanac: what the ledger asks of calendars, time zones and documents, kept once it was found."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, TypeAlias, TypeVar

from app import ledger
from app.services.calendars import calendar_of, known
from app.values import value

Found = TypeVar("Found")
_Answer: TypeAlias = ledger.Policy | tuple[ledger.PolicyProblem, ...]

DOCUMENTS_MAX: Final = 1_024
"""Documents of either sort that are kept as they were read, those read last."""


@value
class Documents:
    """Texts of policies: `given` are to be published, and judged first; `published` were."""

    given: tuple[str, ...]
    published: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.given or self.published)


class Almanac:
    """Answers the same to the same question for ever; so what it keeps is never out of date."""

    def __init__(self, currencies: Mapping[str, int]) -> None:
        self._currencies = currencies
        self._known: ledger.Known | None = None
        self._judged: dict[str, _Answer] = {}
        self._policies: dict[str, ledger.Policy] = {}

    @property
    def known(self) -> ledger.Known:
        """What a policy may refer to."""
        if self._known is None:
            self._known = known(self._currencies)
        return self._known

    def calendar(
        self, code: str, time_zone: str, *, closed: Iterable[date] = (), opened: Iterable[date] = ()
    ) -> ledger.Calendar | None:
        """Return a calendar with the days that a tenant closes and opens by itself; None where its code is no more."""
        try:
            return calendar_of(code, time_zone, closed=closed, opened=opened)
        except KeyError:
            return None

    def read(self, document: str) -> _Answer:
        """Return the policy of a document that is to be published, or what is wrong with it."""
        answer = self._judged.get(document)
        return answer or _keep(self._judged, document, ledger.read_policy_text(document, self.known))

    def policy(self, document: str) -> ledger.Policy:
        """Return the policy of a document that was published."""
        found = self._policies.get(document)
        if found is None:
            policy = ledger.read_policy_text(document, self.known, judged=False)
            if not isinstance(policy, ledger.Policy):
                message = f"a published policy cannot be read: {policy[0].place}: {policy[0].sentence}"
                raise LookupError(message)
            found = _keep(self._policies, document, policy)
        return found

    async def recall(self, document: str) -> ledger.Policy:
        """Return the policy of a document that was published, read in a thread of its own where nobody has yet."""
        if document not in self._policies:
            await asyncio.to_thread(self.policy, document)
        return self.policy(document)

    def own_calendar(self, policy: ledger.Policy, days: Mapping[tuple[str, int], bool]) -> ledger.Calendar | None:
        """Return the calendar that a policy counts by, with a tenant's own days; None where its code is no more."""
        closed, opened = ledger.own_days(days, policy.calendar)
        return self.calendar(policy.calendar, policy.time_zone, closed=closed, opened=opened)

    async def judge(self, document: str) -> _Answer:
        """Return what `read` does, found in a thread of its own where nobody has asked yet."""
        await self.learn_of(Documents((document,), ()))
        return self.read(document)

    async def learn_of(self, documents: Documents) -> None:
        """Read those of the documents that were not read yet, in a thread of its own."""
        unread = self.unread(documents)
        if unread:
            await asyncio.to_thread(self.prepare, unread)

    def unread(self, documents: Documents) -> Documents:
        """Return those that were not read yet, each once."""
        return Documents(
            tuple(text for text in dict.fromkeys(documents.given) if text not in self._judged),
            tuple(text for text in dict.fromkeys(documents.published) if text not in self._policies),
        )

    def prepare(self, documents: Documents) -> None:
        """Read documents and make their calendars, which may take a while: to be run in a thread of its own."""
        policies = [self.policy(text) for text in documents.published]
        policies += [found for found in map(self.read, documents.given) if isinstance(found, ledger.Policy)]
        for policy in policies:
            self.calendar(policy.calendar, policy.time_zone)

    def learn(self) -> None:
        """Find out what a policy may refer to, once for each process: as `prepare`."""
        _ = self.known


def _keep(kept: dict[str, Found], text: str, found: Found) -> Found:
    """Keep what was read of a text, in place of what was read first."""
    kept[text] = found
    while len(kept) > DOCUMENTS_MAX:
        kept.pop(next(iter(kept)))
    return found
