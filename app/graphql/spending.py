"""Spending: whether an amount can be spent, what is in the way, and what would help."""

from typing import TYPE_CHECKING, Final

import strawberry

from app import ledger, services
from app.graphql import sentences
from app.graphql.account import Account
from app.graphql.balance import Balance, balance_of
from app.graphql.enums import OptionKind, RejectionCode
from app.graphql.explanation import BalanceSlice, slices_of
from app.graphql.money import Money, money_of
from app.graphql.scalars import Instant

if TYPE_CHECKING:
    from app.graphql.context import Context

IN_THE_WAY_MAX: Final = 10
CONFIRMED_SECONDS: Final = 60
IN_THE_WAY: Final = f"What is not available, the soonest first, at most {IN_THE_WAY_MAX}; explainBalance tells all."


@strawberry.type(description="What could be spent instead, or when.")
class SpendingOption:
    """An amount at an instant."""

    kind: OptionKind = strawberry.field(description="What to do.")
    at: Instant = strawberry.field(description="From when on, if nothing else happens.")
    amount: Money = strawberry.field(description="The most that can be spent then.")
    sentence: str = strawberry.field(description="All of it in a sentence to read out.")


@strawberry.type(description="Whether an amount can be spent at an instant, and if not, why and what would help.")
class SpendingAnswer:
    """The answer, by the facts known now."""

    allowed: bool = strawberry.field(description="Whether it can be spent.")
    code: RejectionCode | None = strawberry.field(description="Why a command would be refused; null where it can.")
    sentence: str = strawberry.field(description="The answer in a sentence to read out.")
    at: Instant = strawberry.field(description="The instant that is answered for.")
    balance: Balance = strawberry.field(description="What stands on the account then.")
    shortfall: Money = strawberry.field(description="How much is missing; zero where enough is there.")
    earliest_at: Instant | None = strawberry.field(
        description="When it can be spent, if nothing else happens; null where that is not in sight."
    )
    options: list[SpendingOption] = strawberry.field(
        description="What would help, at most five: the soonest, and last what is enough; none where it can be spent."
    )
    account: strawberry.Private[Account]
    read: strawberry.Private[services.BalanceRead]

    @strawberry.field(description=f"{IN_THE_WAY} None where the amount can be spent.")
    async def slices(self, info: "strawberry.Info[Context]") -> list[BalanceSlice]:
        """Read them."""
        if self.allowed:
            return []
        row = self.account.row
        found = await info.context.read(services.find_in_the_way, [(row, self.read)], IN_THE_WAY_MAX)
        return slices_of(found[row.id], self.account, self.read)


@strawberry.type(description="Whether an amount is covered, yes or no, to whoever may know no more than that.")
class FundsConfirmation:
    """The answer, and how long it is good for."""

    covered: bool = strawberry.field(
        description="Whether the account could give the amount now; nothing is set aside by asking."
    )
    valid_until: Instant = strawberry.field(
        description=(
            f"Ask again from here on. By the passing of time alone a yes stays a yes and a no may become one: this is"
            f" when it does, but at most {CONFIRMED_SECONDS} seconds ahead, as whatever is posted meanwhile may change"
            " either."
        )
    )


def confirmation_of(spending: ledger.Spending) -> FundsConfirmation:
    """Return the answer for an amount with nothing in it of what stands on the account."""
    until = spending.at + CONFIRMED_SECONDS * 1_000_000
    covered = spending.refusal is None
    if not covered and spending.earliest_at is not None:
        until = min(until, spending.earliest_at)
    return FundsConfirmation(covered=covered, valid_until=Instant(until))


def spending_of(spending: ledger.Spending, amount: int, account: Account, read: services.BalanceRead) -> SpendingAnswer:
    """Return the answer for an amount as the schema shows it."""
    unit = account.unit
    return SpendingAnswer(
        allowed=spending.refusal is None,
        code=spending.refusal,
        sentence=sentences.of_spending(spending, amount, unit),
        at=Instant(spending.at),
        balance=balance_of(read.balance, unit, as_of=read.as_of, sequence=read.sequence),
        shortfall=money_of(spending.shortfall, *unit),
        earliest_at=None if spending.earliest_at is None else Instant(spending.earliest_at),
        options=options_of(spending, unit),
        account=account,
        read=read,
    )


def options_of(spending: ledger.Spending, unit: tuple[str, int]) -> list[SpendingOption]:
    """Return what would help as the schema shows it."""
    return [
        SpendingOption(
            kind=option.kind,
            at=Instant(option.at),
            amount=money_of(option.amount, *unit),
            sentence=sentences.of_option(option, unit),
        )
        for option in spending.options
    ]
