"""Totals: the trial balance, which shows that every currency balances."""

import strawberry

from app import services
from app.graphql.money import Money, money_of
from app.graphql.scalars import CurrencyCode


@strawberry.type(
    description=(
        "All accounts of one currency together: the sums of the net ledger balances that stand on each side. They are"
        " always equal."
    )
)
class TrialBalanceLine:
    """The totals of one currency."""

    currency: CurrencyCode = strawberry.field(description="The currency.")
    debits: Money = strawberry.field(description="The sum of the balances that stand on the debit side.")
    credits: Money = strawberry.field(description="The sum of the balances that stand on the credit side.")
    accounts: int = strawberry.field(description="How many accounts are kept in it.")


def trial_balance_line_of(total: services.TrialBalanceTotal) -> TrialBalanceLine:
    """Return the totals of a currency as the schema shows them."""
    return TrialBalanceLine(
        currency=CurrencyCode(total.currency),
        debits=money_of(total.debits, total.currency, total.exponent),
        credits=money_of(total.credits, total.currency, total.exponent),
        accounts=total.accounts,
    )
