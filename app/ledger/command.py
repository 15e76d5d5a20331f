"""What a caller may ask of the ledger: one frozen value for each verb."""

from typing import ClassVar, TypeAlias

from app.ledger.account import Direction, Metadata, Purpose, Side
from app.ledger.advance_command import AcceptInstantQuote, QuoteInstantAvailability, SetAdvancePlan
from app.ledger.money import Amount
from app.ledger.reference import Conditions, EntryReference, KeptUntil, Reference
from app.values import value


@value
class OpenAccount:
    """Open an account; `floor` is normalised decimal text in its currency."""

    operation: ClassVar = "openAccount"
    currency: str
    purpose: Purpose = Purpose.CUSTOMER
    normal_side: Side = Side.CREDIT
    floor: str = "0"
    unlimited: bool = False
    external_id: str | None = None
    name: str | None = None
    metadata: Metadata = ()


@value
class UpdateAccount:
    """Change an account's name, floor, limit or metadata; None leaves as it is."""

    operation: ClassVar = "updateAccount"
    account: Reference
    name: str | None = None
    floor: str | None = None
    unlimited: bool | None = None
    metadata: Metadata | None = None
    require: Conditions = ()


@value
class FreezeAccount:
    """Stop money from leaving an account, from arriving, or both."""

    operation: ClassVar = "freezeAccount"
    account: Reference
    direction: Direction = Direction.BOTH
    reason: str | None = None
    require: Conditions = ()


@value
class UnfreezeAccount:
    """Lift a freeze."""

    operation: ClassVar = "unfreezeAccount"
    account: Reference
    direction: Direction = Direction.BOTH
    reason: str | None = None
    require: Conditions = ()


@value
class CloseAccount:
    """Close an empty account."""

    operation: ClassVar = "closeAccount"
    account: Reference
    reason: str | None = None
    require: Conditions = ()


@value
class ReopenAccount:
    """Open a closed account again."""

    operation: ClassVar = "reopenAccount"
    account: Reference
    reason: str | None = None
    require: Conditions = ()


@value
class Transfer:
    """Debit one account and credit another; `available_at` is when the `to` line matures."""

    operation: ClassVar = "transfer"
    from_: Reference
    to: Reference
    amount: Amount
    available_at: int | None = None
    effective_at: int | None = None
    kind: str = "TRANSFER"
    external_id: str | None = None
    correlation_id: str | None = None
    description: str | None = None
    metadata: Metadata = ()
    require: Conditions = ()
    force: bool = False


@value
class EntryDraft:
    """One line of a transaction as the caller gives it."""

    account: Reference
    side: Side
    amount: Amount
    available_at: int | None = None
    kind: str = "PRINCIPAL"
    reason: str | None = None


@value
class PostTransaction:
    """Post n ≥ 2 entries whose debits equal their credits in each currency."""

    operation: ClassVar = "postTransaction"
    entries: tuple[EntryDraft, ...]
    effective_at: int | None = None
    kind: str = "JOURNAL"
    external_id: str | None = None
    correlation_id: str | None = None
    description: str | None = None
    metadata: Metadata = ()
    require: Conditions = ()
    force: bool = False
    advance: bool = False


@value
class ReversedLine:
    """How much of one line to undo; `amount` is normalised decimal text in the line's currency."""

    line: int
    amount: str


@value
class ReverseTransaction:
    """Undo what remains of a transaction, or part of it."""

    operation: ClassVar = "reverseTransaction"
    transaction: Reference
    amount: Amount | None = None
    lines: tuple[ReversedLine, ...] | None = None
    external_id: str | None = None
    correlation_id: str | None = None
    description: str | None = None
    metadata: Metadata = ()
    require: Conditions = ()
    force: bool = False


@value
class RescheduleEntry:
    """Move the rest of a maturing entry, or part of it, to another instant; None is at once."""

    operation: ClassVar = "rescheduleEntry"
    transaction: Reference
    line: int
    amount: Amount | None = None
    available_at: int | None = None
    reason: str = ""
    require: Conditions = ()


@value
class ReleaseEarly:
    """Let the rest of a maturing increase, or part of it, come earlier than it would; None is at once."""

    operation: ClassVar = "releaseEarly"
    entry: EntryReference
    amount: Amount | None = None
    available_at: int | None = None
    reason: str = ""
    require: Conditions = ()


@value
class DelayAvailability:
    """Let the rest of an increase, or part of it, come later than it would, or not before `until` where it has come."""

    operation: ClassVar = "delayAvailability"
    entry: EntryReference
    until: int
    amount: Amount | None = None
    reason: str = ""
    require: Conditions = ()


