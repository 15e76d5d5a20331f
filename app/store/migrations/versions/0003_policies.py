"""Availability policies: versions, assignments, a tenant's own days, the day's counters, and the rules of entries."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.Uuid().with_variant(sa.Text(), "sqlite")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")
STRICT = {"sqlite_strict": True, "sqlite_with_rowid": False}


def upgrade() -> None:
    op.create_table(
        "calendar_changes",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("closed_days", sa.Text(), nullable=False),
        sa.Column("opened_days", sa.Text(), nullable=False),
        sa.Column("changed_at", BIG, nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.CheckConstraint("changed_at BETWEEN 0 AND 253402300799999999", name="ck_calendar_changes_changed_at"),
        sa.CheckConstraint("sequence > 0", name="ck_calendar_changes_sequence"),
        sa.PrimaryKeyConstraint("tenant_id", "sequence", name="pk_calendar_changes"),
        **STRICT,
    )
    op.create_table(
        "calendar_days",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("day", BIG, nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("closed", FLAG, nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.CheckConstraint("closed = true OR closed = false", name="ck_calendar_days_closed"),
        sa.CheckConstraint("day > 0", name="ck_calendar_days_day"),
        sa.CheckConstraint("sequence > 0", name="ck_calendar_days_sequence"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_calendar_days_tenant_id"),
        sa.PrimaryKeyConstraint("tenant_id", "day", "calendar", name="pk_calendar_days"),
        **STRICT,
    )
    op.create_table(
        "deposit_counters",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("business_day", BIG, nullable=False),
        sa.Column("policy_id", ID, nullable=False),
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("amount", BIG, nullable=False),
        sa.CheckConstraint("amount BETWEEN 1 AND 1000000000000000000", name="ck_deposit_counters_amount"),
        sa.CheckConstraint("business_day > 0", name="ck_deposit_counters_business_day"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["accounts.tenant_id", "accounts.id"],
            name="fk_deposit_counters_tenant_id_account_id",
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "account_id", "business_day", "policy_id", "counter", name="pk_deposit_counters"
        ),
        postgresql_with={"fillfactor": "70"},
        **STRICT,
    )
    op.create_table(
        "entry_rules",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("transaction_id", ID, nullable=False),
        sa.Column("line", SMALL, nullable=False),
        sa.Column("policy_id", ID, nullable=False),
        sa.Column("policy_version", SMALL, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("portion", SMALL, nullable=True),
        sa.Column("business_day", BIG, nullable=False),
        sa.CheckConstraint("business_day > 0", name="ck_entry_rules_business_day"),
        sa.CheckConstraint("line > 1", name="ck_entry_rules_line"),
        sa.CheckConstraint("policy_version > 0", name="ck_entry_rules_policy_version"),
        sa.CheckConstraint("portion > 0", name="ck_entry_rules_portion"),
        sa.PrimaryKeyConstraint("tenant_id", "transaction_id", "line", name="pk_entry_rules"),
        **STRICT,
    )
    op.create_table(
        "policies",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("version", SMALL, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("published_at", BIG, nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.CheckConstraint("published_at BETWEEN 0 AND 253402300799999999", name="ck_policies_published_at"),
        sa.CheckConstraint("sequence > 0", name="ck_policies_sequence"),
        sa.CheckConstraint("version > 0", name="ck_policies_version"),
        sa.PrimaryKeyConstraint("tenant_id", "id", "version", name="pk_policies"),
        sa.UniqueConstraint("tenant_id", "name", "version", name="uq_policies_tenant_id_name_version"),
        sa.UniqueConstraint("tenant_id", "sequence", name="uq_policies_tenant_id_sequence"),
        **STRICT,
    )
    op.create_index(
        "ix_policies_first",
        "policies",
        ["tenant_id", "sequence"],
        unique=False,
        postgresql_where=sa.text("version = 1"),
        sqlite_where=sa.text("version = 1"),
    )
    op.create_table(
        "policy_assignments",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("policy_id", ID, nullable=True),
        sa.Column("assigned_at", BIG, nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.CheckConstraint("assigned_at BETWEEN 0 AND 253402300799999999", name="ck_policy_assignments_assigned_at"),
        sa.CheckConstraint("sequence > 0", name="ck_policy_assignments_sequence"),
        sa.PrimaryKeyConstraint("tenant_id", "account_id", "currency", "sequence", name="pk_policy_assignments"),
        sa.UniqueConstraint("tenant_id", "sequence", name="uq_policy_assignments_tenant_id_sequence"),
        **STRICT,
    )
