"""What a caller may ask about advances of money that has yet to mature."""

from typing import ClassVar

from app.ledger.money import Amount
from app.ledger.reference import Conditions, Reference
from app.values import value


@value
class AdvanceTier:
    """How much of what matures accounts of a risk tier may have; no tier is every other account."""

    risk_tier: str | None
    basis_points: int


@value
class SetAdvancePlan:
    """Offer advances to accounts of the lender's currency from now on; without a tier that gets any, to nobody.

    `fee_fixed` and `daily_cap` are normalised decimal text in that currency.
    """

    operation: ClassVar = "setAdvancePlan"
    lender: Reference
    fee_account: Reference
    tiers: tuple[AdvanceTier, ...] = ()
    fee_basis_points: int = 0
    fee_fixed: str = "0"
    daily_cap: str | None = None
    horizon_days: int = 30
    quote_seconds: int = 900
    require: Conditions = ()


@value
class QuoteInstantAvailability:
    """Ask what an advance would cost: of an amount, or of the most that there is."""

    operation: ClassVar = "quoteInstantAvailability"
    account: Reference
    amount: Amount | None = None
    external_id: str | None = None
    require: Conditions = ()


@value
class AcceptInstantQuote:
    """Have the advance that was quoted."""

    operation: ClassVar = "acceptInstantQuote"
    quote: Reference
    external_id: str | None = None
    require: Conditions = ()
