"""Money: exact amounts of a currency, and the currencies themselves."""

import strawberry

from app import ledger
from app.graphql.scalars import BigInt, CurrencyCode, DecimalText


@strawberry.type(description="An exact amount of one currency.")
class Money:
    """An amount, printed in major and in minor units."""

    amount: DecimalText = strawberry.field(
        description='The amount in major units with all digits of the currency, such as "12.50" EUR or "12" JPY.'
    )
    minor_units: BigInt = strawberry.field(
        description='The same amount in the smallest unit of the currency, such as "1250" for 12.50 EUR.'
    )
    currency: CurrencyCode = strawberry.field(description="The currency.")


@strawberry.type(description="A currency that accounts may be kept in.")
class Currency:
    """A currency by its code."""

    code: CurrencyCode = strawberry.field(description="Its ISO 4217 code, or the tenant's own.")
    exponent: int = strawberry.field(description="How many digits its amounts have after the decimal point.")
    name: str = strawberry.field(description="Its English name.")


def money_of(minor: int, currency: str, exponent: int) -> Money:
    """Return minor units as Money."""
    return Money(
        amount=DecimalText(ledger.money.text_of(minor, exponent)),
        minor_units=BigInt(minor),
        currency=CurrencyCode(currency),
    )
