"""Composition root: builds everything once, wires it, starts it and drains it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol

import strawberry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app import graphql, services
from app.http.admission import Admission, Load
from app.http.auth import Authenticator
from app.http.client_address import Proxies
from app.http.graphiql import graphiql_routes
from app.http.graphql_view import GraphQLView
from app.http.health import health_routes
from app.http.issuers import read_issuers
from app.http.middleware import Caps, Frame, SameOrigin, Straight, http_exception
from app.http.tokens import Tokens
from app.settings import Settings

GRAPHQL: Final = "/graphql"
_PREFLIGHT_SECONDS: Final = 600
_BACKTEST_INTERVAL_SECONDS: Final = 10.0
# In an installed wheel beside the code, in a clone beside `app`.
_FIXTURES: Final = (Path(__file__).parents[1] / "fixtures", Path(__file__).parents[2] / "fixtures")


class FrontDesk(Protocol):
    """What this floor asks of the services."""

    async def start(self) -> None:
        """Open the database and begin to work; raises a fault whose message is one sentence."""

    async def drain(self) -> None:
        """Accept nothing more, finish what was accepted, close."""

    async def ready(self) -> Sequence[str]:
        """Return why no work can be done now, or nothing."""
        ...

    async def find_key(self, key_id: str) -> services.KeyRecord | None:
        """Return a key, revoked and expired ones included."""
        ...

    async def find_tenant(self, name: str) -> services.Tenant | None:
        """Return the tenant of a name."""
        ...

    def budget(self, bearer: str) -> services.Budget:
        """Return the budget of a bearer, by its public id."""
        ...


OpenContext = Callable[[services.KeyRecord, str], graphql.OperationContext]


def create_app(settings: Settings) -> Starlette:
    """Build the application that the settings describe; its lifespan starts everything and drains it.

    Raises Unavailable, with one sentence, where the database's address cannot be used.
    """
    gateway = services.open_gateway(
        settings.database_url,
        services.GatewayLimits(
            writer=services.WriterLimits(
                batch_commands_max=settings.batch_commands_max,
                queue_commands_max=settings.queue_commands_max,
                queue_commands_total_max=settings.queue_commands_total_max,
                deadline_seconds=settings.client_deadline_seconds,
            ),
            read_seconds_max=settings.read_seconds_max,
            drain_seconds_max=settings.shutdown_seconds,
            sweep_interval_seconds=settings.sweep_interval_seconds,
            backtest_interval_seconds=_BACKTEST_INTERVAL_SECONDS,
            budget_points_max=settings.budget_points_max,
            budget_points_per_second=settings.budget_points_per_second,
        ),
        readers_max=settings.readers_max,
        lanes_max=settings.writer_lanes,
        statement_seconds_max=settings.statement_seconds_max,
        prepared=settings.database_statement_cache,
    )
    return build_app(
        settings,
        desk=gateway,
        schema=graphql.build_schema(),
        open_context=lambda key, address: _open_context(gateway, key, address),
        now=services.now_microseconds,
    )


def document_check(settings: Settings) -> Callable[[str], object]:
    """Return what tells whether a document may be run, under these settings: it raises DocumentRefusedError."""
    return graphql.Executor(graphql.build_schema(), _limits(settings), deadline_seconds=1).document


def build_app(
    settings: Settings,
    *,
    desk: FrontDesk,
    schema: strawberry.Schema,
    open_context: OpenContext,
    now: Callable[[], int],
) -> Starlette:
    """Wire an application of the given parts; its lifespan starts the desk and drains it."""
    executor = graphql.Executor(schema, _limits(settings), deadline_seconds=settings.client_deadline_seconds)
    library = graphql.Library(
        settings.documents_mode,
        Path(settings.documents_folder) if settings.documents_folder else None,
        executor.limits,
    )
    load = Load(settings.requests_in_flight_max, settings.client_connections_max)
    view = GraphQLView(
        executor,
        Admission(executor, desk.budget, load, tenant_operations_max=settings.tenant_operations_max),
        library,
        Authenticator(
            desk.find_key,
            Tokens(read_issuers(settings.jwt_issuers_file), desk.find_tenant, now=now).verify,
            now=now,
            remembered_seconds=settings.key_cache_seconds,
            refusal_seconds=settings.refusal_milliseconds / 1_000,
        ),
        open_context,
        json_depth_max=settings.json_depth_max,
        body_seconds_max=settings.body_seconds_max,
    )
    app = Starlette(
        routes=_routes(settings, view, desk.ready),
        middleware=[*_middleware(settings, load), Middleware(Straight, path=GRAPHQL, to=view)],
        exception_handlers={HTTPException: http_exception},
        lifespan=_lifespan(desk, executor, library, settings.shutdown_seconds),
    )
    # A second address for the same thing would only be answered by a redirect that drops the body.
    app.router.redirect_slashes = False
    return app


def _routes(
    settings: Settings, view: GraphQLView, find_reasons: Callable[[], Awaitable[Sequence[str]]]
) -> list[BaseRoute]:
    routes: list[BaseRoute] = [Route(GRAPHQL, view)]
    routes.extend(health_routes(find_reasons, check_seconds_max=settings.ready_check_seconds_max))
    if settings.serves_graphiql:
        fixtures = next((folder for folder in _FIXTURES if folder.is_dir()), _FIXTURES[-1])
        routes.append(Route("/", _to_graphiql))
        routes.extend(graphiql_routes(fixtures / "transcripts", takes_key=settings.takes_key_from_address))
    return routes


def _middleware(settings: Settings, load: Load) -> list[Middleware]:
    made = [
        Middleware(Frame, load=load, proxies=Proxies(settings.trusted_proxies), writes_log=settings.access_log),
        Middleware(Caps, body_bytes_max=settings.body_bytes_max, header_bytes_max=settings.header_bytes_max),
        Middleware(SameOrigin, allowed_origins=settings.allowed_origins),
    ]
    if settings.allowed_origins:
        made.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.allowed_origins,
                allow_methods=("GET", "POST"),
                allow_headers=("Authorization", "Content-Type", "X-Request-Id"),
                expose_headers=("Retry-After", "X-Request-Id"),
                max_age=_PREFLIGHT_SECONDS,
            )
        )
    return made


def _lifespan(
    desk: FrontDesk, executor: graphql.Executor, library: graphql.Library, shutdown_seconds: float
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        library.open(executor.document)
        await desk.start()
        try:
            yield
        finally:
            # Mutations whose callers were answered OUTCOME_UNKNOWN still need the writer.
            await executor.drain(shutdown_seconds)
            await desk.drain()

    return lifespan


async def _to_graphiql(_: Request) -> Response:
    return RedirectResponse("/graphiql")


def _limits(settings: Settings) -> graphql.Limits:
    return graphql.Limits(
        characters_max=settings.document_characters_max,
        tokens_max=settings.document_tokens_max,
        comments_max=settings.document_comments_max,
        nesting_max=settings.document_nesting_max,
        directives_max=settings.document_directives_max,
        inputs_max=settings.document_inputs_max,
        arguments_max=settings.document_arguments_max,
        text_characters_max=settings.document_text_characters_max,
        operations_max=settings.document_operations_max,
        merges_max=settings.document_merges_max,
        depth_max=settings.document_depth_max,
        aliases_max=settings.document_aliases_max,
        fields_max=settings.document_fields_max,
        variables_max=settings.document_variables_max,
        root_fields_max=settings.document_root_fields_max,
        fragments_max=settings.document_fragments_max,
        nodes_max=settings.document_nodes_max,
        list_items_max=settings.batch_commands_max,
        documents_cached_max=settings.documents_cached_max,
        documents_cached_characters_max=settings.documents_cached_characters_max,
    )


@lru_cache(maxsize=1_024)
def _granted(scopes: frozenset[str]) -> frozenset[services.Scope]:
    return frozenset(scope for scope in services.Scope if scope in scopes)


def _open_context(gateway: services.Gateway, key: services.KeyRecord, address: str) -> graphql.Context:
    gateway.note_key_use(key)
    principal = services.Principal(
        tenant_id=key.tenant_id,
        tenant=key.tenant,
        organisation=key.organisation,
        mode=key.mode,
        key_id=key.key_id,
        scopes=_granted(key.scopes),
        address=address,
    )
    return graphql.Context(principal, gateway)
