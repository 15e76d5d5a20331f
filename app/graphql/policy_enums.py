"""Enums of policies: the ledger's lists of words as the schema shows them, every word described."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app import ledger
from app.graphql.enums import describe

DayUnit = ledger.DayUnit
PolicyProblemCode = ledger.ProblemCode


class TakeKind(StrEnum):
    """How a portion takes of a deposit."""

    PER_ITEM = "PER_ITEM"
    PER_DAY = "PER_DAY"
    PERCENT = "PERCENT"
    REST = "REST"


class TimingKind(StrEnum):
    """What a portion waits for."""

    AT_ONCE = "AT_ONCE"
    AFTER_DAYS = "AFTER_DAYS"
    UNTIL_RELEASED = "UNTIL_RELEASED"


_PROBLEMS: Final[Mapping[PolicyProblemCode, str]] = {
    PolicyProblemCode.MALFORMED: "Something is missing, too long, or not of the form that is needed there.",
    PolicyProblemCode.UNKNOWN_CURRENCY: "There is no such currency.",
    PolicyProblemCode.UNKNOWN_TIME_ZONE: "There is no such time zone.",
    PolicyProblemCode.UNKNOWN_CALENDAR: "There is no such calendar.",
    PolicyProblemCode.UNKNOWN_PARAMETER: "A figure refers to a parameter that is not given.",
    PolicyProblemCode.UNUSED_PARAMETER: "A parameter is given that nothing refers to.",
    PolicyProblemCode.TOO_MANY: "There is more of something than may be.",
    PolicyProblemCode.TOO_COMPLEX: "The rules divide deposits in too many ways to be judged.",
    PolicyProblemCode.OUT_OF_RANGE: "A number is smaller or larger than may be.",
    PolicyProblemCode.NEGATIVE_AMOUNT: "An amount is below zero.",
    PolicyProblemCode.EXCESS_SCALE: "An amount has more digits after the point than its currency.",
    PolicyProblemCode.ZERO_PORTION: "A portion takes nothing.",
    PolicyProblemCode.DUPLICATE_NAME: "A name is given twice.",
    PolicyProblemCode.EMPTY_BAND: "A band has no number in it.",
    PolicyProblemCode.ABOVE_WHOLE: "The shares of a rule come to more than the whole.",
    PolicyProblemCode.REST_MISSING: "A rule leaves something that no portion takes.",
    PolicyProblemCode.PORTION_UNREACHABLE: "A portion comes after the one that takes all that is left.",
    PolicyProblemCode.RULE_UNREACHABLE: "The rules before match every deposit that this one is for.",
    PolicyProblemCode.GAP: "There are deposits that no rule is for.",
    PolicyProblemCode.CLOCK_TURNED: "The clock is turned at a time that the policy names.",
}

describe(
    DayUnit,
    "DayUnit",
    "Which days are counted.",
    {
        DayUnit.CALENDAR: "Every day.",
        DayUnit.BUSINESS: "Business days of the calendar: neither its weekend nor its holidays.",
        DayUnit.BANKING: "Days of banking: business days that the tenant has not closed, and days that it opened.",
    },
)
describe(
    TakeKind,
    "TakeKind",
    "How a portion takes of a deposit.",
    {
        TakeKind.PER_ITEM: "At most an amount of each deposit.",
        TakeKind.PER_DAY: "At most an amount of all deposits of an account that count for one banking day.",
        TakeKind.PERCENT: "A share, rounded down.",
        TakeKind.REST: "All that is left.",
    },
)
describe(
    TimingKind,
    "TimingKind",
    "What a portion waits for before it is available.",
    {
        TimingKind.AT_ONCE: "Nothing.",
        TimingKind.AFTER_DAYS: "A time of a day so many days after the banking day of the deposit.",
        TimingKind.UNTIL_RELEASED: "Somebody who releases it.",
    },
)
describe(PolicyProblemCode, "PolicyProblemCode", "What can be wrong with a policy.", _PROBLEMS)
