"""Slices of maturing money: bucket by bucket, the soonest first, inside a bucket the newest first, at any coordinate.

What decreases took from a bucket without naming an increase is taken from its oldest increases. Going from the newest
back, the increases therefore keep their own rests until the bucket's amount is used up: so a page needs neither what
was shown before it nor what comes after, however many lines share one instant.
"""

# ruff: noqa: S608 - statements are put together of constants of this module, values are always parameters

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeAlias
from uuid import UUID

from app import ledger
from app.store.columns import INSTANT_MAX
from app.store.entries import entry_of
from app.store.reading import Coordinate
from app.store.session import Session
from app.store.statement import Statement
from app.values import value

LOOKED_THROUGH = 128
"""Empty buckets, and lines that carry no slice, that a page looks through beyond its size; then it ends early."""

# What a bucket held when a sequence was the last: nothing where it was made later, what it holds now where nothing came
# since, else that without what came since. Past instants are mostly asked about soon, so that little has. Where a page
# ends is found out first: behind row-level security, a sub-select is no bound of an index's range.
_LINES_OF = "l.tenant_id = $1 AND l.account_id = p.account_id AND l.available_at = k.available_at"
_BUCKETS = Statement(
    "slices.buckets",
    f"""WITH p AS MATERIALIZED (
            SELECT u.account_id, u.side, u.available_at, coalesce((SELECT o.available_at FROM buckets o
                WHERE o.tenant_id = $1 AND o.account_id = u.account_id AND o.available_at > u.available_at
                ORDER BY o.available_at LIMIT 1 OFFSET $3), {INSTANT_MAX}) AS page_end
            FROM {{rows(account_id uuid, side text, available_at bigint)}})
        SELECT k.account_id, k.available_at,
            CASE
                WHEN (SELECT l.sequence FROM entries l WHERE {_LINES_OF} ORDER BY l.sequence LIMIT 1) > $2 THEN 0
                WHEN (SELECT l.sequence FROM entries l WHERE {_LINES_OF} ORDER BY l.sequence DESC LIMIT 1) <= $2
                    THEN k.amount
                ELSE k.amount - (SELECT sum(CASE WHEN l.side = p.side THEN l.amount ELSE -l.amount END)
                    FROM entries l WHERE {_LINES_OF} AND l.sequence > $2)
            END::bigint AS amount
        FROM p
        {{each(buckets k ON k.tenant_id = $1 AND k.account_id = p.account_id AND k.available_at > p.available_at
        AND k.available_at <= p.page_end)}}
        ORDER BY k.available_at""",
)

# The newest lines of each bucket before a place in it, with what names them inside the bucket: few, and found by the
# name, as the sum keeps the index of the bucket away.
_LINES = Statement(
    "slices.lines",
    """WITH p AS MATERIALIZED (
            SELECT u.account_id, u.available_at, u.sequence, u.line, coalesce((SELECT l.sequence FROM entries l
                WHERE l.tenant_id = $1 AND l.account_id = u.account_id AND l.available_at = u.available_at
                AND (l.sequence, l.line) < (u.sequence, u.line)
                ORDER BY l.sequence DESC, l.line DESC LIMIT 1 OFFSET $3), 0) AS page_end
            FROM {rows(account_id uuid, available_at bigint, sequence bigint, line smallint)})
        SELECT {all(e entries)}, coalesce((SELECT sum(n.amount) FROM entries n
            WHERE n.tenant_id = $1 AND n.of_transaction_id = e.transaction_id AND n.of_line = e.line
            AND n.available_at + 0 = e.available_at AND n.side <> e.side AND n.sequence <= $2), 0)::bigint AS named
        FROM p
        {each(entries e ON e.tenant_id = $1 AND e.account_id = p.account_id AND e.available_at = p.available_at
        AND e.sequence >= p.page_end AND (e.sequence, e.line) < (p.sequence, p.line))}
        ORDER BY e.available_at, e.sequence DESC, e.line DESC""",
)


