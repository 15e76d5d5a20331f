"""Durations are read as ISO 8601 writes them, and months are as long as they are."""

from datetime import UTC, datetime

import pytest

from app import services

SECOND = 1_000_000
DAY = 86_400 * SECOND

DURATIONS = [
    ("P1D", 0, DAY), ("P2W", 0, 14 * DAY), ("P1Y", 12, 0), ("P1Y2M", 14, 0), ("P1M", 1, 0), ("PT1M", 0, 60 * SECOND),
    ("PT36H", 0, 3 * DAY // 2), ("P1DT1H1M1S", 0, DAY + 3_661 * SECOND), ("PT0.5S", 0, SECOND // 2),
    ("PT0,000001S", 0, 1), ("PT1.000001S", 0, SECOND + 1), ("P0D", 0, 0), ("PT0S", 0, 0), ("P007D", 0, 7 * DAY),
    ("P1Y1M1W1DT1H1M1.1S", 13, 8 * DAY + 3_661_100_000),
]  # fmt: skip


@pytest.mark.parametrize(("text", "months", "microseconds"), DURATIONS)
def test_a_duration_is_read_to_the_microsecond(text: str, months: int, microseconds: int) -> None:
    assert services.parse_duration(text) == services.Duration(months, microseconds)


NO_DURATIONS = [
    "", "P", "PT", "P1", "1D", "P1DT", "P-1D", "-P1D", "+P1D", "P1.5D", "PT1.5H", "PT1.S", "PT.5S", "PT1.0000001S",
    "P1H", "PT1D", "P1D1Y", "P1M1M", "p1d", " P1D", "P1D ", "P1D\n", "P1S", "PTS", "P\uff11D", "P1234567890D",
    "P2026-01-01T00:00:00", "one day", "P1W1", "x" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("text", NO_DURATIONS)
def test_what_is_no_duration_is_refused(text: str) -> None:
    assert services.parse_duration(text) is None


@pytest.mark.parametrize(
    ("start", "text", "end"),
    [
        ("2024-01-31T12:00:00", "P1M", "2024-02-29T12:00:00"),
        ("2023-01-31T12:00:00", "P1M", "2023-02-28T12:00:00"),
        ("2024-02-29T00:00:00", "P1Y", "2025-02-28T00:00:00"),
        ("2024-02-29T00:00:00", "P4Y", "2028-02-29T00:00:00"),
        ("2023-12-31T23:59:59.999999", "PT0.000001S", "2024-01-01T00:00:00"),
        ("2023-11-30T00:00:00", "P3M1D", "2024-03-01T00:00:00"),
        ("2023-12-15T00:00:00", "P12M", "2024-12-15T00:00:00"),
        ("1969-12-31T00:00:00", "P1D", "1970-01-01T00:00:00"),
        ("9999-12-31T00:00:00", "PT23H", "9999-12-31T23:00:00"),
        ("9999-12-31T00:00:00", "P1D", None),
        ("9999-12-01T00:00:00", "P1M", None),
        ("2024-01-01T00:00:00", "P999999999Y999999999M", None),
        ("2024-01-01T00:00:00", "P999999999W", None),
    ],
)
def test_months_go_by_the_calendar_and_days_by_the_hour(start: str, text: str, end: str | None) -> None:
    step = services.parse_duration(text)
    assert step is not None
    assert step.after(instant(start)) == (None if end is None else instant(end))


@pytest.mark.parametrize(
    ("count", "calendar", "zone", "fault"),
    [
        (0, "FED", "UTC", "days"),
        (367, "FED", "UTC", "days"),
        (1, "MOON", "UTC", "calendar"),
        (1, "fed", "UTC", "calendar"),
        (1, "FED", "Mars/Olympus", "timeZone"),
        (1, "FED", "../../etc/passwd", "timeZone"),
        (1, "FED", "", "timeZone"),
    ],
)
def test_business_days_that_nobody_could_count_are_refused(count: int, calendar: str, zone: str, fault: str) -> None:
    with pytest.raises(services.BadInput) as refused:
        services.business_days(count, calendar, zone)
    assert refused.value.path == (fault,)


def instant(text: str) -> int:
    since = datetime.fromisoformat(text).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds
