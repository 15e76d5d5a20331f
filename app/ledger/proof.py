"""What must always hold: the invariants of a ledger, checked over plain collections of all of its rows.

Each check yields one sentence for each violation; a sound ledger yields none. Nothing here is shared with the code
that decides: every sum is made anew from the rows.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from app.ledger.account import Account, AccountChange, Side
from app.ledger.advance import Advance, AdvancePlan, InstantQuote
from app.ledger.balance import Balance
from app.ledger.event import Event, EventKind
from app.ledger.hold import TRANSITIONS, Hold, HoldChange, HoldChangeKind, HoldStatus
from app.ledger.policy_record import EVERYBODY, CalendarChange, PolicyAssignment, PolicyVersion
from app.ledger.reserve import ReservePlan
from app.ledger.transaction import Entry, EntryKey, Transaction
from app.values import value


@value
class Records:
    """All rows of one tenant, histories in the order in which they were written; `balances` are true at `at`."""

    at: int
    sequence: int
    accounts: Mapping[UUID, Account]
    balances: Mapping[UUID, Balance]
    holds: Mapping[UUID, Hold]
    transactions: Sequence[Transaction]
    entries: Sequence[Entry]
    buckets: Mapping[tuple[UUID, int], int]
    account_changes: Sequence[AccountChange]
    hold_changes: Sequence[HoldChange]
    events: Sequence[Event]
    published: Sequence[PolicyVersion] = ()
    assigned: Sequence[PolicyAssignment] = ()
    calendar_changes: Sequence[CalendarChange] = ()
    plans: Sequence[ReservePlan] = ()
    advance_plans: Sequence[AdvancePlan] = ()
    quotes: Sequence[InstantQuote] = ()
    advances: Sequence[Advance] = ()

    def signed(self, entry: Entry) -> int:
        """The amount of an entry in its account's normal sign."""
        return entry.amount if entry.side is self.accounts[entry.account_id].normal_side else -entry.amount


def violations(records: Records) -> list[str]:
    """Return one sentence for everything that is wrong."""
    return [sentence for check in CHECKS for sentence in check(records)]


def debits_equal_credits(records: Records) -> Iterator[str]:
    """In each transaction and overall, in every currency."""
    totals: dict[tuple[UUID | None, str], int] = defaultdict(int)
    for entry in records.entries:
        currency = records.accounts[entry.account_id].currency
        signed = entry.amount if entry.side is Side.DEBIT else -entry.amount
        totals[entry.transaction_id, currency] += signed
        totals[None, currency] += signed
    for (transaction_id, currency), total in totals.items():
        if total:
            yield f"{transaction_id or 'the tenant'}: debits - credits = {total} {currency}"
    lines = Counter(entry.transaction_id for entry in records.entries)
    for transaction in records.transactions:
        if lines[transaction.id] < 2:  # noqa: PLR2004 - a transaction has two sides
            yield f"transaction {transaction.id} has {lines[transaction.id]} entries"


def balances_are_sums(records: Records) -> Iterator[str]:
    """The stored balance is the sum of the entries and what the last of them carries, line by line."""
    running: dict[UUID, int] = defaultdict(int)
    for entry in records.entries:
        running[entry.account_id] += records.signed(entry)
        if entry.balance_after != running[entry.account_id]:
            yield f"entry {entry.key}: carries {entry.balance_after}, sum {running[entry.account_id]}"
    for account_id, balance in records.balances.items():
        if balance.ledger != running[account_id]:
            yield f"account {account_id}: ledger {balance.ledger}, entries {running[account_id]}"


