"""Inputs about transactions, and the commands that they mean."""

import strawberry

from app import ledger, services
from app.graphql import bounds, wording
from app.graphql.bounds import Currencies, Path
from app.graphql.enums import Side
from app.graphql.references import AccountBy, MoneyInput, RequireInput, TransactionBy, conditions, optional_amount
from app.graphql.scalars import DecimalText, Instant, Metadata


@strawberry.input(description="Debits one account and credits another.")
class TransferInput:
    """Two accounts and an amount."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    from_: AccountBy = strawberry.field(name="from", description="The account to debit.")
    to: AccountBy = strawberry.field(description="The account to credit.")
    amount: MoneyInput = strawberry.field(description="How much; above zero.")
    available_at: Instant | None = strawberry.field(description=f"On the line of `to`. {wording.AVAILABLE_AT}")
    effective_at: Instant | None = strawberry.field(description=wording.EFFECTIVE_AT)
    kind: str | None = strawberry.field(default="TRANSFER", description=wording.TRANSACTION_KIND)
    external_id: str | None = strawberry.field(description=wording.EXTERNAL_ID)
    correlation_id: str | None = strawberry.field(description=wording.CORRELATION_ID)
    description: str | None = strawberry.field(description=wording.DESCRIPTION)
    metadata: Metadata | None = strawberry.field(description=wording.METADATA)
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    force: bool | None = strawberry.field(default=False, description=wording.FORCE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.Transfer:
        """Return the command meant."""
        return ledger.Transfer(
            from_=self.from_.reference((*path, "from")),
            to=self.to.reference((*path, "to")),
            amount=self.amount.amount_in(currencies, (*path, "amount")),
            available_at=self.available_at,
            effective_at=self.effective_at,
            kind=bounds.new_kind("TRANSFER" if self.kind is None else self.kind, (*path, "kind")),
            external_id=bounds.label(self.external_id, (*path, "externalId")),
            correlation_id=bounds.label(self.correlation_id, (*path, "correlationId")),
            description=bounds.description(self.description, path),
            metadata=bounds.metadata(self.metadata),
            require=conditions(self.require, path),
            force=bool(self.force),
        )


@strawberry.input(description="One line of a transaction.")
class EntryInput:
    """An account, a side and an amount."""

    account: AccountBy = strawberry.field(description=wording.ACCOUNT)
    side: Side = strawberry.field(description="Debit or credit.")
    amount: MoneyInput = strawberry.field(description="How much; above zero.")
    available_at: Instant | None = strawberry.field(description=wording.AVAILABLE_AT)
    kind: str | None = strawberry.field(default="PRINCIPAL", description=wording.ENTRY_KIND)
    reason: str | None = strawberry.field(description=wording.REASON)

    def draft(self, currencies: Currencies, path: Path) -> ledger.EntryDraft:
        """Return the line meant."""
        return ledger.EntryDraft(
            account=self.account.reference((*path, "account")),
            side=self.side,
            amount=self.amount.amount_in(currencies, (*path, "amount")),
            available_at=self.available_at,
            kind=bounds.kind("PRINCIPAL" if self.kind is None else self.kind, (*path, "kind")),
            reason=bounds.reason(self.reason, path),
        )


@strawberry.input(description="Posts a transaction of entries whose debits equal their credits in each currency.")
class PostTransactionInput:
    """The lines, and what is said of them together."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    entries: list[EntryInput] = strawberry.field(description="The lines, 2 to 100; their order decides nothing.")
    effective_at: Instant | None = strawberry.field(description=wording.EFFECTIVE_AT)
    kind: str | None = strawberry.field(default="JOURNAL", description=wording.TRANSACTION_KIND)
    external_id: str | None = strawberry.field(description=wording.EXTERNAL_ID)
    correlation_id: str | None = strawberry.field(description=wording.CORRELATION_ID)
    description: str | None = strawberry.field(description=wording.DESCRIPTION)
    metadata: Metadata | None = strawberry.field(description=wording.METADATA)
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    force: bool | None = strawberry.field(default=False, description=wording.FORCE)
    advance: bool | None = strawberry.field(
        default=False,
        description="Whether money may be taken that has not matured, from what matures at the same instant."
        " Needs the scope money:advance.",
    )
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.PostTransaction:
        """Return the command meant."""
        at = (*path, "entries")
        bounds.listed(self.entries, at, most=ledger.ENTRIES_MAX, least=bounds.ENTRIES_MIN)
        return ledger.PostTransaction(
            entries=tuple(entry.draft(currencies, (*at, index)) for index, entry in enumerate(self.entries)),
            effective_at=self.effective_at,
            kind=bounds.new_kind("JOURNAL" if self.kind is None else self.kind, (*path, "kind")),
            external_id=bounds.label(self.external_id, (*path, "externalId")),
            correlation_id=bounds.label(self.correlation_id, (*path, "correlationId")),
            description=bounds.description(self.description, path),
            metadata=bounds.metadata(self.metadata),
            require=conditions(self.require, path),
            force=bool(self.force),
            advance=bool(self.advance),
        )


@strawberry.input(description="How much of one line to undo.")
class ReversedLineInput:
    """A line and an amount."""

    line: int = strawberry.field(description="Its number in the transaction, from 1.")
    amount: DecimalText = strawberry.field(description="How much, in major units of the line's currency.")


@strawberry.input(
    description="Undoes what remains of a transaction; with lines, or an amount where it has two entries, part of it."
)
class ReverseTransactionInput:
    """A transaction, and how much of it."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    transaction: TransactionBy = strawberry.field(description="The transaction to undo.")
    amount: MoneyInput | None = strawberry.field(
        description="How much of both lines of a transaction of two entries; not together with lines."
    )
    lines: list[ReversedLineInput] | None = strawberry.field(
        description="How much of which lines, balanced in each currency, at most 100; not together with amount."
    )
    external_id: str | None = strawberry.field(description=wording.EXTERNAL_ID)
    correlation_id: str | None = strawberry.field(description=wording.CORRELATION_ID)
    description: str | None = strawberry.field(description=wording.DESCRIPTION)
    metadata: Metadata | None = strawberry.field(description=wording.METADATA)
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    force: bool | None = strawberry.field(default=False, description=wording.FORCE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.ReverseTransaction:
        """Return the command meant."""
        if self.amount is not None and self.lines is not None:
            raise services.BadInput("Give amount or lines, not both.", (*path, "lines"))
        return ledger.ReverseTransaction(
            transaction=self.transaction.reference((*path, "transaction")),
            amount=optional_amount(self.amount, currencies, path),
            lines=self._lines((*path, "lines")),
            external_id=bounds.label(self.external_id, (*path, "externalId")),
            correlation_id=bounds.label(self.correlation_id, (*path, "correlationId")),
            description=bounds.description(self.description, path),
            metadata=bounds.metadata(self.metadata),
            require=conditions(self.require, path),
            force=bool(self.force),
        )

    def _lines(self, path: Path) -> tuple[ledger.ReversedLine, ...] | None:
        if self.lines is None:
            return None
        bounds.listed(self.lines, path, most=bounds.LINES_MAX)
        seen: set[int] = set()
        for index, item in enumerate(self.lines):
            if item.line in seen:
                raise services.BadInput(f"Line {item.line} is given twice.", (*path, index, "line"))
            seen.add(item.line)
        return tuple(ledger.ReversedLine(item.line, item.amount) for item in self.lines)
