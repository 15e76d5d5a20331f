"""What is wrong with a policy, found before it is published: every problem, with its place."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date, tzinfo
from itertools import islice
from typing import Final, assert_never

from app.ledger import calendar, coverage, money
from app.ledger.policy import (
    DAYS_MAX,
    METADATA_KEYS_MAX,
    METADATA_VALUES_MAX,
    METHODS_MAX,
    PORTIONS_MAX,
    PROBLEMS_MAX,
    RULES_MAX,
    TIERS_MAX,
    WHOLE,
    AfterDays,
    Band,
    Match,
    Percent,
    PerDay,
    PerItem,
    Policy,
    PolicyProblem,
    Portion,
    ProblemCode,
    Rest,
    Rule,
    Timing,
)
from app.values import value

TIMES_MAX: Final = 48
AGE_DAYS_MAX: Final = 36_500
DESCRIPTION_CHARACTERS_MAX: Final = 2_000
SOURCE_CHARACTERS_MAX: Final = 500
_METHOD: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}", re.ASCII)
_RULE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .,:()_-]{0,79}", re.ASCII)
_COUNTER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}", re.ASCII)
_WORD_CHARACTERS_MAX: Final = 64
_HIGHEST: Final = 10**money.DIGITS_MAX

Problems = Iterator[PolicyProblem]


@value
class Known:
    """What a policy may refer to: currencies with their exponents, codes of calendars, time zones.

    From `first` to `last` no clock of its time zone may be turned at a time that the policy names.
    """

    currencies: Mapping[str, int]
    calendars: Collection[str]
    zones: Mapping[str, tzinfo]
    first: date
    last: date


def problems(policy: Policy, known: Known) -> tuple[PolicyProblem, ...]:
    """Return what is wrong with a policy, at most 100 problems; nothing is wrong with one that may be published.

    Which rules overlap and what they leave out is judged once each rule is right by itself.
    """
    found = [*_outside(policy, known), *_rules(policy)]
    if not found:
        found.extend(coverage.problems(policy.rules))
    return tuple(found[:PROBLEMS_MAX])


def _problem(code: ProblemCode, place: str, sentence: str) -> Problems:
    yield PolicyProblem(code, place, sentence)


# -- what the policy refers to ------------------------------------------------------------------------


def _outside(policy: Policy, known: Known) -> Problems:
    if policy.currency is None:
        if _names_amounts(policy):
            yield from _problem(ProblemCode.UNKNOWN_CURRENCY, "currency", "Amounts need a currency.")
    elif known.currencies.get(policy.currency) != policy.exponent:
        yield from _problem(ProblemCode.UNKNOWN_CURRENCY, "currency", f"No currency {policy.currency} is known.")
    if policy.calendar not in known.calendars:
        yield from _problem(ProblemCode.UNKNOWN_CALENDAR, "calendar", f"No calendar {policy.calendar} is known.")
    yield from _text(policy.description, "description", DESCRIPTION_CHARACTERS_MAX)
    zone = known.zones.get(policy.time_zone)
    if zone is None:
        yield from _problem(ProblemCode.UNKNOWN_TIME_ZONE, "timeZone", f"No time zone {policy.time_zone} is known.")
    yield from _times(policy, zone, known)


def _names_amounts(policy: Policy) -> bool:
    return any(
        rule.match.amount != Band()
        or rule.day_limit is not None
        or any(isinstance(portion.take, PerItem | PerDay) for portion in rule.portions)
        for rule in policy.rules
    )


def _times(policy: Policy, zone: tzinfo | None, known: Known) -> Problems:
    """Find times of day that are none, and those at which the zone's clocks are turned."""
    places: dict[int, str] = {} if policy.cut_off is None else {policy.cut_off: "cutOff"}
    for place, timing in _timings(policy):
        if isinstance(timing, AfterDays):
            places.setdefault(timing.minute, f"{place}.at")
    yield from _count(len(places), TIMES_MAX, "rules", "different times of day")
    turns = () if zone is None else calendar.turns(zone, known.first, known.last)
    for minute, place in islice(places.items(), TIMES_MAX):
        if not 0 <= minute < calendar.MINUTES_OF_DAY:
            yield from _problem(ProblemCode.OUT_OF_RANGE, place, "A time of day lies between 00:00 and 23:59.")
        elif zone is not None and (day := next((day for day in turns if calendar.is_turned(zone, day, minute)), None)):
            sentence = f"On {day} the clocks of {policy.time_zone} are turned over {calendar.clock_text(minute)}."
            yield from _problem(ProblemCode.CLOCK_TURNED, place, sentence)


