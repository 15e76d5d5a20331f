"""Reserves: the plans that deposits follow, and what is kept on accounts by the facts known now."""

# ruff: noqa: S608 - statements are put together of constants of this module, values are always parameters

from collections.abc import Sequence
from uuid import UUID

from app import ledger
from app.store.large_sums import BILLION, large_sum_of
from app.store.session import Session
from app.store.statement import Statement
from app.values import value

# However little is left, much may have come and gone.
_LINES = """FROM entries e WHERE e.tenant_id = $1 AND e.account_id = u.account_id AND e.kind = 'RESERVE'
    AND e.available_at > $2"""
_STANDING = Statement(
    "reserves.standing",
    f"""SELECT u.account_id, p.sequence, p.basis_points, p.days, p.cap, p.planned_at, p.principal, p.until_at,
            coalesce((SELECT sum(CASE WHEN e.side = u.side THEN e.amount ELSE -e.amount END / {BILLION}) {_LINES}),
                0)::bigint AS billions,
            coalesce((SELECT sum(CASE WHEN e.side = u.side THEN e.amount ELSE -e.amount END % {BILLION}) {_LINES}),
                0)::bigint AS rest
        FROM {{rows(account_id uuid, side text)}}
        LEFT JOIN reserve_plans p ON p.tenant_id = $1 AND p.account_id = u.account_id AND p.sequence = (
            SELECT max(l.sequence) FROM reserve_plans l WHERE l.tenant_id = $1 AND l.account_id = u.account_id)""",
)


@value
class Reserve:
    """What of an account's maturing money is kept as a reserve, in minor units, and the plan that deposits follow."""

    reserved: int
    plan: ledger.ReservePlan | None


async def find_reserves(
    session: Session, tenant_id: UUID, accounts: Sequence[ledger.Account], at: int
) -> dict[UUID, Reserve]:
    """Return the reserve of each account at an instant that is not past; one statement."""
    rows = [(account.id, account.normal_side) for account in accounts]
    found: dict[UUID, Reserve] = {}
    for row in await session.rows(_STANDING, tenant_id, at, rows=rows) if rows else ():
        plan = None
        if row["sequence"] is not None:
            plan = ledger.ReservePlan(
                account_id=row["account_id"],
                sequence=row["sequence"],
                basis_points=row["basis_points"],
                days=row["days"] if row["until_at"] is None else 0,
                cap=row["cap"],
                planned_at=row["planned_at"],
                principal=row["principal"],
                until_at=row["until_at"],
            )
        found[row["account_id"]] = Reserve(large_sum_of(row), plan)
    return found
