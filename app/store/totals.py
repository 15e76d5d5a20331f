"""Totals over all accounts of a tenant: the trial balance."""

# ruff: noqa: S608 - statements are put together of constants of this module, values are always parameters

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.store.large_sums import large_sum, large_sum_of
from app.store.reading import Coordinate, TrialBalanceTotal
from app.store.session import Session
from app.store.statement import Statement

_SUMS = f"""SELECT p.currency, p.exponent, p.normal_side, p.ledger >= 0 AS stands, count(*) AS accounts,
        {large_sum("p.ledger")}
    FROM p GROUP BY p.currency, p.exponent, p.normal_side, p.ledger >= 0"""

_HEAD = Statement("totals.head", "SELECT h.sequence FROM heads h WHERE h.tenant_id = $1")
_NOW = Statement(
    "totals.now",
    f"""WITH p AS MATERIALIZED (
            SELECT a.currency, a.exponent, a.normal_side, b.ledger
            FROM accounts a {{each(balances b ON b.tenant_id = $1 AND b.account_id = a.id)}} WHERE a.tenant_id = $1)
        {_SUMS}""",
)
_AS_OF = Statement(
    "totals.as_of",
    f"""WITH p AS MATERIALIZED (
            SELECT a.currency, a.exponent, a.normal_side,
                coalesce((SELECT e.balance_after FROM entries e
                    WHERE e.tenant_id = $1 AND e.account_id = a.id AND e.sequence <= $2
                    ORDER BY e.sequence DESC, e.line DESC LIMIT 1), 0) AS ledger
            FROM accounts a WHERE a.tenant_id = $1 AND a.sequence <= $2)
        {_SUMS}""",
)


@dataclass(slots=True)
class _Total:
    exponent: int
    debits: int = 0
    credits: int = 0
    accounts: int = 0


async def find_trial_balance(session: Session, tenant_id: UUID, coordinate: Coordinate) -> Sequence[TrialBalanceTotal]:
    """Return for each currency, by code, what stands on either side after the coordinate's sequence.

    Every account's ledger balance stands on the side where it lies: a CREDIT account below zero among the debits.
    """
    heads = await session.rows(_HEAD, tenant_id)
    if heads and coordinate.sequence >= heads[0]["sequence"]:
        rows = await session.rows(_NOW, tenant_id)
    else:
        rows = await session.rows(_AS_OF, tenant_id, coordinate.sequence)
    totals: dict[str, _Total] = {}
    for row in rows:
        total = totals.setdefault(row["currency"], _Total(row["exponent"]))
        amount = abs(large_sum_of(row))
        if (row["normal_side"] == "DEBIT") == bool(row["stands"]):
            total.debits += amount
        else:
            total.credits += amount
        total.accounts += row["accounts"]
    return [
        TrialBalanceTotal(currency, total.exponent, total.debits, total.credits, total.accounts)
        for currency, total in sorted(totals.items())
    ]
