"""The first schema, and the currencies that the ledger knows."""

import json
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.Uuid().with_variant(sa.Text(), "sqlite")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")
STRICT = {"sqlite_strict": True, "sqlite_with_rowid": False}

CURRENCIES = Path(__file__).parents[1] / "data" / "currencies.json"


def upgrade() -> None:
    create_tables()
    table = sa.table("currencies", sa.column("code"), sa.column("exponent"), sa.column("name"))
    op.bulk_insert(table, json.loads(CURRENCIES.read_text(encoding="utf-8")))


def create_tables() -> None:
    op.create_table(
        "currencies",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("exponent", SMALL, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint("exponent BETWEEN 0 AND 8", name="ck_currencies_exponent"),
        sa.CheckConstraint("length(code) = 3", name="ck_currencies_code"),
        sa.PrimaryKeyConstraint("code", name="pk_currencies"),
        **STRICT,
    )
    op.create_table(
        "entries",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("transaction_id", ID, nullable=False),
        sa.Column("line", SMALL, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("amount", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("of_transaction_id", ID, nullable=True),
        sa.Column("of_line", SMALL, nullable=True),
        sa.Column("balance_after", BIG, nullable=False),
        sa.Column("account_version", BIG, nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("recorded_at", BIG, nullable=False),
        sa.Column("effective_at", BIG, nullable=False),
        sa.Column("available_at", BIG, nullable=True),
        sa.Column("maturing_after", BIG, nullable=False),
        sa.CheckConstraint("side IN ('DEBIT', 'CREDIT')", name="ck_entries_side"),
        sa.CheckConstraint("(of_transaction_id IS NULL) = (of_line IS NULL)", name="ck_entries_of_entry"),
        sa.CheckConstraint("account_version > 0", name="ck_entries_account_version"),
        sa.CheckConstraint("amount BETWEEN 1 AND 1000000000000000000", name="ck_entries_amount"),
        sa.CheckConstraint(
            "available_at > recorded_at AND available_at <= 253402300799999999", name="ck_entries_available_at"
        ),
        sa.CheckConstraint(
            "balance_after BETWEEN -1000000000000000000 AND 1000000000000000000", name="ck_entries_balance_after"
        ),
        sa.CheckConstraint("effective_at BETWEEN 0 AND recorded_at", name="ck_entries_effective_at"),
        sa.CheckConstraint("line > 0", name="ck_entries_line"),
        sa.CheckConstraint("recorded_at BETWEEN 0 AND 253402300799999999", name="ck_entries_recorded_at"),
        sa.CheckConstraint("sequence > 0", name="ck_entries_sequence"),
        sa.PrimaryKeyConstraint("tenant_id", "transaction_id", "line", name="pk_entries"),
        **STRICT,
    )
    op.create_index("ix_entries_account", "entries", ["tenant_id", "account_id", "sequence", "line"], unique=False)
    op.create_index(
        "ix_entries_available",
        "entries",
        ["tenant_id", "account_id", "available_at"],
        unique=False,
        postgresql_where=sa.text("available_at IS NOT NULL"),
        sqlite_where=sa.text("available_at IS NOT NULL"),
    )
    op.create_index(
        "ix_entries_of",
        "entries",
        ["tenant_id", "of_transaction_id", "of_line"],
        unique=False,
        postgresql_where=sa.text("of_transaction_id IS NOT NULL"),
        sqlite_where=sa.text("of_transaction_id IS NOT NULL"),
    )
    op.create_table(
        "events",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("ordinal", SMALL, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload_version", SMALL, nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("occurred_at", BIG, nullable=False),
        sa.Column("recorded_at", BIG, nullable=False),
        sa.CheckConstraint("occurred_at BETWEEN 0 AND recorded_at", name="ck_events_occurred_at"),
        sa.CheckConstraint("ordinal >= 0", name="ck_events_ordinal"),
        sa.CheckConstraint("recorded_at BETWEEN 0 AND 253402300799999999", name="ck_events_recorded_at"),
        sa.CheckConstraint("sequence > 0", name="ck_events_sequence"),
        sa.PrimaryKeyConstraint("tenant_id", "sequence", "ordinal", name="pk_events"),
        **STRICT,
    )
    op.create_table(
        "external_ids",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.CheckConstraint("kind IN ('ACCOUNT', 'TRANSACTION', 'HOLD')", name="ck_external_ids_kind"),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "external_id", name="pk_external_ids"),
        **STRICT,
    )
    op.create_table(
        "hold_changes",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("hold_id", ID, nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", BIG, nullable=False),
        sa.Column("hold_amount", BIG, nullable=False),
        sa.Column("captured", BIG, nullable=False),
        sa.Column("released", BIG, nullable=False),
        sa.Column("remaining_after", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=True),
        sa.Column("held_after", BIG, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("transaction_id", ID, nullable=True),
        sa.Column("occurred_at", BIG, nullable=False),
        sa.Column("recorded_at", BIG, nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.CheckConstraint("(kind = 'CAPTURED') = (transaction_id IS NOT NULL)", name="ck_hold_changes_transaction"),
        sa.CheckConstraint(
            "amount BETWEEN 0 AND 1000000000000000000 AND (kind = 'EXTENDED') = (amount = 0)",
            name="ck_hold_changes_amount",
        ),
        sa.CheckConstraint(
            "kind <> 'EXPIRED' OR (remaining_after = 0 AND occurred_at = expires_at)", name="ck_hold_changes_expired"
        ),
        sa.CheckConstraint(
            "kind IN ('PLACED', 'INCREMENTED', 'EXTENDED', 'CAPTURED', 'RELEASED', 'EXPIRED')",
            name="ck_hold_changes_kind",
        ),
        sa.CheckConstraint(
            "captured >= 0 AND released >= 0 AND captured + released + remaining_after = hold_amount",
            name="ck_hold_changes_parts",
        ),
        sa.CheckConstraint("held_after BETWEEN 0 AND 1000000000000000000", name="ck_hold_changes_held_after"),
        sa.CheckConstraint("occurred_at BETWEEN 0 AND recorded_at", name="ck_hold_changes_occurred_at"),
        sa.CheckConstraint("recorded_at BETWEEN 0 AND 253402300799999999", name="ck_hold_changes_recorded_at"),
        sa.CheckConstraint("remaining_after BETWEEN 0 AND 1000000000000000000", name="ck_hold_changes_remaining_after"),
        sa.CheckConstraint("sequence > 0", name="ck_hold_changes_sequence"),
        sa.CheckConstraint("version > 0", name="ck_hold_changes_version"),
        sa.PrimaryKeyConstraint("tenant_id", "hold_id", "sequence", name="pk_hold_changes"),
        **STRICT,
    )
    op.create_index("ix_hold_changes_account", "hold_changes", ["tenant_id", "account_id", "sequence"], unique=False)
    op.create_index(
        "ix_hold_changes_expired",
        "hold_changes",
        ["tenant_id", "account_id", "sequence"],
        unique=False,
        postgresql_where=sa.text("kind = 'EXPIRED'"),
        sqlite_where=sa.text("kind = 'EXPIRED'"),
    )
    op.create_index(
        "ix_hold_changes_lapsing",
        "hold_changes",
        ["tenant_id", "account_id", "expires_at"],
        unique=False,
        postgresql_where=sa.text("remaining_after > 0 AND expires_at IS NOT NULL"),
        sqlite_where=sa.text("remaining_after > 0 AND expires_at IS NOT NULL"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("fingerprint_version", SMALL, nullable=False),
        sa.Column("field_digests", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("after_sequence", BIG, nullable=False),
        sa.Column("decided_at", BIG, nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("transaction_id", ID, nullable=True),
        sa.Column("hold_id", ID, nullable=True),
        sa.Column("sequence", BIG, nullable=True),
        sa.Column("rejection", sa.Text(), nullable=True),
        sa.CheckConstraint("(sequence IS NULL) = (rejection IS NOT NULL)", name="ck_idempotency_keys_outcome"),
        sa.CheckConstraint("after_sequence >= 0", name="ck_idempotency_keys_after_sequence"),
        sa.CheckConstraint("decided_at BETWEEN 0 AND 253402300799999999", name="ck_idempotency_keys_decided_at"),
        sa.CheckConstraint("length(fingerprint) = 64", name="ck_idempotency_keys_fingerprint"),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 255", name="ck_idempotency_keys_key"),
        sa.CheckConstraint("sequence BETWEEN 1 AND after_sequence", name="ck_idempotency_keys_sequence"),
        sa.PrimaryKeyConstraint("tenant_id", "operation", "key", name="pk_idempotency_keys"),
        **STRICT,
    )
    op.create_table(
        "tenants",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.CheckConstraint("mode IN ('LIVE', 'TEST')", name="ck_tenants_mode"),
        sa.CheckConstraint("created_at BETWEEN 0 AND 253402300799999999", name="ck_tenants_created_at"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 255", name="ck_tenants_name"),
        sa.PrimaryKeyConstraint("id", name="pk_tenants"),
        sa.UniqueConstraint("name", name="uq_tenants_name"),
        **STRICT,
    )
    op.create_table(
        "transactions",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("forced", FLAG, nullable=False),
        sa.Column("advanced", FLAG, nullable=False),
        sa.Column("effective_at", BIG, nullable=False),
        sa.Column("recorded_at", BIG, nullable=False),
        sa.Column("hold_id", ID, nullable=True),
        sa.Column("reverses_id", ID, nullable=True),
        sa.CheckConstraint("advanced = true OR advanced = false", name="ck_transactions_advanced"),
        sa.CheckConstraint("effective_at BETWEEN 0 AND recorded_at", name="ck_transactions_effective_at"),
        sa.CheckConstraint("forced = true OR forced = false", name="ck_transactions_forced"),
        sa.CheckConstraint("hold_id IS NULL OR reverses_id IS NULL", name="ck_transactions_origin"),
        sa.CheckConstraint("recorded_at BETWEEN 0 AND 253402300799999999", name="ck_transactions_recorded_at"),
        sa.CheckConstraint("sequence > 0", name="ck_transactions_sequence"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_transactions"),
        sa.UniqueConstraint("tenant_id", "sequence", name="uq_transactions_tenant_id_sequence"),
        **STRICT,
    )
    op.create_index(
        "ix_transactions_correlation",
        "transactions",
        ["tenant_id", "correlation_id", "sequence"],
        unique=False,
        postgresql_where=sa.text("correlation_id IS NOT NULL"),
        sqlite_where=sa.text("correlation_id IS NOT NULL"),
    )
    op.create_index(
        "ix_transactions_hold",
        "transactions",
        ["tenant_id", "hold_id", "sequence"],
        unique=False,
        postgresql_where=sa.text("hold_id IS NOT NULL"),
        sqlite_where=sa.text("hold_id IS NOT NULL"),
    )
    op.create_index(
        "ix_transactions_reverses",
        "transactions",
        ["tenant_id", "reverses_id", "sequence"],
        unique=False,
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
        sqlite_where=sa.text("reverses_id IS NOT NULL"),
    )
    op.create_table(
        "accounts",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("normal_side", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("exponent", SMALL, nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("opened_at", BIG, nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.CheckConstraint("normal_side IN ('DEBIT', 'CREDIT')", name="ck_accounts_normal_side"),
        sa.CheckConstraint(
            "purpose IN ('CUSTOMER', 'PLATFORM', 'EXTERNAL', 'CLEARING', 'REVENUE', 'EXPENSE', 'RESERVE')",
            name="ck_accounts_purpose",
        ),
        sa.CheckConstraint("exponent BETWEEN 0 AND 8", name="ck_accounts_exponent"),
        sa.CheckConstraint("opened_at BETWEEN 0 AND 253402300799999999", name="ck_accounts_opened_at"),
        sa.CheckConstraint("sequence > 0", name="ck_accounts_sequence"),
        sa.ForeignKeyConstraint(["currency"], ["currencies.code"], name="fk_accounts_currency"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_accounts_tenant_id"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_accounts"),
        sa.UniqueConstraint("tenant_id", "sequence", name="uq_accounts_tenant_id_sequence"),
        **STRICT,
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=True),
        sa.Column("revoked_at", BIG, nullable=True),
        sa.CheckConstraint("created_at BETWEEN 0 AND 253402300799999999", name="ck_api_keys_created_at"),
        sa.CheckConstraint("expires_at BETWEEN 0 AND 253402300799999999", name="ck_api_keys_expires_at"),
        sa.CheckConstraint("revoked_at BETWEEN 0 AND 253402300799999999", name="ck_api_keys_revoked_at"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_api_keys_tenant_id"),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_keys"),
        **STRICT,
    )
    op.create_index("ix_api_keys_tenant", "api_keys", ["tenant_id", "created_at"], unique=False)
    op.create_table(
        "batches",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("last_sequence", BIG, nullable=False),
        sa.Column("recorded_at", BIG, nullable=False),
        sa.CheckConstraint("last_sequence > 0", name="ck_batches_last_sequence"),
        sa.CheckConstraint("recorded_at BETWEEN 0 AND 253402300799999999", name="ck_batches_recorded_at"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_batches_tenant_id"),
        sa.PrimaryKeyConstraint("tenant_id", "last_sequence", name="pk_batches"),
        **STRICT,
    )
    op.create_index("ix_batches_recorded", "batches", ["tenant_id", "recorded_at", "last_sequence"], unique=False)
    op.create_table(
        "heads",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("sequence", BIG, server_default=sa.text("0"), nullable=False),
        sa.Column("recorded_at", BIG, server_default=sa.text("0"), nullable=False),
        sa.Column("clock_offset", BIG, server_default=sa.text("0"), nullable=False),
        sa.Column("frozen_at", BIG, nullable=True),
        sa.CheckConstraint("frozen_at BETWEEN 0 AND 253402300799999999", name="ck_heads_frozen_at"),
        sa.CheckConstraint("recorded_at BETWEEN 0 AND 253402300799999999", name="ck_heads_recorded_at"),
        sa.CheckConstraint("sequence >= 0", name="ck_heads_sequence"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_heads_tenant_id"),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_heads"),
        postgresql_with={"fillfactor": "50"},
        **STRICT,
    )
    op.create_table(
        "account_changes",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("floor", BIG, nullable=True),
        sa.Column("out_frozen", FLAG, nullable=False),
        sa.Column("in_frozen", FLAG, nullable=False),
        sa.Column("closed", FLAG, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("recorded_at", BIG, nullable=False),
        sa.CheckConstraint("(kind = 'OPENED') = (version = 0) AND version >= 0", name="ck_account_changes_version"),
        sa.CheckConstraint(
            "kind IN ('OPENED', 'UPDATED', 'FROZEN', 'UNFROZEN', 'CLOSED', 'REOPENED')", name="ck_account_changes_kind"
        ),
        sa.CheckConstraint("closed = true OR closed = false", name="ck_account_changes_closed"),
        sa.CheckConstraint(
            "floor BETWEEN -1000000000000000000 AND 1000000000000000000", name="ck_account_changes_floor"
        ),
        sa.CheckConstraint("in_frozen = true OR in_frozen = false", name="ck_account_changes_in_frozen"),
        sa.CheckConstraint("out_frozen = true OR out_frozen = false", name="ck_account_changes_out_frozen"),
        sa.CheckConstraint("recorded_at BETWEEN 0 AND 253402300799999999", name="ck_account_changes_recorded_at"),
        sa.CheckConstraint("sequence > 0", name="ck_account_changes_sequence"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["accounts.tenant_id", "accounts.id"],
            name="fk_account_changes_tenant_id_account_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "account_id", "sequence", name="pk_account_changes"),
        **STRICT,
    )
    op.create_table(
        "balances",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("ledger", BIG, nullable=False),
        sa.Column("held", BIG, nullable=False),
        sa.Column("maturing", BIG, nullable=False),
        sa.Column("maturing_at", BIG, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("floor", BIG, nullable=True),
        sa.Column("out_frozen", FLAG, nullable=False),
        sa.Column("in_frozen", FLAG, nullable=False),
        sa.Column("closed", FLAG, nullable=False),
        sa.CheckConstraint("NOT closed OR ledger = 0", name="ck_balances_closed_empty"),
        sa.CheckConstraint("closed = true OR closed = false", name="ck_balances_closed"),
        sa.CheckConstraint("floor BETWEEN -1000000000000000000 AND 1000000000000000000", name="ck_balances_floor"),
        sa.CheckConstraint("held BETWEEN 0 AND 1000000000000000000", name="ck_balances_held"),
        sa.CheckConstraint("in_frozen = true OR in_frozen = false", name="ck_balances_in_frozen"),
        sa.CheckConstraint("ledger BETWEEN -1000000000000000000 AND 1000000000000000000", name="ck_balances_ledger"),
        sa.CheckConstraint("maturing BETWEEN 0 AND 1000000000000000000", name="ck_balances_maturing"),
        sa.CheckConstraint("maturing_at BETWEEN 0 AND 253402300799999999", name="ck_balances_maturing_at"),
        sa.CheckConstraint("out_frozen = true OR out_frozen = false", name="ck_balances_out_frozen"),
        sa.CheckConstraint("version >= 0", name="ck_balances_version"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["accounts.tenant_id", "accounts.id"], name="fk_balances_tenant_id_account_id"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "account_id", name="pk_balances"),
        postgresql_with={"fillfactor": "70"},
        **STRICT,
    )
    op.create_table(
        "buckets",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("available_at", BIG, nullable=False),
        sa.Column("amount", BIG, nullable=False),
        sa.CheckConstraint("amount BETWEEN 0 AND 1000000000000000000", name="ck_buckets_amount"),
        sa.CheckConstraint("available_at BETWEEN 0 AND 253402300799999999", name="ck_buckets_available_at"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["accounts.tenant_id", "accounts.id"], name="fk_buckets_tenant_id_account_id"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "account_id", "available_at", name="pk_buckets"),
        postgresql_with={"fillfactor": "70"},
        **STRICT,
    )
    op.create_table(
        "holds",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("destination_id", ID, nullable=True),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("forced", FLAG, nullable=False),
        sa.Column("placed_at", BIG, nullable=False),
        sa.Column("amount", BIG, nullable=False),
        sa.Column("captured", BIG, nullable=False),
        sa.Column("released", BIG, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("expires_at", BIG, nullable=True),
        sa.CheckConstraint(
            "(status <> 'CAPTURED' OR captured > 0) AND (status <> 'RELEASED' OR captured = 0)",
            name="ck_holds_captured",
        ),
        sa.CheckConstraint("(status = 'ACTIVE') = (captured + released < amount)", name="ck_holds_remaining"),
        sa.CheckConstraint("status <> 'EXPIRED' OR expires_at IS NOT NULL", name="ck_holds_expired"),
        sa.CheckConstraint("status IN ('ACTIVE', 'CAPTURED', 'RELEASED', 'EXPIRED')", name="ck_holds_status"),
        sa.CheckConstraint("amount BETWEEN 1 AND 1000000000000000000", name="ck_holds_amount"),
        sa.CheckConstraint("captured >= 0 AND released >= 0 AND captured + released <= amount", name="ck_holds_parts"),
        sa.CheckConstraint("expires_at > placed_at AND expires_at <= 253402300799999999", name="ck_holds_expires_at"),
        sa.CheckConstraint("forced = true OR forced = false", name="ck_holds_forced"),
        sa.CheckConstraint("placed_at BETWEEN 0 AND 253402300799999999", name="ck_holds_placed_at"),
        sa.CheckConstraint("sequence > 0", name="ck_holds_sequence"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["accounts.tenant_id", "accounts.id"], name="fk_holds_tenant_id_account_id"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "destination_id"],
            ["accounts.tenant_id", "accounts.id"],
            name="fk_holds_tenant_id_destination_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_holds"),
        sa.UniqueConstraint("tenant_id", "sequence", name="uq_holds_tenant_id_sequence"),
        postgresql_with={"fillfactor": "80"},
        **STRICT,
    )
    op.create_index("ix_holds_account", "holds", ["tenant_id", "account_id", "sequence"], unique=False)
    op.create_index(
        "ix_holds_due",
        "holds",
        ["tenant_id", "expires_at"],
        unique=False,
        postgresql_where=sa.text("status = 'ACTIVE' AND expires_at IS NOT NULL"),
        sqlite_where=sa.text("status = 'ACTIVE' AND expires_at IS NOT NULL"),
    )
    op.create_index(
        "ix_holds_lapsing",
        "holds",
        ["tenant_id", "account_id", "expires_at"],
        unique=False,
        postgresql_where=sa.text("status = 'ACTIVE' AND expires_at IS NOT NULL"),
        sqlite_where=sa.text("status = 'ACTIVE' AND expires_at IS NOT NULL"),
    )
