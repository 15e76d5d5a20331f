"""Back-tests over GraphQL: what a policy would have made of deposits that were made."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from app import ledger, services
from app.graphql import bounds, wording
from app.graphql.context import Context, Info
from app.graphql.deposit_inputs import PreviewPolicy
from app.graphql.enums import describe
from app.graphql.money import Money, money_of
from app.graphql.payloads import REPLAYED
from app.graphql.policy_inputs import POLICY
from app.graphql.policy_problems import PolicyProblem, problems_of
from app.graphql.references import AccountBy
from app.graphql.rejections import Rejection, rejection_of
from app.graphql.scalars import CurrencyCode, DecimalText, Instant, LocalDate

_INPUT: Final = "input"
_EPOCH_ORDINAL: Final = 719_163
"""1970-01-01 as Python's `date.toordinal()` counts."""


class BacktestStatus(StrEnum):
    """How far a back-test is."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


describe(
    BacktestStatus,
    "BacktestStatus",
    "How far a back-test is.",
    {
        BacktestStatus.RUNNING: "It is being worked on.",
        BacktestStatus.DONE: "It is done.",
        BacktestStatus.FAILED: "It cannot be done; the server's log tells why.",
    },
)


@strawberry.type(description="Deposits, and what they come to.")
class BacktestCount:
    """A number and an amount."""

    deposits: int = strawberry.field(description="How many.")
    amount: Money = strawberry.field(description="What they come to.")


@strawberry.type(description="Money that would have become available at another instant.")
class BacktestShift:
    """How much, and by how long."""

    amount: Money = strawberry.field(description="How much.")
    mean_days: DecimalText = strawberry.field(
        description="By how many days of 24 hours on average, each minor unit counting once; 0 where nothing moved."
    )


@strawberry.type(description="What became available on a day in UTC, and what would have.")
class BacktestDay:
    """A day, both amounts, and what stood out at its end."""

    day: LocalDate = strawberry.field(description="The day.")
    was: Money = strawberry.field(description="What became available on it.")
    would_be: Money = strawberry.field(description="What would have become available on it.")
    exposure: Money = strawberry.field(
        description="By how much more would have been available at its end; by less where negative."
    )


@strawberry.type(
    description=(
        "What a policy would have made of deposits. Each is taken by itself, before anything was kept of it as a"
        " reserve, and whatever was reversed, released or delayed later."
    )
)
class BacktestResult:
    """Totals, and days."""

    compared: BacktestCount = strawberry.field(description="The deposits that were compared.")
    unanswered: BacktestCount = strawberry.field(
        description="Those that the policy says nothing about: they would have been refused."
    )
    overridden: BacktestCount = strawberry.field(
        description="Those that gave their instant themselves: no policy was asked, nor would be."
    )
    earlier: BacktestShift = strawberry.field(description="What would have come earlier.")
    later: BacktestShift = strawberry.field(description="What would have come later.")
    same: Money = strawberry.field(description="What would have come at the same instant.")
    let_go: Money = strawberry.field(
        description="What stood set aside until somebody released it, and would have come by itself."
    )
    set_aside: Money = strawberry.field(
        description="What came by itself, and would have stood set aside until somebody released it."
    )
    days: list[BacktestDay] = strawberry.field(description="Every day on which something came, or would have.")
    peak: BacktestDay | None = strawberry.field(
        description="The day with the largest exposure, the first of several; null where there never was any."
    )


@strawberry.type(description="How far a back-test is.")
class BacktestProgress:
    """Two numbers of deposits."""

    done: int = strawberry.field(description="The deposits that were looked at.")
    total: int = strawberry.field(description="The deposits to be looked at.")


@strawberry.type(description="A policy tried on deposits that were made; it runs in the background.")
class Backtest:
    """What was asked, and what came of it."""

    id: strawberry.ID = strawberry.field(description="Its id, btst_ and 26 characters.")
    status: BacktestStatus = strawberry.field(description="How far it is.")
    progress: BacktestProgress = strawberry.field(description="How far it is, in deposits.")
    policy: strawberry.ID | None = strawberry.field(
        description="The policy that is tried, by id; null for terms that are not published."
    )
    version: int | None = strawberry.field(description="Its version; null for terms that are not published.")
    currency: CurrencyCode = strawberry.field(description="The currency of the deposits.")
    from_: Instant = strawberry.field(name="from", description="The deposits from this instant on.")
    to: Instant = strawberry.field(description="The deposits before this instant.")
    asked_at: Instant = strawberry.field(description="When it was asked for, by the clock of the world.")
    result: BacktestResult | None = strawberry.field(
        description="What came of it; null until it is done, and to a key without the scope balances:read."
    )


@strawberry.type(description="What became of asking for a back-test.")
class BacktestPayload:
    """The back-test, or why there is none."""

    backtest: Backtest | None = strawberry.field(description="The back-test; null where there is none.")
    problems: list[PolicyProblem] = strawberry.field(description="What is wrong with the terms, if anything.")
    rejection: Rejection | None = strawberry.field(
        description="Why it was refused: no such policy or account, or another question under the same key."
    )
    replayed: bool = strawberry.field(description=REPLAYED)


@strawberry.input(one_of=True, description="Names a back-test by exactly one of these.")
class BacktestBy:
    """An id, or an idempotency key."""

    id: strawberry.ID | None = strawberry.field(description="Its id, btst_ and 26 characters.")
    idempotency_key: str | None = strawberry.field(description="The key that it was asked for under.")

    def name(self, path: bounds.Path) -> UUID | str:
        """Return what the store finds it by."""
        if self.id is not None:
            return bounds.identifier(ledger.identifier.BACKTEST, self.id, (*path, "id"))
        return bounds.idempotency_key(self.idempotency_key or "", (*path, "idempotencyKey"))


@strawberry.input(
    description=(
        "Tries a policy on deposits that were made: how much earlier or later their money would have become available."
        f" At most {services.DEPOSITS_MAX:,} deposits of {services.BACKTEST_DAYS_MAX} days."
    )
)
class BacktestPolicyInput:
    """A policy, accounts and a stretch of time."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    policy: PreviewPolicy = strawberry.field(description="The policy to try.")
    accounts: list[AccountBy] | None = strawberry.field(
        description="The accounts that were deposited to, at most 100, all of one currency; every account of `currency`"
        " where left out."
    )
    currency: CurrencyCode | None = strawberry.field(
        description="The currency of the deposits; needed where no accounts are given."
    )
    from_: Instant = strawberry.field(name="from", description="The deposits from this instant on.")
    to: Instant | None = strawberry.field(description="The deposits before this instant; up to now where left out.")


