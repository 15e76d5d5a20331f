"""Balance: everything that stands on an account at one instant, all from one reading."""

import strawberry

from app.graphql.money import Money, money_of
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


def balance_of(standing: Standing, currency: tuple[str, int], *, as_of: int, sequence: int) -> Balance:
    """Return a balance as the schema shows it; `currency` is its code and exponent."""
    code, exponent = currency
    spendable = standing.spendable
    return Balance(
        ledger=money_of(standing.ledger, code, exponent),
        maturing=money_of(standing.maturing, code, exponent),
        held=money_of(standing.held, code, exponent),
        available=money_of(standing.available, code, exponent),
        floor=None if standing.floor is None else money_of(standing.floor, code, exponent),
        spendable=None if spendable is None else money_of(spendable, code, exponent),
        as_of=Instant(as_of),
        sequence=BigInt(sequence),
        version=BigInt(standing.version),
        terms=standing,
    )
