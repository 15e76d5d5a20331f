"""A tenant kept in memory: everything that a writer and a database do around the pure core, and nothing else.

It keeps what a database would: every row of history and the pages of the present. What depends on time (maturing
money, holds in force, lapsed ones) is evaluated at the instant of each batch; futures are loaded as a writer does it,
on a second pass over the same pages and only for accounts that were refused for funds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final
from uuid import UUID

from app import ledger, services
from app.ledger.proof import Records

START: Final = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z, in microseconds."""

CURRENCIES: Final[Mapping[str, int]] = MappingProxyType({"EUR": 2, "JPY": 0, "KWD": 3, "USD": 2})

ALMANAC: Final = services.Almanac(CURRENCIES)


class World:
    """One tenant. Time moves only by `clock_to`."""

    def __init__(self, at: int = START) -> None:
        self.at = at
        self.sequence = 0
        self.accounts: dict[UUID, ledger.Account] = {}
        self.balances: dict[UUID, ledger.Balance] = {}
        self.holds: dict[UUID, ledger.Hold] = {}
        self.transactions: dict[UUID, ledger.Transaction] = {}
        self.entries: dict[UUID, tuple[ledger.Entry, ...]] = {}
        self.naming: dict[ledger.EntryKey, tuple[ledger.Entry, ...]] = {}
        self.buckets: dict[tuple[UUID, int], int] = {}
        self.keys: dict[tuple[str, str], ledger.KeyRecord] = {}
        self.external_ids: dict[tuple[str, str], UUID] = {}
        self.all_entries: list[ledger.Entry] = []
        self.account_changes: list[ledger.AccountChange] = []
        self.hold_changes: list[ledger.HoldChange] = []
        self.events: list[ledger.Event] = []
        self.policies: dict[UUID, ledger.PolicyVersion] = {}
        self.assigned: dict[tuple[UUID, str], UUID | None] = {}
        self.days: dict[tuple[str, int], bool] = {}
        self.counters: dict[ledger.CountedDay, Mapping[str, int]] = {}
        self.rules: dict[ledger.EntryKey, ledger.EntryRule] = {}
        self.published: list[ledger.PolicyVersion] = []
        self.assignments: list[ledger.PolicyAssignment] = []
        self.calendar_changes: list[ledger.CalendarChange] = []
        self.plans: list[ledger.ReservePlan] = []
        self.reserve_lines: list[ledger.Entry] = []
        self.advance_plans: list[ledger.AdvancePlan] = []
        self.quotes: list[ledger.InstantQuote] = []
        self.advances: list[ledger.Advance] = []
        self._ids = 0

    # -- asking ---------------------------------------------------------------------------------

    def new_id(self) -> UUID:
        """Return an id that was never returned before."""
        self._ids += 1
        return UUID(int=self._ids)

    def request(
        self,
        command: ledger.Command,
        key: str | None = None,
        *,
        may_advance: bool = True,
        principal: str = "tester",
    ) -> ledger.Request:
        """Return a command on its way, with a key of its own where none is given."""
        new_id = self.new_id()
        fingerprint, digests = ledger.fingerprint(command)
        if key is None and not isinstance(command, ledger.RecordExpiry):
            key = f"key-{self._ids}"
        return ledger.Request(command, key, new_id, principal, fingerprint, digests, may_advance)

    def submit(self, groups: Sequence[ledger.Group], *, dry_run: bool = False) -> list[list[ledger.Decision]]:
        """Decide one batch and, unless it is a dry run, keep what came of it."""
        pages = self.pages()
        book = ledger.Book(pages)
        decisions = ledger.decide_all(book, groups)
        if book.refused:
            futures = {account_id: self.futures(account_id) for account_id in book.refused}
            book = ledger.Book(replace(pages, futures=futures))
            decisions = ledger.decide_all(book, groups)
        if not dry_run:
            self._save(book.changes, book.sequence)
        return decisions

    def decide(self, command: ledger.Command, key: str | None = None) -> ledger.Decision:
        """Decide one command in a batch of its own."""
        return self.submit([ledger.Group((self.request(command, key),))])[0][0]

    def accept(self, command: ledger.Command, key: str | None = None) -> ledger.Accepted:
        """Decide one command that must be accepted."""
        decision = self.decide(command, key)
        assert isinstance(decision, ledger.Accepted), decision
        return decision

    def refuse(self, command: ledger.Command, key: str | None = None) -> ledger.Rejection:
        """Decide one command that must be refused."""
        decision = self.decide(command, key)
        assert isinstance(decision, ledger.Rejected), decision
        return decision.rejection

    # -- time -----------------------------------------------------------------------------------

    def clock_to(self, at: int) -> None:
        """Let time pass."""
        assert at >= self.at, "time does not run backwards"
        self.at = at
        self.balances = {account_id: self.balance(account_id, at) for account_id in self.balances}

    def balance(self, account_id: UUID, at: int) -> ledger.Balance:
        """Return how an account stands at an instant from now on, as far as is known now."""
        held = lapsed = 0
        for hold in self.holds.values():
            if hold.account_id == account_id and hold.status is ledger.HoldStatus.ACTIVE:
                if hold.status_at(at) is ledger.HoldStatus.ACTIVE:
                    held += hold.remaining
                else:
                    lapsed += hold.remaining
        maturing = sum(
            amount for (account, instant), amount in self.buckets.items() if account == account_id and instant > at
        )
        return replace(self.balances[account_id], maturing=maturing, held=held, lapsed=lapsed)

    def futures(self, account_id: UUID) -> tuple[tuple[int, int], ...]:
        """Return an account's next maturities and expiries."""
        gains: dict[int, int] = {}
        for (account, instant), amount in self.buckets.items():
            if account == account_id and instant > self.at and amount:
                gains[instant] = gains.get(instant, 0) + amount
        for hold in self.holds.values():
            ends = hold.expires_at
            if hold.account_id == account_id and hold.status is ledger.HoldStatus.ACTIVE and ends and ends > self.at:
                gains[ends] = gains.get(ends, 0) + hold.remaining
        return tuple(sorted(gains.items())[: ledger.FUTURES_MAX])

    # -- pages ----------------------------------------------------------------------------------

    def pages(self) -> ledger.Pages:
        """Return everything that a batch could touch, true at the present instant."""
        lapsed: dict[UUID, list[tuple[int, UUID]]] = {}
        for hold in self.holds.values():
            if hold.status is ledger.HoldStatus.ACTIVE and hold.expires_at is not None and hold.expires_at <= self.at:
                lapsed.setdefault(hold.account_id, []).append((hold.expires_at, hold.id))
        return ledger.Pages(
            sequence=self.sequence,
            at=self.at,
            currencies=CURRENCIES,
            keys=self.keys,
            external_ids=self.external_ids,
            accounts=self.accounts,
            balances=self.balances,
            holds=self.holds,
            transactions=self.transactions,
            entries=self.entries,
            naming=self.naming,
            buckets=self.buckets,
            lapsed={account_id: tuple(sorted(holds)) for account_id, holds in lapsed.items()},
            policies=ledger.PolicyPages(
                self.policies,
                {policy.name: policy.id for policy in self.policies.values()},
                self.assigned,
                self.days,
                self.counters,
                {plan.account_id: plan for plan in self.plans},
                {line.account_id: self.reserved(line.account_id) for line in self.reserve_lines},
            ),
            advances=self.advance_pages(),
            almanac=ALMANAC,
        )

    def advance_pages(self) -> ledger.AdvancePages:
        """Return what commands about advances need, at the present instant."""
        apart: dict[ledger.Apart, int] = {}
        for line in self.all_entries:
            if line.kind in (ledger.RESERVE, ledger.TAKEN) and line.available_at and line.available_at > self.at:
                place = (line.account_id, line.available_at, line.kind)
                signed = line.amount if line.side is self.accounts[line.account_id].normal_side else -line.amount
                apart[place] = apart.get(place, 0) + signed
        taken: dict[UUID, int] = {}
        for advance in self.advances:
            if ledger.day_of(advance.accepted_at) == ledger.day_of(self.at):
                taken[advance.account_id] = taken.get(advance.account_id, 0) + advance.amount
        return ledger.AdvancePages(
            {plan.currency: plan for plan in self.advance_plans},
            {quote.id: quote for quote in self.quotes},
            {quote.external_id: quote.id for quote in self.quotes if quote.external_id is not None},
            {advance.quote_id: advance for advance in self.advances},
            apart,
            taken,
        )

    def _save(self, changes: ledger.Changes, sequence: int) -> None:
        for account in changes.opened:
            self.accounts[account.id] = account
        self.accounts.update(changes.described)
        self.balances.update(changes.balances)
        for hold in (*changes.placed.values(), *changes.changed_holds.values()):
            self.holds[hold.id] = hold
        for transaction in changes.transactions:
            self.transactions[transaction.id] = transaction
            self.entries[transaction.id] = ()
        for entry in changes.entries:
            self.entries[entry.transaction_id] += (entry,)
            if entry.of_entry is not None:
                self.naming[entry.of_entry] = (*self.naming.get(entry.of_entry, ()), entry)
        for bucket, added in changes.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + added
        for record in changes.keys:
            place = (record.operation, record.key)
            assert place not in self.keys, "a key stands for one outcome"
            self.keys[place] = record
        for kind, external_id, made in changes.claimed:
            assert (kind, external_id) not in self.external_ids, "an external id stands for one thing"
            self.external_ids[kind, external_id] = made
        self._save_policies(changes)
        self.all_entries += changes.entries
        self.reserve_lines += [entry for entry in changes.entries if entry.kind == ledger.RESERVE]
        self.account_changes += changes.account_changes
        self.hold_changes += changes.hold_changes
        self.events += changes.events
        assert sequence == changes.sequence + len({event.sequence for event in changes.events})
        self.sequence = sequence

    def _save_policies(self, changes: ledger.Changes) -> None:
        for policy in changes.published:
            self.policies[policy.id] = policy
        for assignment in changes.assigned:
            self.assigned[assignment.account_id, assignment.currency] = assignment.policy_id
        for change in changes.calendar_changes:
            self.days |= {(change.calendar, day): True for day in change.closed}
            self.days |= {(change.calendar, day): False for day in change.opened}
        self.counters.update(changes.counters)
        self.rules |= {ledger.EntryKey(rule.transaction_id, rule.line): rule for rule in changes.rules}
        self.published += changes.published
        self.assignments += changes.assigned
        self.calendar_changes += changes.calendar_changes
        self.plans += changes.plans
        self.advance_plans += changes.advance_plans
        self.quotes += changes.quotes
        self.advances += changes.advances

    def reserved(self, account_id: UUID) -> int:
        """What is kept of deposits to an account: lines of the kind that still mature."""
        side = self.accounts[account_id].normal_side
        kept = [one for one in self.reserve_lines if one.account_id == account_id]
        maturing = [one for one in kept if one.available_at is not None and one.available_at > self.at]
        return sum(one.amount if one.side is side else -one.amount for one in maturing)

    def records(self) -> Records:
        """Return all rows, for the proof of what must always hold."""
        return Records(
            at=self.at,
            sequence=self.sequence,
            accounts=self.accounts,
            balances=self.balances,
            holds=self.holds,
            transactions=tuple(self.transactions.values()),
            entries=tuple(self.all_entries),
            buckets=self.buckets,
            account_changes=tuple(self.account_changes),
            hold_changes=tuple(self.hold_changes),
            events=tuple(self.events),
            published=tuple(self.published),
            assigned=tuple(self.assignments),
            calendar_changes=tuple(self.calendar_changes),
            plans=tuple(self.plans),
            advance_plans=tuple(self.advance_plans),
            quotes=tuple(self.quotes),
            advances=tuple(self.advances),
        )
