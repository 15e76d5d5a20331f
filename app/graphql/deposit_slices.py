"""What a deposit comes to: its slices, each with the rule behind it, made or only asked about."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import strawberry

from app import ledger, services
from app.graphql import sentences
from app.graphql.money import Money, money_of
from app.graphql.policy import Policy, policy_of
from app.graphql.policy_problems import PolicyProblem, problems_of
from app.graphql.scalars import Instant, LocalDate

if TYPE_CHECKING:
    from app.graphql.context import Context


@strawberry.type(description="Part of a deposit, and when it becomes available. The slices of a deposit sum to it.")
class AvailabilitySlice:
    """An amount, an instant, and the rule that they come from."""

    amount: Money = strawberry.field(description="How much.")
    available_at: Instant | None = strawberry.field(
        description="When it matures; null means at once. 9999-12-31T23:59:59.999999Z means until released."
    )
    policy: Policy | None = strawberry.field(
        description="The policy; null for terms that are not published, and where the deposit gave an instant itself."
    )
    version: int | None = strawberry.field(description="The version of the policy.")
    rule: str | None = strawberry.field(description="The rule's name; null where the deposit gave an instant itself.")
    portion: int | None = strawberry.field(
        description="The portion of the rule, from 1; null for what lies beyond the rule's day limit."
    )
    business_day: LocalDate | None = strawberry.field(description="The banking day that the deposit counts for.")
    reserved: bool = strawberry.field(
        description="Whether the account's reserve plan keeps it, longer than the rule would."
    )
    sentence: str = strawberry.field(description="All of it in a sentence to read out.")


@strawberry.type(description="What a policy would make of a deposit: slices, or the problems that it has with it.")
class AvailabilityPreview:
    """Slices or problems."""

    slices: list[AvailabilitySlice] = strawberry.field(description="What the deposit would come to.")
    problems: list[PolicyProblem] = strawberry.field(description="Why there are no slices.")


def preview_of(
    context: "Context",
    previewed: services.Previewed | tuple[ledger.PolicyProblem, ...],
    facts: ledger.DepositFacts,
) -> AvailabilityPreview:
    """Return a policy's answer as the schema shows it."""
    if not isinstance(previewed, services.Previewed):
        return AvailabilityPreview(slices=[], problems=problems_of(previewed))
    answer, published = previewed.answer, previewed.published
    if isinstance(answer, ledger.NoAnswer):
        return AvailabilityPreview(slices=[], problems=problems_of([ledger.problem_of(answer)]))
    day, exponent = answer.business_day.toordinal(), context.gateway.currencies[facts.currency].exponent
    slices = [
        _slice_of(
            context,
            sentences.DepositPart(part.amount, part.available_at, part.rule, part.portion, day, part.reserved),
            (facts.currency, exponent),
            published,
            previewed.policy,
        )
        for part in answer.slices
    ]
    return AvailabilityPreview(slices=slices, problems=[])


async def slices_of_deposit(
    context: "Context", slices: Iterable[ledger.DepositSlice], unit: sentences.Unit
) -> list[AvailabilitySlice]:
    """Return what a deposit came to, or would, as the schema shows it; the rules' versions are loaded at once."""
    listed = list(slices)
    keys = [(one.rule.policy_id, one.rule.version) for one in listed if one.rule is not None]
    known: list[Any] = await context.loaders.policies.versions.all(dict.fromkeys(keys))
    versions = {(version.row.id, version.row.version): version.row for version in known}
    made = []
    for one in listed:
        rule = one.rule
        part = sentences.DepositPart(one.amount, one.available_at, reserved=one.reserved)
        published = None
        if rule is not None:
            part = replace(part, rule=rule.rule, portion=rule.portion, business_day=rule.business_day)
            published = versions.get((rule.policy_id, rule.version))
        terms = None if published is None else await context.gateway.almanac.recall(published.document)
        made.append(_slice_of(context, part, unit, published, terms))
    return made


def _slice_of(
    context: "Context",
    part: sentences.DepositPart,
    unit: sentences.Unit,
    published: ledger.PolicyVersion | None,
    terms: ledger.Policy | None,
) -> AvailabilitySlice:
    zone = None if terms is None else context.gateway.almanac.known.zones.get(terms.time_zone)
    return AvailabilitySlice(
        amount=money_of(part.amount, *unit),
        available_at=None if part.available_at is None else Instant(part.available_at),
        policy=None if published is None else policy_of(published),
        version=None if published is None else published.version,
        rule=part.rule,
        portion=part.portion,
        business_day=None if part.business_day is None else LocalDate(part.business_day),
        reserved=part.reserved,
        sentence=sentences.of_deposit(part, unit, published, terms, zone),
    )
