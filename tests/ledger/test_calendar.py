"""Promises of calendars: which day an instant counts for, how days are counted, and clocks that are turned."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ledger import calendar
from app.ledger.calendar import Calendar, DayUnit

NEW_YORK = ZoneInfo("America/New_York")
FIFTH_JULY = date(2027, 7, 5)
JULY = Calendar(
    code="X",
    zone=NEW_YORK,
    weekend=frozenset({5, 6}),
    holidays=frozenset({FIFTH_JULY}),
    first=date(2027, 6, 1),
    last=date(2027, 12, 31),
    worked=frozenset({date(2027, 7, 10)}),
    closed=frozenset({date(2027, 7, 7), date(2027, 7, 11)}),
    opened=frozenset({date(2027, 7, 4), date(2027, 7, 11)}),
)
HOUR = 3_600_000_000


def instant(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("day", "business", "banking"),
    [
        (date(2027, 7, 2), True, True),
        (date(2027, 7, 3), False, False),  # a Saturday
        (date(2027, 7, 4), False, True),  # a Sunday that the tenant opens
        (FIFTH_JULY, False, False),  # a holiday
        (date(2027, 7, 7), True, False),  # a Wednesday that the tenant closes
        (date(2027, 7, 10), True, True),  # a Saturday that everybody works
        (date(2027, 7, 11), False, False),  # a Sunday that the tenant both opens and closes
    ],
)
def test_a_day_counts_by_the_calendar_and_by_the_tenant(day: date, business: bool, banking: bool) -> None:
    assert JULY.counts(day, DayUnit.CALENDAR)
    assert JULY.counts(day, DayUnit.BUSINESS) is business
    assert JULY.counts(day, DayUnit.BANKING) is banking


@pytest.mark.parametrize(
    ("day", "count", "unit", "expected"),
    [
        (date(2027, 7, 2), 0, DayUnit.BUSINESS, date(2027, 7, 2)),
        (date(2027, 7, 2), 1, DayUnit.BUSINESS, date(2027, 7, 6)),
        (date(2027, 7, 2), 1, DayUnit.BANKING, date(2027, 7, 4)),
        (date(2027, 7, 2), 2, DayUnit.BUSINESS, date(2027, 7, 7)),
        (date(2027, 7, 2), 3, DayUnit.BANKING, date(2027, 7, 8)),
        (date(2027, 7, 2), 3, DayUnit.CALENDAR, date(2027, 7, 5)),
        (date(2027, 7, 3), 0, DayUnit.BUSINESS, date(2027, 7, 6)),
        (date(2027, 7, 3), 0, DayUnit.BANKING, date(2027, 7, 4)),
        (date(2027, 7, 3), 0, DayUnit.CALENDAR, date(2027, 7, 3)),
        (date(2027, 12, 31), 0, DayUnit.BUSINESS, date(2027, 12, 31)),
        (date(2027, 12, 31), 1, DayUnit.CALENDAR, None),
        (date(2027, 12, 30), 2, DayUnit.BUSINESS, None),
        (date(2027, 5, 31), 1, DayUnit.BUSINESS, None),
        (date(2028, 1, 3), 0, DayUnit.BUSINESS, None),
    ],
)
def test_days_are_counted_within_the_calendar(day: date, count: int, unit: DayUnit, expected: date | None) -> None:
    assert calendar.add_days(JULY, day, count, unit) == expected


days = st.dates(JULY.first, JULY.last)


@settings(derandomize=True, deadline=None)
@given(days, st.integers(1, 60), st.integers(1, 60), st.sampled_from(DayUnit))
def test_counting_in_two_steps_is_counting_at_once(day: date, first: int, second: int, unit: DayUnit) -> None:
    between = calendar.add_days(JULY, day, first, unit)
    at_once = calendar.add_days(JULY, day, first + second, unit)
    assert at_once == (None if between is None else calendar.add_days(JULY, between, second, unit))
    if at_once is not None:
        passed = [day + timedelta(days=step) for step in range(1, (at_once - day).days + 1)]
        assert len([each for each in passed if JULY.counts(each, unit)]) == first + second
        assert JULY.counts(at_once, unit)


def test_a_calendar_without_a_banking_day_answers_nothing() -> None:
    never = Calendar(
        code="N",
        zone=UTC,
        weekend=frozenset(range(7)),
        holidays=frozenset(),
        first=date(2027, 1, 1),
        last=date(2027, 1, 31),
    )
    assert calendar.add_days(never, date(2027, 1, 1), 0, DayUnit.BANKING) is None
    assert calendar.business_day_of(never, instant("2027-01-05T12:00:00Z"), None) is None


@pytest.mark.parametrize(
    ("at", "cut_off", "expected"),
    [
        ("2027-07-01T16:59:59.999999-04:00", 17 * 60, date(2027, 7, 1)),
        ("2027-07-01T17:00:00-04:00", 17 * 60, date(2027, 7, 2)),
        ("2027-07-01T17:00:00-04:00", None, date(2027, 7, 1)),
        ("2027-07-01T23:59:59.999999-04:00", None, date(2027, 7, 1)),
        ("2027-07-02T00:00:00-04:00", None, date(2027, 7, 2)),
        ("2027-07-02T18:00:00-04:00", 17 * 60, date(2027, 7, 4)),
        ("2027-07-03T03:00:00-04:00", 17 * 60, date(2027, 7, 4)),
        ("2027-07-04T18:00:00-04:00", 17 * 60, date(2027, 7, 6)),
        ("2027-07-05T00:00:00-04:00", 0, date(2027, 7, 6)),
        ("2027-05-31T12:00:00-04:00", None, None),
        ("2028-01-01T12:00:00-05:00", None, None),
        ("2027-12-31T18:00:00-05:00", 17 * 60, None),
    ],
)
def test_an_instant_counts_for_a_banking_day(at: str, cut_off: int | None, expected: date | None) -> None:
    assert calendar.business_day_of(JULY, instant(at), cut_off) == expected


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 180 * 24 * HOUR), st.integers(0, 5 * 24 * HOUR), st.none() | st.integers(0, 1439))
def test_a_later_instant_never_counts_for_an_earlier_day(start: int, later: int, cut_off: int | None) -> None:
    begin = instant("2027-06-02T00:00:00Z") + start
    one, other = (calendar.business_day_of(JULY, at, cut_off) for at in (begin, begin + later))
    assert one is not None
    assert other is not None
    assert one <= other


@pytest.mark.parametrize("at", [-(10**18), 10**18, 253_402_300_800_000_000])
def test_an_instant_that_has_no_date_counts_for_none(at: int) -> None:
    assert calendar.local_of(NEW_YORK, at) is None
    assert calendar.business_day_of(JULY, at, None) is None


def test_the_last_instant_has_no_date_east_of_greenwich() -> None:
    assert calendar.local_of(ZoneInfo("Europe/Berlin"), 253_402_300_799_999_999) is None
    assert calendar.local_of(NEW_YORK, 253_402_300_799_999_999) == datetime(9999, 12, 31, 18, 59, 59, 999_999)  # noqa: DTZ001 - a clock on the wall


@pytest.mark.parametrize(
    ("zone", "day", "clock", "expected", "turned"),
    [
        ("America/New_York", date(2026, 7, 13), "09:00", "2026-07-13T09:00:00-04:00", False),
        ("America/New_York", date(2026, 1, 13), "09:00", "2026-01-13T09:00:00-05:00", False),
        ("America/New_York", date(2026, 3, 8), "01:59", "2026-03-08T01:59:00-05:00", False),
        ("America/New_York", date(2026, 3, 8), "02:00", "2026-03-08T03:00:00-04:00", True),
        ("America/New_York", date(2026, 3, 8), "02:30", "2026-03-08T03:30:00-04:00", True),
        ("America/New_York", date(2026, 3, 8), "03:00", "2026-03-08T03:00:00-04:00", False),
        ("America/New_York", date(2026, 11, 1), "00:59", "2026-11-01T00:59:00-04:00", False),
        ("America/New_York", date(2026, 11, 1), "01:00", "2026-11-01T01:00:00-05:00", True),
        ("America/New_York", date(2026, 11, 1), "01:59", "2026-11-01T01:59:00-05:00", True),
        ("America/New_York", date(2026, 11, 1), "02:00", "2026-11-01T02:00:00-05:00", False),
        ("Europe/Berlin", date(2026, 3, 29), "02:30", "2026-03-29T03:30:00+02:00", True),
        ("Europe/Berlin", date(2026, 10, 25), "02:30", "2026-10-25T02:30:00+01:00", True),
        ("Africa/Cairo", date(2026, 4, 24), "00:30", "2026-04-24T01:30:00+03:00", True),
        ("Asia/Kathmandu", date(2026, 4, 24), "00:30", "2026-04-24T00:30:00+05:45", False),
    ],
)
def test_a_local_time_is_an_instant_and_never_too_early(
    zone: str, day: date, clock: str, expected: str, turned: bool
) -> None:
    minute = int(clock[:2]) * 60 + int(clock[3:])
    assert calendar.instant_of(ZoneInfo(zone), day, minute) == instant(expected)
    assert calendar.is_turned(ZoneInfo(zone), day, minute) is turned
    assert calendar.clock_text(minute) == clock


@pytest.mark.parametrize(
    ("zone", "year"),
    [
        ("America/New_York", 2026),
        ("Europe/Berlin", 2028),
        ("Africa/Cairo", 2026),
        ("Africa/Casablanca", 2027),
        ("America/Havana", 2026),
        ("America/St_Johns", 2010),
        ("Australia/Lord_Howe", 2026),
        ("Pacific/Apia", 2011),
    ],
)
def test_no_day_on_which_a_clock_is_turned_is_overlooked(zone: str, year: int) -> None:
    first, last = date(year, 1, 1), date(year, 12, 31)
    found = calendar.turns(ZoneInfo(zone), first, last)
    assert 0 < len(found) <= 20
    assert all(first <= day <= last for day in found)
    for number in range(365):
        day = first + timedelta(days=number)
        if any(calendar.is_turned(ZoneInfo(zone), day, minute) for minute in range(0, 1440, 15)):
            assert day in found


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Asia/Kathmandu")])
def test_where_no_clock_is_turned_there_is_no_such_day(zone: tzinfo) -> None:
    assert calendar.turns(zone, date(2026, 1, 1), date(2026, 12, 31)) == ()


@settings(derandomize=True, deadline=None)
@given(st.dates(date(2026, 1, 1), date(2028, 12, 31)), st.integers(0, 1439))
def test_instants_of_a_day_follow_its_clock(day: date, minute: int) -> None:
    for zone in (NEW_YORK, ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")):
        at = calendar.instant_of(zone, day, minute)
        shown = calendar.local_of(zone, at)
        if not calendar.is_turned(zone, day, minute):
            assert shown == datetime(day.year, day.month, day.day, minute // 60, minute % 60)  # noqa: DTZ001 - a clock on the wall
