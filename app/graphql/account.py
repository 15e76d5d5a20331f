"""Accounts: who they are, their terms and balance, and their histories."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app import ledger
from app.graphql import filters
from app.graphql.balance import Balance
from app.graphql.connection import After, Before, First, Last, PageInfo, page_info_of, span
from app.graphql.derived import Derived, derive, read_beside
from app.graphql.entry import EntryConnection, entry_connection
from app.graphql.enums import AccountPurpose, Side
from app.graphql.hold import HoldConnection, hold_connection
from app.graphql.money import Money
from app.graphql.node import Node
from app.graphql.paging import Page, Position
from app.graphql.scalars import CurrencyCode, Instant, Metadata
from app.ledger import Balance as Standing

if TYPE_CHECKING:
    from app.graphql.advance import AdvanceStanding
    from app.graphql.context import Context
    from app.graphql.policy import Policy
    from app.graphql.reserve import Reserve


@strawberry.type(description="A store of value in one currency. Its terms and balance are those of now.")
class Account(Node):
    """An account; what stands on it is loaded where asked for."""

    external_id: str | None = strawberry.field(description="The caller's own id for it, unique among accounts.")
    name: str | None = strawberry.field(description="Its name, in the caller's words.")
    purpose: AccountPurpose = strawberry.field(description="What it is kept for.")
    currency: CurrencyCode = strawberry.field(description="The currency that it is kept in.")
    normal_side: Side = strawberry.field(description="The side that increases it; its amounts are in that sign.")
    opened_at: Instant = strawberry.field(description="When it was opened.")
    metadata: Metadata = strawberry.field(description="What the caller keeps with it.")
    row: strawberry.Private[ledger.Account]
    standing: strawberry.Private[Balance | None]

    def __init__(self, row: ledger.Account) -> None:
        self.row = row
        # What stands on it now, once that is read and for who may read it.
        self.standing = None

    @strawberry.field(
        description=(
            "What a spend must leave: negative is a credit line. Null where the account is unlimited, and to a key"
            " without the scope balances:read."
        ),
        graphql_type=Money | None,
    )
    def floor(self, info: "strawberry.Info[Context]") -> object:
        """Read it off the balance."""
        context: Context = info.context
        return self._standing(context, lambda found: found.floor)

    @strawberry.field(description="Whether a spend need leave nothing at all.", graphql_type=bool)
    def unlimited(self, info: "strawberry.Info[Context]") -> object:
        """Read it off the balance."""
        return self._terms(info.context, lambda terms: terms.floor is None)

    @strawberry.field(description="Whether money may not leave.", graphql_type=bool)
    def out_frozen(self, info: "strawberry.Info[Context]") -> object:
        """Read it off the balance."""
        return self._terms(info.context, lambda terms: terms.out_frozen)

    @strawberry.field(description="Whether money may not arrive.", graphql_type=bool)
    def in_frozen(self, info: "strawberry.Info[Context]") -> object:
        """Read it off the balance."""
        return self._terms(info.context, lambda terms: terms.in_frozen)

    @strawberry.field(description="Whether it is closed.", graphql_type=bool)
    def closed(self, info: "strawberry.Info[Context]") -> object:
        """Read it off the balance."""
        return self._terms(info.context, lambda terms: terms.closed)

    @strawberry.field(
        description=(
            "What stands on it now, or at an instant: in the past as recorded by then, in the future by the facts"
            " known now, matured and lapsed by then."
        ),
        graphql_type=Balance,
    )
    def balance(
        self,
        info: "strawberry.Info[Context]",
        at: Annotated[Instant | None, strawberry.argument(description="The instant; now where left out.")] = None,
    ) -> object:
        """Read it, together with those of other accounts."""
        context: Context = info.context
        return context.loaders.balances.get((self.row.id, at), context.loaders.existing)

    @strawberry.field(description="The entries on it, the oldest first.")
    async def entries(
        self,
        info: "strawberry.Info[Context]",
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[
            filters.EntryFilter | None, strawberry.argument(description="Which entries are wanted.")
        ] = None,
    ) -> EntryConnection:
        """Read a page, together with those of other accounts."""
        context: Context = info.context
        asked = span(context.tenant_id, f"entries of {self.id}", first=first, after=after, last=last, before=before)
        wanted, loaders = filters.wanted_entries(filter), context.loaders
        found = await loaders.entry_pages.one((self.row.id, wanted, asked.window))
        return entry_connection(asked.page(found or ()), lambda: loaders.entry_counts.count((self.row.id, wanted)))

    @strawberry.field(description="The holds on it, the one placed first coming first.")
    async def holds(
        self,
        info: "strawberry.Info[Context]",
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[filters.HoldFilter | None, strawberry.argument(description="Which holds are wanted.")] = None,
    ) -> HoldConnection:
        """Read a page, together with those of other accounts."""
        context: Context = info.context
        asked = span(context.tenant_id, f"holds of {self.id}", first=first, after=after, last=last, before=before)
        wanted, loaders = filters.wanted_holds(filter), context.loaders
        found = await loaders.hold_pages.one((self.row.id, wanted, asked.window))
        return hold_connection(asked.page(found or ()), lambda: loaders.hold_counts.count((self.row.id, wanted)))

    @strawberry.field(
        description="The policy that deposits to it follow: its own, or everybody's. Null where it follows none.",
        graphql_type=Annotated["Policy", strawberry.lazy("app.graphql.policy")] | None,
    )
    async def policy(self, info: "strawberry.Info[Context]") -> object:
        """Load it, together with those of other accounts."""
        context: Context = info.context
        followed = await context.loaders.policies.followed.one(self.row.id)
        return None if followed is None else await context.loaders.policies.named.one(followed)

    @strawberry.field(
        description="What is kept of deposits to it as a reserve, and by which plan.",
        graphql_type=Annotated["Reserve", strawberry.lazy("app.graphql.reserve")],
    )
    def reserve(self, info: "strawberry.Info[Context]") -> object:
        """Read it, together with those of other accounts."""
        context: Context = info.context
        return context.loaders.availability.reserves.get(self.row.id)

    @strawberry.field(
        description="What it has had in advance of what matures on it, and by which plan.",
        graphql_type=Annotated["AdvanceStanding", strawberry.lazy("app.graphql.advance")],
    )
    def advances(self, info: "strawberry.Info[Context]") -> object:
        """Read it, together with those of other accounts."""
        context: Context = info.context
        return context.loaders.availability.advances.get(self.row.id)

    @property
    def unit(self) -> tuple[str, int]:
        """The code of its currency and the digits after the point, as they were at its opening."""
        return self.row.currency, self.row.exponent

    @property
    def position(self) -> Position:
        """Where it stands in the list of accounts."""
        return Position(self.row.sequence, self.row.id.int)

    def _standing(self, context: "Context", pick: Callable[[Balance], Any]) -> object:
        return context.loaders.balances.get((self.row.id, None), lambda found: pick(context.loaders.existing(found)))

    def _terms(self, context: "Context", pick: Callable[[Standing], bool]) -> object:
        return self._standing(context, lambda found: pick(found.terms))


derive(
    Account,
    id=Derived("{encode}({kind}, {row}.id)", encode=ledger.identifier.encode, kind=ledger.identifier.ACCOUNT),
    external_id=Derived("{row}.external_id"),
    name=Derived("{row}.name"),
    purpose=Derived("{row}.purpose"),
    currency=Derived("{row}.currency"),
    normal_side=Derived("{row}.normal_side"),
    opened_at=Derived("{row}.opened_at"),
    metadata=Derived("{row}.metadata"),
)
read_beside(Account, balance="standing")


@strawberry.type(description="An account in a list.")
class AccountEdge:
    """An account with its cursor."""

    cursor: str = strawberry.field(description="Its place in the list, for after and before.")
    node: Account = strawberry.field(description="The account.")


@strawberry.type(description="A page of accounts.")
class AccountConnection:
    """Accounts, with the way to the next."""

    nodes: list[Account] = strawberry.field(description="The accounts of the page.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in the list.")
    cursors: strawberry.Private[tuple[str, ...]]
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="The accounts of the page, each with its cursor.")
    def edges(self) -> list[AccountEdge]:
        """Pair them with their cursors."""
        return [AccountEdge(cursor=cursor, node=node) for cursor, node in zip(self.cursors, self.nodes, strict=True)]

    @strawberry.field(description="How many accounts the whole list has; counted only where asked for.")
    async def total_count(self) -> int:
        """Count them."""
        return await self.count()


@strawberry.type(description="An account with what stands on it.")
class AvailableFunds:
    """An account and its balance, from one reading."""

    account: Account = strawberry.field(description="The account.")
    balance: Balance = strawberry.field(description="What stands on it at the instant asked for.")


def account_of(row: ledger.Account) -> Account:
    """Return an account as the schema shows it."""
    return Account(row)


def account_connection(page: Page[Account], count: Callable[[], Awaitable[int]]) -> AccountConnection:
    """Return a page of accounts as the schema shows it."""
    return AccountConnection(nodes=list(page.items), page_info=page_info_of(page), cursors=page.cursors, count=count)
