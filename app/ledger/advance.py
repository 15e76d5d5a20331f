"""Advances: money that has yet to mature, had at once for a fee; until it comes, the lender's own money stands in.

An advance exchanges instants. The account takes from what matures on it and has as much at once; the lender gives as
much at once and has it back at the very instants at which the account's money would have come. So it is repaid by
time, to the minor unit and without anything that would have to run; both balances stay what they were, but for the fee.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType
from typing import Final, TypeAlias
from uuid import UUID

from app.ledger.policy import WHOLE
from app.ledger.reserve import DAY
from app.ledger.transaction import ENTRIES_MAX
from app.values import value

TAKEN: Final = "ADVANCE"
"""The kind of lines that take from what matures, for what is had at once."""
REPAYMENT: Final = "REPAYMENT"
"""The kind of the lines by which the lender has it back."""
REPAYMENTS_MAX: Final = (ENTRIES_MAX - 4) // 2
"""How many instants one advance may take from: two lines for each, two for what is had at once and two for the fee."""
RIPENING_MAX: Final = 256
"""How many of an account's next instants are looked at."""
TIERS_MAX: Final = 20
HORIZON_DAYS_MAX: Final = 366
QUOTE_SECONDS_MAX: Final = 86_400

Apart: TypeAlias = tuple[UUID, int, str]
"""An account, an instant, and the kind of lines that are counted apart from others that mature then."""


@value
class AdvancePlan:
    """On which terms accounts of a currency have advances, from `sequence` on.

    `tiers` are (risk tier, basis points of what matures), None for accounts of any other tier or of none. The fee is
    `fee_basis_points` of the advance, rounded down, and `fee_fixed`. `daily_cap` is of one account's advances of a day
    in UTC. Only what matures within `horizon_days` of 24 hours counts. Amounts are in minor units.
    """

    currency: str
    sequence: int
    lender_id: UUID
    fee_account_id: UUID
    tiers: tuple[tuple[str | None, int], ...]
    fee_basis_points: int
    fee_fixed: int
    daily_cap: int | None
    horizon_days: int
    quote_seconds: int
    planned_at: int
    principal: str

    def rate(self, tier: str | None) -> int:
        """Return the basis points of what matures that an account of a tier may have."""
        rates = dict(self.tiers)
        return rates.get(tier, rates.get(None, 0))

    def fee(self, amount: int) -> int:
        """Return the fee of an advance."""
        return amount * self.fee_basis_points // WHOLE + self.fee_fixed


@value
class Ripening:
    """What matures on an account at an instant, what of it is kept as a reserve, and what was taken in advance."""

    at: int
    amount: int
    reserved: int = 0
    advanced: int = 0

    @property
    def free(self) -> int:
        """What matures and is not a reserve."""
        return max(self.amount - max(self.reserved, 0), 0)

    def limit(self, rate: int) -> int:
        """Return what may be had in advance: the rate counts of the whole, with what was taken of it before."""
        advanced = max(self.advanced, 0)
        return min(max((self.free + advanced) * rate // WHOLE - advanced, 0), self.free)


@value
class Repayment:
    """What is taken from what matures at an instant, and what was free there when it was quoted."""

    at: int
    amount: int
    free: int


@value
class InstantQuote:
    """An offer, good until `expires_at`: `amount` at once for `fee`, repaid as the repayments say, which sum to it."""

    id: UUID
    sequence: int
    account_id: UUID
    currency: str
    external_id: str | None
    lender_id: UUID
    fee_account_id: UUID
    amount: int
    fee: int
    repayments: tuple[Repayment, ...]
    quoted_at: int
    expires_at: int
    principal: str


@value
class Advance:
    """A quote was accepted, once: by which transaction, and when."""

    quote_id: UUID
    sequence: int
    account_id: UUID
    transaction_id: UUID
    amount: int
    accepted_at: int


@value
class AdvancePages:
    """What commands about advances need of one tenant; loaded only for batches that have some.

    `plans` are those in force by currency; `names` ids of quotes by external id; `accepted` those of the quotes that
    were; `apart` is the signed sum, in the account's normal sign, of lines of a kind that mature at an instant; `taken`
    what the advances of each account come to on the day of the batch.
    """

    plans: Mapping[str, AdvancePlan] = field(default_factory=lambda: MappingProxyType({}))
    quotes: Mapping[UUID, InstantQuote] = field(default_factory=lambda: MappingProxyType({}))
    names: Mapping[str, UUID] = field(default_factory=lambda: MappingProxyType({}))
    accepted: Mapping[UUID, Advance] = field(default_factory=lambda: MappingProxyType({}))
    apart: Mapping[Apart, int] = field(default_factory=lambda: MappingProxyType({}))
    taken: Mapping[UUID, int] = field(default_factory=lambda: MappingProxyType({}))


def offered(ripening: Iterable[Ripening], rate: int) -> list[Repayment]:
    """Return the most that may be had, the earliest first, of so many instants as one advance may take from."""
    limits = ((one, one.limit(rate)) for one in sorted(ripening, key=lambda one: one.at)[:RIPENING_MAX])
    return [Repayment(one.at, limit, one.free) for one, limit in limits if limit][:REPAYMENTS_MAX]


def portioned(offer: Sequence[Repayment], amount: int) -> tuple[Repayment, ...]:
    """Return what an amount takes of an offer, the earliest first; it must not be more than the offer's sum."""
    parts: list[Repayment] = []
    for one in offer:
        part = min(one.amount, amount)
        if part:
            parts.append(Repayment(one.at, part, one.free))
        amount -= part
    return tuple(parts)


def day_of(at: int) -> int:
    """Return the instant at which the day of an instant began, in UTC."""
    return at - at % DAY
