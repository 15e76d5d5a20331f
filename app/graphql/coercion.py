"""Coercion: how an input becomes its object, worked out once for each type and not anew for each value.

Strawberry works out names and types for every field of every value: over half the cost of a batch of 1,000 commands.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any, TypeAlias

from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import (
    StrawberryList,
    StrawberryObjectDefinition,
    StrawberryOptional,
    get_object_definition,
)

Read: TypeAlias = Callable[[Any], Any]


class Readers:
    """How what graphql-core has read becomes what resolvers take, by type; made where first asked for."""

    def __init__(self, config: StrawberryConfig) -> None:
        self._config = config
        self._made: dict[str, Read] = {}

    def of(self, kind: object) -> Read | None:
        """Return how a value of a type is read; None where graphql-core has left nothing to do."""
        if isinstance(kind, StrawberryOptional):
            return self.of(kind.of_type)
        if isinstance(kind, StrawberryList):
            item = self.of(kind.of_type)
            return list if item is None else lambda values: [item(value) for value in values]
        definition = get_object_definition(kind)
        return None if definition is None else self._maker(definition)

    def _maker(self, definition: StrawberryObjectDefinition) -> Read:
        known = self._made.get(definition.name)
        if known is not None:
            return known
        steps = {
            self._config.name_converter.from_field(field): (field.python_name, self.of(field.resolve_type()))
            for field in definition.fields
        }
        # What graphql-core let be left out is None, unless the class says otherwise.
        absent = {field.python_name: None for field in definition.fields if field.default_value is MISSING}
        cls = definition.origin

        def make(value: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an object of whichever type it is
            given: dict[str, Any] = absent.copy()
            for name, found in value.items():
                attribute, read = steps[name]
                given[attribute] = found if read is None or found is None else read(found)
            return cls(**given)

        self._made[definition.name] = make
        return make
