"""Transactions: what was posted, with its lines and what it came from."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import strawberry

from app import ledger
from app.graphql.connection import PageInfo, page_info_of
from app.graphql.entry import Entry
from app.graphql.hold import Hold
from app.graphql.node import Node
from app.graphql.paging import Page, Position
from app.graphql.scalars import BigInt, Instant, Metadata

if TYPE_CHECKING:
    from app.graphql.context import Context


@strawberry.type(
    description="Two or more entries whose debits equal their credits in each currency. Transactions never change."
)
class Transaction(Node):
    """A transaction; what it refers to is loaded where asked for."""

    external_id: str | None = strawberry.field(description="The caller's own id for it, unique among transactions.")
    correlation_id: str | None = strawberry.field(
        description="Ties transactions and holds of one business case together; need not be unique."
    )
    kind: str = strawberry.field(
        description="What it is: TRANSFER, JOURNAL or the caller's own word; CAPTURE, REVERSAL and RESCHEDULE are ours."
    )
    description: str | None = strawberry.field(description="What it is for, in the caller's words.")
    forced: bool = strawberry.field(description="Whether it was posted past floors and freezes.")
    effective_at: Instant = strawberry.field(description="When it counts in business terms.")
    recorded_at: Instant = strawberry.field(description="When it was recorded; histories go by this.")
    sequence: BigInt = strawberry.field(description="Its place in the tenant's order of commands.")
    metadata: Metadata = strawberry.field(description="What the caller keeps with it.")
    row: strawberry.Private[ledger.Transaction]

    @strawberry.field(description="Its lines, in their order.", graphql_type=list[Entry])
    def entries(self, info: "strawberry.Info[Context]") -> object:
        """Load all its lines."""
        return info.context.loaders.entries.get(self.row.id, lambda found: list(found or ()))

    @strawberry.field(description="The hold that it captured from.", graphql_type=Hold | None)
    def hold(self, info: "strawberry.Info[Context]") -> object:
        """Load it, unless it is known."""
        return None if self.row.hold_id is None else info.context.loaders.holds.get(self.row.hold_id)

    @strawberry.field(
        description="The transaction that it undoes, whole or in part.",
        graphql_type=Annotated["Transaction", strawberry.lazy("app.graphql.transaction")] | None,
    )
    def reverses(self, info: "strawberry.Info[Context]") -> object:
        """Load it, unless it is known."""
        return None if self.row.reverses_id is None else info.context.loaders.transactions.get(self.row.reverses_id)

    @strawberry.field(
        description="The transactions that undo it, the oldest first.",
        graphql_type=list[Annotated["Transaction", strawberry.lazy("app.graphql.transaction")]],
    )
    async def reversed_by(self, info: "strawberry.Info[Context]") -> object:
        """Load them."""
        context: Context = info.context
        return await context.loaders.transactions.all(await context.loaders.reversals.one(self.row.id))

    @property
    def position(self) -> Position:
        """Where it stands in the list of transactions."""
        return Position(self.row.sequence, 0)


@strawberry.type(description="A transaction in a list.")
class TransactionEdge:
    """A transaction with its cursor."""

    cursor: str = strawberry.field(description="Its place in the list, for after and before.")
    node: Transaction = strawberry.field(description="The transaction.")


@strawberry.type(description="A page of transactions, the oldest first.")
class TransactionConnection:
    """Transactions, with the way to the next."""

    nodes: list[Transaction] = strawberry.field(description="The transactions of the page.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in the list.")
    cursors: strawberry.Private[tuple[str, ...]]
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="The transactions of the page, each with its cursor.")
    def edges(self) -> list[TransactionEdge]:
        """Pair them with their cursors."""
        return [
            TransactionEdge(cursor=cursor, node=node) for cursor, node in zip(self.cursors, self.nodes, strict=True)
        ]

    @strawberry.field(description="How many transactions the whole list has; counted only where asked for.")
    async def total_count(self) -> int:
        """Count them."""
        return await self.count()


def transaction_of(row: ledger.Transaction) -> Transaction:
    """Return a transaction as the schema shows it."""
    return Transaction(
        id=strawberry.ID(ledger.identifier.encode(ledger.identifier.TRANSACTION, row.id)),
        external_id=row.external_id,
        correlation_id=row.correlation_id,
        kind=row.kind,
        description=row.description,
        forced=row.forced,
        effective_at=Instant(row.effective_at),
        recorded_at=Instant(row.recorded_at),
        sequence=BigInt(row.sequence),
        metadata=Metadata(dict(row.metadata)),
        row=row,
    )


def transaction_connection(page: Page[Transaction], count: Callable[[], Awaitable[int]]) -> TransactionConnection:
    """Return a page of transactions as the schema shows it."""
    return TransactionConnection(
        nodes=list(page.items), page_info=page_info_of(page), cursors=page.cursors, count=count
    )
