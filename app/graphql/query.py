"""Queries: everything that can be asked, each list fetched in one go."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

import strawberry

from app import ledger, services
from app.graphql import bounds, filters
from app.graphql.account import Account, AccountConnection, AvailableFunds, account_connection
from app.graphql.advance import AdvanceQuery
from app.graphql.api_key import ApiKeyQuery
from app.graphql.audit import AuditQuery
from app.graphql.availability_query import AtLeast, AvailabilityQuery
from app.graphql.backtest import BacktestQuery
from app.graphql.connection import After, Before, First, Last, span
from app.graphql.context import Context, Info
from app.graphql.enums import AccountOrder
from app.graphql.hold import Hold, HoldConnection, hold_connection
from app.graphql.money import Currency
from app.graphql.node import Node
from app.graphql.policy_inputs import POLICY
from app.graphql.policy_query import PolicyQuery
from app.graphql.references import AccountBy, HoldBy, TransactionBy
from app.graphql.rules import NODE_KINDS
from app.graphql.scalars import CurrencyCode, Instant
from app.graphql.selection import wants_balances
from app.graphql.simulation import SimulationQuery
from app.graphql.totals import TrialBalanceLine, trial_balance_line_of
from app.graphql.transaction import Transaction, TransactionConnection, transaction_connection
from app.graphql.viewer import RateLimit, Viewer, rate_limit_of, viewer_of

At = Annotated[
    Instant | None,
    strawberry.argument(description="The instant: past as recorded by then, or future; now where left out."),
]


@strawberry.type(description="What can be asked. All of one operation is read at one instant, from one snapshot.")
class Query(AvailabilityQuery, SimulationQuery, AdvanceQuery, BacktestQuery, PolicyQuery, ApiKeyQuery, AuditQuery):
    """The root of queries; who may use each field stands in the rules."""

    @strawberry.field(description="The bearer of the key, and the ledger that it opens.")
    def viewer(self, info: Info) -> Viewer:
        """Answer without reading, but for the clock and sequence."""
        return viewer_of(info.context)

    @strawberry.field(description="What the bearer may still use up, in the process that answers.")
    def rate_limit(self, info: Info) -> RateLimit:
        """Answer without reading."""
        return rate_limit_of(info.context)

    @strawberry.field(description="An account, hold, transaction or policy by its id; null where there is none.")
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
    ) -> Node | None:
        """Load it by what its prefix says."""
        kind, key = _node_id(id, ("id",))
        return await _node(info.context, kind, key)

    @strawberry.field(
        description="Accounts, holds, transactions and policies by id, in the order given; null where none is."
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Their ids, at most 100.")],
    ) -> list[Node | None]:
        """Load those of each kind at once."""
        context = info.context
        bounds.listed(ids, ("ids",), most=bounds.NODES_MAX, least=0)
        keys = [_node_id(id_, ("ids", index)) for index, id_ in enumerate(ids)]
        await context.loaders.accounts.all(key for kind, key in keys if kind == ledger.identifier.ACCOUNT)
        await context.loaders.holds.all(key for kind, key in keys if kind == ledger.identifier.HOLD)
        await context.loaders.transactions.all(key for kind, key in keys if kind == ledger.identifier.TRANSACTION)
        await context.loaders.policies.named.all(key for kind, key in keys if kind == POLICY)
        return [await _node(context, kind, key) for kind, key in keys]

    @strawberry.field(description="One account; null where there is none.")
    async def account(
        self,
        info: Info,
        by: Annotated[AccountBy, strawberry.argument(description="Which account.")],
        at_least: AtLeast = None,
    ) -> Account | None:
        """Load it, together with others that are asked for by their own fields."""
        context = info.context
        reference = by.reference(("by",))
        if context.asks_once:
            (funds,) = await context.loaders.funds(await context.read(services.Reader.funds, [reference]), None)
            return None if funds is None else funds.account
        await context.reach(at_least)
        key = await context.id_of(ledger.ACCOUNT_KIND, reference)
        return None if key is None else await context.loaders.accounts.one(key)

    @strawberry.field(description="Accounts, in the order of their opening.")
    async def accounts(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[
            filters.AccountFilter | None, strawberry.argument(description="Which accounts are wanted.")
        ] = None,
        order: Annotated[
            AccountOrder | None, strawberry.argument(description="Which comes first.")
        ] = AccountOrder.OPENED_ASC,
    ) -> AccountConnection:
        """Read a page, and the balances ahead where they are asked for."""
        context = info.context
        newest_first = order is AccountOrder.OPENED_DESC
        name = "accounts, newest first" if newest_first else "accounts"
        asked = span(context.tenant_id, name, first=first, after=after, last=last, before=before)
        wanted = filters.wanted_accounts(filter)
        rows = await context.read(services.Reader.account_page, wanted, asked.window, newest_first=newest_first)
        page = asked.page(context.loaders.keep_accounts(rows))
        if page.items and wants_balances(info._raw_info):  # noqa: SLF001 - strawberry's own selection is dear to make
            await context.loaders.read_ahead([account.row.id for account in page.items])
        return account_connection(page, lambda: context.read(services.Reader.account_count, wanted))

    @strawberry.field(description="One hold; null where there is none.")
    async def hold(
        self, info: Info, by: Annotated[HoldBy, strawberry.argument(description="Which hold.")]
    ) -> Hold | None:
        """Load it, together with others that are asked for by their own fields."""
        context = info.context
        key = await context.id_of(ledger.HOLD_KIND, by.reference(("by",)))
        return None if key is None else await context.loaders.holds.one(key)

    @strawberry.field(description="Holds of all accounts, the one placed first coming first.")
    async def holds(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[filters.HoldFilter | None, strawberry.argument(description="Which holds are wanted.")] = None,
    ) -> HoldConnection:
        """Read a page."""
        context = info.context
        asked = span(context.tenant_id, "holds", first=first, after=after, last=last, before=before)
        wanted = filters.wanted_holds(filter)
        rows = await context.read(services.Reader.hold_page, wanted, asked.window)
        page = asked.page(await context.loaders.keep_holds(rows))
        return hold_connection(page, lambda: context.read(services.Reader.hold_count, wanted))

    @strawberry.field(description="One transaction; null where there is none.")
    async def transaction(
        self, info: Info, by: Annotated[TransactionBy, strawberry.argument(description="Which transaction.")]
    ) -> Transaction | None:
        """Load it, together with others that are asked for by their own fields."""
        context = info.context
        key = await context.id_of(ledger.TRANSACTION_KIND, by.reference(("by",)))
        return None if key is None else await context.loaders.transactions.one(key)

    @strawberry.field(description="Transactions, the oldest first.")
    async def transactions(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[
            filters.TransactionFilter | None, strawberry.argument(description="Which transactions are wanted.")
        ] = None,
    ) -> TransactionConnection:
        """Read a page; none where the account to filter by does not exist."""
        context = info.context
        asked = span(context.tenant_id, "transactions", first=first, after=after, last=last, before=before)
        wanted, account = filters.wanted_transactions(filter)
        if account is not None:
            key = await context.id_of(ledger.ACCOUNT_KIND, account)
            if key is None:
                return transaction_connection(asked.page([]), _none)
            wanted = replace(wanted, account_id=key)
        rows = await context.read(services.Reader.transaction_page, wanted, asked.window)
        page = asked.page(context.loaders.keep_transactions(rows))
        return transaction_connection(page, lambda: context.read(services.Reader.transaction_count, wanted))

    @strawberry.field(
        description=(
            "What stands on several accounts, all at one instant, in the order given; null where there is no such"
            " account, or was none then."
        )
    )
    async def available_funds(
        self,
        info: Info,
        accounts: Annotated[list[AccountBy], strawberry.argument(description="Which accounts, at most 100.")],
        at: At = None,
        at_least: AtLeast = None,
    ) -> list[AvailableFunds | None]:
        """Read accounts and balances together, in one statement where it is about now."""
        context = info.context
        path = ("accounts",)
        bounds.listed(accounts, path, most=bounds.ACCOUNTS_MAX, least=0)
        named = [by.reference((*path, index)) for index, by in enumerate(accounts)]
        await context.reach(at_least)
        if not named:
            return []
        found = await context.read(services.Reader.funds, named)
        return await context.loaders.funds(found, at)

    @strawberry.field(description="The totals of each currency, by code.")
    async def trial_balance(self, info: Info, at: At = None) -> list[TrialBalanceLine]:
        """Read them."""
        totals = await info.context.read(services.Reader.trial_balance, at)
        return [trial_balance_line_of(total) for total in totals]

    @strawberry.field(description="The currencies that accounts may be kept in, by code.")
    def currencies(self, info: Info) -> list[Currency]:
        """Answer without reading."""
        known = info.context.gateway.currencies
        return [
            Currency(code=CurrencyCode(code), exponent=known[code].exponent, name=known[code].name)
            for code in sorted(known)
        ]


def _node_id(id_: str, path: bounds.Path) -> tuple[str, UUID]:
    kind = ledger.identifier.prefix_of(id_)
    if kind not in NODE_KINDS:
        raise services.BadInput("The id must begin with acct_, hold_, txn_ or pol_.", path)
    return kind, bounds.identifier(kind, id_, path)


async def _node(context: Context, kind: str, key: UUID) -> Node | None:
    context.principal.demand(*NODE_KINDS[kind].needs)
    if kind == ledger.identifier.ACCOUNT:
        return await context.loaders.accounts.one(key)
    if kind == ledger.identifier.HOLD:
        return await context.loaders.holds.one(key)
    if kind == POLICY:
        return await context.loaders.policies.named.one(key)
    return await context.loaders.transactions.one(key)


async def _none() -> int:
    return 0
