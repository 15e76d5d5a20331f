"""How far a clock is moved: by a duration as ISO 8601 writes it, or by business days of a calendar."""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from app import ledger
from app.services.calendars import calendar_codes, calendar_of
from app.services.faults import BadInput
from app.services.time_zones import TimeZones
from app.values import value

BUSINESS_DAYS_MAX: Final = 366

_ISO_8601: Final = re.compile(
    r"P(?=\d|T\d)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})W)?(?:(\d{1,9})D)?"
    r"(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,](\d{1,6}))?S)?)?",
    re.ASCII,
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MONTHS_OF_YEAR: Final = 12
_LAST_YEAR: Final = 9999


class ClockStep(Protocol):
    """How far a clock is moved."""

    def after(self, instant: int) -> int | None:
        """Return the instant that lies so far after another, in microseconds; None where that is out of reach."""
        ...


@value
class Duration:
    """A span of time: months, which are as long as they are, then microseconds. A day has 24 hours."""

    months: int
    microseconds: int

    def after(self, instant: int) -> int | None:
        """Return the instant so much later; months go by the calendar in UTC, to its last day where one is short."""
        try:
            start = _EPOCH + timedelta(microseconds=instant)
            year, month = divmod(start.year * _MONTHS_OF_YEAR + start.month - 1 + self.months, _MONTHS_OF_YEAR)
            if year > _LAST_YEAR:
                return None
            day = min(start.day, monthrange(year, month + 1)[1])
            moved = start.replace(year=year, month=month + 1, day=day) + timedelta(microseconds=self.microseconds)
        except OverflowError:
            return None
        return (moved - _EPOCH) // _MICROSECOND


@value
class BusinessDays:
    """So many business days of a calendar, at the same time of day in its time zone."""

    count: int
    calendar: ledger.Calendar

    def after(self, instant: int) -> int | None:
        """Return the instant at which it is as late so many business days later; None beyond the calendar's years."""
        return ledger.days_later(self.calendar, instant, self.count, ledger.DayUnit.BUSINESS)


def parse_duration(text: str) -> Duration | None:
    """Return the duration that a text in the form of ISO 8601 means, as P1M, P2DT12H or PT0.5S; None where it is none.

    A fraction is allowed of the seconds only, to the microsecond.
    """
    match = _ISO_8601.fullmatch(text)
    if match is None:
        return None
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[:7])
    fraction = int((match.group(8) or "").ljust(6, "0"))
    whole = ((weeks * 7 + days) * 24 + hours) * 3_600 + minutes * 60 + seconds
    return Duration(years * _MONTHS_OF_YEAR + months, whole * 1_000_000 + fraction)


def business_days(count: int, calendar: str, time_zone: str) -> BusinessDays:
    """Return so many business days of a calendar; raises BadInput that names what is at fault."""
    if not 1 <= count <= BUSINESS_DAYS_MAX:
        raise BadInput(f"There may be 1 to {BUSINESS_DAYS_MAX} business days.", ("days",))
    if calendar not in calendar_codes():
        raise BadInput("The calendar is not known.", ("calendar",))
    if time_zone not in TimeZones():
        raise BadInput("The time zone is not known.", ("timeZone",))
    return BusinessDays(count, calendar_of(calendar, time_zone))