def _timings(policy: Policy) -> Iterator[tuple[str, Timing]]:
    for number, rule in enumerate(policy.rules[:RULES_MAX]):
        for index, portion in enumerate(rule.portions[:PORTIONS_MAX]):
            yield f"rules[{number}].portions[{index}].available", portion.timing
        if rule.day_limit is not None:
            yield f"rules[{number}].dayLimit.beyond", rule.day_limit.beyond


# -- the rules, each by itself ----------------------------------------------------------------------


def _rules(policy: Policy) -> Problems:
    yield from _count(len(policy.rules), RULES_MAX, "rules", least=1)
    names: set[str] = set()
    limits: set[str] = set()
    counters: set[str] = set()
    keys: set[str] = set()
    for number, rule in enumerate(policy.rules[:RULES_MAX]):
        place = f"rules[{number}]"
        if _RULE.fullmatch(rule.name) is None:
            sentence = (
                "A rule's name has 1 to 80 letters, digits, blanks and . , : ( ) _ -, the first a letter or digit."
            )
            yield from _problem(ProblemCode.MALFORMED, f"{place}.name", sentence)
        if rule.name in names:
            yield from _problem(ProblemCode.DUPLICATE_NAME, f"{place}.name", f"{rule.name} is named before.")
        names.add(rule.name)
        keys.update(key for key, _ in rule.match.metadata)
        yield from _text(rule.source, f"{place}.source", SOURCE_CHARACTERS_MAX)
        yield from _match(rule.match, f"{place}.match")
        yield from _portions(rule, place)
        if rule.day_limit is not None:
            limits.add(rule.day_limit.counter)
        counters.update(
            portion.take.counter
            for portion in rule.portions
            if isinstance(portion.take, PerDay) and portion.take.counter is not None
        )
    for counter in sorted(limits & counters):
        sentence = f"The counter {counter} counts the portions taken or the deposits, not both."
        yield from _problem(ProblemCode.DUPLICATE_NAME, "rules", sentence)
    yield from _count(len(keys), METADATA_KEYS_MAX, "rules", "different keys of metadata")


def _match(match: Match, place: str) -> Problems:
    yield from _words(match.methods, METHODS_MAX, f"{place}.methods", _METHOD)
    yield from _words(match.risk_tiers, TIERS_MAX, f"{place}.riskTiers")
    yield from _words(tuple(key for key, _ in match.metadata), METADATA_KEYS_MAX, f"{place}.metadata")
    for key, values in match.metadata:
        yield from _count(len(values), METADATA_VALUES_MAX, f"{place}.metadata.{key}", least=1)
        yield from _words(values, METADATA_VALUES_MAX, f"{place}.metadata.{key}")
    yield from _band(match.amount, _HIGHEST, f"{place}.amount", ProblemCode.NEGATIVE_AMOUNT)
    yield from _band(match.account_age_days, AGE_DAYS_MAX, f"{place}.accountAgeDays", ProblemCode.OUT_OF_RANGE)


def _band(band: Band, most: int, place: str, negative: ProblemCode) -> Problems:
    end = most if band.below is None else band.below
    if band.at_least < 0 or end < 0:
        yield from _problem(negative, place, "A band begins at zero or above.")
    elif end > most or band.at_least > most:
        yield from _problem(ProblemCode.OUT_OF_RANGE, place, "The band ends too high.")
    elif end <= band.at_least:
        yield from _problem(
            ProblemCode.EMPTY_BAND, place, "Nothing lies in this band: it ends where it begins, or before."
        )


def _portions(rule: Rule, place: str) -> Problems:
    yield from _count(len(rule.portions), PORTIONS_MAX, f"{place}.portions", least=1)
    for index, portion in enumerate(rule.portions[:PORTIONS_MAX]):
        yield from _take(portion, f"{place}.portions[{index}]")
    yield from _shares(rule, place)
    limit = rule.day_limit
    if limit is not None:
        yield from _amount(limit.amount, f"{place}.dayLimit.amount")
        yield from _counter(limit.counter, f"{place}.dayLimit.counter")
        yield from _days(limit.beyond, f"{place}.dayLimit.beyond")


