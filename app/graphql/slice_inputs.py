"""Inputs of what moves money in time."""

import strawberry

from app import ledger
from app.graphql import bounds, wording
from app.graphql.bounds import Currencies, Path
from app.graphql.references import (
    AccountBy,
    EntryBy,
    MoneyInput,
    RequireInput,
    TransactionBy,
    conditions,
    optional_amount,
)
from app.graphql.scalars import Instant

_REASON = "Why, in the caller's words; 1 to 200 characters."


@strawberry.input(
    description="Moves money that has yet to mature to another instant. To an earlier one it needs the scope"
    " money:advance."
)
class RescheduleEntryInput:
    """An entry, how much of it, and when."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    transaction: TransactionBy = strawberry.field(description="The transaction of the entry.")
    line: int = strawberry.field(description="The entry's number in it, from 1.")
    amount: MoneyInput | None = strawberry.field(description="How much of it; all that still matures where left out.")
    available_at: Instant | None = strawberry.field(description="When it is to mature; at once where left out.")
    reason: str = strawberry.field(description=_REASON)
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.RescheduleEntry:
        """Return the command meant."""
        return ledger.RescheduleEntry(
            transaction=self.transaction.reference((*path, "transaction")),
            line=self.line,
            amount=optional_amount(self.amount, currencies, path),
            available_at=self.available_at,
            reason=bounds.reason(self.reason, path, least=1) or "",
            require=conditions(self.require, path),
        )


@strawberry.input(
    description="Lets money that has yet to mature come earlier. delayAvailability of the new entry undoes it."
)
class ReleaseEarlyInput:
    """An entry, how much of it, and when instead."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    entry: EntryBy = strawberry.field(description="The increase whose money is to come earlier.")
    amount: MoneyInput | None = strawberry.field(description="How much of it; all that still matures where left out.")
    available_at: Instant | None = strawberry.field(
        description="When it is to come, which is before it would; at once where left out."
    )
    reason: str = strawberry.field(description=_REASON)
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.ReleaseEarly:
        """Return the command meant."""
        return ledger.ReleaseEarly(
            entry=self.entry.reference((*path, "entry")),
            amount=optional_amount(self.amount, currencies, path),
            available_at=self.available_at,
            reason=bounds.reason(self.reason, path, least=1) or "",
            require=conditions(self.require, path),
        )


@strawberry.input(
    description=(
        "Lets money come later than it would. What has come already is taken from what is available, as far as it is"
        " spendable. releaseEarly of the new entry undoes it."
    )
)
class DelayAvailabilityInput:
    """An entry, how much of it, and until when."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    entry: EntryBy = strawberry.field(description="The increase whose money is to come later.")
    amount: MoneyInput | None = strawberry.field(
        description="How much of it; all that was not moved or undone where left out."
    )
    until: Instant = strawberry.field(
        description="When it is to come, which is after it would; 9999-12-31T23:59:59.999999Z is until released."
    )
    reason: str = strawberry.field(description=_REASON)
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.DelayAvailability:
        """Return the command meant."""
        return ledger.DelayAvailability(
            entry=self.entry.reference((*path, "entry")),
            until=self.until,
            amount=optional_amount(self.amount, currencies, path),
            reason=bounds.reason(self.reason, path, least=1) or "",
            require=conditions(self.require, path),
        )


@strawberry.input(
    description="Takes what is kept of a deposit as a reserve and has yet to mature, and gives it to another account at"
    " once."
)
class ForfeitReserveInput:
    """An entry of kind RESERVE, how much of it, and for whom."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    entry: EntryBy = strawberry.field(description="The entry of kind RESERVE.")
    to: AccountBy = strawberry.field(description="Who has it then; money of a CREDIT account is credited there.")
    amount: MoneyInput | None = strawberry.field(description="How much of it; all that still matures where left out.")
    reason: str = strawberry.field(description=_REASON)
    external_id: str | None = strawberry.field(description=wording.EXTERNAL_ID)
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    force: bool | None = strawberry.field(default=False, description=wording.FORCE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.ForfeitReserve:
        """Return the command meant."""
        return ledger.ForfeitReserve(
            entry=self.entry.reference((*path, "entry")),
            to=self.to.reference((*path, "to")),
            amount=optional_amount(self.amount, currencies, path),
            reason=bounds.reason(self.reason, path, least=1) or "",
            external_id=bounds.label(self.external_id, (*path, "externalId")),
            require=conditions(self.require, path),
            force=bool(self.force),
        )
