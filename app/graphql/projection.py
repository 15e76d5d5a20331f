"""Projection: selections of plain attributes compiled into one function each; all else goes to the stock executor.

A field is plain where it has no resolver of its own, no arguments and no directive, and what it selects is plain too.
Whatever a compiled selection does not expect (a null where none may be, an object of another class, a value of another
type) makes it give up, and the stock executor does that object again and tells the error. Reading attributes has no
effects, so that nothing is done twice.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    InlineFragmentNode,
    SelectionSetNode,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetails
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from app.graphql.scalars import print_big_int, print_text

Project: TypeAlias = Callable[[Any], Any]
_TYPENAME: Final = "__typename"
# Of these the printed value is the value itself, where its class is the one named.
_AS_IT_IS: Final = {"String": "str", "ID": "str", "Boolean": "bool"}


class UnexpectedValueError(Exception):
    """A compiled selection met what only the stock executor can tell of."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A field of a selection: compiled where it is plain, and its nodes for where it is not."""

    name: str
    project: Project | None
    details: list[FieldDetails]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How to answer a selection on one type: by one function, or part by part; `nodes` keeps its key alive."""

    nodes: tuple[FieldNode, ...]
    whole: Project | None
    parts: tuple[_Part, ...]


class Projections:
    """The compiled selections of one document, made when first met; they live as long as the document does."""

    def __init__(self) -> None:
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
            try:
                return plan.whole(result)
            except Exception:  # noqa: BLE001 - the stock executor meets it again, and tells it
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
    writer = _Writer(executor)
    whole = writer.object_function(kind, details)
    if whole is not None:
        return _Plan(nodes, writer.function(whole), ())
    grouped = executor.collect_subfields(kind, details).grouped_field_set
    made: list[_Part] = []
    for name, wanted in grouped.items():
        writer = _Writer(executor)
        alone = writer.object_function(kind, details, only=name)
        made.append(_Part(name, None if alone is None else _picked(writer.function(alone), name), wanted))
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


class _Writer:
    """Writes the Python of one projection: a function for each object, over constants that it names by number."""

    def __init__(self, executor: ProjectingExecutor) -> None:
        self._executor = executor
        self._lines: list[str] = []
        self._constants: list[object] = []
        self._functions = 0

    def function(self, name: str) -> Project:
        """Return a written function, compiled.

        The others and the constants are what it encloses, not its globals: those would hold it and be held by it, and a
        projection that nobody keeps would wait for the collector.
        """
        given = ", ".join(f"c{number}" for number in range(len(self._constants)))
        lines = (f"def enclose({given}):", *(f" {line}" for line in self._lines), f" return {name}")
        names: dict[str, Any] = {"Unexpected": UnexpectedValueError}
        # What is run was written here: names are the schema's and the document's, checked by the parser, and quoted.
        exec("\n".join(lines), names)  # noqa: S102 - as above
        made: Project = names.pop("enclose")(*self._constants)
        return made

    def object_function(
        self, kind: GraphQLObjectType, details: list[FieldDetails], *, only: str | None = None
    ) -> str | None:
        """Write the function of a selection on a type and return its name, or None where a part is not plain."""
        definition = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(definition, StrawberryObjectDefinition):
            return None
        body = [f"if o.__class__ is not {self._constant(definition.origin)}: raise Unexpected"]
        pairs: list[str] = []
        for name, wanted in self._executor.collect_subfields(kind, details).grouped_field_set.items():
            if only is not None and name != only:
                continue
            value = self._field(kind, wanted, f"v{len(pairs)}", body)
            if value is None:
                return None
            pairs.append(f"{name!r}: {value}")
        self._functions += 1
        made = f"p{self._functions}"
        self._lines += [f"def {made}(o):", *(f"  {line}" for line in body), f"  return {{{', '.join(pairs)}}}"]
        return made

    def _field(self, kind: GraphQLObjectType, wanted: list[FieldDetails], name: str, body: list[str]) -> str | None:
        """Write how a field is read, and return the expression of what is answered."""
        field_name = wanted[0].node.name.value
        if field_name == _TYPENAME:
            return repr(kind.name)
        field = kind.fields[field_name]
        attribute = _plain_attribute(field)
        if attribute is None:
            return None
        body.append(f"{name} = o.{attribute}")
        return self._value(field.type, wanted, name, body)

    def _value(self, kind: GraphQLOutputType, wanted: list[FieldDetails], name: str, body: list[str]) -> str | None:
        required = isinstance(kind, GraphQLNonNull)
        inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        indent = ""
        if not required:
            body.append(f"if {name} is not None:")
            indent = "  "
        lines = self._lines_of(inner, wanted, name)
        if lines is None:
            return None
        body += [indent + line for line in lines]
        return name

    def _lines_of(self, kind: Any, wanted: list[FieldDetails], name: str) -> list[str] | None:  # noqa: ANN401 - a type
        """Return the lines that turn a value, which is not None, into what is answered."""
        if isinstance(kind, GraphQLList):
            return self._list_lines(kind, wanted, name)
        if isinstance(kind, GraphQLObjectType):
            made = self.object_function(kind, wanted)
            return None if made is None else [f"{name} = {made}({name})"]
        if not is_leaf_type(kind):
            return None
        printed = kind.coerce_output_value
        same = "str" if printed is print_text else _AS_IT_IS.get(kind.name)
        if same is not None:
            return [f"if {name}.__class__ is not {same}: raise Unexpected"]
        if printed is print_big_int:
            return [f"if {name}.__class__ is not int: raise Unexpected", f"{name} = str({name})"]
        return [f"{name} = {self._constant(printed)}({name})", f"if {name} is None: raise Unexpected"]

    def _list_lines(self, kind: GraphQLList[Any], wanted: list[FieldDetails], name: str) -> list[str] | None:
        item = f"{name}i"
        inner: list[str] = []
        value = self._value(kind.of_type, wanted, item, inner)
        if value is None:
            return None
        return [
            f"if {name}.__class__ is not list and {name}.__class__ is not tuple: raise Unexpected",
            f"{name}l = []",
            f"for {item} in {name}:",
            *(f"  {line}" for line in inner),
            f"  {name}l.append({value})",
            f"{name} = {name}l",
        ]

    def _constant(self, value: object) -> str:
        self._constants.append(value)
        return f"c{len(self._constants) - 1}"


def _plain_attribute(field: GraphQLField) -> str | None:
    """Return the attribute that a field reads and does nothing else, or None."""
    if field.args or not getattr(field.resolve, "_is_default", False):
        return None
    origin = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if isinstance(origin, StrawberryField) and origin.is_basic_field and origin.default_resolver is getattr:
        return origin.python_name
    return None
