"""Promises of the calendars: the published holidays to the day, the tenant's own on top, the same clocks everywhere."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app import ledger
from app.services import calendars
from app.services.time_zones import TimeZones

BUSINESS, BANKING = ledger.DayUnit.BUSINESS, ledger.DayUnit.BANKING

# Board of Governors, release K.8, "Holidays Observed by the Federal Reserve System 2026-2030". A day in the first list
# is closed; one in the second is a holiday on a Saturday or Sunday. After a Sunday the Monday is closed.
K8 = {
    2026: ("01-01 01-19 02-16 05-25 06-19 09-07 10-12 11-11 11-26 12-25", "07-04"),
    2027: ("01-01 01-18 02-15 05-31 07-05 09-06 10-11 11-11 11-25", "06-19 07-04 12-25"),
    2028: ("01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-23 12-25", "01-01 11-11"),
    2029: ("01-01 01-15 02-19 05-28 06-19 07-04 09-03 10-08 11-12 11-22 12-25", "11-11"),
    2030: ("01-01 01-21 02-18 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25", ""),
}
# The closing days of TARGET: 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December.
TARGET = {
    2026: "01-01 04-03 04-06 05-01 12-25",
    2027: "01-01 03-26 03-29",
    2028: "04-14 04-17 05-01 12-25 12-26",
    2029: "01-01 03-30 04-02 05-01 12-25 12-26",
    2030: "01-01 04-19 04-22 05-01 12-25 12-26",
}


def closed_weekdays(code: str, year: int) -> list[str]:
    calendar = calendars.calendar_of(code, "UTC")
    days = [
        date(year, 1, 1) + timedelta(days=number) for number in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)
    ]
    return [f"{day:%m-%d}" for day in days if day.weekday() < 5 and not calendar.counts(day, BUSINESS)]


@pytest.mark.parametrize("year", K8)
def test_the_federal_reserve_banks_rest_as_published(year: int) -> None:
    assert closed_weekdays("FED", year) == K8[year][0].split()


def test_a_holiday_on_a_saturday_closes_no_other_day() -> None:
    fed = calendars.calendar_of("FED", "America/New_York")
    for year, (_, weekend) in K8.items():
        for text in weekend.split():
            day = date.fromisoformat(f"{year}-{text}")
            assert not fed.counts(day, BUSINESS)
            if day.weekday() == 5:
                assert fed.counts(day - timedelta(days=1), BUSINESS)
                assert fed.counts(day + timedelta(days=2), BUSINESS) is (day != date(2027, 7, 3))
            else:
                assert not fed.counts(day + timedelta(days=1), BUSINESS)


@pytest.mark.parametrize("code", ["TARGET", "TARGET2", "ECB"])
@pytest.mark.parametrize("year", TARGET)
def test_target_rests_as_published(code: str, year: int) -> None:
    assert closed_weekdays(code, year) == TARGET[year].split()


@pytest.mark.parametrize(
    ("code", "day", "works"),
    [
        ("DE", date(2026, 10, 3), False),
        ("DE", date(2028, 10, 3), False),  # a Tuesday
        ("DE", date(2028, 8, 15), True),
        ("DE-SL", date(2028, 8, 15), False),  # the Assumption, in the Saarland alone
        ("GB", date(2027, 12, 27), False),  # for Christmas, a Saturday
        ("GB", date(2027, 12, 28), False),
        ("US", date(2026, 7, 3), False),  # for a Saturday, as the country does and the Reserve Banks do not
        ("FED", date(2026, 7, 3), True),
        ("BE", date(2026, 4, 3), False),  # Good Friday, a holiday of its banks alone
        ("IL", date(2026, 7, 17), False),  # a Friday
        ("IL", date(2026, 7, 19), True),  # a Sunday
        ("AE", date(2021, 12, 3), False),  # a Friday, until 2021 of the weekend
        ("AE", date(2021, 12, 19), True),  # a Sunday, until 2021 a working day
        ("AE", date(2026, 7, 17), True),
        ("AE", date(2026, 7, 19), False),
        ("CN", date(2026, 5, 9), True),  # a Saturday worked to make up for a holiday
        ("WEEKDAYS", date(2026, 12, 25), True),
        ("WEEKDAYS", date(2026, 12, 26), False),
        ("EVERY_DAY", date(2026, 12, 26), True),
    ],
)
def test_countries_rest_in_their_own_ways(code: str, day: date, works: bool) -> None:
    assert calendars.calendar_of(code, "UTC").counts(day, BUSINESS) is works


def test_a_tenant_closes_and_opens_by_itself() -> None:
    closed, opened, both = date(2026, 7, 14), date(2026, 7, 18), date(2026, 7, 19)
    own = calendars.calendar_of("FED", "America/New_York", closed=[closed, both], opened=[opened, both])
    assert [own.counts(day, BANKING) for day in (closed, opened, both)] == [False, True, False]
    assert [own.counts(day, BUSINESS) for day in (closed, opened, both)] == [True, False, False]
    assert calendars.calendar_of("FED", "America/New_York").counts(closed, BANKING)


def test_a_calendar_ends_where_its_holidays_are_known() -> None:
    fed, lanka = (calendars.calendar_of(code, "UTC") for code in ("FED", "LK"))
    assert (fed.first, fed.last) == (date(2000, 1, 1), date(2099, 12, 31))
    assert lanka.last < fed.last
    assert lanka.first > fed.first


@pytest.mark.parametrize("code", ["", "XX", "fed", "DE-XX", "DE-", "DEU", "XNYS"])
def test_a_code_that_is_not_known_is_none(code: str) -> None:
    assert code not in calendars.calendar_codes()
    with pytest.raises(KeyError):
        calendars.calendar_of(code, "UTC")


def test_every_code_names_a_calendar() -> None:
    codes = calendars.calendar_codes()
    assert {"FED", "TARGET", "DE", "DE-BY", "US", "WEEKDAYS", "EVERY_DAY"} <= codes
    assert all(calendars._published(code) is not None for code in codes - {"WEEKDAYS", "EVERY_DAY"})


@pytest.mark.parametrize(
    "zone", ["America/New_York", "Europe/Berlin", "UTC", "Asia/Kolkata", "America/Argentina/Ushuaia"]
)
def test_a_zone_is_the_one_of_its_name(zone: str) -> None:
    for day in (datetime(2026, 1, 1), datetime(2026, 7, 1)):  # noqa: DTZ001 - a clock on the wall
        assert TimeZones()[zone].utcoffset(day) == ZoneInfo(zone).utcoffset(day)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../zones", "America", "/etc/localtime", "europe/berlin"])
def test_a_zone_that_is_not_known_is_none(zone: str) -> None:
    assert zone not in TimeZones()
    with pytest.raises(KeyError):
        calendars.calendar_of("FED", zone)


def test_zones_are_listed_and_each_can_be_read() -> None:
    zones = TimeZones()
    assert len(list(zones)) == len(zones) > 400
    assert list(zones) == sorted(zones)
    assert all(zones[name] is zones[name] for name in zones)


def test_what_is_known_is_what_a_policy_may_refer_to() -> None:
    known = calendars.known({"USD": 2})
    assert known.currencies == {"USD": 2}
    assert known.calendars == calendars.calendar_codes()
    assert known.first < known.last
    assert "Europe/Berlin" in known.zones
