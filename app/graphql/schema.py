"""The schema: every type put together, once."""

import strawberry
from graphql import GraphQLInputObjectType, GraphQLObjectType
from graphql.pyutils import Undefined
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import GraphQLCoreConverter

from app.graphql.coercion import Readers
from app.graphql.mutation import Mutation
from app.graphql.query import Query
from app.graphql.rejections import (
    Conflict,
    IdempotencyKeyReused,
    InsufficientFunds,
    LimitExceeded,
    PlainRejection,
    PolicyRefusal,
)
from app.graphql.resolving import prepare_resolvers
from app.graphql.rules import enforce
from app.graphql.scalars import SCALARS


def build_schema() -> strawberry.Schema:
    """Return the schema; to be built once for each process. Raises NoRuleError where a field is under no rule."""
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        types=[PlainRejection, IdempotencyKeyReused, InsufficientFunds, LimitExceeded, Conflict, PolicyRefusal],
        config=StrawberryConfig(scalar_map=dict(SCALARS)),
    )
    readers = Readers(schema.config)
    core = schema._schema  # noqa: SLF001 - the documented way to graphql-core's schema
    for kind in core.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            # Strawberry only prints this; graphql-core, once it knows, tells the path of what breaks it.
            kind.is_one_of = kind.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].is_one_of
        elif isinstance(kind, GraphQLObjectType):
            _leave_out_nulls(kind)
            prepare_resolvers(kind.fields.values(), schema.config, readers)
    enforce(core)
    return schema


def _leave_out_nulls(kind: GraphQLObjectType) -> None:
    """Take back the default null of arguments: a resolver's parameter needs it, the schema promises none."""
    for field in kind.fields.values():
        for argument in field.args.values():
            if argument.default_value is None:
                argument.default_value = Undefined
