"""Inputs of several commands at once."""

from typing import Protocol

import strawberry

from app import ledger, services
from app.graphql import (
    account_inputs,
    advance_inputs,
    bounds,
    deposit_inputs,
    hold_inputs,
    policy_inputs,
    slice_inputs,
    transaction_inputs,
)
from app.graphql.bounds import Currencies, Path
from app.graphql.enums import BatchMode, ForecastBucket
from app.graphql.reserve import SetReservePlanInput
from app.graphql.scalars import Instant


class Sent(Protocol):
    """What every command's input has."""

    idempotency_key: str
    dry_run: bool | None

    def command(self, currencies: Currencies, path: Path) -> ledger.Command:
        """Return the command meant."""


@strawberry.input(one_of=True, description="Exactly one command.")
class CommandInput:
    """One field for each command, named as its mutation."""

    open_account: account_inputs.OpenAccountInput | None = strawberry.field(description="Open an account.")
    update_account: account_inputs.UpdateAccountInput | None = strawberry.field(description="Change an account.")
    freeze_account: account_inputs.FreezeAccountInput | None = strawberry.field(description="Freeze an account.")
    unfreeze_account: account_inputs.UnfreezeAccountInput | None = strawberry.field(description="Lift a freeze.")
    close_account: account_inputs.CloseAccountInput | None = strawberry.field(description="Close an account.")
    reopen_account: account_inputs.ReopenAccountInput | None = strawberry.field(description="Reopen an account.")
    transfer: transaction_inputs.TransferInput | None = strawberry.field(description="Move money between two accounts.")
    post_transaction: transaction_inputs.PostTransactionInput | None = strawberry.field(
        description="Post a transaction."
    )
    reverse_transaction: transaction_inputs.ReverseTransactionInput | None = strawberry.field(
        description="Undo a transaction."
    )
    reschedule_entry: slice_inputs.RescheduleEntryInput | None = strawberry.field(
        description="Move maturing money in time."
    )
    release_early: slice_inputs.ReleaseEarlyInput | None = strawberry.field(description="Let money come earlier.")
    delay_availability: slice_inputs.DelayAvailabilityInput | None = strawberry.field(
        description="Let money come later."
    )
    place_hold: hold_inputs.PlaceHoldInput | None = strawberry.field(description="Set money aside.")
    capture_hold: hold_inputs.CaptureHoldInput | None = strawberry.field(description="Take held money.")
    release_hold: hold_inputs.ReleaseHoldInput | None = strawberry.field(description="Let held money go.")
    increment_hold: hold_inputs.IncrementHoldInput | None = strawberry.field(description="Set more money aside.")
    extend_hold: hold_inputs.ExtendHoldInput | None = strawberry.field(description="Put an expiry off.")
    deposit: deposit_inputs.DepositInput | None = strawberry.field(description="Bring money in.")
    publish_policy: policy_inputs.PublishPolicyInput | None = strawberry.field(description="Publish a policy.")
    assign_policy: policy_inputs.AssignPolicyInput | None = strawberry.field(
        description="Let accounts follow a policy."
    )
    set_closures: policy_inputs.SetClosuresInput | None = strawberry.field(description="Close and open days.")
    set_reserve_plan: SetReservePlanInput | None = strawberry.field(description="Keep a share of deposits back.")
    forfeit_reserve: slice_inputs.ForfeitReserveInput | None = strawberry.field(description="Take what is kept.")
    set_advance_plan: advance_inputs.SetAdvancePlanInput | None = strawberry.field(description="Offer advances.")
    quote_instant_availability: advance_inputs.QuoteInstantAvailabilityInput | None = strawberry.field(
        description="Ask what an advance would cost."
    )
    accept_instant_quote: advance_inputs.AcceptInstantQuoteInput | None = strawberry.field(
        description="Have the advance that was quoted."
    )

    def sent(self, path: Path) -> tuple[Sent, Path]:
        """Return the one command's input, and the path to it."""
        by_name: dict[str, Sent | None] = {
            "openAccount": self.open_account,
            "updateAccount": self.update_account,
            "freezeAccount": self.freeze_account,
            "unfreezeAccount": self.unfreeze_account,
            "closeAccount": self.close_account,
            "reopenAccount": self.reopen_account,
            "transfer": self.transfer,
            "postTransaction": self.post_transaction,
            "reverseTransaction": self.reverse_transaction,
            "rescheduleEntry": self.reschedule_entry,
            "releaseEarly": self.release_early,
            "delayAvailability": self.delay_availability,
            "placeHold": self.place_hold,
            "captureHold": self.capture_hold,
            "releaseHold": self.release_hold,
            "incrementHold": self.increment_hold,
            "extendHold": self.extend_hold,
            "deposit": self.deposit,
            "publishPolicy": self.publish_policy,
            "assignPolicy": self.assign_policy,
            "setClosures": self.set_closures,
            "setReservePlan": self.set_reserve_plan,
            "forfeitReserve": self.forfeit_reserve,
            "setAdvancePlan": self.set_advance_plan,
            "quoteInstantAvailability": self.quote_instant_availability,
            "acceptInstantQuote": self.accept_instant_quote,
        }
        for name, sent in by_name.items():
            if sent is not None:
                return sent, (*path, name)
        raise services.BadInput("A command names exactly one of its fields.", path)


