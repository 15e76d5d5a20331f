"""Previews: what a policy would make of a deposit, by the same function that decides one."""

import asyncio
from dataclasses import dataclass

from app import ledger
from app.services.almanac import Almanac, Documents
from app.services.reader import Reader


@dataclass(frozen=True, slots=True)
class Previewed:
    """A policy's answer, and the terms that it was asked of; `published` where they are a version of a policy."""

    answer: ledger.Availability | ledger.NoAnswer
    policy: ledger.Policy
    published: ledger.PolicyVersion | None


async def preview(
    reader: Reader,
    almanac: Almanac,
    terms: ledger.PolicyVersion | str,
    facts: ledger.DepositFacts,
    account: ledger.Account | None,
) -> Previewed | tuple[ledger.PolicyProblem, ...]:
    """Return what a version, or the document of terms not published, makes of a deposit; problems where it has some.

    With an account, what its deposits of that day came to already counts; one statement.
    """
    published = terms if isinstance(terms, ledger.PolicyVersion) else None
    given, known = ((), (published.document,)) if published is not None else ((str(terms),), ())
    unread = almanac.unread(Documents(given, known))
    if unread:
        await asyncio.to_thread(almanac.prepare, unread)
    policy = almanac.policy(published.document) if published is not None else almanac.read(str(terms))
    if not isinstance(policy, ledger.Policy):
        return policy
    days, counters = await reader.deposit_days([] if account is None else [account.id], facts.at)
    closed, opened = ledger.own_days(days, policy.calendar)
    calendar = almanac.calendar(policy.calendar, policy.time_zone, closed=closed, opened=opened)
    business_day = None if calendar is None else ledger.business_day_of(calendar, facts.at, policy.cut_off)
    if calendar is None or business_day is None:
        return Previewed(ledger.NoAnswer.OUTSIDE_CALENDAR, policy, published)
    totals: dict[str, int] = {}
    if account is not None and published is not None:
        totals = counters.get((account.id, business_day.toordinal(), published.id), totals)
    return Previewed(ledger.share_out(policy, calendar, facts, totals), policy, published)
