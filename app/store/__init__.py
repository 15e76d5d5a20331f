"""The store: rows in, values out; the only SQL. Other floors enter here."""

from app.store.database import Database, open_database
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
from app.store.migration import MigrationState, migrate, migration_state, require_migrated
from app.store.session import Executed, Session, Unit, observe

__all__ = [
    "AlreadyServed",
    "CommitUnknown",
    "Conflict",
    "Database",
    "Executed",
    "MigrationState",
    "ReadOnly",
    "Session",
    "StoreError",
    "Unavailable",
    "Unit",
    "Unmigrated",
    "Unusable",
    "Violated",
    "migrate",
    "migration_state",
    "observe",
    "open_database",
    "require_migrated",
]
