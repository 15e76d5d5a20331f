"""What a balance is made of, found by its parts: maturing lines in order, and the holds that are still active."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_MATURING = "available_at IS NOT NULL"
_ACTIVE = "status = 'ACTIVE'"


def upgrade() -> None:
    op.drop_index("ix_entries_available", "entries")
    op.create_index(
        "ix_entries_available",
        "entries",
        ["tenant_id", "account_id", "available_at", "sequence", "line"],
        postgresql_where=sa.text(_MATURING),
        sqlite_where=sa.text(_MATURING),
    )
    op.create_index(
        "ix_holds_active",
        "holds",
        ["tenant_id", "account_id", "sequence"],
        postgresql_where=sa.text(_ACTIVE),
        sqlite_where=sa.text(_ACTIVE),
    )
