"""Promises before a policy is published: whatever is wrong with it is found, and told with its place."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings

from app import ledger
from app.ledger import coverage, policy
from app.ledger.account import Direction
from app.ledger.policy import Band, Match, Percent, PerDay, PerItem, Policy, Portion, Rest, Rule
from app.ledger.policy_problems import problems
from tests.ledger import policies
from tests.ledger.policies import KNOWN

Document = dict[str, Any]
Change = Callable[[Document], object]
REST = {"take": "REST", "available": "AT_ONCE"}
CODES = ledger.ProblemCode


def test_nothing_is_wrong_with_the_document_that_the_others_start_from() -> None:
    assert isinstance(ledger.read_policy(policies.document(), KNOWN), Policy)


def rule(document: Document, number: int = 0) -> Document:
    found: Document = document["rules"][number]
    return found


def take(document: Document, number: int, taken: object) -> None:
    rule(document)["portions"][number]["take"] = taken


def put(document: Document, *path: str | int, value: object) -> None:
    *way, last = path
    spot: Any = document
    for step in way:
        spot = spot[step]
    spot[last] = value


def at(path: str, value: object) -> Change:
    """Return the change that puts a value at a place, as "rules.0.match.methods"."""
    keys = [int(key) if key.isdigit() else key for key in path.split(".")]
    return lambda document: put(document, *keys, value=value)


def without_parameters(document: Document) -> None:
    """Put the figures themselves where the parameters stood."""
    del document["parameters"]
    document["cutOff"] = "17:00"
    put(document, "rules", 0, "portions", 0, "take", "perDay", value="275.00")
    put(document, "rules", 1, "portions", 0, "take", "perDay", value="275.00")
    put(document, "rules", 1, "portions", 1, "available", "days", value=2)


def simple(document: Document, *rules: Document, currency: str | None = "USD") -> None:
    """Leave nothing but these rules, in another currency or in none."""
    without_parameters(document)
    document["rules"] = list(rules)
    del document["currency"]
    if currency is not None:
        document["currency"] = currency


def named(name: str, portions: list[Document] | None = None, **match: object) -> Document:
    return {"name": name, "match": match, "portions": portions or [REST]}


def at_minutes(minutes: range) -> list[Document]:
    """Return portions that are available at so many times of the day."""
    times = [f"12:{minute:02}" for minute in minutes]
    return [*({"take": {"perItem": "1"}, "available": {"days": 1, "at": time}} for time in times), REST]


WRONG: list[tuple[str, str, Change]] = [
    # What the policy refers to.
    ("UNKNOWN_CURRENCY", "currency", lambda d: d.update(currency="XXX")),
    ("UNKNOWN_CURRENCY", "rules[0].match.amount.from", lambda d: d.pop("currency")),
    ("UNKNOWN_CALENDAR", "calendar", lambda d: d.update(calendar="MOON")),
    ("UNKNOWN_TIME_ZONE", "timeZone", lambda d: d.update(timeZone="America/Atlantis")),
    ("CLOCK_TURNED", "cutOff", at("parameters.cutOff", "02:30")),
    ("CLOCK_TURNED", "cutOff", at("parameters.cutOff", "01:30")),
    ("CLOCK_TURNED", "rules[0].dayLimit.beyond.at", at("rules.0.dayLimit.beyond.at", "02:00")),
    ("CLOCK_TURNED", "rules[0].portions[2].available.at", at("rules.0.portions.2.available.at", "01:00")),
    ("CLOCK_TURNED", "rules[1].portions[0].available.at", lambda d: d.update(timeZone="Africa/Cairo")),
    # How much of everything there may be.
    ("MALFORMED", "rules", simple),
    (
        "TOO_MANY",
        "rules",
        lambda d: simple(d, *(named(f"r{n}", amount={"from": f"{n}.00"}) for n in reversed(range(65)))),
    ),
    ("MALFORMED", "rules[2].portions", at("rules.2.portions", [])),
    (
        "TOO_MANY",
        "rules[2].portions",
        at("rules.2.portions", [{"take": {"perItem": "1"}, "available": "AT_ONCE"}] * 16 + [REST]),
    ),
    ("TOO_MANY", "rules[1].match.methods", at("rules.1.match.methods", [f"M{n}" for n in range(33)])),
    ("TOO_MANY", "rules[0].match.riskTiers", at("rules.0.match.riskTiers", [f"T{n}" for n in range(17)])),
    ("TOO_MANY", "rules[0].match.metadata", at("rules.0.match.metadata", {f"k{n}": ["v"] for n in range(9)})),
    ("TOO_MANY", "rules[0].match.metadata.k", at("rules.0.match.metadata", {"k": [f"v{n}" for n in range(33)]})),
    (
        "TOO_MANY",
        "rules",
        lambda d: simple(d, *(named(f"r{n}", metadata={f"k{n}": ["v"]}) for n in range(9)), named("all")),
    ),
    ("MALFORMED", "rules[0].match.metadata.k", at("rules.0.match.metadata", {"k": []})),
    ("TOO_MANY", "rules", lambda d: simple(d, *(named(f"r{n}", at_minutes(range(n, 49, 4))) for n in range(4)))),
    # Names and texts.
    ("MALFORMED", "rules[1].name", lambda d: rule(d, 1).update(name="")),
    ("MALFORMED", "rules[1].name", lambda d: rule(d, 1).update(name="a/1")),
    ("MALFORMED", "rules[1].name", lambda d: rule(d, 1).update(name="a" * 81)),
    ("DUPLICATE_NAME", "rules[2].name", lambda d: rule(d, 2).update(name="Checks")),
    ("MALFORMED", "rules[1].match.methods[0]", at("rules.1.match.methods", ["check"])),
    ("DUPLICATE_NAME", "rules[1].match.methods", at("rules.1.match.methods", ["CHECK", "CHECK"])),
    ("DUPLICATE_NAME", "rules[0].match.riskTiers", at("rules.0.match.riskTiers", ["HIGH", "HIGH"])),
    ("MALFORMED", "rules[0].match.riskTiers[1]", at("rules.0.match.riskTiers", ["HIGH", ""])),
    ("MALFORMED", "rules[0].match.metadata[0]", at("rules.0.match.metadata", {"a\nb": ["v"]})),
    ("MALFORMED", "rules[0].match.metadata.k[0]", at("rules.0.match.metadata", {"k": ["\ud800"]})),
    ("MALFORMED", "rules[0].match.metadata.k[0]", at("rules.0.match.metadata", {"k": ["v" * 65]})),
    ("MALFORMED", "rules[0].source", lambda d: rule(d).update(source="")),
    ("MALFORMED", "description", lambda d: d.update(description="x" * 2001)),
    ("MALFORMED", "rules[0].dayLimit.counter", at("rules.0.dayLimit.counter", "a/b")),
    ("MALFORMED", "rules[0].portions[0].take.counter", at("rules.0.portions.0.take.counter", "1st")),
    ("DUPLICATE_NAME", "rules", at("rules.0.dayLimit.counter", "firsts")),
    # Figures.
    ("OUT_OF_RANGE", "rules[1].portions[1].available.days", at("parameters.second", 401)),
    ("OUT_OF_RANGE", "rules[1].portions[1].available.days", at("parameters.second", -1)),
    ("OUT_OF_RANGE", "rules[0].dayLimit.beyond.days", at("rules.0.dayLimit.beyond.days", 401)),
    ("NEGATIVE_AMOUNT", "rules[0].portions[0].take.perDay", at("parameters.first", "-1.00")),
    ("NEGATIVE_AMOUNT", "rules[0].portions[1].take.perItem", lambda d: take(d, 1, {"perItem": "-0.01"})),
    ("NEGATIVE_AMOUNT", "rules[0].dayLimit.amount", at("rules.0.dayLimit.amount", "-5")),
    ("NEGATIVE_AMOUNT", "rules[0].match.amount", at("rules.0.match.amount.from", "-5")),
    ("NEGATIVE_AMOUNT", "rules[0].match.amount", at("rules.0.match.amount.below", "-5")),
    ("ZERO_PORTION", "rules[0].portions[1].take.perItem", lambda d: take(d, 1, {"perItem": "0.00"})),
    ("ZERO_PORTION", "rules[0].portions[0].take.perDay", at("parameters.first", "0")),
    ("ZERO_PORTION", "rules[0].portions[2].take.percent", lambda d: take(d, 2, {"percent": "0"})),
    ("ZERO_PORTION", "rules[0].dayLimit.amount", at("rules.0.dayLimit.amount", "0")),
    ("OUT_OF_RANGE", "rules[0].portions[2].take.percent", lambda d: take(d, 2, {"percent": "-1"})),
    ("ABOVE_WHOLE", "rules[0].portions", lambda d: take(d, 2, {"percent": "100.01"})),
    ("ABOVE_WHOLE", "rules[2].portions", at("rules.2.portions.0.take.percent", "50.01")),
    ("EMPTY_BAND", "rules[0].match.amount", at("rules.0.match.amount.below", "100.00")),
    ("EMPTY_BAND", "rules[0].match.accountAgeDays", at("rules.0.match.accountAgeDays.below", 0)),
    ("OUT_OF_RANGE", "rules[0].match.accountAgeDays", at("rules.0.match.accountAgeDays.below", 36_501)),
    ("OUT_OF_RANGE", "rules[0].match.accountAgeDays", at("rules.0.match.accountAgeDays.from", -1)),
    # What the portions of a rule come to.
    ("REST_MISSING", "rules[0].portions", lambda d: rule(d)["portions"].pop()),
    ("REST_MISSING", "rules[2].portions", at("rules.2.portions.0.take.percent", "49.99")),
    ("PORTION_UNREACHABLE", "rules[0].portions[4]", lambda d: rule(d)["portions"].append(REST)),
    ("PORTION_UNREACHABLE", "rules[2].portions[2]", lambda d: rule(d, 2)["portions"].append(REST)),
    # What the rules come to.
    ("RULE_UNREACHABLE", "rules[3]", lambda d: d["rules"].append(named("Late", methods=["CARD"]))),
    (
        "RULE_UNREACHABLE",
        "rules[2]",
        lambda d: simple(
            d,
            named("a", methods=["CARD"]),
            named("b", methods=["ACH"]),
            named("c", methods=["ACH", "CARD"]),
            named("d"),
        ),
    ),
    (
        "RULE_UNREACHABLE",
        "rules[2]",
        lambda d: simple(
            d,
            named("a", amount={"below": "5.00"}),
            named("b", amount={"from": "5.00"}),
            named("c", amount={"from": "4.99", "below": "5.01"}),
        ),
    ),
    (
        "RULE_UNREACHABLE",
        "rules[0]",
        lambda d: simple(d, named("a", amount={"from": "0.00", "below": "0.01"}), named("b")),
    ),
    (
        "RULE_UNREACHABLE",
        "rules[2]",
        lambda d: simple(d, named("a", direction="IN"), named("b", direction="OUT"), named("c", direction="BOTH")),
    ),
    ("GAP", "rules", lambda d: simple(d, named("a", methods=["CARD"], amount={"from": "5.00"}))),
    (
        "GAP",
        "rules",
        lambda d: simple(
            d,
            named("a", methods=["CARD"], amount={"below": "5.00"}),
            named("b", methods=["CARD"], amount={"from": "5.01"}),
        ),
    ),
    ("GAP", "rules", lambda d: simple(d, named("a", methods=["CARD"], riskTiers=["HIGH"]))),
    ("GAP", "rules", lambda d: simple(d, named("a", accountAgeDays={"from": 31}))),
    ("GAP", "rules", lambda d: simple(d, named("a", metadata={"k": ["v"]}), named("b", methods=["CARD"]))),
    (
        "GAP",
        "rules",
        lambda d: simple(
            d,
            named("a", metadata={"k": ["v"], "l": ["w"]}),
            named("b", metadata={"k": ["u"]}),
            named("c", metadata={"l": ["x"]}),
        ),
    ),
]


@pytest.mark.parametrize(("code", "place", "change"), WRONG)
def test_what_is_wrong_is_found_at_its_place(code: str, place: str, change: Change) -> None:
    document = policies.document()
    change(document)
    found = ledger.read_policy(document, KNOWN)
    assert not isinstance(found, Policy)
    assert (code, place) in [(problem.code, problem.place) for problem in found]
    assert all(problem.sentence.endswith(".") for problem in found)


@pytest.mark.parametrize(("code", "place", "change"), WRONG[-6:])
def test_a_gap_is_described_by_one_of_the_deposits_in_it(code: str, place: str, change: Change) -> None:
    document = policies.document()
    change(document)
    found = ledger.read_policy(document, KNOWN)
    assert isinstance(found, tuple)
    (gap,) = found
    assert gap.sentence.startswith("No rule is for method ")


def test_every_kind_of_problem_that_a_readable_policy_can_have_is_shown() -> None:
    of_documents = {CODES.UNKNOWN_PARAMETER, CODES.UNUSED_PARAMETER, CODES.EXCESS_SCALE}
    assert {code for code, _, _ in WRONG} == {code.value for code in set(CODES) - of_documents - {CODES.TOO_COMPLEX}}


RIGHT: list[Change] = [
    lambda d: simple(d, named("a", methods=["CARD"])),
    lambda d: simple(d, named("a", methods=["CARD"], direction="IN")),
    lambda d: simple(d, named("a", methods=["CARD"], direction="IN"), named("b", methods=["ACH"], direction="OUT")),
    lambda d: simple(d, named("a", amount={"below": "5.00"}), named("b", amount={"from": "5.00"})),
    lambda d: simple(d, named("a", riskTiers=["HIGH"]), named("b")),
    lambda d: simple(d, named("a", metadata={"k": ["v"]}), named("b", metadata={"l": ["w"]}), named("c")),
    lambda d: simple(d, named("a", amount={"from": "0.00"})),
    at("parameters.cutOff", "00:00"),
    at("parameters.second", 400),
    at("parameters.second", 0),
    lambda d: simple(d, named("a"), currency="JPY"),
    lambda d: simple(d, named("a"), currency=None),
]


@pytest.mark.parametrize("change", RIGHT)
def test_what_is_right_is_not_found_fault_with(change: Change) -> None:
    document = policies.document()
    change(document)
    assert isinstance(ledger.read_policy(document, KNOWN), Policy)


def test_a_policy_that_was_not_read_is_judged_all_the_same() -> None:
    plain = Policy(None, 0, "UTC", "FED", (Rule("All", Match(), (Portion(Rest(), policy.AtOnce()),)),))
    assert problems(plain, KNOWN) == ()
    amounts = [
        replace(plain.rules[0], match=Match(amount=Band(1))),
        replace(plain.rules[0], day_limit=policy.DayLimit(5, "a", policy.AtOnce())),
        replace(plain.rules[0], portions=(Portion(PerItem(5), policy.AtOnce()), *plain.rules[0].portions)),
        replace(plain.rules[0], portions=(Portion(PerDay(5), policy.AtOnce()), *plain.rules[0].portions)),
    ]
    for rule_ in amounts:
        codes = [problem.code for problem in problems(replace(plain, rules=(rule_,)), KNOWN)]
        assert codes[0] is CODES.UNKNOWN_CURRENCY
    for minute in (-1, 1440):
        (found,) = problems(replace(plain, cut_off=minute), KNOWN)
        assert (found.code, found.place) == (CODES.OUT_OF_RANGE, "cutOff")
    assert problems(replace(plain, currency="USD", exponent=3), KNOWN) == (
        ledger.PolicyProblem(CODES.UNKNOWN_CURRENCY, "currency", "No currency USD is known."),
    )
    large = Portion(PerItem(10**18), policy.AtOnce())
    (found,) = problems(
        replace(
            plain,
            currency="USD",
            exponent=2,
            rules=(replace(plain.rules[0], portions=(large, large, *plain.rules[0].portions)),),
        ),
        KNOWN,
    )[:1]
    assert found.code is CODES.OUT_OF_RANGE


def test_no_more_than_so_many_problems_are_told() -> None:
    document = policies.document()
    simple(document, *(named("", [{"take": {"perItem": "0"}, "available": "AT_ONCE"}] * 16) for _ in range(64)))
    found = ledger.read_policy(document, KNOWN)
    assert isinstance(found, tuple)
    assert len(found) == policy.PROBLEMS_MAX


def test_rules_that_cross_too_often_are_refused_and_not_puzzled_over() -> None:
    keys = [f"k{number}" for number in range(8)]
    crossing = [
        Rule(
            f"r{number}",
            Match(metadata=tuple((key, (f"{number}{key}",)) for key in keys[number % 3 :])),
            (Portion(Rest(), policy.AtOnce()),),
        )
        for number in range(64)
    ]
    (found,) = coverage.problems(crossing)
    assert found.code is CODES.TOO_COMPLEX


def representatives(rules: list[Rule]) -> list[tuple[str, Direction, int, int, str | None, tuple[str | None, ...]]]:
    """One deposit of each kind that the random rules can tell apart."""
    values = (*policies.VALUES, None)
    return list(
        product(
            (*policies.METHODS, "OTHER"),
            (Direction.IN, Direction.OUT),
            (1, 200, 500, 1000),
            (0, 31),
            (*policies.TIERS, None),
            product(values, repeat=len(policies.KEYS)),
        )
    )


def holds(match: Match, kind: tuple[str, Direction, int, int, str | None, tuple[str | None, ...]]) -> bool:
    method, direction, amount, age, tier, values = kind
    given_ = dict(zip(policies.KEYS, values, strict=True))
    return (
        (match.methods == () or method in match.methods)
        and (match.direction is Direction.BOTH or match.direction is direction)
        and match.amount.contains(amount)
        and match.account_age_days.contains(age)
        and (match.risk_tiers == () or tier in match.risk_tiers)
        and all(given_[key] in allowed for key, allowed in match.metadata)
    )


@settings(derandomize=True, deadline=None, max_examples=60)
@given(policies.rules)
def test_what_is_unreachable_and_what_is_left_out_is_what_trying_every_deposit_finds(rules: list[Rule]) -> None:
    kinds = representatives(rules)
    first = [next((number for number, rule_ in enumerate(rules) if holds(rule_.match, kind)), None) for kind in kinds]
    unreachable = [f"rules[{number}]" for number in range(len(rules)) if number not in first]
    ways = [Match(methods=rule_.match.methods, direction=rule_.match.direction) for rule_ in rules]
    named_ = {kind[:2] for kind in kinds for way in ways if holds(way, kind)}
    gap = any(found is None and kind[:2] in named_ for found, kind in zip(first, kinds, strict=True))
    found_ = list(coverage.problems(rules))
    assert [problem.place for problem in found_ if problem.code is CODES.RULE_UNREACHABLE] == unreachable
    assert any(problem.code is CODES.GAP for problem in found_) is gap


@settings(derandomize=True, deadline=None)
@given(policies.policies)
def test_a_random_policy_without_its_unreachable_rules_is_right(drawn: Policy) -> None:
    assert problems(drawn, KNOWN) == ()


def test_shares_of_the_whole_leave_nothing_over() -> None:
    halves = tuple(Portion(Percent(5_000), policy.AtOnce()) for _ in range(2))
    assert problems(Policy(None, 0, "UTC", "FED", (Rule("All", Match(), halves),)), KNOWN) == ()
