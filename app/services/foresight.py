"""Foresight: what will be available on accounts, and whether and when an amount can be spent."""

from collections.abc import Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from app import ledger, store
from app.services.faults import BadInput
from app.services.reader import Reader
from app.values import value

HOUR: Final = 3_600_000_000
DAY: Final = 24 * HOUR
DAYS_MAX: Final = 366
HOURLY_DAYS_MAX: Final = 31
YEARS_AHEAD_MAX: Final = 10
POINTS_OF_AN_ACCOUNT_MAX: Final = 1_000
POINTS_MAX: Final = 10_000
YEARS_AHEAD: Final = YEARS_AHEAD_MAX * DAYS_MAX * DAY


class Step(StrEnum):
    """Where the points of a forecast lie: wherever something comes, or at full hours or days where something came."""

    EVENT = "EVENT"
    HOUR = "HOUR"
    DAY = "DAY"


MICROSECONDS: Final = MappingProxyType({Step.EVENT: 1, Step.HOUR: HOUR, Step.DAY: DAY})


@value
class Forecast:
    """An account, what stands on it now, and the curve of what will be available."""

    account: ledger.Account
    read: store.BalanceRead
    points: tuple[ledger.ForecastPoint, ...]


async def forecast(
    reader: Reader, references: Sequence[ledger.Reference], start: int | None, end: int, step: Step
) -> list[Forecast | None]:
    """Return the forecast of each account meant, None where there is none; three statements.

    A start in the past, or none, is now. Raises BadInput naming `to`, `bucket` or `accounts`.
    """
    here = await reader.coordinate()
    start = here.at if start is None else max(start, here.at)
    check_stretch(here.at, start, end, step)
    found = await reader.funds(references)
    ids = list({account.id: None for account, _ in filter(None, found)})
    most = POINTS_OF_AN_ACCOUNT_MAX if step is Step.EVENT else None
    coming = await reader.future_causes(ids, store.Stretch(here.at, start, end, MICROSECONDS[step], most))
    if coming is None:
        raise _too_many("accounts", "all accounts together", POINTS_MAX)
    made: list[Forecast | None] = []
    points = 0
    for place, pair in enumerate(found):
        if pair is None:
            made.append(None)
            continue
        account, read = pair
        causes = coming[account.id]
        curve = ledger.foresee(read.balance, start, causes.causes)
        if causes.until is not None or (step is Step.EVENT and len(curve) > POINTS_OF_AN_ACCOUNT_MAX):
            raise _too_many("bucket", f"accounts[{place}]", POINTS_OF_AN_ACCOUNT_MAX)
        points += len(curve)
        made.append(Forecast(account, read, curve))
    if points > POINTS_MAX:
        raise _too_many("accounts", "all accounts together", POINTS_MAX)
    return made


async def weigh_spending(
    reader: Reader, asked: Sequence[tuple[store.BalanceRead, int]], most: int
) -> list[ledger.Spending]:
    """Tell what would become of taking amounts above zero from accounts, at the instant of their balances.

    The balances are all of one instant, now or later, by the facts known now; so many maturities and
    expiries of each are looked ahead. One statement.
    """
    if not asked:
        return []
    at = asked[0][0].as_of
    # What is kept until released comes at no instant that could be promised.
    stretch = store.Stretch(at, at, ledger.FOREVER - 1, most=most)
    coming = await reader.future_causes([read.account_id for read, _ in asked], stretch)
    if coming is None:
        message = f"{len(asked)} accounts with {most} maturities and expiries each were too many"
        raise LookupError(message)
    return [ledger.can_spend(read.balance, amount, at, coming[read.account_id]) for read, amount in asked]


def check_stretch(now: int, start: int, end: int, step: Step, named: str = "to") -> None:
    """Raise BadInput where a forecast from an instant to another, which the caller gave as `named`, is not told."""
    if end < start:
        raise BadInput(f"{named} must not lie before from, nor before now.", (named,))
    if end > now + YEARS_AHEAD:
        raise BadInput(f"{named} must lie within {YEARS_AHEAD_MAX} years from now.", (named,))
    days = HOURLY_DAYS_MAX if step is Step.HOUR else DAYS_MAX
    if end - start > days * DAY:
        raise BadInput(f"from and {named} must not lie more than {days} days apart, by {step}.", (named,))


def _too_many(argument: str, of: str, most: int) -> BadInput:
    sentence = f"More than {most:,} points of {of}: use the bucket DAY, a shorter time or fewer accounts."
    return BadInput(sentence, (argument,))
