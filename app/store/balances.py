"""Balances: now, with or without their accounts, and as they were or will be at any coordinate."""

# ruff: noqa: S608 - statements are put together of constants of this module, values are always parameters

from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

from app import ledger
from app.store.accounts import account_of
from app.store.reading import BalanceRead, Coordinate
from app.store.session import Row, Session
from app.store.statement import Statement

Funds: TypeAlias = tuple[ledger.Account, BalanceRead]
"""An account and what stands on it."""

# `maturing` is what had yet to mature at `maturing_at`, and `held` counts holds until their expiry is recorded: what
# came due since, by the instant of the read, is taken off.
_LIVE_AT = """b.account_id, b.ledger, b.held, b.maturing, b.version, b.floor, b.out_frozen, b.in_frozen, b.closed,
    coalesce((SELECT sum(k.amount) FROM buckets k
        WHERE k.tenant_id = $1 AND k.account_id = b.account_id
        AND k.available_at > b.maturing_at AND k.available_at <= NOW), 0)::bigint AS matured,
    coalesce((SELECT sum(h.amount - h.captured - h.released) FROM holds h
        WHERE h.tenant_id = $1 AND h.account_id = b.account_id
        AND h.status = 'ACTIVE' AND h.expires_at <= NOW), 0)::bigint AS lapsed"""
_LIVE = _LIVE_AT.replace("NOW", "$2")

_FIND = Statement(
    "balances.find",
    f"SELECT {_LIVE} FROM {{rows(id uuid)}} {{each(balances b ON b.tenant_id = $1 AND b.account_id = u.id)}}",
)
# The ids are found first, which the limit makes sure of: under row-level security a condition with a query in it may
# tell of rows, so that PostgreSQL would look at every account before it asked.
_WANTED = """(SELECT u.place, coalesce(u.id, (SELECT x.id FROM external_ids x
        WHERE x.tenant_id = $1 AND x.kind = 'ACCOUNT' AND x.external_id = u.external_id)) AS id
    FROM {rows(place bigint, id uuid, external_id text)} LIMIT 1000000) w
    {each(accounts a ON a.tenant_id = $1 AND a.id = w.id)}
    {each(balances b ON b.tenant_id = $1 AND b.account_id = a.id)}"""
_FUNDS = Statement("balances.funds", f"SELECT w.place, {{all(a accounts)}}, {_LIVE} FROM {_WANTED}")
# With the coordinate, in the same statement; it is worked out first, so that no condition holds more than a column.
_FUNDS_NOW = Statement(
    "balances.funds_now",
    f"""WITH n AS MATERIALIZED (SELECT t.sequence AS reached,
            greatest(t.recorded_at, coalesce(t.frozen_at, {{clock}} + t.clock_offset)) AS at
            FROM heads t WHERE t.tenant_id = $1)
        SELECT n.reached, n.at, w.place, {{all(a accounts)}}, {_LIVE_AT.replace("NOW", "n.at")}
        FROM n CROSS JOIN {_WANTED}""",
)

# Each fact comes from the last line of its history up to the sequence, each found by one descent of an index: L from
# entries, U from entries at their own instant, H from hold changes, the terms from account changes. `instant` is when
# the sequence was recorded.
_LAST_ENTRY = """FROM entries e WHERE e.tenant_id = $1 AND e.account_id = a.id AND e.sequence <= $2
    ORDER BY e.sequence DESC, e.line DESC LIMIT 1"""
_LAST_HOLD_CHANGE = """FROM hold_changes c WHERE c.tenant_id = $1 AND c.account_id = a.id AND c.sequence <= $2
    ORDER BY c.sequence DESC LIMIT 1"""
_LAST_TERMS = """FROM account_changes t WHERE t.tenant_id = $1 AND t.account_id = a.id AND t.sequence <= $2
    ORDER BY t.sequence DESC LIMIT 1"""
_KNOWN = f"""SELECT a.id AS account_id, a.normal_side,
        (SELECT e.balance_after {_LAST_ENTRY}) AS ledger,
        coalesce((SELECT e.maturing_after {_LAST_ENTRY}), 0) AS maturing,
        (SELECT e.recorded_at {_LAST_ENTRY}) AS maturing_at,
        (SELECT e.account_version {_LAST_ENTRY}) AS entry_version,
        (SELECT c.held_after {_LAST_HOLD_CHANGE}) AS held,
        (SELECT c.version {_LAST_HOLD_CHANGE}) AS hold_version,
        (SELECT t.version {_LAST_TERMS}) AS terms_version,
        (SELECT t.floor {_LAST_TERMS}) AS floor,
        (SELECT t.out_frozen {_LAST_TERMS}) AS out_frozen,
        (SELECT t.in_frozen {_LAST_TERMS}) AS in_frozen,
        (SELECT t.closed {_LAST_TERMS}) AS closed,
        coalesce((SELECT b.recorded_at FROM batches b WHERE b.tenant_id = $1 AND b.last_sequence >= $2
            ORDER BY b.last_sequence LIMIT 1), 0) AS instant
    FROM {{rows(id uuid)}} {{each(accounts a ON a.tenant_id = $1 AND a.id = u.id AND a.sequence <= $2)}}"""

# What matured since the last entry.
_MATURED = """SELECT sum(CASE WHEN e.side = p.normal_side THEN e.amount ELSE -e.amount END) FROM entries e
    WHERE e.tenant_id = $1 AND e.account_id = p.account_id
    AND e.available_at > p.maturing_at AND e.available_at <= $3 AND e.sequence <= $2"""