@value
class PlaceHold:
    """Set money of an account aside, for ever or until an instant."""

    operation: ClassVar = "placeHold"
    account: Reference
    amount: Amount
    expires_at: int | None = None
    destination: Reference | None = None
    reason: str | None = None
    external_id: str | None = None
    correlation_id: str | None = None
    description: str | None = None
    metadata: Metadata = ()
    require: Conditions = ()
    force: bool = False


@value
class CaptureDestination:
    """Where part of a capture goes."""

    account: Reference
    amount: Amount
    available_at: int | None = None
    kind: str = "PRINCIPAL"


@value
class CaptureHold:
    """Take held money: to the given destinations, or to the hold's own; no amount is all of it."""

    operation: ClassVar = "captureHold"
    hold: Reference
    amount: Amount | None = None
    final: bool = True
    allow_excess: bool = False
    available_at: int | None = None
    destinations: tuple[CaptureDestination, ...] | None = None
    external_id: str | None = None
    correlation_id: str | None = None
    description: str | None = None
    metadata: Metadata = ()
    require: Conditions = ()
    force: bool = False


@value
class ReleaseHold:
    """Let held money go, all of it or part."""

    operation: ClassVar = "releaseHold"
    hold: Reference
    amount: Amount | None = None
    require: Conditions = ()


@value
class IncrementHold:
    """Set more money aside under the same hold."""

    operation: ClassVar = "incrementHold"
    hold: Reference
    amount: Amount
    require: Conditions = ()
    force: bool = False


@value
class ExtendHold:
    """Put a hold's expiry off; None is never."""

    operation: ClassVar = "extendHold"
    hold: Reference
    expires_at: int | None = None
    require: Conditions = ()


@value
class RecordExpiry:
    """Write down that a hold has lapsed; internal, without key, safe by the hold's state."""

    operation: ClassVar = "recordExpiry"
    hold: Reference
    require: Conditions = ()


@value
class Deposit:
    """Bring money in from outside: credited as the policy in force on `to` shares it out in time.

    `available_at` overrides the policy; an instant that has come is at once.
    """

    operation: ClassVar = "deposit"
    from_: Reference
    to: Reference
    amount: Amount
    method: str
    available_at: int | None = None
    effective_at: int | None = None
    external_id: str | None = None
    correlation_id: str | None = None
    description: str | None = None
    metadata: Metadata = ()
    require: Conditions = ()
    force: bool = False


@value
class PublishPolicy:
    """Publish the next version of the policy of a name, or its first; `document` is the JSON text of its terms.

    `expected_version` is the version that it must follow, 0 for a policy that must be new.
    """

    operation: ClassVar = "publishPolicy"
    name: str
    document: str
    expected_version: int | None = None
    require: Conditions = ()


@value
class AssignPolicy:
    """Let deposits to an account follow a policy; no account is the default of all accounts of its currency.

    No policy lets an account follow the default again.
    """

    operation: ClassVar = "assignPolicy"
    policy: Reference | None
    account: Reference | None = None
    require: Conditions = ()


@value
class SetClosures:
    """Close and open days of a calendar for this tenant, each as `date.toordinal()`."""

    operation: ClassVar = "setClosures"
    calendar: str
    closed: tuple[int, ...] = ()
    opened: tuple[int, ...] = ()
    require: Conditions = ()


@value
class SetReservePlan:
    """Keep a share of each deposit to an account from now on, for so many days or until an instant; 0 is nothing.

    `cap` is normalised decimal text in the account's currency, of what is kept at one time.
    """

    operation: ClassVar = "setReservePlan"
    account: Reference
    basis_points: int
    days: int | KeptUntil = 0
    cap: str | None = None
    require: Conditions = ()


@value
class ForfeitReserve:
    """Take what is kept of a deposit, or part of it, for another account, which has it at once."""

    operation: ClassVar = "forfeitReserve"
    entry: EntryReference
    to: Reference
    amount: Amount | None = None
    reason: str = ""
    external_id: str | None = None
    require: Conditions = ()
    force: bool = False


Command: TypeAlias = (
    OpenAccount
    | UpdateAccount
    | FreezeAccount
    | UnfreezeAccount
    | CloseAccount
    | ReopenAccount
    | Transfer
    | PostTransaction
    | ReverseTransaction
    | RescheduleEntry
    | ReleaseEarly
    | DelayAvailability
    | PlaceHold
    | CaptureHold
    | ReleaseHold
    | IncrementHold
    | ExtendHold
    | RecordExpiry
    | Deposit
    | PublishPolicy
    | AssignPolicy
    | SetClosures
    | SetReservePlan
    | ForfeitReserve
    | SetAdvancePlan
    | QuoteInstantAvailability
    | AcceptInstantQuote
)
