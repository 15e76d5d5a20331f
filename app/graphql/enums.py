"""Enums: the ledger's lists of words as the schema shows them, every word described."""

from collections.abc import Mapping
from enum import Enum, EnumMeta, StrEnum
from typing import Any, Final

import strawberry

from app import ledger, services

# A type takes these from here, never from the ledger: here they get their names and descriptions first.
Side = ledger.Side
AccountPurpose = ledger.Purpose
Direction = ledger.Direction
HoldStatus = ledger.HoldStatus
HoldChangeKind = ledger.HoldChangeKind
BalanceComponent = ledger.Component
Comparison = ledger.Comparison
RejectionCode = ledger.RejectionCode
SliceKind = ledger.SliceKind
CauseKind = ledger.CauseKind
OptionKind = ledger.OptionKind
ForecastBucket = services.Step


class BatchMode(StrEnum):
    """Whether the commands of a call stand or fall together."""

    ALL_OR_NOTHING = "ALL_OR_NOTHING"
    INDEPENDENT = "INDEPENDENT"


class AccountOrder(StrEnum):
    """In which order accounts are listed."""

    OPENED_ASC = "OPENED_ASC"
    OPENED_DESC = "OPENED_DESC"


class TenantMode(StrEnum):
    """Whether a tenant keeps real money."""

    LIVE = "LIVE"
    TEST = "TEST"


class AuditOutcome(StrEnum):
    """What a request came to."""

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    REFUSED = "REFUSED"


def describe(enum: EnumMeta, name: str, description: str, members: Mapping[Any, str]) -> None:
    """Give an enum its name in the schema, and each of its members a description."""
    described: list[Enum] = list(enum)
    definition = strawberry.enum(enum, name=name, description=description).__strawberry_definition__  # type: ignore[attr-defined]  # strawberry sets it
    for value, member in zip(definition.values, described, strict=True):
        value.description = members[member]


describe(
    Side,
    "Side",
    "One of the two sides of every entry.",
    {
        Side.DEBIT: "The debit side: increases a debit-normal account and decreases a credit-normal one.",
        Side.CREDIT: "The credit side: increases a credit-normal account and decreases a debit-normal one.",
    },
)
describe(
    AccountPurpose,
    "AccountPurpose",
    "What an account is kept for. It informs and filters; it changes no rule.",
    {
        AccountPurpose.CUSTOMER: "Money owed to a customer, such as a wallet or a merchant's balance.",
        AccountPurpose.PLATFORM: "Money of the platform itself.",
        AccountPurpose.EXTERNAL: "Money held elsewhere, such as at a bank or a card processor.",
        AccountPurpose.CLEARING: "Money on its way between two places.",
        AccountPurpose.REVENUE: "What was earned, such as fees.",
        AccountPurpose.EXPENSE: "What was spent, such as costs and losses.",
        AccountPurpose.RESERVE: "Money kept back against risk.",
    },
)
describe(
    Direction,
    "Direction",
    "Which way of an account a freeze stops.",
    {
        Direction.OUT: "Money may not leave: no decrease, no new or larger hold, no capture.",
        Direction.IN: "Money may not arrive: no increase.",
        Direction.BOTH: "Money may neither leave nor arrive.",
    },
)
describe(
    HoldStatus,
    "HoldStatus",
    "The state of a hold. All but ACTIVE are final.",
    {
        HoldStatus.ACTIVE: "Money is set aside and may be captured or released.",
        HoldStatus.CAPTURED: "Some of it was taken for good, and nothing is set aside any more.",
        HoldStatus.RELEASED: "All of it was let go.",
        HoldStatus.EXPIRED: "Its expiry came, and what was still set aside was let go.",
    },
)
describe(
    HoldChangeKind,
    "HoldChangeKind",
    "What happened to a hold.",
    {
        HoldChangeKind.PLACED: "The hold was placed.",
        HoldChangeKind.INCREMENTED: "More money was set aside.",
        HoldChangeKind.EXTENDED: "The expiry was put off.",
        HoldChangeKind.CAPTURED: "Money was taken by a transaction.",
        HoldChangeKind.RELEASED: "Money was let go.",
        HoldChangeKind.EXPIRED: "The expiry came, and the rest was let go.",
    },
)
describe(
    BalanceComponent,
    "BalanceComponent",
    "A part of a balance that a condition may look at.",
    {
        BalanceComponent.LEDGER: "Everything that stands on the account.",
        BalanceComponent.MATURING: "The part that is not available yet.",
        BalanceComponent.HELD: "The part that holds set aside.",
        BalanceComponent.AVAILABLE: "Ledger less maturing less held.",
        BalanceComponent.SPENDABLE: "Available less the floor; above every amount where the account is unlimited.",
    },
)
describe(
    Comparison,
    "Comparison",
    "How a condition compares a component with its amount.",
    {
        Comparison.EQ: "Equal to the amount.",
        Comparison.GTE: "Greater than or equal to the amount.",
        Comparison.LTE: "Less than or equal to the amount.",
    },
)
describe(
    BatchMode,
    "BatchMode",
    "Whether the commands of one call stand or fall together.",
    {
        BatchMode.ALL_OR_NOTHING: "All commands take effect, or none does: the first refusal refuses them all.",
        BatchMode.INDEPENDENT: "Each command is decided by itself, in the order given.",
    },
)
describe(
    AccountOrder,
    "AccountOrder",
    "The order of a list of accounts.",
    {
        AccountOrder.OPENED_ASC: "The account opened first comes first.",
        AccountOrder.OPENED_DESC: "The account opened last comes first.",
    },
)
describe(
    TenantMode,
    "TenantMode",
    "Whether a tenant keeps real money.",
    {
        TenantMode.LIVE: "Real money, by the clock of the database.",
        TenantMode.TEST: "Play money, by a clock of the tenant's own.",
    },
)
describe(
    AuditOutcome,
    "AuditOutcome",
    "What a request came to.",
    {
        AuditOutcome.ACCEPTED: "It took effect.",
        AuditOutcome.REJECTED: "The ledger's rules refused it, and its key stands for that.",
        AuditOutcome.REFUSED: "It was no sound request, or not the bearer's to make; nothing was decided.",
    },
)
describe(
    SliceKind,
    "SliceKind",
    "The parts that a ledger balance is made of.",
    {
        SliceKind.FREE: "Available: ledger less maturing less held.",
        SliceKind.MATURING: "What is left of an increase that has not matured.",
        SliceKind.HELD: "What a hold in force sets aside.",
    },
)
describe(
    CauseKind,
    "ForecastCauseKind",
    "Why money becomes available by the mere passing of time.",
    {CauseKind.MATURITY: "It matures.", CauseKind.EXPIRY: "The hold that sets it aside lapses."},
)
describe(
    OptionKind,
    "SpendingOptionKind",
    "What can be done where an amount cannot be spent.",
    {
        OptionKind.SMALLER_AMOUNT: "Spend less now.",
        OptionKind.WAIT_FOR_MATURITY: "Wait until money matures.",
        OptionKind.WAIT_FOR_EXPIRY: "Wait until a hold lapses.",
    },
)
describe(
    ForecastBucket,
    "ForecastBucket",
    "Where the points of a forecast lie; what comes between two of them is told of the later one.",
    {
        ForecastBucket.EVENT: "Wherever something comes, at its own instant: at most 1,000 points of an account.",
        ForecastBucket.HOUR: "At full hours of UTC, where something came in the hour before.",
        ForecastBucket.DAY: "At midnight UTC, where something came in the day before.",
    },
)