@strawberry.type
class BacktestQuery:
    """What can be asked about back-tests."""

    @strawberry.field(description="A back-test, however far it is; null where there is none.")
    async def backtest(
        self, info: Info, by: Annotated[BacktestBy, strawberry.argument(description="Which back-test.")]
    ) -> Backtest | None:
        """Load it."""
        context = info.context
        found = await context.gateway.backtester.find(context.principal, by.name(("by",)))
        return None if found is None else _backtest_of(context, found)


@strawberry.type
class BacktestMutation:
    """A part of the root of mutations."""

    @strawberry.mutation(
        description="Try a policy on deposits that were made, in the background. Needs the scope policies:manage."
    )
    async def backtest_policy(
        self, info: Info, input: Annotated[BacktestPolicyInput, strawberry.argument(description="What to try.")]
    ) -> BacktestPayload | None:
        """Have it kept and worked off."""
        context = info.context
        key = bounds.idempotency_key(input.idempotency_key, (_INPUT, "idempotencyKey"))
        asked = await _question(context, input)
        if isinstance(asked, ledger.Rejection):
            return BacktestPayload(
                backtest=None, problems=[], rejection=rejection_of(asked, may_read=context.may_read), replayed=False
            )
        if not isinstance(asked, services.Question):
            return BacktestPayload(backtest=None, problems=problems_of(asked), rejection=None, replayed=False)
        await context.forget()
        try:
            answer = await context.gateway.backtester.ask(context.principal, asked, key)
        except services.BadInput as wrong:
            raise services.BadInput(wrong.message, (_INPUT, *wrong.path)) from None
        found, refused = answer.backtest, answer.rejection
        return BacktestPayload(
            backtest=None if found is None else _backtest_of(context, found),
            problems=[],
            rejection=None if refused is None else rejection_of(refused, may_read=context.may_read),
            replayed=answer.replayed,
        )


async def _question(
    context: Context, given: BacktestPolicyInput
) -> services.Question | ledger.Rejection | tuple[ledger.PolicyProblem, ...]:
    """Return what is asked, or why it cannot be."""
    accounts = await _accounts(context, given)
    if isinstance(accounts, ledger.Rejection):
        return accounts
    currency = _currency(context, given, accounts)
    published = None
    if given.policy.published is not None:
        reference = given.policy.published.reference((_INPUT, "policy", "published"))
        id_ = reference.id or await context.loaders.policies.ids.one(reference.external_id or "")
        found = None if id_ is None else await context.loaders.policies.versions.one((id_, None))
        if found is None:
            culprit = ledger.Culprit(field="policy")
            return ledger.Rejection(ledger.RejectionCode.POLICY_NOT_FOUND, culprit)
        published, document = found.row, found.row.document
        policy = await context.gateway.almanac.recall(document)
    else:
        document = given.policy.text((_INPUT, "policy"))
        read = await context.gateway.almanac.judge(document)
        if not isinstance(read, ledger.Policy):
            return read
        policy = read
    if policy.currency not in (None, currency):
        raise services.BadInput(f"The policy is for {policy.currency}.", (_INPUT, "policy"))
    ids = None if accounts is None else tuple(account.id for account in accounts)
    return services.Question(document, published, currency, ids, given.from_, given.to)


