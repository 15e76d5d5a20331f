"""Promises of the cost: known before anything runs, never below what an answer comes to, the document read once."""

import pytest

from app import graphql
from app.graphql.cost import MUTATION_POINTS
from app.graphql.documents import Document, Documents
from app.graphql.limits import Limits
from tests.http.example import SCHEMA

CORE = SCHEMA._schema
TAGGED = '{ idempotencyKey: "k", amount: { amount: "1", currency: "EUR" }, tags: [1, 2, 3] }'
NEST = "{ things(first: $n) { nodes { things(first: 2) { nodes { name } } } } }"


def checked(source: str) -> Document:
    return Documents(CORE, Limits()).find(source)


def requested(source: str, variables: dict[str, object] | None = None) -> int:
    document = checked(source)
    return document.requested(document.operations[0], variables or {}, Limits())


COSTS: list[tuple[str, dict[str, object], int]] = [
    ("{ __typename }", {}, 1),
    ("{ hello }", {}, 1),
    ("{ a: hello b: hello c: hello }", {}, 3),
    ("{ ...F } fragment F on Query { a: hello ... { b: hello } }", {}, 2),
    ("{ thing { thing { name } } }", {}, 1),
    ("{ things(first: 30) { nodes { name } } }", {}, 31),
    ("{ things { nodes { name } } }", {}, 21),
    ("{ things(first: 0) { nodes { name } } }", {}, 1),
    (f"query ($n: Int) {NEST}", {"n": 10}, 31),
    (f"query ($n: Int = 5) {NEST}", {}, 16),
    # An integer may be written with a point or an exponent, and JSON's reader makes a float of it.
    (f"query ($n: Int) {NEST}", {"n": 10.0}, 31),
    (f"query ($n: Int) {NEST}", {"n": 1e9}, 301),
    (f"query ($n: Int = 5) {NEST}", {"n": None}, 61),
    (f"query ($n: Int) {NEST}", {"n": 10**9}, 301),
    ("query ($ids: [ID!]!) { nodeList(ids: $ids) }", {"ids": ["a", "b", "c"]}, 4),
    ("{ nodeList(ids: [1, 2]) }", {}, 3),
    ("{ ...F } fragment F on Query { things(first: 3) { nodes { ...G ...G } } } fragment G on Thing { name }", {}, 4),
    ('mutation { act(input: { idempotencyKey: "k", amount: { amount: "1", currency: "EUR" } }) }', {}, MUTATION_POINTS),
    ("mutation ($i: ActInput!) { act(input: $i) }", {"i": {"tags": [1, 2, 3]}}, MUTATION_POINTS + 3),
    ("mutation ($i: ActInput!) { act(input: $i) }", {"i": {"tags": [1], "columns": [1, 2]}}, MUTATION_POINTS + 2),
    # A default counts where nothing is given; what is given, null too, takes its place.
    (f"mutation ($i: ActInput = {TAGGED}) {{ act(input: $i) }}", {}, MUTATION_POINTS + 3),
    (f"mutation ($i: ActInput = {TAGGED}) {{ act(input: $i) }}", {"i": {"tags": [1]}}, MUTATION_POINTS + 1),
    (f"mutation ($i: ActInput = {TAGGED}) {{ act(input: $i) }}", {"i": None}, MUTATION_POINTS),
    (
        f"mutation ($t: [Int!] = [1, 2]) {{ act(input: {TAGGED.replace('[1, 2, 3]', '$t')}) }}",
        {},
        MUTATION_POINTS + 2,
    ),
    # What decides commands without storing them costs what doing it would.
    ("query ($i: ActInput!) { simulate(input: $i) }", {"i": {"tags": [1, 2, 3]}}, MUTATION_POINTS + 3),
    ("query ($i: ActInput!) { simulate(input: $i) hello }", {"i": {"tags": [1]}}, MUTATION_POINTS + 2),
    # Lists within an item: two lines belong to a transaction, each further one costs a point.
    ("mutation ($i: ActInput!) { act(input: $i) }", {"i": {"all": [{"lines": [1, 2]}] * 3}}, MUTATION_POINTS + 3),
    ("mutation ($i: ActInput!) { act(input: $i) }", {"i": {"all": [{"lines": [1] * 100}] * 100}}, 10 + 100 * 99),
    ("mutation ($i: ActInput!) { act(input: $i) }", {"i": [[[1] * 4] * 4] * 4}, MUTATION_POINTS + 4 * (1 + 4 * 3 - 2)),
    (
        'mutation { act(input: { idempotencyKey: "k", amount: { amount: "1", currency: "EUR" }, tags: [1, 2] }) }',
        {},
        MUTATION_POINTS + 2,
    ),
]


