"""Previews: what a policy would make of a deposit, by the same function that decides one."""

from dataclasses import replace

from app import ledger
from app.services.almanac import Almanac, Documents
from app.services.reader import Reader
from app.values import value


@value
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

    With an account, what its deposits of that day came to already counts, and its plan keeps a reserve; two statements.
    """
    published = terms if isinstance(terms, ledger.PolicyVersion) else None
    given, known = ((), (published.document,)) if published is not None else ((str(terms),), ())
    await almanac.learn_of(Documents(given, known))
    policy = almanac.policy(published.document) if published is not None else almanac.read(str(terms))
    if not isinstance(policy, ledger.Policy):
        return policy
    days, counters = await reader.deposit_days([] if account is None else [account.id], facts.at)
    calendar = almanac.own_calendar(policy, days)
    business_day = None if calendar is None else ledger.business_day_of(calendar, facts.at, policy.cut_off)
    if calendar is None or business_day is None:
        return Previewed(ledger.NoAnswer.OUTSIDE_CALENDAR, policy, published)
    totals: dict[str, int] = {}
    if account is not None and published is not None:
        totals = counters.get((account.id, business_day.toordinal(), published.id), totals)
    answer = ledger.share_out(policy, calendar, facts, totals)
    if account is not None and isinstance(answer, ledger.Availability):
        answer = replace(answer, slices=await _kept(reader, account, answer, facts.at))
    return Previewed(answer, policy, published)


async def _kept(
    reader: Reader, account: ledger.Account, answer: ledger.Availability, at: int
) -> tuple[ledger.Slice, ...]:
    """Return the slices with what the account's plan keeps of them as a reserve, if it is as full then as it is now."""
    reserve = (await reader.reserves([account]))[account.id]
    plan = ledger.plan_for(account, reserve.plan)
    parts = ledger.keep([(one.amount, one.available_at) for one in answer.slices], plan, reserve.reserved, at)
    return tuple(
        replace(answer.slices[part.source], amount=part.amount, available_at=part.available_at, reserved=part.reserved)
        for part in parts
    )
