"""Sentences about availability that a support person can read out: the one place for their wording."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, assert_never

from app import ledger
from app.values import value

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PERCENT_DIGITS: Final = 2
RESCHEDULE: Final = "RESCHEDULE"
_REVERSAL: Final = "REVERSAL"

Unit = tuple[str, int]
"""The code of a currency and the digits after its point."""


@value
class DepositPart:
    """A slice of a deposit: `rule` and what follows are None where the deposit gave its instant itself."""

    amount: int
    available_at: int | None
    rule: str | None = None
    portion: int | None = None
    business_day: int | None = None
    reserved: bool = False


def of_free(amount: int, floor: int | None, unit: Unit) -> str:
    """Say what is free of a balance, and what may be done with it."""
    if amount < 0:
        return (
            f"Nothing is free: {money(-amount, unit)} more has left the account, or is set aside, than was available."
        )
    free = f"{money(amount, unit)} is free" if amount else "Nothing is free"
    if floor is None:
        return f"{free}, and the account may owe without limit."
    if floor < 0:
        return f"{free}, and a credit line of {money(-floor, unit)} stands behind it."
    return f"{free}, of which {money(floor, unit)} must stay." if floor and amount else f"{free}."


def of_maturing(
    one: ledger.BalanceSlice, unit: Unit, source: ledger.Transaction | None, rule: tuple[str, str] | None
) -> str:
    """Say when money matures, where it came from, and by which policy and rule.

    `source` is the transaction that it came with, before it was moved in time.
    """
    origin = "an earlier transaction" if source is None else _name(source.external_id, source.kind, source.recorded_at)
    said = f"{money(one.amount, unit)} from {origin}"
    notes = [] if rule is None else [f"policy {rule[0]}, rule {rule[1]}"]
    entry = one.entry
    if entry is not None and source is not None and entry.transaction_id != source.id:
        notes.append("rescheduled")
    if entry is not None and entry.kind == ledger.RESERVE:
        notes.append("kept as a reserve")
    if entry is not None and entry.kind == ledger.REPAYMENT:
        notes.append("an advance is repaid")
    if source is not None and source.kind == _REVERSAL:
        notes.append("given back")
    if entry is not None and entry.reason is not None:
        notes.append(f"reason: {entry.reason}")
    told = f" ({', '.join(notes)})" if notes else ""
    return f"{said} {_becomes_available(one.until)}{told}."


def of_held(one: ledger.BalanceSlice, unit: Unit) -> str:
    """Say what a hold sets aside, and until when."""
    hold = one.hold
    name = "a hold" if hold is None else _name(hold.external_id, "hold", hold.placed_at)
    ends = "until it is captured or released"
    if one.until is not None:
        ends = f"until {moment(one.until)} unless captured or released"
    reason = f" (reason: {hold.reason})" if hold is not None and hold.reason is not None else ""
    return f"{money(one.amount, unit)} is held by {name} {ends}{reason}."


def of_advances(repayments: Sequence[tuple[int, int]], shortfall: int, unit: Unit) -> str:
    """Say what was had in advance, until when it is repaid, and what the account owes besides."""
    if not repayments:
        return "Nothing was had in advance that is still to be repaid."
    outstanding = money(sum(amount for _, amount in repayments), unit)
    said = f"{outstanding} was had in advance and is repaid by what matures until {moment(repayments[-1][0])}."
    if not shortfall:
        return said
    return (
        f"{said} The account stands {money(shortfall, unit)} below zero: so much was spent of it that a reversal or a"
        " forced posting took too. The lender is repaid as quoted; the account owes it to the next money that comes."
    )


def of_spending(spending: ledger.Spending, amount: int, unit: Unit) -> str:
    """Say whether an amount can be spent, else why not and when."""
    code = spending.refusal
    wanted = money(amount, unit)
    if code is None:
        return f"{wanted} can be spent on {moment(spending.at)}."
    if code is ledger.RejectionCode.ACCOUNT_CLOSED:
        return f"{wanted} cannot be spent: the account is closed."
    if code is ledger.RejectionCode.ACCOUNT_FROZEN:
        return f"{wanted} cannot be spent: money may not leave the account, which is frozen."
    if code is ledger.RejectionCode.BALANCE_OVERFLOW:
        return f"{wanted} cannot be spent: the balance would become too large."
    missing = f"{wanted} cannot be spent on {moment(spending.at)}: {money(spending.shortfall, unit)} is missing."
    if spending.earliest_at is None:
        return f"{missing} When it will be there is not in sight."
    return f"{missing} It will be there on {moment(spending.earliest_at)}."


def of_option(option: ledger.SpendingOption, unit: Unit) -> str:
    """Say what could be spent, and from when on."""
    most = f"{money(option.amount, unit)} can be spent"
    match option.kind:
        case ledger.OptionKind.SMALLER_AMOUNT:
            return f"At most {most} on {moment(option.at)}."
        case ledger.OptionKind.WAIT_FOR_MATURITY:
            return f"Once money matures on {moment(option.at)}, {most}."
        case ledger.OptionKind.WAIT_FOR_EXPIRY:
            return f"Once a hold lapses on {moment(option.at)}, {most}."
        case _:
            assert_never(option.kind)


def of_deposit(
    part: DepositPart,
    unit: Unit,
    published: ledger.PolicyVersion | None,
    terms: ledger.Policy | None,
    zone: tzinfo | None,
) -> str:
    """Say when part of a deposit becomes available, by which rule, and how the rule comes to it."""
    if part.available_at is None:
        when = "is available at once"
    elif part.available_at >= ledger.FOREVER:
        when = "stays set aside until somebody releases it"
    else:
        when = f"becomes available on {moment(part.available_at, zone)}"
    said = f"{money(part.amount, unit)} {when}"
    if part.reserved:
        said = f"{money(part.amount, unit)} is kept as a reserve and {when}"
    if part.rule is None:
        return f"{said}, as was given with the deposit."
    if part.reserved:
        return f"{said}, out of what rule {part.rule} gives."
    name = "the terms given" if published is None else f"policy {published.name}, version {published.version}"
    told = _portion(part, unit, terms)
    return f"{said}, by rule {part.rule} of {name}{told}."


def _portion(part: DepositPart, unit: Unit, terms: ledger.Policy | None) -> str:
    rules = () if terms is None else terms.rules
    rule = next((one for one in rules if one.name == part.rule), None)
    if rule is None or part.business_day is None:
        return ""
    day = date.fromordinal(part.business_day).isoformat()
    if part.portion is None:
        limit, timing = rule.day_limit, None if rule.day_limit is None else rule.day_limit.beyond
        what = "what is more" if limit is None else f"what exceeds {money(limit.amount, unit)} of a day's deposits"
    else:
        portion = rule.portions[part.portion - 1]
        what, timing = _taken(portion.take, unit), portion.timing
    if isinstance(timing, ledger.AfterDays):
        days = "day" if timing.days == 1 else "days"
        return f": {what}, {timing.days} {timing.unit.lower()} {days} after {day}, the banking day of the deposit"
    return f": {what}"


def _taken(take: ledger.Take, unit: Unit) -> str:
    match take:
        case ledger.PerItem(amount):
            return f"the first {money(amount, unit)} of each deposit"
        case ledger.PerDay(amount, _):
            return f"the first {money(amount, unit)} of a day's deposits"
        case ledger.Percent(basis_points):
            return f"{ledger.money.text_of(basis_points, _PERCENT_DIGITS)} % of the deposit"
        case ledger.Rest():
            return "the rest"
        case _:
            assert_never(take)


def money(minor: int, unit: Unit) -> str:
    """Return an amount with its currency, such as USD 120.00."""
    code, exponent = unit
    return f"{code} {ledger.money.text_of(minor, exponent)}"


def moment(instant: int, zone: tzinfo | None = None) -> str:
    """Return an instant to the minute, such as 2026-11-25 at 09:00 UTC; finer only where it is."""
    at = (_EPOCH + timedelta(microseconds=instant)).astimezone(zone or UTC)
    precision = "microseconds" if at.microsecond else "seconds" if at.second else "minutes"
    return f"{at.date().isoformat()} at {at.time().isoformat(precision)} {at.tzname()}"


def _becomes_available(until: int | None) -> str:
    if until is None or until >= ledger.FOREVER:
        return "stays set aside until somebody releases it"
    return f"becomes available on {moment(until)}"


def _name(external_id: str | None, kind: str, at: int) -> str:
    day = (_EPOCH + timedelta(microseconds=at)).date().isoformat()
    return external_id or f"a {kind} of {day}"
