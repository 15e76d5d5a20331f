"""Selection: whether a list will ask for the balances of its accounts, so that they are read ahead, all at once."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode
from graphql.type import GraphQLResolveInfo

_LIVE: Final = frozenset({"balance", "floor", "unlimited", "outFrozen", "inFrozen", "closed"})
_WRAPPERS: Final = frozenset({"nodes", "edges", "node"})
# A document was checked against its own limits; deeper fragments than this only cost reading ahead.
_LEVELS_MAX: Final = 8


def wants_balances(info: GraphQLResolveInfo[Any]) -> bool:
    """Whether a connection of accounts is asked for what stands on them now."""
    return any(
        field.name.value in _LIVE and not field.arguments
        for node in info.field_nodes
        for field in _fields(node.selection_set, info.fragments, _LEVELS_MAX)
    )


def _fields(
    selections: SelectionSetNode | None, fragments: Mapping[str, FragmentDefinitionNode], levels: int
) -> Iterator[FieldNode]:
    """Yield the fields of the accounts themselves, looking through the connection and fragments."""
    if selections is None or not levels:
        return
    for node in selections.selections:
        if isinstance(node, FieldNode):
            if node.name.value in _WRAPPERS:
                yield from _fields(node.selection_set, fragments, levels - 1)
            else:
                yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, fragments, levels - 1)
        elif isinstance(node, FragmentSpreadNode):
            yield from _fields(fragments[node.name.value].selection_set, fragments, levels - 1)
