"""Coercion: how an input becomes its object, worked out once for each type and not anew for each value.

Strawberry works out names and types for every field of every value: over half the cost of a batch of 1,000 commands.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING
from typing import Any, Final, TypeAlias

from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import (
    StrawberryList,
    StrawberryObjectDefinition,
    StrawberryOptional,
    get_object_definition,
)

Read: TypeAlias = Callable[[Any], Any]
_ABSENT: Final = object()


def prepare_inputs(definitions: Iterable[StrawberryObjectDefinition], config: StrawberryConfig) -> None:
    """Let each input type make its objects in the prepared way."""
    made: dict[str, Read] = {}
    for definition in definitions:
        definition.from_input = _as_hook(_maker(definition, config, made))


def _as_hook(make: Read) -> Callable[[type, Mapping[str, Any], object], Any]:
    return lambda _cls, value, _context: make(value)


def _maker(definition: StrawberryObjectDefinition, config: StrawberryConfig, made: dict[str, Read]) -> Read:
    known = made.get(definition.name)
    if known is not None:
        return known
    steps = [
        (config.name_converter.from_field(field), field.python_name, _reader(field.resolve_type(), config, made))
        for field in definition.fields
    ]
    # What graphql-core let be left out is None, unless the class says otherwise.
    absent = {field.python_name: None for field in definition.fields if field.default_value is MISSING}
    cls = definition.origin

    def make(value: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an object of whichever type it is
        given: dict[str, Any] = dict(absent)
        for name, attribute, read in steps:
            found = value.get(name, _ABSENT)
            if found is not _ABSENT:
                given[attribute] = found if read is None or found is None else read(found)
        return cls(**given)

    made[definition.name] = make
    return make


def _reader(kind: object, config: StrawberryConfig, made: dict[str, Read]) -> Read | None:
    """Return how a value of a type is read; None where graphql-core has left nothing to do."""
    if isinstance(kind, StrawberryOptional):
        return _reader(kind.of_type, config, made)
    if isinstance(kind, StrawberryList):
        item = _reader(kind.of_type, config, made)
        return list if item is None else lambda values: [item(value) for value in values]
    definition = get_object_definition(kind)
    return None if definition is None else _maker(definition, config, made)
