"""Slices of held money: the holds in force at any coordinate, the newest first."""

# ruff: noqa: S608 - statements are put together of constants of this module, values are always parameters

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias
from uuid import UUID

from app import ledger
from app.store.holds import hold_of
from app.store.reading import Coordinate
from app.store.session import Row, Session
from app.store.slices import LOOKED_THROUGH
from app.store.statement import Statement
from app.values import value

CHANGES_MAX = 1_000
"""With more hold changes on the account since, a past coordinate's holds are looked for among all that were placed."""
PLACED_MAX = 250
"""How many of those a page looks through; then it ends early."""

_ACTIVE = Statement(
    "held_slices.active",
    """SELECT {all(h holds)} FROM {rows(account_id uuid, before bigint)}
       {each(holds h ON h.tenant_id = $1 AND h.account_id = u.account_id AND h.status = 'ACTIVE'
       AND h.sequence < u.before AND h.sequence >= coalesce((SELECT o.sequence FROM holds o
           WHERE o.tenant_id = $1 AND o.account_id = u.account_id AND o.status = 'ACTIVE' AND o.sequence < u.before
           ORDER BY o.sequence DESC LIMIT 1 OFFSET $2), 0))}
       ORDER BY h.sequence DESC""",
)
_CHANGED_MUCH = Statement(
    "held_slices.changed_much",
    """SELECT c.sequence FROM hold_changes c WHERE c.tenant_id = $1 AND c.account_id = $2 AND c.sequence > $3
       ORDER BY c.sequence LIMIT 1 OFFSET $4""",
)

# Holds as they stood when a sequence was the last, by their last change up to it.
_STOOD = """SELECT {all(h holds)}, c.hold_amount, c.captured AS captured_then, c.released AS released_then,
        c.remaining_after, c.expires_at AS expires_then
    FROM p {each(holds h ON h.tenant_id = $1 AND h.id = p.hold_id)}
    {each(hold_changes c ON c.tenant_id = $1 AND c.hold_id = h.id AND c.sequence = (
        SELECT max(d.sequence) FROM hold_changes d WHERE d.tenant_id = $1 AND d.hold_id = h.id AND d.sequence <= $3))}
    ORDER BY h.sequence DESC"""
_CHANGED_SINCE = Statement(
    "held_slices.changed_since",
    f"""WITH p AS MATERIALIZED (SELECT DISTINCT c.hold_id FROM hold_changes c
            WHERE c.tenant_id = $1 AND c.account_id = $2 AND c.sequence > $3)
        {_STOOD}""",
)
_PLACED = Statement(
    "held_slices.placed",
    f"""WITH p AS MATERIALIZED (SELECT o.id AS hold_id FROM holds o
            WHERE o.tenant_id = $1 AND o.account_id = $2 AND o.sequence <= $3 AND o.sequence < $4
            ORDER BY o.sequence DESC LIMIT $5)
        {_STOOD}""",
)


@value
class HeldSlices:
    """Slices in their order, and the sequence before which to go on; a page may end early.

    Zero is beyond the first hold: there are no more.
    """

    slices: tuple[ledger.BalanceSlice, ...]
    before: int


_Looked: TypeAlias = tuple[Sequence[ledger.Hold], int]


async def find_held_slices(
    session: Session, tenant_id: UUID, wanted: Sequence[tuple[UUID, int]], at: int, limit: int
) -> dict[UUID, HeldSlices]:
    """Return at most `limit` slices of each account, of holds placed before a sequence, by the facts known now.

    One statement; they are in force at the instant, which is now or later.
    """
    found = await _active(session, tenant_id, wanted, limit)
    return {account_id: _page(*found[account_id], at, limit) for account_id, _ in wanted}


async def find_held_slices_as_of(
    session: Session, tenant_id: UUID, account_id: UUID, before: int, coordinate: Coordinate, *, limit: int
) -> HeldSlices:
    """Return at most `limit` slices of an account by the facts of a coordinate; three statements at most.

    What was in force then is active still or has changed since. Where much has changed since, all
    holds placed before are looked through instead, so many at a time.
    """
    scalars = (tenant_id, account_id, coordinate.sequence)
    if await session.rows(_CHANGED_MUCH, *scalars, CHANGES_MAX):
        rows = await session.rows(_PLACED, *scalars, before, PLACED_MAX)
        end = rows[-1]["sequence"] if len(rows) == PLACED_MAX else 0
        return _page([_stood(row) for row in rows], end, coordinate.at, limit)
    active, end = (await _active(session, tenant_id, [(account_id, before)], limit))[account_id]
    changed = {row["id"]: _stood(row) for row in await session.rows(_CHANGED_SINCE, *scalars)}
    known = [hold for hold in active if hold.id not in changed]
    known += [hold for hold in changed.values() if end <= hold.sequence < before]
    return _page(sorted(known, key=_newest_first), end, coordinate.at, limit)


async def _active(
    session: Session, tenant_id: UUID, wanted: Sequence[tuple[UUID, int]], limit: int
) -> dict[UUID, _Looked]:
    """Return the newest of each account's holds that are active, and the sequence of the last one looked at."""
    most = limit + LOOKED_THROUGH
    found: dict[UUID, list[ledger.Hold]] = {account_id: [] for account_id, _ in wanted}
    for row in await session.rows(_ACTIVE, tenant_id, most - 1, rows=wanted) if wanted else ():
        found[row["account_id"]].append(hold_of(row))
    return {id_: (holds, holds[-1].sequence if len(holds) == most else 0) for id_, holds in found.items()}


def _page(holds: Iterable[ledger.Hold], end: int, at: int, limit: int) -> HeldSlices:
    slices = tuple(ledger.held(holds, at))
    if len(slices) > limit:
        slices = slices[:limit]
        end = slices[-1].hold.sequence if slices[-1].hold else 0
    return HeldSlices(slices, end)


def _stood(row: Row) -> ledger.Hold:
    """The hold of a row as it stood after the change beside it."""
    return replace(
        hold_of(row),
        amount=row["hold_amount"],
        captured=row["captured_then"],
        released=row["released_then"],
        expires_at=row["expires_then"],
        status=ledger.HoldStatus.ACTIVE if row["remaining_after"] else ledger.HoldStatus.RELEASED,
    )


def _newest_first(hold: ledger.Hold) -> int:
    return -hold.sequence
