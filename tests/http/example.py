"""A small API behind the real front door: what the tests of this floor speak to."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import strawberry
from starlette.applications import Starlette
from strawberry.schema.config import StrawberryConfig

from app import graphql, services
from app.graphql.scalars import BigInt, CurrencyCode, DecimalText, Instant, Metadata
from app.http.asgi import build_app
from app.settings import Settings, load

NOW = 1_767_225_600_000_000
KEY = services.make_key("TEST", UUID(int=7))
OTHER = services.make_key("TEST", UUID(int=8))
TENANT = UUID(int=1)


@strawberry.input
class MoneyIn:
    amount: DecimalText
    currency: CurrencyCode


@strawberry.input
class ActInput:
    idempotency_key: str
    amount: MoneyIn
    at: Instant | None = None
    metadata: Metadata | None = None
    tags: list[int] | None = None


@strawberry.type
class Thing:
    name: str = "thing"

    @strawberry.field
    def thing(self) -> "Thing":
        return Thing()

    @strawberry.field
    def things(self, first: int | None = None) -> "Things":
        return Things(nodes=[Thing()] * (first or 0))

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError("the secret is 42")


@strawberry.type
class Things:
    nodes: list[Thing]


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "you") -> str:
        return f"hello {name}"

    @strawberry.field
    def thing(self) -> Thing:
        return Thing()

    @strawberry.field
    def things(self, first: int | None = None) -> Things:
        return Things(nodes=[Thing()] * (first or 0))

    @strawberry.field
    def simulate(self, input: ActInput) -> str | None:  # noqa: A002 - as in the product's schema
        return input.idempotency_key

    @strawberry.field
    def node_list(self, ids: list[strawberry.ID]) -> list[strawberry.ID]:
        return ids

    @strawberry.field
    def big(self, value: BigInt) -> BigInt:
        return BigInt(value * 10)

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError("the secret is 42")

    @strawberry.field
    def unprintable(self) -> Instant | None:
        return "no instant"  # type: ignore[return-value]

    @strawberry.field
    def refused(self, with_: str) -> str | None:
        raise {
            "overloaded": services.Overloaded("Full.", retry_after_seconds=0.4),
            "forbidden": services.Forbidden("Needs the scope read."),
            "input": services.BadInput("No such form.", ("by", "id")),
        }[with_]

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.sleep(5)
        return "at last"


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def act(self, info: strawberry.Info[Any, None], input: ActInput) -> str | None:  # noqa: A002 - as in the product's schema
        desk: Desk = info.context.desk
        await (asyncio.sleep(0.05) if desk.may_act is None else desk.may_act.wait())
        desk.acted.append(input)
        return f"{input.amount.amount} {input.amount.currency}"


SCHEMA = strawberry.Schema(Query, Mutation, config=StrawberryConfig(scalar_map=graphql.SCALARS))


@dataclass
class Desk:
    """The services' side of the door."""

    keys: dict[str, services.KeyRecord] = field(default_factory=dict)
    looked_up: list[str] = field(default_factory=list)
    tenants: dict[str, services.Tenant] = field(default_factory=dict)
    acted: list[ActInput] = field(default_factory=list)
    reasons: Sequence[str] = ()
    log: list[str] = field(default_factory=list)
    refuses_to_start: bool = False
    # Operations that were begun; and what actions wait for, where it is given.
    begun: int = 0
    may_act: asyncio.Event | None = None
    budgets: services.Budgets = field(default_factory=lambda: services.Budgets(100_000, 10_000))

    async def start(self) -> None:
        if self.refuses_to_start:
            raise services.Unavailable("The database cannot be reached.")
        self.log.append("started")

    async def drain(self) -> None:
        self.log.append("drained")

    async def ready(self) -> Sequence[str]:
        return self.reasons

    def budget(self, bearer: str) -> services.Budget:
        return self.budgets.of(bearer)

    async def find_tenant(self, name: str) -> services.Tenant | None:
        self.looked_up.append(name)
        return self.tenants.get(name)

    async def find_key(self, key_id: str) -> services.KeyRecord | None:
        self.looked_up.append(key_id)
        return self.keys.get(key_id)


@dataclass
class Context:
    desk: Desk
    key: services.KeyRecord
    may_introspect: bool = True
    asks_once: bool = False

    def __post_init__(self) -> None:
        self.desk.begun += 1

    async def aclose(self) -> None:
        self.desk.log.append("closed")


def record(**changes: object) -> services.KeyRecord:
    values: dict[str, Any] = {
        "key_id": KEY.key_id,
        "tenant_id": TENANT,
        "tenant": "demo",
        "organisation": "Demo",
        "mode": "TEST",
        "scopes": frozenset({"balances:read", "money:move"}),
        "secret_hash": KEY.secret_hash,
    }
    return services.KeyRecord(**(values | changes))


def make_app(desk: Desk | None = None, **chosen: object) -> tuple[Starlette, Desk]:
    desk = desk or Desk(keys={KEY.key_id: record()})
    settings: Settings = load({"key_cache_seconds": 0.0, "refusal_milliseconds": 0} | chosen)
    app = build_app(
        settings, desk=desk, schema=SCHEMA, open_context=lambda key, _address: Context(desk, key), now=lambda: NOW
    )
    return app, desk


@asynccontextmanager
async def client(
    app: Starlette, *, key: str | None = KEY.text, raise_app_exceptions: bool = True
) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=raise_app_exceptions)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://spendable.test", headers=headers) as made,
    ):
        yield made


async def ask(app: Starlette, query: str, **body: object) -> dict[str, Any]:
    async with client(app) as speaking:
        answer: dict[str, Any] = (await speaking.post("/graphql", json={"query": query, **body})).json()
    return answer


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]
