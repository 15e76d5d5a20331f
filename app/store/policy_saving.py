"""Saving what a batch decided about policies, deposits and advances: eleven statements more."""

from collections.abc import Iterable, Iterator, Sequence

import orjson

from app import ledger
from app.store.statement import Statement
from app.store.writing import insertion

_POLICIES = insertion("save.policies", "policies")
_ASSIGNMENTS = insertion("save.policy_assignments", "policy_assignments")
_CHANGES = insertion("save.calendar_changes", "calendar_changes")
_DAYS = insertion("save.calendar_days", "calendar_days", "closed", "sequence")
_COUNTERS = insertion("save.deposit_counters", "deposit_counters", "amount")
_RULES = insertion("save.entry_rules", "entry_rules")
_PLANS = insertion("save.reserve_plans", "reserve_plans")
_ADVANCE_PLANS = insertion("save.advance_plans", "advance_plans")
_QUOTES = insertion("save.instant_quotes", "instant_quotes")
_ADVANCES = insertion("save.advances", "advances")
_DEPOSITS = insertion("save.deposits", "deposits")

Plan = Sequence[tuple[Statement, Iterable[tuple[object, ...]]]]


def policy_plan(changes: ledger.Changes) -> Plan:
    """Return the statements to run, each with its rows."""
    return (
        (_POLICIES, map(_policy, changes.published)),
        (_ASSIGNMENTS, map(_assignment, changes.assigned)),
        (_CHANGES, map(_change, changes.calendar_changes)),
        (_DAYS, _days(changes.calendar_changes)),
        (_COUNTERS, _counters(changes)),
        (_RULES, map(_rule, changes.rules)),
        (_PLANS, map(_reserve_plan, changes.plans)),
        (_ADVANCE_PLANS, map(_advance_plan, changes.advance_plans)),
        (_QUOTES, map(_quote, changes.quotes)),
        (_ADVANCES, map(_advance, changes.advances)),
        (_DEPOSITS, map(_deposit, changes.deposits)),
    )


def _policy(version: ledger.PolicyVersion) -> tuple[object, ...]:
    return (
        version.id,
        version.version,
        version.name,
        version.currency,
        version.document,
        version.sequence,
        version.published_at,
        version.principal,
    )


def _assignment(assignment: ledger.PolicyAssignment) -> tuple[object, ...]:
    return (
        assignment.account_id,
        assignment.currency,
        assignment.sequence,
        assignment.policy_id,
        assignment.assigned_at,
        assignment.principal,
    )


def _change(change: ledger.CalendarChange) -> tuple[object, ...]:
    return (
        change.sequence,
        change.id,
        change.calendar,
        orjson.dumps(change.closed).decode(),
        orjson.dumps(change.opened).decode(),
        change.changed_at,
        change.principal,
    )


def _days(changes: Iterable[ledger.CalendarChange]) -> list[tuple[object, ...]]:
    """Each day once, as the last change left it: one statement cannot change a row twice."""
    last: dict[tuple[str, int], tuple[bool, int]] = {}
    for change in changes:
        for closed, days in ((True, change.closed), (False, change.opened)):
            last |= {(change.calendar, day): (closed, change.sequence) for day in days}
    return [(day, calendar, closed, sequence) for (calendar, day), (closed, sequence) in last.items()]


def _counters(changes: ledger.Changes) -> Iterator[tuple[object, ...]]:
    for (account_id, day, policy_id), totals in changes.counters.items():
        for counter, total in totals.items():
            yield (account_id, day, policy_id, counter, total)


def _reserve_plan(plan: ledger.ReservePlan) -> tuple[object, ...]:
    return (
        plan.account_id,
        plan.sequence,
        plan.basis_points,
        plan.days if plan.until_at is None else 1,
        plan.cap,
        plan.planned_at,
        plan.principal,
        plan.until_at,
    )


def _advance_plan(plan: ledger.AdvancePlan) -> tuple[object, ...]:
    return (
        plan.currency,
        plan.sequence,
        plan.lender_id,
        plan.fee_account_id,
        orjson.dumps(plan.tiers).decode(),
        plan.fee_basis_points,
        plan.fee_fixed,
        plan.daily_cap,
        plan.horizon_days,
        plan.quote_seconds,
        plan.planned_at,
        plan.principal,
    )


def _quote(quote: ledger.InstantQuote) -> tuple[object, ...]:
    return (
        quote.id,
        quote.sequence,
        quote.account_id,
        quote.currency,
        quote.external_id,
        quote.lender_id,
        quote.fee_account_id,
        quote.amount,
        quote.fee,
        orjson.dumps([(part.at, part.amount, part.free) for part in quote.repayments]).decode(),
        quote.quoted_at,
        quote.expires_at,
        quote.principal,
    )


def _advance(advance: ledger.Advance) -> tuple[object, ...]:
    return (
        advance.quote_id,
        advance.sequence,
        advance.account_id,
        advance.transaction_id,
        advance.amount,
        advance.accepted_at,
    )


def _deposit(deposit: ledger.DepositRecord) -> tuple[object, ...]:
    return (
        deposit.sequence,
        deposit.transaction_id,
        deposit.account_id,
        deposit.deposited_at,
        deposit.amount,
        deposit.method,
        deposit.risk_tier,
        deposit.overridden,
        orjson.dumps(deposit.slices).decode(),
    )


def _rule(rule: ledger.EntryRule) -> tuple[object, ...]:
    return (
        rule.transaction_id,
        rule.line,
        rule.policy_id,
        rule.version,
        rule.rule,
        rule.portion,
        rule.business_day,
    )
