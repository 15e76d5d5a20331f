"""Inputs of deposits: what is brought in, and what is only asked about."""

import re
from typing import Final

import strawberry

from app import ledger, services
from app.graphql import bounds, wording
from app.graphql.bounds import Currencies, Path
from app.graphql.policy_inputs import PolicyBy
from app.graphql.references import AccountBy, MoneyInput, RequireInput, conditions
from app.graphql.scalars import Instant, Metadata
from app.graphql.terms_inputs import PolicyInput, document

_METHOD: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}", re.ASCII)
_METHOD_WORDS: Final = (
    "How it came: CARD, ACH, WIRE, CHECK, INSTANT, CASH, INTERNAL, or a word of your own of A to Z, 0 to 9 and _."
)
_DEPOSIT_METADATA: Final = "What the caller keeps with it; rules of a policy may match it."


@strawberry.input(
    description=(
        "Brings money in from outside: debits `from` and credits `to`, a line for each slice of what the policy that"
        " `to` follows makes of it."
    )
)
class DepositInput:
    """Two accounts, an amount and a method."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    from_: AccountBy = strawberry.field(
        name="from", description="The account to debit: where the money is outside, such as a bank or a card processor."
    )
    to: AccountBy = strawberry.field(description="The account to credit, and whose policy is followed.")
    amount: MoneyInput = strawberry.field(description="How much; above zero.")
    method: str = strawberry.field(description=_METHOD_WORDS)
    available_at: Instant | None = strawberry.field(
        description="When all of it matures, whatever the policy says; an instant that has come is at once."
        " Needs the scope money:override."
    )
    effective_at: Instant | None = strawberry.field(description=wording.EFFECTIVE_AT)
    external_id: str | None = strawberry.field(description=wording.EXTERNAL_ID)
    correlation_id: str | None = strawberry.field(description=wording.CORRELATION_ID)
    description: str | None = strawberry.field(description=wording.DESCRIPTION)
    metadata: Metadata | None = strawberry.field(description=_DEPOSIT_METADATA)
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    force: bool | None = strawberry.field(default=False, description=wording.FORCE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.Deposit:
        """Return the command meant."""
        return ledger.Deposit(
            from_=self.from_.reference((*path, "from")),
            to=self.to.reference((*path, "to")),
            amount=self.amount.amount_in(currencies, (*path, "amount")),
            method=method(self.method, (*path, "method")),
            available_at=self.available_at,
            effective_at=self.effective_at,
            external_id=bounds.label(self.external_id, (*path, "externalId")),
            correlation_id=bounds.label(self.correlation_id, (*path, "correlationId")),
            description=bounds.description(self.description, path),
            metadata=bounds.metadata(self.metadata),
            require=conditions(self.require, path),
            force=bool(self.force),
        )


@strawberry.input(one_of=True, description="The terms to ask, by exactly one of these.")
class PreviewPolicy:
    """A policy that is published, or terms that are not."""

    published: PolicyBy | None = strawberry.field(description="The latest version of a policy.")
    terms: PolicyInput | None = strawberry.field(description="Terms that need not be published.")
    document: str | None = strawberry.field(description="Terms as the JSON text of a policy document.")

    def text(self, path: Path) -> str:
        """Return the document of terms that are not published."""
        if self.terms is not None:
            return self.terms.document((*path, "terms"))
        return document(self.document or "", (*path, "document"))


@strawberry.input(
    description=(
        "A deposit to ask about. With an account, what was deposited to it on the day counts already, and its age and"
        " risk tier are its own unless given."
    )
)
class PreviewDepositInput:
    """What a policy looks at."""

    amount: MoneyInput = strawberry.field(description="How much; above zero.")
    method: str = strawberry.field(description=_METHOD_WORDS)
    account: AccountBy | None = strawberry.field(description="The account that it would be credited to.")
    at: Instant | None = strawberry.field(description="When it would be made; now where left out.")
    account_age_days: int | None = strawberry.field(
        description="How many days the account is open; that of the account, or long, where left out."
    )
    risk_tier: str | None = strawberry.field(description="Its risk tier; that of the account, or none, where left out.")
    metadata: Metadata | None = strawberry.field(description=_DEPOSIT_METADATA)


def method(value: str, path: Path) -> str:
    """Return the method of a deposit."""
    if _METHOD.fullmatch(value) is None:
        raise services.BadInput(
            "method must be a word such as CARD: A to Z, 0 to 9 and _, at most 40 characters.", path
        )
    return value
