"""The tables of availability policies; a tenant without deposits never touches them.

Days are counted as Python's `date.toordinal()` does.
"""

from sqlalchemy import UniqueConstraint

from app.store.columns import (
    AMOUNT_MAX,
    check,
    flag,
    id_column,
    index,
    instant,
    key,
    number,
    of_account,
    of_tenant,
    one_of,
    small,
    table,
    text_column,
    truth,
    within,
)

# Versions of one policy share its id and name, which makes both stand for each other: version 1 has each name once.
policies = table(
    "policies",
    id_column("tenant_id"),
    id_column("id"),
    small("version"),
    text_column("name"),
    text_column("currency", null=True),
    text_column("document"),
    number("sequence"),
    number("published_at"),
    text_column("principal"),
    key("tenant_id", "id", "version"),
    UniqueConstraint("tenant_id", "name", "version"),
    UniqueConstraint("tenant_id", "sequence"),
    check("version", "version > 0"),
    check("sequence", "sequence > 0"),
    *instant("published_at"),
)
# Pages of policies go by the sequence of their first version.
index("ix_policies_first", policies, "tenant_id", "sequence", where="version = 1")

# The last row of an account and currency is in force. The account of zeros stands for everybody, and there no currency
# for every currency: so the account has no foreign key.
policy_assignments = table(
    "policy_assignments",
    id_column("tenant_id"),
    id_column("account_id"),
    text_column("currency"),
    number("sequence"),
    id_column("policy_id", null=True),
    number("assigned_at"),
    text_column("principal"),
    key("tenant_id", "account_id", "currency", "sequence"),
    UniqueConstraint("tenant_id", "sequence"),
    check("sequence", "sequence > 0"),
    *instant("assigned_at"),
)

calendar_changes = table(
    "calendar_changes",
    id_column("tenant_id"),
    number("sequence"),
    id_column("id"),
    text_column("calendar"),
    text_column("closed_days"),
    text_column("opened_days"),
    number("changed_at"),
    text_column("principal"),
    key("tenant_id", "sequence"),
    check("sequence", "sequence > 0"),
    *instant("changed_at"),
)

# What the changes come to. The day comes first in the key, as a batch reads those that lie ahead of every calendar.
calendar_days = table(
    "calendar_days",
    id_column("tenant_id"),
    number("day"),
    text_column("calendar"),
    flag("closed"),
    number("sequence"),
    key("tenant_id", "day", "calendar"),
    of_tenant(),
    check("day", "day > 0"),
    check("sequence", "sequence > 0"),
    *truth("closed"),
)

deposit_counters = table(
    "deposit_counters",
    id_column("tenant_id"),
    id_column("account_id"),
    number("business_day"),
    id_column("policy_id"),
    text_column("counter"),
    number("amount"),
    key("tenant_id", "account_id", "business_day", "policy_id", "counter"),
    of_account(),
    check("business_day", "business_day > 0"),
    within("amount", 1, AMOUNT_MAX),
    fill=70,
)

# The last row of an account is in force.
reserve_plans = table(
    "reserve_plans",
    id_column("tenant_id"),
    id_column("account_id"),
    number("sequence"),
    small("basis_points"),
    small("days"),
    number("cap", null=True),
    number("planned_at"),
    text_column("principal"),
    # In place of the days, which are 1 then.
    number("until_at", null=True),
    key("tenant_id", "account_id", "sequence"),
    check("sequence", "sequence > 0"),
    within("basis_points", 0, 10_000),
    check("days", "days >= 0 AND (basis_points = 0 OR days > 0)"),
    check("cap", "cap > 0"),
    *instant("planned_at"),
)

# The last row of a currency is in force.
advance_plans = table(
    "advance_plans",
    id_column("tenant_id"),
    text_column("currency"),
    number("sequence"),
    id_column("lender_id"),
    id_column("fee_account_id"),
    # A list of [risk tier or null, basis points] in JSON.
    text_column("tiers"),
    small("fee_basis_points"),
    number("fee_fixed"),
    number("daily_cap", null=True),
    small("horizon_days"),
    number("quote_seconds"),
    number("planned_at"),
    text_column("principal"),
    key("tenant_id", "currency", "sequence"),
    check("sequence", "sequence > 0"),
    within("fee_basis_points", 0, 9_999),
    within("fee_fixed", 0, AMOUNT_MAX),
    check("daily_cap", "daily_cap > 0"),
    check("horizon_days", "horizon_days > 0"),
    check("quote_seconds", "quote_seconds > 0"),
    *instant("planned_at"),
)

