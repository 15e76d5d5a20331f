"""The audit log: from where each command came and in what order it was asked, and what was asked beside commands."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.Uuid().with_variant(sa.Text(), "sqlite")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STRICT = {"sqlite_strict": True, "sqlite_with_rowid": False}


def upgrade() -> None:
    # Of what came before this, neither is known.
    op.add_column("idempotency_keys", sa.Column("request_id", ID, nullable=True))
    op.add_column("idempotency_keys", sa.Column("address", sa.Text(), nullable=True))
    op.create_index("ix_idempotency_keys_request", "idempotency_keys", ["tenant_id", "request_id"])
    op.create_table(
        "audit_records",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.CheckConstraint("outcome IN ('ACCEPTED', 'REJECTED', 'REFUSED')", name="ck_audit_records_outcome"),
        sa.CheckConstraint("(code IS NULL) = (outcome = 'ACCEPTED')", name="ck_audit_records_code"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_audit_records"),
        **STRICT,
    )
