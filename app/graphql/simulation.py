"""Simulation: what commands would come to, now or later, told without anything being stored."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Annotated, cast
from uuid import UUID

import strawberry

from app import ledger, services
from app.graphql.account import Account
from app.graphql.availability_query import AtLeast
from app.graphql.balance import Balance, balance_of
from app.graphql.batch_inputs import Sent, SimulateInput
from app.graphql.bounds import Path
from app.graphql.context import Context, Info
from app.graphql.enums import BatchMode, Side
from app.graphql.forecast import ForecastPoint, points_of
from app.graphql.money import Money, money_of
from app.graphql.payloads import REJECTION, REPLAYED
from app.graphql.rejections import Rejection, rejection_of
from app.graphql.requests import request, request_or_fault
from app.graphql.scalars import BigInt, CurrencyCode, Instant


@strawberry.type(description="How the forecast of an account changes.")
class SimulatedForecast:
    """Two curves from the instant of the simulation on."""

    before: list[ForecastPoint] = strawberry.field(
        description="Without the commands; empty for an account that they open."
    )
    after: list[ForecastPoint] = strawberry.field(description="With them.")


@strawberry.type(description="An account that the commands of a simulation touch.")
class SimulatedAccount:
    """How it would stand without them and with them."""

    account: Account | None = strawberry.field(
        description="The account as it stands now; null where the simulation opens it."
    )
    external_id: str | None = strawberry.field(description="The caller's own id for it.")
    currency: CurrencyCode = strawberry.field(description="The currency that it is kept in.")
    opened: bool = strawberry.field(description="Whether the simulation opens it.")
    before: Balance | None = strawberry.field(
        description="What would stand on it at the instant of the simulation without the commands; null where they open"
        " it, and to a key without the scope balances:read."
    )
    after: Balance | None = strawberry.field(
        description="What would stand on it right after them; null to a key without the scope balances:read."
    )
    forecast: SimulatedForecast | None = strawberry.field(
        description="What will be available; null without forecastTo, and to a key without the scope balances:read."
    )

    row: strawberry.Private[ledger.Account]


@strawberry.type(description="A debit or credit line that a command of a simulation would post.")
class SimulatedEntry:
    """A line of a transaction that does not exist."""

    line: int = strawberry.field(description="Its number in the transaction, from 1.")
    account: SimulatedAccount = strawberry.field(description="The account that it would stand on.")
    side: Side = strawberry.field(description="Debit or credit.")
    amount: Money = strawberry.field(description="How much; always positive.")
    kind: str = strawberry.field(description="What it is for, such as PRINCIPAL, FEE or TAX.")
    reason: str | None = strawberry.field(description="Why, in the caller's words.")
    available_at: Instant | None = strawberry.field(description="When it would mature; null means at once.")


@strawberry.type(description="What would become of one command.")
class SimulatedResult:
    """The entries, or the rejection."""

    rejection: Rejection | None = strawberry.field(description=REJECTION)
    replayed: bool = strawberry.field(description=REPLAYED)
    entries: list[SimulatedEntry] | None = strawberry.field(
        description="What it would post; null where it is refused or replayed, and where it posts nothing."
    )


@strawberry.type(
    description="What commands would come to: decided by the rules and in the order that they would be, and not stored."
)
class Simulation:
    """Results and what they would leave."""

    at: Instant = strawberry.field(description="The instant at which they were decided.")
    sequence: BigInt = strawberry.field(description="The last command of the tenant that it knows of.")
    results: list[SimulatedResult | None] = strawberry.field(
        description="One for each command, in the order given; null where an error of its path says why."
    )
    accounts: list[SimulatedAccount] = strawberry.field(
        description="The accounts that accepted commands touch, in the order in which they do."
    )


@strawberry.type
class SimulationQuery:
    """A part of the root of queries."""

    @strawberry.field(
        description=(
            "What up to 100 commands of any kind would come to, now or at a later instant, each seeing those before it:"
            " their results, the balances that they would leave and how forecasts change. Nothing is stored, and no key"
            " is used up. Needs the scopes of each command."
        )
    )
    async def simulate(
        self,
        info: Info,
        input: Annotated[SimulateInput, strawberry.argument(description="The commands.")],
        at_least: AtLeast = None,
    ) -> Simulation:
        """Have them decided over the snapshot."""
        context = info.context
        path: Path = ("input",)
        made = _requests(context, input.all_sent(path), input.mode)
        requests = [one for one in made if isinstance(one, ledger.Request)]
        groups = _groups(requests, input.mode)
        await context.reach(at_least)
        try:
            told = await context.read(context.gateway.simulate, groups, input.at, _prospect(input))
        except services.BadInput as refused:
            raise services.BadInput(str(refused), (*path, *refused.path)) from None
        if input.mode is BatchMode.ALL_OR_NOTHING and isinstance(told.decisions[0], services.Fault):
            raise told.decisions[0]
        context.count_points(sum(len(one.curve_before or ()) + len(one.curve_after or ()) for one in told.accounts))
        return _simulation_of(context, told, made)


def _requests(
    context: Context, all_sent: Sequence[tuple[Sent, Path]], mode: BatchMode
) -> list[ledger.Request | services.Fault]:
    ask = request if mode is BatchMode.ALL_OR_NOTHING else request_or_fault
    return [ask(context, sent, path) for sent, path in all_sent]


def _groups(requests: Sequence[ledger.Request], mode: BatchMode) -> list[ledger.Group]:
    if mode is BatchMode.ALL_OR_NOTHING:
        return [ledger.Group(tuple(requests), atomic=True)]
    return [ledger.Group((one,)) for one in requests]


def _prospect(input_: SimulateInput) -> services.Prospect | None:
    return None if input_.forecast_to is None else services.Prospect(input_.forecast_to, input_.forecast_bucket)


def _simulation_of(
    context: Context, told: services.Simulation, made: Sequence[ledger.Request | services.Fault]
) -> Simulation:
    """Return a simulation as the schema shows it; a fault in place of a result becomes an error of its path."""
    accounts = {one.account.id: _account_of(context, one, told.place) for one in told.accounts}
    decided = chain.from_iterable([one] if isinstance(one, services.Fault) else one for one in told.decisions)
    outcomes = [next(decided) if isinstance(one, ledger.Request) else one for one in made]
    results = [one if isinstance(one, services.Fault) else _result_of(context, one, told, accounts) for one in outcomes]
    return Simulation(
        at=Instant(told.place.at),
        sequence=BigInt(told.place.sequence),
        # The executor raises an exception that it finds in a list at the index where it stands.
        results=cast("list[SimulatedResult | None]", results),
        accounts=list(accounts.values()),
    )


def _account_of(context: Context, one: services.SimulatedAccount, place: services.Coordinate) -> SimulatedAccount:
    row, unit = one.account, (one.account.currency, one.account.exponent)
    opened = one.before is None
    forecast = None
    if one.curve_before is not None and one.curve_after is not None and context.may_read:
        forecast = SimulatedForecast(before=points_of(one.curve_before, unit), after=points_of(one.curve_after, unit))
    return SimulatedAccount(
        account=None if opened else context.loaders.keep_accounts([row])[0],
        external_id=row.external_id,
        currency=CurrencyCode(row.currency),
        opened=opened,
        before=_balance(context, one.before, unit, place),
        after=_balance(context, one.after, unit, place),
        forecast=forecast,
        row=row,
    )


def _balance(
    context: Context, standing: ledger.Balance | None, unit: tuple[str, int], place: services.Coordinate
) -> Balance | None:
    if standing is None or not context.may_read:
        return None
    return balance_of(standing, unit, as_of=place.at, sequence=place.sequence)


def _result_of(
    context: Context,
    decision: ledger.Decision,
    told: services.Simulation,
    accounts: Mapping[UUID, SimulatedAccount],
) -> SimulatedResult:
    if isinstance(decision, ledger.Rejected):
        rejection = rejection_of(decision.rejection, may_read=context.may_read)
        return SimulatedResult(rejection=rejection, replayed=decision.replayed, entries=None)
    if isinstance(decision, ledger.Denied):
        raise services.denial(decision)
    posted = None if decision.replayed else told.entries.get(decision.transaction_id or UUID(int=0))
    entries = None if posted is None else [_entry_of(entry, accounts[entry.account_id]) for entry in posted]
    return SimulatedResult(rejection=None, replayed=decision.replayed, entries=entries)


def _entry_of(row: ledger.Entry, account: SimulatedAccount) -> SimulatedEntry:
    return SimulatedEntry(
        line=row.line,
        account=account,
        side=row.side,
        amount=money_of(row.amount, account.row.currency, account.row.exponent),
        kind=row.kind,
        reason=row.reason,
        available_at=None if row.available_at is None else Instant(row.available_at),
    )
