"""Queries about policies: one, all, and what one would make of a deposit."""

from typing import Annotated, Final
from uuid import UUID

import strawberry

from app import ledger, services
from app.graphql import bounds
from app.graphql.connection import After, Before, First, Last, span
from app.graphql.context import Context, Info
from app.graphql.deposit_inputs import PreviewDepositInput, PreviewPolicy, method
from app.graphql.deposit_slices import AvailabilityPreview, preview_of
from app.graphql.policy import Policy, PolicyConnection, policy_connection
from app.graphql.policy_inputs import PolicyBy

_AGE_DAYS_MAX: Final = 36_500
_TIER_CHARACTERS_MAX: Final = 64


@strawberry.type
class PolicyQuery:
    """A part of the root of queries."""

    @strawberry.field(description="One policy; null where there is none.")
    async def policy(
        self, info: Info, by: Annotated[PolicyBy, strawberry.argument(description="Which policy.")]
    ) -> Policy | None:
        """Load it."""
        context = info.context
        id_ = await _id_of(context, by.reference(("by",)))
        return None if id_ is None else await context.loaders.policies.named.one(id_)

    @strawberry.field(description="Policies, the one published first coming first.")
    async def policies(
        self, info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> PolicyConnection:
        """Read a page."""
        context = info.context
        asked = span(context.tenant_id, "policies", first=first, after=after, last=last, before=before)
        page = asked.page(context.loaders.policies.keep(await context.read(services.Reader.policy_page, asked.window)))
        return policy_connection(page, lambda: context.read(services.Reader.policy_count))

    @strawberry.field(
        description=(
            "What a policy would make of a deposit, by the very rules of deposit. Null where there is no such policy or"
            " account, or where the account follows no policy and none is given."
        )
    )
    async def preview_availability(
        self,
        info: Info,
        deposit: Annotated[PreviewDepositInput, strawberry.argument(description="The deposit to ask about.")],
        policy: Annotated[
            PreviewPolicy | None,
            strawberry.argument(description="The terms to ask; those that the account follows where left out."),
        ] = None,
    ) -> AvailabilityPreview | None:
        """Read the account and the policy, then ask it."""
        context = info.context
        account: ledger.Account | None = None
        if deposit.account is not None:
            account = await _account(context, deposit.account.reference(("deposit", "account")))
            if account is None:
                return None
        terms = await _terms(context, policy, account)
        if terms is None:
            return None
        facts = await _facts(context, deposit, account)
        previewed = await context.read(services.preview, context.gateway.almanac, terms, facts, account)
        return preview_of(context, previewed, facts)


async def _id_of(context: Context, reference: ledger.Reference) -> UUID | None:
    if reference.id is not None:
        return reference.id
    return await context.loaders.policies.ids.one(reference.external_id or "")


async def _account(context: Context, reference: ledger.Reference) -> ledger.Account | None:
    id_ = await context.id_of(ledger.ACCOUNT_KIND, reference)
    found = None if id_ is None else await context.loaders.accounts.one(id_)
    return None if found is None else found.row


async def _terms(
    context: Context, given: PreviewPolicy | None, account: ledger.Account | None
) -> ledger.PolicyVersion | str | None:
    """Return the version to ask, or the document of terms that are not published."""
    if given is not None and given.published is None:
        return given.text(("policy",))
    if given is not None and given.published is not None:
        id_ = await _id_of(context, given.published.reference(("policy", "published")))
    elif account is not None:
        id_ = await context.loaders.policies.followed.one(account.id)
    else:
        raise services.BadInput("Give a policy, or an account that follows one.", ("policy",))
    found = None if id_ is None else await context.loaders.policies.versions.one((id_, None))
    return None if found is None else found.row


async def _facts(context: Context, deposit: PreviewDepositInput, account: ledger.Account | None) -> ledger.DepositFacts:
    path = ("deposit",)
    amount = deposit.amount.amount_in(context.gateway.currencies, (*path, "amount"))
    if amount.minor <= 0:
        raise services.BadInput("amount must be above zero.", (*path, "amount", "amount"))
    if account is not None and account.currency != amount.currency:
        raise services.BadInput(f"The account is kept in {account.currency}.", (*path, "amount", "currency"))
    here = await context.read(services.Reader.coordinate)
    at = here.at if deposit.at is None else deposit.at
    if at < 0:
        raise services.BadInput("at must not lie before 1970.", (*path, "at"))
    opened_at, tier = 0, deposit.risk_tier
    if account is not None:
        opened_at = account.opened_at
        tier = ledger.risk_tier_of(account) if tier is None else tier
    age = deposit.account_age_days
    if age is not None:
        if not 0 <= age <= _AGE_DAYS_MAX:
            raise services.BadInput(f"accountAgeDays must be 0 to {_AGE_DAYS_MAX}.", (*path, "accountAgeDays"))
        opened_at = at - age * ledger.DAY
    return ledger.DepositFacts(
        amount=amount.minor,
        currency=amount.currency,
        method=method(deposit.method, (*path, "method")),
        at=at,
        account_opened_at=opened_at,
        risk_tier=bounds.text(tier, (*path, "riskTier"), most=_TIER_CHARACTERS_MAX),
        metadata=bounds.metadata(deposit.metadata),
    )
