"""Policies: their versions, and the rules of each as data."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, assert_never

import strawberry

from app import ledger, services
from app.graphql.connection import PageInfo, page_info_of
from app.graphql.enums import Direction
from app.graphql.money import Money, money_of
from app.graphql.node import Node
from app.graphql.paging import PAGE_MAX, Page, Position
from app.graphql.policy_enums import DayUnit, TakeKind, TimingKind
from app.graphql.policy_inputs import POLICY
from app.graphql.scalars import BigInt, CurrencyCode, DecimalText, Instant

if TYPE_CHECKING:
    from app.graphql.context import Context

_PERCENT_DIGITS: Final = 2
_VERSIONS_DEFAULT: Final = 10

Unit = tuple[str, int]


@strawberry.type(description="Amounts from one on and below another; null is without end.")
class AmountBand:
    """A band of amounts."""

    from_: Money = strawberry.field(name="from", description="From this amount on.")
    below: Money | None = strawberry.field(description="Below this amount.")


@strawberry.type(description="Days from one number on and below another; null is without end.")
class AgeBand:
    """A band of days."""

    from_: int = strawberry.field(name="from", description="From so many days on.")
    below: int | None = strawberry.field(description="Below so many days.")


@strawberry.type(description="A key of a deposit's metadata and the values that match.")
class MetadataMatch:
    """A key and values."""

    key: str = strawberry.field(description="The key.")
    values: list[str] = strawberry.field(description="The values, any of which matches.")


@strawberry.type(
    description="Which deposits a rule is for: every condition must match, and what is empty or null does."
)
class RuleMatch:
    """Conditions on a deposit and its account."""

    methods: list[str] = strawberry.field(description="Any of these methods.")
    direction: Direction = strawberry.field(description="Which way the money goes.")
    amount: AmountBand | None = strawberry.field(description="The amount of the deposit.")
    account_age_days: AgeBand | None = strawberry.field(
        description="The days from the opening of the account to the banking day of the deposit."
    )
    risk_tiers: list[str] = strawberry.field(description="Any of these values of riskTier in the account's metadata.")
    metadata: list[MetadataMatch] = strawberry.field(description="Metadata of the deposit.")


@strawberry.type(description="How much of a deposit a portion takes, of what those before it left.")
class PortionTake:
    """A kind, and the figure that belongs to it."""

    kind: TakeKind = strawberry.field(description="How it takes.")
    amount: Money | None = strawberry.field(description="At most so much; of PER_ITEM and PER_DAY.")
    counter: str | None = strawberry.field(
        description="Portions with the same counter share the amount of a day; null is a counter of its own."
    )
    percent: DecimalText | None = strawberry.field(description="So many per cent; of PERCENT.")


@strawberry.type(description="When a portion becomes available.")
class PortionTiming:
    """A kind, and the figures that belong to it."""

    kind: TimingKind = strawberry.field(description="What it waits for.")
    days: int | None = strawberry.field(description="How many days after the banking day; of AFTER_DAYS.")
    unit: DayUnit | None = strawberry.field(description="Which days are counted; of AFTER_DAYS.")
    at: str | None = strawberry.field(description='The local time of that day, such as "09:00"; of AFTER_DAYS.')


@strawberry.type(description="One slice of a deposit: how much, and when.")
class RulePortion:
    """A portion."""

    take: PortionTake = strawberry.field(description="How much it takes.")
    available: PortionTiming = strawberry.field(description="When that becomes available.")


@strawberry.type(description="What lies above an amount of a day's deposits becomes available as it says.")
class RuleDayLimit:
    """An amount a day, and when what lies above it becomes available."""

    amount: Money = strawberry.field(description="How much a day the portions share out.")
    counter: str = strawberry.field(description="Rules with the same counter share the amount.")
    beyond: PortionTiming = strawberry.field(description="When what lies above it becomes available.")


@strawberry.type(description="A rule of a policy: the first that matches a deposit shares it out.")
class PolicyRule:
    """Which deposits, and their portions."""

    name: str = strawberry.field(description="Its name, unique in the version.")
    match: RuleMatch = strawberry.field(description="Which deposits it is for.")
    portions: list[RulePortion] = strawberry.field(description="The slices, in order; the last takes what is left.")
    day_limit: RuleDayLimit | None = strawberry.field(description="How much a day the portions share out.")
    source: str | None = strawberry.field(description="Where it comes from, such as 12 CFR 229.10(c).")


@strawberry.type(description="The terms of a policy as they were published once: they never change.")
class PolicyVersion:
    """A version, with its rules as data."""

    version: int = strawberry.field(description="Its number, from 1.")
    currency: CurrencyCode | None = strawberry.field(
        description="The currency of its amounts; null where it names none and is for every currency."
    )
    published_at: Instant = strawberry.field(description="When it was published.")
    sequence: BigInt = strawberry.field(description="The command that published it, in the tenant's order.")
    document: str = strawberry.field(description="All of it as the JSON text of a policy document.")
    row: strawberry.Private[ledger.PolicyVersion]

    @strawberry.field(description="Where days begin and times are local, such as America/New_York.")
    async def time_zone(self, info: "strawberry.Info[Context]") -> str:
        """Read the document."""
        return (await self.terms(info)).time_zone

    @strawberry.field(description="Which days are business days, such as FED.")
    async def calendar(self, info: "strawberry.Info[Context]") -> str:
        """Read the document."""
        return (await self.terms(info)).calendar

    @strawberry.field(
        description='From when on a deposit counts for the next banking day, such as "17:00"; null is the day\'s end.'
    )
    async def cut_off(self, info: "strawberry.Info[Context]") -> str | None:
        """Read the document."""
        minute = (await self.terms(info)).cut_off
        return None if minute is None else _clock(minute)

    @strawberry.field(description="What it is for.")
    async def description(self, info: "strawberry.Info[Context]") -> str | None:
        """Read the document."""
        return (await self.terms(info)).description

    @strawberry.field(description="Its rules, in order: the first that matches a deposit shares it out.")
    async def rules(self, info: "strawberry.Info[Context]") -> list[PolicyRule]:
        """Read the document."""
        policy = await self.terms(info)
        return [_rule_of(rule, (policy.currency or "", policy.exponent)) for rule in policy.rules]

    async def terms(self, info: Any) -> ledger.Policy:  # noqa: ANN401 - the info of any resolver
        """Return the policy that the document means."""
        context: Context = info.context
        return await context.gateway.almanac.recall(self.row.document)


@strawberry.type(
    description="When money that comes in becomes available: terms under a name, each version of which never changes."
)
class Policy(Node):
    """A policy; its versions are loaded where asked for."""

    name: str = strawberry.field(description="Its name, unique in the tenant.")
    row: strawberry.Private[ledger.PolicyVersion]

    @strawberry.field(description="The latest version: deposits made now follow it.", graphql_type=PolicyVersion)
    def latest(self, info: "strawberry.Info[Context]") -> object:
        """Load it, unless it is known."""
        return info.context.loaders.policies.versions.get((self.row.id, None))

    @strawberry.field(description="The number of the latest version.", graphql_type=int)
    def version(self, info: "strawberry.Info[Context]") -> object:
        """Read it off the latest version."""
        return info.context.loaders.policies.versions.get((self.row.id, None), lambda found: found and found.version)

    @strawberry.field(description="Its versions, the newest first.", graphql_type=list[PolicyVersion])
    def versions(
        self,
        info: "strawberry.Info[Context]",
        first: Annotated[
            int, strawberry.argument(description=f"How many of the newest, 1 to {PAGE_MAX}.")
        ] = _VERSIONS_DEFAULT,
    ) -> object:
        """Load them."""
        if not 1 <= first <= PAGE_MAX:
            raise services.BadInput(f"first must be 1 to {PAGE_MAX}.", ("first",))
        return info.context.loaders.policies.histories.get((self.row.id, first), lambda found: list(found or ()))

    @property
    def position(self) -> Position:
        """Where it stands in the list of policies, made from its first version."""
        return Position(self.row.sequence, 0)


@strawberry.type(description="Why an entry matures when it does.")
class EntryRule:
    """A policy, a version and a rule."""

    version: int = strawberry.field(description="The version that was in force.")
    name: str = strawberry.field(description="The rule's name.")
    portion: int | None = strawberry.field(
        description="The portion of the rule, from 1; null for what lay beyond the rule's day limit."
    )
    row: strawberry.Private[ledger.EntryRule]

    @strawberry.field(description="The policy.", graphql_type=Policy)
    def policy(self, info: "strawberry.Info[Context]") -> object:
        """Load it, unless it is known."""
        return info.context.loaders.policies.named.get(self.row.policy_id)


@strawberry.type(description="A policy in a list.")
class PolicyEdge:
    """A policy with its cursor."""

    cursor: str = strawberry.field(description="Its place in the list, for after and before.")
    node: Policy = strawberry.field(description="The policy.")


@strawberry.type(description="A page of policies, the one published first coming first.")
class PolicyConnection:
    """Policies, with the way to the next."""

    nodes: list[Policy] = strawberry.field(description="The policies of the page.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in the list.")
    cursors: strawberry.Private[tuple[str, ...]]
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="The policies of the page, each with its cursor.")
    def edges(self) -> list[PolicyEdge]:
        """Pair them with their cursors."""
        return [PolicyEdge(cursor=cursor, node=node) for cursor, node in zip(self.cursors, self.nodes, strict=True)]

    @strawberry.field(description="How many policies the whole list has; counted only where asked for.")
    async def total_count(self) -> int:
        """Count them."""
        return await self.count()


def policy_of(row: ledger.PolicyVersion) -> Policy:
    """Return the policy that a version is one of, as the schema shows it."""
    return Policy(id=strawberry.ID(ledger.identifier.encode(POLICY, row.id)), name=row.name, row=row)


def policy_version_of(row: ledger.PolicyVersion) -> PolicyVersion:
    """Return a version of a policy as the schema shows it."""
    return PolicyVersion(
        version=row.version,
        currency=None if row.currency is None else CurrencyCode(row.currency),
        published_at=Instant(row.published_at),
        sequence=BigInt(row.sequence),
        document=row.document,
        row=row,
    )


def entry_rule_of(row: ledger.EntryRule) -> EntryRule:
    """Return the rule behind an entry as the schema shows it."""
    return EntryRule(version=row.version, name=row.rule, portion=row.portion, row=row)


def policy_connection(page: Page[Policy], count: Callable[[], Awaitable[int]]) -> PolicyConnection:
    """Return a page of policies as the schema shows it."""
    return PolicyConnection(nodes=list(page.items), page_info=page_info_of(page), cursors=page.cursors, count=count)


def _rule_of(rule: ledger.Rule, unit: Unit) -> PolicyRule:
    limit = rule.day_limit
    return PolicyRule(
        name=rule.name,
        match=_match_of(rule.match, unit),
        portions=[
            RulePortion(take=_take_of(portion.take, unit), available=_timing_of(portion.timing))
            for portion in rule.portions
        ],
        day_limit=None
        if limit is None
        else RuleDayLimit(amount=money_of(limit.amount, *unit), counter=limit.counter, beyond=_timing_of(limit.beyond)),
        source=rule.source,
    )


def _match_of(match: ledger.Match, unit: Unit) -> RuleMatch:
    amount, age = match.amount, match.account_age_days
    return RuleMatch(
        methods=list(match.methods),
        direction=match.direction,
        amount=None
        if amount == ledger.Band()
        else AmountBand(
            from_=money_of(amount.at_least, *unit),
            below=None if amount.below is None else money_of(amount.below, *unit),
        ),
        account_age_days=None if age == ledger.Band() else AgeBand(from_=age.at_least, below=age.below),
        risk_tiers=list(match.risk_tiers),
        metadata=[MetadataMatch(key=key, values=list(values)) for key, values in match.metadata],
    )


def _take_of(take: ledger.Take, unit: Unit) -> PortionTake:
    match take:
        case ledger.PerItem(amount):
            return PortionTake(kind=TakeKind.PER_ITEM, amount=money_of(amount, *unit), counter=None, percent=None)
        case ledger.PerDay(amount, counter):
            return PortionTake(kind=TakeKind.PER_DAY, amount=money_of(amount, *unit), counter=counter, percent=None)
        case ledger.Percent(basis_points):
            percent = DecimalText(ledger.money.text_of(basis_points, _PERCENT_DIGITS))
            return PortionTake(kind=TakeKind.PERCENT, amount=None, counter=None, percent=percent)
        case ledger.Rest():
            return PortionTake(kind=TakeKind.REST, amount=None, counter=None, percent=None)
        case _:
            assert_never(take)


def _timing_of(timing: ledger.Timing) -> PortionTiming:
    match timing:
        case ledger.AtOnce():
            return PortionTiming(kind=TimingKind.AT_ONCE, days=None, unit=None, at=None)
        case ledger.UntilReleased():
            return PortionTiming(kind=TimingKind.UNTIL_RELEASED, days=None, unit=None, at=None)
        case ledger.AfterDays(days, unit, minute):
            return PortionTiming(kind=TimingKind.AFTER_DAYS, days=days, unit=unit, at=_clock(minute))
        case _:
            assert_never(timing)


def _clock(minute: int) -> str:
    return str(timedelta(minutes=minute)).zfill(8)[:5]
