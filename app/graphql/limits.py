"""Limits on documents: one memoised count of depth, aliases, fields and nodes, linear in the document's size."""

from collections import deque
from collections.abc import Mapping
from typing import Final, NamedTuple

from graphql import GraphQLError
from graphql.language import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    Node,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
)

from app import services
from app.values import value

# Selection sets inside one another, inline fragments included: bounds the recursion here, far above any depth allowed.
_LEVELS_MAX: Final = 200


@value
class Limits:
    """What a document may come to; every count includes what fragments add."""

    characters_max: int = 65_536
    tokens_max: int = 2_000
    comments_max: int = 1_000
    digits_max: int = 100
    text_characters_max: int = 8_192
    nesting_max: int = 64
    directives_max: int = 64
    inputs_max: int = 250
    arguments_max: int = 32
    operations_max: int = 32
    depth_max: int = 16
    aliases_max: int = 64
    fields_max: int = 500
    variables_max: int = 100
    root_fields_max: int = 20
    fragments_max: int = 64
    merges_max: int = 1_000
    list_items_max: int = 1_000
    variable_items_max: int = 5_000
    nodes_max: int = 10_000
    page_nodes_max: int = 100
    page_nodes_default: int = 20
    documents_cached_max: int = 512
    documents_cached_characters_max: int = 524_288


class _Tally(NamedTuple):
    depth: int = 0
    fields: int = 0
    aliases: int = 0
    root_fields: int = 0


_NOTHING: Final = _Tally()
_UNDER_WAY: Final = _Tally(depth=-1)
# With so few fields there is nothing to compare that could take long.
_ALONE: Final = 20


