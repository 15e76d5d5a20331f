"""So many days later it is as late on the wall, whatever was done to the clock meanwhile."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app import ledger

BERLIN = ledger.Calendar(
    code="BERLIN",
    zone=ZoneInfo("Europe/Berlin"),
    weekend=frozenset({5, 6}),
    holidays=frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 12, 25)}),
    first=date(2026, 1, 1),
    last=date(2026, 12, 31),
)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-01-05T08:00:00.000001Z", 1, "2026-01-06T08:00:00.000001Z"),
        ("2026-01-09T22:59:59.999999Z", 1, "2026-01-12T22:59:59.999999Z"),
        # On Friday's evening it is Saturday in Berlin, whose next business day is Monday.
        ("2026-01-09T23:00:00Z", 1, "2026-01-11T23:00:00Z"),
        ("2026-01-10T12:00:00Z", 1, "2026-01-12T12:00:00Z"),
        ("2026-01-10T12:00:00Z", 2, "2026-01-13T12:00:00Z"),
        # Over Easter, and over the turn to summer time before it.
        ("2026-04-02T10:00:00Z", 1, "2026-04-07T10:00:00Z"),
        ("2026-03-27T10:00:00Z", 1, "2026-03-30T09:00:00Z"),
        ("2026-10-23T10:00:00Z", 1, "2026-10-26T11:00:00Z"),
        ("2026-12-24T10:00:00Z", 4, "2026-12-31T10:00:00Z"),
        ("2026-12-24T10:00:00Z", 5, None),
        ("2025-12-31T10:00:00Z", 1, None),
        ("2027-01-01T10:00:00Z", 1, None),
    ],
)
def test_business_days_later_it_is_as_late_in_the_day(start: str, count: int, end: str | None) -> None:
    found = ledger.days_later(BERLIN, instant(start), count, ledger.DayUnit.BUSINESS)
    assert found == (None if end is None else instant(end))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        # 02:30:15 never comes on the day of the turn, and comes twice on the other: the later one counts.
        ("2026-03-28T01:30:15Z", "2026-03-29T01:30:15Z"),
        ("2026-10-24T00:30:15Z", "2026-10-25T01:30:15Z"),
    ],
)
def test_a_time_that_never_comes_or_comes_twice_is_the_later_one(start: str, end: str) -> None:
    assert ledger.days_later(BERLIN, instant(start), 1, ledger.DayUnit.CALENDAR) == instant(end)


def test_an_instant_of_no_year_has_no_day() -> None:
    assert ledger.days_later(BERLIN, 2**63 - 1, 1, ledger.DayUnit.CALENDAR) is None


def instant(text: str) -> int:
    since = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
