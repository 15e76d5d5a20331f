"""Payloads: what a mutation answers, its objects read only where they are selected."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, assert_never
from uuid import UUID

import strawberry

from app import ledger, services
from app.graphql.account import Account, AvailableFunds
from app.graphql.balance import balance_of
from app.graphql.hold import Hold
from app.graphql.rejections import Rejection, rejection_of
from app.graphql.scalars import BigInt
from app.graphql.transaction import Transaction
from app.values import value

if TYPE_CHECKING:
    from app.graphql.context import Context

SEQUENCE = "The place of the command in the tenant's order: give it as atLeast to read what it did. Null where refused."
REPLAYED = "Whether the idempotency key had been used before, and this is the answer of then."
REJECTION = "Why the command was refused; null where it took effect."


@value
class Outcome:
    """What became of one command: the ids of what it made or changed, or why it was refused.

    `standing` is how the touched accounts would stand after a dry run, at `recorded_at` and `after`; `slices` are what
    a deposit would come to.
    """

    account_id: UUID | None = None
    transaction_id: UUID | None = None
    hold_id: UUID | None = None
    rejection: Rejection | None = None
    replayed: bool = False
    sequence: BigInt | None = None
    standing: Mapping[UUID, ledger.Balance] | None = None
    recorded_at: int = 0
    after: int = 0
    slices: tuple[ledger.DepositSlice, ...] = ()
    transaction: ledger.Transaction | None = None


@strawberry.type(description="What became of a command on an account.")
class AccountPayload:
    """The account, or the rejection."""

    rejection: Rejection | None = strawberry.field(description=REJECTION)
    replayed: bool = strawberry.field(description=REPLAYED)
    sequence: BigInt | None = strawberry.field(description=SEQUENCE)
    outcome: strawberry.Private[Outcome]

    @strawberry.field(
        description="The account as it stands now; null where refused, and for a dry run.", graphql_type=Account | None
    )
    def account(self, info: "strawberry.Info[Context]") -> object:
        """Load it."""
        return loaded_account(info.context, self.outcome)


@strawberry.type(description="What became of a command that posts a transaction.")
class TransactionPayload:
    """The transaction, or the rejection."""

    rejection: Rejection | None = strawberry.field(description=REJECTION)
    replayed: bool = strawberry.field(description=REPLAYED)
    sequence: BigInt | None = strawberry.field(description=SEQUENCE)
    outcome: strawberry.Private[Outcome]

    @strawberry.field(
        description="The transaction; null where refused, and for a dry run.", graphql_type=Transaction | None
    )
    def transaction(self, info: "strawberry.Info[Context]") -> object:
        """Load it."""
        return loaded_transaction(info.context, self.outcome)

    @strawberry.field(
        description="The hold as it stands now, where the transaction captured one.", graphql_type=Hold | None
    )
    def hold(self, info: "strawberry.Info[Context]") -> object:
        """Load it."""
        return loaded_hold(info.context, self.outcome)

    @strawberry.field(
        description=(
            "The accounts of the entries as they stand now, or as they would after a dry run; null where refused, and"
            " to a key without the scope balances:read."
        )
    )
    async def balances(self, info: "strawberry.Info[Context]") -> list[AvailableFunds] | None:
        """Read them, all at once."""
        return await balances_of(info.context, self.outcome)


@strawberry.type(description="What became of a command on a hold.")
class HoldPayload:
    """The hold, or the rejection."""

    rejection: Rejection | None = strawberry.field(description=REJECTION)
    replayed: bool = strawberry.field(description=REPLAYED)
    sequence: BigInt | None = strawberry.field(description=SEQUENCE)
    outcome: strawberry.Private[Outcome]

    @strawberry.field(
        description="The hold as it stands now; null where refused, and for a dry run.", graphql_type=Hold | None
    )
    def hold(self, info: "strawberry.Info[Context]") -> object:
        """Load it."""
        return loaded_hold(info.context, self.outcome)

    @strawberry.field(
        description=(
            "The hold's account as it stands now, or as it would after a dry run; null where refused, and to a key"
            " without the scope balances:read."
        )
    )
    async def balances(self, info: "strawberry.Info[Context]") -> list[AvailableFunds] | None:
        """Read them, all at once."""
        context: Context = info.context
        outcome = self.outcome
        if outcome.standing is not None or outcome.hold_id is None:
            return await _dry_balances(context, outcome)
        hold = await context.loaders.holds.one(outcome.hold_id)
        return await _live_balances(context, [] if hold is None else [hold.account])


@strawberry.type(description="What became of the transactions of a batch.")
class PostTransactionsPayload:
    """One result for each."""

    results: list[TransactionPayload | None] = strawberry.field(
        description="One for each transaction, in the order given; null where an error of its path says why."
    )


def outcome_of(decision: ledger.Decision, *, dry_run: bool, may_read: bool) -> Outcome:
    """Return what became of a command; raises Forbidden where the ledger found that a scope was missing."""
    match decision:
        case ledger.Accepted():
            if dry_run and not decision.replayed:
                return Outcome(
                    standing=decision.balances,
                    recorded_at=decision.recorded_at,
                    after=decision.sequence,
                    slices=decision.slices,
                )
            return Outcome(
                account_id=decision.account_id,
                transaction_id=decision.transaction_id,
                hold_id=decision.hold_id,
                replayed=decision.replayed,
                sequence=BigInt(decision.sequence),
                transaction=decision.transaction,
            )
        case ledger.Rejected():
            return Outcome(rejection=rejection_of(decision.rejection, may_read=may_read), replayed=decision.replayed)
        case ledger.Denied():
            raise services.denial(decision)
        case _:
            assert_never(decision)


async def balances_of(context: "Context", outcome: Outcome) -> list[AvailableFunds] | None:
    """Return the accounts of a posted transaction as they stand now, or as they would after a dry run."""
    if outcome.standing is not None or outcome.transaction_id is None:
        return await _dry_balances(context, outcome)
    entries = await context.loaders.entries.one(outcome.transaction_id)
    return await _live_balances(context, [entry.account for entry in entries or ()])


def loaded_account(context: "Context", outcome: Outcome) -> object:
    """Return the account that a command was about, or an awaitable of it."""
    return None if outcome.account_id is None else context.loaders.accounts.get(outcome.account_id)


def loaded_transaction(context: "Context", outcome: Outcome) -> object:
    """Return the transaction that a command posted, which is known unless it is a replay; else an awaitable of it."""
    if outcome.transaction is not None:
        return context.loaders.keep_transactions([outcome.transaction])[0]
    return None if outcome.transaction_id is None else context.loaders.transactions.get(outcome.transaction_id)


def loaded_hold(context: "Context", outcome: Outcome) -> object:
    """Return the hold that a command placed or changed, or an awaitable of it."""
    return None if outcome.hold_id is None else context.loaders.holds.get(outcome.hold_id)


async def _live_balances(context: "Context", accounts: list[Account]) -> list[AvailableFunds]:
    unique = {account.row.id: account for account in accounts}
    balances = await context.loaders.balances.all((id_, None) for id_ in unique)
    return [
        AvailableFunds(account=account, balance=balance)
        for account, balance in zip(unique.values(), balances, strict=True)
    ]


async def _dry_balances(context: "Context", outcome: Outcome) -> list[AvailableFunds] | None:
    standing = outcome.standing
    if standing is None:
        return None
    return [
        AvailableFunds(
            account=account,
            balance=balance_of(
                standing[account.row.id], account.unit, as_of=outcome.recorded_at, sequence=outcome.after
            ),
        )
        for account in await context.loaders.accounts.all(standing)
    ]
