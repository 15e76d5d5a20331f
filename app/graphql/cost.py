"""Cost: what an operation may come to, known before it runs, and what it came to, in points."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from graphql.language import (
    ArgumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListTypeNode,
    ListValueNode,
    Node,
    NonNullTypeNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

from app.graphql.limits import Limits
from app.values import value

MUTATION_POINTS: Final = 10
"""What a root field of a mutation costs, beside its input's items and the nodes that it selects."""
SIMULATE: Final = "simulate"
"""The query that decides commands: it costs what the mutation would."""
_INTROSPECTION: Final = frozenset({"__schema", "__type"})
ITEM_PARTS: Final = 2
"""Items of an item that are counted with it, as a transaction has two entries at least."""


@value
class Price:
    """What is known of an operation's cost from its document alone."""

    operation: OperationDefinitionNode
    roots: tuple[FieldNode, ...]
    # Those of them that have commands decided.
    deciding: tuple[FieldNode, ...]
    # What each variable's default comes to, in items of lists.
    defaults: dict[str, int]
    nodes: int
    varies: bool
    nested: bool
    # Whether it asks what the schema is like, and whether of nothing else but that.
    introspects: bool
    of_schema_alone: bool

    def requested(
        self, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, object], limits: Limits
    ) -> int:
        """Return the most points that the operation can come to with these variables, at least one."""
        nodes = self.nodes
        if self.varies:
            nodes = NodeCounter(self.operation, fragments, variables, limits).count()
        if self.deciding:
            # Whoever leaves a variable out is given its default, whose items are worked on as any others.
            items = self.defaults | {name: _given_items(value) for name, value in variables.items()}
            nodes += sum(MUTATION_POINTS + _items_of(root, items) for root in self.deciding)
        return max(len(self.roots) - len(self.deciding) + nodes, 1)

    def actual(self, data: object, requested: int) -> int:
        """Return the points that an answer came to, at most what was requested."""
        if self.deciding or requested <= len(self.roots):
            return requested
        return min(max(len(self.roots) + _nodes_in(data, everywhere=self.nested), 1), requested)


def price_of(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode], limits: Limits
) -> Price:
    """Price an operation of a document that has passed `check_document` and validation."""
    counter = NodeCounter(operation, fragments, None, limits)
    nodes = counter.count()
    roots = tuple(_root_fields(operation.selection_set, fragments))
    writes = operation.operation is OperationType.MUTATION
    deciding = roots if writes else tuple(root for root in roots if root.name.value == SIMULATE)
    names = [root.name.value for root in roots]
    return Price(
        operation,
        roots,
        deciding,
        _default_items(operation),
        nodes,
        counter.varies,
        counter.nested,
        introspects=not _INTROSPECTION.isdisjoint(names),
        of_schema_alone=all(name.startswith("__") for name in names),
    )


