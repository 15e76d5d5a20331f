"""The tables of what happened: rows are added and never change.

They are the big ones, and have no foreign keys: one costs 25 µs a row, and only `save_book` writes there.
"""

from sqlalchemy import UniqueConstraint

from app.store.columns import (
    AMOUNT_MAX,
    INSTANT_MAX,
    SIDES,
    check,
    flag,
    id_column,
    index,
    instant,
    key,
    number,
    one_of,
    small,
    table,
    text_column,
    truth,
    within,
)

transactions = table(
    "transactions",
    id_column("tenant_id"),
    id_column("id"),
    number("sequence"),
    text_column("kind"),
    text_column("description", null=True),
    text_column("external_id", null=True),
    text_column("correlation_id", null=True),
    text_column("metadata"),
    text_column("principal"),
    flag("forced"),
    flag("advanced"),
    number("effective_at"),
    number("recorded_at"),
    id_column("hold_id", null=True),
    id_column("reverses_id", null=True),
    key("tenant_id", "id"),
    # Pages of transactions go by sequence.
    UniqueConstraint("tenant_id", "sequence"),
    check("sequence", "sequence > 0"),
    check("origin", "hold_id IS NULL OR reverses_id IS NULL"),
    check("effective_at", "effective_at BETWEEN 0 AND recorded_at"),
    *truth("forced", "advanced"),
    *instant("recorded_at"),
)
# Transactions that share a correlation id, by sequence.
index(
    "ix_transactions_correlation",
    transactions,
    "tenant_id",
    "correlation_id",
    "sequence",
    where="correlation_id IS NOT NULL",
)
# A transaction's reversals.
index("ix_transactions_reverses", transactions, "tenant_id", "reverses_id", "sequence", where="reverses_id IS NOT NULL")
# A hold's captures.
index("ix_transactions_hold", transactions, "tenant_id", "hold_id", "sequence", where="hold_id IS NOT NULL")

entries = table(
    "entries",
    id_column("tenant_id"),
    id_column("transaction_id"),
    small("line"),
    id_column("account_id"),
    text_column("side"),
    number("amount"),
    text_column("kind"),
    text_column("reason", null=True),
    id_column("of_transaction_id", null=True),
    small("of_line", null=True),
    number("balance_after"),
    number("account_version"),
    number("sequence"),
    number("recorded_at"),
    number("effective_at"),
    number("available_at", null=True),
    number("maturing_after"),
    key("tenant_id", "transaction_id", "line"),
    check("line", "line > 0"),
    one_of("side", *SIDES),
    within("amount", 1, AMOUNT_MAX),
    check("of_entry", "(of_transaction_id IS NULL) = (of_line IS NULL)"),
    within("balance_after", -AMOUNT_MAX, AMOUNT_MAX),
    check("account_version", "account_version > 0"),
    check("sequence", "sequence > 0"),
    check("effective_at", "effective_at BETWEEN 0 AND recorded_at"),
    check("available_at", f"available_at > recorded_at AND available_at <= {INSTANT_MAX}"),
    *instant("recorded_at"),
)
# Pages of an account's entries, and its last entry up to a sequence for as-of balances.
index("ix_entries_account", entries, "tenant_id", "account_id", "sequence", "line")
# As-of: what matured on an account between two instants; and what matures still, instant by instant and line by line.
index(
    "ix_entries_available",
    entries,
    "tenant_id",
    "account_id",
    "available_at",
    "sequence",
    "line",
    where="available_at IS NOT NULL",
)
# What is kept of deposits as a reserve, until it comes.
index(
    "ix_entries_reserve",
    entries,
    "tenant_id",
    "account_id",
    "available_at",
    where="kind = 'RESERVE' AND available_at IS NOT NULL",
)
# What was taken in advance of what matures, until it comes.
index(
    "ix_entries_advance",
    entries,
    "tenant_id",
    "account_id",
    "available_at",
    where="kind = 'ADVANCE' AND available_at IS NOT NULL",
)
# The lines that name an entry: what was reversed of it and where it was rescheduled to.
index("ix_entries_of", entries, "tenant_id", "of_transaction_id", "of_line", where="of_transaction_id IS NOT NULL")

