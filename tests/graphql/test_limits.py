"""Promises of the document limits: linear whatever the document, and never in the way of an honest one."""

import gc
import time

import pytest
from graphql import get_introspection_query, parse

from app import graphql, services
from app.graphql.documents import Documents
from app.graphql.limits import Limits, check_document
from tests.http.example import SCHEMA

CORE = SCHEMA._schema


def documents(**changes: int) -> Documents:
    return Documents(CORE, Limits(**changes))


def refusal(query: str, **changes: int) -> tuple[str, str]:
    with pytest.raises(graphql.DocumentRefusedError) as refused:
        documents(**changes).find(query)
    entry = refused.value.entries[0]
    return entry["extensions"]["code"], entry["message"]


def doubling(count: int, inner: str) -> str:
    chain = "".join(f"fragment F{n} on Thing {{ ...F{n + 1} ...F{n + 1} }}\n" for n in range(count))
    return f"{{ thing {{ ...F0 }} }}\n{chain}fragment F{count} on Thing {{ {inner} }}"


NESTED = "{ thing " * 17 + "{ name }" + " }" * 17
REFUSED = [
    ("depth", NESTED, "16 levels of fields"),
    ("depth through fragments", doubling(3, "thing " + "{ thing " * 16 + "{ name }" + " }" * 16), "levels"),
    ("aliases", "{" + " ".join(f"a{n}: hello" for n in range(65)) + "}", "64 aliases"),
    ("aliases through fragments", doubling(10, "a: name"), "64 aliases"),
    ("root fields", "{" + " hello" * 21 + "}", "20 root fields"),
    ("root fields through fragments", "{ ...F } fragment F on Query {" + " hello" * 21 + "}", "20 root fields"),
    ("fields", "{ thing {" + " name" * 501 + "} }", "500 fields"),
    ("fields through fragments", doubling(40, "name"), "500 fields"),
    ("variables", "query(" + "".join(f"$v{n}: Int " for n in range(101)) + ") { hello }", "100 variables"),
    ("fragments", "{ hello }" + "".join(f" fragment F{n} on Query {{ hello }}" for n in range(65)), "64 fragments"),
    ("a list", "{ nodeList(ids: [" + '"a" ' * 1_001 + "]) }", "1000 items"),
    ("NUL", '{ hello(name: "\\u0000") }', "NUL"),
    ("NUL in a default", 'query($n: String! = "\\u{0}") { hello(name: $n) }', "NUL"),
]


@pytest.mark.parametrize(("what", "query", "message"), REFUSED, ids=[what for what, _, _ in REFUSED])
def test_a_document_over_its_limits_is_refused(what: str, query: str, message: str) -> None:
    code, said = refusal(query)
    assert code == "GRAPHQL_VALIDATION_FAILED"
    assert message in said


LONG = [
    ("characters", "{ hello }" + " " * 65_536),
    ("tokens", "{" + " hello" * 8_193 + "}"),
    ("a comment of 3 MB", "{ hello } #" + "x" * 3_000_000),
    ("comments", "#\n" * 1_001 + "{ hello }"),
    ("nesting", "{ thing " * 5_000),
]


@pytest.mark.parametrize(("what", "query"), LONG, ids=[what for what, _ in LONG])
def test_a_document_too_long_is_refused_while_it_is_read(what: str, query: str) -> None:
    started = time.process_time()
    assert refusal(query)[0] == "GRAPHQL_PARSE_FAILED"
    assert time.process_time() - started < 1


def test_nested_fragments_cost_no_more_than_their_text() -> None:
    query = doubling(62, "name")
    started = time.process_time()
    assert "500 fields" in refusal(query)[1]
    assert documents(fields_max=2**70).find(query).operations
    assert time.process_time() - started < 1


def test_fragments_that_spread_themselves_are_refused_before_validation() -> None:
    for query in (
        "{ thing { ...A } } fragment A on Thing { ...B } fragment B on Thing { ...A }",
        "{ thing { ...A } } fragment A on Thing { thing { ...A } }",
        "{ thing { name } } fragment A on Thing { thing { ...A } }",
    ):
        assert "spreads itself" in refusal(query)[1]


