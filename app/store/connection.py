"""What every database driver is reduced to: open, fetch, commit, roll back, close."""

from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from app.store.session import Row, Rows
from app.store.statement import Dialect
from app.values import value


@value
class Limits:
    """Bounds of every connection of a database; `prepared` is off behind a pooler that shares connections."""

    readers_max: int
    lanes_max: int
    connect_seconds_max: float
    statement_seconds_max: float
    lock_seconds_max: float
    idle_seconds_max: float
    prepared: bool
    read_only: bool
    clock: Callable[[], int]


class Connection(Protocol):
    """One connection; errors of the driver leave it as StoreError."""

    @property
    def lost(self) -> bool:
        """Whether this connection can no longer be used."""
        ...

    async def begin(self, tenant_id: UUID | None) -> None:
        """Open a snapshot, or a unit of work on a writer's connection: one tenant's, or what spans them for None."""
        ...

    @property
    def glances_at(self) -> UUID | None:
        """Whose rows a statement outside a transaction would see; None where that takes a transaction."""
        ...

    async def glance_at(self, tenant_id: UUID) -> bool:
        """Let statements outside a transaction see one tenant's rows; False where they cannot, and nothing was done."""
        ...

    async def fetch(self, sql: str, scalars: Sequence[object], rows: Rows | None) -> Sequence[Row]:
        """Run one statement."""
        ...

    async def run_all(self, work: Sequence[tuple[str, Sequence[object], Rows | None]]) -> None:
        """Run statements that answer nothing, each of one table, with the tenant for their first argument."""
        ...

    async def commit(self) -> None:
        """Send COMMIT; CommitUnknown when no answer came back."""
        ...

    async def rollback(self) -> None:
        """Undo what was not committed; a connection that cannot do so is dropped."""
        ...

    async def close(self) -> None:
        """End the connection, rolling back what it had begun."""
        ...


class Driver(Protocol):
    """Opens connections to one database."""

    dialect: Dialect
    lanes: int

    async def connect(self, *, writing: bool) -> Connection:
        """Open a connection for one writer's lane, or for readers."""
        ...

    def close(self) -> None:
        """Give back what the process holds beside its connections."""
        ...