@pytest.mark.parametrize(("source", "variables", "points"), COSTS)
def test_the_cost_is_known_from_pages_lists_and_mutations(
    source: str, variables: dict[str, object], points: int
) -> None:
    assert requested(source, variables) == points


def test_a_cost_that_hangs_on_no_variable_is_counted_once() -> None:
    document = checked("{ things(first: 30) { nodes { things { nodes { name } } } } }")
    assert not document.price(document.operations[0]).varies
    assert document.price(document.operations[0]).requested({}, {}, Limits(page_nodes_default=1)) == 631


def test_doubling_fragments_cost_their_text() -> None:
    chain = "".join(f"fragment F{n} on Thing {{ ...F{n + 1} ...F{n + 1} }}\n" for n in range(8))
    assert requested(f"{{ thing {{ ...F0 }} }} {chain} fragment F8 on Thing {{ name }}") == 1


@pytest.mark.parametrize(
    ("source", "data", "points"),
    [
        ("{ things(first: 30) { nodes { name } } }", {"things": {"nodes": [{"name": "a"}, None]}}, 3),
        ("{ things(first: 30) { nodes { name } } }", None, 1),
        ("{ things(first: 2) { nodes { name } } }", {"things": {"nodes": [{}] * 9}}, 3),
        (
            "{ things(first: 5) { nodes { things(first: 5) { nodes { name } } } } }",
            {"things": {"nodes": [{"things": {"nodes": [{}, {}]}}, {"things": {"nodes": []}}]}},
            5,
        ),
        ("{ hello }", {"hello": "you"}, 1),
    ],
)
def test_an_answer_costs_what_it_holds_and_never_more_than_was_requested(
    source: str, data: object, points: int
) -> None:
    document = checked(source)
    (operation,) = document.operations
    assert document.price(operation).actual(data, requested(source)) == points


def test_what_a_mutation_selects_costs_as_in_a_query() -> None:
    documents = Documents(graphql.build_schema()._schema, Limits())

    def price(selection: str) -> int:
        document = documents.find(
            f"mutation {'($first: Int)' if '$first' in selection else ''}"
            ' { closeAccount(input: { idempotencyKey: "k", account: { externalId: "a" } })'
            f" {{ account {{ {selection} }} }} }}"
        )
        return document.requested(document.operations[0], {"first": 100}, Limits())

    assert price("id") == MUTATION_POINTS
    assert price("entries(first: 100) { nodes { line } }") == MUTATION_POINTS + 100
    deep = "entries(first: $first) { nodes { account { holds(first: 20) { nodes { id } } } } }"
    assert price(deep) == MUTATION_POINTS + 100 * 21


def test_lists_within_lists_count_in_a_document_as_in_its_variables() -> None:
    documents = Documents(graphql.build_schema()._schema, Limits())
    entry = '{ account: { externalId: "a" }, side: DEBIT, amount: { amount: "1", currency: "USD" } }'
    one = f'{{ idempotencyKey: "k", entries: [{", ".join([entry] * 5)}] }}'
    other = '{ idempotencyKey: "l", entries: $entries }'
    document = documents.find(
        "mutation ($entries: [EntryInput!]!) { postTransactions(input: { mode: INDEPENDENT, transactions:"
        f" [{one}, {other}] }}) {{ results {{ replayed }} }} }}"
    )
    points = document.requested(document.operations[0], {"entries": [{}] * 4}, Limits())
    assert points == MUTATION_POINTS + (1 + 3) + (1 + 2)