def maturing_is_buckets(records: Records) -> Iterator[str]:
    """Buckets are sums of entries, never below zero; what matures later is maturing; no instant has passed."""
    sums: dict[tuple[UUID, int], int] = defaultdict(int)
    for entry in records.entries:
        if entry.available_at is not None:
            sums[entry.account_id, entry.available_at] += records.signed(entry)
            if entry.available_at <= entry.recorded_at:
                yield f"entry {entry.key}: available at {entry.available_at}, recorded at {entry.recorded_at}"
        expected = sum(
            amount
            for (account_id, instant), amount in sums.items()
            if account_id == entry.account_id and instant > entry.recorded_at
        )
        if entry.maturing_after != expected:
            yield f"entry {entry.key}: maturing {entry.maturing_after} after it, sum {expected}"
    for bucket in sums.keys() | records.buckets.keys():
        stored = records.buckets.get(bucket, 0)
        if stored != sums[bucket] or stored < 0:
            yield f"bucket {bucket}: {stored}, entries {sums[bucket]}"
    for account_id, balance in records.balances.items():
        maturing = sum(v for (owner, instant), v in sums.items() if owner == account_id and instant > records.at)
        if balance.maturing != maturing:
            yield f"account {account_id}: maturing {balance.maturing}, buckets {maturing}"


def held_is_what_holds_say(records: Records) -> Iterator[str]:
    """Held money is the rest of the holds in force, lapsed money that of those not yet recorded."""
    held: dict[UUID, int] = defaultdict(int)
    lapsed: dict[UUID, int] = defaultdict(int)
    for hold in records.holds.values():
        if hold.status is HoldStatus.ACTIVE:
            over = hold.expires_at is not None and hold.expires_at <= records.at
            (lapsed if over else held)[hold.account_id] += hold.remaining
    for account_id, balance in records.balances.items():
        if (balance.held, balance.lapsed) != (held[account_id], lapsed[account_id]):
            found = f"held {balance.held}, lapsed {balance.lapsed}"
            yield f"account {account_id}: {found}, holds {held[account_id]}, {lapsed[account_id]}"


def holds_follow_the_table(records: Records) -> Iterator[str]:
    """Amounts add up, changes follow the lifecycle and end with the stored hold; nothing after the end."""
    status: dict[UUID, HoldStatus] = {}
    expiry: dict[UUID, int | None] = {}
    held: dict[UUID, int] = defaultdict(int)
    remaining: dict[UUID, int] = defaultdict(int)
    last: dict[UUID, HoldChange] = {}
    for change in records.hold_changes:
        name = f"hold {change.hold_id} at {change.sequence}"
        if change.captured + change.released + change.remaining_after != change.hold_amount:
            yield f"{name}: {change.captured} + {change.released} + {change.remaining_after} ≠ {change.hold_amount}"
        before, ends = status.get(change.hold_id), expiry.get(change.hold_id)
        after = _status_after(change)
        if before is None:
            allowed = change.kind is HoldChangeKind.PLACED and after is HoldStatus.ACTIVE
        else:
            allowed = after in TRANSITIONS.get((before, change.kind), ())
        late = ends is not None and change.recorded_at >= ends
        if not allowed or late is not (change.kind is HoldChangeKind.EXPIRED):
            yield f"{name}: {change.kind} of a hold that was {before} until {ends}"
        held[change.account_id] += change.remaining_after - remaining[change.hold_id]
        if change.held_after != held[change.account_id]:
            yield f"{name}: {change.held_after} held after it, sum {held[change.account_id]}"
        remaining[change.hold_id] = change.remaining_after
        status[change.hold_id], expiry[change.hold_id] = after, change.expires_at
        last[change.hold_id] = change
    for hold in records.holds.values():
        end = last.get(hold.id)
        stored = (hold.amount, hold.captured, hold.released, hold.expires_at, hold.status)
        if end is None or stored != (end.hold_amount, end.captured, end.released, end.expires_at, status[hold.id]):
            yield f"hold {hold.id}: stored {stored}, last change {end}"


def _status_after(change: HoldChange) -> HoldStatus:
    if change.kind is HoldChangeKind.EXPIRED:
        return HoldStatus.EXPIRED
    if change.remaining_after:
        return HoldStatus.ACTIVE
    return HoldStatus.CAPTURED if change.captured else HoldStatus.RELEASED