@strawberry.input(description="Several commands of any kind.")
class SubmitInput:
    """Commands in their order, and how they belong together."""

    commands: list[CommandInput] = strawberry.field(description="The commands, 1 to 1,000; they agree on dryRun.")
    mode: BatchMode = strawberry.field(description="Whether they stand or fall together.")

    def all_sent(self, path: Path) -> list[tuple[Sent, Path]]:
        """Return each command's input with the path to it."""
        at = (*path, "commands")
        bounds.listed(self.commands, at, most=bounds.COMMANDS_MAX)
        return [item.sent((*at, index)) for index, item in enumerate(self.commands)]


@strawberry.input(description="Several commands of any kind that are only asked about.")
class SimulateInput:
    """Commands in their order, when they would be given, and how far to look ahead from there."""

    commands: list[CommandInput] = strawberry.field(
        description=(
            "The commands, 1 to 100, without dryRun. Each has the idempotency key that it would be sent with: one that"
            " was used already answers as it would then."
        )
    )
    mode: BatchMode = strawberry.field(
        default=BatchMode.INDEPENDENT, description="Whether they stand or fall together."
    )
    at: Instant | None = strawberry.field(
        description=(
            "When they would be given, if nothing happened before but that money matures and holds lapse; now where"
            " left out or past. At most 10 years ahead."
        )
    )
    forecast_to: Instant | None = strawberry.field(
        description="Until when the forecasts of the accounts are told; not at all where left out."
    )
    forecast_bucket: ForecastBucket = strawberry.field(
        default=ForecastBucket.DAY, description="Where the points of the forecasts lie."
    )

    def all_sent(self, path: Path) -> list[tuple[Sent, Path]]:
        """Return each command's input with the path to it."""
        at = (*path, "commands")
        bounds.listed(self.commands, at, most=services.SIMULATED_MAX)
        all_sent = [item.sent((*at, index)) for index, item in enumerate(self.commands)]
        for sent, place in all_sent:
            if sent.dry_run:
                raise services.BadInput("A simulation stores nothing as it is: leave dryRun out.", (*place, "dryRun"))
        return all_sent


@strawberry.input(description="Several transactions.")
class PostTransactionsInput:
    """Transactions in their order, and how they belong together."""

    transactions: list[transaction_inputs.PostTransactionInput] = strawberry.field(
        description="The transactions, 1 to 1,000; they agree on dryRun."
    )
    mode: BatchMode = strawberry.field(description="Whether they stand or fall together.")

    def all_sent(self, path: Path) -> list[tuple[Sent, Path]]:
        """Return each transaction's input with the path to it."""
        at = (*path, "transactions")
        bounds.listed(self.transactions, at, most=bounds.COMMANDS_MAX)
        return [(item, (*at, index)) for index, item in enumerate(self.transactions)]
