"""Asking: whether an operation is known to read only once, so that it needs no snapshot around what it reads."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    get_named_type,
)
from graphql.language import OperationDefinitionNode, OperationType

from app.graphql.projection_writer import plain_attribute

# Answered from accounts with what stands on them now, all of it read by one statement.
_READS_FUNDS: Final[Mapping[str, frozenset[str]]] = {
    "account": frozenset({"by"}),
    "availableFunds": frozenset({"accounts"}),
}
# What an account tells that was read together with it.
_STANDING: Final = frozenset({"balance", "floor", "unlimited", "outFrozen", "inFrozen", "closed"})
_TYPENAME: Final = "__typename"


def asks_once(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> bool:
    """Tell whether a valid operation reads the funds of accounts as they stand now, and nothing else."""
    if operation.operation is not OperationType.QUERY or schema.query_type is None:
        return False
    roots = operation.selection_set.selections
    root = roots[0]
    if len(roots) != 1 or not isinstance(root, FieldNode):
        return False
    if not _has_only(root, _READS_FUNDS.get(root.name.value, frozenset())) or not root.arguments:
        return False
    return _is_read(schema, schema.query_type.fields[root.name.value], root, fragments)


def _has_only(node: FieldNode, arguments: frozenset[str]) -> bool:
    return all(argument.name.value in arguments for argument in node.arguments or ())


def _is_read(
    schema: GraphQLSchema, field: GraphQLField, node: FieldNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> bool:
    """Whether all that a field selects has been read with it."""
    kind = get_named_type(field.type)
    if node.selection_set is None:
        return True
    if not isinstance(kind, GraphQLObjectType):
        return False
    for inner, owner in _fields(schema, kind, node.selection_set.selections, fragments):
        name = inner.name.value
        if name == _TYPENAME:
            continue
        known = owner.fields[name]
        stands = owner.name == "Account" and name in _STANDING and not inner.arguments
        if not (stands or plain_attribute(known)) or not _is_read(schema, known, inner, fragments):
            return False
    return True


def _fields(
    schema: GraphQLSchema,
    kind: GraphQLObjectType | GraphQLInterfaceType,
    selections: Iterable[SelectionNode],
    fragments: Mapping[str, FragmentDefinitionNode],
) -> Iterator[tuple[FieldNode, GraphQLObjectType | GraphQLInterfaceType]]:
    """Yield the fields of a selection, those of fragments too, each with the type that it is a field of."""
    for node in selections:
        if isinstance(node, FieldNode):
            yield node, kind
            continue
        fragment = fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        if not isinstance(fragment, FragmentDefinitionNode | InlineFragmentNode):  # pragma: no cover - no other kind
            continue
        named, inner = fragment.type_condition, fragment.selection_set
        owner = kind if named is None else schema.get_type(named.name.value)
        if isinstance(owner, GraphQLObjectType | GraphQLInterfaceType):
            yield from _fields(schema, owner, inner.selections, fragments)