def _shares(rule: Rule, place: str) -> Problems:
    """Find shares above the whole, portions that come after everything is shared out, and a rest that nobody takes."""
    if sum(portion.take.basis_points for portion in rule.portions if isinstance(portion.take, Percent)) > WHOLE:
        yield from _problem(ProblemCode.ABOVE_WHOLE, f"{place}.portions", "The shares come to more than 100 %.")
        return
    shares, complete = 0, False
    for index, portion in enumerate(rule.portions[:PORTIONS_MAX]):
        if complete:
            sentence = "Nothing is left for this portion: those before share everything out."
            yield from _problem(ProblemCode.PORTION_UNREACHABLE, f"{place}.portions[{index}]", sentence)
            return
        if isinstance(portion.take, Percent):
            shares += portion.take.basis_points
        complete = isinstance(portion.take, Rest) or shares == WHOLE
    if not complete:
        yield from _problem(ProblemCode.REST_MISSING, f"{place}.portions", "The last portion must take the rest.")


def _take(portion: Portion, place: str) -> Problems:
    match portion.take:
        case PerItem(amount):
            yield from _amount(amount, f"{place}.take.perItem")
        case PerDay(amount, counter):
            yield from _amount(amount, f"{place}.take.perDay")
            if counter is not None:
                yield from _counter(counter, f"{place}.take.counter")
        case Percent(basis_points):
            if basis_points < 0:
                yield from _problem(ProblemCode.OUT_OF_RANGE, f"{place}.take.percent", "A share is above zero.")
            if basis_points == 0:
                yield from _problem(ProblemCode.ZERO_PORTION, f"{place}.take.percent", "A share of nothing.")
        case Rest():
            pass
        case _:
            assert_never(portion.take)
    yield from _days(portion.timing, f"{place}.available")


def _days(timing: Timing, place: str) -> Problems:
    if isinstance(timing, AfterDays) and not 0 <= timing.days <= DAYS_MAX:
        yield from _problem(ProblemCode.OUT_OF_RANGE, f"{place}.days", f"Days are 0 to {DAYS_MAX}.")


def _amount(amount: int, place: str) -> Problems:
    if amount < 0:
        yield from _problem(ProblemCode.NEGATIVE_AMOUNT, place, "An amount is above zero.")
    elif amount == 0:
        yield from _problem(ProblemCode.ZERO_PORTION, place, "An amount of nothing.")
    elif amount >= _HIGHEST:
        yield from _problem(ProblemCode.OUT_OF_RANGE, place, "An amount has at most 18 digits.")


def _counter(counter: str, place: str) -> Problems:
    if _COUNTER.fullmatch(counter) is None:
        sentence = "A counter's name has 1 to 40 letters, digits, _ and -, the first a letter."
        yield from _problem(ProblemCode.MALFORMED, place, sentence)


def _words(words: tuple[str, ...], most: int, place: str, form: re.Pattern[str] | None = None) -> Problems:
    yield from _count(len(words), most, place)
    for index, word in enumerate(words[:most]):
        if form is not None and form.fullmatch(word) is None:
            sentence = "A method is a word such as CARD: A to Z, 0 to 9 and _, at most 40 characters."
            yield from _problem(ProblemCode.MALFORMED, f"{place}[{index}]", sentence)
        yield from _text(word, f"{place}[{index}]", _WORD_CHARACTERS_MAX)
    if len(set(words)) < len(words):
        yield from _problem(ProblemCode.DUPLICATE_NAME, place, "Something is named twice.")


def _text(text: str | None, place: str, most: int) -> Problems:
    if text is not None and not (1 <= len(text) <= most and text.isprintable()):
        yield from _problem(ProblemCode.MALFORMED, place, f"A text has 1 to {most} printable characters.")


def _count(count: int, most: int, place: str, what: str = "items", least: int = 0) -> Problems:
    if count > most:
        yield from _problem(ProblemCode.TOO_MANY, place, f"{count} {what}, of {most} at most.")
    elif count < least:
        yield from _problem(ProblemCode.MALFORMED, place, f"At least {least} is needed.")
