"""Balance: everything that stands on an account at one instant, all from one reading."""

import strawberry

from app.graphql.derived import Derived, derive
from app.graphql.money import Money, derived_money
from app.graphql.scalars import BigInt, Instant
from app.ledger import Balance as Standing


@strawberry.type(
    description=(
        "What stands on an account at one instant, every part from the same reading and in the account's normal sign:"
        " available = ledger - maturing - held, and spendable = available - floor."
    )
)
class Balance:
    """The parts of a balance, with the coordinate it was read at."""

    ledger: Money = strawberry.field(description="The sum of all entries: increases less decreases.")
    maturing: Money = strawberry.field(description="The part of it that becomes available only later.")
    held: Money = strawberry.field(description="The part of it that holds in force set aside.")
    available: Money = strawberry.field(description="Ledger less maturing less held.")
    floor: Money | None = strawberry.field(
        description="What a spend must leave: negative is a credit line. Null where the account is unlimited."
    )
    spendable: Money | None = strawberry.field(
        description="Available less the floor: the most that can be spent. Null where the account is unlimited."
    )
    as_of: Instant = strawberry.field(description="The instant that this balance is of.")
    sequence: BigInt = strawberry.field(description="The last command of the tenant that it knows of.")
    version: BigInt = strawberry.field(description="How many changes the account has seen; require can name it.")
    terms: strawberry.Private[Standing]
    unit: strawberry.Private[tuple[str, int]]

    def __init__(self, terms: Standing, unit: tuple[str, int], as_of: int, sequence: int) -> None:
        self.terms = terms
        self.unit = unit
        self.as_of = Instant(as_of)
        self.sequence = BigInt(sequence)


derive(
    Balance,
    ledger=derived_money("{terms}.ledger"),
    maturing=derived_money("{terms}.maturing"),
    held=derived_money("{terms}.held"),
    available=derived_money("{terms}.available"),
    floor=derived_money("{terms}.floor", nullable=True),
    spendable=derived_money("{terms}.spendable", nullable=True),
    version=Derived("{terms}.version"),
)


def balance_of(standing: Standing, currency: tuple[str, int], *, as_of: int, sequence: int) -> Balance:
    """Return a balance as the schema shows it; `currency` is its code and exponent."""
    return Balance(standing, currency, as_of, sequence)
