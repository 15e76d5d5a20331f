"""What is recorded of policies: versions, assignments, a tenant's own days, and the rule behind an entry."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date
from types import MappingProxyType
from typing import Final, Protocol, TypeAlias
from uuid import UUID

from app.ledger.calendar import Calendar
from app.ledger.policy import Policy, PolicyProblem
from app.ledger.policy_problems import Known
from app.ledger.reserve import ReservePlan
from app.values import value

EVERYBODY: Final = UUID(int=0)
"""Stands for the tenant itself where a policy is assigned: the default of every account of the policy's currency."""
ANY_CURRENCY: Final = ""
"""The currency of the default that holds where a currency has none of its own."""
CLOSURES_MAX: Final = 5_000
"""A tenant's own days, of all calendars, that lie ahead."""
CLOSURE_DAYS_MAX: Final = 5 * 366
"""How many days ahead a day may be closed or opened."""


@value
class PolicyVersion:
    """One version of a policy, never changed: versions of one id and name count from 1.

    `document` is the canonical text of its terms; `sequence` is the command that published it.
    """

    id: UUID
    version: int
    name: str
    currency: str | None
    document: str
    sequence: int
    published_at: int
    principal: str


@value
class PolicyAssignment:
    """From `sequence` on, deposits to an account follow a policy's latest version; None is the tenant's default again.

    `account_id` EVERYBODY sets that default, for accounts of the currency; of ANY_CURRENCY, for the rest.
    """

    account_id: UUID
    currency: str
    sequence: int
    policy_id: UUID | None
    assigned_at: int
    principal: str


@value
class CalendarChange:
    """A tenant closed and opened days (`date.toordinal()`) of a calendar."""

    id: UUID
    sequence: int
    calendar: str
    closed: tuple[int, ...]
    opened: tuple[int, ...]
    changed_at: int
    principal: str


@value
class EntryRule:
    """Why an entry matures when it does: the version of a policy, its rule, and the portion, from 1.

    `portion` None is what lay beyond the rule's day limit; `business_day` (`date.toordinal()`) is the banking day that
    the deposit counted for.
    """

    transaction_id: UUID
    line: int
    policy_id: UUID
    version: int
    rule: str
    portion: int | None
    business_day: int


@value
class DepositSlice:
    """What one line of a deposit comes to: in minor units, from an instant on, by a rule unless that was overridden.

    `reserved` is kept back from what the rule would have made available.
    """

    line: int
    amount: int
    available_at: int | None
    rule: EntryRule | None
    reserved: bool = False


@value
class DepositRecord:
    """What a policy could look at when a deposit was made, and what the money came to before a reserve was kept.

    `overridden` gave its instant itself, and no policy was asked.
    """

    transaction_id: UUID
    sequence: int
    account_id: UUID
    deposited_at: int
    amount: int
    method: str
    risk_tier: str | None
    overridden: bool
    slices: tuple[tuple[int, int | None], ...]


class Almanac(Protocol):
    """What the world outside a ledger says of policies; the same answer to the same question for ever."""

    @property
    def known(self) -> Known:
        """What a policy may refer to."""
        ...

    def calendar(self, code: str, time_zone: str, *, closed: Iterable[date], opened: Iterable[date]) -> Calendar | None:
        """Return a calendar with the days that a tenant closes and opens by itself; None where its code is no more."""
        ...

    def read(self, document: str) -> Policy | tuple[PolicyProblem, ...]:
        """Return the policy of a document that is to be published, or what is wrong with it."""
        ...

    def policy(self, document: str) -> Policy:
        """Return the policy of a document that was published."""
        ...


CountedDay: TypeAlias = tuple[UUID, int, UUID]
"""An account, a banking day and a policy, whose versions share their counters."""


@value
class PolicyPages:
    """What deposits and commands about policies need of one tenant; loaded only for batches that have some.

    `policies` are latest versions by id, `names` ids by name; `assigned` says per account (or EVERYBODY) and currency
    what was assigned last; `days` are the tenant's own days ahead, True where closed; `counters` what the deposits of
    these days come to, by the counter's name. `plans` are the reserve plans in force by account, `reserved` is
    what is kept on each.
    """

    policies: Mapping[UUID, PolicyVersion] = field(default_factory=lambda: MappingProxyType({}))
    names: Mapping[str, UUID] = field(default_factory=lambda: MappingProxyType({}))
    assigned: Mapping[tuple[UUID, str], UUID | None] = field(default_factory=lambda: MappingProxyType({}))
    days: Mapping[tuple[str, int], bool] = field(default_factory=lambda: MappingProxyType({}))
    counters: Mapping[CountedDay, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    plans: Mapping[UUID, ReservePlan] = field(default_factory=lambda: MappingProxyType({}))
    reserved: Mapping[UUID, int] = field(default_factory=lambda: MappingProxyType({}))


def followed_policy(assigned: Mapping[tuple[UUID, str], UUID | None], account_id: UUID, currency: str) -> UUID | None:
    """Return the policy that an account follows: its own, else everybody's of its currency, else of any currency."""
    return (
        assigned.get((account_id, currency))
        or assigned.get((EVERYBODY, currency))
        or assigned.get((EVERYBODY, ANY_CURRENCY))
    )


def own_days(days: Mapping[tuple[str, int], bool], calendar: str) -> tuple[list[date], list[date]]:
    """Return the days of a calendar that a tenant closes, and those that it opens."""
    chosen = [(date.fromordinal(day), closed) for (code, day), closed in days.items() if code == calendar]
    return [day for day, closed in chosen if closed], [day for day, closed in chosen if not closed]
