"""Checking a tenant's ledger against what must always hold, in small pieces, while it is being served."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from app.store.clock import read_moment
from app.store.currencies import find_currencies
from app.store.database import Database
from app.store.invariant_queries import RANGED
from app.store.policy_invariants import COUNTERS_NAME, find_wrong_counters
from app.store.statement import Statement
from app.values import value

WINDOW_SEQUENCES: Final = 2_000
"""How many sequences one query looks at: a snapshot is held no longer than that takes."""

# What each account stood at when a sequence was the last, to be added up without bounds in Python.
_TOTALS = Statement(
    "invariant.totals",
    """SELECT a.currency, a.normal_side, coalesce((
           SELECT e.balance_after FROM entries e WHERE e.tenant_id = $1 AND e.account_id = a.id
           AND e.sequence <= $4::bigint ORDER BY e.sequence DESC, e.line DESC LIMIT 1), 0)::bigint AS balance_after
       FROM accounts a WHERE a.tenant_id = $1 AND a.sequence BETWEEN $2::bigint AND $3::bigint""",
)
# Keys and external ids have no sequence to range over, so they are read page by page along their primary keys.
_KEYS = Statement(
    "invariant.keys",
    """SELECT k.operation, k.key,
           (k.account_id IS NULL OR EXISTS (
               SELECT 1 FROM accounts a WHERE a.tenant_id = $1 AND a.id = k.account_id))
           AND (k.transaction_id IS NULL OR EXISTS (
               SELECT 1 FROM transactions t WHERE t.tenant_id = $1 AND t.id = k.transaction_id))
           AND (k.hold_id IS NULL OR EXISTS (
               SELECT 1 FROM holds h WHERE h.tenant_id = $1 AND h.id = k.hold_id))
           AND (k.sequence IS NULL OR EXISTS (
               SELECT 1 FROM events e WHERE e.tenant_id = $1 AND e.sequence = k.sequence AND e.ordinal = 0)) AS sound
       FROM idempotency_keys k WHERE k.tenant_id = $1 AND (k.operation, k.key) > ($2::text, $3::text)
       ORDER BY k.operation, k.key LIMIT $4::bigint""",
)
_EXTERNAL_IDS = Statement(
    "invariant.external_ids",
    """SELECT x.kind, x.external_id,
           EXISTS (SELECT 1 FROM accounts a WHERE a.tenant_id = $1 AND a.id = x.id
                   AND a.external_id = x.external_id AND x.kind = 'ACCOUNT')
           OR EXISTS (SELECT 1 FROM transactions t WHERE t.tenant_id = $1 AND t.id = x.id
                      AND t.external_id = x.external_id AND x.kind = 'TRANSACTION')
           OR EXISTS (SELECT 1 FROM holds h WHERE h.tenant_id = $1 AND h.id = x.id
                      AND h.external_id = x.external_id AND x.kind = 'HOLD') AS sound
       FROM external_ids x WHERE x.tenant_id = $1 AND (x.kind, x.external_id) > ($2::text, $3::text)
       ORDER BY x.kind, x.external_id LIMIT $4::bigint""",
)
_UNCLAIMED = Statement(
    "invariant.unclaimed_external_ids",
    """SELECT o.kind, o.external_id FROM (
           SELECT 'ACCOUNT' AS kind, a.external_id, a.id FROM accounts a
           WHERE a.tenant_id = $1 AND a.sequence BETWEEN $2::bigint AND $3::bigint AND a.external_id IS NOT NULL
           UNION ALL
           SELECT 'TRANSACTION', t.external_id, t.id FROM transactions t
           WHERE t.tenant_id = $1 AND t.sequence BETWEEN $2::bigint AND $3::bigint AND t.external_id IS NOT NULL
           UNION ALL
           SELECT 'HOLD', h.external_id, h.id FROM holds h
           WHERE h.tenant_id = $1 AND h.sequence BETWEEN $2::bigint AND $3::bigint AND h.external_id IS NOT NULL
       ) AS o WHERE NOT EXISTS (
           SELECT 1 FROM external_ids x WHERE x.tenant_id = $1 AND x.kind = o.kind
           AND x.external_id = o.external_id AND x.id = o.id)""",
)


@value
class InvariantCheck:
    """One step of a check: how far it is, and the rows that should not be there (none, if all is well)."""

    name: str
    done: int
    total: int
    findings: Sequence[Mapping[str, Any]]


async def check_invariants(
    database: Database, tenant_id: UUID, *, window: int = WINDOW_SEQUENCES
) -> AsyncIterator[InvariantCheck]:
    """Check a tenant's ledger up to its present sequence, one step for each query and window.

    Every query has a snapshot of its own, and compares only what it reads together: the ledger may be served meanwhile.
    """
    async with database.read(tenant_id) as session:
        last = (await read_moment(session, tenant_id)).sequence
    windows = [(first, min(first + window - 1, last)) for first in range(1, last + 1, window)]
    for statement in (*RANGED, _UNCLAIMED):
        for done, (first, through) in enumerate(windows, 1):
            async with database.read(tenant_id) as session:
                findings = await session.rows(statement, tenant_id, first, through)
            yield InvariantCheck(_name(statement), done, len(windows), [dict(row) for row in findings])
    async for step in _check_totals(database, tenant_id, windows, last):
        yield step
    async for step in _check_counters(database, tenant_id, windows):
        yield step
    for statement, place in ((_KEYS, ("operation", "key")), (_EXTERNAL_IDS, ("kind", "external_id"))):
        async for step in _check_pages(database, tenant_id, statement, place):
            yield step


async def _check_totals(
    database: Database, tenant_id: UUID, windows: Sequence[tuple[int, int]], last: int
) -> AsyncIterator[InvariantCheck]:
    totals: dict[str, int] = {}
    for done, (first, through) in enumerate(windows, 1):
        async with database.read(tenant_id) as session:
            rows = await session.rows(_TOTALS, tenant_id, first, through, last)
        for row in rows:
            sign = 1 if row["normal_side"] == "DEBIT" else -1
            totals[row["currency"]] = totals.get(row["currency"], 0) + sign * row["balance_after"]
        wrong = [{"currency": code, "debits_less_credits": total} for code, total in sorted(totals.items()) if total]
        yield InvariantCheck(_name(_TOTALS), done, len(windows), wrong if done == len(windows) else ())


async def _check_counters(
    database: Database, tenant_id: UUID, windows: Sequence[tuple[int, int]]
) -> AsyncIterator[InvariantCheck]:
    async with database.read(tenant_id) as session:
        exponents = {currency.code: currency.exponent for currency in await find_currencies(session)}
    for done, (first, through) in enumerate(windows, 1):
        async with database.read(tenant_id) as session:
            findings = await find_wrong_counters(session, tenant_id, exponents, first, through)
        yield InvariantCheck(COUNTERS_NAME, done, len(windows), findings)


async def _check_pages(
    database: Database, tenant_id: UUID, statement: Statement, place: tuple[str, str]
) -> AsyncIterator[InvariantCheck]:
    after, done = ("", ""), 0
    while True:
        async with database.read(tenant_id) as session:
            rows = await session.rows(statement, tenant_id, *after, WINDOW_SEQUENCES)
        done += 1
        more = len(rows) == WINDOW_SEQUENCES
        findings = [{name: row[name] for name in place} for row in rows if not row["sound"]]
        yield InvariantCheck(_name(statement), done, done + more, findings)
        if not more:
            return
        after = (rows[-1][place[0]], rows[-1][place[1]])


def _name(statement: Statement) -> str:
    return statement.name.removeprefix("invariant.")
