"""What can go wrong between the store and its database, as types a caller can tell apart."""

# ruff: noqa: N818 - these are conditions that callers match on, and read best as what is the case


class StoreError(Exception):
    """A database did not do what was asked; `retryable` says whether asking again may help."""

    retryable = False


class Unavailable(StoreError):
    """The database cannot be reached, or was lost before COMMIT was sent: nothing happened."""

    retryable = True


class Conflict(StoreError):
    """The database gave up this unit of work for another's sake: nothing happened, and it may be run again."""

    retryable = True


class CommitUnknown(StoreError):
    """The connection was lost once COMMIT had been sent: the unit of work may or may not have happened."""

    retryable = True


class Violated(StoreError):
    """A constraint of the schema refused a row: a bug above the database, named by the constraint."""

    def __init__(self, message: str, constraint: str | None) -> None:
        super().__init__(message)
        self.constraint = constraint


class Unmigrated(StoreError):
    """The schema is missing, or is not the one that this code was written for."""


class ReadOnly(StoreError):
    """A database that was opened for reading only, or that cannot be written, was asked to change."""


class AlreadyServed(StoreError):
    """Another process writes to this SQLite file."""


class Unusable(StoreError):
    """The address of the database names nothing that can be opened."""
