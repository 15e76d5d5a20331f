"""Another ledger, for comparison: it keeps facts and adds them up anew for every question.

It imports nothing of the product. It knows no running balance, bucket, version or status: all of these are answers to
questions about the facts.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

LIMIT: Final = 10**18
FUTURES: Final = 256


@dataclass(frozen=True, slots=True)
class Posted:
    """One line of a transaction. `names` is the line that this one belongs to."""

    sequence: int
    at: int
    account: str
    debit: bool
    signed: int
    matures: int | None
    transaction: str
    line: int
    names: tuple[str, int] | None = None

    @property
    def place(self) -> tuple[str, int]:
        return self.transaction, self.line


@dataclass(frozen=True, slots=True)
class HoldFact:
    """Something that happened to a hold: what, and by how much."""

    sequence: int
    at: int
    account: str
    hold: str
    what: str
    amount: int = 0
    expires: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What an account's holder may do with it, from this fact on; `floor` None is none."""

    sequence: int
    at: int
    account: str
    floor: int | None
    out_frozen: bool = False
    in_frozen: bool = False
    closed: bool = False
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """An account as it was opened."""

    currency: str
    debit_normal: bool


@dataclass(frozen=True, slots=True)
class HoldState:
    """What the facts of a hold come to."""

    account: str
    status: str
    amount: int
    captured: int
    released: int
    expires: int | None

    @property
    def remaining(self) -> int:
        return self.amount - self.captured - self.released

    def over(self, at: int) -> bool:
        return self.expires is not None and self.expires <= at

    def seen(self, at: int) -> "HoldState":
        """The hold as it reads at an instant."""
        if self.status == "ACTIVE" and self.over(at):
            return replace(self, status="EXPIRED", released=self.amount - self.captured)
        return self


AccountStanding = tuple[int, int, int, int, int | None, bool, bool, bool]
"""Ledger, maturing, held, version, floor, frozen out, frozen in, closed."""
Standing = tuple[dict[str, AccountStanding], dict[str, HoldState]]


