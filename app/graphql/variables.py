"""Variables: how the values of an operation's variables are read, worked out once for its document.

graphql-core asks of every value anew what its type is. Here each type is read by one function. Whatever does not fit,
or is left to a default of the document's, goes graphql-core's own way, which also tells what is wrong.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from graphql import GraphQLError, GraphQLInputObjectType, GraphQLList, GraphQLNonNull, GraphQLSchema
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.language import OperationDefinitionNode
from graphql.pyutils import Undefined
from graphql.type import GraphQLInputField, is_required_input_field
from graphql.utilities.coerce_input_value import coerce_default_value

Read: TypeAlias = Callable[[Any], Any]
# Of these a text is taken as it is.
_TEXTS: Final = frozenset({"String", "ID"})


class _UnfitError(Exception):
    """A value that graphql-core is to look at."""


class Readers:
    """How values of each input type of a schema are read; made where first asked for."""

    def __init__(self) -> None:
        self._objects: dict[str, Read] = {}

    def of(self, kind: Any) -> Read:  # noqa: ANN401 - an input type, which graphql-core leaves open
        """Return how a value of a type is read; that raises where it does not fit."""
        if isinstance(kind, GraphQLNonNull):
            return self._of_value(kind.of_type)
        read = self._of_value(kind)
        return lambda value: None if value is None else read(value)

    def _of_value(self, kind: Any) -> Read:  # noqa: ANN401 - as above
        """Return how a value that is not null is read."""
        if isinstance(kind, GraphQLList):
            return _list_of(self.of(kind.of_type))
        if isinstance(kind, GraphQLInputObjectType):
            if kind.name not in self._objects:
                # An input may hold another of its own type: what is looked up later is there by then.
                self._objects[kind.name] = _later(self._objects, kind.name)
                self._objects[kind.name] = _object_of(kind, {name: self.of(f.type) for name, f in kind.fields.items()})
            return self._objects[kind.name]
        parse = kind.coerce_input_value
        return _text_or(parse) if kind.name in _TEXTS else _given(parse)


class Variables:
    """The variables of one operation."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode, readers: Readers) -> None:
        self._known: list[tuple[GraphQLVariableSignature, Read, bool, bool]] | None = []
        for definition in operation.variable_definitions or ():
            signature = get_variable_signature(schema, definition)
            if isinstance(signature, GraphQLError):  # pragma: no cover - such a document is not valid
                self._known = None
                return
            required = isinstance(signature.type, GraphQLNonNull)
            read, defaulted = readers.of(signature.type), definition.default_value is not None
            self._known.append((signature, read, required, defaulted))

    def read(self, given: Mapping[str, object]) -> VariableValues | None:
        """Return the values as resolvers are given them, or None where graphql-core is to read them."""
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        if self._known is None:  # pragma: no cover - as above
            return None
        try:
            for signature, read, required, defaulted in self._known:
                name = signature.name
                value = given.get(name, Undefined)
                if value is not Undefined:
                    sources[name] = VariableValueSource(signature, value)
                    coerced[name] = read(value)
                elif required or defaulted:
                    return None
                else:
                    sources[name] = VariableValueSource(signature)
        except Exception:  # noqa: BLE001 - graphql-core meets it again, and tells it
            return None
        return VariableValues(sources, coerced)


def _later(objects: Mapping[str, Read], name: str) -> Read:
    def read(value: Any) -> Any:  # noqa: ANN401 - what JSON holds
        return objects[name](value)

    return read


def _given(parse: Read) -> Read:
    def read(value: Any) -> Any:  # noqa: ANN401 - what JSON holds
        if value is None:
            raise _UnfitError
        return parse(value)

    return read


def _text_or(parse: Read) -> Read:
    def read(value: Any) -> Any:  # noqa: ANN401 - what JSON holds
        if value.__class__ is str:
            return value
        if value is None:
            raise _UnfitError
        return parse(value)

    return read


def _list_of(item: Read) -> Read:
    def read(value: Any) -> list[Any]:  # noqa: ANN401 - what JSON holds
        # A single value stands for a list of one, which is graphql-core's to make.
        if value.__class__ is not list:
            raise _UnfitError
        return [item(one) for one in value]

    return read


def _object_of(kind: GraphQLInputObjectType, readers: Mapping[str, Read]) -> Read:
    steps = {name: (kind.fields[name].out_name or name, read) for name, read in readers.items()}
    required = [name for name, field in kind.fields.items() if is_required_input_field(field)]
    defaulted = [(name, steps[name][0], field) for name, field in kind.fields.items() if _has_default(field)]
    one_of, finish = kind.is_one_of, kind.out_type

    def read(value: Any) -> Any:  # noqa: ANN401 - what JSON holds
        if value.__class__ is not dict or (one_of and len(value) != 1):
            raise _UnfitError
        made: dict[str, Any] = {}
        for name, one in value.items():
            if one_of and one is None:
                raise _UnfitError
            out, step = steps[name]
            made[out] = step(one)
        for name in required:
            if name not in value:
                raise _UnfitError
        for name, out, field in defaulted:
            if name not in value:
                made[out] = coerce_default_value(field)
        return finish(made)

    return read


def _has_default(field: GraphQLInputField) -> bool:
    return coerce_default_value(field) is not Undefined
