"""What the ledger answers: accepted, or refused for a reason that stands in order of precedence."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from app.ledger.balance import Balance
from app.ledger.policy import PolicyProblem
from app.ledger.policy_record import DepositSlice
from app.ledger.transaction import Transaction
from app.values import value


class RejectionCode(StrEnum):
    """Every reason for a refusal, the weightier first.

    UNBALANCED stands where it does for reversals; of a command that is unbalanced by itself it is
    found before all others but INVALID_AMOUNT.
    """

    INVALID_AMOUNT = "INVALID_AMOUNT"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    INVALID_TIME = "INVALID_TIME"
    ACCOUNT_NOT_FOUND = "ACCOUNT_NOT_FOUND"
    HOLD_NOT_FOUND = "HOLD_NOT_FOUND"
    TRANSACTION_NOT_FOUND = "TRANSACTION_NOT_FOUND"
    POLICY_NOT_FOUND = "POLICY_NOT_FOUND"
    QUOTE_NOT_FOUND = "QUOTE_NOT_FOUND"
    SAME_ACCOUNT = "SAME_ACCOUNT"
    UNBALANCED = "UNBALANCED"
    EXTERNAL_ID_TAKEN = "EXTERNAL_ID_TAKEN"
    DESTINATION_MISSING = "DESTINATION_MISSING"
    NOT_REVERSIBLE = "NOT_REVERSIBLE"
    POLICY_INVALID = "POLICY_INVALID"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    POLICY_GAP = "POLICY_GAP"
    ADVANCE_NOT_OFFERED = "ADVANCE_NOT_OFFERED"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    ACCOUNT_FROZEN = "ACCOUNT_FROZEN"
    INVALID_STATUS = "INVALID_STATUS"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    CONDITION_FAILED = "CONDITION_FAILED"
    HOLD_NOT_ACTIVE = "HOLD_NOT_ACTIVE"
    QUOTE_NOT_OPEN = "QUOTE_NOT_OPEN"
    QUOTE_CHANGED = "QUOTE_CHANGED"
    ADVANCE_EXCEEDED = "ADVANCE_EXCEEDED"
    CAPTURE_EXCEEDS_HOLD = "CAPTURE_EXCEEDS_HOLD"
    RELEASE_EXCEEDS_HOLD = "RELEASE_EXCEEDS_HOLD"
    REVERSAL_EXCEEDS_ORIGINAL = "REVERSAL_EXCEEDS_ORIGINAL"
    PIN_NOT_ALLOWED = "PIN_NOT_ALLOWED"
    SLICE_EXCEEDED = "SLICE_EXCEEDED"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    ACCOUNT_NOT_EMPTY = "ACCOUNT_NOT_EMPTY"
    BALANCE_OVERFLOW = "BALANCE_OVERFLOW"
    GROUP_REJECTED = "GROUP_REJECTED"


RANK: Final[Mapping[RejectionCode, int]] = {code: rank for rank, code in enumerate(RejectionCode)}
"""The place of each code in the order of precedence."""


@value
class Culprit:
    """What a refusal is about: at most one of each, `line` from 1, `index` from 0 within the call."""

    account: UUID | None = None
    hold: UUID | None = None
    transaction: UUID | None = None
    line: int | None = None
    index: int | None = None
    field: str | None = None


NOBODY: Final = Culprit()


@value
class Rejection:
    """A typed refusal with the numbers a person needs, in minor units of `currency`.

    Which numbers are set depends on the code: `spendable`, `shortfall` and `earliest_at` for
    INSUFFICIENT_FUNDS; `remaining` where a limit was exceeded; `expected` and `actual` for
    conflicts; `differs` names the fields for a key used again; `problems` are those of a policy.
    """

    code: RejectionCode
    culprit: Culprit = NOBODY
    currency: str | None = None
    exponent: int = 0
    spendable: int | None = None
    shortfall: int | None = None
    earliest_at: int | None = None
    remaining: int | None = None
    expected: str | None = None
    actual: str | None = None
    differs: tuple[str, ...] = ()
    problems: tuple[PolicyProblem, ...] = ()

    @property
    def order(self) -> tuple[int, int]:
        """Where it stands among several: by code, then by the lowest line."""
        return RANK[self.code], self.culprit.line or 0


@value
class Accepted:
    """The command took effect as `sequence`, and made or changed these.

    Of a dry run `balances` tells how the touched accounts would stand, and `slices` what a deposit would come to.
    `transaction` is the one that was posted, unless this is a replay: it never changes, and need not be read.
    """

    sequence: int
    recorded_at: int
    account_id: UUID | None = None
    transaction_id: UUID | None = None
    hold_id: UUID | None = None
    replayed: bool = False
    balances: Mapping[UUID, Balance] = field(default_factory=dict, compare=False)
    slices: tuple[DepositSlice, ...] = field(default=(), compare=False)
    transaction: Transaction | None = field(default=None, compare=False)


@value
class Rejected:
    """The command was refused and changed nothing; `stored` where its key now stands for this."""

    rejection: Rejection
    replayed: bool = False
    stored: bool = True


@value
class Denied:
    """The caller lacks a scope that only the ledger could tell was needed; nothing is stored."""

    scope: str


Decision: TypeAlias = Accepted | Rejected | Denied


@value
class KeyRecord:
    """What an idempotency key stands for: the fingerprint of its command and what came of it."""

    operation: str
    key: str
    fingerprint: str
    digests: tuple[tuple[str, str], ...]
    principal: str
    after_sequence: int
    decided_at: int
    account_id: UUID | None = None
    transaction_id: UUID | None = None
    hold_id: UUID | None = None
    sequence: int | None = None
    rejection: Rejection | None = None
    request_id: UUID | None = None
    address: str | None = None
