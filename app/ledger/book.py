"""The open pages of one batch: what was loaded, what has changed since, and the way back to a savepoint."""

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from app.ledger.account import Account, AccountChange
from app.ledger.advance import TAKEN, Advance, AdvancePages, AdvancePlan, InstantQuote
from app.ledger.balance import Balance
from app.ledger.calendar import Calendar
from app.ledger.decision import KeyRecord
from app.ledger.event import Event
from app.ledger.forecast import Cause, CauseKind
from app.ledger.hold import Hold, HoldChange, HoldStatus
from app.ledger.policy import Policy
from app.ledger.policy_record import (
    Almanac,
    CalendarChange,
    CountedDay,
    DepositRecord,
    EntryRule,
    PolicyAssignment,
    PolicyPages,
    PolicyVersion,
    own_days,
)
from app.ledger.reserve import RESERVE, ReservePlan
from app.ledger.transaction import Entry, EntryKey, Transaction
from app.values import value

ACCOUNT_KIND: Final = "ACCOUNT"
TRANSACTION_KIND: Final = "TRANSACTION"
HOLD_KIND: Final = "HOLD"
FUTURES_MAX: Final = 256

_ABSENT: Final = object()
_NO_POLICIES: Final = PolicyPages()
_NO_ADVANCES: Final = AdvancePages()
_KEPT_APART: Final = frozenset({RESERVE, TAKEN})


