"""Payloads of commands about policies and of deposits, their objects read only where they are selected."""

from typing import TYPE_CHECKING, Any

import strawberry

from app import ledger
from app.graphql.account import Account, AvailableFunds
from app.graphql.deposit_slices import AvailabilitySlice, slices_of_deposit
from app.graphql.payloads import REJECTION, REPLAYED, SEQUENCE, Outcome, balances_of, loaded_account, loaded_transaction
from app.graphql.policy import Policy, PolicyVersion
from app.graphql.rejections import Rejection
from app.graphql.scalars import BigInt, LocalDate
from app.graphql.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.graphql.context import Context
    from app.graphql.entry import Entry


@strawberry.type(description="What became of a deposit.")
class DepositPayload:
    """The transaction and what it comes to, or the rejection."""

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
        description=(
            "What the deposit came to, or would after a dry run, in the order of its lines; null where refused. A"
            " reversal or a reschedule that came since is not counted."
        )
    )
    async def slices(self, info: "strawberry.Info[Context]") -> list[AvailabilitySlice] | None:
        """Read its lines and the rules behind them, or show what was rehearsed."""
        context: Context = info.context
        outcome = self.outcome
        if outcome.standing is not None:
            # What a dry run touches: where the money comes from, then the account.
            account: Account | None = await context.loaders.accounts.one(list(outcome.standing)[-1])
            return None if account is None else await slices_of_deposit(context, outcome.slices, account.unit)
        if outcome.transaction_id is None:
            return None
        lines = (await context.loaders.entries.one(outcome.transaction_id) or ())[1:]
        rules: dict[ledger.EntryKey, ledger.EntryRule] = {
            ledger.EntryKey(rule.row.transaction_id, rule.row.line): rule.row
            for rule in await context.loaders.policies.rules.all(line.row.key for line in lines)
        }
        return await _told(context, lines, rules)

    @strawberry.field(
        description=(
            "The accounts of the entries as they stand now, or as they would after a dry run; null where refused, and"
            " to a key without the scope balances:read."
        )
    )
    async def balances(self, info: "strawberry.Info[Context]") -> list[AvailableFunds] | None:
        """Read them, all at once."""
        return await balances_of(info.context, self.outcome)


@strawberry.type(description="What became of publishing a policy.")
class PolicyPayload:
    """The policy and its new version, or the rejection."""

    rejection: Rejection | None = strawberry.field(description=REJECTION)
    replayed: bool = strawberry.field(description=REPLAYED)
    sequence: BigInt | None = strawberry.field(description=SEQUENCE)
    outcome: strawberry.Private[Outcome]

    @strawberry.field(description="The policy; null where refused, and for a dry run.")
    async def policy(self, info: "strawberry.Info[Context]") -> Policy | None:
        """Load it."""
        return await published_policy(info.context, self.outcome)

    @strawberry.field(description="The version that was published; null where refused, and for a dry run.")
    async def version(self, info: "strawberry.Info[Context]") -> PolicyVersion | None:
        """Load it."""
        context: Context = info.context
        published = await _published(context, self.outcome)
        return None if published is None else await context.loaders.policies.versions.one(published)


@strawberry.type(description="What became of letting accounts follow a policy.")
class AssignmentPayload:
    """The account and the policy that it follows, or the rejection."""

    rejection: Rejection | None = strawberry.field(description=REJECTION)
    replayed: bool = strawberry.field(description=REPLAYED)
    sequence: BigInt | None = strawberry.field(description=SEQUENCE)
    outcome: strawberry.Private[Outcome]

    @strawberry.field(
        description="The account; null for everybody's default, where refused, and for a dry run.",
        graphql_type=Account | None,
    )
    def account(self, info: "strawberry.Info[Context]") -> object:
        """Load it."""
        return loaded_account(info.context, self.outcome)

    @strawberry.field(
        description="The policy to follow; null where it is everybody's again, where refused, and for a dry run."
    )
    async def policy(self, info: "strawberry.Info[Context]") -> Policy | None:
        """Load it."""
        return await assigned_policy(info.context, self.outcome)


@strawberry.type(description="What became of closing and opening days.")
class ClosuresPayload:
    """The days that were changed, or the rejection."""

    rejection: Rejection | None = strawberry.field(description=REJECTION)
    replayed: bool = strawberry.field(description=REPLAYED)
    sequence: BigInt | None = strawberry.field(description=SEQUENCE)
    outcome: strawberry.Private[Outcome]

    @strawberry.field(description="The days that were open before; null where refused, and for a dry run.")
    async def closed(self, info: "strawberry.Info[Context]") -> list[LocalDate] | None:
        """Load them."""
        change = await _change(info.context, self.outcome)
        return None if change is None else [LocalDate(day) for day in change.closed]

    @strawberry.field(description="The days that were closed before; null where refused, and for a dry run.")
    async def opened(self, info: "strawberry.Info[Context]") -> list[LocalDate] | None:
        """Load them."""
        change = await _change(info.context, self.outcome)
        return None if change is None else [LocalDate(day) for day in change.opened]


async def published_policy(context: "Context", outcome: Outcome) -> Policy | None:
    """Return the policy that a command published a version of."""
    published = await _published(context, outcome)
    return None if published is None else await context.loaders.policies.named.one(published[0])


async def assigned_policy(context: "Context", outcome: Outcome) -> Policy | None:
    """Return the policy that a command let accounts follow."""
    if outcome.sequence is None:
        return None
    assignment = await context.loaders.policies.assignments.one(outcome.sequence)
    if assignment is None or assignment.policy_id is None:
        return None
    return await context.loaders.policies.named.one(assignment.policy_id)


async def _published(context: "Context", outcome: Outcome) -> Any:  # noqa: ANN401 - an id and a version, or None
    return None if outcome.sequence is None else await context.loaders.policies.published.one(outcome.sequence)


async def _change(context: "Context", outcome: Outcome) -> ledger.CalendarChange | None:
    return None if outcome.sequence is None else await context.loaders.policies.calendar_changes.one(outcome.sequence)


async def _told(
    context: "Context", lines: "Sequence[Entry]", rules: dict[ledger.EntryKey, ledger.EntryRule]
) -> list[AvailabilitySlice]:
    slices = [
        ledger.DepositSlice(
            line.row.line,
            line.row.amount,
            line.row.available_at,
            rules.get(line.row.key),
            line.row.kind == ledger.RESERVE,
        )
        for line in lines
    ]
    return await slices_of_deposit(context, slices, lines[0].account.unit if lines else ("", 0))