def check_document(document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """Return what the document exceeds, or nothing; runs before validation, which is dearer."""
    fragments = fragments_of(document)
    if sum(isinstance(node, FragmentDefinitionNode) for node in document.definitions) > limits.fragments_max:
        return [GraphQLError(f"The document defines more than {limits.fragments_max} fragments.")]
    if len(operations_of(document)) > limits.operations_max:
        return [GraphQLError(f"The document has more than {limits.operations_max} operations.")]
    counter = _Counter(fragments, limits)
    try:
        for fragment in fragments.values():
            counter.of_fragment(fragment.name.value, 0)
        for operation in operations_of(document):
            for variable in operation.variable_definitions or ():
                if variable.default_value is not None:
                    counter.check_value(variable.default_value)
            tally = counter.of_selections(operation.selection_set, 0)
            _check_counts(tally, operation, limits)
            if tally.fields > _ALONE:
                _Merges(fragments, limits).check(operation)
    except _ExceededError as exceeded:
        return [GraphQLError(exceeded.message, exceeded.node)]
    return []


def operations_of(document: DocumentNode) -> list[OperationDefinitionNode]:
    """Return the operations of a document in their order."""
    return [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """Return the fragments of a document by name."""
    return {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}


class _ExceededError(Exception):
    def __init__(self, message: str, node: Node) -> None:
        super().__init__(message)
        self.message = message
        self.node = node


def _check_counts(tally: _Tally, operation: OperationDefinitionNode, limits: Limits) -> None:
    for count, limit, what in (
        (len(operation.variable_definitions or ()), limits.variables_max, "variables"),
        (tally.depth, limits.depth_max, "levels of fields"),
        (tally.aliases, limits.aliases_max, "aliases"),
        (tally.root_fields, limits.root_fields_max, "root fields"),
        (tally.fields, limits.fields_max, "fields"),
    ):
        if count > limit:
            raise _ExceededError(f"The operation has more than {limit} {what}.", operation)


class _Counter:
    """Counts each fragment once, however often and however deep it is spread."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], limits: Limits) -> None:
        self._fragments = fragments
        self._limits = limits
        self._counted: dict[str, _Tally] = {}

    def of_fragment(self, name: str, level: int) -> _Tally:
        known = self._counted.get(name)
        fragment = self._fragments.get(name)
        if known is not None:
            if known is _UNDER_WAY and fragment is not None:
                raise _ExceededError("A fragment spreads itself.", fragment)
            return known
        # A missing fragment counts nothing here: validation reports it.
        self._counted[name] = _UNDER_WAY
        tally = _NOTHING if fragment is None else self.of_selections(fragment.selection_set, level + 1)
        self._counted[name] = tally
        return tally

    def of_selections(self, selections: SelectionSetNode | None, level: int) -> _Tally:
        if selections is None:
            return _NOTHING
        if level > _LEVELS_MAX:
            raise _ExceededError(f"Selections are nested more than {_LEVELS_MAX} levels deep.", selections)
        depth = fields = aliases = root_fields = 0
        for node in selections.selections:
            tally = self._of_selection(node, level)
            depth = max(depth, tally.depth)
            fields += tally.fields
            aliases += tally.aliases
            root_fields += tally.root_fields
        return _Tally(depth, fields, aliases, root_fields)

    def _of_selection(self, node: SelectionNode, level: int) -> _Tally:
        if isinstance(node, FragmentSpreadNode):
            return self.of_fragment(node.name.value, level)
        if isinstance(node, InlineFragmentNode):
            return self.of_selections(node.selection_set, level + 1)
        if not isinstance(node, FieldNode):
            return _NOTHING
        if len(node.arguments or ()) > self._limits.arguments_max:
            raise _ExceededError(f"A field has more than {self._limits.arguments_max} arguments.", node)
        for argument in node.arguments or ():
            self.check_value(argument.value)
        inner = self.of_selections(node.selection_set, level + 1)
        return _Tally(inner.depth + 1, inner.fields + 1, inner.aliases + (node.alias is not None), 1)

    def check_value(self, value: ValueNode) -> None:
        """Refuse a list that is too long, and text that no database can hold."""
        waiting: list[Node] = [value]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ListValueNode):
                if len(node.values) > self._limits.list_items_max:
                    raise _ExceededError(f"A list has more than {self._limits.list_items_max} items.", node)
                waiting.extend(node.values)
            elif isinstance(node, ObjectValueNode):
                waiting.extend(node.fields)
            elif isinstance(node, ObjectFieldNode):
                waiting.append(node.value)
            elif isinstance(node, StringValueNode) and "\0" in node.value:
                raise _ExceededError("Text must not contain NUL.", node)


class _Merges:
    """Counts the pairs of fields that answer under one name, which validation compares with one another."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], limits: Limits) -> None:
        self._fragments = fragments
        self._limits = limits
        self._pairs = 0

    def check(self, operation: OperationDefinitionNode) -> None:
        self._count([operation.selection_set], operation)

    def _count(self, selections: list[SelectionSetNode], operation: OperationDefinitionNode) -> None:
        named: dict[str, list[FieldNode]] = {}
        self._gather(selections, named)
        for fields in named.values():
            self._pairs += len(fields) * (len(fields) - 1) // 2
            if self._pairs > self._limits.merges_max:
                raise _ExceededError(
                    f"More than {self._limits.merges_max} pairs of fields have one name in one place.", operation
                )
            inner = [field.selection_set for field in fields if field.selection_set is not None]
            if inner:
                self._count(inner, operation)

    def _gather(self, selections: list[SelectionSetNode], named: dict[str, list[FieldNode]]) -> None:
        waiting, spread = list(selections), set[str]()
        while waiting:
            for node in waiting.pop().selections:
                if isinstance(node, FieldNode):
                    named.setdefault((node.alias or node.name).value, []).append(node)
                elif isinstance(node, InlineFragmentNode):
                    waiting.append(node.selection_set)
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                    spread.add(node.name.value)
                    fragment = self._fragments.get(node.name.value)
                    if fragment is not None:
                        waiting.append(fragment.selection_set)


_HOLDERS: Final[frozenset[type]] = frozenset({dict, list})


def check_variables(variables: Mapping[str, object], limits: Limits) -> None:
    """Raise BadInput where a list in the variables is longer than any that is taken; they are not read further."""
    waiting: deque[tuple[object, tuple[str, ...]]] = deque([(variables, ())])
    while waiting:
        value, path = waiting.popleft()
        if isinstance(value, list):
            if len(value) > limits.variable_items_max:
                raise services.BadInput(f"A list has more than {limits.variable_items_max} items.", path)
            for item in value:
                if item.__class__ in _HOLDERS:
                    waiting.append((item, path))
        elif isinstance(value, Mapping):
            for name, item in value.items():
                if item.__class__ in _HOLDERS:
                    waiting.append((item, (*path, name)))
