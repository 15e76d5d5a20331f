"""The store: rows in, values out; the only SQL. Other floors enter here."""

from app.store.accounts import count_accounts, find_account_page, find_accounts
from app.store.api_keys import (
    StoredKey,
    count_keys,
    count_keys_in_force,
    expire_key,
    find_key,
    find_key_created_under,
    find_key_page,
    find_keys,
    find_own_key,
    insert_key,
    note_key_use,
    revoke_key,
)
from app.store.audit import AuditFilter, AuditRecord, find_audit_page, hash_of_key, insert_audit_record
from app.store.balances import find_balances, find_balances_as_of, find_funds
from app.store.book import find_lapsed_holds, load_futures, load_pages, lock_head
from app.store.book_policies import find_deposit_days
from app.store.book_saving import save_book
from app.store.clock import Moment, read_clock, read_moment, set_test_clock
from app.store.coordinates import find_sequence_at, read_coordinate
from app.store.currencies import find_currencies
from app.store.database import Database, is_served, open_database
from app.store.due_holds import find_due_holds, find_next_expiries
from app.store.entries import count_entries, find_entries_of, find_entry_pages
from app.store.errors import (
    AlreadyServed,
    CommitUnknown,
    Conflict,
    ReadOnly,
    StoreError,
    Unavailable,
    Unmigrated,
    Unusable,
    Violated,
)
from app.store.external_ids import resolve_external_ids
from app.store.facts import find_damage, read_facts
from app.store.future_causes import Stretch, find_future_causes
from app.store.held_slices import HeldSlices, find_held_slices, find_held_slices_as_of
from app.store.holds import (
    count_holds,
    count_holds_each,
    find_hold_changes,
    find_hold_page,
    find_hold_pages,
    find_holds,
)
from app.store.invariants import InvariantCheck, check_invariants
from app.store.migration import MigrationState, migrate, migration_state, require_migrated
from app.store.policies import (
    count_policies,
    find_assignments,
    find_calendar_changes,
    find_entry_rules,
    find_followed,
    find_policies,
    find_policy_names,
    find_policy_page,
    find_policy_versions,
    find_published,
)
from app.store.protection import BOUND, Protection, read_protection
from app.store.reading import (
    AccountFilter,
    BalanceRead,
    Coordinate,
    EntryFilter,
    HoldFilter,
    Position,
    TransactionFilter,
    TrialBalanceTotal,
    Window,
)
from app.store.reserves import Reserve, find_reserves
from app.store.session import Executed, Session, Unit, observe
from app.store.slices import MaturingPlace, MaturingSlices, find_maturing_slices
from app.store.tenants import Tenant, TenantMode, find_tenant, find_tenants, insert_tenant
from app.store.totals import find_trial_balance
from app.store.transactions import (
    count_transactions,
    find_reversals_of,
    find_transaction_page,
    find_transactions,
    find_transactions_of_holds,
)

__all__ = [
    "BOUND",
    "AccountFilter",
    "AlreadyServed",
    "AuditFilter",
    "AuditRecord",
    "BalanceRead",
    "CommitUnknown",
    "Conflict",
    "Coordinate",
    "Database",
    "EntryFilter",
    "Executed",
    "HeldSlices",
    "HoldFilter",
    "InvariantCheck",
    "MaturingPlace",
    "MaturingSlices",
    "MigrationState",
    "Moment",
    "Position",
    "Protection",
    "ReadOnly",
    "Reserve",
    "Session",
    "StoreError",
    "StoredKey",
    "Stretch",
    "Tenant",
    "TenantMode",
    "TransactionFilter",
    "TrialBalanceTotal",
    "Unavailable",
    "Unit",
    "Unmigrated",
    "Unusable",
    "Violated",
    "Window",
    "check_invariants",
    "count_accounts",
    "count_entries",
    "count_holds",
    "count_holds_each",
    "count_keys",
    "count_keys_in_force",
    "count_policies",
    "count_transactions",
    "expire_key",
    "find_account_page",
    "find_accounts",
    "find_assignments",
    "find_audit_page",
    "find_balances",
    "find_balances_as_of",
    "find_calendar_changes",
    "find_currencies",
    "find_damage",
    "find_deposit_days",
    "find_due_holds",
    "find_entries_of",
    "find_entry_pages",
    "find_entry_rules",
    "find_followed",
    "find_funds",
    "find_future_causes",
    "find_held_slices",
    "find_held_slices_as_of",
    "find_hold_changes",
    "find_hold_page",
    "find_hold_pages",
    "find_holds",
    "find_key",
    "find_key_created_under",
    "find_key_page",
    "find_keys",
    "find_lapsed_holds",
    "find_maturing_slices",
    "find_next_expiries",
    "find_own_key",
    "find_policies",
    "find_policy_names",
    "find_policy_page",
    "find_policy_versions",
    "find_published",
    "find_reserves",
    "find_reversals_of",
    "find_sequence_at",
    "find_tenant",
    "find_tenants",
    "find_transaction_page",
    "find_transactions",
    "find_transactions_of_holds",
    "find_trial_balance",
    "hash_of_key",
    "insert_audit_record",
    "insert_key",
    "insert_tenant",
    "is_served",
    "load_futures",
    "load_pages",
    "lock_head",
    "migrate",
    "migration_state",
    "note_key_use",
    "observe",
    "open_database",
    "read_clock",
    "read_coordinate",
    "read_facts",
    "read_moment",
    "read_protection",
    "require_migrated",
    "resolve_external_ids",
    "revoke_key",
    "save_book",
    "set_test_clock",
]