@value
class MaturingPlace:
    """Where to go on: in the bucket of an instant before a line, `left` being what is not told of it yet.

    Nothing is left of a bucket that is done with, and of an instant that is only the beginning.
    """

    available_at: int
    sequence: int = 0
    line: int = 0
    left: int = 0


@value
class MaturingSlices:
    """Slices in their order, and where to go on: a page may end early, as only so much is looked through for it.

    A place beyond the last bucket tells of nothing more.
    """

    slices: tuple[ledger.BalanceSlice, ...]
    reached: MaturingPlace


_Wanted: TypeAlias = Sequence[tuple[ledger.Account, MaturingPlace]]
_Buckets: TypeAlias = dict[UUID, list[MaturingPlace]]
_Lines: TypeAlias = dict[tuple[UUID, int], list[tuple[ledger.Entry, int]]]


async def find_maturing_slices(
    session: Session, tenant_id: UUID, wanted: _Wanted, coordinate: Coordinate, limit: int
) -> dict[UUID, MaturingSlices]:
    """Return at most `limit` slices of each account from a place on, by the facts of the sequence; two statements.

    To begin, give the coordinate's own instant: what it brings has matured.
    """
    if not wanted:
        return {}
    buckets, last = await _find_buckets(session, tenant_id, wanted, coordinate, limit)
    lines = await _find_lines(session, tenant_id, buckets, coordinate, limit)
    return {
        account.id: _page(account, buckets[account.id], lines, limit, last.get(account.id, place))
        for account, place in wanted
    }


async def _find_buckets(
    session: Session, tenant_id: UUID, wanted: _Wanted, coordinate: Coordinate, limit: int
) -> tuple[_Buckets, dict[UUID, MaturingPlace]]:
    """Return the buckets that a page can come from, and the last one that was looked at."""
    buckets: _Buckets = {account.id: [place] if place.left else [] for account, place in wanted}
    last: dict[UUID, MaturingPlace] = {}
    rows = [(account.id, account.normal_side, place.available_at) for account, place in wanted]
    for row in await session.rows(_BUCKETS, tenant_id, coordinate.sequence, limit + LOOKED_THROUGH - 1, rows=rows):
        known = buckets[row["account_id"]]
        if len(known) < limit:
            last[row["account_id"]] = MaturingPlace(row["available_at"])
            if row["amount"]:
                known.append(MaturingPlace(row["available_at"], coordinate.sequence + 1, 0, row["amount"]))
    return buckets, last


async def _find_lines(
    session: Session, tenant_id: UUID, buckets: _Buckets, coordinate: Coordinate, limit: int
) -> _Lines:
    """Return the newest lines of each bucket, as many as a page may look through, each with what names it there."""
    rows = [
        (account_id, place.available_at, place.sequence, place.line)
        for account_id, places in buckets.items()
        for place in places
    ]
    most = limit + LOOKED_THROUGH
    lines: _Lines = {}
    for row in await session.rows(_LINES, tenant_id, coordinate.sequence, most - 1, rows=rows) if rows else ():
        known = lines.setdefault((row["account_id"], row["available_at"]), [])
        if len(known) < most:
            known.append((entry_of(row), row["named"]))
    return lines


def _page(
    account: ledger.Account, buckets: Sequence[MaturingPlace], lines: _Lines, limit: int, last: MaturingPlace
) -> MaturingSlices:
    slices: list[ledger.BalanceSlice] = []
    for bucket in buckets:
        known = lines.get((account.id, bucket.available_at), [])
        rests = [(line, line.amount - named if line.side is account.normal_side else 0) for line, named in known]
        made = list(islice(ledger.maturing(bucket.left, rests), limit - len(slices)))
        slices += made
        left = bucket.left - sum(one.amount for one in made)
        seen = made[-1].entry if made and len(slices) == limit else None
        if seen is None and len(known) == limit + LOOKED_THROUGH:
            seen = known[-1][0]
        if left and seen is not None:
            return MaturingSlices(tuple(slices), replace(bucket, sequence=seen.sequence, line=seen.line, left=left))
        if len(slices) == limit:
            return MaturingSlices(tuple(slices), MaturingPlace(bucket.available_at))
    return MaturingSlices(tuple(slices), last)
