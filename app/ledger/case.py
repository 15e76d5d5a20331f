"""One command under decision: what it refers to, its conditions, and the refusals found so far."""

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from app.ledger import money
from app.ledger.account import Account
from app.ledger.advance import InstantQuote
from app.ledger.balance import Balance
from app.ledger.book import ACCOUNT_KIND, HOLD_KIND, TRANSACTION_KIND, Book
from app.ledger.decision import Accepted, Culprit, Rejection, RejectionCode
from app.ledger.event import Event, EventKind
from app.ledger.hold import Hold
from app.ledger.policy_record import PolicyVersion
from app.ledger.reference import Comparison, Component, Condition, Conditions, Reference
from app.ledger.request import Request
from app.ledger.transaction import Transaction

CLOCK_SKEW_MICROSECONDS: Final = 5_000_000
"""How far ahead of the ledger's clock an `effective_at` may lie; it is then read as now."""


@dataclass(slots=True)
class Case:
    """A command and its book. Refusals gather; the weightiest is answered."""

    book: Book
    request: Request
    refusals: list[Rejection] = field(default_factory=list)
    ordinal: int = 0

    @property
    def at(self) -> int:
        """The instant of the decision."""
        return self.book.at

    def refuse(self, code: RejectionCode, culprit: Culprit, **numbers: Any) -> None:  # noqa: ANN401 - fields of Rejection
        """Note one reason for a refusal."""
        self.refusals.append(Rejection(code, culprit, **numbers))

    def verdict(self) -> Rejection | None:
        """Return the refusal that takes precedence, or None where nothing speaks against it."""
        return min(self.refusals, key=lambda refusal: refusal.order) if self.refusals else None

    def certain(self) -> Rejection:
        """Return the refusal that takes precedence; to be called once one was noted."""
        return min(self.refusals, key=lambda refusal: refusal.order)

    # -- what a reference means ---------------------------------------------------------------

    def account(self, reference: Reference, *, line: int | None = None, named: str | None = None) -> Account | None:
        """Return the account meant, or None after noting ACCOUNT_NOT_FOUND."""
        found = self._id(ACCOUNT_KIND, reference)
        account = self.book.accounts.get(found) if found is not None else None
        if account is None:
            self.refuse(RejectionCode.ACCOUNT_NOT_FOUND, Culprit(account=reference.id, line=line, field=named))
        return account

    def hold(self, reference: Reference) -> Hold | None:
        """Return the hold meant, or None after noting HOLD_NOT_FOUND."""
        found = self._id(HOLD_KIND, reference)
        hold = self.book.holds.get(found) if found is not None else None
        if hold is None:
            self.refuse(RejectionCode.HOLD_NOT_FOUND, Culprit(hold=reference.id, field="hold"))
        return hold

    def transaction(self, reference: Reference) -> Transaction | None:
        """Return the transaction meant, or None after noting TRANSACTION_NOT_FOUND."""
        found = self._id(TRANSACTION_KIND, reference)
        transaction = self.book.transactions.get(found) if found is not None else None
        if transaction is None:
            culprit = Culprit(transaction=reference.id, field="transaction")
            self.refuse(RejectionCode.TRANSACTION_NOT_FOUND, culprit)
        return transaction

    def policy(self, reference: Reference) -> PolicyVersion | None:
        """Return the latest version of the policy meant, by id or name, or None after noting POLICY_NOT_FOUND."""
        found = reference.id or self.book.policy_names.get(reference.external_id or "")
        policy = self.book.policies.get(found) if found is not None else None
        if policy is None:
            self.refuse(RejectionCode.POLICY_NOT_FOUND, Culprit(field="policy"))
        return policy

    def quote(self, reference: Reference) -> InstantQuote | None:
        """Return the quote meant, or None after noting QUOTE_NOT_FOUND."""
        found = reference.id or self.book.quote_names.get(reference.external_id or "")
        quote = self.book.quotes.get(found) if found is not None else None
        if quote is None:
            self.refuse(RejectionCode.QUOTE_NOT_FOUND, Culprit(field="quote"))
        return quote

    def _id(self, kind: str, reference: Reference) -> UUID | None:
        if reference.id is not None:
            return reference.id
        return self.book.external_ids.get((kind, reference.external_id or ""))

    # -- what every command may carry -----------------------------------------------------------

    def new_external_id(self, kind: str, external_id: str | None) -> None:
        """Note EXTERNAL_ID_TAKEN where an external id about to be claimed already stands for something."""
        taken = self.book.external_ids.get((kind, external_id)) if external_id is not None else None
        if taken is None:
            return
        by = {
            ACCOUNT_KIND: Culprit(account=taken, field="externalId"),
            TRANSACTION_KIND: Culprit(transaction=taken, field="externalId"),
            HOLD_KIND: Culprit(hold=taken, field="externalId"),
        }[kind]
        self.refuse(RejectionCode.EXTERNAL_ID_TAKEN, by)

    def effective_at(self, wanted: int | None) -> int:
        """Return when it counts in business terms: now where not said or a little ahead, never later.

        Instants are counted from 1970 on, and nothing before that can be kept.
        """
        if wanted is None:
            return self.at
        if not 0 <= wanted <= self.at + CLOCK_SKEW_MICROSECONDS:
            self.refuse(RejectionCode.INVALID_TIME, Culprit(field="effectiveAt"))
        return min(wanted, self.at)

    def minor(self, text: str, account: Account, culprit: Culprit, *, positive: bool = False) -> int:
        """Return the minor units of an amount given without a currency, 0 after noting INVALID_AMOUNT."""
        amount = money.parse(text, account.exponent)
        if amount is None or (positive and amount <= 0):
            self.refuse(RejectionCode.INVALID_AMOUNT, culprit)
            return 0
        return amount

    def matches(self, account: Account, currency: str, culprit: Culprit) -> None:
        """Note CURRENCY_MISMATCH where an amount is of another currency than its account."""
        if account.currency != currency:
            self.refuse(RejectionCode.CURRENCY_MISMATCH, culprit)

    def line_matches(self, account: Account, currency: str, line: int) -> None:
        """As `matches`, for a line: who is at fault is only worked out where somebody is, as lines are many."""
        if account.currency != currency:
            self.refuse(RejectionCode.CURRENCY_MISMATCH, Culprit(account=account.id, line=line))

    def open(self, account: Account, line: int | None = None) -> None:
        """Note ACCOUNT_CLOSED where the account is closed."""
        if self.book.balances[account.id].closed:
            self.refuse(RejectionCode.ACCOUNT_CLOSED, Culprit(account=account.id, line=line))

    def conditions(self, require: Conditions) -> None:
        """Note every condition that does not hold, judged before the command and after earlier ones."""
        for number, condition in enumerate(require):
            culprit_field = f"require.{number}"
            account = self.account(condition.account, named=f"{culprit_field}.account")
            if account is not None:
                self._condition(condition, account, Culprit(account=account.id, field=culprit_field))

    def _condition(self, condition: Condition, account: Account, culprit: Culprit) -> None:
        balance = self.book.balances[account.id]
        if condition.version is not None and condition.version != balance.version:
            self.refuse(
                RejectionCode.VERSION_CONFLICT,
                culprit,
                expected=str(condition.version),
                actual=str(balance.version),
            )
        if condition.component is None or condition.amount is None:
            return
        wanted = money.parse(condition.amount, account.exponent)
        if wanted is None:
            self.refuse(RejectionCode.INVALID_AMOUNT, culprit)
            return
        actual = _component(balance, condition.component)
        if not _holds(actual, condition.comparison, wanted):
            self.refuse(
                RejectionCode.CONDITION_FAILED,
                culprit,
                expected=f"{condition.component} {condition.comparison} {money.text_of(wanted, account.exponent)}",
                actual=None if actual is None else money.text_of(actual, account.exponent),
                currency=account.currency,
                exponent=account.exponent,
            )

    # -- what an accepted command leaves --------------------------------------------------------

    def emit(
        self,
        kind: EventKind,
        subject_id: UUID,
        payload: tuple[tuple[str, str | int | None], ...],
        *,
        occurred_at: int | None = None,
    ) -> None:
        """Add an event at the command's sequence, in the order of the calls."""
        event = Event(
            sequence=self.book.sequence,
            ordinal=self.ordinal,
            kind=kind,
            subject_id=subject_id,
            payload=payload,
            occurred_at=self.at if occurred_at is None else occurred_at,
            recorded_at=self.at,
        )
        self.ordinal += 1
        self.book.changes.events.append(event)

    def accepted(
        self,
        touched: dict[UUID, Balance],
        *,
        account_id: UUID | None = None,
        transaction_id: UUID | None = None,
        hold_id: UUID | None = None,
    ) -> Accepted:
        """Return the answer to a command that took effect at the book's present sequence."""
        return Accepted(
            self.book.sequence,
            self.at,
            account_id=account_id,
            transaction_id=transaction_id,
            hold_id=hold_id,
            balances=touched,
            transaction=None if transaction_id is None else self.book.transactions[transaction_id],
        )


def _component(balance: Balance, component: Component) -> int | None:
    return {
        Component.LEDGER: balance.ledger,
        Component.MATURING: balance.maturing,
        Component.HELD: balance.held,
        Component.AVAILABLE: balance.available,
        Component.SPENDABLE: balance.spendable,
    }[component]


def _holds(actual: int | None, comparison: Comparison, wanted: int) -> bool:
    if actual is None:
        return comparison is Comparison.GTE
    if comparison is Comparison.EQ:
        return actual == wanted
    return actual >= wanted if comparison is Comparison.GTE else actual <= wanted
