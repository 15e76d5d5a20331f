"""Entries: the debit and credit lines of transactions, alone and in lists."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import strawberry

from app import ledger
from app.graphql.connection import PageInfo, page_info_of
from app.graphql.enums import Side
from app.graphql.money import Money, money_of
from app.graphql.paging import Page, Position
from app.graphql.scalars import BigInt, Instant

if TYPE_CHECKING:
    from app.graphql.account import Account
    from app.graphql.context import Context
    from app.graphql.policy import EntryRule
    from app.graphql.transaction import Transaction


@strawberry.type(description="One debit or credit line of a transaction. Entries never change.")
class Entry:
    """A line, with the account as it stood after it."""

    line: int = strawberry.field(description="Its number in the transaction, from 1.")
    account: Annotated["Account", strawberry.lazy("app.graphql.account")] = strawberry.field(
        description="The account that it stands on."
    )
    side: Side = strawberry.field(description="Debit or credit.")
    amount: Money = strawberry.field(description="How much; always positive.")
    kind: str = strawberry.field(description="What it is for, such as PRINCIPAL, FEE or TAX.")
    reason: str | None = strawberry.field(description="Why, in the caller's words.")
    available_at: Instant | None = strawberry.field(
        description="When it matures; null means at once. 9999-12-31T23:59:59.999999Z means until released."
    )
    balance_after: Money | None = strawberry.field(
        description="The account's ledger balance right after this line; null to a key without the scope balances:read."
    )
    account_version: BigInt = strawberry.field(description="The account's version after the transaction.")
    sequence: BigInt = strawberry.field(description="The command that made it, in the tenant's order.")
    recorded_at: Instant = strawberry.field(description="When it was recorded.")
    row: strawberry.Private[ledger.Entry]

    @strawberry.field(
        description="The transaction that it is a line of.",
        graphql_type=Annotated["Transaction", strawberry.lazy("app.graphql.transaction")],
    )
    def transaction(self, info: "strawberry.Info[Context]") -> object:
        """Load it, unless it is known."""
        return info.context.loaders.transactions.get(self.row.transaction_id)

    @strawberry.field(
        description="The earlier entry whose money it undoes or moves in time.",
        graphql_type=Annotated["Entry", strawberry.lazy("app.graphql.entry")] | None,
    )
    def of_entry(self, info: "strawberry.Info[Context]") -> object:
        """Load the named entry with its transaction's other lines."""
        named = self.row.of_entry
        if named is None:
            return None
        return info.context.loaders.entries.get(
            named.transaction_id, lambda lines: next((entry for entry in lines or () if entry.line == named.line), None)
        )

    @strawberry.field(
        description="The rule that made it mature when it does; null where no policy did.",
        graphql_type=Annotated["EntryRule", strawberry.lazy("app.graphql.policy")] | None,
    )
    def rule(self, info: "strawberry.Info[Context]") -> object:
        """Load it, together with those of other entries."""
        return info.context.loaders.policies.rules.get(self.row.key)

    @property
    def position(self) -> Position:
        """Where it stands in its account's history."""
        return Position(self.row.sequence, self.row.line)


@strawberry.type(description="An entry in a list.")
class EntryEdge:
    """An entry with its cursor."""

    cursor: str = strawberry.field(description="Its place in the list, for after and before.")
    node: Entry = strawberry.field(description="The entry.")


@strawberry.type(description="A page of an account's entries, the oldest first.")
class EntryConnection:
    """Entries, with the way to the next."""

    nodes: list[Entry] = strawberry.field(description="The entries of the page.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in the list.")
    cursors: strawberry.Private[tuple[str, ...]]
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="The entries of the page, each with its cursor.")
    def edges(self) -> list[EntryEdge]:
        """Pair them with their cursors."""
        return [EntryEdge(cursor=cursor, node=node) for cursor, node in zip(self.cursors, self.nodes, strict=True)]

    @strawberry.field(description="How many entries the whole list has; counted only where asked for.")
    async def total_count(self) -> int:
        """Count them."""
        return await self.count()


def entry_of(row: ledger.Entry, account: "Account", *, may_read: bool) -> Entry:
    """Return an entry of an account as the schema shows it."""
    code, exponent = account.unit
    return Entry(
        line=row.line,
        account=account,
        side=row.side,
        amount=money_of(row.amount, code, exponent),
        kind=row.kind,
        reason=row.reason,
        available_at=None if row.available_at is None else Instant(row.available_at),
        balance_after=money_of(row.balance_after, code, exponent) if may_read else None,
        account_version=BigInt(row.account_version),
        sequence=BigInt(row.sequence),
        recorded_at=Instant(row.recorded_at),
        row=row,
    )


def entry_connection(page: Page[Entry], count: Callable[[], Awaitable[int]]) -> EntryConnection:
    """Return a page of entries as the schema shows it."""
    return EntryConnection(nodes=list(page.items), page_info=page_info_of(page), cursors=page.cursors, count=count)
