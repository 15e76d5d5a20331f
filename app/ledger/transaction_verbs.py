"""What is decided about money that moves: transfer and post, and what every posting has in common."""

from collections.abc import Sequence
from uuid import UUID

from app.ledger.account import Metadata, Side
from app.ledger.book import TRANSACTION_KIND
from app.ledger.case import Case
from app.ledger.command import PostTransaction, Transfer
from app.ledger.decision import Accepted, Culprit, Rejection, RejectionCode
from app.ledger.effect import Licence, gather, judge, settle, write
from app.ledger.event import EventKind
from app.ledger.transaction import Entry, Line, Transaction
from app.values import value

FOREVER = 253_402_300_799_999_999
"""9999-12-31T23:59:59.999999Z: until released."""


@value
class Header:
    """What a transaction says beside its entries."""

    kind: str
    effective_at: int
    description: str | None = None
    external_id: str | None = None
    correlation_id: str | None = None
    metadata: Metadata = ()
    forced: bool = False
    advanced: bool = False
    hold_id: UUID | None = None
    reverses_id: UUID | None = None


def later(case: Case, available_at: int | None) -> int | None:
    """Return when a line matures: None where that instant has come already."""
    return available_at if available_at is not None and available_at > case.at else None


def transfer(case: Case, command: Transfer) -> Accepted | Rejection:
    """Debit one account and credit another."""
    source = case.account(command.from_, line=1, named="from")
    target = case.account(command.to, line=2, named="to")
    case.conditions(command.require)
    effective_at = case.effective_at(command.effective_at)
    if source is None or target is None:
        return case.certain()
    if source.id == target.id:
        case.refuse(RejectionCode.SAME_ACCOUNT, Culprit(account=source.id, line=2, field="to"))
    amount = command.amount
    lines = (
        Line(source, Side.DEBIT, amount.minor),
        Line(target, Side.CREDIT, amount.minor, later(case, command.available_at)),
    )
    header = Header(
        command.kind,
        effective_at,
        command.description,
        command.external_id,
        command.correlation_id,
        command.metadata,
        forced=command.force,
    )
    for number, line in enumerate(lines, 1):
        case.line_matches(line.account, amount.currency, number)
    return post(case, header, lines, Licence(force=command.force))


def post_transaction(case: Case, command: PostTransaction) -> Accepted | Rejection:
    """Post entries as the caller drew them."""
    lines: list[Line] = []
    for number, draft in enumerate(command.entries, 1):
        account = case.account(draft.account, line=number, named="account")
        if account is None:
            continue
        case.line_matches(account, draft.amount.currency, number)
        available_at = later(case, draft.available_at)
        lines.append(Line(account, draft.side, draft.amount.minor, available_at, draft.kind, draft.reason))
    case.conditions(command.require)
    effective_at = case.effective_at(command.effective_at)
    if len(lines) < len(command.entries):
        return case.certain()
    header = Header(
        command.kind,
        effective_at,
        command.description,
        command.external_id,
        command.correlation_id,
        command.metadata,
        forced=command.force,
        advanced=command.advance,
    )
    return post(case, header, lines, Licence(force=command.force, pins=command.advance))


def own_rest(case: Case, entry: Entry) -> int:
    """Return an entry's amount less every opposite line that names it."""
    named = case.book.naming.get(entry.key, ())
    return entry.amount - sum(line.amount for line in named if line.side is not entry.side)


def post(
    case: Case,
    header: Header,
    lines: Sequence[Line],
    licence: Licence,
) -> Accepted | Rejection:
    """Judge a balanced transaction as a whole and write it, or return the weightiest refusal."""
    effects = gather(lines)
    case.new_external_id(TRANSACTION_KIND, header.external_id)
    judge(case, effects, lines, licence)
    if refusal := case.verdict():
        return refusal
    case.book.advance()
    enter(case, header, lines)
    balances = settle(case, effects)
    announce(case, header, case.request.new_id, lines)
    return case.accepted(balances, transaction_id=case.request.new_id, hold_id=header.hold_id)


def enter(case: Case, header: Header, lines: Sequence[Line]) -> None:
    """Write the transaction under the request's new id at the book's present sequence."""
    transaction = Transaction(
        id=case.request.new_id,
        sequence=case.book.sequence,
        kind=header.kind,
        description=header.description,
        external_id=header.external_id,
        correlation_id=header.correlation_id,
        metadata=header.metadata,
        forced=header.forced,
        advanced=header.advanced,
        effective_at=header.effective_at,
        recorded_at=case.at,
        hold_id=header.hold_id,
        reverses_id=header.reverses_id,
        principal=case.request.principal,
    )
    case.book.claim(TRANSACTION_KIND, header.external_id, transaction.id)
    write(case, transaction, lines)


def announce(case: Case, header: Header, transaction_id: UUID, lines: Sequence[Line]) -> None:
    """Leave the event of a posted transaction."""
    payload = (
        ("kind", header.kind),
        ("entries", len(lines)),
        ("forced", int(header.forced)),
        ("advanced", int(header.advanced)),
    )
    case.emit(EventKind.TRANSACTION_POSTED, transaction_id, payload)