def _root_fields(selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[FieldNode]:
    # Every fragment ends in fields, so that the limit on root fields bounds this too.
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _root_fields(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode):
            yield from _root_fields(fragments[node.name.value].selection_set, fragments)


def _default_items(operation: OperationDefinitionNode) -> dict[str, int]:
    return {
        definition.variable.name.value: _items_in(definition.default_value, {})
        for definition in operation.variable_definitions or ()
        if definition.default_value is not None
    }


def _items_of(root: FieldNode, items: Mapping[str, int]) -> int:
    """Count the items of the lists that stand in a mutation's input, those within others too.

    `items` is what each variable comes to.
    """
    return sum(_items_in(argument.value, items) for argument in root.arguments or ())


def _items_in(value: ValueNode, items: Mapping[str, int]) -> int:
    if isinstance(value, VariableNode):
        return items.get(value.name.value, 0)
    if isinstance(value, ListValueNode):
        return _sum_of(_items_in(item, items) for item in value.values)
    if isinstance(value, ObjectValueNode):
        return max((_items_in(field.value, items) for field in value.fields), default=0)
    return 0


def _given_items(value: object) -> int:
    if isinstance(value, list):
        return _sum_of(_given_items(item) for item in value)
    # Lists beside one another may be the columns of one table.
    return max(map(_given_items, value.values()), default=0) if isinstance(value, dict) else 0


def _sum_of(parts: Iterable[int]) -> int:
    """Return what a list comes to whose items come to so much each."""
    return sum(1 + max(part - ITEM_PARTS, 0) for part in parts)


def _nodes_in(data: object, *, everywhere: bool) -> int:
    """Count the items of an answer's lists of objects; those within others only where there can be any."""
    count, waiting = 0, [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(inner for inner in value.values() if inner.__class__ in (dict, list))
        elif isinstance(value, list) and value and (value[0] is None or isinstance(value[0], dict)):
            count += len(value)
            if everywhere:
                waiting.extend(value)
    return count


class NodeCounter:
    """Counts the nodes that an operation's pages and lists can come to.

    A page is the field's `first` or `last`, else the default where `nodes`, `edges` or `slices` are selected; a list
    argument multiplies by its length. Without `variables`, each variable is taken for the most that it may be.
    Afterwards `varies` tells whether variables were asked, and `nested` whether a page lies within another.
    """

    def __init__(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, object] | None,
        limits: Limits,
    ) -> None:
        self.varies = False
        self.nested = False
        self._operation = operation
        self._fragments = fragments
        self._limits = limits
        self._variables = self._with_defaults(variables)
        self._lists = {
            definition.variable.name.value
            for definition in operation.variable_definitions or ()
            if _is_list(definition.type)
        }
        self._counted: dict[str, int] = {}

    def count(self) -> int:
        """Return the number of nodes; the document must have passed `check_document`."""
        return self._of_selections(self._operation.selection_set)

    def _with_defaults(self, variables: Mapping[str, object] | None) -> dict[str, object] | None:
        if variables is None:
            return None
        known: dict[str, object] = {}
        for definition in self._operation.variable_definitions or ():
            if isinstance(definition.default_value, IntValueNode):
                known[definition.variable.name.value] = int(definition.default_value.value)
        return known | dict(variables)

    def _of_selections(self, selections: SelectionSetNode | None) -> int:
        total = 0
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                total += self._of_field(node)
            elif isinstance(node, InlineFragmentNode):
                total += self._of_selections(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                total += self._of_fragment(node.name.value)
        return total

    def _of_fragment(self, name: str) -> int:
        known = self._counted.get(name)
        if known is None:
            self._counted[name] = 0
            fragment = self._fragments.get(name)
            known = self._of_selections(fragment.selection_set) if fragment else 0
            self._counted[name] = known
        return known

    def _of_field(self, node: FieldNode) -> int:
        inner = self._of_selections(node.selection_set)
        size = self._page(node.arguments or ())
        if size is None and node.selection_set and _has_page(node.selection_set.selections):
            size = self._limits.page_nodes_default
        if size is None:
            return inner
        self.nested = self.nested or inner > 0
        return size * (1 + inner)

    def _page(self, arguments: Iterable[ArgumentNode]) -> int | None:
        for argument in arguments:
            value = argument.value
            if argument.name.value in {"first", "last"}:
                size = self._page_size(value)
                if size is not None:
                    return size
            elif isinstance(value, ListValueNode):
                return len(value.values)
            elif isinstance(value, VariableNode) and value.name.value in self._lists:
                self.varies = True
                items = None if self._variables is None else self._variables.get(value.name.value)
                return len(items) if isinstance(items, list) else self._limits.page_nodes_max
        return None

    def _page_size(self, value: ValueNode) -> int | None:
        if isinstance(value, IntValueNode):
            return self._bounded(int(value.value[:10]))
        if not isinstance(value, VariableNode):
            return None
        self.varies = True
        if self._variables is None:
            return self._limits.page_nodes_max
        given = self._variables.get(value.name.value)
        # JSON may write an integer as 1e2; what is none is refused before anything runs.
        whole = isinstance(given, int) or (isinstance(given, float) and given.is_integer())
        return self._bounded(int(given)) if whole else None  # type: ignore[call-overload]  # as just seen

    def _bounded(self, size: int) -> int:
        # A larger page is refused where it is read.
        return min(max(size, 0), self._limits.page_nodes_max)


def _has_page(selections: Iterable[SelectionNode]) -> bool:
    return any(isinstance(node, FieldNode) and node.name.value in {"nodes", "edges", "slices"} for node in selections)


def _is_list(node: Node) -> bool:
    return isinstance(node.type if isinstance(node, NonNullTypeNode) else node, ListTypeNode)
