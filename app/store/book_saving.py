"""Saving what a decided batch changed: one statement for each table, whatever the size of the batch."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import orjson

from app import ledger
from app.store.accounts import metadata_text
from app.store.policy_saving import policy_plan
from app.store.rejections import rejection_text
from app.store.session import Unit, Work
from app.store.statement import Statement
from app.store.writing import insertion

_ACCOUNTS = insertion("save.accounts", "accounts", "name", "metadata")
_BALANCES = insertion(
    "save.balances",
    "balances",
    "ledger",
    "held",
    "maturing",
    "maturing_at",
    "version",
    "floor",
    "out_frozen",
    "in_frozen",
    "closed",
)
_HOLDS = insertion("save.holds", "holds", "amount", "captured", "released", "status", "expires_at")
_ACCOUNT_CHANGES = insertion("save.account_changes", "account_changes")
_TRANSACTIONS = insertion("save.transactions", "transactions")
_ENTRIES = insertion("save.entries", "entries")
_HOLD_CHANGES = insertion("save.hold_changes", "hold_changes")
_EXTERNAL_IDS = insertion("save.external_ids", "external_ids")
_KEYS = insertion("save.keys", "idempotency_keys")
_EVENTS = insertion("save.events", "events")

# The sum is made before the row is offered, as a pin alone would offer a bucket below zero.
_BUCKETS = Statement(
    "save.buckets",
    """INSERT INTO buckets (tenant_id, account_id, available_at, amount)
       SELECT t.id, u.account_id, u.available_at, coalesce(k.amount, 0) + u.amount
       FROM tenants t JOIN {rows(account_id uuid, available_at bigint, amount bigint)} ON true
       LEFT JOIN buckets k ON k.tenant_id = t.id AND k.account_id = u.account_id AND k.available_at = u.available_at
       WHERE t.id = $1
       ON CONFLICT (tenant_id, account_id, available_at) DO UPDATE SET amount = excluded.amount""",
)
_HEAD = Statement("save.head", "UPDATE heads SET sequence = $2, recorded_at = $3 WHERE tenant_id = $1")
_BATCH = Statement(
    "save.batch",
    """INSERT INTO batches (tenant_id, last_sequence, recorded_at)
       SELECT t.id, $2::bigint, $3::bigint FROM tenants t WHERE t.id = $1""",
)

_Plan = Sequence[tuple[Statement, Iterable[tuple[object, ...]]]]


async def save_book(unit: Unit, tenant_id: UUID, book: ledger.Book) -> None:
    """Write what a decided book changed, and the head: thirteen statements at most, eleven more if about policies.

    Those without rows are left out, and PostgreSQL is sent all of them as one. The head is written even where nothing
    changed: a replay promises what stands, and may only do so from a transaction of its own that a failover cannot
    lose.
    """
    changes = book.changes
    accounts = {account.id: account for account in changes.opened} | changes.described
    plan: _Plan = (
        (_ACCOUNTS, map(_account, accounts.values())),
        (_BALANCES, [_balance(account, balance, changes.at) for account, balance in changes.balances.items()]),
        (_ACCOUNT_CHANGES, map(_account_change, changes.account_changes)),
        (_TRANSACTIONS, map(_transaction, changes.transactions)),
        (_ENTRIES, map(_entry, changes.entries)),
        (_BUCKETS, [(account, instant, amount) for (account, instant), amount in changes.buckets.items()]),
        (_HOLDS, map(_hold, (*changes.placed.values(), *changes.changed_holds.values()))),
        (_HOLD_CHANGES, map(_hold_change, changes.hold_changes)),
        (_EXTERNAL_IDS, changes.claimed),
        (_KEYS, map(_key, changes.keys)),
        (_EVENTS, map(_event, changes.events)),
        *policy_plan(changes),
    )
    work = [Work(statement, (tenant_id,), rows) for statement, values in plan if (rows := list(values))]
    if book.sequence > changes.sequence:
        work.append(Work(_BATCH, (tenant_id, book.sequence, book.at)))
    work.append(Work(_HEAD, (tenant_id, book.sequence, book.at)))
    await unit.run_all(work)


def _account(account: ledger.Account) -> tuple[object, ...]:
    return (
        account.id,
        account.sequence,
        account.external_id,
        account.name,
        account.purpose,
        account.normal_side,
        account.currency,
        account.exponent,
        metadata_text(account.metadata),
        account.opened_at,
        account.principal,
    )


def _balance(account_id: UUID, balance: ledger.Balance, at: int) -> tuple[object, ...]:
    return (
        account_id,
        balance.ledger,
        balance.held + balance.lapsed,
        balance.maturing,
        at,
        balance.version,
        balance.floor,
        balance.out_frozen,
        balance.in_frozen,
        balance.closed,
    )


def _account_change(change: ledger.AccountChange) -> tuple[object, ...]:
    return (
        change.account_id,
        change.sequence,
        change.version,
        change.kind,
        change.floor,
        change.out_frozen,
        change.in_frozen,
        change.closed,
        change.reason,
        change.principal,
        change.recorded_at,
    )


def _transaction(transaction: ledger.Transaction) -> tuple[object, ...]:
    return (
        transaction.id,
        transaction.sequence,
        transaction.kind,
        transaction.description,
        transaction.external_id,
        transaction.correlation_id,
        metadata_text(transaction.metadata),
        transaction.principal,
        transaction.forced,
        transaction.advanced,
        transaction.effective_at,
        transaction.recorded_at,
        transaction.hold_id,
        transaction.reverses_id,
    )


def _entry(entry: ledger.Entry) -> tuple[object, ...]:
    of_entry = entry.of_entry
    return (
        entry.transaction_id,
        entry.line,
        entry.account_id,
        entry.side,
        entry.amount,
        entry.kind,
        entry.reason,
        None if of_entry is None else of_entry.transaction_id,
        None if of_entry is None else of_entry.line,
        entry.balance_after,
        entry.account_version,
        entry.sequence,
        entry.recorded_at,
        entry.effective_at,
        entry.available_at,
        entry.maturing_after,
    )


def _hold(hold: ledger.Hold) -> tuple[object, ...]:
    return (
        hold.id,
        hold.account_id,
        hold.destination_id,
        hold.sequence,
        hold.external_id,
        hold.correlation_id,
        hold.reason,
        hold.description,
        metadata_text(hold.metadata),
        hold.principal,
        hold.forced,
        hold.placed_at,
        hold.amount,
        hold.captured,
        hold.released,
        hold.status,
        hold.expires_at,
    )


def _hold_change(change: ledger.HoldChange) -> tuple[object, ...]:
    return (
        change.hold_id,
        change.sequence,
        change.account_id,
        change.kind,
        change.amount,
        change.hold_amount,
        change.captured,
        change.released,
        change.remaining_after,
        change.expires_at,
        change.held_after,
        change.version,
        change.transaction_id,
        change.occurred_at,
        change.recorded_at,
        change.principal,
    )


def _key(record: ledger.KeyRecord) -> tuple[object, ...]:
    rejection = record.rejection
    return (
        record.operation,
        record.key,
        record.fingerprint,
        ledger.FINGERPRINT_VERSION,
        orjson.dumps(record.digests).decode(),
        record.principal,
        record.after_sequence,
        record.decided_at,
        record.account_id,
        record.transaction_id,
        record.hold_id,
        record.sequence,
        None if rejection is None else rejection_text(rejection),
        record.request_id,
        record.address,
    )


def _event(event: ledger.Event) -> tuple[object, ...]:
    return (
        event.sequence,
        event.ordinal,
        event.kind,
        ledger.PAYLOAD_VERSION,
        event.subject_id,
        orjson.dumps(dict(event.payload)).decode(),
        event.occurred_at,
        event.recorded_at,
    )
