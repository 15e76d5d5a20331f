"""The page on the GraphQL schema: what can be asked, and the types and inputs that it is made of."""

from typing import Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    NullValueNode,
    ast_from_value,
    print_ast,
)
from graphql.type import is_introspection_type, is_specified_scalar_type

from app import graphql
from tests.docs.table import code, page, table

_ROOTS: Final = ("Query", "Mutation")


def schema() -> str:
    """Return the page of the schema: the roots, then every type by its name."""
    known = graphql.build_schema()._schema.type_map
    types = [
        kind
        for name, kind in sorted(known.items())
        if not is_introspection_type(kind) and not is_specified_scalar_type(kind) and name not in _ROOTS
    ]
    parts = ["The same as [schema.graphql](../../schema.graphql), to be read. Amounts are decimal text in major units."]
    for root in _ROOTS:
        parts += _type(known[root])
    parts.append("## Types")
    for kind in types:
        parts += _type(kind, level=3)
    return page("The GraphQL schema", *parts)


def _type(kind: GraphQLNamedType, level: int = 2) -> list[str]:
    parts = [f"{'#' * level} `{kind.name}`"]
    if kind.description:
        parts.append(_flat(kind.description))
    match kind:
        case GraphQLObjectType() | GraphQLInterfaceType():
            rows = [(_field(name, field), code(field.type), _told(field)) for name, field in kind.fields.items()]
            parts.append(table(("field", "type", "what it is"), rows))
        case GraphQLInputObjectType():
            rows = [(code(name), _input(field), _told(field)) for name, field in kind.fields.items()]
            parts.append(table(("field", "type", "what it is"), rows))
        case GraphQLEnumType():
            rows2 = [(code(name), _flat(value.description or "")) for name, value in kind.values.items()]
            parts.append(table(("value", "what it means"), rows2))
        case GraphQLUnionType():
            parts.append("One of " + ", ".join(code(member.name) for member in kind.types) + ".")
        case _:
            # A scalar is told by its description.
            pass
    return parts


def _field(name: str, field: GraphQLField) -> str:
    arguments = ", ".join(f"{each}: {_plain(argument)}" for each, argument in field.args.items())
    return code(f"{name}({arguments})" if arguments else name)


def _input(field: GraphQLInputField) -> str:
    return code(_plain(field))


def _plain(argument: GraphQLArgument | GraphQLInputField) -> str:
    # As the schema's own text has it: of an enum the name, not the value that stands for it in the code.
    default = ast_from_value(argument.default_value, argument.type)
    if default is None or isinstance(default, NullValueNode):
        return str(argument.type)
    return f"{argument.type} = {print_ast(default)}"


def _told(field: GraphQLField | GraphQLInputField) -> str:
    return _flat(field.description or "")


def _flat(text: str) -> str:
    return " ".join(text.split())
