"""Money: exact amounts of a currency, and the currencies themselves."""

import strawberry

from app import ledger
from app.graphql.derived import Derived, DerivedObject, derive
from app.graphql.scalars import BigInt, CurrencyCode, DecimalText


@strawberry.type(description="An exact amount of one currency.")
class Money:
    """An amount, printed in major and in minor units; `exponent` is how many digits its currency has."""

    amount: DecimalText = strawberry.field(
        description='The amount in major units with all digits of the currency, such as "12.50" EUR or "12" JPY.'
    )
    minor_units: BigInt = strawberry.field(
        description='The same amount in the smallest unit of the currency, such as "1250" for 12.50 EUR.'
    )
    currency: CurrencyCode = strawberry.field(description="The currency.")
    exponent: strawberry.Private[int]

    def __init__(self, minor_units: int, currency: str, exponent: int) -> None:
        self.minor_units = BigInt(minor_units)
        self.currency = CurrencyCode(currency)
        self.exponent = exponent


derive(Money, amount=Derived("{text_of}({minor_units}, {exponent})", text_of=ledger.money.text_of))


@strawberry.type(description="A currency that accounts may be kept in.")
class Currency:
    """A currency by its code."""

    code: CurrencyCode = strawberry.field(description="Its ISO 4217 code, or the tenant's own.")
    exponent: int = strawberry.field(description="How many digits its amounts have after the decimal point.")
    name: str = strawberry.field(description="Its English name.")


def money_of(minor: int, currency: str, exponent: int) -> Money:
    """Return minor units as Money."""
    return Money(minor, currency, exponent)


def derived_money(minor: str, *, nullable: bool = False) -> DerivedObject:
    """Return an attribute that is money: so many minor units, by an expression, of the object's own `unit`."""
    return DerivedObject(
        Money, {"minor_units": minor, "currency": "{unit}[0]", "exponent": "{unit}[1]"}, nullable=nullable
    )
