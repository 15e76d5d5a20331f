"""Advances: the plans that they are offered by, quotes and what became of them, and what accounts still owe in time."""

# ruff: noqa: S608 - statements are put together of constants of this module, values are always parameters

from collections.abc import Collection, Sequence
from uuid import UUID

import orjson

from app import ledger
from app.store.large_sums import large_sum, large_sum_of
from app.store.session import Row, Session
from app.store.statement import Statement
from app.values import value

_PLANS = Statement(
    "advances.plans",
    """SELECT {all(p advance_plans)} FROM advance_plans p
       WHERE p.tenant_id = $1 AND p.sequence = (SELECT max(l.sequence) FROM advance_plans l
           WHERE l.tenant_id = $1 AND l.currency = p.currency)""",
)
_QUOTED = """SELECT {all(q instant_quotes)}, a.transaction_id, a.accepted_at,
           a.sequence AS accepted_sequence
       FROM {rows(%s)}
       {each(instant_quotes q ON q.tenant_id = $1 AND q.%s = u.%s)}
       LEFT JOIN advances a ON a.tenant_id = q.tenant_id AND a.quote_id = q.id"""
_QUOTES = Statement("advances.quotes", _QUOTED % ("id uuid", "id", "id"))
_NAMES = Statement(
    "advances.quote_names",
    """SELECT q.external_id, q.id FROM {rows(external_id text)}
       {each(instant_quotes q ON q.tenant_id = $1 AND q.external_id = u.external_id)}""",
)
_QUOTED_BY = Statement("advances.quoted_by", _QUOTED % ("sequence bigint", "sequence", "sequence"))


def _lines(kind: str) -> str:
    # Kinds are written out, as each has an index of its own. However little is left, much may have come and gone.
    signed = "CASE WHEN e.side = k.side THEN e.amount ELSE -e.amount END"
    return f"""SELECT k.account_id, e.kind, e.available_at,
            {large_sum(signed)}
        FROM asked k {{each(entries e ON e.tenant_id = $1 AND e.account_id = k.account_id AND e.kind = '{kind}'
        AND e.available_at > $2)}}
        GROUP BY k.account_id, e.kind, e.available_at"""


_APART = Statement(
    "advances.lines_apart",
    f"""WITH asked AS MATERIALIZED (
            SELECT u.account_id, u.side FROM tenants t JOIN {{rows(account_id uuid, side text)}} ON true WHERE t.id = $1
        )
        {_lines(ledger.TAKEN)} UNION ALL {_lines(ledger.RESERVE)}""",
)


@value
class QuoteRead:
    """A quote, and the advance that came of it if it was accepted."""

    quote: ledger.InstantQuote
    advance: ledger.Advance | None


async def find_advance_plans(session: Session, tenant_id: UUID) -> dict[str, ledger.AdvancePlan]:
    """Return the plan in force of each currency that ever had one."""
    return {row["currency"]: _plan_of(row) for row in await session.rows(_PLANS, tenant_id)}


async def find_quote_names(session: Session, tenant_id: UUID, names: Collection[str]) -> dict[str, UUID]:
    """Return the ids of quotes by external id."""
    rows = await session.rows(_NAMES, tenant_id, rows=[(name,) for name in names]) if names else ()
    return {row["external_id"]: row["id"] for row in rows}


async def find_quotes(session: Session, tenant_id: UUID, ids: Collection[UUID]) -> dict[UUID, QuoteRead]:
    """Return quotes by id."""
    rows = await session.rows(_QUOTES, tenant_id, rows=[(id_,) for id_ in ids]) if ids else ()
    return {row["id"]: _quote_of(row) for row in rows}


async def find_quotes_by_sequence(session: Session, tenant_id: UUID, sequences: Sequence[int]) -> dict[int, QuoteRead]:
    """Return what the command of each sequence quoted."""
    rows = await session.rows(_QUOTED_BY, tenant_id, rows=[(sequence,) for sequence in sequences]) if sequences else ()
    return {row["sequence"]: _quote_of(row) for row in rows}


async def find_apart(
    session: Session, tenant_id: UUID, accounts: Sequence[ledger.Account], at: int
) -> dict[ledger.Apart, int]:
    """Return what lines of advances and of reserves come to on accounts, for each instant after one; one statement.

    The instant is not past: lines recorded later than it would count too.
    """
    rows = [(account.id, account.normal_side) for account in accounts]
    return {
        (row["account_id"], row["available_at"], row["kind"]): large_sum_of(row)
        for row in (await session.rows(_APART, tenant_id, at, rows=rows) if rows else ())
    }


def _plan_of(row: Row) -> ledger.AdvancePlan:
    return ledger.AdvancePlan(
        currency=row["currency"],
        sequence=row["sequence"],
        lender_id=row["lender_id"],
        fee_account_id=row["fee_account_id"],
        tiers=tuple((tier, basis_points) for tier, basis_points in orjson.loads(row["tiers"])),
        fee_basis_points=row["fee_basis_points"],
        fee_fixed=row["fee_fixed"],
        daily_cap=row["daily_cap"],
        horizon_days=row["horizon_days"],
        quote_seconds=row["quote_seconds"],
        planned_at=row["planned_at"],
        principal=row["principal"],
    )


def _quote_of(row: Row) -> QuoteRead:
    quote = ledger.InstantQuote(
        id=row["id"],
        sequence=row["sequence"],
        account_id=row["account_id"],
        currency=row["currency"],
        external_id=row["external_id"],
        lender_id=row["lender_id"],
        fee_account_id=row["fee_account_id"],
        amount=row["amount"],
        fee=row["fee"],
        repayments=tuple(ledger.Repayment(at, amount, free) for at, amount, free in orjson.loads(row["repayments"])),
        quoted_at=row["quoted_at"],
        expires_at=row["expires_at"],
        principal=row["principal"],
    )
    advance = None
    if row["transaction_id"] is not None:
        advance = ledger.Advance(
            quote_id=quote.id,
            sequence=row["accepted_sequence"],
            account_id=quote.account_id,
            transaction_id=row["transaction_id"],
            amount=quote.amount,
            accepted_at=row["accepted_at"],
        )
    return QuoteRead(quote, advance)
