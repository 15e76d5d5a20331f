"""Writes projections: the Python of one function that reads a selection of plain attributes off an object."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetails
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from app.graphql.derived import Derived, DerivedObject, beside
from app.graphql.scalars import print_big_int, print_text
from app.values import value

Project: TypeAlias = Callable[[Any], Any]
Collect: TypeAlias = Callable[[GraphQLObjectType, list[FieldDetails]], dict[str, list[FieldDetails]]]
"""Tells the fields of a selection on a type, by the name that each is answered under."""

_TYPENAME: Final = "__typename"
# Of these the printed value is the value itself, where its class is the one named.
_AS_IT_IS: Final = {"String": "str", "ID": "str", "Boolean": "bool"}


class UnexpectedValueError(Exception):
    """A compiled selection met what only the stock executor can tell of."""


@value
class _Place:
    """Where a projection is written: of which class, by which name of a variable, and how an attribute is read."""

    origin: type
    name: str
    read: Callable[[str], str]
    only: str | None = None

    def part(self, number: int) -> "_Place":
        """The place of one of its fields."""
        return _Place(self.origin, f"{self.name}_{number}", self.read)


class Writer:
    """Writes the Python of one projection: a function for each object, over constants that it names by number."""

    def __init__(self, collect: Collect) -> None:
        self._collect = collect
        self._lines: list[str] = []
        self._constants: list[object] = []
        self._functions = 0
        self.hopes = False
        """Whether something is read that need not be there."""

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
        origin = _class_of(kind)
        if origin is None:
            return None
        body = [f"if o.__class__ is not {self._constant(origin)}: raise Unexpected"]
        answer = self._object(kind, details, _Place(origin, "v", lambda attribute: f"o.{attribute}", only), body)
        if answer is None:
            return None
        self._functions += 1
        made = f"p{self._functions}"
        self._lines += [f"def {made}(o):", *(f"  {line}" for line in body), f"  return {answer}"]
        return made

    def _object(
        self, kind: GraphQLObjectType, details: list[FieldDetails], place: "_Place", body: list[str]
    ) -> str | None:
        """Write how the fields of an object are read, and return the expression of what is answered."""
        pairs: list[str] = []
        for name, wanted in self._collect(kind, details).items():
            if place.only is not None and name != place.only:
                continue
            value = self._field(kind, wanted, place.part(len(pairs)), body)
            if value is None:
                return None
            pairs.append(f"{name!r}: {value}")
        return f"{{{', '.join(pairs)}}}"

    def _field(
        self, kind: GraphQLObjectType, wanted: list[FieldDetails], place: "_Place", body: list[str]
    ) -> str | None:
        """Write how a field is read, and return the expression of what is answered."""
        field_name = wanted[0].node.name.value
        if field_name == _TYPENAME:
            return repr(kind.name)
        field = kind.fields[field_name]
        attribute = plain_attribute(field)
        if attribute is None:
            return self._beside(field, wanted, place, body)
        derived = getattr(place.origin, attribute, None)
        if isinstance(derived, DerivedObject):
            return self._derived_object(field.type, wanted, derived, place, body)
        read = derived.written(place.read, self._constant) if isinstance(derived, Derived) else place.read(attribute)
        body.append(f"{place.name} = {read}")
        return self._value(field.type, wanted, place.name, body)

    def _beside(self, field: GraphQLField, wanted: list[FieldDetails], place: "_Place", body: list[str]) -> str | None:
        """Write how a field with a resolver is read where its answer stands beside; else the object is given up."""
        attribute = beside(place.origin, wanted[0].node.name.value)
        if attribute is None or wanted[0].node.arguments:
            return None
        self.hopes = True
        body += [f"{place.name} = {place.read(attribute)}", f"if {place.name} is None: raise Unexpected"]
        return self._value(field.type, wanted, place.name, body)

    def _derived_object(
        self,
        kind: GraphQLOutputType,
        wanted: list[FieldDetails],
        derived: DerivedObject,
        place: "_Place",
        body: list[str],
    ) -> str | None:
        """Write an object that need not be made, from what it would be made of."""
        inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if not isinstance(inner, GraphQLObjectType) or _class_of(inner) is not derived.of:
            return None
        name, lines = place.name, list[str]()
        parts = derived.written_parts(place.read, self._constant)
        parts_read = [f"{name}{part} = {read}" for part, read in parts.items()]
        answer = self._object(inner, wanted, _Place(derived.of, name, lambda part: f"{name}{part}"), lines)
        if answer is None:
            return None
        if not derived.nullable:
            body += [*parts_read, *lines]
            return answer
        first = f"{name}{next(iter(parts))}"
        missing = "raise Unexpected" if isinstance(kind, GraphQLNonNull) else f"{name} = None"
        body += [parts_read[0], f"if {first} is None: {missing}", "else:"]
        body += [f"  {line}" for line in (*parts_read[1:], *lines, f"{name} = {answer}")]
        return name

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
            # A refusal is null where all is well: what kind of object it is, is for the stock executor to say.
            return ["raise Unexpected"] if is_abstract_type(kind) else None
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


def _class_of(kind: GraphQLObjectType) -> type | None:
    definition = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    return definition.origin if isinstance(definition, StrawberryObjectDefinition) else None


def plain_attribute(field: GraphQLField) -> str | None:
    """Return the attribute that a field reads and does nothing else, or None."""
    if field.args or not getattr(field.resolve, "_is_default", False):
        return None
    origin = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if isinstance(origin, StrawberryField) and origin.is_basic_field and origin.default_resolver is getattr:
        return origin.python_name
    return None
