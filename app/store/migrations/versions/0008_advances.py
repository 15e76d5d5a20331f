"""Advances: the plans they are offered by, what was quoted, and the quotes that were accepted."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.Uuid().with_variant(sa.Text(), "sqlite")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
TENANT = "nullif(nullif(current_setting('app.tenant', true), ''), 'all')::uuid"
_TAKEN = "kind = 'ADVANCE' AND available_at IS NOT NULL"
_AMOUNT = "BETWEEN 1 AND 1000000000000000000"
_INSTANT = "BETWEEN 0 AND 253402300799999999"


def upgrade() -> None:
    _plans()
    _quotes()
    _advances()
    op.create_index(
        "ix_entries_advance",
        "entries",
        ["tenant_id", "account_id", "available_at"],
        postgresql_where=sa.text(_TAKEN),
        sqlite_where=sa.text(_TAKEN),
    )
    if op.get_bind().dialect.name == "postgresql":
        told = f"tenant_id = {TENANT}"
        for name in ("advance_plans", "instant_quotes", "advances"):
            op.execute(f"CREATE POLICY tenant ON {name} USING ({told}) WITH CHECK ({told})")


def _plans() -> None:
    op.create_table(
        "advance_plans",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("lender_id", ID, nullable=False),
        sa.Column("fee_account_id", ID, nullable=False),
        sa.Column("tiers", sa.Text(), nullable=False),
        sa.Column("fee_basis_points", SMALL, nullable=False),
        sa.Column("fee_fixed", BIG, nullable=False),
        sa.Column("daily_cap", BIG, nullable=True),
        sa.Column("horizon_days", SMALL, nullable=False),
        sa.Column("quote_seconds", BIG, nullable=False),
        sa.Column("planned_at", BIG, nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.CheckConstraint("daily_cap > 0", name="ck_advance_plans_daily_cap"),
        sa.CheckConstraint("fee_basis_points BETWEEN 0 AND 9999", name="ck_advance_plans_fee_basis_points"),
        sa.CheckConstraint("fee_fixed BETWEEN 0 AND 1000000000000000000", name="ck_advance_plans_fee_fixed"),
        sa.CheckConstraint("horizon_days > 0", name="ck_advance_plans_horizon_days"),
        sa.CheckConstraint(f"planned_at {_INSTANT}", name="ck_advance_plans_planned_at"),
        sa.CheckConstraint("quote_seconds > 0", name="ck_advance_plans_quote_seconds"),
        sa.CheckConstraint("sequence > 0", name="ck_advance_plans_sequence"),
        sa.PrimaryKeyConstraint("tenant_id", "currency", "sequence", name="pk_advance_plans"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _quotes() -> None:
    op.create_table(
        "instant_quotes",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("lender_id", ID, nullable=False),
        sa.Column("fee_account_id", ID, nullable=False),
        sa.Column("amount", BIG, nullable=False),
        sa.Column("fee", BIG, nullable=False),
        sa.Column("repayments", sa.Text(), nullable=False),
        sa.Column("quoted_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.CheckConstraint(f"amount {_AMOUNT}", name="ck_instant_quotes_amount"),
        sa.CheckConstraint("expires_at > quoted_at", name="ck_instant_quotes_expires_at"),
        sa.CheckConstraint("fee >= 0 AND fee < amount", name="ck_instant_quotes_fee"),
        sa.CheckConstraint(f"quoted_at {_INSTANT}", name="ck_instant_quotes_quoted_at"),
        sa.CheckConstraint("sequence > 0", name="ck_instant_quotes_sequence"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_instant_quotes"),
        sa.UniqueConstraint("tenant_id", "external_id", name="uq_instant_quotes_tenant_id_external_id"),
        sa.UniqueConstraint("tenant_id", "sequence", name="uq_instant_quotes_tenant_id_sequence"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _advances() -> None:
    op.create_table(
        "advances",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("quote_id", ID, nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("transaction_id", ID, nullable=False),
        sa.Column("amount", BIG, nullable=False),
        sa.Column("accepted_at", BIG, nullable=False),
        sa.CheckConstraint(f"accepted_at {_INSTANT}", name="ck_advances_accepted_at"),
        sa.CheckConstraint(f"amount {_AMOUNT}", name="ck_advances_amount"),
        sa.CheckConstraint("sequence > 0", name="ck_advances_sequence"),
        sa.PrimaryKeyConstraint("tenant_id", "quote_id", name="pk_advances"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_advances_account", "advances", ["tenant_id", "account_id", "accepted_at"])
