"""Projection: selections of plain attributes compiled into one function each; all else goes to the stock executor.

A field is plain where it has no resolver of its own, no arguments and no directive, and what it selects is plain too.
Whatever a compiled selection does not expect (a null where none may be, an object of another class, a value of another
type) makes it give up, and the stock executor does that object again and tells the error. Reading attributes has no
effects, so that nothing is done twice.
"""

from collections.abc import Awaitable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    default_field_resolver,
    default_type_resolver,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from strawberry.execution.is_awaitable import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from app.graphql.projection_writer import Project, Writer
from app.values import value


@value
class _Part:
    """A field of a selection: compiled where it is plain, and its nodes for where it is not."""

    name: str
    project: Project | None
    details: list[FieldDetails]


@value
class _Plan:
    """How to answer a selection on one type: by one function, or part by part; `nodes` keeps its key alive.

    Where there is a function and parts, the function hopes for what need not be there, and the parts are for where
    it is not.
    """

    nodes: tuple[FieldNode, ...]
    whole: Project | None
    parts: tuple[_Part, ...]

    def whole_or_null(self, item: Any) -> Any:  # noqa: ANN401 - whatever was resolved
        """Answer an item of a list that may hold nulls."""
        return None if item is None or self.whole is None else self.whole(item)


class Projections:
    """The compiled selections of one document, made when first met; they live as long as the document does."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self.fragments = dict(fragments)
        self.fragment_details = {name: FragmentDetails(fragment, None) for name, fragment in fragments.items()}
        self._asked = False
        self._plans: dict[tuple[str, tuple[int, ...]], _Plan | None] = {}

    def wanted(self) -> bool:
        """Whether to use them: to compile a document that is sent only once would cost more than it saves."""
        asked, self._asked = self._asked, True
        return asked

    def plan(
        self, executor: "ProjectingExecutor", kind: GraphQLObjectType, details: list[FieldDetails]
    ) -> _Plan | None:
        """Return how to answer a selection, or None where it hangs on variables or nothing of it is plain."""
        # The nodes are the document's, and a plan holds on to them: an id stands for one node only.
        key = (kind.name, tuple(id(one.node) for one in details))
        if key not in self._plans:
            self._plans[key] = _plan(executor, kind, details)
        return self._plans[key]


class ProjectingExecutor(StrawberryGraphQLCoreExecutionContext):
    """The stock executor, which answers what is plain by compiled functions; the answers are the same to the byte."""

    def __init__(self, *args: Any, projections: Projections, **named: Any) -> None:  # noqa: ANN401 - as the stock one's
        super().__init__(*args, **named)
        self._projections = projections

    @classmethod
    def of(
        cls,
        schema: GraphQLSchema,
        projections: Projections,
        operation: OperationDefinitionNode,
        values: VariableValues,
        context: object,
    ) -> "ProjectingExecutor":
        """Return the executor of one operation, whose variables have been read, with all else as it is by default."""
        return cls(
            schema,
            projections.fragments,
            projections.fragment_details,
            None,
            context,
            operation,
            values,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=optimized_is_awaitable,
            hide_suggestions=True,
            projections=projections,
            operation_extensions=None,
        )

    def part(self) -> None:
        """Let go of everything, itself among it: all is answered, and nothing waits for the collector."""
        vars(self).clear()

    def complete_list_value(  # noqa: PLR0917  # house: as the stock one has it
        self,
        return_type: GraphQLList[Any],
        field_details_list: list[FieldDetails],
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,  # noqa: ANN401 - whatever was resolved
        position_context: Any,  # noqa: ANN401 - the stock executor's own
    ) -> Any:  # noqa: ANN401 - data, or an awaitable of it
        """Answer a list, its items by one compiled function where they are plain."""
        project = self._of_items(return_type.of_type, field_details_list, result)
        if project is not None:
            with suppress(Exception):  # as for one object
                return [project(item) for item in result]
        return super().complete_list_value(return_type, field_details_list, info, path, result, position_context)

    def _of_items(self, kind: Any, details: list[FieldDetails], items: object) -> Project | None:  # noqa: ANN401 - a type
        inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if not isinstance(inner, GraphQLObjectType) or items.__class__ is not list:
            return None
        plan = self._projections.plan(self, inner, details)
        if plan is None or plan.whole is None:
            return None
        return plan.whole if isinstance(kind, GraphQLNonNull) else plan.whole_or_null

    def collect_and_execute_subfields(
        self,
        return_type: GraphQLObjectType,
        field_details_list: list[FieldDetails],
        path: Path,
        result: Any,  # noqa: ANN401 - whatever was resolved
        position_context: Any,  # noqa: ANN401 - the stock executor's own
    ) -> Any:  # noqa: ANN401 - data, or an awaitable of it
        """Answer a selection on an object."""
        plan = self._projections.plan(self, return_type, field_details_list)
        if plan is None:
            return super().collect_and_execute_subfields(
                return_type, field_details_list, path, result, position_context
            )
        if plan.whole is not None:
            with suppress(Exception):  # the stock executor meets it again, and tells it
                return plan.whole(result)
            if not plan.parts:
                return super().collect_and_execute_subfields(
                    return_type, field_details_list, path, result, position_context
                )
        ready = {}
        for part in plan.parts:
            if part.project is not None:
                with suppress(Exception):  # as above, in its turn among the others
                    ready[part.name] = part.project(result)
        return self._execute_parts(return_type, plan, ready, path, result)

    def _execute_parts(
        self,
        kind: GraphQLObjectType,
        plan: _Plan,
        ready: dict[str, Any],
        path: Path,
        source: Any,  # noqa: ANN401 - whatever was resolved
    ) -> Any:  # noqa: ANN401 - data, or an awaitable of it
        """Execute what is not ready yet, and put everything into the order of the selection."""
        rest = {part.name: part.details for part in plan.parts if part.name not in ready}
        found: Any = self.execute_fields(kind, source, path, rest, None) if rest else {}
        names = [part.name for part in plan.parts]
        return _ordered(names, ready, found) if self.is_awaitable(found) else _in_order(names, ready, found)


async def _ordered(names: Iterable[str], ready: dict[str, Any], found: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    return _in_order(names, ready, await found)


def _in_order(names: Iterable[str], ready: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    return {name: ready[name] if name in ready else found[name] for name in names}


def _plan(executor: ProjectingExecutor, kind: GraphQLObjectType, details: list[FieldDetails]) -> _Plan | None:
    nodes = tuple(one.node for one in details)
    if any(one.fragment_variable_values is not None for one in details):
        return None
    if not all(_is_static(executor, node.selection_set, set()) for node in nodes):
        return None

    def collect(kind: GraphQLObjectType, details: list[FieldDetails]) -> dict[str, list[FieldDetails]]:
        return executor.collect_subfields(kind, details).grouped_field_set

    writer = Writer(collect)
    whole = writer.object_function(kind, details)
    if whole is not None and not writer.hopes:
        return _Plan(nodes, writer.function(whole), ())
    made: list[_Part] = []
    for name, wanted in collect(kind, details).items():
        single = Writer(collect)
        alone = single.object_function(kind, details, only=name)
        plain = alone is not None and not single.hopes
        made.append(_Part(name, _picked(single.function(alone), name) if alone is not None and plain else None, wanted))
    if whole is not None:
        return _Plan(nodes, writer.function(whole), tuple(made))
    return _Plan(nodes, None, tuple(made)) if any(part.project for part in made) else None


def _picked(project: Project, name: str) -> Project:
    return lambda source: project(source)[name]


def _is_static(executor: ProjectingExecutor, selections: SelectionSetNode | None, seen: set[str]) -> bool:
    """Whether a selection is the same whatever the variables are."""
    return all(
        not node.directives and _is_static(executor, inner, seen)
        for node, inner in _inside(selections, executor.fragment_definitions, seen)
    )


def _inside(
    selections: SelectionSetNode | None, fragments: dict[str, FragmentDefinitionNode], seen: set[str]
) -> Iterator[tuple[Any, SelectionSetNode | None]]:
    for node in () if selections is None else selections.selections:
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            inner = None if name in seen else fragments[name].selection_set
            seen.add(name)
            yield node, inner
        elif isinstance(node, FieldNode | InlineFragmentNode):
            yield node, node.selection_set
