"""Our schema, loaders and store behind Strawberry's own ASGI view, as its documentation has one do it.

It does: parse, validate and execute each request by the stock executor, over the very same resolvers. It does not:
keys, limits, a document cache, compiled selections, coded errors, a deadline.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL

from app import graphql, services

PRINCIPAL = services.Principal(
    UUID(os.environ["BENCH_TENANT"]), "bench", "house", "LIVE", "key_bench", frozenset(services.Scope)
)
state: dict[str, services.Gateway] = {}


class Stock(GraphQL[Any, None]):
    """Strawberry's view with a context of ours, closed when the answer is made."""

    async def get_context(
        self,
        request: Request | WebSocket,
        response: Response | WebSocket,  # noqa: ARG002 - as Strawberry's
    ) -> graphql.Context:
        """Return a context for one operation."""
        context = graphql.Context(PRINCIPAL, state["gateway"])
        request.scope["bench_context"] = context
        return context

    async def process_result(self, request: Request, result: Any) -> Any:  # noqa: ANN401 - Strawberry's own
        """Close the context and answer."""
        await request.scope["bench_context"].aclose()
        return await super().process_result(request, result)


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Open the services that the resolvers ask."""
    limits = services.GatewayLimits(sweep_interval_seconds=None)
    state["gateway"] = services.open_gateway(os.environ["BENCH_URL"], limits)
    await state["gateway"].start()
    yield
    await state["gateway"].drain()


app = Starlette(routes=[Route("/graphql", Stock(graphql.build_schema()))], lifespan=lifespan)
