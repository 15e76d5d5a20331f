"""What must never be found in a ledger: one query for each way in which it could be wrong, returning the wrong rows.

Each takes the tenant and a range of sequences. Accounts are ranged by the sequence that opened them, holds by the one
that placed them, so that every query of a large ledger can be asked in small pieces. Sums that could leave 64 bits are
avoided: SQLite would refuse them, so entries are checked as a chain instead.
"""

from typing import Final

from app.store.policy_invariants import POLICY_QUERIES
from app.store.statement import Statement

_SIGNED = "CASE WHEN e.side = a.normal_side THEN e.amount ELSE -e.amount END"
_DEBITED = "CASE WHEN e.side = 'DEBIT' THEN 1 ELSE -1 END"
_PHRASES = {
    "<in range>": "BETWEEN $2::bigint AND $3::bigint",
    "<signed>": _SIGNED,
    "<high>": f"sum({_DEBITED} * (e.amount / 1000000000))::bigint",
    "<low>": f"sum({_DEBITED} * (e.amount % 1000000000))::bigint",
}


def _query(name: str, text: str) -> Statement:
    for short, phrase in _PHRASES.items():
        text = text.replace(short, phrase)
    return Statement(f"invariant.{name}", text)


# Sums are made of two halves, as a hundred large entries could leave 64 bits.
UNBALANCED = _query(
    "unbalanced_transactions",
    """SELECT e.transaction_id, a.currency FROM transactions t
        JOIN entries e ON e.tenant_id = t.tenant_id AND e.transaction_id = t.id
        JOIN accounts a ON a.tenant_id = e.tenant_id AND a.id = e.account_id
        WHERE t.tenant_id = $1 AND t.sequence <in range>
        GROUP BY e.transaction_id, a.currency
        HAVING <low> % 1000000000 <> 0 OR <high> + <low> / 1000000000 <> 0""",
)
LINES = _query(
    "missing_lines",
    """SELECT t.id AS transaction_id FROM transactions t
        LEFT JOIN entries e ON e.tenant_id = t.tenant_id AND e.transaction_id = t.id
        WHERE t.tenant_id = $1 AND t.sequence <in range>
        GROUP BY t.id HAVING count(e.line) < 2 OR count(e.line) <> max(e.line)""",
)
STRAY_ENTRIES = _query(
    "stray_entries",
    """SELECT e.transaction_id, e.line FROM transactions t
        JOIN entries e ON e.tenant_id = t.tenant_id AND e.transaction_id = t.id
        WHERE t.tenant_id = $1 AND t.sequence <in range>
        AND (e.sequence <> t.sequence OR e.recorded_at <> t.recorded_at OR e.effective_at <> t.effective_at
             OR NOT EXISTS (SELECT 1 FROM accounts a WHERE a.tenant_id = $1 AND a.id = e.account_id))""",
)
ORPHANED_ENTRIES = _query(
    "orphaned_entries",
    """SELECT e.transaction_id, e.line FROM accounts a
        JOIN entries e ON e.tenant_id = a.tenant_id AND e.account_id = a.id
        WHERE a.tenant_id = $1 AND a.sequence <in range>
        AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.tenant_id = $1 AND t.id = e.transaction_id)""",
)
BROKEN_CHAIN = _query(
    "broken_chain",
    """SELECT e.transaction_id, e.line, e.account_id FROM transactions t
        JOIN entries e ON e.tenant_id = t.tenant_id AND e.transaction_id = t.id
        JOIN accounts a ON a.tenant_id = e.tenant_id AND a.id = e.account_id
        WHERE t.tenant_id = $1 AND t.sequence <in range>
        AND e.balance_after - (<signed>) <> coalesce((
            SELECT p.balance_after FROM entries p WHERE p.tenant_id = $1 AND p.account_id = e.account_id
            AND (p.sequence, p.line) < (e.sequence, e.line) ORDER BY p.sequence DESC, p.line DESC LIMIT 1), 0)""",
)
BALANCES = _query(
    "wrong_balances",
    """SELECT a.id AS account_id, b.ledger FROM accounts a
        LEFT JOIN balances b ON b.tenant_id = a.tenant_id AND b.account_id = a.id
        WHERE a.tenant_id = $1 AND a.sequence <in range>
        AND (b.ledger IS NULL OR b.ledger <> coalesce((
            SELECT e.balance_after FROM entries e WHERE e.tenant_id = $1 AND e.account_id = a.id
            ORDER BY e.sequence DESC, e.line DESC LIMIT 1), 0))""",
)
TERMS = _query(
    "wrong_terms",
    """SELECT b.account_id FROM accounts a
        JOIN balances b ON b.tenant_id = a.tenant_id AND b.account_id = a.id
        LEFT JOIN account_changes c ON c.tenant_id = a.tenant_id AND c.account_id = a.id AND c.sequence = (
            SELECT max(l.sequence) FROM account_changes l WHERE l.tenant_id = $1 AND l.account_id = a.id)
        WHERE a.tenant_id = $1 AND a.sequence <in range>
        AND (c.sequence IS NULL OR c.out_frozen <> b.out_frozen OR c.in_frozen <> b.in_frozen OR c.closed <> b.closed
             OR coalesce(c.floor, 2000000000000000000) <> coalesce(b.floor, 2000000000000000000))""",
)
# Three histories share an account's versions; several lines of one command share one.
VERSIONS = _query(
    "gaps_in_versions",
    """SELECT b.account_id, b.version FROM accounts a
        JOIN balances b ON b.tenant_id = a.tenant_id AND b.account_id = a.id
        WHERE a.tenant_id = $1 AND a.sequence <in range>
        AND (SELECT count(*) FROM (
                SELECT e.account_version AS version FROM entries e WHERE e.tenant_id = $1 AND e.account_id = a.id
                UNION SELECT h.version FROM hold_changes h WHERE h.tenant_id = $1 AND h.account_id = a.id
                UNION SELECT c.version FROM account_changes c WHERE c.tenant_id = $1 AND c.account_id = a.id
             ) AS v WHERE v.version BETWEEN 0 AND b.version) <> b.version + 1""",
)
LATER_VERSIONS = _query(
    "versions_beyond_the_balance",
    """SELECT b.account_id, b.version FROM accounts a
        JOIN balances b ON b.tenant_id = a.tenant_id AND b.account_id = a.id
        WHERE a.tenant_id = $1 AND a.sequence <in range>
        AND (EXISTS (SELECT 1 FROM entries e WHERE e.tenant_id = $1 AND e.account_id = a.id
                     AND e.account_version > b.version)
             OR EXISTS (SELECT 1 FROM hold_changes h WHERE h.tenant_id = $1 AND h.account_id = a.id
                        AND h.version > b.version)
             OR EXISTS (SELECT 1 FROM account_changes c WHERE c.tenant_id = $1 AND c.account_id = a.id
                        AND c.version > b.version))""",
)
HELD = _query(
    "wrong_held",
    """SELECT b.account_id, b.held FROM accounts a
        JOIN balances b ON b.tenant_id = a.tenant_id AND b.account_id = a.id
        WHERE a.tenant_id = $1 AND a.sequence <in range>
        AND (b.held <> coalesce((
                SELECT sum(h.amount - h.captured - h.released) FROM holds h
                WHERE h.tenant_id = $1 AND h.account_id = a.id AND h.status = 'ACTIVE'), 0)
             OR b.held <> coalesce((
                SELECT c.held_after FROM hold_changes c WHERE c.tenant_id = $1 AND c.account_id = a.id
                ORDER BY c.sequence DESC LIMIT 1), 0))""",
)
BUCKETS = _query(
    "wrong_buckets",
    """SELECT k.account_id, k.available_at, k.amount FROM accounts a
        JOIN buckets k ON k.tenant_id = a.tenant_id AND k.account_id = a.id
        WHERE a.tenant_id = $1 AND a.sequence <in range>
        AND k.amount <> coalesce((
            SELECT sum(<signed>) FROM entries e
            WHERE e.tenant_id = $1 AND e.account_id = a.id AND e.available_at = k.available_at), 0)""",
)
MISSING_BUCKETS = _query(
    "missing_buckets",
    """SELECT e.account_id, e.available_at FROM accounts a
        JOIN entries e ON e.tenant_id = a.tenant_id AND e.account_id = a.id AND e.available_at IS NOT NULL
        WHERE a.tenant_id = $1 AND a.sequence <in range>
        AND NOT EXISTS (SELECT 1 FROM buckets k WHERE k.tenant_id = $1 AND k.account_id = e.account_id
                        AND k.available_at = e.available_at)""",
)
MATURING = _query(
    "wrong_maturing",
    """SELECT b.account_id, b.maturing FROM accounts a
        JOIN balances b ON b.tenant_id = a.tenant_id AND b.account_id = a.id
        WHERE a.tenant_id = $1 AND a.sequence <in range>
        AND b.maturing <> coalesce((
            SELECT sum(k.amount) FROM buckets k
            WHERE k.tenant_id = $1 AND k.account_id = a.id AND k.available_at > b.maturing_at), 0)""",
)
HOLDS = _query(
    "wrong_holds",
    """SELECT h.id AS hold_id FROM holds h
        LEFT JOIN hold_changes c ON c.tenant_id = h.tenant_id AND c.hold_id = h.id AND c.sequence = (
            SELECT max(l.sequence) FROM hold_changes l WHERE l.tenant_id = $1 AND l.hold_id = h.id)
        WHERE h.tenant_id = $1 AND h.sequence <in range>
        AND (c.sequence IS NULL OR c.account_id <> h.account_id OR c.hold_amount <> h.amount
             OR c.captured <> h.captured OR c.released <> h.released
             OR coalesce(c.expires_at, 0) <> coalesce(h.expires_at, 0)
             OR (c.kind = 'EXPIRED') <> (h.status = 'EXPIRED'))""",
)
# Every change but the first follows one that left something, and comes before the expiry unless it records it.
HOLD_CHANGES = _query(
    "wrong_hold_changes",
    """SELECT c.hold_id, c.sequence FROM holds h
        JOIN hold_changes c ON c.tenant_id = h.tenant_id AND c.hold_id = h.id
        LEFT JOIN hold_changes p ON p.tenant_id = c.tenant_id AND p.hold_id = c.hold_id AND p.sequence = (
            SELECT max(l.sequence) FROM hold_changes l
            WHERE l.tenant_id = $1 AND l.hold_id = c.hold_id AND l.sequence < c.sequence)
        WHERE h.tenant_id = $1 AND h.sequence <in range>
        AND ((p.sequence IS NULL) <> (c.kind = 'PLACED') OR coalesce(p.remaining_after, 1) = 0
             OR (c.kind <> 'EXPIRED' AND p.expires_at IS NOT NULL AND c.recorded_at >= p.expires_at)
             OR (c.kind = 'EXPIRED' AND c.recorded_at < c.expires_at))""",
)
HELD_CHAIN = _query(
    "broken_held_chain",
    """SELECT c.hold_id, c.sequence FROM holds h
        JOIN hold_changes c ON c.tenant_id = h.tenant_id AND c.hold_id = h.id
        WHERE h.tenant_id = $1 AND h.sequence <in range>
        AND c.held_after - coalesce((
            SELECT p.held_after FROM hold_changes p
            WHERE p.tenant_id = $1 AND p.account_id = c.account_id AND p.sequence < c.sequence
            ORDER BY p.sequence DESC LIMIT 1), 0) <> c.remaining_after - coalesce((
            SELECT p.remaining_after FROM hold_changes p
            WHERE p.tenant_id = $1 AND p.hold_id = c.hold_id AND p.sequence < c.sequence
            ORDER BY p.sequence DESC LIMIT 1), 0)""",
)
EXCESSIVE_REVERSALS = _query(
    "excessive_reversals",
    """SELECT e.transaction_id, e.line FROM transactions t
        JOIN entries e ON e.tenant_id = t.tenant_id AND e.transaction_id = t.id
        WHERE t.tenant_id = $1 AND t.sequence <in range>
        AND e.amount < coalesce((
            SELECT sum(o.amount) FROM entries o WHERE o.tenant_id = $1 AND o.of_transaction_id = e.transaction_id
            AND o.of_line = e.line AND o.side <> e.side), 0)""",
)
# A after the command: the last line's L and U, and what was held after it less what had lapsed by then. Increments of a
# hold are left out, as whether one was forced stands nowhere.
BELOW_FLOOR = _query(
    "below_floor",
    """SELECT s.account_id, s.sequence FROM (
            SELECT e.account_id, e.sequence, e.recorded_at, max(e.line) AS last_line,
                sum(CASE WHEN e.available_at IS NULL THEN <signed> ELSE 0 END) AS moved
            FROM transactions t
            JOIN entries e ON e.tenant_id = t.tenant_id AND e.transaction_id = t.id
            JOIN accounts a ON a.tenant_id = e.tenant_id AND a.id = e.account_id
            WHERE t.tenant_id = $1 AND t.sequence <in range> AND NOT t.forced AND t.hold_id IS NULL
            GROUP BY e.account_id, e.sequence, e.recorded_at
        ) AS s
        JOIN entries e ON e.tenant_id = $1 AND e.account_id = s.account_id AND e.sequence = s.sequence
        AND e.line = s.last_line
        JOIN account_changes f ON f.tenant_id = $1 AND f.account_id = s.account_id AND f.sequence = (
            SELECT max(l.sequence) FROM account_changes l
            WHERE l.tenant_id = $1 AND l.account_id = s.account_id AND l.sequence <= s.sequence)
        WHERE s.moved < 0 AND f.floor IS NOT NULL
        AND e.balance_after - e.maturing_after - coalesce((
            SELECT c.held_after FROM hold_changes c WHERE c.tenant_id = $1 AND c.account_id = s.account_id
            AND c.sequence <= s.sequence ORDER BY c.sequence DESC LIMIT 1), 0) + coalesce((
            SELECT sum(c.remaining_after) FROM hold_changes c WHERE c.tenant_id = $1 AND c.account_id = s.account_id
            AND c.sequence <= s.sequence AND c.remaining_after > 0 AND c.expires_at IS NOT NULL
            AND c.expires_at <= s.recorded_at AND c.expires_at >= coalesce((
                SELECT x.expires_at FROM hold_changes x WHERE x.tenant_id = $1 AND x.account_id = s.account_id
                AND x.kind = 'EXPIRED' AND x.sequence <= s.sequence ORDER BY x.sequence DESC LIMIT 1), 0)
            AND c.sequence = (
                SELECT max(l.sequence) FROM hold_changes l WHERE l.tenant_id = $1 AND l.hold_id = c.hold_id
                AND l.sequence <= s.sequence)), 0) < f.floor""",
)
GAPS = _query(
    "gaps_in_the_sequence",
    """SELECT e.sequence FROM events e
        LEFT JOIN events p ON p.tenant_id = e.tenant_id AND p.sequence = e.sequence - 1 AND p.ordinal = 0
        WHERE e.tenant_id = $1 AND e.sequence <in range> AND e.ordinal = 0
        AND ((e.sequence > 1 AND p.sequence IS NULL) OR e.recorded_at < p.recorded_at)""",
)
ORDINALS = _query(
    "gaps_in_ordinals",
    """SELECT e.sequence FROM events e WHERE e.tenant_id = $1 AND e.sequence <in range>
        GROUP BY e.sequence HAVING min(e.ordinal) <> 0 OR max(e.ordinal) <> count(*) - 1""",
)
BATCHES = _query(
    "wrong_batches",
    """SELECT b.last_sequence FROM batches b
        LEFT JOIN events e ON e.tenant_id = b.tenant_id AND e.sequence = b.last_sequence AND e.ordinal = 0
        WHERE b.tenant_id = $1 AND b.last_sequence <in range>
        AND (e.recorded_at IS NULL OR e.recorded_at <> b.recorded_at)""",
)
HEAD = _query(
    "wrong_head",
    """SELECT h.sequence FROM heads h WHERE h.tenant_id = $1 AND h.sequence <in range>
        AND (h.sequence <> (SELECT max(e.sequence) FROM events e WHERE e.tenant_id = $1)
             OR h.sequence <> (SELECT max(b.last_sequence) FROM batches b WHERE b.tenant_id = $1)
             OR h.recorded_at < (SELECT max(b.recorded_at) FROM batches b WHERE b.tenant_id = $1))""",
)
EVENTS_OF_NOTHING = _query(
    "events_without_change",
    """SELECT e.sequence, e.ordinal, e.kind FROM events e
        WHERE e.tenant_id = $1 AND e.sequence <in range>
        AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.tenant_id = $1 AND t.sequence = e.sequence
                        AND t.id = e.subject_id AND e.kind = 'transaction.posted')
        AND NOT EXISTS (SELECT 1 FROM hold_changes h WHERE h.tenant_id = $1 AND h.hold_id = e.subject_id
                        AND h.sequence = e.sequence AND e.kind = 'hold.' || lower(h.kind)
                        AND h.occurred_at = e.occurred_at)
        AND NOT EXISTS (SELECT 1 FROM account_changes c WHERE c.tenant_id = $1 AND c.account_id = e.subject_id
                        AND c.sequence = e.sequence AND e.kind = 'account.' || lower(c.kind))
        AND NOT EXISTS (SELECT 1 FROM policies p WHERE p.tenant_id = $1 AND p.sequence = e.sequence
                        AND p.id = e.subject_id AND e.kind = 'policy.published')
        AND NOT EXISTS (SELECT 1 FROM policy_assignments a WHERE a.tenant_id = $1 AND a.sequence = e.sequence
                        AND (a.account_id = e.subject_id OR a.policy_id = e.subject_id) AND e.kind = 'policy.assigned')
        AND NOT EXISTS (SELECT 1 FROM calendar_changes d WHERE d.tenant_id = $1 AND d.sequence = e.sequence
                        AND d.id = e.subject_id AND e.kind = 'calendar.changed')
        AND NOT EXISTS (SELECT 1 FROM reserve_plans r WHERE r.tenant_id = $1 AND r.sequence = e.sequence
                        AND r.account_id = e.subject_id AND e.kind = 'reserve.planned')
        AND NOT EXISTS (SELECT 1 FROM advance_plans l WHERE l.tenant_id = $1 AND l.sequence = e.sequence
                        AND l.lender_id = e.subject_id AND e.kind = 'advance.planned')
        AND NOT EXISTS (SELECT 1 FROM instant_quotes q WHERE q.tenant_id = $1 AND q.id = e.subject_id
                        AND q.sequence = e.sequence AND e.kind = 'quote.made')
        AND NOT EXISTS (SELECT 1 FROM advances v WHERE v.tenant_id = $1 AND v.quote_id = e.subject_id
                        AND v.sequence = e.sequence AND e.kind = 'advance.accepted')""",
)
SILENT_TRANSACTIONS = _query(
    "transactions_without_event",
    """SELECT t.id AS transaction_id FROM transactions t
        WHERE t.tenant_id = $1 AND t.sequence <in range>
        AND NOT EXISTS (SELECT 1 FROM events e WHERE e.tenant_id = $1 AND e.sequence = t.sequence
                        AND e.subject_id = t.id AND e.kind = 'transaction.posted')""",
)
SILENT_HOLD_CHANGES = _query(
    "hold_changes_without_event",
    """SELECT c.hold_id, c.sequence FROM holds h
        JOIN hold_changes c ON c.tenant_id = h.tenant_id AND c.hold_id = h.id
        WHERE h.tenant_id = $1 AND h.sequence <in range>
        AND NOT EXISTS (SELECT 1 FROM events e WHERE e.tenant_id = $1 AND e.sequence = c.sequence
                        AND e.subject_id = c.hold_id AND e.kind = 'hold.' || lower(c.kind))""",
)
SILENT_ACCOUNT_CHANGES = _query(
    "account_changes_without_event",
    """SELECT c.account_id, c.sequence FROM accounts a
        JOIN account_changes c ON c.tenant_id = a.tenant_id AND c.account_id = a.id
        WHERE a.tenant_id = $1 AND a.sequence <in range>
        AND NOT EXISTS (SELECT 1 FROM events e WHERE e.tenant_id = $1 AND e.sequence = c.sequence
                        AND e.subject_id = c.account_id AND e.kind = 'account.' || lower(c.kind))""",
)
CAPTURES = _query(
    "captures_without_transaction",
    """SELECT c.hold_id, c.sequence FROM holds h
        JOIN hold_changes c ON c.tenant_id = h.tenant_id AND c.hold_id = h.id AND c.transaction_id IS NOT NULL
        WHERE h.tenant_id = $1 AND h.sequence <in range>
        AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.tenant_id = $1 AND t.id = c.transaction_id
                        AND t.hold_id = c.hold_id AND t.sequence = c.sequence)""",
)

RANGED: Final = (
    UNBALANCED,
    LINES,
    STRAY_ENTRIES,
    ORPHANED_ENTRIES,
    BROKEN_CHAIN,
    BALANCES,
    TERMS,
    VERSIONS,
    LATER_VERSIONS,
    HELD,
    BUCKETS,
    MISSING_BUCKETS,
    MATURING,
    HOLDS,
    HOLD_CHANGES,
    HELD_CHAIN,
    EXCESSIVE_REVERSALS,
    BELOW_FLOOR,
    GAPS,
    ORDINALS,
    BATCHES,
    HEAD,
    EVENTS_OF_NOTHING,
    SILENT_TRANSACTIONS,
    SILENT_HOLD_CHANGES,
    SILENT_ACCOUNT_CHANGES,
    CAPTURES,
    *POLICY_QUERIES,
)
"""Every query over a range of sequences, in the order in which they are asked."""