def versions_have_no_gaps(records: Records) -> Iterator[str]:
    """Each command that touches an account takes its next version, from 0 on."""
    versions: dict[UUID, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for entry in records.entries:
        versions[entry.account_id][entry.account_version].add(entry.sequence)
    for change in records.hold_changes:
        versions[change.account_id][change.version].add(change.sequence)
    for term in records.account_changes:
        versions[term.account_id][term.version].add(term.sequence)
    for account_id, balance in records.balances.items():
        found = versions[account_id]
        if sorted(found) != list(range(balance.version + 1)):
            yield f"account {account_id}: version {balance.version}, history {sorted(found)}"
        sequences = [found[version] for version in sorted(found)]
        if any(len(at) > 1 for at in sequences) or sequences != sorted(sequences, key=min):
            yield f"account {account_id}: versions out of order, {sequences}"


def terms_are_the_last_change(records: Records) -> Iterator[str]:
    """Floor and flags of an account are those of its last change."""
    last = {change.account_id: change for change in records.account_changes}
    for account_id, balance in records.balances.items():
        change = last.get(account_id)
        stored = (balance.floor, balance.out_frozen, balance.in_frozen, balance.closed)
        if change is None or stored != (change.floor, change.out_frozen, change.in_frozen, change.closed):
            yield f"account {account_id}: terms {stored}, last change {change}"


def reversals_stay_within(records: Records) -> Iterator[str]:
    """The lines that take from an entry never come to more than the entry."""
    entries = {entry.key: entry for entry in records.entries}
    taken: dict[EntryKey, int] = defaultdict(int)
    for entry in records.entries:
        if entry.of_entry is not None and entries[entry.of_entry].side is not entry.side:
            taken[entry.of_entry] += entry.amount
    for key, amount in taken.items():
        if amount > entries[key].amount:
            yield f"entry {key}: {amount} taken of {entries[key].amount}"


def slices_add_up(records: Records) -> Iterator[str]:
    """What is left of each increase in its bucket, nameless pins taken from the oldest, sums to the bucket."""
    for (account_id, instant), amount in records.buckets.items():
        inside = [e for e in records.entries if e.account_id == account_id and e.available_at == instant]
        slices = {entry.key: entry.amount for entry in inside if records.signed(entry) > 0}
        nameless = 0
        for entry in inside:
            if records.signed(entry) < 0:
                named = entry.of_entry in slices
                nameless += 0 if named else entry.amount
                if named and entry.of_entry is not None:
                    slices[entry.of_entry] -= entry.amount
        for key, rest in slices.items():
            slices[key] = rest - min(rest, nameless)
            nameless -= min(rest, nameless)
        if nameless or sum(slices.values()) != amount or min(slices.values(), default=0) < 0:
            yield f"bucket {account_id} at {instant}: {amount}, slices {sorted(slices.values())}, {nameless} over"


def history_has_no_gaps(records: Records) -> Iterator[str]:
    """Sequences and ordinals run on, time never runs back, and each change has its event."""
    places = [(event.sequence, event.ordinal) for event in records.events]
    counts = Counter(sequence for sequence, _ in places)
    if (
        places != [(s, o) for s in range(1, records.sequence + 1) for o in range(counts[s])]
        or len(counts) != records.sequence
    ):
        yield f"events stand at {places}, the tenant at {records.sequence}"
    times = [event.recorded_at for event in records.events]
    if times != sorted(times):
        yield "recordedAt decreases along the sequence"
    told = Counter((e.sequence, _NOUNS.get(e.kind, e.kind.partition(".")[0]), e.subject_id) for e in records.events)
    made = Counter((row.sequence, "account", row.account_id) for row in records.account_changes)
    made.update((row.sequence, "hold", row.hold_id) for row in records.hold_changes)
    made.update((row.sequence, "transaction", row.id) for row in records.transactions)
    made.update((row.sequence, "policy", row.id) for row in records.published)
    made.update((row.sequence, "assignment", _assigned(row)) for row in records.assigned)
    made.update((row.sequence, "calendar", row.id) for row in records.calendar_changes)
    made.update((row.sequence, "reserve", row.account_id) for row in records.plans)
    made.update((row.sequence, "plan", row.lender_id) for row in records.advance_plans)
    made.update((row.sequence, "quote", row.id) for row in records.quotes)
    made.update((row.sequence, "advance", row.quote_id) for row in records.advances)
    for place in (told - made) + (made - told):
        yield f"{place}: an event without its change, or a change without its event"


_NOUNS: Final = {
    EventKind.TRANSACTION_POSTED: "transaction",
    EventKind.POLICY_ASSIGNED: "assignment",
    EventKind.ADVANCE_PLANNED: "plan",
}


def _assigned(row: PolicyAssignment) -> UUID:
    return row.policy_id or row.account_id if row.account_id == EVERYBODY else row.account_id


def floors_were_kept(records: Records) -> Iterator[str]:
    """No command that was not forced lowered what is available and left it below the floor of its time."""
    entries: dict[UUID, dict[int, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    holds: dict[UUID, dict[int, HoldChange]] = defaultdict(dict)
    terms: dict[UUID, dict[int, AccountChange]] = defaultdict(dict)
    for entry in records.entries:
        entries[entry.account_id][entry.sequence].append(entry)
    for change in records.hold_changes:
        holds[change.account_id][change.sequence] = change
    for term in records.account_changes:
        terms[term.account_id][term.sequence] = term
    forced = {event.sequence for event in records.events if ("forced", 1) in event.payload}
    for account_id in records.accounts:
        past: list[Entry] = []
        current: dict[UUID, HoldChange] = {}
        floor: int | None = 0
        moved = entries[account_id].keys() | holds[account_id].keys() | terms[account_id].keys()
        for sequence in sorted(moved):
            if sequence in terms[account_id]:
                floor = terms[account_id][sequence].floor
                continue
            made = entries[account_id][sequence]
            hold = holds[account_id].get(sequence)
            at = made[0].recorded_at if made else hold.recorded_at if hold else 0
            before = _available(records, past, current, at)
            past += made
            if hold is not None:
                current[hold.hold_id] = hold
            after = _available(records, past, current, at)
            if after < before and floor is not None and after < floor and sequence not in forced:
                yield f"account {account_id} at {sequence}: {after} available, floor {floor}"


def advances_are_repaid(records: Records) -> Iterator[str]:
    """Each advance is of its own quote, in time; the lender has it back when the account's money would have come."""
    quotes = {quote.id: quote for quote in records.quotes}
    lines: dict[UUID, list[Entry]] = defaultdict(list)
    for entry in records.entries:
        lines[entry.transaction_id].append(entry)
    if len({advance.quote_id for advance in records.advances}) < len(records.advances):
        yield "a quote was accepted twice"
    for advance in records.advances:
        quote = quotes[advance.quote_id]
        if not quote.quoted_at <= advance.accepted_at < quote.expires_at:
            yield f"quote {quote.id} was accepted at {advance.accepted_at}, good until {quote.expires_at}"
        comes: dict[tuple[UUID, int | None], int] = defaultdict(int)
        for entry in lines[advance.transaction_id]:
            comes[entry.account_id, entry.available_at] += records.signed(entry)
        told: dict[tuple[UUID, int | None], int]
        told = {(quote.account_id, None): quote.amount - quote.fee, (quote.lender_id, None): -quote.amount}
        told |= {(quote.account_id, part.at): -part.amount for part in quote.repayments}
        told |= {(quote.lender_id, part.at): part.amount for part in quote.repayments}
        if quote.fee:
            place = (quote.fee_account_id, None)
            told[place] = told.get(place, 0) + quote.fee
        if dict(comes) != told:
            yield f"the advance of quote {quote.id} is {dict(comes)}, quoted {told}"


def _available(records: Records, entries: list[Entry], holds: dict[UUID, HoldChange], at: int) -> int:
    ready = sum(records.signed(e) for e in entries if e.available_at is None or e.available_at <= at)
    held = sum(h.remaining_after for h in holds.values() if h.expires_at is None or h.expires_at > at)
    return ready - held


CHECKS: Final[tuple[Callable[[Records], Iterator[str]], ...]] = (
    debits_equal_credits,
    balances_are_sums,
    maturing_is_buckets,
    held_is_what_holds_say,
    holds_follow_the_table,
    versions_have_no_gaps,
    terms_are_the_last_change,
    reversals_stay_within,
    slices_add_up,
    history_has_no_gaps,
    floors_were_kept,
    advances_are_repaid,
)
