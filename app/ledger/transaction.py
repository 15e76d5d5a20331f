"""Transactions and their entries: immutable, and balanced in every currency."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from app.ledger.account import Account, Metadata, Side
from app.values import value

ENTRIES_MAX: Final = 100
CAPTURE: Final = "CAPTURE"
REVERSAL: Final = "REVERSAL"
RESCHEDULE: Final = "RESCHEDULE"
DEPOSIT: Final = "DEPOSIT"
FORFEITURE: Final = "FORFEITURE"
ADVANCE: Final = "ADVANCE"
PRINCIPAL: Final = "PRINCIPAL"
FEE: Final = "FEE"
RESERVED_KINDS: Final = frozenset({CAPTURE, REVERSAL, RESCHEDULE, ADVANCE})
"""Kinds that only the ledger itself gives to a transaction."""


@value
class EntryKey:
    """Which entry: the transaction and the line in it."""

    transaction_id: UUID
    line: int


@value
class Line:
    """An entry about to be made: on which account and side, how much, and when it matures."""

    account: Account
    side: Side
    amount: int
    available_at: int | None = None
    kind: str = PRINCIPAL
    reason: str | None = None
    of_entry: EntryKey | None = None

    @property
    def signed(self) -> int:
        """The amount in the account's normal sign: positive where it increases the account."""
        return self.amount if self.side is self.account.normal_side else -self.amount


@value
class Entry:
    """One debit or credit line; amounts in minor units, balances in the account's normal sign.

    `maturing_after` is what had yet to mature on the account right after this line, at
    `recorded_at`; `available_at` None means at once.
    """

    transaction_id: UUID
    line: int
    account_id: UUID
    side: Side
    amount: int
    kind: str
    reason: str | None
    of_entry: EntryKey | None
    available_at: int | None
    balance_after: int
    maturing_after: int
    account_version: int
    sequence: int
    recorded_at: int
    effective_at: int

    @property
    def key(self) -> EntryKey:
        """The entry's own name."""
        return EntryKey(self.transaction_id, self.line)


@value
class Transaction:
    """What ties entries together; `reverses_id` and `hold_id` say what it came from."""

    id: UUID
    sequence: int
    kind: str
    description: str | None
    external_id: str | None
    correlation_id: str | None
    metadata: Metadata
    forced: bool
    advanced: bool
    effective_at: int
    recorded_at: int
    hold_id: UUID | None
    reverses_id: UUID | None
    principal: str


def imbalance(sides: Iterable[tuple[str, Side, int]]) -> tuple[str, int, int] | None:
    """Return (currency, debits, credits) of the first currency, by code, that does not balance."""
    totals: dict[str, list[int]] = {}
    for currency, side, amount in sides:
        total = totals.setdefault(currency, [0, 0])
        total[side is Side.CREDIT] += amount
    for currency in sorted(totals):
        debits, credits_ = totals[currency]
        if debits != credits_:
            return currency, debits, credits_
    return None
