"""Inputs about accounts, and the commands that they mean."""

import strawberry

from app import ledger, services
from app.graphql import bounds, wording
from app.graphql.bounds import Currencies, Path
from app.graphql.enums import AccountPurpose, Direction, Side
from app.graphql.references import AccountBy, RequireInput, conditions
from app.graphql.scalars import CurrencyCode, DecimalText, Metadata


@strawberry.input(description="Opens an account.")
class OpenAccountInput:
    """A new account and its terms."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    currency: CurrencyCode = strawberry.field(description="The currency that it is kept in, for ever.")
    purpose: AccountPurpose | None = strawberry.field(
        default=AccountPurpose.CUSTOMER, description="What it is kept for."
    )
    normal_side: Side | None = strawberry.field(default=Side.CREDIT, description="The side that increases it.")
    floor: DecimalText | None = strawberry.field(
        default=DecimalText("0"),
        description="What a spend must leave, in major units: negative is a credit line, positive a minimum.",
    )
    unlimited: bool | None = strawberry.field(
        default=False, description="Whether a spend need leave nothing at all; then floor is left out."
    )
    external_id: str | None = strawberry.field(description=wording.EXTERNAL_ID)
    name: str | None = strawberry.field(description=wording.NAME)
    metadata: Metadata | None = strawberry.field(description=wording.METADATA)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.OpenAccount:
        """Return the command meant."""
        floor, unlimited = self.floor or "0", bool(self.unlimited)
        known = bounds.currency(self.currency, currencies, (*path, "currency"))
        if unlimited and floor != "0":
            raise services.BadInput("An unlimited account has no floor.", (*path, "floor"))
        return ledger.OpenAccount(
            currency=known.code,
            purpose=self.purpose or AccountPurpose.CUSTOMER,
            normal_side=self.normal_side or Side.CREDIT,
            floor=floor,
            unlimited=unlimited,
            external_id=bounds.label(self.external_id, (*path, "externalId")),
            name=bounds.name(self.name, path),
            metadata=bounds.metadata(self.metadata),
        )


@strawberry.input(description="Changes an account. What is left out or null stays as it is.")
class UpdateAccountInput:
    """New terms, name or metadata."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    account: AccountBy = strawberry.field(description=wording.ACCOUNT)
    name: str | None = strawberry.field(description="Its new name; at most 500 characters.")
    floor: DecimalText | None = strawberry.field(
        description="What a spend must leave from now on, in major units. An unlimited account also needs"
        " unlimited: false."
    )
    unlimited: bool | None = strawberry.field(description="Whether a spend need leave nothing at all.")
    metadata: Metadata | None = strawberry.field(description="Replaces all that was kept with it.")
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.UpdateAccount:
        """Return the command meant."""
        if self.unlimited and self.floor is not None:
            raise services.BadInput("An unlimited account has no floor.", (*path, "floor"))
        return ledger.UpdateAccount(
            account=self.account.reference((*path, "account")),
            name=bounds.name(self.name, path),
            floor=self.floor,
            unlimited=self.unlimited,
            metadata=None if self.metadata is None else bounds.metadata(self.metadata),
            require=conditions(self.require, path),
        )


@strawberry.input(description="Freezes an account: money may not leave it, not arrive, or neither.")
class FreezeAccountInput:
    """An account and a direction."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    account: AccountBy = strawberry.field(description=wording.ACCOUNT)
    direction: Direction | None = strawberry.field(default=Direction.BOTH, description="Which way to stop.")
    reason: str | None = strawberry.field(description=wording.REASON)
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.FreezeAccount:
        """Return the command meant."""
        return ledger.FreezeAccount(
            account=self.account.reference((*path, "account")),
            direction=self.direction or Direction.BOTH,
            reason=bounds.reason(self.reason, path),
            require=conditions(self.require, path),
        )


@strawberry.input(description="Lifts a freeze of an account.")
class UnfreezeAccountInput:
    """An account and a direction."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    account: AccountBy = strawberry.field(description=wording.ACCOUNT)
    direction: Direction | None = strawberry.field(default=Direction.BOTH, description="Which way to open.")
    reason: str | None = strawberry.field(description=wording.REASON)
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.UnfreezeAccount:
        """Return the command meant."""
        return ledger.UnfreezeAccount(
            account=self.account.reference((*path, "account")),
            direction=self.direction or Direction.BOTH,
            reason=bounds.reason(self.reason, path),
            require=conditions(self.require, path),
        )


@strawberry.input(description="Closes an account on which nothing stands, matures or is held.")
class CloseAccountInput:
    """The account to close."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    account: AccountBy = strawberry.field(description=wording.ACCOUNT)
    reason: str | None = strawberry.field(description=wording.REASON)
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.CloseAccount:
        """Return the command meant."""
        return ledger.CloseAccount(
            account=self.account.reference((*path, "account")),
            reason=bounds.reason(self.reason, path),
            require=conditions(self.require, path),
        )


@strawberry.input(description="Opens a closed account again.")
class ReopenAccountInput:
    """The account to reopen."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    account: AccountBy = strawberry.field(description=wording.ACCOUNT)
    reason: str | None = strawberry.field(description=wording.REASON)
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.ReopenAccount:
        """Return the command meant."""
        return ledger.ReopenAccount(
            account=self.account.reference((*path, "account")),
            reason=bounds.reason(self.reason, path),
            require=conditions(self.require, path),
        )
