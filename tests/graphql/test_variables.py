"""Variables are read as graphql-core reads them, or left to it."""

import random
from collections.abc import Iterator
from typing import Any, Final

import orjson
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    OperationDefinitionNode,
    build_schema,
    get_variable_values,
    is_input_type,
    parse,
)
from graphql.execution.values import VariableValues

from app.graphql.variables import Readers, Variables
from tests.graphql.api import SCHEMA

VALUES_EACH: Final = 400
LEVELS_MAX: Final = 5
SCALARS: Final[dict[str, tuple[Any, ...]]] = {
    "String": ("", "text", "ü"),
    "ID": ("acct_1", 7, ""),
    "Int": (0, -3, 2.0),
    "Float": (0.5, 2),
    "Boolean": (True, False),
    "DateTime": ("2026-01-31T09:30:00Z", "2026-01-31T10:30:00.5+01:00"),
    "Duration": ("P1D", "PT0.5S"),
    "Decimal": ("12.50", "-1", "0"),
    "BigInt": ("12", 12, "-9223372036854775808"),
    "Date": ("2026-01-31",),
    "CurrencyCode": ("USD",),
    "Metadata": ({}, {"a": "b"}),
}
WRONG: Final[tuple[Any, ...]] = (None, "", "nonsense", 1, 1.5, True, [], [None], {}, {"no": "field"}, "2026-02-30")


class Values:
    """Values for input types: most fit, and some do not."""

    def __init__(self, seed: str, wrong: float) -> None:
        self._chance = random.Random(seed)
        self._wrong = wrong

    def of(self, kind: Any, level: int = 0) -> Any:  # noqa: ANN401 - a type, and what JSON holds
        """A value as JSON holds it."""
        if self._chance.random() < self._wrong:
            return self._chance.choice(WRONG)
        if isinstance(kind, GraphQLNonNull):
            return self._present(kind.of_type, level)
        return None if self._chance.random() < 0.1 else self._present(kind, level)

    def _present(self, kind: Any, level: int) -> Any:  # noqa: ANN401 - as above
        if isinstance(kind, GraphQLList):
            return [self.of(kind.of_type, level + 1) for _ in range(self._chance.randrange(3))]
        if isinstance(kind, GraphQLEnumType):
            return self._chance.choice(list(kind.values))
        if not isinstance(kind, GraphQLInputObjectType):
            return self._chance.choice(SCALARS[kind.name])
        names = list(kind.fields)
        if kind.is_one_of:
            names = self._chance.sample(names, 1)
            return {names[0]: self._present(kind.fields[names[0]].type, level + 1)}
        deep = level >= LEVELS_MAX
        wanted = [
            name
            for name in names
            if isinstance(kind.fields[name].type, GraphQLNonNull) or (not deep and self._chance.random() < 0.5)
        ]
        self._chance.shuffle(wanted)
        return {name: self.of(kind.fields[name].type, level + 1) for name in wanted}


def told(values: VariableValues) -> object:
    return values.coerced, {name: (str(source.signature.type), source.value) for name, source in values.sources.items()}


def operation_of(document: str) -> OperationDefinitionNode:
    (operation,) = parse(document).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation


def input_types() -> Iterator[str]:
    for name, kind in SCHEMA._schema.type_map.items():
        if is_input_type(kind) and not name.startswith("__"):
            yield name


@pytest.mark.parametrize("wrong", [0.0, 0.03])
def test_every_input_type_is_read_as_graphql_core_reads_it(wrong: float) -> None:
    schema, readers = SCHEMA._schema, Readers()
    read = left = 0
    for name in input_types():
        values = Values(f"{name} {wrong}", wrong)
        operation = operation_of(f"query ($one: {name}!, $some: [{name}!], $other: {name}) {{ viewer {{ tenant }} }}")
        variables = Variables(schema, operation, readers)
        kinds = {signature.name: signature.type for signature, *_ in variables._known or ()}
        for _ in range(VALUES_EACH // 20 if wrong else VALUES_EACH // 40):
            given = {key: values.of(kind) for key, kind in kinds.items() if key == "one" or len(kinds) % 2}
            stock = get_variable_values(schema, operation.variable_definitions or (), given)
            ours = variables.read(given)
            if ours is None:
                left += 1
                continue
            read += 1
            assert not isinstance(stock, list), (name, given)
            assert told(ours) == told(stock), (name, given)
    assert read > 500
    assert bool(left) == bool(wrong)


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({"a": 1}, True),
        ({"a": 1, "unknown": 2}, True),
        ({"a": 1, "b": None}, True),
        ({"a": 1, "b": {"of": {"of": {"n": "3"}}}}, True),
        ({}, False),
        ({"a": None}, False),
        ({"a": 1, "b": {"n": 5, "no": 1}}, False),
        ({"a": 1, "b": [{"n": 5}]}, False),
        ({"a": 1, "c": "single"}, False),
        ({"a": 1, "c": ["x", None]}, True),
        ({"a": 1, "d": {"x": 1, "y": 2}}, False),
        ({"a": 1, "d": {"x": None}}, False),
        ({"a": 1, "d": {}}, False),
        ({"a": 1, "d": {"y": 2}}, True),
        ({"a": 1, "b": {"of": {}}}, True),
    ],
)
def test_what_does_not_fit_is_left_to_graphql_core(given: dict[str, object], *, fits: bool) -> None:
    schema = build_schema(
        "type Query { q: Int } input Tree { of: Tree n: ID = 7 } input Either @oneOf { x: Int y: Int }"
    )
    operation = operation_of("query ($a: Int!, $b: Tree, $c: [String], $d: Either) { q }")
    ours = Variables(schema, operation, Readers()).read(given)
    stock = get_variable_values(schema, operation.variable_definitions or (), dict(given))
    assert (ours is not None) == fits
    if ours is not None:
        assert not isinstance(stock, list)
        assert told(ours) == told(stock)


def test_a_default_of_the_document_is_left_to_graphql_core_where_it_is_used() -> None:
    variables = Variables(
        SCHEMA._schema, operation_of("query ($first: Int = 3) { accounts(first: $first) { totalCount } }"), Readers()
    )
    assert variables.read({}) is None
    taken = variables.read({"first": 4})
    assert taken is not None
    assert orjson.dumps(taken.coerced) == b'{"first":4}'
