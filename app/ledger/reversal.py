"""Reversal: undo what remains of a transaction's lines, from where their money now lies."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from app.ledger import money
from app.ledger.book import TRANSACTION_KIND
from app.ledger.case import Case
from app.ledger.command import ReverseTransaction
from app.ledger.decision import Accepted, Culprit, Rejection, RejectionCode
from app.ledger.effect import Licence
from app.ledger.transaction import ADVANCE, RESCHEDULE, REVERSAL, Entry, Line, Transaction, imbalance
from app.ledger.transaction_verbs import Header, later, own_rest, post

_LINES_BY_AMOUNT: Final = 2
"""An amount alone tells what to undo only of a transaction of two entries."""


@dataclass(slots=True)
class _Purse:
    """What this reversal may still take: from each entry's rest, and from each bucket."""

    case: Case
    buckets: dict[tuple[UUID, int], int] = field(default_factory=dict)

    def in_bucket(self, account_id: UUID, instant: int) -> int:
        """Return what the bucket holds after what this reversal gave and took."""
        key = (account_id, instant)
        return self.buckets.get(key, self.case.book.buckets.get(key, 0))

    def move(self, account_id: UUID, instant: int, amount: int) -> None:
        """Give to a bucket, or take from it."""
        self.buckets[account_id, instant] = self.in_bucket(account_id, instant) + amount


def reverse_transaction(case: Case, command: ReverseTransaction) -> Accepted | Rejection:
    """Undo a transaction, whole or in part; each line from its own rest first."""
    transaction = case.transaction(command.transaction)
    case.conditions(command.require)
    if transaction is None:
        return case.certain()
    wanted = _wanted(case, command, transaction)
    if transaction.kind in (RESCHEDULE, ADVANCE) or transaction.reverses_id is not None:
        case.new_external_id(TRANSACTION_KIND, command.external_id)
        case.refuse(RejectionCode.NOT_REVERSIBLE, Culprit(transaction=transaction.id))
        return case.certain()
    lines = _lines(case, transaction, wanted)
    header = Header(
        REVERSAL,
        case.at,
        command.description,
        command.external_id,
        command.correlation_id,
        command.metadata,
        forced=command.force,
        reverses_id=transaction.id,
    )
    return post(case, header, lines, Licence(force=command.force, pins=True))


def _wanted(case: Case, command: ReverseTransaction, transaction: Transaction) -> dict[int, int]:
    """Return how much of each line to undo, after noting what cannot be."""
    entries = {entry.line: entry for entry in case.book.entries[transaction.id]}
    wanted: dict[int, int] = {}
    if command.lines is not None:
        for asked in command.lines:
            entry = entries.get(asked.line)
            culprit = Culprit(transaction=transaction.id, line=asked.line)
            if entry is None:
                case.refuse(RejectionCode.TRANSACTION_NOT_FOUND, culprit)
                continue
            account = case.book.accounts[entry.account_id]
            amount = case.minor(asked.amount, account, culprit, positive=True)
            wanted[asked.line] = wanted.get(asked.line, 0) + amount
    elif command.amount is not None:
        if len(entries) != _LINES_BY_AMOUNT:
            culprit = Culprit(transaction=transaction.id, field="amount")
            case.refuse(RejectionCode.UNBALANCED, culprit, expected="lines", actual="amount")
        for entry in entries.values():
            account = case.book.accounts[entry.account_id]
            case.matches(account, command.amount.currency, Culprit(transaction=transaction.id, line=entry.line))
            wanted[entry.line] = command.amount.minor
    else:
        wanted = {line: remainder(case, entry) for line, entry in entries.items()}
    _judge(case, entries, wanted, transaction)
    return wanted


def _judge(case: Case, entries: dict[int, Entry], wanted: dict[int, int], transaction: Transaction) -> None:
    nothing_left = not any(wanted.values())
    for line, amount in sorted(wanted.items()):
        entry = entries[line]
        left = remainder(case, entry)
        if amount > left or nothing_left:
            account = case.book.accounts[entry.account_id]
            case.refuse(
                RejectionCode.REVERSAL_EXCEEDS_ORIGINAL,
                Culprit(account=account.id, transaction=transaction.id, line=line),
                remaining=left,
                currency=account.currency,
                exponent=account.exponent,
            )
    accounts = case.book.accounts
    crooked = imbalance(
        (accounts[entries[line].account_id].currency, entries[line].side.opposite, amount)
        for line, amount in wanted.items()
    )
    if crooked is not None:
        currency, debits, credits_ = crooked
        exponent = case.book.currencies[currency]
        case.refuse(
            RejectionCode.UNBALANCED,
            Culprit(transaction=transaction.id, field="lines"),
            expected=money.text_of(debits, exponent),
            actual=money.text_of(credits_, exponent),
            currency=currency,
            exponent=exponent,
        )


def _lines(case: Case, transaction: Transaction, wanted: dict[int, int]) -> list[Line]:
    """Return the reversing lines in the order of the original's; gifts count before takings."""
    purse = _Purse(case)
    made: dict[int, list[Line]] = {}
    undone = [
        (entry, case.book.accounts[entry.account_id], min(wanted[entry.line], remainder(case, entry)))
        for entry in case.book.entries[transaction.id]
        if wanted.get(entry.line)
    ]
    for entry, account, amount in undone:
        if entry.side is not account.normal_side:
            until = later(case, entry.available_at)
            if until is not None:
                purse.move(account.id, until, amount)
            made[entry.line] = [Line(account, entry.side.opposite, amount, until, entry.kind, of_entry=entry.key)]
    for entry, account, amount in undone:
        if entry.side is account.normal_side:
            made[entry.line] = [
                Line(account, entry.side.opposite, taken, instant, source.kind, of_entry=source.key)
                for source, instant, taken in _takings(case, purse, entry, amount)
            ]
    return [line for number in sorted(made) for line in made[number] if line.amount]


def _takings(case: Case, purse: _Purse, entry: Entry, amount: int) -> list[tuple[Entry, int | None, int]]:
    """Return (entry drawn from, bucket or None for available money, amount), which sum to the amount.

    First from the buckets where the money now lies, each at most what the bucket holds; the rest
    from available money, named after the entries that still have some.
    """
    takings: list[tuple[Entry, int | None, int]] = []
    left: list[tuple[Entry, int]] = []
    for source in _whereabouts(case, entry):
        rest = own_rest(case, source)
        instant = later(case, source.available_at)
        taken = 0
        if instant is not None:
            taken = max(0, min(amount, rest, purse.in_bucket(source.account_id, instant)))
            purse.move(source.account_id, instant, -taken)
        if taken:
            takings.append((source, instant, taken))
            amount -= taken
        left.append((source, rest - taken))
    for source, rest in left:
        taken = min(amount, rest)
        if taken:
            takings.append((source, None, taken))
            amount -= taken
    return takings


def _whereabouts(case: Case, entry: Entry) -> Iterator[Entry]:
    """Yield an increase and, depth first, the increases its money was rescheduled to."""
    waiting = [entry]
    while waiting:
        current = waiting.pop()
        yield current
        named = case.book.naming.get(current.key, ())
        waiting.extend(other for other in reversed(named) if other.side is current.side)


def remainder(case: Case, entry: Entry) -> int:
    """Return what of an entry can still be undone, wherever its money was moved in time."""
    return sum(own_rest(case, source) for source in _whereabouts(case, entry))
