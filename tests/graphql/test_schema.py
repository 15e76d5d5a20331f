"""The schema keeps its contract, says what everything is for, and stands printed in the repository."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    print_ast,
)
from graphql.type import is_introspection_type, is_specified_scalar_type

from app import graphql

ROOT = Path(__file__).parents[2]
PRINTED = ROOT / "schema.graphql"
CONTRACT = Path(__file__).parent / "contract.graphql"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(graphql.build_schema().as_str())


@pytest.fixture(scope="module")
def contract() -> GraphQLSchema:
    return build_schema(CONTRACT.read_text(encoding="utf-8"))


def test_the_printed_schema_stands_in_the_repository() -> None:
    assert graphql.build_schema().as_str().rstrip() == PRINTED.read_text(encoding="utf-8").rstrip()


def test_the_schema_contains_its_contract(schema: GraphQLSchema, contract: GraphQLSchema) -> None:
    built, wanted = set(facts(schema)), set(facts(contract))
    assert sorted(wanted - built) == []


def test_everything_is_described(schema: GraphQLSchema) -> None:
    assert [name for name, description in described(schema) if not description] == []


def facts(schema: GraphQLSchema) -> Iterator[str]:
    """Yield one line for each thing that a client may rely on: names, types, nullability, defaults."""
    for kind in own_types(schema):
        yield f"{type(kind).__name__} {kind.name}"
        if isinstance(kind, GraphQLEnumType):
            yield from (f"{kind.name}.{value}" for value in kind.values)
        elif isinstance(kind, GraphQLInputObjectType):
            if kind.is_one_of:
                yield f"{kind.name} @oneOf"
            yield from (f"{kind.name}.{name}: {printed(field)}" for name, field in kind.fields.items())
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            yield from (f"{kind.name} implements {interface.name}" for interface in kind.interfaces)
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}: {field.type}"
                yield from (f"{kind.name}.{name}({key}: {printed(value)})" for key, value in field.args.items())


def described(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for kind in own_types(schema):
        yield kind.name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{kind.name}.{name}", value.description) for name, value in kind.values.items())
        elif isinstance(kind, GraphQLInputObjectType):
            yield from ((f"{kind.name}.{name}", field.description) for name, field in kind.fields.items())
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field.description
                yield from ((f"{kind.name}.{name}.{key}", arg.description) for key, arg in field.args.items())


def own_types(schema: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    for kind in schema.type_map.values():
        if not is_introspection_type(kind) and not is_specified_scalar_type(kind):
            yield kind


def printed(value: GraphQLArgument | GraphQLInputField) -> str:
    default = value.ast_node.default_value if value.ast_node else None
    return f"{value.type} = {print_ast(default)}" if default is not None else f"{value.type}"
