"""Queries about availability: why a balance is what it is, how it will grow, and what can be spent."""

from typing import Annotated, Final

import strawberry

from app import ledger, services
from app.graphql import bounds, slice_cursor
from app.graphql.balance import balance_of
from app.graphql.connection import PageInfo
from app.graphql.context import Context, Info
from app.graphql.enums import ForecastBucket
from app.graphql.explanation import BalanceExplanation, slices_of
from app.graphql.forecast import AvailabilityForecast, forecast_of
from app.graphql.paging import PAGE_DEFAULT, PAGE_MAX
from app.graphql.references import AccountBy, MoneyInput
from app.graphql.scalars import BigInt, Instant
from app.graphql.spending import FundsConfirmation, SpendingAnswer, confirmation_of, spending_of

AtLeast = Annotated[
    BigInt | None,
    strawberry.argument(
        description="The sequence of a payload: UNAVAILABLE, to be tried again, where the ledger has not reached it."
    ),
]

LOOKED_AHEAD_MAX: Final = 1_000


@strawberry.type
class AvailabilityQuery:
    """A part of the root of queries."""

    @strawberry.field(
        description=(
            "Why a balance is what it is: slices that sum to its ledger part exactly, on however many pages, whatever"
            " happens meanwhile. Null where there is no such account."
        )
    )
    async def explain_balance(
        self,
        info: Info,
        account: Annotated[AccountBy, strawberry.argument(description="Which account.")],
        *,
        at: Annotated[
            Instant | None,
            strawberry.argument(description="The instant: past as recorded by then, or future; now where left out."),
        ] = None,
        first: Annotated[
            int | None, strawberry.argument(description=f"How many slices, 1 to {PAGE_MAX}; {PAGE_DEFAULT} by default.")
        ] = PAGE_DEFAULT,
        after: Annotated[
            str | None,
            strawberry.argument(
                description="The endCursor of a page, to go on at the same instant and sequence, whatever came since."
            ),
        ] = None,
        at_least: AtLeast = None,
    ) -> BalanceExplanation | None:
        """Read the balance, then a page of its slices."""
        context = info.context
        size = PAGE_DEFAULT if first is None else first
        if not 1 <= size <= PAGE_MAX:
            raise services.BadInput(f"first must be 1 to {PAGE_MAX}.", ("first",))
        found = await _standing(context, account, at_least)
        if found is None:
            return None
        row, read = found
        place = None if after is None else slice_cursor.decode(context.tenant_id, row.id, after)
        if place is not None or at is not None:
            read = await _read_at(context, row, at, place)
        explained = await context.read(services.explain, row, read, place, size)
        shown = context.loaders.keep_accounts([row])[0]
        return BalanceExplanation(
            account=shown,
            balance=balance_of(read.balance, shown.unit, as_of=read.as_of, sequence=read.sequence),
            slices=slices_of(explained.slices, shown, read),
            page_info=PageInfo(
                has_next_page=explained.reached.more,
                has_previous_page=place is not None,
                start_cursor=None,
                end_cursor=slice_cursor.encode(context.tenant_id, row.id, explained.reached),
            ),
        )

    @strawberry.field(
        description=(
            "How what is available on accounts will rise, by the facts known now, in the order given; null where there"
            " is no such account."
        )
    )
    async def availability_forecast(
        self,
        info: Info,
        accounts: Annotated[list[AccountBy], strawberry.argument(description="Which accounts, at most 100.")],
        *,
        to: Annotated[
            Instant,
            strawberry.argument(
                description=(
                    "Until when: at most 366 days after from, 31 with the bucket HOUR, and within 10 years from now."
                )
            ),
        ],
        from_: Annotated[
            Instant | None,
            strawberry.argument(name="from", description="From when on; now where left out or past."),
        ] = None,
        bucket: Annotated[
            ForecastBucket, strawberry.argument(description="Where the points of the curve lie.")
        ] = ForecastBucket.DAY,
        at_least: AtLeast = None,
    ) -> list[AvailabilityForecast | None]:
        """Read accounts and balances together, then all that is to come on them."""
        context = info.context
        path = ("accounts",)
        bounds.listed(accounts, path, most=bounds.ACCOUNTS_MAX, least=0)
        named = [by.reference((*path, index)) for index, by in enumerate(accounts)]
        await context.reach(at_least)
        forecasts = await context.read(services.forecast, named, from_, to, bucket)
        context.count_points(sum(len(found.points) for found in forecasts if found is not None))
        made: list[AvailabilityForecast | None] = []
        for found in forecasts:
            if found is None:
                made.append(None)
                continue
            account = context.loaders.keep_accounts([found.account])[0]
            made.append(forecast_of(found, account, context.loaders.balance_in(account, found.read)))
        return made

    @strawberry.field(
        description=(
            "Whether an amount can be taken from what is spendable on an account, and if not, what is missing, what is"
            " in the way, when it will be there and what would help. Null where there is no such account."
        )
    )
    async def can_spend(
        self,
        info: Info,
        account: Annotated[AccountBy, strawberry.argument(description="Which account.")],
        amount: Annotated[MoneyInput, strawberry.argument(description="How much, in the account's currency.")],
        at: Annotated[
            Instant | None,
            strawberry.argument(description="When, if nothing else happens before; now where left out or past."),
        ] = None,
        at_least: AtLeast = None,
    ) -> SpendingAnswer | None:
        """Read the balance, then what is to come on it."""
        context = info.context
        wanted = _above_zero(context, amount)
        found = await _standing(context, account, at_least)
        if found is None:
            return None
        row, read = found
        if wanted.currency != row.currency:
            raise services.BadInput(f"The account is kept in {row.currency}.", ("amount", "currency"))
        if at is not None and at > read.as_of:
            read = (await context.read(services.Reader.balances, [row.id], at))[row.id]
        (spending,) = await context.read(services.weigh_spending, [(read, wanted.minor)], LOOKED_AHEAD_MAX)
        return spending_of(spending, wanted.minor, context.loaders.keep_accounts([row])[0], read)

    @strawberry.field(
        description=(
            "Whether an account covers an amount now, and no more than that: neither a number nor what it lacks. Null"
            " where there is no such account."
        )
    )
    async def funds_confirmation(
        self,
        info: Info,
        account: Annotated[AccountBy, strawberry.argument(description="Which account.")],
        amount: Annotated[MoneyInput, strawberry.argument(description="How much, in the account's currency.")],
    ) -> FundsConfirmation | None:
        """Read the balance, then what is to come on it within the time that the answer is good for."""
        context = info.context
        wanted = _above_zero(context, amount)
        found = await _standing(context, account, None)
        if found is None:
            return None
        row, read = found
        if wanted.currency != row.currency:
            raise services.BadInput("The account is kept in another currency.", ("amount", "currency"))
        (spending,) = await context.read(services.weigh_spending, [(read, wanted.minor)], LOOKED_AHEAD_MAX)
        return confirmation_of(spending)


