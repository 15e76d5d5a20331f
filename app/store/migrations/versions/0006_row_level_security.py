"""Row-level security: whose rows a transaction may see, for a database that is told whose it is."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TENANTS_OWN = (
    "account_changes",
    "accounts",
    "api_keys",
    "audit_records",
    "balances",
    "batches",
    "buckets",
    "calendar_changes",
    "calendar_days",
    "deposit_counters",
    "entries",
    "entry_rules",
    "events",
    "external_ids",
    "heads",
    "hold_changes",
    "holds",
    "idempotency_keys",
    "policies",
    "policy_assignments",
    "transactions",
)
# After a transaction that set it, the setting is empty and not null.
TENANT = "nullif(nullif(current_setting('app.tenant', true), ''), 'all')::uuid"
EVERY = "current_setting('app.tenant', true) = 'all'"


def upgrade() -> None:
    # They bind nobody until `spendable migrate` is told to enable them.
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in TENANTS_OWN:
        op.execute(f"CREATE POLICY tenant ON {table} USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT})")
    op.execute(f"CREATE POLICY tenant ON tenants USING (id = {TENANT}) WITH CHECK (id = {TENANT})")
    # What has to be known before the tenant is: who there is, whose a key is, and who has holds that lapsed.
    for table in ("tenants", "heads"):
        op.execute(f"CREATE POLICY every_tenant ON {table} USING ({EVERY}) WITH CHECK ({EVERY})")
    lapsing = "status = 'ACTIVE' AND expires_at IS NOT NULL"
    op.execute(f"CREATE POLICY every_tenant ON api_keys FOR SELECT USING ({EVERY})")
    op.execute(f"CREATE POLICY every_tenant ON holds FOR SELECT USING ({EVERY} AND {lapsing})")
