"""Calendars: which local day an instant belongs to, which days count, and the instant of a local time.

A calendar comes materialised: its holidays and the tenant's own closures stand in it as dates of a
span of years. What leaves the span is None, never a guess.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Final

from app.values import value

MINUTES_OF_DAY: Final = 24 * 60
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)
_MIDNIGHT: Final = time()
_ZONES_KEPT: Final = 64


class DayUnit(StrEnum):
    """Which days are counted.

    CALENDAR is every day. BUSINESS is what the calendar says: neither weekend nor holiday.
    BANKING is when the tenant works: a business day or a day it opens by itself, unless it closes.
    """

    CALENDAR = "CALENDAR"
    BUSINESS = "BUSINESS"
    BANKING = "BANKING"


@value(kw_only=True)
class Calendar:
    """The days of a code in a time zone, from `first` to `last`; `weekend` counts from Monday = 0.

    `worked` are days of the weekend that are business days all the same. `closed` and `opened` are
    the tenant's own; where a day is in both, it is closed.
    """

    code: str
    zone: tzinfo
    weekend: frozenset[int]
    holidays: frozenset[date]
    first: date
    last: date
    worked: frozenset[date] = frozenset()
    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()

    def counts(self, day: date, unit: DayUnit) -> bool:
        """Tell whether a day is one of the unit."""
        if unit is DayUnit.CALENDAR:
            return True
        business = (day.weekday() not in self.weekend or day in self.worked) and day not in self.holidays
        if unit is DayUnit.BUSINESS:
            return business
        return (business or day in self.opened) and day not in self.closed

    def spans(self, day: date) -> bool:
        """Tell whether the calendar knows a day."""
        return self.first <= day <= self.last


def local_of(zone: tzinfo, instant: int) -> datetime | None:
    """Return what a clock on the wall shows at an instant, without its zone; None outside the years 1 to 9999."""
    try:
        return (_EPOCH + timedelta(microseconds=instant)).astimezone(zone).replace(tzinfo=None, fold=0)
    except OverflowError:
        return None


def instant_of(zone: tzinfo, day: date, minute: int) -> int:
    """Return the instant, in microseconds, at which a clock on the wall shows a minute of a day.

    Where the clock is turned, the later of the two readings: 02:30 is the second one when it comes
    twice, and an hour further on when it never comes. So nothing becomes available too early.
    """
    wall = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone)
    return max((reading - _EPOCH) // _MICROSECOND for reading in (wall, wall.replace(fold=1)))


def is_turned(zone: tzinfo, day: date, minute: int) -> bool:
    """Tell whether a minute of a day comes twice or never, because the clock is turned."""
    wall = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone)
    return wall.utcoffset() != wall.replace(fold=1).utcoffset()


@lru_cache(maxsize=_ZONES_KEPT)
def turns(zone: tzinfo, first: date, last: date) -> tuple[date, ...]:
    """Return the days from `first` to `last` on which the zone's clocks may be turned, with those around them."""
    found: set[date] = set()
    day, offset = first, datetime.combine(first, _MIDNIGHT, tzinfo=zone).utcoffset()
    while day < last:
        following = day + _DAY
        next_offset = datetime.combine(following, _MIDNIGHT, tzinfo=zone).utcoffset()
        if next_offset != offset:
            # Clocks turned back soon after midnight make times of the day before come twice.
            found.update((max(day - _DAY, first), day, following))
        day, offset = following, next_offset
    return tuple(sorted(found))


def clock_text(minute: int) -> str:
    """Return a minute of the day as "HH:MM"."""
    return f"{minute // 60:02}:{minute % 60:02}"


def business_day_of(calendar: Calendar, instant: int, cut_off: int | None) -> date | None:
    """Return the banking day that an instant counts for; None outside the calendar.

    At or after the cut-off (a minute of the local day; None is the day's end) and on days that are
    no banking days it is the next one.
    """
    wall = local_of(calendar.zone, instant)
    if wall is None or not calendar.spans(wall.date()):
        return None
    day = wall.date()
    if cut_off is not None and instant >= instant_of(calendar.zone, day, cut_off):
        return add_days(calendar, day, 1, DayUnit.BANKING)
    return add_days(calendar, day, 0, DayUnit.BANKING)


def add_days(calendar: Calendar, day: date, count: int, unit: DayUnit) -> date | None:
    """Return the day that is `count` days of the unit after a day; None outside the calendar.

    None of them is the day itself, or the next one of the unit where it is not of the unit.
    """
    if not calendar.spans(day):
        return None
    left = count
    while left > 0 or not calendar.counts(day, unit):
        if day == calendar.last:
            return None
        day += _DAY
        left -= calendar.counts(day, unit)
    return day


def days_later(calendar: Calendar, instant: int, count: int, unit: DayUnit) -> int | None:
    """Return the instant at which it is as late in the day, `count` days of the unit later; None outside the calendar.

    Where the clock is turned then, it is the later of the two readings, as of any local time.
    """
    wall = local_of(calendar.zone, instant)
    day = None if wall is None else add_days(calendar, wall.date(), count, unit)
    if wall is None or day is None:
        return None
    minute = wall.hour * 60 + wall.minute
    within = timedelta(seconds=wall.second, microseconds=wall.microsecond)
    return instant_of(calendar.zone, day, minute) + within // _MICROSECOND