# Holds counted in `held` that are past their expiry, in three parts, so that none of them looks through the account's
# whole history. Those that lapse after `instant` are found by that expiry, among the changes that were a hold's last
# by then. Those that had lapsed by `instant` could not change any more but by the recording of the expiry: either that
# came later, and as an account's expiries are recorded in order, all of these stand before the first one of a later
# expiry; or it is still to come.
_LAPSING = """SELECT sum(c.remaining_after) FROM hold_changes c
    WHERE c.tenant_id = $1 AND c.account_id = p.account_id AND c.remaining_after > 0
    AND c.expires_at > p.instant AND c.expires_at <= $3 AND c.sequence <= $2
    AND c.sequence = (SELECT d.sequence FROM hold_changes d WHERE d.tenant_id = $1 AND d.hold_id = c.hold_id
        AND d.sequence <= $2 ORDER BY d.sequence DESC LIMIT 1)"""
_RECORDED_LATER = """SELECT sum(c.amount) FROM hold_changes c
    WHERE c.tenant_id = $1 AND c.account_id = p.account_id AND c.kind = 'EXPIRED' AND c.sequence > $2
    AND c.sequence < coalesce((SELECT d.sequence FROM hold_changes d
        WHERE d.tenant_id = $1 AND d.account_id = p.account_id AND d.kind = 'EXPIRED' AND d.sequence > $2
        AND d.expires_at > p.instant ORDER BY d.sequence LIMIT 1), 9223372036854775807)"""
_UNRECORDED = """SELECT sum(h.amount - h.captured - h.released) FROM holds h
    WHERE h.tenant_id = $1 AND h.account_id = p.account_id AND h.status = 'ACTIVE' AND h.expires_at <= p.instant"""

_FIND_AS_OF = Statement(
    "balances.find_as_of",
    f"""WITH p AS MATERIALIZED ({_KNOWN})
        SELECT p.account_id, p.ledger, p.maturing, p.entry_version, p.held, p.hold_version,
            p.terms_version, p.floor, p.out_frozen, p.in_frozen, p.closed,
            coalesce(({_MATURED}), 0)::bigint AS matured,
            (coalesce(({_LAPSING}), 0) + coalesce(({_RECORDED_LATER}), 0) + coalesce(({_UNRECORDED}), 0))::bigint
                AS lapsed
        FROM p""",
)


async def find_balances(
    session: Session, tenant_id: UUID, ids: Sequence[UUID], coordinate: Coordinate
) -> dict[UUID, BalanceRead]:
    """Return balances as they stand now; `coordinate` is the one read in this snapshot."""
    rows = await session.rows(_FIND, tenant_id, coordinate.at, rows=[(id_,) for id_ in ids]) if ids else ()
    return {row["account_id"]: _live(row, coordinate) for row in rows}


async def find_funds(
    session: Session, tenant_id: UUID, references: Sequence[ledger.Reference], coordinate: Coordinate
) -> list[Funds | None]:
    """Return each account meant, with its balance as it stands now, in one statement; None where there is none."""
    if not references:
        return []
    named = [(place, reference.id, reference.external_id) for place, reference in enumerate(references)]
    rows = await session.rows(_FUNDS, tenant_id, coordinate.at, rows=named)
    funds: list[Funds | None] = [None] * len(references)
    for row in rows:
        funds[row["place"]] = account_of(row), _live(row, coordinate)
    return funds


async def glance_at_funds(
    session: Session, tenant_id: UUID, references: Sequence[ledger.Reference]
) -> list[Funds | None]:
    """As `find_funds`, and where the tenant stands now is read by the same statement."""
    if not references:
        return []
    named = [(place, reference.id, reference.external_id) for place, reference in enumerate(references)]
    funds: list[Funds | None] = [None] * len(references)
    for row in await session.rows(_FUNDS_NOW, tenant_id, rows=named):
        funds[row["place"]] = account_of(row), _live(row, Coordinate(row["reached"], row["at"]))
    return funds


async def find_balances_as_of(
    session: Session, tenant_id: UUID, ids: Sequence[UUID], coordinate: Coordinate
) -> dict[UUID, BalanceRead]:
    """Return balances by the facts known up to the coordinate's sequence, as they stand at its instant.

    The instant is that at which the sequence was recorded, or any later one. An account opened later is missing.
    """
    rows = [(id_,) for id_ in ids]
    found = await session.rows(_FIND_AS_OF, tenant_id, coordinate.sequence, coordinate.at, rows=rows) if rows else ()
    return {row["account_id"]: _as_of(row, coordinate) for row in found}


def _live(row: Row, coordinate: Coordinate) -> BalanceRead:
    balance = ledger.Balance(
        ledger=row["ledger"],
        maturing=row["maturing"] - row["matured"],
        held=row["held"] - row["lapsed"],
        lapsed=row["lapsed"],
        floor=row["floor"],
        version=row["version"],
        out_frozen=row["out_frozen"],
        in_frozen=row["in_frozen"],
        closed=row["closed"],
    )
    return BalanceRead(row["account_id"], balance, coordinate.at, coordinate.sequence)


def _as_of(row: Row, coordinate: Coordinate) -> BalanceRead:
    balance = ledger.Balance(
        ledger=row["ledger"] or 0,
        maturing=row["maturing"] - row["matured"],
        held=(row["held"] or 0) - row["lapsed"],
        lapsed=row["lapsed"],
        floor=row["floor"],
        version=max(row["terms_version"], row["entry_version"] or 0, row["hold_version"] or 0),
        out_frozen=row["out_frozen"],
        in_frozen=row["in_frozen"],
        closed=row["closed"],
    )
    return BalanceRead(row["account_id"], balance, coordinate.at, coordinate.sequence)
