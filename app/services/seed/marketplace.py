"""The cast of the demo: a marketplace, its banks and its merchants, as `fixtures/demo` describes them."""

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from app import ledger
from app.values import value

# In an installed wheel beside the code, in a clone beside `app`.
_FOLDERS: Final = (Path(__file__).parents[2] / "fixtures", Path(__file__).parents[3] / "fixtures")
_SETTLES_AT_HOUR: Final = 6
_WHOLE: Final = 10_000

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


@value(kw_only=True)
class Region:
    """What the merchants of one currency share; amounts in minor units, weekdays from Monday = 0."""

    code: str
    exponent: int
    bank: str
    acquirer: str
    settle_days: int
    weekend: frozenset[int]
    fee_basis_points: int
    fee_fixed: int
    chargeback_fee: int
    capital: int
    suppliers: tuple[str, ...]
    policy: str | None

    @property
    def unit(self) -> int:
        """Minor units in one major unit."""
        return int(10**self.exponent)

    def account(self, purpose: str) -> str:
        """Return the external id of the marketplace's own account for a purpose in this currency."""
        return f"{purpose}:{self.code.lower()}"

    def amount(self, minor: int) -> ledger.Amount:
        """Return an amount in this currency."""
        return ledger.Amount(minor, self.code)

    def text(self, minor: int) -> str:
        """Return minor units as the decimal text that a floor takes."""
        return ledger.money.text_of(minor, self.exponent)

    def fee(self, gross: int) -> int:
        """Return the marketplace's fee on a sale: a share, rounded up, and a fixed part."""
        return -(-gross * self.fee_basis_points // _WHOLE) + self.fee_fixed

    def open_on(self, at: int) -> bool:
        """Whether the banks work on the day of this instant."""
        return _moment(at).weekday() not in self.weekend

    def settles_at(self, at: int, days: int | None = None) -> int:
        """Return when money of this day arrives: so many working days later, in the morning."""
        moment = _moment(at).replace(hour=_SETTLES_AT_HOUR, minute=0, second=0, microsecond=0)
        left = self.settle_days if days is None else days
        while left:
            moment += timedelta(days=1)
            left -= moment.weekday() not in self.weekend
        return round(moment.timestamp()) * SECOND


@value(kw_only=True)
class Merchant:
    """One who sells on the marketplace."""

    external_id: str
    name: str
    trade: str
    region: Region
    sales_in_ten_days: int
    prices: tuple[int, ...]
    floor: int = 0
    has_card: bool = False
    has_reserve: bool = False
    policy: str | None = None

    @property
    def slug(self) -> str:
        """The last part of the external id."""
        return self.external_id.rpartition(":")[2]


@value
class Marketplace:
    """The whole cast, and the shipped availability policies: documents by their names."""

    name: str
    regions: tuple[Region, ...]
    merchants: tuple[Merchant, ...]
    policies: Mapping[str, str]
    by_slug: Mapping[str, Merchant] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_slug", {merchant.slug: merchant for merchant in self.merchants})


def read_marketplace(currencies: Mapping[str, ledger.Currency]) -> Marketplace:
    """Return the cast that comes with the program."""
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), _FOLDERS[-1])
    told = orjson.loads((folder / "demo" / "marketplace.json").read_bytes())
    regions = {given["code"]: _region(given, currencies[given["code"]].exponent) for given in told["currencies"]}
    merchants = tuple(_merchant(given, regions[given["currency"]]) for given in told["merchants"])
    policies = {path.stem: path.read_text(encoding="utf-8") for path in sorted((folder / "policies").glob("*.json"))}
    return Marketplace(told["platform"], tuple(regions.values()), merchants, policies)


def _region(given: Mapping[str, Any], exponent: int) -> Region:
    return Region(
        code=given["code"],
        exponent=exponent,
        bank=given["bank"],
        acquirer=given["acquirer"],
        settle_days=given["settle_days"],
        weekend=frozenset(given["weekend"]),
        fee_basis_points=given["fee_basis_points"],
        fee_fixed=_minor(given["fee_fixed"], exponent),
        chargeback_fee=_minor(given["chargeback_fee"], exponent),
        capital=_minor(given["capital"], exponent),
        suppliers=tuple(given["suppliers"]),
        policy=given.get("policy"),
    )


def _merchant(given: Mapping[str, Any], region: Region) -> Merchant:
    return Merchant(
        external_id=given["external_id"],
        name=given["name"],
        trade=given["trade"],
        region=region,
        sales_in_ten_days=given["sales_in_ten_days"],
        prices=tuple(_minor(price, region.exponent) for price in given["prices"]),
        floor=_minor(given.get("floor", "0"), region.exponent),
        has_card=given.get("card", False),
        has_reserve=given.get("reserve", False),
        policy=given.get("policy"),
    )


def _minor(text: str, exponent: int) -> int:
    minor = ledger.money.parse(text, exponent)
    if minor is None:
        raise ValueError(f"{text} is no amount with {exponent} digits")
    return minor


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at // SECOND, UTC)
