"""Whether an answer's data is what the schema promises for a document: names, nulls, lists, enums and scalars."""

from collections.abc import Iterator
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)
from graphql.type import is_abstract_type, is_composite_type

# graphql-core's output types have no common one.
_Kind = Any
_SCALARS: Final[dict[str, type | tuple[type, ...]]] = {
    "Boolean": bool,
    "Int": int,
    "Float": (int, float),
    "Metadata": dict,
}


def violations(schema: GraphQLSchema, document: str, data: object) -> list[str]:
    """Return where the data breaks the schema's promise; a document here has one operation and no named fragment."""
    (operation,) = parse(document).definitions
    assert isinstance(operation, OperationDefinitionNode)
    root = schema.get_root_type(operation.operation)
    assert root is not None
    # A null that nothing could hold goes up to the whole: errors beside it say why.
    return [] if data is None else list(_object(schema, root, operation.selection_set, data, "data"))


def _value(schema: GraphQLSchema, kind: _Kind, node: FieldNode, value: object, path: str) -> Iterator[str]:
    if isinstance(kind, GraphQLNonNull):
        if value is None:
            yield f"{path} is null"
        kind = kind.of_type
    if value is None:
        return
    if isinstance(kind, GraphQLList) and isinstance(value, list):
        for place, item in enumerate(value):
            yield from _value(schema, kind.of_type, node, item, f"{path}.{place}")
    elif is_composite_type(kind):
        yield from _object(schema, kind, node.selection_set, value, path)
    elif problem := _leaf(kind, value):
        yield f"{path} {problem}"


def _leaf(kind: _Kind, value: object) -> str | None:
    if isinstance(kind, GraphQLList):
        return "is no list"
    if isinstance(kind, GraphQLEnumType):
        return None if value in kind.values else f"is {value!r}, which {kind.name} does not have"
    return None if isinstance(value, _SCALARS.get(kind.name, str)) else f"is {value!r} for a {kind.name}"


def _object(
    schema: GraphQLSchema, kind: _Kind, selections: SelectionSetNode | None, value: object, path: str
) -> Iterator[str]:
    if not isinstance(value, dict) or selections is None:
        yield f"{path} is no object"
        return
    known: set[str] = set()
    for parent, node, certain in _fields(schema, kind, selections):
        name = node.alias.value if node.alias else node.name.value
        known.add(name)
        if name not in value:
            if certain:
                yield f"{path}.{name} is missing"
        elif node.name.value == "__typename":
            if value[name] not in schema.type_map:
                yield f"{path}.{name} is {value[name]!r}"
        else:
            yield from _value(schema, parent.fields[node.name.value].type, node, value[name], f"{path}.{name}")
    yield from (f"{path}.{name} was not asked for" for name in value.keys() - known)


def _fields(
    schema: GraphQLSchema, kind: _Kind, selections: SelectionSetNode
) -> Iterator[tuple[_Kind, FieldNode, bool]]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield kind, node, not node.directives
        elif isinstance(node, InlineFragmentNode):
            inner = schema.type_map[node.type_condition.name.value] if node.type_condition else kind
            for parent, field, certain in _fields(schema, inner, node.selection_set):
                yield parent, field, certain and not is_abstract_type(kind) and isinstance(kind, GraphQLObjectType)