hold_changes = table(
    "hold_changes",
    id_column("tenant_id"),
    id_column("hold_id"),
    number("sequence"),
    id_column("account_id"),
    text_column("kind"),
    number("amount"),
    number("hold_amount"),
    number("captured"),
    number("released"),
    number("remaining_after"),
    number("expires_at", null=True),
    number("held_after"),
    number("version"),
    id_column("transaction_id", null=True),
    number("occurred_at"),
    number("recorded_at"),
    text_column("principal"),
    key("tenant_id", "hold_id", "sequence"),
    check("sequence", "sequence > 0"),
    one_of("kind", "PLACED", "INCREMENTED", "EXTENDED", "CAPTURED", "RELEASED", "EXPIRED"),
    check("amount", f"amount BETWEEN 0 AND {AMOUNT_MAX} AND (kind = 'EXTENDED') = (amount = 0)"),
    check("parts", "captured >= 0 AND released >= 0 AND captured + released + remaining_after = hold_amount"),
    within("remaining_after", 0, AMOUNT_MAX),
    within("held_after", 0, AMOUNT_MAX),
    check("version", "version > 0"),
    check("transaction", "(kind = 'CAPTURED') = (transaction_id IS NOT NULL)"),
    check("expired", "kind <> 'EXPIRED' OR (remaining_after = 0 AND occurred_at = expires_at)"),
    check("occurred_at", "occurred_at BETWEEN 0 AND recorded_at"),
    *instant("recorded_at"),
)
# As-of: the account's last hold change up to a sequence, which knows what was held after it.
index("ix_hold_changes_account", hold_changes, "tenant_id", "account_id", "sequence")
# As-of: the holds that had lapsed by an instant.
_OPEN = "remaining_after > 0 AND expires_at IS NOT NULL"
index("ix_hold_changes_lapsing", hold_changes, "tenant_id", "account_id", "expires_at", where=_OPEN)
# As-of: how far the recording of an account's expiries had come by a sequence.
_EXPIRED = "kind = 'EXPIRED'"
index("ix_hold_changes_expired", hold_changes, "tenant_id", "account_id", "sequence", where=_EXPIRED)

idempotency_keys = table(
    "idempotency_keys",
    id_column("tenant_id"),
    text_column("operation"),
    text_column("key"),
    text_column("fingerprint"),
    small("fingerprint_version"),
    text_column("field_digests"),
    text_column("principal"),
    number("after_sequence"),
    number("decided_at"),
    id_column("account_id", null=True),
    id_column("transaction_id", null=True),
    id_column("hold_id", null=True),
    number("sequence", null=True),
    text_column("rejection", null=True),
    # The id that the request was given, in the order of asking, and where it came from.
    id_column("request_id", null=True),
    text_column("address", null=True),
    key("tenant_id", "operation", "key"),
    check("key", "length(key) BETWEEN 1 AND 255"),
    check("fingerprint", "length(fingerprint) = 64"),
    check("after_sequence", "after_sequence >= 0"),
    check("outcome", "(sequence IS NULL) = (rejection IS NOT NULL)"),
    check("sequence", "sequence BETWEEN 1 AND after_sequence"),
    *instant("decided_at"),
)

# The audit log, in the order of asking.
index("ix_idempotency_keys_request", idempotency_keys, "tenant_id", "request_id")

audit_records = table(
    "audit_records",
    id_column("tenant_id"),
    id_column("id"),
    text_column("principal"),
    text_column("operation"),
    text_column("key_hash", null=True),
    text_column("subject", null=True),
    text_column("outcome"),
    text_column("code", null=True),
    text_column("address", null=True),
    key("tenant_id", "id"),
    one_of("outcome", "ACCEPTED", "REJECTED", "REFUSED"),
    check("code", "(code IS NULL) = (outcome = 'ACCEPTED')"),
)

events = table(
    "events",
    id_column("tenant_id"),
    number("sequence"),
    small("ordinal"),
    text_column("kind"),
    small("payload_version"),
    id_column("subject_id"),
    text_column("payload"),
    number("occurred_at"),
    number("recorded_at"),
    # The outbox is read in this order.
    key("tenant_id", "sequence", "ordinal"),
    check("sequence", "sequence > 0"),
    check("ordinal", "ordinal >= 0"),
    check("occurred_at", "occurred_at BETWEEN 0 AND recorded_at"),
    *instant("recorded_at"),
)
