"""Holds: money set aside, with its history, alone and in lists."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app import ledger
from app.graphql.connection import PageInfo, page_info_of
from app.graphql.enums import HoldChangeKind, HoldStatus
from app.graphql.money import Money, money_of
from app.graphql.node import Node
from app.graphql.paging import Page, Position
from app.graphql.scalars import BigInt, Instant, Metadata

if TYPE_CHECKING:
    from app.graphql.account import Account
    from app.graphql.context import Context
    from app.graphql.transaction import Transaction


@strawberry.type(description="One line of a hold's history.")
class HoldChange:
    """What happened to a hold, and what remained."""

    kind: HoldChangeKind = strawberry.field(description="What happened.")
    amount: Money = strawberry.field(description="How much it was about; zero for an extension.")
    remaining_after: Money = strawberry.field(description="What was still set aside after it.")
    expires_at: Instant | None = strawberry.field(description="The hold's expiry after it; null is never.")
    occurred_at: Instant = strawberry.field(description="When it took effect; an expiry does so at its own instant.")
    recorded_at: Instant = strawberry.field(description="When it was recorded.")
    sequence: BigInt = strawberry.field(description="The command that recorded it, in the tenant's order.")
    transaction_id: strawberry.Private[UUID | None]

    @strawberry.field(
        description="The transaction that captured the money; null for other changes.",
        graphql_type=Annotated["Transaction", strawberry.lazy("app.graphql.transaction")] | None,
    )
    def transaction(self, info: "strawberry.Info[Context]") -> object:
        """Load it, unless it is known."""
        if self.transaction_id is None:
            return None
        return info.context.loaders.transactions.get(self.transaction_id)


@strawberry.type(
    description=(
        "Money of one account set aside: amount = captured + released + remaining at all times."
        " From its expiry on a hold reads EXPIRED with nothing remaining."
    )
)
class Hold(Node):
    """A hold as it reads at the instant of the operation."""

    external_id: str | None = strawberry.field(description="The caller's own id for it, unique among holds.")
    correlation_id: str | None = strawberry.field(
        description="Ties transactions and holds of one business case together; need not be unique."
    )
    account: Annotated["Account", strawberry.lazy("app.graphql.account")] = strawberry.field(
        description="The account whose money is set aside."
    )
    status: HoldStatus = strawberry.field(description="Its state.")
    reason: str | None = strawberry.field(description="Why, in the caller's words.")
    description: str | None = strawberry.field(description="What it is for, in the caller's words.")
    amount: Money = strawberry.field(description="How much was set aside in all.")
    captured: Money = strawberry.field(description="How much of it was taken.")
    released: Money = strawberry.field(description="How much of it was let go, an expiry included.")
    remaining: Money = strawberry.field(description="How much of it is still set aside.")
    expires_at: Instant | None = strawberry.field(description="When the rest is let go by itself; null is never.")
    placed_at: Instant = strawberry.field(description="When it was placed.")
    metadata: Metadata = strawberry.field(description="What the caller keeps with it.")
    row: strawberry.Private[ledger.Hold]

    @strawberry.field(
        description="Where a capture goes that does not say so itself.",
        graphql_type=Annotated["Account", strawberry.lazy("app.graphql.account")] | None,
    )
    def destination(self, info: "strawberry.Info[Context]") -> object:
        """Load it, unless it is known."""
        if self.row.destination_id is None:
            return None
        return info.context.loaders.accounts.get(self.row.destination_id)

    @strawberry.field(description="What happened to it, the oldest first.", graphql_type=list[HoldChange])
    def changes(self, info: "strawberry.Info[Context]") -> object:
        """Load its history."""
        return info.context.loaders.hold_changes.get(self.row.id, lambda found: list(found or ()))

    @strawberry.field(
        description="The transactions that captured from it, the oldest first.",
        graphql_type=list[Annotated["Transaction", strawberry.lazy("app.graphql.transaction")]],
    )
    async def transactions(self, info: "strawberry.Info[Context]") -> object:
        """Load them."""
        context: Context = info.context
        return await context.loaders.transactions.all(await context.loaders.captures.one(self.row.id))

    @property
    def position(self) -> Position:
        """Where it stands in a list of holds."""
        return Position(self.row.sequence, self.row.id.int)


@strawberry.type(description="A hold in a list.")
class HoldEdge:
    """A hold with its cursor."""

    cursor: str = strawberry.field(description="Its place in the list, for after and before.")
    node: Hold = strawberry.field(description="The hold.")


@strawberry.type(description="A page of holds, the one placed first coming first.")
class HoldConnection:
    """Holds, with the way to the next."""

    nodes: list[Hold] = strawberry.field(description="The holds of the page.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in the list.")
    cursors: strawberry.Private[tuple[str, ...]]
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="The holds of the page, each with its cursor.")
    def edges(self) -> list[HoldEdge]:
        """Pair them with their cursors."""
        return [HoldEdge(cursor=cursor, node=node) for cursor, node in zip(self.cursors, self.nodes, strict=True)]

    @strawberry.field(description="How many holds the whole list has; counted only where asked for.")
    async def total_count(self) -> int:
        """Count them."""
        return await self.count()


def hold_of(row: ledger.Hold, account: "Account") -> Hold:
    """Return a hold of an account as the schema shows it."""
    code, exponent = account.unit
    return Hold(
        id=strawberry.ID(ledger.identifier.encode(ledger.identifier.HOLD, row.id)),
        external_id=row.external_id,
        correlation_id=row.correlation_id,
        account=account,
        status=row.status,
        reason=row.reason,
        description=row.description,
        amount=money_of(row.amount, code, exponent),
        captured=money_of(row.captured, code, exponent),
        released=money_of(row.released, code, exponent),
        remaining=money_of(row.remaining, code, exponent),
        expires_at=None if row.expires_at is None else Instant(row.expires_at),
        placed_at=Instant(row.placed_at),
        metadata=Metadata(dict(row.metadata)),
        row=row,
    )


def hold_change_of(row: ledger.HoldChange, account: "Account") -> HoldChange:
    """Return a line of a hold's history as the schema shows it."""
    code, exponent = account.unit
    return HoldChange(
        kind=row.kind,
        amount=money_of(row.amount, code, exponent),
        remaining_after=money_of(row.remaining_after, code, exponent),
        expires_at=None if row.expires_at is None else Instant(row.expires_at),
        occurred_at=Instant(row.occurred_at),
        recorded_at=Instant(row.recorded_at),
        sequence=BigInt(row.sequence),
        transaction_id=row.transaction_id,
    )


def hold_connection(page: Page[Hold], count: Callable[[], Awaitable[int]]) -> HoldConnection:
    """Return a page of holds as the schema shows it."""
    return HoldConnection(nodes=list(page.items), page_info=page_info_of(page), cursors=page.cursors, count=count)