@value
class Pages:
    """What the store loads for one batch of one tenant, all true at the instant `at`.

    `sequence` is the tenant's last one. `balances` hold U and H as of `at`. `external_ids` maps
    (kind, external id) to an id, for references and for ids about to be claimed. `entries` are
    all of each loaded transaction, by line; `naming` those of other transactions that name an
    entry, by (sequence, line). `buckets` are what commands may take from. `lapsed` lists per
    account (expires_at, hold id) of ACTIVE holds past their expiry. `futures` are, for accounts
    refused for funds, the next 256 (instant, amount) maturities and expiries after `at`.
    """

    sequence: int
    at: int
    currencies: Mapping[str, int] = field(default_factory=dict)
    keys: Mapping[tuple[str, str], KeyRecord] = field(default_factory=dict)
    external_ids: Mapping[tuple[str, str], UUID] = field(default_factory=dict)
    accounts: Mapping[UUID, Account] = field(default_factory=dict)
    balances: Mapping[UUID, Balance] = field(default_factory=dict)
    holds: Mapping[UUID, Hold] = field(default_factory=dict)
    transactions: Mapping[UUID, Transaction] = field(default_factory=dict)
    entries: Mapping[UUID, tuple[Entry, ...]] = field(default_factory=dict)
    naming: Mapping[EntryKey, tuple[Entry, ...]] = field(default_factory=dict)
    buckets: Mapping[tuple[UUID, int], int] = field(default_factory=dict)
    lapsed: Mapping[UUID, tuple[tuple[int, UUID], ...]] = field(default_factory=dict)
    futures: Mapping[UUID, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    policies: PolicyPages | None = None
    advances: AdvancePages | None = None
    almanac: Almanac | None = None


@dataclass(slots=True)
class Changes:
    """What a decided batch leaves to save, in order; `balances` and `holds` as they end up.

    `opened` are new accounts (their balances are new rows), `described` accounts whose name or
    metadata changed, `placed` new holds; `buckets` maps (account, instant) to what to add, `counters` what the
    deposits of a day come to.
    """

    sequence: int
    at: int
    keys: list[KeyRecord] = field(default_factory=list)
    claimed: list[tuple[str, str, UUID]] = field(default_factory=list)
    opened: list[Account] = field(default_factory=list)
    described: dict[UUID, Account] = field(default_factory=dict)
    account_changes: list[AccountChange] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    placed: dict[UUID, Hold] = field(default_factory=dict)
    changed_holds: dict[UUID, Hold] = field(default_factory=dict)
    hold_changes: list[HoldChange] = field(default_factory=list)
    balances: dict[UUID, Balance] = field(default_factory=dict)
    buckets: dict[tuple[UUID, int], int] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    published: list[PolicyVersion] = field(default_factory=list)
    assigned: list[PolicyAssignment] = field(default_factory=list)
    calendar_changes: list[CalendarChange] = field(default_factory=list)
    rules: list[EntryRule] = field(default_factory=list)
    counters: dict[CountedDay, Mapping[str, int]] = field(default_factory=dict)
    plans: list[ReservePlan] = field(default_factory=list)
    advance_plans: list[AdvancePlan] = field(default_factory=list)
    quotes: list[InstantQuote] = field(default_factory=list)
    advances: list[Advance] = field(default_factory=list)
    deposits: list[DepositRecord] = field(default_factory=list)


class Book:
    """The pages under way. Every write goes through here, so that a group can be taken back."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self.at: Final = pages.at
        self.sequence = pages.sequence
        self.keys = dict(pages.keys)
        self.external_ids = dict(pages.external_ids)
        self.accounts = dict(pages.accounts)
        self.balances = dict(pages.balances)
        self.holds = dict(pages.holds)
        self.transactions = dict(pages.transactions)
        self.entries = dict(pages.entries)
        self.naming = dict(pages.naming)
        self.buckets = dict(pages.buckets)
        own = pages.policies or _NO_POLICIES
        self.policies = dict(own.policies)
        self.policy_names = dict(own.names)
        self.assigned = dict(own.assigned)
        self.days = dict(own.days)
        self.counters = dict(own.counters)
        self.reserve_plans = dict(own.plans)
        self.reserved = dict(own.reserved)
        lent = pages.advances or _NO_ADVANCES
        self.advance_plans = dict(lent.plans)
        self.quotes = dict(lent.quotes)
        self.quote_names = dict(lent.names)
        self.advances = dict(lent.accepted)
        self.advanced_today = dict(lent.taken)
        self.apart = dict(lent.apart)
        self.changes = Changes(pages.sequence, pages.at)
        self.refused: set[UUID] = set()
        self._calendars: dict[tuple[str, str], Calendar | None] = {}
        self._moved_holds: dict[UUID, dict[UUID, Hold]] = {}
        self._journal: list[tuple[MutableMapping[Any, Any], Any, Any]] | None = None

    # -- reading ------------------------------------------------------------------------------

    @property
    def currencies(self) -> Mapping[str, int]:
        """The number of minor-unit digits of each currency."""
        return self._pages.currencies

    @property
    def almanac(self) -> Almanac:
        """The calendars of the world; a batch that asks for them was given them."""
        if self._pages.almanac is None:
            message = "a batch with deposits or policies is decided with an almanac"
            raise LookupError(message)
        return self._pages.almanac

    def calendar(self, policy: Policy) -> Calendar | None:
        """Return the calendar that a policy counts by, with the tenant's own days; None where it is no more."""
        name = (policy.calendar, policy.time_zone)
        if name not in self._calendars:
            closed, opened = own_days(self.days, policy.calendar)
            self._calendars[name] = self.almanac.calendar(*name, closed=closed, opened=opened)
        return self._calendars[name]

    def unfinished_expiry_before(self, hold: Hold) -> bool:
        """Whether another hold of the account lapsed earlier and is not recorded yet."""
        for expires_at, hold_id in self._pages.lapsed.get(hold.account_id, ()):
            other = self.holds.get(hold_id)
            waits = other is None or other.status is HoldStatus.ACTIVE
            if waits and hold.expires_at is not None and expires_at < hold.expires_at:
                return True
        return False

    def futures(self, account_id: UUID) -> list[tuple[int, int]] | None:
        """Return the account's next 256 (instant, gain), this batch's own included; None if not loaded."""
        known = self._pages.futures.get(account_id)
        if known is None and account_id in self._pages.accounts:
            return None
        gains: dict[int, int] = {}
        for instant, gain in known or ():
            gains[instant] = gains.get(instant, 0) + gain
        for (account, instant), added in self.changes.buckets.items():
            if account == account_id:
                gains[instant] = gains.get(instant, 0) + added
        for hold_id, moved in self._moved_holds.get(account_id, {}).items():
            before = self._pages.holds.get(hold_id)
            for hold, sign in ((before, -1), (moved, 1)):
                if hold is not None and hold.status is HoldStatus.ACTIVE and hold.expires_at is not None:
                    gains[hold.expires_at] = gains.get(hold.expires_at, 0) + sign * hold.remaining
        full = known is not None and len(known) >= FUTURES_MAX
        horizon = known[-1][0] if full and known else None
        return sorted(
            (instant, gain)
            for instant, gain in gains.items()
            if instant > self.at and gain and (horizon is None or instant <= horizon)
        )[:FUTURES_MAX]

    def changed_causes(self, account_id: UUID) -> list[Cause]:
        """Return how this batch changes what is to come on an account after the batch's instant."""
        buckets = ((key[1], added) for key, added in self.changes.buckets.items() if key[0] == account_id)
        changes = [Cause(at, CauseKind.MATURITY, added, 0, at, at) for at, added in buckets]
        for hold_id, moved in self._moved_holds.get(account_id, {}).items():
            for hold, sign in ((self._pages.holds.get(hold_id), -1), (moved, 1)):
                if hold is not None and hold.status is HoldStatus.ACTIVE and hold.expires_at is not None:
                    at, amount = hold.expires_at, sign * hold.remaining
                    changes.append(Cause(at, CauseKind.EXPIRY, amount, sign, at, at))
        return [change for change in changes if change.at > self.at]

    # -- writing ------------------------------------------------------------------------------

    def put(self, mapping: MutableMapping[Any, Any], key: Any, value: Any) -> None:  # noqa: ANN401 - any page
        """Write one value of one mapping of this book, remembering the old one under a savepoint."""
        if self._journal is not None:
            self._journal.append((mapping, key, mapping.get(key, _ABSENT)))
        mapping[key] = value

    def advance(self) -> int:
        """Take the tenant's next sequence."""
        self.sequence += 1
        return self.sequence

    def claim(self, kind: str, external_id: str | None, made: UUID) -> None:
        """Let an external id stand for what was just made."""
        if external_id is not None:
            self.put(self.external_ids, (kind, external_id), made)
            self.changes.claimed.append((kind, external_id, made))

    def put_account(self, account: Account, *, opened: bool = False) -> None:
        """Keep a new account, or the new name and metadata of a known one."""
        self.put(self.accounts, account.id, account)
        if opened:
            self.changes.opened.append(account)
        else:
            self.put(self.changes.described, account.id, account)

    def put_balance(self, account_id: UUID, balance: Balance) -> None:
        """Keep how an account now stands."""
        self.put(self.balances, account_id, balance)
        self.put(self.changes.balances, account_id, balance)

    def add_to_bucket(self, account_id: UUID, instant: int, amount: int) -> None:
        """Add to (or take from) what matures on an account at an instant."""
        key = (account_id, instant)
        self.put(self.buckets, key, self.buckets.get(key, 0) + amount)
        self.put(self.changes.buckets, key, self.changes.buckets.get(key, 0) + amount)

    def put_hold(self, hold: Hold, *, placed: bool = False) -> None:
        """Keep a new hold, or the new state of a known one."""
        self.put(self.holds, hold.id, hold)
        fresh = placed or hold.id in self.changes.placed
        self.put(self.changes.placed if fresh else self.changes.changed_holds, hold.id, hold)
        self.put(self._moved_holds.setdefault(hold.account_id, {}), hold.id, hold)

    def put_transaction(self, transaction: Transaction, entries: Iterable[Entry]) -> None:
        """Keep a new transaction and its entries, found from now on by the entries they name."""
        lines = tuple(entries)
        self.put(self.transactions, transaction.id, transaction)
        self.put(self.entries, transaction.id, lines)
        self.changes.transactions.append(transaction)
        self.changes.entries.extend(lines)
        for entry in lines:
            if entry.kind in _KEPT_APART and entry.available_at is not None:
                self._keep_apart(entry, entry.available_at)
            if entry.of_entry is not None:
                self.put(self.naming, entry.of_entry, (*self.naming.get(entry.of_entry, ()), entry))

    def _keep_apart(self, entry: Entry, instant: int) -> None:
        signed = entry.amount if entry.side is self.accounts[entry.account_id].normal_side else -entry.amount
        apart = (entry.account_id, instant, entry.kind)
        self.put(self.apart, apart, self.apart.get(apart, 0) + signed)
        if entry.kind == RESERVE:
            self.put(self.reserved, entry.account_id, self.reserved.get(entry.account_id, 0) + signed)

    def put_key(self, record: KeyRecord) -> None:
        """Let an idempotency key stand for an outcome."""
        self.put(self.keys, (record.operation, record.key), record)
        self.changes.keys.append(record)

    def put_policy(self, version: PolicyVersion) -> None:
        """Keep the next version of a policy."""
        self.put(self.policies, version.id, version)
        self.put(self.policy_names, version.name, version.id)
        self.changes.published.append(version)

    def assign(self, assignment: PolicyAssignment) -> None:
        """Let an account, or everybody, follow a policy from now on."""
        self.put(self.assigned, (assignment.account_id, assignment.currency), assignment.policy_id)
        self.changes.assigned.append(assignment)

    def set_days(self, change: CalendarChange) -> None:
        """Close and open days of a calendar."""
        for closed, days in ((True, change.closed), (False, change.opened)):
            for day in days:
                self.put(self.days, (change.calendar, day), closed)
        self._calendars.clear()
        self.changes.calendar_changes.append(change)

    def put_reserve_plan(self, plan: ReservePlan) -> None:
        """Let deposits to an account follow a plan from now on."""
        self.put(self.reserve_plans, plan.account_id, plan)
        self.changes.plans.append(plan)

    def put_advance_plan(self, plan: AdvancePlan) -> None:
        """Offer advances to accounts of a currency by a plan from now on."""
        self.put(self.advance_plans, plan.currency, plan)
        self.changes.advance_plans.append(plan)

    def put_quote(self, quote: InstantQuote) -> None:
        """Keep what was offered."""
        self.put(self.quotes, quote.id, quote)
        if quote.external_id is not None:
            self.put(self.quote_names, quote.external_id, quote.id)
        self.changes.quotes.append(quote)

    def put_advance(self, advance: Advance) -> None:
        """Keep that a quote was accepted."""
        self.put(self.advances, advance.quote_id, advance)
        today = self.advanced_today.get(advance.account_id, 0) + advance.amount
        self.put(self.advanced_today, advance.account_id, today)
        self.changes.advances.append(advance)

    def put_counters(self, day: CountedDay, totals: Mapping[str, int]) -> None:
        """Keep what the deposits of an account and a day come to, by the counter's name."""
        self.put(self.counters, day, totals)
        self.put(self.changes.counters, day, totals)

    # -- savepoints ---------------------------------------------------------------------------

    def open_savepoint(self) -> tuple[int, ...]:
        """Begin to remember; return the place to go back to. Savepoints do not nest."""
        self._journal = []
        return (self.sequence, *(len(rows) for rows in self._lists()))

    def close_savepoint(self) -> None:
        """Keep what was written since the savepoint."""
        self._journal = None

    def roll_back(self, savepoint: tuple[int, ...]) -> None:
        """Take back everything written since the savepoint."""
        for mapping, key, old in reversed(self._journal or ()):
            if old is _ABSENT:
                del mapping[key]
            else:
                mapping[key] = old
        self._journal = None
        self._calendars.clear()
        self.sequence = savepoint[0]
        for rows, length in zip(self._lists(), savepoint[1:], strict=True):
            del rows[length:]

    def _lists(self) -> tuple[list[Any], ...]:
        made = self.changes
        return (
            made.keys,
            made.claimed,
            made.opened,
            made.account_changes,
            made.transactions,
            made.entries,
            made.hold_changes,
            made.events,
            made.published,
            made.assigned,
            made.calendar_changes,
            made.rules,
            made.plans,
            made.advance_plans,
            made.quotes,
            made.advances,
            made.deposits,
        )
