"""Accounts: rows in, values out."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import orjson

from app import ledger
from app.store.conditions import Conditions
from app.store.reading import AccountFilter, Window
from app.store.session import Row, Session
from app.store.statement import Statement

_FIND = Statement(
    "accounts.find",
    "SELECT {all(a accounts)} FROM {rows(id uuid)} {each(accounts a ON a.tenant_id = $1 AND a.id = u.id)}",
)

# What may change about an account stands on its balance, which is looked at only where the filter asks for it.
# What may change about an account stands on its balance, which is looked at only where the filter asks for it.
_CLOSED = "(SELECT b.closed FROM balances b WHERE b.tenant_id = $1 AND b.account_id = a.id) = ?"
_FROZEN = "(SELECT b.out_frozen OR b.in_frozen FROM balances b WHERE b.tenant_id = $1 AND b.account_id = a.id) = ?"
_PAGE = (
    "SELECT {all(a accounts)} FROM accounts a WHERE a.tenant_id = $1 AND {where} ORDER BY a.sequence {order} LIMIT $2"
)
_PAGE_UP = _PAGE.replace("{order}", "ASC")
_PAGE_DOWN = _PAGE.replace("{order}", "DESC")
_COUNT = "SELECT count(*) AS number FROM accounts a WHERE a.tenant_id = $1 AND {where}"


# A member by its value, without the enumeration's own look-up, which takes five times as long.
_PURPOSES: Final = {purpose.value: purpose for purpose in ledger.Purpose}
_SIDES: Final = {side.value: side for side in ledger.Side}


def metadata_of(text: str) -> ledger.Metadata:
    """Metadata as the ledger keeps it, from its stored text."""
    return tuple(sorted(orjson.loads(text).items())) if text != "{}" else ()


def metadata_text(metadata: ledger.Metadata) -> str:
    """The stored text of metadata."""
    return orjson.dumps(dict(metadata)).decode() if metadata else "{}"


def account_of(row: Row) -> ledger.Account:
    """The account of a row."""
    return ledger.Account(
        id=row["id"],
        currency=row["currency"],
        exponent=row["exponent"],
        purpose=_PURPOSES[row["purpose"]],
        normal_side=_SIDES[row["normal_side"]],
        external_id=row["external_id"],
        name=row["name"],
        metadata=metadata_of(row["metadata"]),
        opened_at=row["opened_at"],
        sequence=row["sequence"],
        principal=row["principal"],
    )


async def find_accounts(session: Session, tenant_id: UUID, ids: Sequence[UUID]) -> dict[UUID, ledger.Account]:
    """Return the tenant's accounts by id; those it does not have are missing."""
    rows = await session.rows(_FIND, tenant_id, rows=[(id_,) for id_ in ids]) if ids else ()
    return {row["id"]: account_of(row) for row in rows}


async def find_account_page(
    session: Session, tenant_id: UUID, filter_: AccountFilter, window: Window, *, newest_first: bool = False
) -> Sequence[ledger.Account]:
    """Return accounts in the order in which they were opened, or the newest first, within a window of that list."""
    conditions = Conditions(tenant_id, window.limit)
    conditions.add_sequences("a.sequence", window, newest_first=newest_first)
    _add_filter(conditions, filter_)
    downwards = newest_first is not window.backward
    statement = (
        conditions.statement("accounts.page_down", _PAGE_DOWN)
        if downwards
        else conditions.statement("accounts.page_up", _PAGE_UP)
    )
    rows = await session.rows(statement, *conditions.values)
    return tuple(account_of(row) for row in (reversed(rows) if window.backward else rows))


async def count_accounts(session: Session, tenant_id: UUID, filter_: AccountFilter) -> int:
    """Return how many accounts there are."""
    conditions = Conditions(tenant_id)
    _add_filter(conditions, filter_)
    rows = await session.rows(conditions.statement("accounts.count", _COUNT), *conditions.values)
    return int(rows[0]["number"])


def _add_filter(conditions: Conditions, filter_: AccountFilter) -> None:
    conditions.add_one_of("a.purpose", filter_.purposes)
    conditions.add_if("a.currency = ?", filter_.currency)
    conditions.add_if("a.normal_side = ?", filter_.normal_side)
    conditions.add_if(_CLOSED, filter_.closed)
    conditions.add_if(_FROZEN, filter_.frozen)