def _above_zero(context: Context, amount: MoneyInput) -> ledger.Amount:
    wanted = amount.amount_in(context.gateway.currencies, ("amount",))
    if wanted.minor <= 0:
        raise services.BadInput("amount must be above zero.", ("amount", "amount"))
    return wanted


async def _standing(
    context: Context, by: AccountBy, at_least: int | None
) -> tuple[ledger.Account, services.BalanceRead] | None:
    reference = by.reference(("account",))
    await context.reach(at_least)
    (found,) = await context.read(services.Reader.funds, [reference])
    return found


async def _read_at(
    context: Context, row: ledger.Account, at: int | None, place: services.ExplanationPlace | None
) -> services.BalanceRead:
    """Return the balance at an instant, or where a cursor's explanation stands; raises BadInput."""
    if place is None:
        reads = await context.read(services.Reader.balances, [row.id], at)
        if row.id not in reads:
            raise services.BadInput("The account was not open at that instant.", ("at",))
        return reads[row.id]
    here = await context.read(services.Reader.coordinate)
    reads = await context.read(services.Reader.balances_at, [row.id], place.coordinate)
    if place.coordinate.sequence > here.sequence or row.id not in reads:
        raise services.BadInput("The cursor is not one of this list.", ("after",))
    if at is not None and at != place.coordinate.at:
        raise services.BadInput("The cursor is of an explanation at another instant.", ("after",))
    return reads[row.id]