async def _accounts(context: Context, given: BacktestPolicyInput) -> list[ledger.Account] | ledger.Rejection | None:
    if given.accounts is None:
        return None
    at = (_INPUT, "accounts")
    bounds.listed(given.accounts, at, most=bounds.ACCOUNTS_MAX)
    references = [by.reference((*at, index)) for index, by in enumerate(given.accounts)]
    # All at once, so that what follows finds them.
    names = [(ledger.ACCOUNT_KIND, one.external_id) for one in references if one.external_id is not None]
    ids = await context.loaders.ids.all(names)
    await context.loaders.accounts.all([*ids, *(one.id for one in references if one.id is not None)])
    found: dict[UUID, ledger.Account] = {}
    for index, reference in enumerate(references):
        id_ = await context.id_of(ledger.ACCOUNT_KIND, reference)
        account = None if id_ is None else await context.loaders.accounts.one(id_)
        if account is None:
            culprit = ledger.Culprit(index=index, field="accounts")
            return ledger.Rejection(ledger.RejectionCode.ACCOUNT_NOT_FOUND, culprit)
        found[account.row.id] = account.row
    return list(found.values())


def _currency(context: Context, given: BacktestPolicyInput, accounts: list[ledger.Account] | None) -> str:
    """Return the one currency of the deposits."""
    at = (_INPUT, "currency")
    if given.currency is not None:
        bounds.currency(given.currency, context.gateway.currencies, at)
    currencies = {account.currency for account in accounts or ()} | ({given.currency} - {None})
    if len(currencies) != 1:
        raise services.BadInput("Give a currency, or accounts of one currency.", at)
    return str(currencies.pop())


def _backtest_of(context: Context, row: services.StoredBacktest) -> Backtest:
    unit = row.currency, context.gateway.currencies[row.currency].exponent
    result = row.result if context.may_read else None
    return Backtest(
        id=strawberry.ID(ledger.identifier.encode(ledger.identifier.BACKTEST, row.id)),
        status=BacktestStatus(row.status),
        progress=BacktestProgress(done=row.done, total=row.total),
        policy=None if row.policy_id is None else strawberry.ID(ledger.identifier.encode(POLICY, row.policy_id)),
        version=row.version,
        currency=CurrencyCode(row.currency),
        from_=Instant(row.from_at),
        to=Instant(row.until_at),
        asked_at=Instant(row.created_at),
        result=None if result is None else _result_of(result, unit),
    )


def _result_of(found: Mapping[str, Any], unit: tuple[str, int]) -> BacktestResult:
    days = [
        BacktestDay(
            day=LocalDate(_EPOCH_ORDINAL + day),
            was=money_of(was, *unit),
            would_be=money_of(would_be, *unit),
            exposure=money_of(exposure, *unit),
        )
        for day, was, would_be, exposure in found["days"]
    ]
    peak = max(days, key=lambda one: int(one.exposure.minor_units), default=None)
    if peak is not None and int(peak.exposure.minor_units) <= 0:
        peak = None
    return BacktestResult(
        compared=_count_of(found["compared"], unit),
        unanswered=_count_of(found["unanswered"], unit),
        overridden=_count_of(found["overridden"], unit),
        earlier=_shift_of(found["earlier"], unit),
        later=_shift_of(found["later"], unit),
        same=money_of(found["same"], *unit),
        let_go=money_of(found["letGo"], *unit),
        set_aside=money_of(found["setAside"], *unit),
        days=days,
        peak=peak,
    )


def _count_of(found: tuple[int, int], unit: tuple[str, int]) -> BacktestCount:
    deposits, amount = found
    return BacktestCount(deposits=deposits, amount=money_of(amount, *unit))


def _shift_of(found: tuple[int, int], unit: tuple[str, int]) -> BacktestShift:
    amount, money_time = found
    days = Decimal(money_time) / Decimal(amount * ledger.DAY) if amount else Decimal(0)
    mean = days.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
    return BacktestShift(amount=money_of(amount, *unit), mean_days=DecimalText(str(mean)))
