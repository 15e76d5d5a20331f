"""Availability policies: ordered rules that say when the money of a deposit becomes available.

A policy is data. The first rule that matches a deposit shares it out over its portions, in their
order. What a policy's values may be is told by `policy_problems`, its JSON by `policy_document`,
what it comes to for one deposit by `availability`.
"""

from enum import StrEnum
from typing import Final, TypeAlias

from app.ledger.account import Account, Direction
from app.ledger.calendar import DayUnit
from app.values import value

RULES_MAX: Final = 64
PORTIONS_MAX: Final = 16
DAYS_MAX: Final = 400
METHODS_MAX: Final = 32
TIERS_MAX: Final = 16
METADATA_KEYS_MAX: Final = 8
METADATA_VALUES_MAX: Final = 32
PARAMETERS_MAX: Final = 64
DOCUMENT_CHARACTERS_MAX: Final = 65_536
PROBLEMS_MAX: Final = 100
WHOLE: Final = 10_000
"""A whole in basis points."""

METHODS: Final = ("CARD", "ACH", "WIRE", "CHECK", "INSTANT", "CASH", "INTERNAL")
"""The methods that have a meaning here; a policy may name its own besides."""

RISK_TIER: Final = "riskTier"
"""The key of an account's metadata under which its risk tier stands."""


@value
class AtOnce:
    """Available when it is posted."""


@value
class AfterDays:
    """Available so many days after the banking day of the deposit, at a minute of the local day."""

    days: int
    unit: DayUnit = DayUnit.BUSINESS
    minute: int = 0


@value
class UntilReleased:
    """Available when somebody releases it."""


Timing: TypeAlias = AtOnce | AfterDays | UntilReleased


@value
class PerItem:
    """So many minor units of each deposit."""

    amount: int


@value
class PerDay:
    """So many minor units of all deposits of one account that count for one banking day.

    Portions, of whichever rules, that name the same counter share the amount already taken; None
    is a counter of this portion's own.
    """

    amount: int
    counter: str | None = None


@value
class Percent:
    """A share of what the rule's portions share out, in basis points, rounded down."""

    basis_points: int


@value
class Rest:
    """What the portions before leave."""


Take: TypeAlias = PerItem | PerDay | Percent | Rest


@value
class Portion:
    """One slice of a deposit: how much, and when."""

    take: Take
    timing: Timing


@value
class DayLimit:
    """Takes the part of a day's deposits above `amount` out of the portions, to be available as `beyond` says.

    Every rule that names the same counter adds its deposits to it.
    """

    amount: int
    counter: str
    beyond: Timing


@value
class Band:
    """Whole numbers from `at_least` on and below `below`; None is without end."""

    at_least: int = 0
    below: int | None = None

    def contains(self, number: int) -> bool:
        """Tell whether a number lies in the band."""
        return self.at_least <= number and (self.below is None or number < self.below)


ANY: Final = Band()


@value
class Match:
    """Which deposits a rule is for: all conditions hold; an empty one holds for every deposit.

    `amount` is in minor units of the policy's currency, `account_age_days` in calendar days from
    the account's opening to the banking day of the deposit. A key of `metadata` stands for any of its values.
    """

    methods: tuple[str, ...] = ()
    direction: Direction = Direction.BOTH
    amount: Band = ANY
    account_age_days: Band = ANY
    risk_tiers: tuple[str, ...] = ()
    metadata: tuple[tuple[str, tuple[str, ...]], ...] = ()


@value
class Rule:
    """For the deposits that match: portions in order, and a limit of the day above which they do not apply."""

    name: str
    match: Match
    portions: tuple[Portion, ...]
    day_limit: DayLimit | None = None
    source: str | None = None


@value
class Parameter:
    """A named figure of a document: its value, and the places in the document where it is used."""

    name: str
    value: str | int
    places: tuple[str, ...]


@value
class Policy:
    """When money that comes in becomes available; amounts are minor units of `currency`.

    A policy without a currency names no amount and is for deposits of every currency. A deposit at
    or after `cut_off`, a minute of the local day of `time_zone`, counts for the next banking day of
    the calendar; None is the day's end.
    """

    currency: str | None
    exponent: int
    time_zone: str
    calendar: str
    rules: tuple[Rule, ...]
    cut_off: int | None = None
    description: str | None = None
    parameters: tuple[Parameter, ...] = ()


class ProblemCode(StrEnum):
    """What can be wrong with a policy."""

    MALFORMED = "MALFORMED"
    UNKNOWN_CURRENCY = "UNKNOWN_CURRENCY"
    UNKNOWN_TIME_ZONE = "UNKNOWN_TIME_ZONE"
    UNKNOWN_CALENDAR = "UNKNOWN_CALENDAR"
    UNKNOWN_PARAMETER = "UNKNOWN_PARAMETER"
    UNUSED_PARAMETER = "UNUSED_PARAMETER"
    TOO_MANY = "TOO_MANY"
    TOO_COMPLEX = "TOO_COMPLEX"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    NEGATIVE_AMOUNT = "NEGATIVE_AMOUNT"
    EXCESS_SCALE = "EXCESS_SCALE"
    ZERO_PORTION = "ZERO_PORTION"
    DUPLICATE_NAME = "DUPLICATE_NAME"
    EMPTY_BAND = "EMPTY_BAND"
    ABOVE_WHOLE = "ABOVE_WHOLE"
    REST_MISSING = "REST_MISSING"
    PORTION_UNREACHABLE = "PORTION_UNREACHABLE"
    RULE_UNREACHABLE = "RULE_UNREACHABLE"
    GAP = "GAP"
    CLOCK_TURNED = "CLOCK_TURNED"


@value
class PolicyProblem:
    """One thing wrong with a policy, and where in its document, as "rules[2].portions[0].amount"."""

    code: ProblemCode
    place: str
    sentence: str


def risk_tier_of(account: Account) -> str | None:
    """Return the tier that an account's metadata names."""
    return dict(account.metadata).get(RISK_TIER)
