"""What must never be found among policies and deposits: queries as those of `invariant_queries`, and the counters."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from app import ledger
from app.store.policies import find_policies
from app.store.session import Session
from app.store.statement import Statement

POLICY_QUERIES: Final = (
    Statement(
        "invariant.wrong_policies",
        """SELECT p.id, p.version FROM policies p
            LEFT JOIN policies b ON b.tenant_id = p.tenant_id AND b.id = p.id AND b.version = p.version - 1
            WHERE p.tenant_id = $1 AND p.sequence BETWEEN $2::bigint AND $3::bigint
            AND ((p.version > 1 AND (b.id IS NULL OR b.name <> p.name OR b.sequence >= p.sequence
                                     OR coalesce(b.currency, '') <> coalesce(p.currency, '')))
                 OR NOT EXISTS (SELECT 1 FROM events e WHERE e.tenant_id = $1 AND e.sequence = p.sequence
                                AND e.subject_id = p.id AND e.kind = 'policy.published'))""",
    ),
    Statement(
        "invariant.wrong_assignments",
        """SELECT a.account_id, a.policy_id, a.sequence FROM policy_assignments a
            WHERE a.tenant_id = $1 AND a.sequence BETWEEN $2::bigint AND $3::bigint
            AND (NOT EXISTS (SELECT 1 FROM events e WHERE e.tenant_id = $1 AND e.sequence = a.sequence
                             AND e.subject_id IN (a.account_id, a.policy_id) AND e.kind = 'policy.assigned')
                 OR (a.policy_id IS NOT NULL AND NOT EXISTS (
                     SELECT 1 FROM policies p WHERE p.tenant_id = $1 AND p.id = a.policy_id AND p.version = 1
                     AND p.sequence < a.sequence)))""",
    ),
    Statement(
        "invariant.wrong_calendar_changes",
        """SELECT c.sequence, c.calendar FROM calendar_changes c
            WHERE c.tenant_id = $1 AND c.sequence BETWEEN $2::bigint AND $3::bigint
            AND NOT EXISTS (SELECT 1 FROM events e WHERE e.tenant_id = $1 AND e.sequence = c.sequence
                            AND e.subject_id = c.id AND e.kind = 'calendar.changed')""",
    ),
    Statement(
        "invariant.wrong_calendar_days",
        """SELECT d.day, d.calendar FROM calendar_days d
            WHERE d.tenant_id = $1 AND d.sequence BETWEEN $2::bigint AND $3::bigint
            AND NOT EXISTS (SELECT 1 FROM calendar_changes c WHERE c.tenant_id = $1 AND c.sequence = d.sequence
                            AND c.calendar = d.calendar)""",
    ),
    Statement(
        "invariant.wrong_reserve_plans",
        """SELECT r.account_id, r.sequence FROM reserve_plans r
            WHERE r.tenant_id = $1 AND r.sequence BETWEEN $2::bigint AND $3::bigint
            AND NOT EXISTS (SELECT 1 FROM events e WHERE e.tenant_id = $1 AND e.sequence = r.sequence
                            AND e.subject_id = r.account_id AND e.kind = 'reserve.planned')""",
    ),
    Statement(
        "invariant.wrong_advance_plans",
        """SELECT p.currency, p.sequence FROM advance_plans p
            WHERE p.tenant_id = $1 AND p.sequence BETWEEN $2::bigint AND $3::bigint
            AND NOT EXISTS (SELECT 1 FROM events e WHERE e.tenant_id = $1 AND e.sequence = p.sequence
                            AND e.subject_id = p.lender_id AND e.kind = 'advance.planned')""",
    ),
    Statement(
        "invariant.wrong_quotes",
        """SELECT q.id, q.sequence FROM instant_quotes q
            WHERE q.tenant_id = $1 AND q.sequence BETWEEN $2::bigint AND $3::bigint
            AND (NOT EXISTS (SELECT 1 FROM events e WHERE e.tenant_id = $1 AND e.sequence = q.sequence
                             AND e.subject_id = q.id AND e.kind = 'quote.made')
                 OR NOT EXISTS (SELECT 1 FROM advance_plans p WHERE p.tenant_id = $1 AND p.currency = q.currency
                                AND p.lender_id = q.lender_id AND p.sequence < q.sequence))""",
    ),
    # An advance is of its quote, in time; it takes from what matures what it gave, and what the lender has back.
    Statement(
        "invariant.wrong_advances",
        """SELECT a.quote_id, a.sequence FROM advances a
            LEFT JOIN instant_quotes q ON q.tenant_id = a.tenant_id AND q.id = a.quote_id
            WHERE a.tenant_id = $1 AND a.sequence BETWEEN $2::bigint AND $3::bigint
            AND (q.id IS NULL OR q.account_id <> a.account_id OR q.amount <> a.amount OR q.expires_at <= a.accepted_at
                 OR NOT EXISTS (SELECT 1 FROM events e WHERE e.tenant_id = $1 AND e.sequence = a.sequence
                                AND e.subject_id = a.quote_id AND e.kind = 'advance.accepted')
                 OR NOT EXISTS (SELECT 1 FROM transactions t WHERE t.tenant_id = $1 AND t.id = a.transaction_id
                                AND t.sequence = a.sequence AND t.kind = 'ADVANCE')
                 OR a.amount <> (SELECT coalesce(sum(e.amount), 0) FROM entries e WHERE e.tenant_id = $1
                     AND e.transaction_id = a.transaction_id AND e.account_id = a.account_id AND e.kind = 'ADVANCE')
                 OR a.amount <> (SELECT coalesce(sum(e.amount), 0) FROM entries e WHERE e.tenant_id = $1
                     AND e.transaction_id = a.transaction_id AND e.account_id = q.lender_id
                     AND e.kind = 'REPAYMENT'))""",
    ),
    Statement(
        "invariant.wrong_deposits",
        """SELECT d.sequence, d.transaction_id FROM deposits d
            WHERE d.tenant_id = $1 AND d.sequence BETWEEN $2::bigint AND $3::bigint
            AND NOT EXISTS (SELECT 1 FROM transactions t JOIN entries e ON e.tenant_id = t.tenant_id
                            AND e.transaction_id = t.id AND e.line = 1 AND e.amount = d.amount
                            WHERE t.tenant_id = $1 AND t.id = d.transaction_id AND t.sequence = d.sequence
                            AND t.recorded_at = d.deposited_at AND t.kind = 'DEPOSIT')""",
    ),
    Statement(
        "invariant.wrong_rules",
        """SELECT r.transaction_id, r.line FROM transactions t
            JOIN entry_rules r ON r.tenant_id = t.tenant_id AND r.transaction_id = t.id
            LEFT JOIN entries e ON e.tenant_id = r.tenant_id AND e.transaction_id = r.transaction_id AND e.line = r.line
            WHERE t.tenant_id = $1 AND t.sequence BETWEEN $2::bigint AND $3::bigint
            AND (e.line IS NULL OR e.side <> 'CREDIT' OR t.kind <> 'DEPOSIT' OR NOT EXISTS (
                SELECT 1 FROM policies p WHERE p.tenant_id = $1 AND p.id = r.policy_id AND p.version = r.policy_version
                AND p.sequence < t.sequence))""",
    ),
)

# Of accounts that have counters: what their deposits of each day came to, by the portion of the rule; and the counters.
_TAKEN = Statement(
    "invariant.counters_taken",
    """SELECT e.account_id, r.business_day, r.policy_id, r.policy_version, r.rule, r.portion,
            sum(e.amount / 1000000000)::bigint AS high, sum(e.amount % 1000000000)::bigint AS low
        FROM accounts a
        JOIN entries e ON e.tenant_id = a.tenant_id AND e.account_id = a.id
        JOIN entry_rules r ON r.tenant_id = e.tenant_id AND r.transaction_id = e.transaction_id AND r.line = e.line
        WHERE a.tenant_id = $1 AND a.sequence BETWEEN $2::bigint AND $3::bigint
        AND EXISTS (SELECT 1 FROM deposit_counters k WHERE k.tenant_id = $1 AND k.account_id = a.id)
        GROUP BY e.account_id, r.business_day, r.policy_id, r.policy_version, r.rule, r.portion""",
)
_COUNTERS = Statement(
    "invariant.counters",
    """SELECT k.account_id, k.business_day, k.policy_id, k.counter, k.amount FROM accounts a
        JOIN deposit_counters k ON k.tenant_id = a.tenant_id AND k.account_id = a.id
        WHERE a.tenant_id = $1 AND a.sequence BETWEEN $2::bigint AND $3::bigint""",
)

COUNTERS_NAME: Final = "wrong_counters"


async def find_wrong_counters(
    session: Session, tenant_id: UUID, exponents: Mapping[str, int], first: int, through: int
) -> Sequence[Mapping[str, Any]]:
    """Return the counters, of accounts opened by a range of sequences, that are not the sums of what was deposited.

    A counter that has reached the largest balance is full, and no longer a sum.
    """
    taken = await session.rows(_TAKEN, tenant_id, first, through)
    versions = {(row["policy_id"], row["policy_version"]) for row in taken}
    found = await find_policies(session, tenant_id, versions)
    known = ledger.Known(exponents, (), {}, date.min, date.max)
    policies = {key: ledger.read_policy_text(version.document, known, judged=False) for key, version in found.items()}
    sums: dict[tuple[UUID, int, UUID, str], int] = {}
    for row in taken:
        policy = policies.get((row["policy_id"], row["policy_version"]))
        names = ledger.counters_of(policy, row["rule"], row["portion"]) if isinstance(policy, ledger.Policy) else ()
        for name in names:
            place = (row["account_id"], row["business_day"], row["policy_id"], name)
            sums[place] = sums.get(place, 0) + row["high"] * 10**9 + row["low"]
    stored = {
        (row["account_id"], row["business_day"], row["policy_id"], row["counter"]): row["amount"]
        for row in await session.rows(_COUNTERS, tenant_id, first, through)
    }
    full = ledger.money.BALANCE_MAX
    return [
        {"account_id": place[0], "day": place[1], "counter": place[3], "stored": stored.get(place, 0), "sum": total}
        for place in sums.keys() | stored.keys()
        if stored.get(place, 0) != (total := min(sums.get(place, 0), full))
    ]
