"""Mutations: commands on their way to the ledger, and what it made of them."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, TypeVar, cast

import strawberry

from app import ledger, services
from app.graphql import (
    account_inputs,
    advance_inputs,
    deposit_inputs,
    hold_inputs,
    policy_inputs,
    slice_inputs,
    transaction_inputs,
)
from app.graphql.advance import QuotePayload
from app.graphql.api_key import ApiKeyMutation
from app.graphql.backtest import BacktestMutation
from app.graphql.batch_inputs import PostTransactionsInput, Sent, SubmitInput
from app.graphql.bounds import Path
from app.graphql.clock import AdvanceClockInput, ClockPayload, SetClockInput, move
from app.graphql.command_results import CommandResult, Payload, SubmitPayload
from app.graphql.context import Context, Info
from app.graphql.enums import BatchMode
from app.graphql.payloads import (
    AccountPayload,
    HoldPayload,
    Outcome,
    PostTransactionsPayload,
    TransactionPayload,
    outcome_of,
)
from app.graphql.policy_payloads import AssignmentPayload, ClosuresPayload, DepositPayload, PolicyPayload
from app.graphql.requests import request, request_or_fault
from app.graphql.reserve import SetReservePlanInput
from app.graphql.transfers import PostTransfersInput, PostTransfersPayload, post_transfers

Answer = TypeVar("Answer", bound=Payload)

_INPUT: Final = "input"
_SENT = strawberry.argument(description="The command.")
_BATCH = strawberry.argument(description="The commands.")
_CLOCK = strawberry.argument(description="Where the clock is to go.")


@strawberry.type(
    description=(
        "What can be done. A refusal by the ledger's rules is an answer, in `rejection`; errors are for faults only."
        " Fields are nullable, so that a fault in one leaves the answers of others standing."
    )
)
class Mutation(ApiKeyMutation, BacktestMutation):
    """The root of mutations: one field for each verb of the ledger."""

    @strawberry.mutation(description="Open an account. Needs the scope accounts:manage.")
    async def open_account(
        self, info: Info, input: Annotated[account_inputs.OpenAccountInput, _SENT]
    ) -> AccountPayload | None:
        """Have it decided."""
        return await _one(info.context, input, AccountPayload)

    @strawberry.mutation(description="Change an account's name, floor or metadata. Needs the scope accounts:manage.")
    async def update_account(
        self, info: Info, input: Annotated[account_inputs.UpdateAccountInput, _SENT]
    ) -> AccountPayload | None:
        """Have it decided."""
        return await _one(info.context, input, AccountPayload)

    @strawberry.mutation(description="Freeze an account in one direction or both. Needs the scope accounts:manage.")
    async def freeze_account(
        self, info: Info, input: Annotated[account_inputs.FreezeAccountInput, _SENT]
    ) -> AccountPayload | None:
        """Have it decided."""
        return await _one(info.context, input, AccountPayload)

    @strawberry.mutation(description="Lift a freeze in one direction or both. Needs the scope accounts:manage.")
    async def unfreeze_account(
        self, info: Info, input: Annotated[account_inputs.UnfreezeAccountInput, _SENT]
    ) -> AccountPayload | None:
        """Have it decided."""
        return await _one(info.context, input, AccountPayload)

    @strawberry.mutation(description="Close an empty account. Needs the scope accounts:manage.")
    async def close_account(
        self, info: Info, input: Annotated[account_inputs.CloseAccountInput, _SENT]
    ) -> AccountPayload | None:
        """Have it decided."""
        return await _one(info.context, input, AccountPayload)

    @strawberry.mutation(description="Open a closed account again. Needs the scope accounts:manage.")
    async def reopen_account(
        self, info: Info, input: Annotated[account_inputs.ReopenAccountInput, _SENT]
    ) -> AccountPayload | None:
        """Have it decided."""
        return await _one(info.context, input, AccountPayload)

    @strawberry.mutation(description="Debit one account and credit another. Needs the scope money:move.")
    async def transfer(
        self, info: Info, input: Annotated[transaction_inputs.TransferInput, _SENT]
    ) -> TransactionPayload | None:
        """Have it decided."""
        return await _one(info.context, input, TransactionPayload)

    @strawberry.mutation(description="Post a transaction of two or more entries. Needs the scope money:move.")
    async def post_transaction(
        self, info: Info, input: Annotated[transaction_inputs.PostTransactionInput, _SENT]
    ) -> TransactionPayload | None:
        """Have it decided."""
        return await _one(info.context, input, TransactionPayload)

    @strawberry.mutation(
        description="Post several transactions, together or each by itself. Needs the scope money:move."
    )
    async def post_transactions(
        self, info: Info, input: Annotated[PostTransactionsInput, _BATCH]
    ) -> PostTransactionsPayload | None:
        """Have them decided."""
        results = await _many(info.context, input.all_sent((_INPUT,)), input.mode, TransactionPayload)
        return PostTransactionsPayload(results=results)

    @strawberry.mutation(
        description=(
            "Make up to 5,000 transfers, each by itself, given and answered in columns: the lane for machines, where"
            " objects would cost more than the transfers. Needs the scope money:move."
        )
    )
    async def post_transfers(
        self, info: Info, input: Annotated[PostTransfersInput, _BATCH]
    ) -> PostTransfersPayload | None:
        """Have them decided."""
        return await post_transfers(info.context, input, (_INPUT,))

    @strawberry.mutation(description="Undo a transaction, whole or in part. Needs the scope money:move.")
    async def reverse_transaction(
        self, info: Info, input: Annotated[transaction_inputs.ReverseTransactionInput, _SENT]
    ) -> TransactionPayload | None:
        """Have it decided."""
        return await _one(info.context, input, TransactionPayload)

    @strawberry.mutation(
        description="Move money that has yet to mature to another instant. Needs the scope money:move, and"
        " money:advance to an earlier one."
    )
    async def reschedule_entry(
        self, info: Info, input: Annotated[slice_inputs.RescheduleEntryInput, _SENT]
    ) -> TransactionPayload | None:
        """Have it decided."""
        return await _one(info.context, input, TransactionPayload)

    @strawberry.mutation(description="Let money that has yet to mature come earlier. Needs the scope money:advance.")
    async def release_early(
        self, info: Info, input: Annotated[slice_inputs.ReleaseEarlyInput, _SENT]
    ) -> TransactionPayload | None:
        """Have it decided."""
        return await _one(info.context, input, TransactionPayload)

    @strawberry.mutation(description="Let money come later than it would. Needs the scope money:delay.")
    async def delay_availability(
        self, info: Info, input: Annotated[slice_inputs.DelayAvailabilityInput, _SENT]
    ) -> TransactionPayload | None:
        """Have it decided."""
        return await _one(info.context, input, TransactionPayload)

    @strawberry.mutation(description="Set money of an account aside. Needs the scope holds:manage.")
    async def place_hold(self, info: Info, input: Annotated[hold_inputs.PlaceHoldInput, _SENT]) -> HoldPayload | None:
        """Have it decided."""
        return await _one(info.context, input, HoldPayload)

    @strawberry.mutation(description="Take held money. Needs the scopes holds:manage and money:move.")
    async def capture_hold(
        self, info: Info, input: Annotated[hold_inputs.CaptureHoldInput, _SENT]
    ) -> TransactionPayload | None:
        """Have it decided."""
        return await _one(info.context, input, TransactionPayload)

    @strawberry.mutation(description="Let held money go, all of it or part. Needs the scope holds:manage.")
    async def release_hold(
        self, info: Info, input: Annotated[hold_inputs.ReleaseHoldInput, _SENT]
    ) -> HoldPayload | None:
        """Have it decided."""
        return await _one(info.context, input, HoldPayload)

    @strawberry.mutation(description="Set more money aside under the same hold. Needs the scope holds:manage.")
    async def increment_hold(
        self, info: Info, input: Annotated[hold_inputs.IncrementHoldInput, _SENT]
    ) -> HoldPayload | None:
        """Have it decided."""
        return await _one(info.context, input, HoldPayload)

    @strawberry.mutation(description="Put a hold's expiry off. Needs the scope holds:manage.")
    async def extend_hold(self, info: Info, input: Annotated[hold_inputs.ExtendHoldInput, _SENT]) -> HoldPayload | None:
        """Have it decided."""
        return await _one(info.context, input, HoldPayload)

    @strawberry.mutation(
        description="Bring money in from outside, available as the policy of the account says. Needs the scope"
        " money:move, and money:override with an availableAt."
    )
    async def deposit(self, info: Info, input: Annotated[deposit_inputs.DepositInput, _SENT]) -> DepositPayload | None:
        """Have it decided."""
        return await _one(info.context, input, DepositPayload)

    @strawberry.mutation(
        description="Publish the next version of a policy, or a new policy. Needs the scope policies:manage."
    )
    async def publish_policy(
        self, info: Info, input: Annotated[policy_inputs.PublishPolicyInput, _SENT]
    ) -> PolicyPayload | None:
        """Have it decided."""
        return await _one(info.context, input, PolicyPayload)

    @strawberry.mutation(
        description="Let deposits to an account, or to all, follow a policy. Needs the scope policies:manage."
    )
    async def assign_policy(
        self, info: Info, input: Annotated[policy_inputs.AssignPolicyInput, _SENT]
    ) -> AssignmentPayload | None:
        """Have it decided."""
        return await _one(info.context, input, AssignmentPayload)

    @strawberry.mutation(
        description="Close days of a calendar for the tenant, or open them. Needs the scope policies:manage."
    )
    async def set_closures(
        self, info: Info, input: Annotated[policy_inputs.SetClosuresInput, _SENT]
    ) -> ClosuresPayload | None:
        """Have it decided."""
        return await _one(info.context, input, ClosuresPayload)

    @strawberry.mutation(
        description="Keep a share of each deposit to an account back as a reserve, or no more. Needs the scope"
        " policies:manage."
    )
    async def set_reserve_plan(self, info: Info, input: Annotated[SetReservePlanInput, _SENT]) -> AccountPayload | None:
        """Have it decided."""
        return await _one(info.context, input, AccountPayload)

    @strawberry.mutation(
        description="Take what is kept of a deposit as a reserve for another account. Needs the scopes money:move and"
        " money:advance."
    )
    async def forfeit_reserve(
        self, info: Info, input: Annotated[slice_inputs.ForfeitReserveInput, _SENT]
    ) -> TransactionPayload | None:
        """Have it decided."""
        return await _one(info.context, input, TransactionPayload)

    @strawberry.mutation(
        description="Offer advances of what matures to the accounts of a currency, or no more. Needs the scope"
        " policies:manage."
    )
    async def set_advance_plan(
        self, info: Info, input: Annotated[advance_inputs.SetAdvancePlanInput, _SENT]
    ) -> AccountPayload | None:
        """Have it decided."""
        return await _one(info.context, input, AccountPayload)

    @strawberry.mutation(
        description="Ask what it would cost to have money at once that has yet to mature. Needs the scope"
        " money:advance."
    )
    async def quote_instant_availability(
        self, info: Info, input: Annotated[advance_inputs.QuoteInstantAvailabilityInput, _SENT]
    ) -> QuotePayload | None:
        """Have it decided."""
        return await _one(info.context, input, QuotePayload)

    @strawberry.mutation(
        description="Have the advance that was quoted; it is repaid by what matures, when it does. Needs the scopes"
        " money:move and money:advance."
    )
    async def accept_instant_quote(
        self, info: Info, input: Annotated[advance_inputs.AcceptInstantQuoteInput, _SENT]
    ) -> TransactionPayload | None:
        """Have it decided."""
        return await _one(info.context, input, TransactionPayload)

    @strawberry.mutation(
        description="Have up to 1,000 commands of any kind decided, together or each by itself."
        " Needs the scopes of each."
    )
    async def submit(self, info: Info, input: Annotated[SubmitInput, _BATCH]) -> SubmitPayload | None:
        """Have them decided."""
        results = await _many(info.context, input.all_sent((_INPUT,)), input.mode, CommandResult)
        return SubmitPayload(results=results)

    @strawberry.mutation(
        description="Let the clock of a TEST tenant stand still where it is. Needs the scope clock:move."
    )
    async def freeze_clock(self, info: Info) -> ClockPayload | None:
        """Have it stopped."""
        return await move(info.context, services.TenantClock.freeze)

    @strawberry.mutation(
        description=(
            "Set the clock of a TEST tenant forward, recording what lapses on the way. Needs the scope clock:move."
        )
    )
    async def set_clock(self, info: Info, input: Annotated[SetClockInput, _CLOCK]) -> ClockPayload | None:
        """Have it moved."""
        return await move(info.context, lambda clock: clock.set(input.at))

    @strawberry.mutation(
        description="Move the clock of a TEST tenant forward by a step, recording what lapses on the way. Needs the"
        " scope clock:move."
    )
    async def advance_clock(self, info: Info, input: Annotated[AdvanceClockInput, _CLOCK]) -> ClockPayload | None:
        """Have it moved."""
        step = await input.by.step((_INPUT, "by"))
        return await move(info.context, lambda clock: clock.advance(step, since=input.from_))

    @strawberry.mutation(
        description="Let the clock of a TEST tenant run with real time from where it stands. Needs the scope"
        " clock:move."
    )
    async def resume_clock(self, info: Info) -> ClockPayload | None:
        """Have it started."""
        return await move(info.context, services.TenantClock.resume)


async def _one(context: Context, sent: Sent, kind: Callable[..., Answer]) -> Answer:
    """Submit one command and return what became of it."""
    dry_run = bool(sent.dry_run)
    group = ledger.Group((request(context, sent, (_INPUT,)),))
    await context.forget()
    [[decision]] = await context.gateway.submit(context.principal, [group], dry_run=dry_run)
    return _payload(context, decision, kind, dry_run=dry_run)


async def _many(
    context: Context, all_sent: Sequence[tuple[Sent, Path]], mode: BatchMode, kind: Callable[..., Answer]
) -> list[Answer | None]:
    """Submit commands and return one result for each; a fault in place of a result becomes an error of its path."""
    dry_run = bool(all_sent[0][0].dry_run)
    for sent, path in all_sent:
        if bool(sent.dry_run) is not dry_run:
            raise services.BadInput("All commands of a call agree on dryRun.", (*path, "dryRun"))
    submit = _together if mode is BatchMode.ALL_OR_NOTHING else _each
    decided = await submit(context, all_sent, dry_run=dry_run)
    results: list[Any] = [
        one if isinstance(one, services.Fault) else _payload(context, one, kind, dry_run=dry_run) for one in decided
    ]
    # The executor raises an exception that it finds in a list at the index where it stands.
    return cast("list[Answer | None]", results)


async def _together(
    context: Context, all_sent: Sequence[tuple[Sent, Path]], *, dry_run: bool
) -> Sequence[ledger.Decision | services.Fault]:
    requests = tuple(request(context, sent, path) for sent, path in all_sent)
    await context.forget()
    group = ledger.Group(requests, atomic=True)
    [decisions] = await context.gateway.submit(context.principal, [group], dry_run=dry_run)
    return decisions


async def _each(
    context: Context, all_sent: Sequence[tuple[Sent, Path]], *, dry_run: bool
) -> Sequence[ledger.Decision | services.Fault]:
    made = [request_or_fault(context, sent, path) for sent, path in all_sent]
    groups = [ledger.Group((one,)) for one in made if isinstance(one, ledger.Request)]
    await context.forget()
    answers = iter(await context.gateway.submit_each(context.principal, groups, dry_run=dry_run) if groups else [])
    if len(groups) < len(made):
        # The others are answered, so that this is no error of the call.
        await context.gateway.record(context.principal, "submit", services.FaultCode.FORBIDDEN)
    results: list[ledger.Decision | services.Fault] = []
    for one in made:
        answer = next(answers) if isinstance(one, ledger.Request) else one
        results.append(answer if isinstance(answer, services.Fault) else answer[0])
    return results


def _payload(context: Context, decision: ledger.Decision, kind: Callable[..., Answer], *, dry_run: bool) -> Answer:
    outcome: Outcome = outcome_of(decision, dry_run=dry_run, may_read=context.may_read)
    if outcome.sequence is not None:
        context.reached(outcome.sequence)
    return kind(rejection=outcome.rejection, replayed=outcome.replayed, sequence=outcome.sequence, outcome=outcome)
