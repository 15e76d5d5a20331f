"""Explanation: a balance as the slices that it is made of, each with what it waits for."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Final

import strawberry

from app import ledger, services
from app.graphql import sentences
from app.graphql.account import Account
from app.graphql.balance import Balance
from app.graphql.connection import PageInfo
from app.graphql.entry import Entry, entry_of
from app.graphql.enums import SliceKind
from app.graphql.hold import Hold, hold_of
from app.graphql.money import Money, money_of
from app.graphql.scalars import Instant

if TYPE_CHECKING:
    from app.graphql.context import Context
    from app.graphql.policy import EntryRule
    from app.graphql.transaction import Transaction

_MOVES_MAX: Final = 8
_RELEASABLE_BY: Final = {
    SliceKind.FREE: (),
    SliceKind.MATURING: (services.Scope.MONEY_ADVANCE,),
    SliceKind.HELD: (services.Scope.HOLDS_MANAGE,),
}


@strawberry.type(
    description=(
        "A part of a ledger balance. All slices of a balance sum to it exactly; only what is FREE may be below zero."
    )
)
class BalanceSlice:
    """A slice, with what it comes from."""

    kind: SliceKind = strawberry.field(description="Which part of the balance it belongs to.")
    amount: Money = strawberry.field(description="How much, in the account's normal sign.")
    available_at: Instant | None = strawberry.field(
        description=(
            "When it becomes available by itself: its maturity, or the expiry of the hold. Null for what is free, and"
            " for a hold without expiry; 9999-12-31T23:59:59.999999Z is until released."
        )
    )
    entry: Entry | None = strawberry.field(description="The increase that it is left of; only of what matures.")
    hold: Hold | None = strawberry.field(
        description="The hold, as it stood at the instant explained; only of what is held."
    )
    releasable_by: list[str] = strawberry.field(
        description="The scopes that a key needs, all of them, to let it go earlier; none for what is free."
    )
    row: strawberry.Private[ledger.BalanceSlice]
    account: strawberry.Private[Account]
    floor: strawberry.Private[int | None]

    @strawberry.field(
        description="The transaction that the money came with; only of what matures.",
        graphql_type=Annotated["Transaction", strawberry.lazy("app.graphql.transaction")] | None,
    )
    def transaction(self, info: "strawberry.Info[Context]") -> object:
        """Load it, unless it is known."""
        entry = self.row.entry
        return None if entry is None else info.context.loaders.transactions.get(entry.transaction_id)

    @strawberry.field(
        description="The policy and rule that it matures by; null for what is moved in time, and where no policy did.",
        graphql_type=Annotated["EntryRule", strawberry.lazy("app.graphql.policy")] | None,
    )
    def rule(self, info: "strawberry.Info[Context]") -> object:
        """Load it, together with those of other slices."""
        entry = self.row.entry
        return None if entry is None else info.context.loaders.policies.rules.get(entry.key)

    @strawberry.field(description="All of it in a sentence to read out.")
    async def sentence(self, info: "strawberry.Info[Context]") -> str:
        """Put it into words, once it is known where the money came from."""
        row, unit = self.row, self.account.unit
        if row.kind is SliceKind.HELD:
            return sentences.of_held(row, unit)
        if row.entry is None:
            return sentences.of_free(row.amount, self.floor, unit)
        context: Context = info.context
        origin = await _origin(context, row.entry)
        rule = await context.loaders.policies.rules.one(row.entry.key)
        policy = None if rule is None else await context.loaders.policies.named.one(rule.row.policy_id)
        named = None if rule is None or policy is None else (policy.name, rule.name)
        return sentences.of_maturing(row, unit, origin, named)


@strawberry.type(
    description=(
        "Why a balance is what it is: the slices that it is made of, first what is free, then what matures, the soonest"
        " first, then what is held, the hold placed last coming first."
    )
)
class BalanceExplanation:
    """A page of slices, with the balance that all pages sum to."""

    account: Account = strawberry.field(description="The account.")
    balance: Balance = strawberry.field(description="The balance explained: the same on every page.")
    slices: list[BalanceSlice] = strawberry.field(
        description="The slices of the page; it may have fewer than asked for although others follow."
    )
    page_info: PageInfo = strawberry.field(
        description="Where the page lies: give its endCursor as after to go on, at the same instant and sequence."
    )


async def _origin(context: "Context", entry: ledger.Entry) -> ledger.Transaction | None:
    """Return the transaction that money came with, before it was moved in time, however often within reason."""
    loaders = context.loaders
    source = await loaders.transactions.one(entry.transaction_id)
    for _ in range(_MOVES_MAX):
        named = entry.of_entry
        if named is None or source is None or source.kind != sentences.RESCHEDULE:
            break
        lines = await loaders.entries.one(named.transaction_id)
        entry = next((line.row for line in lines or () if line.line == named.line), entry)
        source = await loaders.transactions.one(named.transaction_id)
    return None if source is None else source.row


def slices_of(rows: Iterable[ledger.BalanceSlice], account: Account, read: services.BalanceRead) -> list[BalanceSlice]:
    """Return slices of an account's balance as the schema shows them."""
    code, exponent = account.unit
    return [
        BalanceSlice(
            kind=row.kind,
            amount=money_of(row.amount, code, exponent),
            available_at=None if row.until is None else Instant(row.until),
            entry=None if row.entry is None else entry_of(row.entry, account, may_read=True),
            hold=None if row.hold is None else hold_of(row.hold, account),
            releasable_by=list(_RELEASABLE_BY[row.kind]),
            row=row,
            account=account,
            floor=read.balance.floor,
        )
        for row in rows
    ]
