"""Forecast: the curve of what will be available on an account, and why it rises."""

from collections.abc import Iterable

import strawberry

from app import ledger, services
from app.graphql.account import Account
from app.graphql.balance import Balance
from app.graphql.enums import CauseKind
from app.graphql.money import Money, money_of
from app.graphql.scalars import Instant


@strawberry.type(description="Why what is available rises: money that matures, or holds that lapse.")
class ForecastCause:
    """What comes between the point before and this one."""

    kind: CauseKind = strawberry.field(description="What comes.")
    amount: Money = strawberry.field(description="How much in all.")
    count: int = strawberry.field(description="At how many instants money matures, or how many holds lapse.")
    first_at: Instant = strawberry.field(description="When the first of them comes.")
    last_at: Instant = strawberry.field(description="When the last of them comes.")


@strawberry.type(
    description=(
        "What is available from an instant on, until the next point. It lies between conservative and optimistic, and"
        " is what is expected where nothing else happens."
    )
)
class ForecastPoint:
    """A step of the curve."""

    at: Instant = strawberry.field(description="From when on.")
    conservative: Money = strawberry.field(description="Available if each open hold is captured in full.")
    expected: Money = strawberry.field(
        description="Available if nothing happens but that money matures and holds lapse: what balance tells of then."
    )
    optimistic: Money = strawberry.field(description="Available if each open hold is let go now.")
    causes: list[ForecastCause] = strawberry.field(description="Why it is not what it was at the point before.")


@strawberry.type(description="How what is available on an account will rise, by the facts known now.")
class AvailabilityForecast:
    """An account's curve."""

    account: Account = strawberry.field(description="The account.")
    balance: Balance = strawberry.field(description="What stands on it now, which the curve goes on from.")
    points: list[ForecastPoint] = strawberry.field(
        description="The first point is the beginning; another stands wherever something comes."
    )


def forecast_of(found: services.Forecast, account: Account, balance: Balance) -> AvailabilityForecast:
    """Return an account's forecast as the schema shows it."""
    return AvailabilityForecast(account=account, balance=balance, points=points_of(found.points, account.unit))


def points_of(points: Iterable[ledger.ForecastPoint], unit: tuple[str, int]) -> list[ForecastPoint]:
    """Return the points of a curve as the schema shows them."""
    return [_point_of(point, unit) for point in points]


def _point_of(point: ledger.ForecastPoint, unit: tuple[str, int]) -> ForecastPoint:
    return ForecastPoint(
        at=Instant(point.at),
        conservative=money_of(point.conservative, *unit),
        expected=money_of(point.expected, *unit),
        optimistic=money_of(point.optimistic, *unit),
        causes=[
            ForecastCause(
                kind=cause.kind,
                amount=money_of(cause.amount, *unit),
                count=cause.count,
                first_at=Instant(cause.first_at),
                last_at=Instant(cause.last_at),
            )
            for cause in point.causes
        ],
    )
