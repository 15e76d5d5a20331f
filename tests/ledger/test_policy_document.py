"""Promises of the document of a policy: read exactly or refused by place, and written in one form."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import ledger
from app.ledger.account import Direction
from app.ledger.policy import (
    DOCUMENT_CHARACTERS_MAX,
    AfterDays,
    AtOnce,
    Band,
    DayLimit,
    Match,
    Parameter,
    Percent,
    PerDay,
    PerItem,
    Policy,
    Portion,
    Rest,
    Rule,
    UntilReleased,
)
from tests.ledger import policies
from tests.ledger.policies import KNOWN
from tests.ledger.test_policy_problems import at, rule

DAY = ledger.DayUnit
Document = dict[str, Any]


def test_a_document_says_every_part_of_a_policy() -> None:
    assert policies.readable() == Policy(
        currency="USD",
        exponent=2,
        time_zone="America/New_York",
        calendar="FED",
        cut_off=17 * 60,
        description="First some of the day, then the rest; $275 is no parameter.",
        parameters=(
            Parameter("cutOff", "17:00", ("cutOff",)),
            Parameter("first", "275.00", ("rules[0].portions[0].take.perDay", "rules[1].portions[0].take.perDay")),
            Parameter("second", 2, ("rules[1].portions[1].available.days",)),
        ),
        rules=(
            Rule(
                "New, large checks",
                Match(
                    ("CHECK",),
                    Direction.IN,
                    Band(10_000, 500_000),
                    Band(0, 31),
                    ("HIGH", "MEDIUM"),
                    (("channel", ("ATM",)), ("checkType", ("TREASURY", "CASHIERS"))),
                ),
                (
                    Portion(PerDay(27_500, "firsts"), AfterDays(1, DAY.BUSINESS, 540)),
                    Portion(PerItem(10_050), AtOnce()),
                    Portion(Percent(1_250), AfterDays(180, DAY.CALENDAR, 1439)),
                    Portion(Rest(), UntilReleased()),
                ),
                DayLimit(672_500, "checks", AfterDays(9, DAY.BUSINESS, 540)),
                "A book of rules, section 1",
            ),
            Rule(
                "Checks",
                Match(("CHECK",)),
                (
                    Portion(PerDay(27_500), AfterDays(1, DAY.BANKING)),
                    Portion(Rest(), AfterDays(2)),
                ),
            ),
            Rule(
                "Half now",
                Match(),
                (Portion(Percent(5_000), AtOnce()), Portion(Percent(5_000), AfterDays(3))),
            ),
        ),
    )


def test_a_policy_has_one_text() -> None:
    text = ledger.policy_text(policies.readable())
    assert ledger.read_policy_text(text, KNOWN) == policies.readable()
    shuffled = json.dumps(policies.document(), indent=3)
    read = ledger.read_policy_text(shuffled, KNOWN)
    assert isinstance(read, Policy)
    assert ledger.policy_text(read) == text
    assert text.startswith('{"calendar":"FED","currency":"USD","cutOff":"$cutOff","description":')
    assert json.loads(text)["parameters"] == {"cutOff": "17:00", "first": "275.00", "second": 2}


@settings(derandomize=True, deadline=None)
@given(policies.policies)
def test_what_is_written_reads_the_same(drawn: Policy) -> None:
    text = ledger.policy_text(drawn)
    again = ledger.read_policy_text(text, KNOWN)
    assert again == drawn
    assert isinstance(again, Policy)
    assert ledger.policy_text(again) == text


def test_a_parameter_is_written_as_its_place_writes_it() -> None:
    document = policies.document()
    document["parameters"]["first"] = "00275"
    found = ledger.read_policy(document, KNOWN)
    assert isinstance(found, Policy)
    assert found == policies.readable()


def test_a_published_policy_is_read_without_being_judged_again() -> None:
    text = ledger.policy_text(policies.readable())
    changed = ledger.Known(KNOWN.currencies, frozenset(), {}, KNOWN.first, KNOWN.last)
    assert ledger.read_policy_text(text, changed, judged=False) == policies.readable()
    assert isinstance(ledger.read_policy_text(text, changed), tuple)


def test_what_may_be_published_can_be_read_for_ever() -> None:
    """A text that comes out longer than it may be is refused, and a longer one than may be now is read."""
    document = policies.document()
    portions: list[Document] = [{"take": {"perItem": f"{number}"}, "available": {"days": 1}} for number in range(1, 16)]
    del document["parameters"]
    document["cutOff"] = "17:00"
    names = [f"{number:02}" + "x" * 78 for number in range(64)]
    document["rules"] = [
        {
            "name": name,
            "match": {"riskTiers": [name[:64]]},
            "portions": [*portions, {"take": "REST", "available": "AT_ONCE"}],
        }
        for name in names
    ]
    document["rules"][-1].pop("match")
    assert len(json.dumps(document, separators=(",", ":"))) < DOCUMENT_CHARACTERS_MAX
    found = ledger.read_policy(document, KNOWN)
    assert isinstance(found, tuple)
    assert [(problem.code, problem.place) for problem in found] == [("TOO_MANY", "")]
    longer = ledger.read_policy(document, KNOWN, judged=False)
    assert isinstance(longer, Policy)
    text = ledger.policy_text(longer)
    assert len(text) > DOCUMENT_CHARACTERS_MAX
    assert isinstance(ledger.read_policy_text(text, KNOWN), tuple)
    assert ledger.read_policy_text(text, KNOWN, judged=False) == longer


BOTH_WAYS = {"methods": ["CHECK"], "direction": "$both"}
UNREADABLE: list[tuple[str, str, Callable[[Document], object]]] = [
    ("MALFORMED", "calendar", lambda d: d.pop("calendar")),
    ("MALFORMED", "timeZone", lambda d: d.pop("timeZone")),
    ("MALFORMED", "rules", lambda d: (d.pop("rules"), d.update(parameters={}, cutOff="17:00"))),
    ("MALFORMED", "rules", lambda d: d.update(parameters={}, cutOff="17:00", rules={})),
    ("MALFORMED", "rules[1]", lambda d: d["rules"].insert(1, "first")),
    ("MALFORMED", "calender", lambda d: d.update(calender="FED")),
    ("MALFORMED", "currency", lambda d: d.update(currency=None)),
    ("MALFORMED", "calendar", lambda d: d.update(calendar=1)),
    ("MALFORMED", "description", lambda d: d.update(description=["text"])),
    ("MALFORMED", "cutOff", at("parameters.cutOff", "24:00")),
    ("MALFORMED", "cutOff", at("parameters.cutOff", "5:00")),
    ("MALFORMED", "cutOff", at("parameters.cutOff", 17)),
    ("MALFORMED", "rules[0].name", lambda d: rule(d).pop("name")),
    ("MALFORMED", "rules[2].portions", lambda d: rule(d, 2).pop("portions")),
    ("MALFORMED", "rules[2].give", lambda d: rule(d, 2).update(give=1)),
    ("MALFORMED", "rules[0].match", lambda d: rule(d).update(match=[])),
    ("MALFORMED", "rules[0].match.method", at("rules.0.match.method", "CARD")),
    ("MALFORMED", "rules[0].match.methods", at("rules.0.match.methods", "CARD")),
    ("MALFORMED", "rules[0].match.methods[0]", at("rules.0.match.methods", [1])),
    ("MALFORMED", "rules[0].match.direction", at("rules.0.match.direction", "UP")),
    ("MALFORMED", "rules[0].match.direction", at("rules.0.match.direction", [])),
    ("MALFORMED", "rules[0].match.metadata", at("rules.0.match.metadata", "x")),
    ("MALFORMED", "rules[0].match.amount.from", at("rules.0.match.amount.from", 100)),
    ("MALFORMED", "rules[0].match.amount.from", at("rules.0.match.amount.from", "1e2")),
    ("MALFORMED", "rules[0].match.amount.from", at("rules.0.match.amount.from", "+1")),
    ("MALFORMED", "rules[0].match.amount.to", at("rules.0.match.amount.to", "1")),
    ("EXCESS_SCALE", "rules[0].match.amount.from", at("rules.0.match.amount.from", "0.001")),
    ("OUT_OF_RANGE", "rules[0].match.amount.below", at("rules.0.match.amount.below", "1" * 17)),
    ("MALFORMED", "rules[0].match.accountAgeDays.below", at("rules.0.match.accountAgeDays.below", "31")),
    ("MALFORMED", "rules[0].match.accountAgeDays.below", at("rules.0.match.accountAgeDays.below", True)),
    ("MALFORMED", "rules[0].portions[1]", at("rules.0.portions.1", "REST")),
    ("MALFORMED", "rules[0].portions[1].take", at("rules.0.portions.1.take", "ALL")),
    ("MALFORMED", "rules[0].portions[1].take", at("rules.0.portions.1.take", {})),
    ("MALFORMED", "rules[0].portions[1].take", at("rules.0.portions.1.take", {"perItem": "1", "counter": "a"})),
    ("MALFORMED", "rules[0].portions[1].take", at("rules.0.portions.1", {"available": "AT_ONCE"})),
    ("MALFORMED", "rules[0].portions[1].available", at("rules.0.portions.1", {"take": "REST"})),
    ("MALFORMED", "rules[0].portions[1].available", at("rules.0.portions.1.available", "LATER")),
    ("MALFORMED", "rules[0].portions[1].available", at("rules.0.portions.1.available", 2)),
    ("MALFORMED", "rules[0].portions[0].available.days", at("rules.0.portions.0.available", {"unit": "BUSINESS"})),
    ("MALFORMED", "rules[0].portions[0].available.unit", at("rules.0.portions.0.available.unit", "HOURS")),
    ("MALFORMED", "rules[0].portions[0].available.at", at("rules.0.portions.0.available.at", "9am")),
    ("MALFORMED", "rules[0].portions[0].take.counter", at("rules.0.portions.0.take.counter", 1)),
    ("EXCESS_SCALE", "rules[0].portions[2].take.percent", at("rules.0.portions.2.take.percent", "33.333")),
    ("MALFORMED", "rules[0].portions[2].take.percent", at("rules.0.portions.2.take.percent", "12%")),
    ("MALFORMED", "rules[0].dayLimit.amount", lambda d: rule(d)["dayLimit"].pop("amount")),
    ("MALFORMED", "rules[0].dayLimit.counter", lambda d: rule(d)["dayLimit"].pop("counter")),
    ("MALFORMED", "rules[0].dayLimit.beyond", lambda d: rule(d)["dayLimit"].pop("beyond")),
    ("MALFORMED", "rules[0].dayLimit", lambda d: rule(d).update(dayLimit=5)),
    ("MALFORMED", "rules[0].source", lambda d: rule(d).update(source=5)),
    ("MALFORMED", "parameters", lambda d: d.update(parameters=[])),
    ("MALFORMED", "parameters.1st", at("parameters.1st", "x")),
    ("MALFORMED", "parameters.first", at("parameters.first", True)),
    ("MALFORMED", "parameters.first", at("parameters.first", ["275.00"])),
    ("TOO_MANY", "parameters", lambda d: d["parameters"].update({f"p{n}": n for n in range(65)})),
    ("UNKNOWN_PARAMETER", "cutOff", lambda d: d["parameters"].pop("cutOff")),
    ("UNKNOWN_PARAMETER", "cutOff", lambda d: d.pop("parameters")),
    ("UNUSED_PARAMETER", "parameters.third", at("parameters.third", 3)),
    (
        "MALFORMED",
        "parameters.first",
        lambda d: d.update(description="$first", parameters={**d["parameters"], "first": "275"}),
    ),
    (
        "MALFORMED",
        "parameters.both",
        lambda d: d.update(parameters={**d["parameters"], "both": "BOTH"}, rules=[{**rule(d, 1), "match": BOTH_WAYS}]),
    ),
    ("UNKNOWN_CURRENCY", "currency", lambda d: d.update(currency="USDT")),
]


@pytest.mark.parametrize(("code", "place", "change"), UNREADABLE)
def test_what_cannot_be_read_is_refused_at_its_place(
    code: str, place: str, change: Callable[[Document], object]
) -> None:
    document = policies.document()
    change(document)
    found = ledger.read_policy(document, KNOWN)
    assert not isinstance(found, Policy)
    assert (code, place) in [(problem.code, problem.place) for problem in found]
    assert len({(problem.code, problem.place) for problem in found}) == len(found)


def deep(levels: int) -> object:
    return [deep(levels - 1)] if levels else "x"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ([], "MALFORMED"),
        (None, "MALFORMED"),
        ("FED", "MALFORMED"),
        ({1: "x"}, "TOO_MANY"),
        ({"rules": deep(10)}, "TOO_MANY"),
        ({"rules": deep(200_000 // 1000)}, "TOO_MANY"),
        ({"rules": ["x"] * 20_001}, "TOO_MANY"),
        ({"rules": [[{}] * 200] * 101}, "TOO_MANY"),
    ],
)
def test_what_is_no_document_is_refused_before_it_is_walked_over(document: object, code: str) -> None:
    found = ledger.read_policy(document, KNOWN)
    assert isinstance(found, tuple)
    assert [(problem.code, problem.place) for problem in found] == [(code, "")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "MALFORMED"),
        ("{", "MALFORMED"),
        ('{"rules": 1.5}', "MALFORMED"),
        ('{"rules": 1e3}', "MALFORMED"),
        ('{"rules": NaN}', "MALFORMED"),
        ('{"rules": -Infinity}', "MALFORMED"),
        ('{"rules": [], "rules": []}', "MALFORMED"),
        ('{"rules": ' + "9" * 5_000 + "}", "MALFORMED"),
        ("[" * 60_000 + "]" * 5_000, "MALFORMED"),
        (" " * 65_537, "TOO_MANY"),
        ("1", "MALFORMED"),
    ],
)
def test_what_is_no_text_of_a_document_is_refused(text: str, code: str) -> None:
    found = ledger.read_policy_text(text, KNOWN)
    assert isinstance(found, tuple)
    assert [(problem.code, problem.place) for problem in found] == [(code, "")]


@pytest.mark.parametrize("word", ["x" * 100_000, "\ud800", "a\0b\n"])
def test_what_is_told_of_a_document_can_be_kept_and_shown(word: str) -> None:
    for change in (
        {word: 1},
        {"calendar": word},
        {"timeZone": word},
        {"currency": word},
        {"parameters": {word: 1}},
        {
            "rules": [{"name": word, "match": {"metadata": {word: [word]}}, "portions": []}],
            "parameters": {},
            "cutOff": "17:00",
        },
    ):
        found = ledger.read_policy({**policies.document(), **change}, KNOWN)
        assert isinstance(found, tuple)
        for problem in found:
            for text in (problem.place, problem.sentence):
                assert len(text) <= 201
                assert text.isprintable()


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["$first", "REST", "0"])
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@settings(derandomize=True, deadline=None)
@given(st.data(), anything)
def test_a_document_with_anything_anywhere_is_read_or_refused(data: st.DataObject, thing: object) -> None:
    document = policies.document()
    spot: Any = document
    while True:
        key = data.draw(st.sampled_from(sorted(spot) if isinstance(spot, dict) else range(len(spot))))
        if not isinstance(spot[key], dict | list) or not spot[key] or data.draw(st.booleans()):
            break
        spot = spot[key]
    spot[key] = thing
    found = ledger.read_policy(document, KNOWN)
    if isinstance(found, Policy):
        assert ledger.read_policy_text(ledger.policy_text(found), KNOWN) == found
    else:
        assert found