@dataclass(slots=True)
class Facts:
    """All that ever happened, by account and by hold, and the questions that can be asked about it."""

    exponents: dict[str, int]
    opened: dict[str, Opened] = field(default_factory=dict)
    posted: dict[str, list[Posted]] = field(default_factory=dict)
    held: dict[str, list[HoldFact]] = field(default_factory=dict)
    terms: dict[str, list[Terms]] = field(default_factory=dict)
    transactions: dict[str, list[Posted]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    destinations: dict[str, str] = field(default_factory=dict)
    external: dict[tuple[str, str], str] = field(default_factory=dict)
    sequence: int = 0

    def copy(self) -> "Facts":
        """Return facts that go their own way from now on."""
        return Facts(
            self.exponents,
            dict(self.opened),
            {name: list(facts) for name, facts in self.posted.items()},
            {name: list(facts) for name, facts in self.held.items()},
            {name: list(facts) for name, facts in self.terms.items()},
            dict(self.transactions),
            dict(self.kinds),
            dict(self.destinations),
            dict(self.external),
            self.sequence,
        )

    def as_of(self, at: int) -> "Facts":
        """Return the facts that were known at an instant."""
        known = self.copy()
        known.terms = {name: [fact for fact in facts if fact.at <= at] for name, facts in self.terms.items()}
        known.opened = {name: opened for name, opened in self.opened.items() if known.terms[name]}
        known.posted = {name: [fact for fact in facts if fact.at <= at] for name, facts in self.posted.items()}
        held = {name: [fact for fact in facts if fact.at <= at] for name, facts in self.held.items()}
        known.held = {name: facts for name, facts in held.items() if facts}
        return known

    # -- accounts -------------------------------------------------------------------------------

    def ledger(self, account: str) -> int:
        return sum(fact.signed for fact in self.posted[account])

    def maturing(self, account: str, at: int) -> int:
        return sum(fact.signed for fact in self.posted[account] if fact.matures is not None and fact.matures > at)

    def matured(self, account: str, at: int) -> int:
        return sum(fact.signed for fact in self.posted[account] if fact.matures is None or fact.matures <= at)

    def bucket(self, account: str, matures: int) -> int:
        return sum(fact.signed for fact in self.posted[account] if fact.matures == matures)

    def holds_of(self, account: str) -> list[HoldState]:
        return [self.hold(name) for name, facts in self.held.items() if facts[0].account == account]

    def held_at(self, account: str, at: int) -> int:
        return sum(hold.seen(at).remaining for hold in self.holds_of(account))

    def held_on_paper(self, account: str) -> int:
        """What is held by all holds whose end is not written down, lapsed or not."""
        return sum(hold.remaining for hold in self.holds_of(account))

    def available(self, account: str, at: int) -> int:
        return self.matured(account, at) - self.held_at(account, at)

    def terms_of(self, account: str) -> Terms:
        return self.terms[account][-1]

    def version(self, account: str) -> int:
        touched = {fact.sequence for fact in self.posted[account]}
        touched.update(fact.sequence for fact in self.terms[account])
        touched.update(fact.sequence for facts in self.held.values() if facts[0].account == account for fact in facts)
        return len(touched) - 1

    def futures(self, account: str, at: int) -> list[int]:
        """The next instants at which something matures on an account or lapses."""
        instants = {
            fact.matures
            for fact in self.posted[account]
            if fact.matures is not None and fact.matures > at and self.bucket(account, fact.matures)
        }
        instants.update(
            hold.expires
            for hold in self.holds_of(account)
            if hold.status == "ACTIVE" and hold.expires is not None and hold.expires > at
        )
        return sorted(instants)[:FUTURES]

    def standing(self, at: int) -> Standing:
        """How everything stands at an instant, in one look at all facts."""
        holds = {name: self.hold(name).seen(at) for name in self.held}
        touched = {name: {fact.sequence for fact in self.posted[name]} for name in self.opened}
        held = dict.fromkeys(self.opened, 0)
        for name, facts in self.held.items():
            held[holds[name].account] += holds[name].remaining
            touched[holds[name].account].update(fact.sequence for fact in facts)
        accounts: dict[str, AccountStanding] = {}
        for name in self.opened:
            touched[name].update(fact.sequence for fact in self.terms[name])
            terms = self.terms[name][-1]
            sums = self.ledger(name), self.maturing(name, at), held[name], len(touched[name]) - 1
            accounts[name] = (*sums, terms.floor, terms.out_frozen, terms.in_frozen, terms.closed)
        return accounts, holds

    # -- holds ----------------------------------------------------------------------------------

    def hold(self, name: str) -> HoldState:
        first, *rest = self.held[name]
        amount, captured, released, expires, status = first.amount, 0, 0, first.expires, "ACTIVE"
        for fact in rest:
            match fact.what:
                case "increment":
                    amount += fact.amount
                case "extend":
                    expires = fact.expires
                case "capture" | "final":
                    captured += fact.amount
                    amount = max(amount, captured + released)
                    if fact.what == "final" or amount == captured + released:
                        status, released = "CAPTURED", amount - captured
                case "release":
                    released += fact.amount
                    if amount == captured + released:
                        status = "CAPTURED" if captured else "RELEASED"
                case _:
                    status, released = "EXPIRED", amount - captured
        return HoldState(first.account, status, amount, captured, released, expires)

    # -- entries --------------------------------------------------------------------------------

    def naming(self, entry: Posted) -> list[Posted]:
        """The lines that name an entry; they stand on its account."""
        return [fact for fact in self.posted[entry.account] if fact.names == entry.place]

    def rest(self, entry: Posted) -> int:
        taken = sum(abs(fact.signed) for fact in self.naming(entry) if fact.debit != entry.debit)
        return abs(entry.signed) - taken

    def family(self, entry: Posted) -> list[Posted]:
        """An entry and all that its money was moved to in time, eldest first."""
        found = [entry]
        for fact in self.naming(entry):
            if fact.debit == entry.debit:
                found += self.family(fact)
        return found

    def remainder(self, entry: Posted) -> int:
        return sum(self.rest(member) for member in self.family(entry))

    # -- words ----------------------------------------------------------------------------------

    def text(self, minor: int, currency: str) -> str:
        return f"{Decimal(minor).scaleb(-self.exponents[currency]):f}"
