"""Inputs about holds, and the commands that they mean."""

import strawberry

from app import ledger, services
from app.graphql import bounds, wording
from app.graphql.bounds import Currencies, Path
from app.graphql.references import AccountBy, HoldBy, MoneyInput, RequireInput, conditions, optional_amount
from app.graphql.scalars import Instant, Metadata


@strawberry.input(description="Sets money of an account aside.")
class PlaceHoldInput:
    """An account, an amount, and for how long."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    account: AccountBy = strawberry.field(description="The account whose money is set aside.")
    amount: MoneyInput = strawberry.field(description="How much; above zero.")
    expires_at: Instant | None = strawberry.field(description="When it is let go by itself; never where left out.")
    destination: AccountBy | None = strawberry.field(description="Where a capture goes that does not say so itself.")
    reason: str | None = strawberry.field(description=wording.REASON)
    external_id: str | None = strawberry.field(description=wording.EXTERNAL_ID)
    correlation_id: str | None = strawberry.field(description=wording.CORRELATION_ID)
    description: str | None = strawberry.field(description=wording.DESCRIPTION)
    metadata: Metadata | None = strawberry.field(description=wording.METADATA)
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    force: bool | None = strawberry.field(default=False, description=wording.FORCE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.PlaceHold:
        """Return the command meant."""
        to = self.destination
        return ledger.PlaceHold(
            account=self.account.reference((*path, "account")),
            amount=self.amount.amount_in(currencies, (*path, "amount")),
            expires_at=self.expires_at,
            destination=None if to is None else to.reference((*path, "destination")),
            reason=bounds.reason(self.reason, path),
            external_id=bounds.label(self.external_id, (*path, "externalId")),
            correlation_id=bounds.label(self.correlation_id, (*path, "correlationId")),
            description=bounds.description(self.description, path),
            metadata=bounds.metadata(self.metadata),
            require=conditions(self.require, path),
            force=bool(self.force),
        )


@strawberry.input(description="Where part of a capture goes.")
class CaptureDestinationInput:
    """An account and an amount."""

    account: AccountBy = strawberry.field(description="The account that receives it.")
    amount: MoneyInput = strawberry.field(description="How much; above zero.")
    available_at: Instant | None = strawberry.field(description=wording.AVAILABLE_AT)
    kind: str | None = strawberry.field(default="PRINCIPAL", description=wording.ENTRY_KIND)

    def destination(self, currencies: Currencies, path: Path) -> ledger.CaptureDestination:
        """Return the part meant."""
        return ledger.CaptureDestination(
            account=self.account.reference((*path, "account")),
            amount=self.amount.amount_in(currencies, (*path, "amount")),
            available_at=self.available_at,
            kind=bounds.kind("PRINCIPAL" if self.kind is None else self.kind, (*path, "kind")),
        )


@strawberry.input(description="Takes money that a hold sets aside.")
class CaptureHoldInput:
    """A hold, how much of it, and where it goes."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    hold: HoldBy = strawberry.field(description=wording.HOLD)
    amount: MoneyInput | None = strawberry.field(
        description="How much; all that remains where left out. With destinations, their sum."
    )
    final: bool | None = strawberry.field(default=True, description="Whether what is left then is let go.")
    allow_excess: bool | None = strawberry.field(
        default=False, description="Whether more may be taken than the hold sets aside, if the account has it."
    )
    available_at: Instant | None = strawberry.field(
        description=f"For the hold's own destination; not together with destinations. {wording.AVAILABLE_AT}"
    )
    destinations: list[CaptureDestinationInput] | None = strawberry.field(
        description="Where it goes, at most 99; to the hold's own destination where left out."
    )
    external_id: str | None = strawberry.field(description=wording.EXTERNAL_ID)
    correlation_id: str | None = strawberry.field(description=wording.CORRELATION_ID)
    description: str | None = strawberry.field(description=wording.DESCRIPTION)
    metadata: Metadata | None = strawberry.field(description=wording.METADATA)
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    force: bool | None = strawberry.field(default=False, description=wording.FORCE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.CaptureHold:
        """Return the command meant."""
        if self.destinations is not None and self.available_at is not None:
            raise services.BadInput("Each destination has an availableAt of its own.", (*path, "availableAt"))
        return ledger.CaptureHold(
            hold=self.hold.reference((*path, "hold")),
            amount=optional_amount(self.amount, currencies, path),
            final=self.final is not False,
            allow_excess=bool(self.allow_excess),
            available_at=self.available_at,
            destinations=self._destinations(currencies, (*path, "destinations")),
            external_id=bounds.label(self.external_id, (*path, "externalId")),
            correlation_id=bounds.label(self.correlation_id, (*path, "correlationId")),
            description=bounds.description(self.description, path),
            metadata=bounds.metadata(self.metadata),
            require=conditions(self.require, path),
            force=bool(self.force),
        )

    def _destinations(self, currencies: Currencies, path: Path) -> tuple[ledger.CaptureDestination, ...] | None:
        if self.destinations is None:
            return None
        bounds.listed(self.destinations, path, most=bounds.DESTINATIONS_MAX)
        return tuple(part.destination(currencies, (*path, index)) for index, part in enumerate(self.destinations))


@strawberry.input(description="Lets held money go.")
class ReleaseHoldInput:
    """A hold, and how much of it."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    hold: HoldBy = strawberry.field(description=wording.HOLD)
    amount: MoneyInput | None = strawberry.field(description="How much; all that remains where left out.")
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.ReleaseHold:
        """Return the command meant."""
        return ledger.ReleaseHold(
            hold=self.hold.reference((*path, "hold")),
            amount=optional_amount(self.amount, currencies, path),
            require=conditions(self.require, path),
        )


@strawberry.input(description="Sets more money aside under the same hold.")
class IncrementHoldInput:
    """A hold, and how much more."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    hold: HoldBy = strawberry.field(description=wording.HOLD)
    amount: MoneyInput = strawberry.field(description="How much more; above zero.")
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    force: bool | None = strawberry.field(default=False, description=wording.FORCE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.IncrementHold:
        """Return the command meant."""
        return ledger.IncrementHold(
            hold=self.hold.reference((*path, "hold")),
            amount=self.amount.amount_in(currencies, (*path, "amount")),
            require=conditions(self.require, path),
            force=bool(self.force),
        )


@strawberry.input(description="Puts a hold's expiry off.")
class ExtendHoldInput:
    """A hold and its new expiry."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    hold: HoldBy = strawberry.field(description=wording.HOLD)
    expires_at: Instant | None = strawberry.field(
        description="Its new expiry, later than the present one; never where left out."
    )
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.ExtendHold:
        """Return the command meant."""
        return ledger.ExtendHold(
            hold=self.hold.reference((*path, "hold")),
            expires_at=self.expires_at,
            require=conditions(self.require, path),
        )