def test_missing_fragments_and_empty_selections_are_not_for_the_limits_to_say() -> None:
    for query in (
        "{ thing { ...Nowhere } }",
        "{ thing { } }",
        "{ hello { } }",
    ):
        assert check_document(parse(query), Limits()) == []
        with pytest.raises(graphql.DocumentRefusedError):
            documents().find(query)


def test_the_standard_introspection_query_passes() -> None:
    for query in (
        get_introspection_query(),
        get_introspection_query(
            descriptions=True, specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True
        ),
    ):
        assert documents().find(query).operations


def test_introspection_cannot_be_nested_into_an_explosion() -> None:
    query = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
    assert refusal(query)[0] == "GRAPHQL_VALIDATION_FAILED"


PAGES: list[tuple[str, dict[str, object], bool]] = [
    ("{ things(first: 100) { nodes { things(first: 100) { nodes { name } } } } }", {}, False),
    ("{ things(first: 100) { nodes { things(first: 98) { nodes { name } } } } }", {}, True),
    ("{ things { nodes { things { nodes { things { nodes { name } } } } } } }", {}, True),
    ("{ things { nodes { things { nodes { things { nodes { things { nodes { name } } } } } } } } }", {}, False),
    ("query($n: Int) { things(first: $n) { nodes { things(first: $n) { nodes { name } } } } }", {"n": 100}, False),
    ("query($n: Int) { things(first: $n) { nodes { things(first: $n) { nodes { name } } } } }", {"n": 10}, True),
    ("query($n: Int = 100) { things(first: $n) { nodes { things(first: $n) { nodes { name } } } } }", {}, False),
    ("query($n: Int = 9) { things(first: $n) { nodes { things(first: $n) { nodes { name } } } } }", {}, True),
    ("query($n: Int) { things(first: $n) { nodes { things(first: $n) { nodes { name } } } } }", {"n": "x"}, True),
    (
        ("query($n: Int) { things(first: $n) { nodes { ...F } } } fragment F on Thing { ...G ...G }"
        " fragment G on Thing { things(first: $n) { nodes { name } } }"),
        {"n": 80},
        False,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("query", "variables", "passes"), PAGES)
def test_pages_within_pages_are_counted_before_anything_is_read(
    query: str, variables: dict[str, object], passes: bool
) -> None:
    document = documents().find(query)
    if passes:
        document.check_nodes(document.operations[0], variables, Limits())
    else:
        with pytest.raises(services.BadInput):
            document.check_nodes(document.operations[0], variables, Limits())


def test_a_document_is_checked_once() -> None:
    kept = documents()
    first = kept.find("{ hello }")
    assert kept.find("{ hello }") is first
    assert kept.find("{ hello  }") is not first


def test_the_documents_kept_are_bounded_in_number_and_in_characters() -> None:
    kept = documents(documents_cached_max=3)
    first = kept.find("{ a: hello }")
    for name in "bcd":
        kept.find(f"{{ {name}: hello }}")
        if name != "d":
            assert kept.find("{ a: hello }") is first
    assert len(kept._kept) == 3
    assert "{ b: hello }" not in kept._kept
    few = documents(documents_cached_characters_max=30)
    for name in "abcdef":
        few.find(f"{{ {name}: hello }}")
    assert sum(len(source) for source in few._kept) <= 30
    assert few._characters == sum(len(source) for source in few._kept)


def test_a_refused_document_is_not_kept() -> None:
    kept = documents()
    for _ in range(2):
        with pytest.raises(graphql.DocumentRefusedError):
            kept.find("{ nothing }")
    assert len(kept._kept) == 0


def test_a_document_that_is_kept_no_more_is_gone_without_the_collector() -> None:
    kept = documents()
    for number in range(20):
        kept.find(f"query Q{number} {{ things(first: {number}) {{ nodes {{ name }} }} }}")
    gc.collect()
    gc.disable()
    try:
        kept._kept.clear()
        assert gc.collect() == 0, "what holds itself waits until everything old is looked at"
    finally:
        gc.enable()
