"""Back-tests: what was asked, how far it is, and the deposits that it looks at."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import orjson

from app import ledger
from app.store.accounts import metadata_of
from app.store.session import Row, Session, Unit
from app.store.statement import Statement
from app.store.writing import insertion
from app.values import value

Status = Literal["RUNNING", "DONE", "FAILED"]

_INSERT = insertion("backtests.insert", "backtests")
_FIND = """SELECT {all(b backtests)} FROM backtests b WHERE b.tenant_id = $1 AND b.%s = $2"""
_BY_ID = Statement("backtests.by_id", _FIND % "id")
_BY_KEY = Statement("backtests.by_key", _FIND % "created_under")
_RUNNING = Statement(
    "backtests.running",
    """SELECT count(*) AS running FROM backtests b WHERE b.tenant_id = $1 AND b.status = 'RUNNING'""",
)
_LEFT = Statement(
    "backtests.left",
    """SELECT b.tenant_id, b.id FROM backtests b WHERE b.status = 'RUNNING' AND b.touched_at < $1
       ORDER BY b.touched_at LIMIT 1""",
)
_TOUCH = Statement(
    "backtests.touch",
    """UPDATE backtests SET done = $3, touched_at = $4, status = $5, result = $6
       WHERE tenant_id = $1 AND id = $2 AND status = 'RUNNING'""",
)
_LOOKED_AT = """{all(d deposits)}, a.currency, a.opened_at, t.metadata
       FROM %s
       {each(accounts a ON a.tenant_id = d.tenant_id AND a.id = d.account_id)}
       {each(transactions t ON t.tenant_id = d.tenant_id AND t.id = d.transaction_id)}"""
_OF_ALL = Statement(
    "backtests.deposits",
    "SELECT "
    + _LOOKED_AT % "deposits d"
    + """ WHERE d.tenant_id = $1 AND d.sequence > $2 AND d.sequence <= $3 AND a.currency = $5
       ORDER BY d.sequence LIMIT $4""",
)
_OF_ONE = Statement(
    "backtests.deposits_of_account",
    "SELECT "
    + _LOOKED_AT % "deposits d"
    + """ WHERE d.tenant_id = $1 AND d.sequence > $2 AND d.sequence <= $3 AND d.account_id = $5
       ORDER BY d.sequence LIMIT $4""",
)
_COUNT_ALL = Statement(
    "backtests.count",
    """SELECT count(*) AS deposits FROM (SELECT d.sequence FROM deposits d
           {each(accounts a ON a.tenant_id = d.tenant_id AND a.id = d.account_id)}
           WHERE d.tenant_id = $1 AND d.sequence > $2 AND d.sequence <= $3 AND a.currency = $5 LIMIT $4) AS f""",
)
_COUNT_ONE = Statement(
    "backtests.count_of_account",
    """SELECT count(*) AS deposits FROM (SELECT d.sequence FROM deposits d
           WHERE d.tenant_id = $1 AND d.sequence > $2 AND d.sequence <= $3 AND d.account_id = $5 LIMIT $4) AS f""",
)


@value(kw_only=True)
class StoredBacktest:
    """One back-test: what was asked, under which key, and how far it is; `result` once it is done.

    `accounts` None is every account of the currency. It looks at deposits after `after_sequence`, up to
    `through_sequence`; `policy_id` and `version` are None for terms that were not published. Instants are of the
    tenant's clock, but `created_at` and `touched_at` of the world's.
    """

    id: UUID
    created_under: str
    asked: str
    principal: str
    document: str
    policy_id: UUID | None
    version: int | None
    currency: str
    accounts: tuple[UUID, ...] | None
    from_at: int
    until_at: int
    after_sequence: int
    through_sequence: int
    total: int
    done: int = 0
    status: Status = "RUNNING"
    result: Mapping[str, Any] | None = None
    created_at: int
    touched_at: int


@value
class DepositPlace:
    """Which deposits: after one sequence and up to another, of one account, or of all of a currency."""

    after: int
    through: int
    account_id: UUID | None
    currency: str


async def insert_backtest(unit: Unit, tenant_id: UUID, asked: StoredBacktest) -> None:
    """Add a back-test that was asked for."""
    # As text: the driver's own kind of id is none that can be written.
    accounts = None if asked.accounts is None else orjson.dumps([str(id_) for id_ in asked.accounts]).decode()
    row = (
        asked.id,
        asked.created_under,
        asked.asked,
        asked.principal,
        asked.document,
        asked.policy_id,
        asked.version,
        asked.currency,
        accounts,
        asked.from_at,
        asked.until_at,
        asked.after_sequence,
        asked.through_sequence,
        asked.total,
        asked.done,
        asked.status,
        None,
        asked.created_at,
        asked.touched_at,
    )
    await unit.run(_INSERT, tenant_id, rows=[row])


async def find_backtest(session: Session, tenant_id: UUID, by: UUID | str) -> StoredBacktest | None:
    """Return a back-test by its id, or by the idempotency key that it was asked for under."""
    rows = await session.rows(_BY_ID if isinstance(by, UUID) else _BY_KEY, tenant_id, by)
    return _backtest_of(rows[0]) if rows else None


async def count_running_backtests(session: Session, tenant_id: UUID) -> int:
    """Return how many back-tests of a tenant are not done."""
    return int((await session.rows(_RUNNING, tenant_id))[0]["running"])


async def find_left_backtest(session: Session, before: int) -> tuple[UUID, UUID] | None:
    """Return the (tenant, id) of a running back-test that nobody touched since an instant, if there is one."""
    rows = await session.rows(_LEFT, before)
    return (rows[0]["tenant_id"], rows[0]["id"]) if rows else None


async def touch_backtest(unit: Unit, tenant_id: UUID, backtest: StoredBacktest) -> None:
    """Keep how far a running back-test is, or what it came to; one that has ended stays as it is."""
    # Sums may pass 64 bits, which json alone writes and reads as they are.
    text = None if backtest.result is None else json.dumps(backtest.result)
    told = backtest.done, backtest.touched_at, backtest.status, text
    await unit.run(_TOUCH, tenant_id, backtest.id, *told)


async def count_deposits(session: Session, tenant_id: UUID, place: DepositPlace, most: int) -> int:
    """Return how many deposits there are, at most so many."""
    statement, of = _chosen(place, _COUNT_ONE, _COUNT_ALL)
    rows = await session.rows(statement, tenant_id, place.after, place.through, most, of)
    return int(rows[0]["deposits"])


async def find_deposits(
    session: Session, tenant_id: UUID, place: DepositPlace, most: int
) -> Sequence[ledger.PastDeposit]:
    """Return so many deposits in their order."""
    statement, of = _chosen(place, _OF_ONE, _OF_ALL)
    rows = await session.rows(statement, tenant_id, place.after, place.through, most, of)
    return [_deposit_of(row) for row in rows]


def _chosen(place: DepositPlace, one: Statement, every: Statement) -> tuple[Statement, object]:
    return (every, place.currency) if place.account_id is None else (one, place.account_id)


def _deposit_of(row: Row) -> ledger.PastDeposit:
    record = ledger.DepositRecord(
        transaction_id=row["transaction_id"],
        sequence=row["sequence"],
        account_id=row["account_id"],
        deposited_at=row["deposited_at"],
        amount=row["amount"],
        method=row["method"],
        risk_tier=row["risk_tier"],
        overridden=row["overridden"],
        slices=tuple((amount, instant) for amount, instant in orjson.loads(row["slices"])),
    )
    return ledger.PastDeposit(record, row["currency"], row["opened_at"], metadata_of(row["metadata"]))


def _backtest_of(row: Row) -> StoredBacktest:
    accounts, result = row["accounts"], row["result"]
    return StoredBacktest(
        id=row["id"],
        created_under=row["created_under"],
        asked=row["asked"],
        principal=row["principal"],
        document=row["document"],
        policy_id=row["policy_id"],
        version=row["version"],
        currency=row["currency"],
        accounts=None if accounts is None else tuple(UUID(id_) for id_ in orjson.loads(accounts)),
        from_at=row["from_at"],
        until_at=row["until_at"],
        after_sequence=row["after_sequence"],
        through_sequence=row["through_sequence"],
        total=row["total"],
        done=row["done"],
        status=row["status"],
        result=None if result is None else json.loads(result),
        created_at=row["created_at"],
        touched_at=row["touched_at"],
    )