instant_quotes = table(
    "instant_quotes",
    id_column("tenant_id"),
    id_column("id"),
    number("sequence"),
    id_column("account_id"),
    text_column("currency"),
    text_column("external_id", null=True),
    id_column("lender_id"),
    id_column("fee_account_id"),
    number("amount"),
    number("fee"),
    # A list of [instant, amount, what was free there] in JSON.
    text_column("repayments"),
    number("quoted_at"),
    number("expires_at"),
    text_column("principal"),
    key("tenant_id", "id"),
    # What the command of a sequence quoted, and what the caller calls it.
    UniqueConstraint("tenant_id", "sequence"),
    UniqueConstraint("tenant_id", "external_id"),
    check("sequence", "sequence > 0"),
    within("amount", 1, AMOUNT_MAX),
    check("fee", "fee >= 0 AND fee < amount"),
    check("expires_at", "expires_at > quoted_at"),
    *instant("quoted_at"),
)

# The quotes that were accepted: each once, as the key says.
advances = table(
    "advances",
    id_column("tenant_id"),
    id_column("quote_id"),
    number("sequence"),
    id_column("account_id"),
    id_column("transaction_id"),
    number("amount"),
    number("accepted_at"),
    key("tenant_id", "quote_id"),
    check("sequence", "sequence > 0"),
    within("amount", 1, AMOUNT_MAX),
    *instant("accepted_at"),
)
# What the advances of an account come to on a day.
index("ix_advances_account", advances, "tenant_id", "account_id", "accepted_at")

# What a policy could look at when a deposit was made, for those who ask what another would have made of it.
deposits = table(
    "deposits",
    id_column("tenant_id"),
    number("sequence"),
    id_column("transaction_id"),
    id_column("account_id"),
    number("deposited_at"),
    number("amount"),
    text_column("method"),
    text_column("risk_tier", null=True),
    flag("overridden"),
    # A list of [amount, instant or null] in JSON, before anything was kept as a reserve.
    text_column("slices"),
    key("tenant_id", "sequence"),
    check("sequence", "sequence > 0"),
    within("amount", 1, AMOUNT_MAX),
    *truth("overridden"),
    *instant("deposited_at"),
)
# The deposits of an account, in their order.
index("ix_deposits_account", deposits, "tenant_id", "account_id", "sequence")

# What somebody asked about deposits that were made, worked off in the background: no part of the ledger's history.
backtests = table(
    "backtests",
    id_column("tenant_id"),
    id_column("id"),
    text_column("created_under"),
    # A digest of what was asked, to tell a replay from another question under the same key.
    text_column("asked"),
    text_column("principal"),
    text_column("document"),
    id_column("policy_id", null=True),
    small("version", null=True),
    text_column("currency"),
    # A list of ids in JSON; null is every account of the currency.
    text_column("accounts", null=True),
    number("from_at"),
    number("until_at"),
    number("after_sequence"),
    number("through_sequence"),
    number("total"),
    number("done"),
    text_column("status"),
    text_column("result", null=True),
    number("created_at"),
    number("touched_at"),
    key("tenant_id", "id"),
    UniqueConstraint("tenant_id", "created_under"),
    of_tenant(),
    one_of("status", "RUNNING", "DONE", "FAILED"),
    check("done", "done >= 0 AND done <= total"),
)
# Those that somebody must go on with.
index("ix_backtests_running", backtests, "tenant_id", "touched_at", where="status = 'RUNNING'")

# Beside the entries, not among their columns: what is no deposit has no rule and pays nothing.
entry_rules = table(
    "entry_rules",
    id_column("tenant_id"),
    id_column("transaction_id"),
    small("line"),
    id_column("policy_id"),
    small("policy_version"),
    text_column("rule"),
    small("portion", null=True),
    number("business_day"),
    key("tenant_id", "transaction_id", "line"),
    check("line", "line > 1"),
    check("policy_version", "policy_version > 0"),
    check("portion", "portion > 0"),
    check("business_day", "business_day > 0"),
)
