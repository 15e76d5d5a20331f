"""Reserves: what is kept of deposits to an account, and the plan that they follow."""

import strawberry

from app import ledger, services
from app.graphql import bounds, wording
from app.graphql.bounds import Currencies, Path
from app.graphql.money import Money, money_of
from app.graphql.references import AccountBy, RequireInput, conditions
from app.graphql.scalars import DecimalText, Instant


@strawberry.type(description="What share of each deposit to an account is kept, and for how long.")
class ReservePlan:
    """The plan in force."""

    percent: DecimalText = strawberry.field(description="So many per cent of each deposit, rounded down.")
    days: int | None = strawberry.field(
        description="For how many days of 24 hours after the deposit it is kept; null where it is until an instant."
    )
    until: Instant | None = strawberry.field(
        description="Until when it is kept, and nothing any more from then on; null where it is for so many days."
        " 9999-12-31T23:59:59.999999Z is until released."
    )
    cap: Money | None = strawberry.field(
        description="The most that is kept at one time; null where there is no such bound."
    )
    planned_at: Instant = strawberry.field(description="Since when deposits follow it.")


@strawberry.type(description="What of an account's maturing money is kept as a reserve.")
class Reserve:
    """The amount and the plan."""

    reserved: Money = strawberry.field(
        description="What is kept now: it matures as its entries, of kind RESERVE, say, or is released early."
    )
    plan: ReservePlan | None = strawberry.field(description="The plan that deposits follow, if any.")


@strawberry.input(
    description=(
        "Lets deposits to an account keep a share back as a reserve from now on. What is kept already stays as it is."
    )
)
class SetReservePlanInput:
    """An account and a plan."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    account: AccountBy = strawberry.field(description="The account.")
    percent: DecimalText = strawberry.field(
        description="So many per cent of each deposit, 0 to 100, with at most two digits after the point."
    )
    days: int | None = strawberry.field(
        description=f"For how many days of 24 hours after the deposit, 1 to {ledger.RESERVE_DAYS_MAX:,}."
    )
    until: Instant | None = strawberry.field(
        description="Until when, in place of days; deposits from then on keep nothing. 9999-12-31T23:59:59.999999Z is"
        " until released."
    )
    cap: DecimalText | None = strawberry.field(
        description="The most that is kept at one time, in major units of the account's currency."
    )
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.SetReservePlan:
        """Return the command meant."""
        basis_points = bounds.basis_points(self.percent, (*path, "percent"))
        days: int | ledger.KeptUntil = self.days or 0
        if self.until is not None:
            if self.days is not None:
                raise services.BadInput("Give either days or until.", (*path, "until"))
            days = ledger.KeptUntil(self.until)
        elif basis_points:
            days = bounds.count(self.days, (*path, "days"), most=ledger.RESERVE_DAYS_MAX)
        return ledger.SetReservePlan(
            account=self.account.reference((*path, "account")),
            basis_points=basis_points,
            days=days,
            cap=self.cap,
            require=conditions(self.require, path),
        )


def reserve_of(found: services.Reserve, unit: tuple[str, int]) -> Reserve:
    """Return an account's reserve as the schema shows it."""
    plan = found.plan
    shown = None
    if plan is not None and plan.basis_points:
        shown = ReservePlan(
            percent=bounds.percent(plan.basis_points),
            days=plan.days if plan.until_at is None else None,
            until=None if plan.until_at is None else Instant(plan.until_at),
            cap=None if plan.cap is None else money_of(plan.cap, *unit),
            planned_at=Instant(plan.planned_at),
        )
    return Reserve(reserved=money_of(found.reserved, *unit), plan=shown)
