"""Advances: what an account is offered of what matures on it, what it was quoted, and what it has had."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import strawberry

from app import ledger, services
from app.graphql import bounds, sentences
from app.graphql.account import Account
from app.graphql.enums import describe
from app.graphql.money import Money, money_of
from app.graphql.payloads import REJECTION, REPLAYED, SEQUENCE, Outcome
from app.graphql.references import QuoteBy
from app.graphql.rejections import Rejection
from app.graphql.scalars import BigInt, DecimalText, Instant
from app.graphql.transaction import Transaction

if TYPE_CHECKING:
    from app.graphql.context import Context

Unit = tuple[str, int]


class QuoteStatus(StrEnum):
    """What a quote is good for."""

    OPEN = "OPEN"
    EXPIRED = "EXPIRED"
    ACCEPTED = "ACCEPTED"


describe(
    QuoteStatus,
    "QuoteStatus",
    "What a quote is good for.",
    {
        QuoteStatus.OPEN: "It can be accepted.",
        QuoteStatus.EXPIRED: "It was not accepted in time.",
        QuoteStatus.ACCEPTED: "It was accepted, and the advance was made.",
    },
)


@strawberry.type(description="What of an advance is repaid at an instant, by money that matures then.")
class AdvanceRepayment:
    """An instant and an amount."""

    at: Instant = strawberry.field(description="When the money matures, and the lender has it back.")
    amount: Money = strawberry.field(description="How much of it.")


@strawberry.type(description="How much of what matures accounts of a risk tier may have.")
class AdvanceTier:
    """A tier and a share."""

    risk_tier: str | None = strawberry.field(description="The tier; null for every other account.")
    percent: DecimalText = strawberry.field(description="So many per cent of what matures at each instant.")


@strawberry.type(description="On which terms accounts of a currency have advances.")
class AdvancePlan:
    """The plan in force."""

    tiers: list[AdvanceTier] = strawberry.field(description="Shares by risk tier.")
    fee_percent: DecimalText = strawberry.field(description="So many per cent of the advance, rounded down.")
    fee_fixed: Money = strawberry.field(description="What is added to the fee.")
    daily_cap: Money | None = strawberry.field(
        description="The most that one account may have of a day in UTC; null where there is no such bound."
    )
    horizon_days: int = strawberry.field(description="Only what matures within so many days of 24 hours counts.")
    quote_seconds: int = strawberry.field(description="How long a quote is good.")
    planned_at: Instant = strawberry.field(description="Since when it is in force.")


@strawberry.type(description="What an account has had in advance of what matures on it.")
class AdvanceStanding:
    """What is outstanding, and by which plan more may be had."""

    outstanding: Money = strawberry.field(description="What was had in advance and has yet to be repaid.")
    repayments: list[AdvanceRepayment] = strawberry.field(
        description="When it is repaid, by money that matures then; the earliest first."
    )
    shortfall: Money = strawberry.field(
        description=(
            "How far the account stands below zero while advances are outstanding, at most by as much: money that was"
            " advanced and spent, and whose source was undone since. The lender is repaid all the same; the account"
            " owes it."
        )
    )
    sentence: str = strawberry.field(description="All of it in a sentence to read out.")
    plan: AdvancePlan | None = strawberry.field(description="The plan in force for its currency, if any.")


@strawberry.type(description="An offer to have money at once that has yet to mature, good until it expires.")
class InstantQuote:
    """The offer, and what came of it."""

    id: strawberry.ID = strawberry.field(description="Its id, quo_ and 26 characters.")
    external_id: str | None = strawberry.field(description="The caller's own id for it, unique among quotes.")
    amount: Money = strawberry.field(description="What is had at once, before the fee.")
    fee: Money = strawberry.field(description="The fee, taken at once.")
    net: Money = strawberry.field(description="The amount less the fee: by so much more is available.")
    repayments: list[AdvanceRepayment] = strawberry.field(description="When it is repaid; they sum to the amount.")
    quoted_at: Instant = strawberry.field(description="When it was quoted.")
    expires_at: Instant = strawberry.field(description="From when on it cannot be accepted any more.")
    status: QuoteStatus = strawberry.field(description="What it is good for now.")
    accepted_at: Instant | None = strawberry.field(description="When it was accepted; null where it was not.")
    outstanding: Money = strawberry.field(description="What of the advance has yet to be repaid now.")
    repaid: Money = strawberry.field(description="What of the advance has been repaid by now.")
    read: strawberry.Private[services.QuoteRead]

    @strawberry.field(description="The account that it was quoted to.", graphql_type=Account)
    def account(self, info: "strawberry.Info[Context]") -> object:
        """Load it."""
        context: Context = info.context
        return context.loaders.accounts.get(self.read.quote.account_id)

    @strawberry.field(description="The transaction of the advance; null where there is none.")
    async def transaction(self, info: "strawberry.Info[Context]") -> Transaction | None:
        """Load it."""
        context: Context = info.context
        advance = self.read.advance
        return None if advance is None else await context.loaders.transactions.one(advance.transaction_id)


@strawberry.type(description="What became of asking for a quote.")
class QuotePayload:
    """The quote, or the rejection."""

    rejection: Rejection | None = strawberry.field(description=REJECTION)
    replayed: bool = strawberry.field(description=REPLAYED)
    sequence: BigInt | None = strawberry.field(description=SEQUENCE)
    outcome: strawberry.Private[Outcome]

    @strawberry.field(description="The quote as it stands now; null where refused, and for a dry run.")
    async def quote(self, info: "strawberry.Info[Context]") -> InstantQuote | None:
        """Load it."""
        return await quoted(info.context, self.outcome)


@strawberry.type
class AdvanceQuery:
    """What can be asked about advances."""

    @strawberry.field(description="A quote; null where there is none.")
    async def instant_quote(
        self,
        info: "strawberry.Info[Context]",
        by: Annotated[QuoteBy, strawberry.argument(description="Which quote.")],
    ) -> InstantQuote | None:
        """Load it."""
        context: Context = info.context
        reference = by.reference(("by",))
        key = reference.id
        if reference.external_id is not None:
            key = (await context.read(services.Reader.quote_names, [reference.external_id])).get(reference.external_id)
        return None if key is None else await context.loaders.availability.quotes.one(key)


async def quoted(context: "Context", outcome: Outcome) -> InstantQuote | None:
    """Return what a command quoted."""
    return None if outcome.sequence is None else await context.loaders.availability.quoted.one(outcome.sequence)


def quote_of(read: services.QuoteRead, exponent: int, at: int) -> InstantQuote:
    """Return a quote as the schema shows it at an instant."""
    quote, advance = read.quote, read.advance
    unit = quote.currency, exponent
    owed = 0 if advance is None else sum(part.amount for part in quote.repayments if part.at > at)
    status = QuoteStatus.OPEN if at < quote.expires_at else QuoteStatus.EXPIRED
    return InstantQuote(
        id=strawberry.ID(ledger.identifier.encode(ledger.identifier.QUOTE, quote.id)),
        external_id=quote.external_id,
        amount=money_of(quote.amount, *unit),
        fee=money_of(quote.fee, *unit),
        net=money_of(quote.amount - quote.fee, *unit),
        repayments=_repayments(((part.at, part.amount) for part in quote.repayments), unit),
        quoted_at=Instant(quote.quoted_at),
        expires_at=Instant(quote.expires_at),
        status=status if advance is None else QuoteStatus.ACCEPTED,
        accepted_at=None if advance is None else Instant(advance.accepted_at),
        outstanding=money_of(owed, *unit),
        repaid=money_of(0 if advance is None else quote.amount - owed, *unit),
        read=read,
    )


def standing_of(
    owed: Iterable[tuple[int, int]], available: int, plan: ledger.AdvancePlan | None, unit: Unit
) -> AdvanceStanding:
    """Return what an account has had in advance, by what it owes at which instant and what is available on it."""
    repayments = sorted(owed)
    outstanding = sum(amount for _, amount in repayments)
    shortfall = min(outstanding, max(-available, 0))
    offers = plan is not None and any(share for _, share in plan.tiers)
    return AdvanceStanding(
        outstanding=money_of(outstanding, *unit),
        repayments=_repayments(repayments, unit),
        shortfall=money_of(shortfall, *unit),
        sentence=sentences.of_advances(repayments, shortfall, unit),
        plan=_plan_of(plan, unit) if plan is not None and offers else None,
    )


def _plan_of(plan: ledger.AdvancePlan, unit: Unit) -> AdvancePlan:
    return AdvancePlan(
        tiers=[AdvanceTier(risk_tier=tier, percent=bounds.percent(share)) for tier, share in plan.tiers],
        fee_percent=bounds.percent(plan.fee_basis_points),
        fee_fixed=money_of(plan.fee_fixed, *unit),
        daily_cap=None if plan.daily_cap is None else money_of(plan.daily_cap, *unit),
        horizon_days=plan.horizon_days,
        quote_seconds=plan.quote_seconds,
        planned_at=Instant(plan.planned_at),
    )


def _repayments(parts: Iterable[tuple[int, int]], unit: Unit) -> list[AdvanceRepayment]:
    return [AdvanceRepayment(at=Instant(at), amount=money_of(amount, *unit)) for at, amount in parts]
