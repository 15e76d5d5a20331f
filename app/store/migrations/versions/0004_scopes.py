"""Keys: fine scopes in place of the coarse ones, and what their bearers' care of them needs."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# What a key could do before it can do after: every key could introspect.
_SUCCESSORS = {
    "read": ("balances:read", "history:read"),
    "write": ("money:move", "holds:manage"),
    "admin": ("accounts:manage", "policies:manage", "clock:move"),
    "force": ("money:force",),
    "advance": ("money:advance",),
    "override": ("money:override",),
}


def upgrade() -> None:
    for name, kind in (
        ("allowed_addresses", sa.Text()),
        ("last_used_at", BIG),
        ("created_by", sa.Text()),
        ("created_under", sa.Text()),
        ("rotated_from", sa.Text()),
    ):
        op.add_column("api_keys", sa.Column(name, kind, nullable=True))
    op.create_index("uq_api_keys_created_under", "api_keys", ["tenant_id", "created_under"], unique=True)
    keys = sa.table("api_keys", sa.column("key_id", sa.Text()), sa.column("scopes", sa.Text()))
    connection = op.get_bind()
    for key_id, scopes in connection.execute(sa.select(keys.c.key_id, keys.c.scopes)).all():
        granted = {"introspect"}
        for scope in json.loads(scopes):
            granted.update(_SUCCESSORS.get(scope, (scope,)))
        text = json.dumps(sorted(granted), separators=(",", ":"))
        connection.execute(sa.update(keys).where(keys.c.key_id == key_id).values(scopes=text))
