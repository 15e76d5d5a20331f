"""Deposits as a policy could look at them, and the back-tests that are asked of them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.Uuid().with_variant(sa.Text(), "sqlite")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")
TENANT = "nullif(nullif(current_setting('app.tenant', true), ''), 'all')::uuid"
_RUNNING = "status = 'RUNNING'"


def upgrade() -> None:
    op.create_table(
        "deposits",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("transaction_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("deposited_at", BIG, nullable=False),
        sa.Column("amount", BIG, nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("risk_tier", sa.Text(), nullable=True),
        sa.Column("overridden", FLAG, nullable=False),
        sa.Column("slices", sa.Text(), nullable=False),
        sa.CheckConstraint("amount BETWEEN 1 AND 1000000000000000000", name="ck_deposits_amount"),
        sa.CheckConstraint("deposited_at BETWEEN 0 AND 253402300799999999", name="ck_deposits_deposited_at"),
        sa.CheckConstraint("overridden = true OR overridden = false", name="ck_deposits_overridden"),
        sa.CheckConstraint("sequence > 0", name="ck_deposits_sequence"),
        sa.PrimaryKeyConstraint("tenant_id", "sequence", name="pk_deposits"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_deposits_account", "deposits", ["tenant_id", "account_id", "sequence"])
    _backtests()
    if op.get_bind().dialect.name == "postgresql":
        own = f"tenant_id = {TENANT}"
        every = "current_setting('app.tenant', true) = 'all'"
        op.execute(f"CREATE POLICY tenant ON deposits USING ({own}) WITH CHECK ({own})")
        # Who goes on with what another process left looks through all tenants.
        op.execute(f"CREATE POLICY tenant ON backtests USING ({own}) WITH CHECK ({own})")
        op.execute(f"CREATE POLICY every_tenant ON backtests FOR SELECT USING ({every} AND {_RUNNING})")


def _backtests() -> None:
    op.create_table(
        "backtests",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_under", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("policy_id", ID, nullable=True),
        sa.Column("version", SMALL, nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("accounts", sa.Text(), nullable=True),
        sa.Column("from_at", BIG, nullable=False),
        sa.Column("until_at", BIG, nullable=False),
        sa.Column("after_sequence", BIG, nullable=False),
        sa.Column("through_sequence", BIG, nullable=False),
        sa.Column("total", BIG, nullable=False),
        sa.Column("done", BIG, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("touched_at", BIG, nullable=False),
        sa.CheckConstraint("done >= 0 AND done <= total", name="ck_backtests_done"),
        sa.CheckConstraint("status IN ('RUNNING', 'DONE', 'FAILED')", name="ck_backtests_status"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_backtests_tenant_id"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_backtests"),
        sa.UniqueConstraint("tenant_id", "created_under", name="uq_backtests_tenant_id_created_under"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_backtests_running",
        "backtests",
        ["tenant_id", "touched_at"],
        postgresql_where=sa.text(_RUNNING),
        sqlite_where=sa.text(_RUNNING),
    )
