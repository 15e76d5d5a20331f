"""Resolvers are called in the prepared way, all of them."""

from graphql import GraphQLObjectType
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from app.graphql.coercion import Readers
from app.graphql.resolving import prepare_resolvers
from tests.graphql.api import SCHEMA


def test_no_resolver_is_left_to_strawberry() -> None:
    readers, counted = Readers(SCHEMA.config), 0
    for kind in SCHEMA._schema.type_map.values():
        for field in kind.fields.values() if isinstance(kind, GraphQLObjectType) else ():
            origin = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
            if isinstance(origin, StrawberryField) and origin.base_resolver is not None:
                before = field.resolve
                try:
                    prepare_resolvers([field], SCHEMA.config, readers)
                    assert field.resolve is not before, f"{kind.name}.{origin.python_name} has something unusual"
                finally:
                    field.resolve = before
                counted += 1
    assert counted > 100
