"""References: how a caller names a thing, an amount, or a condition on an account."""

from collections.abc import Sequence

import strawberry

from app import ledger, services
from app.graphql import bounds
from app.graphql.bounds import Currencies, Path
from app.graphql.enums import BalanceComponent, Comparison
from app.graphql.scalars import BigInt, CurrencyCode, DecimalText


@strawberry.input(one_of=True, description="Names an account by exactly one of its ids.")
class AccountBy:
    """An account's id or external id."""

    id: strawberry.ID | None = strawberry.field(description="Its id, acct_ and 26 characters.")
    external_id: str | None = strawberry.field(description="The caller's own id for it.")

    def reference(self, path: Path) -> ledger.Reference:
        """Return what the ledger calls it."""
        return _reference(ledger.identifier.ACCOUNT, self.id, self.external_id, path)


@strawberry.input(one_of=True, description="Names a hold by exactly one of its ids.")
class HoldBy:
    """A hold's id or external id."""

    id: strawberry.ID | None = strawberry.field(description="Its id, hold_ and 26 characters.")
    external_id: str | None = strawberry.field(description="The caller's own id for it.")

    def reference(self, path: Path) -> ledger.Reference:
        """Return what the ledger calls it."""
        return _reference(ledger.identifier.HOLD, self.id, self.external_id, path)


@strawberry.input(one_of=True, description="Names a transaction by exactly one of its ids.")
class TransactionBy:
    """A transaction's id or external id."""

    id: strawberry.ID | None = strawberry.field(description="Its id, txn_ and 26 characters.")
    external_id: str | None = strawberry.field(description="The caller's own id for it.")

    def reference(self, path: Path) -> ledger.Reference:
        """Return what the ledger calls it."""
        return _reference(ledger.identifier.TRANSACTION, self.id, self.external_id, path)


@strawberry.input(one_of=True, description="Names a quote by exactly one of its ids.")
class QuoteBy:
    """A quote's id or external id."""

    id: strawberry.ID | None = strawberry.field(description="Its id, quo_ and 26 characters.")
    external_id: str | None = strawberry.field(description="The caller's own id for it.")

    def reference(self, path: Path) -> ledger.Reference:
        """Return what the ledger calls it."""
        return _reference(ledger.identifier.QUOTE, self.id, self.external_id, path)


@strawberry.input(description="Names an entry by its transaction and its number there.")
class EntryBy:
    """A transaction and a line."""

    transaction: TransactionBy = strawberry.field(description="The transaction of the entry.")
    line: int = strawberry.field(description="The entry's number in it, from 1.")

    def reference(self, path: Path) -> ledger.EntryReference:
        """Return what the ledger calls it."""
        return ledger.EntryReference(self.transaction.reference((*path, "transaction")), self.line)


@strawberry.input(description="An exact amount of one currency. Nothing is ever rounded: too many digits are refused.")
class MoneyInput:
    """An amount in major units with its currency."""

    amount: DecimalText = strawberry.field(description='In major units, such as "12.50"; at most 18 digits in all.')
    currency: CurrencyCode = strawberry.field(description="The currency, which must be the account's.")

    def amount_in(self, currencies: Currencies, path: Path) -> ledger.Amount:
        """Return it in minor units."""
        return bounds.amount(self.amount, self.currency, currencies, path)


@strawberry.input(
    description=(
        "A condition on any account of the tenant, judged right before the command: either version, or component with"
        " amount. Where it does not hold, the command is refused."
    )
)
class RequireInput:
    """A version, or a comparison of a component with an amount."""

    account: AccountBy = strawberry.field(description="The account that the condition is on.")
    version: BigInt | None = strawberry.field(description="The version that the account must have.")
    component: BalanceComponent | None = strawberry.field(description="The part of its balance to compare.")
    comparison: Comparison | None = strawberry.field(
        default=Comparison.GTE, description="How to compare the component with the amount."
    )
    amount: DecimalText | None = strawberry.field(
        description="What to compare with, in major units of the account's currency."
    )

    def condition(self, path: Path) -> ledger.Condition:
        """Return it as the ledger judges it."""
        by_version = self.version is not None
        by_amount = self.component is not None and self.amount is not None
        if by_version == by_amount or (by_version and (self.component is not None or self.amount is not None)):
            raise services.BadInput("A condition is either a version, or a component with an amount.", path)
        return ledger.Condition(
            account=self.account.reference((*path, "account")),
            version=self.version,
            component=self.component,
            comparison=self.comparison or Comparison.GTE,
            amount=self.amount,
        )


def conditions(require: Sequence[RequireInput] | None, path: Path) -> ledger.Conditions:
    """Return a command's conditions; none are as good as an empty list."""
    if not require:
        return ()
    bounds.listed(require, (*path, "require"), most=bounds.CONDITIONS_MAX)
    return tuple(item.condition((*path, "require", index)) for index, item in enumerate(require))


def optional_amount(money: MoneyInput | None, currencies: Currencies, path: Path) -> ledger.Amount | None:
    """Return the command's `amount`, where one was given."""
    return None if money is None else money.amount_in(currencies, (*path, "amount"))


def _reference(prefix: str, id_: str | None, external_id: str | None, path: Path) -> ledger.Reference:
    if id_ is not None:
        return ledger.Reference(id=bounds.identifier(prefix, id_, (*path, "id")))
    return ledger.Reference(external_id=bounds.label(external_id, (*path, "externalId")))
