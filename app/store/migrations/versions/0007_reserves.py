"""Reserves: the plans of accounts, and what is kept of their deposits, found by its kind."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.Uuid().with_variant(sa.Text(), "sqlite")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
TENANT = "nullif(nullif(current_setting('app.tenant', true), ''), 'all')::uuid"
_KEPT = "kind = 'RESERVE' AND available_at IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "reserve_plans",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("basis_points", SMALL, nullable=False),
        sa.Column("days", SMALL, nullable=False),
        sa.Column("cap", BIG, nullable=True),
        sa.Column("planned_at", BIG, nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.CheckConstraint("basis_points BETWEEN 0 AND 10000", name="ck_reserve_plans_basis_points"),
        sa.CheckConstraint("cap > 0", name="ck_reserve_plans_cap"),
        sa.CheckConstraint("days >= 0 AND (basis_points = 0 OR days > 0)", name="ck_reserve_plans_days"),
        sa.CheckConstraint("planned_at BETWEEN 0 AND 253402300799999999", name="ck_reserve_plans_planned_at"),
        sa.CheckConstraint("sequence > 0", name="ck_reserve_plans_sequence"),
        sa.PrimaryKeyConstraint("tenant_id", "account_id", "sequence", name="pk_reserve_plans"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_entries_reserve",
        "entries",
        ["tenant_id", "account_id", "available_at"],
        postgresql_where=sa.text(_KEPT),
        sqlite_where=sa.text(_KEPT),
    )
    if op.get_bind().dialect.name == "postgresql":
        told = f"tenant_id = {TENANT}"
        op.execute(f"CREATE POLICY tenant ON reserve_plans USING ({told}) WITH CHECK ({told})")
