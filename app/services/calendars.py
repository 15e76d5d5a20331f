"""Calendars by their codes, made of published holidays and a tenant's own closures.

FED is when the Federal Reserve Banks rest: a holiday on a Saturday is not moved, one on a Sunday is
observed on Monday. TARGET (also TARGET2 and ECB) is when the euro's settlement system rests. A
country's code, as DE, or that of a part of it, as DE-BY, stands for its public and bank holidays and
its own weekend. WEEKDAYS rests on Saturday and Sunday, EVERY_DAY never.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date
from functools import cache
from typing import Final

import holidays

from app import ledger
from app.services.time_zones import TimeZones

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2099
"""Calendars are made for these years, as far as the holidays of a code are known for them."""

CLOCKS_FIRST: Final = date(2025, 1, 1)
CLOCKS_LAST: Final = date(2050, 12, 31)
"""The days on which no clock may be turned at a time that a policy names."""

_MARKETS: Final = {"FED": "XFED", "TARGET": "XECB", "TARGET2": "XECB", "ECB": "XECB"}
_WEEKENDS: Final[Mapping[str, frozenset[int]]] = {"WEEKDAYS": frozenset({5, 6}), "EVERY_DAY": frozenset()}
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_SUBDIVISION: Final = re.compile(r"[A-Z0-9]{1,4}", re.ASCII)
_CATEGORIES: Final = ("public", "bank")


@cache
def calendar_codes() -> frozenset[str]:
    """Return the codes of all calendars."""
    codes = {*_MARKETS, *_WEEKENDS}
    for country, subdivisions in holidays.list_supported_countries().items():
        if _COUNTRY.fullmatch(country):
            codes.add(country)
            codes.update(f"{country}-{part}" for part in subdivisions if _SUBDIVISION.fullmatch(part))
    return frozenset(codes)


def known(currencies: Mapping[str, int]) -> ledger.Known:
    """Return what a policy may refer to; `currencies` are codes with their exponents."""
    return ledger.Known(
        currencies=currencies,
        calendars=calendar_codes(),
        zones=TimeZones(),
        first=CLOCKS_FIRST,
        last=CLOCKS_LAST,
    )


def calendar_of(
    code: str, time_zone: str, *, closed: Iterable[date] = (), opened: Iterable[date] = ()
) -> ledger.Calendar:
    """Return a calendar in a time zone with the days that a tenant closes and opens by itself.

    KeyError where the code or the zone is not known: a published policy names none such.
    """
    zone = TimeZones()[time_zone]
    return replace(_plain(code), zone=zone, closed=frozenset(closed), opened=frozenset(opened))


@cache
def _plain(code: str) -> ledger.Calendar:
    """Return the calendar of a code in UTC, without closures."""
    if code not in calendar_codes():
        raise KeyError(code)
    if code in _WEEKENDS:
        return ledger.Calendar(
            code=code,
            zone=UTC,
            weekend=_WEEKENDS[code],
            holidays=frozenset(),
            first=date(FIRST_YEAR, 1, 1),
            last=date(LAST_YEAR, 12, 31),
        )
    bounds = _published(code)
    first_year, last_year = max(FIRST_YEAR, bounds.start_year), min(LAST_YEAR, bounds.end_year)
    published = _published(code, range(first_year, last_year + 1))
    first, last = date(first_year, 1, 1), date(last_year, 12, 31)
    weekend = frozenset(published.weekend)
    # Asked day by day, as a country may move its weekend, or work on one to make up for a holiday.
    days = [date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]
    working = {day for day in days if published.is_working_day(day)}
    return ledger.Calendar(
        code=code,
        zone=UTC,
        weekend=weekend,
        holidays=frozenset(day for day in days if day not in working and day.weekday() not in weekend),
        first=first,
        last=last,
        worked=frozenset(day for day in working if day.weekday() in weekend),
    )


def _published(code: str, years: range | None = None) -> holidays.HolidayBase:
    if code in _MARKETS:
        return holidays.financial_holidays(_MARKETS[code], years=years, expand=False)
    country, _, subdivision = code.partition("-")
    categories = holidays.country_holidays(country).supported_categories
    return holidays.country_holidays(
        country,
        subdiv=subdivision or None,
        years=years,
        expand=False,
        categories=tuple(category for category in _CATEGORIES if category in categories),
    )
