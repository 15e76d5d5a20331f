"""Payloads of several commands of any kind: for each, whatever it made or changed."""

from typing import TYPE_CHECKING, TypeAlias

import strawberry

from app.graphql.account import Account
from app.graphql.advance import InstantQuote, QuotePayload, quoted
from app.graphql.hold import Hold
from app.graphql.payloads import (
    REJECTION,
    REPLAYED,
    SEQUENCE,
    AccountPayload,
    HoldPayload,
    Outcome,
    TransactionPayload,
    loaded_account,
    loaded_hold,
    loaded_transaction,
)
from app.graphql.policy import Policy
from app.graphql.policy_payloads import (
    AssignmentPayload,
    ClosuresPayload,
    DepositPayload,
    PolicyPayload,
    assigned_policy,
    published_policy,
)
from app.graphql.rejections import Rejection
from app.graphql.scalars import BigInt
from app.graphql.transaction import Transaction

if TYPE_CHECKING:
    from app.graphql.context import Context


@strawberry.type(description="What became of one command of a batch.")
class CommandResult:
    """Whatever the command made or changed, or the rejection."""

    rejection: Rejection | None = strawberry.field(description=REJECTION)
    replayed: bool = strawberry.field(description=REPLAYED)
    sequence: BigInt | None = strawberry.field(description=SEQUENCE)
    outcome: strawberry.Private[Outcome]

    @strawberry.field(
        description="The account that the command was about, as it stands now.", graphql_type=Account | None
    )
    def account(self, info: "strawberry.Info[Context]") -> object:
        """Load it."""
        return loaded_account(info.context, self.outcome)

    @strawberry.field(description="The transaction that the command posted.", graphql_type=Transaction | None)
    def transaction(self, info: "strawberry.Info[Context]") -> object:
        """Load it."""
        return loaded_transaction(info.context, self.outcome)

    @strawberry.field(
        description="The hold that the command placed or changed, as it stands now.", graphql_type=Hold | None
    )
    def hold(self, info: "strawberry.Info[Context]") -> object:
        """Load it."""
        return loaded_hold(info.context, self.outcome)

    @strawberry.field(description="The policy that the command published, or let accounts follow.")
    async def policy(self, info: "strawberry.Info[Context]") -> Policy | None:
        """Load it."""
        return await published_policy(info.context, self.outcome) or await assigned_policy(info.context, self.outcome)

    @strawberry.field(description="The quote that the command asked for.")
    async def quote(self, info: "strawberry.Info[Context]") -> InstantQuote | None:
        """Load it."""
        return await quoted(info.context, self.outcome)


@strawberry.type(description="What became of the commands of a batch.")
class SubmitPayload:
    """One result for each."""

    results: list[CommandResult | None] = strawberry.field(
        description="One for each command, in the order given; null where an error of its path says why."
    )


Payload: TypeAlias = (
    AccountPayload
    | TransactionPayload
    | HoldPayload
    | DepositPayload
    | PolicyPayload
    | AssignmentPayload
    | ClosuresPayload
    | QuotePayload
    | CommandResult
)
