"""The audit log: who asked for what, when and from where, and what came of it; only ever added to.

Of commands it is what their idempotency keys stand for, written in the transaction of their effect. Changes of keys are
written in theirs. What had no effect of its own (a call that was refused, a clock that was moved) is added afterwards.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Literal
from uuid import UUID

import orjson

from app.store.conditions import Conditions
from app.store.reading import Window
from app.store.session import Row, Session, Unit
from app.store.writing import insertion
from app.values import value

Outcome = Literal["ACCEPTED", "REJECTED", "REFUSED"]

_ADD = insertion("audit.add", "audit_records")
_TIMESTAMP_SHIFT = 80


@value(kw_only=True)
class AuditRecord:
    """What one request came to. REJECTED by the ledger's rules, REFUSED before them; `code` says why.

    `id` is a UUIDv7, made when it was asked. `key_hash` is the SHA-256 of the idempotency key, `subject` the id of what
    was changed, `sequence` the place of an accepted command in the tenant's order.
    """

    id: UUID
    principal: str
    operation: str
    outcome: Outcome
    code: str | None = None
    key_hash: str | None = None
    subject: str | None = None
    address: str | None = None
    sequence: int | None = None

    @property
    def asked_at(self) -> int:
        """When it was asked, as its id tells: microseconds since 1970 UTC, to the millisecond."""
        return (self.id.int >> _TIMESTAMP_SHIFT) * 1_000


@value(kw_only=True)
class AuditFilter:
    """Which records; None filters nothing. Instants are of the world's clock, in microseconds, to the millisecond."""

    principal: str | None = None
    operation: str | None = None
    asked_from: int | None = None
    asked_before: int | None = None


async def insert_audit_record(unit: Unit, tenant_id: UUID, record: AuditRecord) -> None:
    """Add a record of what was no command."""
    row = (
        record.id,
        record.principal,
        record.operation,
        record.key_hash,
        record.subject,
        record.outcome,
        record.code,
        record.address,
    )
    await unit.run(_ADD, tenant_id, rows=[row])


async def find_audit_page(
    session: Session, tenant_id: UUID, filter_: AuditFilter, window: Window
) -> Sequence[AuditRecord]:
    """Return records in the order in which they were asked for, within a window of that list; two statements."""
    found: list[AuditRecord] = []
    for part in (_COMMANDS, _RECORDS):
        conditions = _conditions(part, tenant_id, filter_, window)
        order = f"ORDER BY {part.id} {'DESC' if window.backward else 'ASC'} LIMIT $2"
        rows = await session.rows(conditions.statement(part.name, part.text + order), *conditions.values)
        found.extend(map(part.read, rows))
    found.sort(key=lambda record: record.id, reverse=window.backward)
    page = found[: window.limit]
    return tuple(reversed(page) if window.backward else page)


def hash_of_key(key: str) -> str:
    """Return how the log calls an idempotency key, which may hold what is no business of who reads the log."""
    return hashlib.sha256(key.encode()).hexdigest()


def _conditions(part: "_Part", tenant_id: UUID, filter_: AuditFilter, window: Window) -> Conditions:
    conditions = Conditions(tenant_id, window.limit)
    conditions.add_if(f"{part.alias}.principal = ?", filter_.principal)
    conditions.add_if(f"{part.alias}.operation = ?", filter_.operation)
    conditions.add_if(f"{part.id} >= ?", None if filter_.asked_from is None else _first_at(filter_.asked_from))
    conditions.add_if(f"{part.id} < ?", None if filter_.asked_before is None else _first_at(filter_.asked_before))
    conditions.add_if(f"{part.id} > ?", None if window.after is None else UUID(int=window.after.tie))
    conditions.add_if(f"{part.id} < ?", None if window.before is None else UUID(int=window.before.tie))
    return conditions


def _first_at(instant: int) -> UUID:
    """Return the least id that could be made at an instant."""
    return UUID(int=max(instant, 0) // 1_000 << _TIMESTAMP_SHIFT)


def _of_command(row: Row) -> AuditRecord:
    rejection = row["rejection"]
    return AuditRecord(
        id=row["request_id"],
        principal=row["principal"],
        operation=row["operation"],
        outcome="ACCEPTED" if rejection is None else "REJECTED",
        code=None if rejection is None else orjson.loads(rejection)["code"],
        key_hash=hash_of_key(row["key"]),
        address=row["address"],
        sequence=row["sequence"],
    )


def _of_record(row: Row) -> AuditRecord:
    return AuditRecord(
        id=row["id"],
        principal=row["principal"],
        operation=row["operation"],
        outcome=row["outcome"],
        code=row["code"],
        key_hash=row["key_hash"],
        subject=row["subject"],
        address=row["address"],
    )


@value
class _Part:
    """A table that a part of the log is read from."""

    name: str
    text: str
    alias: str
    id: str
    read: Callable[[Row], AuditRecord]


_COMMANDS = _Part(
    "audit.commands",
    """SELECT {all(k idempotency_keys)} FROM idempotency_keys k
       WHERE k.tenant_id = $1 AND k.request_id IS NOT NULL AND {where} """,
    "k",
    "k.request_id",
    _of_command,
)
_RECORDS = _Part(
    "audit.records",
    "SELECT {all(a audit_records)} FROM audit_records a WHERE a.tenant_id = $1 AND {where} ",
    "a",
    "a.id",
    _of_record,
)