_REJECTIONS: Final[Mapping[RejectionCode, str]] = {
    RejectionCode.INVALID_AMOUNT: "An amount is zero, negative, or not one of its currency.",
    RejectionCode.UNBALANCED: "Debits and credits differ in a currency.",
    RejectionCode.IDEMPOTENCY_KEY_REUSED: "The idempotency key already stands for a different command.",
    RejectionCode.INVALID_TIME: "An instant is not allowed where it was given.",
    RejectionCode.ACCOUNT_NOT_FOUND: "There is no such account.",
    RejectionCode.HOLD_NOT_FOUND: "There is no such hold.",
    RejectionCode.TRANSACTION_NOT_FOUND: "There is no such transaction, or no such line in it.",
    RejectionCode.POLICY_NOT_FOUND: "There is no such policy, or the account follows none.",
    RejectionCode.QUOTE_NOT_FOUND: "There is no such quote.",
    RejectionCode.POLICY_INVALID: "A policy or a calendar's days cannot be kept as given; the problems say why.",
    RejectionCode.POLICY_GAP: "The policy that the account follows says nothing about such a deposit.",
    RejectionCode.ADVANCE_NOT_OFFERED: "No plan offers the account an advance, or none so small that the fee takes it.",
    RejectionCode.SAME_ACCOUNT: "Money would go from an account to itself.",
    RejectionCode.EXTERNAL_ID_TAKEN: "The external id already belongs to another object of the same kind.",
    RejectionCode.DESTINATION_MISSING: "Neither the capture nor the hold says where the money goes.",
    RejectionCode.NOT_REVERSIBLE: "Transactions of this kind are not reversed.",
    RejectionCode.CURRENCY_MISMATCH: "An amount is of another currency than its account.",
    RejectionCode.ACCOUNT_CLOSED: "The account is closed.",
    RejectionCode.ACCOUNT_FROZEN: "A freeze of the account stops this direction.",
    RejectionCode.INVALID_STATUS: "The account is not in a state in which the command would change it so.",
    RejectionCode.VERSION_CONFLICT: "A required version is not the account's version.",
    RejectionCode.CONDITION_FAILED: "A required condition on a balance does not hold.",
    RejectionCode.HOLD_NOT_ACTIVE: "The hold was captured, released, or has expired.",
    RejectionCode.QUOTE_NOT_OPEN: "The quote was accepted already, or has expired.",
    RejectionCode.QUOTE_CHANGED: "Less matures by now at one of the quote's instants than when it was quoted.",
    RejectionCode.ADVANCE_EXCEEDED: "More is asked for than can be advanced of what matures, or on this day.",
    RejectionCode.CAPTURE_EXCEEDS_HOLD: "More would be captured than the hold still sets aside.",
    RejectionCode.RELEASE_EXCEEDS_HOLD: "More would be released than the hold still sets aside.",
    RejectionCode.REVERSAL_EXCEEDS_ORIGINAL: "More would be undone than is left of an entry.",
    RejectionCode.PIN_NOT_ALLOWED: "Money that has not matured would be taken by what matures later.",
    RejectionCode.SLICE_EXCEEDED: "More would be taken from a maturity than lies there.",
    RejectionCode.INSUFFICIENT_FUNDS: "The account has not enough spendable money.",
    RejectionCode.ACCOUNT_NOT_EMPTY: "Something still stands, matures or is held on the account.",
    RejectionCode.BALANCE_OVERFLOW: "A balance would become larger than the ledger can keep.",
    RejectionCode.GROUP_REJECTED: "Another command of an all-or-nothing call was refused.",
}
describe(
    RejectionCode,
    "RejectionCode",
    "Why the ledger refused a command. Where several reasons apply, the first in this order is given.",
    _REJECTIONS,
)
