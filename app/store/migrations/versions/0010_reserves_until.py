"""Reserve plans that keep until an instant."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "reserve_plans", sa.Column("until_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
    )
