"""Inputs about advances of money that has yet to mature, and the commands that they mean."""

import strawberry

from app import ledger, services
from app.graphql import bounds, wording
from app.graphql.bounds import Currencies, Path
from app.graphql.references import AccountBy, MoneyInput, QuoteBy, RequireInput, conditions, optional_amount
from app.graphql.scalars import DecimalText

_TIER_CHARACTERS_MAX = 100


@strawberry.input(description="How much of what matures accounts of a risk tier may have in advance.")
class AdvanceTierInput:
    """A tier and a share."""

    risk_tier: str | None = strawberry.field(
        description="The riskTier in the account's metadata; every other account where left out."
    )
    percent: DecimalText = strawberry.field(
        description="So many per cent of what matures at each instant, 0 to 100, with at most two digits after the"
        " point."
    )

    def tier(self, path: Path) -> ledger.AdvanceTier:
        """Return the tier meant."""
        name = bounds.text(self.risk_tier, (*path, "riskTier"), most=_TIER_CHARACTERS_MAX, least=1)
        return ledger.AdvanceTier(name, bounds.basis_points(self.percent, (*path, "percent")))


@strawberry.input(
    description=(
        "Offers advances to the accounts of a currency, on other terms from now on: quotes and advances that were made"
        " stand. Without a tier that gets any, nobody is offered one any more."
    )
)
class SetAdvancePlanInput:
    """Who lends, to whom, how much and for what."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    lender: AccountBy = strawberry.field(
        description="The CREDIT account whose money stands in until what was advanced matures. The plan is for accounts"
        " of its currency."
    )
    fee_account: AccountBy = strawberry.field(description="The CREDIT account that has the fees.")
    tiers: list[AdvanceTierInput] = strawberry.field(
        description=f"Shares by risk tier, each once, at most {ledger.TIERS_MAX}."
    )
    fee_percent: DecimalText | None = strawberry.field(
        default=DecimalText("0"),
        description="So many per cent of the advance, rounded down; below 100, with at most two digits after the"
        " point.",
    )
    fee_fixed: DecimalText | None = strawberry.field(
        default=DecimalText("0"), description="What is added to the fee, in major units of the currency."
    )
    daily_cap: DecimalText | None = strawberry.field(
        description="The most that one account may have in advances of a day in UTC, in major units; no such bound"
        " where left out."
    )
    horizon_days: int | None = strawberry.field(
        default=30,
        description=f"Only what matures within so many days of 24 hours counts, 1 to {ledger.HORIZON_DAYS_MAX}.",
    )
    quote_seconds: int | None = strawberry.field(
        default=900, description=f"How long a quote is good, 1 to {ledger.QUOTE_SECONDS_MAX:,}."
    )
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.SetAdvancePlan:
        """Return the command meant."""
        at = (*path, "tiers")
        bounds.listed(self.tiers, at, most=ledger.TIERS_MAX, least=0)
        tiers = tuple(item.tier((*at, index)) for index, item in enumerate(self.tiers))
        if len({tier.risk_tier for tier in tiers}) < len(tiers):
            raise services.BadInput("Each tier is named once.", at)
        days = bounds.count(self.horizon_days, (*path, "horizonDays"), most=ledger.HORIZON_DAYS_MAX, default=30)
        return ledger.SetAdvancePlan(
            lender=self.lender.reference((*path, "lender")),
            fee_account=self.fee_account.reference((*path, "feeAccount")),
            tiers=tiers,
            fee_basis_points=bounds.basis_points(self.fee_percent or "0", (*path, "feePercent"), most=ledger.WHOLE - 1),
            fee_fixed=self.fee_fixed or "0",
            daily_cap=self.daily_cap,
            horizon_days=days,
            quote_seconds=bounds.count(
                self.quote_seconds, (*path, "quoteSeconds"), most=ledger.QUOTE_SECONDS_MAX, default=900
            ),
            require=conditions(self.require, path),
        )


@strawberry.input(description="Asks what it would cost to have money at once that has yet to mature.")
class QuoteInstantAvailabilityInput:
    """An account and an amount."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    account: AccountBy = strawberry.field(description=wording.ACCOUNT)
    amount: MoneyInput | None = strawberry.field(
        description="How much is to be had, before the fee; the most that is offered where left out."
    )
    external_id: str | None = strawberry.field(description=wording.EXTERNAL_ID)
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.QuoteInstantAvailability:
        """Return the command meant."""
        return ledger.QuoteInstantAvailability(
            account=self.account.reference((*path, "account")),
            amount=optional_amount(self.amount, currencies, path),
            external_id=bounds.label(self.external_id, (*path, "externalId")),
            require=conditions(self.require, path),
        )


@strawberry.input(description="Has the advance that was quoted.")
class AcceptInstantQuoteInput:
    """A quote."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    quote: QuoteBy = strawberry.field(description="The quote.")
    external_id: str | None = strawberry.field(description=wording.EXTERNAL_ID)
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.AcceptInstantQuote:
        """Return the command meant."""
        return ledger.AcceptInstantQuote(
            quote=self.quote.reference((*path, "quote")),
            external_id=bounds.label(self.external_id, (*path, "externalId")),
            require=conditions(self.require, path),
        )
