"""Rejections: every code of the ledger as a type of the schema, with a sentence and the numbers it carries."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, assert_never
from uuid import UUID

import strawberry

from app import ledger
from app.graphql.enums import RejectionCode as Code
from app.graphql.explanation import BalanceSlice
from app.graphql.money import Money, money_of
from app.graphql.policy_problems import PolicyProblem, problems_of
from app.graphql.scalars import Instant
from app.graphql.spending import IN_THE_WAY, SpendingOption
from app.values import value

if TYPE_CHECKING:
    from app.graphql.context import Context

MESSAGES: Final[Mapping[Code, str]] = {
    Code.INVALID_AMOUNT: "The amount is not one that the ledger takes: it must be above zero and fit its currency.",
    Code.UNBALANCED: "Debits and credits are not equal in every currency.",
    Code.IDEMPOTENCY_KEY_REUSED: "The idempotency key was used before for a different command.",
    Code.INVALID_TIME: "The instant is not allowed here.",
    Code.ACCOUNT_NOT_FOUND: "There is no such account.",
    Code.HOLD_NOT_FOUND: "There is no such hold.",
    Code.TRANSACTION_NOT_FOUND: "There is no such transaction or line.",
    Code.POLICY_NOT_FOUND: "There is no such policy, or none that the account follows.",
    Code.QUOTE_NOT_FOUND: "There is no such quote.",
    Code.POLICY_INVALID: "The policy or calendar cannot be kept as it is given.",
    Code.POLICY_GAP: "The policy in force says nothing about such a deposit.",
    Code.ADVANCE_NOT_OFFERED: "The account is offered no advance, or none so small.",
    Code.SAME_ACCOUNT: "Money cannot go from an account to itself.",
    Code.EXTERNAL_ID_TAKEN: "The external id is taken.",
    Code.DESTINATION_MISSING: "Neither the capture nor the hold names a destination.",
    Code.NOT_REVERSIBLE: "The transaction cannot be reversed.",
    Code.CURRENCY_MISMATCH: "The amount is not in the account's currency.",
    Code.ACCOUNT_CLOSED: "The account is closed.",
    Code.ACCOUNT_FROZEN: "The account is frozen in this direction.",
    Code.INVALID_STATUS: "The account is not in a state that allows this, or nothing would change.",
    Code.VERSION_CONFLICT: "The account has another version than required.",
    Code.CONDITION_FAILED: "A required condition does not hold.",
    Code.HOLD_NOT_ACTIVE: "The hold is no longer active.",
    Code.QUOTE_NOT_OPEN: "The quote was accepted already, or has expired.",
    Code.QUOTE_CHANGED: "Less matures than when it was quoted.",
    Code.ADVANCE_EXCEEDED: "More is asked for than can be advanced.",
    Code.CAPTURE_EXCEEDS_HOLD: "The capture is larger than what the hold still sets aside.",
    Code.RELEASE_EXCEEDS_HOLD: "The release is larger than what the hold still sets aside.",
    Code.REVERSAL_EXCEEDS_ORIGINAL: "The reversal is larger than what is left of the entry.",
    Code.PIN_NOT_ALLOWED: "Money that has not matured cannot be taken this way.",
    Code.SLICE_EXCEEDED: "More would be taken than matures at that instant.",
    Code.INSUFFICIENT_FUNDS: "The account does not have enough spendable money.",
    Code.ACCOUNT_NOT_EMPTY: "The account is not empty.",
    Code.BALANCE_OVERFLOW: "The balance would become too large.",
    Code.GROUP_REJECTED: "Another command of the group was refused.",
}


@strawberry.type(description="What a refusal is about. What does not apply is null.")
class Culprit:
    """The thing, line or field at fault."""

    account: strawberry.ID | None = strawberry.field(description="The account, by id.")
    hold: strawberry.ID | None = strawberry.field(description="The hold, by id.")
    transaction: strawberry.ID | None = strawberry.field(description="The transaction, by id.")
    line: int | None = strawberry.field(description="The line of the transaction, from 1.")
    index: int | None = strawberry.field(description="The command of the call, from 0.")
    field: str | None = strawberry.field(description="The field of the input.")


@strawberry.interface(description="Why the ledger refused a command. A refusal is an answer, not an error.")
class Rejection:
    """What all refusals have."""

    code: Code = strawberry.field(description="The reason; where several apply, the weightiest.")
    message: str = strawberry.field(description="The reason in a sentence, without amounts.")
    culprit: Culprit | None = strawberry.field(description="What it is about.")


@strawberry.type(description="A refusal without further numbers.")
class PlainRejection(Rejection):
    """Code, message and culprit only."""


@strawberry.type(description="The idempotency key stands for a different command.")
class IdempotencyKeyReused(Rejection):
    """IDEMPOTENCY_KEY_REUSED."""

    differs: list[str] = strawberry.field(description="The fields of the input that differ from the first use.")


@strawberry.type(
    description="The account has not enough spendable money. The numbers are null to a key without the scope"
    " balances:read."
)
class InsufficientFunds(Rejection):
    """INSUFFICIENT_FUNDS."""

    spendable: Money | None = strawberry.field(description="How much could have been spent.")
    shortfall: Money | None = strawberry.field(description="How much was missing.")
    earliest_at: Instant | None = strawberry.field(
        description="When, by the facts known now, it will be enough; null where that is not in sight."
    )
    account: strawberry.Private[UUID | None]
    asked: strawberry.Private[int]

    @strawberry.field(
        description=f"{IN_THE_WAY} As it stands when this is read; null to a key without the scope balances:read.",
        graphql_type=list[BalanceSlice] | None,
    )
    def slices(self, info: "strawberry.Info[Context]") -> object:
        """Read them, together with those of other refusals."""
        context: Context = info.context
        if self.account is None:
            return None
        return context.loaders.availability.in_the_way.get(self.account)

    @strawberry.field(
        description="What would help, as it stands when this is read; null to a key without the scope balances:read.",
        graphql_type=list[SpendingOption] | None,
    )
    def options(self, info: "strawberry.Info[Context]") -> object:
        """Weigh them, together with those of other refusals."""
        context: Context = info.context
        if self.account is None:
            return None
        return context.loaders.availability.options.get((self.account, self.asked))


@strawberry.type(
    description=(
        "More was asked for than there is: CAPTURE_EXCEEDS_HOLD, RELEASE_EXCEEDS_HOLD, REVERSAL_EXCEEDS_ORIGINAL,"
        " SLICE_EXCEEDED, QUOTE_CHANGED (what is free at the instant that changed), ADVANCE_EXCEEDED."
    )
)
class LimitExceeded(Rejection):
    """The six codes with a limit."""

    remaining: Money | None = strawberry.field(
        description="How much there is; null to a key without the scope balances:read."
    )


@strawberry.type(
    description=(
        "Something is not as it should be: VERSION_CONFLICT, CONDITION_FAILED, HOLD_NOT_ACTIVE, QUOTE_NOT_OPEN,"
        " INVALID_STATUS, UNBALANCED (expected = debits, actual = credits), ACCOUNT_FROZEN (actual = OUT or IN)."
    )
)
class Conflict(Rejection):
    """The seven codes with an expectation."""

    expected: str | None = strawberry.field(
        description="What it should be; where it is a number, null to a key without the scope balances:read."
    )
    actual: str | None = strawberry.field(
        description="What it is; where it is a number, null to a key without the scope balances:read."
    )


@strawberry.type(description="A policy cannot be kept as given, or says nothing about a deposit: the problems say why.")
class PolicyRefusal(Rejection):
    """POLICY_INVALID and POLICY_GAP."""

    problems: list[PolicyProblem] = strawberry.field(description="What is wrong, and where.")


@value
class _Head:
    """What every refusal has, ready to be shown."""

    code: Code
    message: str
    culprit: Culprit | None


def rejection_of(refused: ledger.Rejection, *, may_read: bool) -> Rejection:  # noqa: PLR0911 - one for each type
    """Return a refusal as the schema shows it, its numbers only to who may read."""
    head = _Head(refused.code, MESSAGES[refused.code], _culprit_of(refused.culprit))
    match refused.code:
        case Code.IDEMPOTENCY_KEY_REUSED:
            return IdempotencyKeyReused(
                code=head.code, message=head.message, culprit=head.culprit, differs=list(refused.differs)
            )
        case Code.INSUFFICIENT_FUNDS:
            return _insufficient(head, refused, may_read=may_read)
        case (
            Code.CAPTURE_EXCEEDS_HOLD
            | Code.RELEASE_EXCEEDS_HOLD
            | Code.REVERSAL_EXCEEDS_ORIGINAL
            | Code.SLICE_EXCEEDED
            | Code.QUOTE_CHANGED
            | Code.ADVANCE_EXCEEDED
        ):
            remaining = _money(refused, refused.remaining) if may_read else None
            return LimitExceeded(code=head.code, message=head.message, culprit=head.culprit, remaining=remaining)
        case Code.VERSION_CONFLICT | Code.CONDITION_FAILED | Code.UNBALANCED:
            return _conflict(head, refused, shown=may_read)
        case Code.POLICY_INVALID | Code.POLICY_GAP:
            problems = problems_of(refused.problems)
            return PolicyRefusal(code=head.code, message=head.message, culprit=head.culprit, problems=problems)
        case Code.HOLD_NOT_ACTIVE | Code.QUOTE_NOT_OPEN | Code.INVALID_STATUS | Code.ACCOUNT_FROZEN:
            return _conflict(head, refused, shown=True)
        case (
            Code.INVALID_AMOUNT
            | Code.INVALID_TIME
            | Code.ACCOUNT_NOT_FOUND
            | Code.HOLD_NOT_FOUND
            | Code.TRANSACTION_NOT_FOUND
            | Code.POLICY_NOT_FOUND
            | Code.QUOTE_NOT_FOUND
            | Code.ADVANCE_NOT_OFFERED
            | Code.SAME_ACCOUNT
            | Code.EXTERNAL_ID_TAKEN
            | Code.DESTINATION_MISSING
            | Code.NOT_REVERSIBLE
            | Code.CURRENCY_MISMATCH
            | Code.ACCOUNT_CLOSED
            | Code.PIN_NOT_ALLOWED
            | Code.ACCOUNT_NOT_EMPTY
            | Code.BALANCE_OVERFLOW
            | Code.GROUP_REJECTED
        ):
            return PlainRejection(code=head.code, message=head.message, culprit=head.culprit)
        case _:
            assert_never(refused.code)


def _insufficient(head: _Head, refused: ledger.Rejection, *, may_read: bool) -> InsufficientFunds:
    earliest_at = refused.earliest_at if may_read else None
    return InsufficientFunds(
        code=head.code,
        message=head.message,
        culprit=head.culprit,
        spendable=_money(refused, refused.spendable) if may_read else None,
        shortfall=_money(refused, refused.shortfall) if may_read else None,
        earliest_at=None if earliest_at is None else Instant(earliest_at),
        account=refused.culprit.account,
        asked=(refused.spendable or 0) + (refused.shortfall or 0),
    )


def _conflict(head: _Head, refused: ledger.Rejection, *, shown: bool) -> Conflict:
    return Conflict(
        code=head.code,
        message=head.message,
        culprit=head.culprit,
        expected=refused.expected if shown else None,
        actual=refused.actual if shown else None,
    )


def _money(refused: ledger.Rejection, minor: int | None) -> Money | None:
    if minor is None or refused.currency is None:
        return None
    return money_of(minor, refused.currency, refused.exponent)


def _culprit_of(culprit: ledger.Culprit) -> Culprit | None:
    if culprit == ledger.Culprit():
        return None
    return Culprit(
        account=_id(ledger.identifier.ACCOUNT, culprit.account),
        hold=_id(ledger.identifier.HOLD, culprit.hold),
        transaction=_id(ledger.identifier.TRANSACTION, culprit.transaction),
        line=culprit.line,
        index=culprit.index,
        field=culprit.field,
    )


def _id(prefix: str, value: UUID | None) -> strawberry.ID | None:
    return None if value is None else strawberry.ID(ledger.identifier.encode(prefix, value))
