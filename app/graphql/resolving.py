"""Resolving: how a resolver is called, worked out once for each field and not anew for each call.

Strawberry makes its way through extensions, arguments and their types for every call of every field. Ours have no
extensions, and what their arguments are made of is known when the schema is built.
"""

from collections.abc import Callable, Iterable
from typing import Any

from graphql import GraphQLField
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from app.graphql.coercion import Readers


def prepare_resolvers(fields: Iterable[GraphQLField], config: StrawberryConfig, readers: Readers) -> None:
    """Let each field's resolver be called in the prepared way, where it is one of the usual kind."""
    for field in fields:
        origin = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if isinstance(origin, StrawberryField):
            prepared = _prepared(origin, config, readers)
            if prepared is not None:
                field.resolve = prepared


def _prepared(field: StrawberryField, config: StrawberryConfig, readers: Readers) -> Callable[..., Any] | None:
    resolver = field.base_resolver
    if resolver is None or field.extensions or resolver.root_parameter or resolver.parent_parameter:
        return None
    # What Strawberry wraps may be a class method, which ours never is.
    call: Any = resolver.wrapped_func
    takes_self = resolver.self_parameter is not None
    info_name = resolver.info_parameter.name if resolver.info_parameter else None
    make_info = config.info_class
    steps = [
        (config.name_converter.from_argument(argument), argument.python_name, readers.of(argument.type))
        for argument in field.arguments
    ]

    def resolve(source: Any, info: Any, **given: Any) -> Any:  # noqa: ANN401 - as graphql-core calls it
        named: dict[str, Any] = {}
        for name, python_name, read in steps:
            if name in given:
                value = given[name]
                named[python_name] = value if read is None or value is None else read(value)
        if info_name is not None:
            named[info_name] = make_info(_raw_info=info, _field=field)
        return call(source, **named) if takes_self else call(**named)

    return resolve
