"""The schema: every type put together, once."""

from collections.abc import Iterator

import strawberry
from graphql import GraphQLArgument, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from graphql.pyutils import Undefined
from strawberry.schema.config import StrawberryConfig

from app.graphql.mutation import Mutation
from app.graphql.query import Query
from app.graphql.rejections import Conflict, IdempotencyKeyReused, InsufficientFunds, LimitExceeded, PlainRejection
from app.graphql.scalars import SCALARS


def build_schema() -> strawberry.Schema:
    """Return the schema; to be built once for each process."""
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        types=[PlainRejection, IdempotencyKeyReused, InsufficientFunds, LimitExceeded, Conflict],
        config=StrawberryConfig(scalar_map=dict(SCALARS)),
    )
    for argument in _arguments(schema._schema):  # noqa: SLF001 - the documented way to graphql-core's schema
        if argument.default_value is None:
            # A resolver's parameter needs a default to be left out; the schema promises none.
            argument.default_value = Undefined
    return schema


def _arguments(schema: GraphQLSchema) -> Iterator[GraphQLArgument]:
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field in kind.fields.values():
                yield from field.args.values()
