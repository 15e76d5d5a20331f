"""The promise of access: for every field of the schema, who may see it and who may not, each asserted.

The matrix is made anew from the schema and the answers of a server, and compared with the one that was read and
approved, in access_matrix.txt. `python -m tests.edge.test_access` writes it anew, for somebody to read.
"""

import asyncio
import re
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)
from graphql.type import is_introspection_type

from app import graphql, services, store
from app.graphql.rules import NoRuleError, enforce
from app.http import asgi
from app.settings import load
from tests.edge.world import MONDAY, MUTATIONS, QUERIES, REFUSED, WORLD, two_transfers
from tests.services.desk import new_tenant, open_desk

APPROVED: Final = Path(__file__).with_name("access_matrix.txt")
ALL: Final = frozenset(services.Scope)
STRANGERS: Final = ("anonymous", "expired", "revoked")
# Whose answers are of several types, or of several sorts.
_TELLING: Final = frozenset({"results", "rejection"})
_ID: Final = re.compile(r"\b(?:acct|txn|hold|pol|quo|btst|key)_[0-9a-z]{26}")
_SCHEMA: Final[GraphQLSchema] = graphql.build_schema()._schema


@dataclass(frozen=True, slots=True)
class Route:
    """The way to an object of a type: the fields on it, with what they are given, and where types divide."""

    steps: tuple[tuple[str, str, str | None], ...] = ()
    mutates: bool = False

    def then(self, name: str, given: str = "", only: str | None = None) -> "Route":
        return replace(self, steps=(*self.steps, (name, given, only)))

    def document(self, selection: str) -> str:
        for name, given, only in reversed(self.steps):
            inner = f"... on {only} {{ {selection} }}" if only else selection
            arguments = f"({given})" if given else ""
            selection = f"{name}{arguments} {{ {inner} }}"
        return f"{'mutation' if self.mutates else 'query'} {{ {selection} }}"

    def objects(self, data: object) -> Iterator[Mapping[str, Any]]:
        found: Iterable[Any] = [data]
        for name, _, _ in self.steps:
            found = [inner for one in found for inner in _flat(one.get(name))]
        yield from found


def _flat(value: object) -> list[Any]:
    if isinstance(value, list):
        return [inner for one in value for inner in _flat(one)]
    return [] if value is None else [value]


@dataclass(slots=True)
class World:
    """A server with one of everything, the keys to it, and the ways to every type."""

    client: httpx.AsyncClient
    keys: dict[str, str]
    given: dict[tuple[str, str], list[str]]
    # Every id of the tenant, which a neighbour must never be told.
    ids: frozenset[str] = frozenset()

    async def ask(self, bearer: str, document: str) -> httpx.Response:
        key = self.keys[bearer]
        return await self.client.post(
            "/graphql", json={"query": document}, headers={"Authorization": f"Bearer {key}"} if key else {}
        )

    def calls(self, kind: str, name: str) -> list[str]:
        """What a field is given, in each of the ways that we know."""
        return self.given.get((kind, name), [""])

    async def routes(self) -> dict[str, list[Route]]:
        """Ways to an object of each type, found by going on from those that lead to one."""
        found = {root: [Route(mutates=root == "Mutation")] for root in ("Query", "Mutation")}
        for root in list(found):
            waiting = deque([(root, found[root][0])])
            seen = {root}
            while waiting:
                kind, route = waiting.popleft()
                for onward, target in self._onward(kind, route):
                    answer = (await self.ask("all", onward.document("__typename"))).json()
                    if not any(onward.objects(answer["data"])):
                        continue
                    found.setdefault(target, []).append(onward)
                    # What a root answers, and why it refuses, hangs on what it was given: each of these leads on.
                    if target not in seen or len(onward.steps) <= 1 or onward.steps[-1][0] in _TELLING:
                        seen.add(target)
                        waiting.append((target, onward))
        return found

    def _onward(self, kind: str, route: Route) -> Iterator[tuple[Route, str]]:
        described = _SCHEMA.type_map[kind]
        assert isinstance(described, GraphQLObjectType)
        for name, field in described.fields.items():
            for target, only in _targets(field):
                for given in self.calls(kind, name):
                    yield route.then(name, given, only), target


def _targets(field: GraphQLField) -> list[tuple[str, str | None]]:
    kind = get_named_type(field.type)
    if isinstance(kind, GraphQLInterfaceType):
        return [(one.name, one.name) for one in _SCHEMA.get_possible_types(kind)]
    return [(kind.name, None)] if isinstance(kind, GraphQLObjectType) else []


def _types() -> list[GraphQLObjectType]:
    kinds = [kind for kind in _SCHEMA.type_map.values() if isinstance(kind, GraphQLObjectType)]
    return sorted((kind for kind in kinds if not is_introspection_type(kind)), key=lambda kind: kind.name)


@asynccontextmanager
async def open_world(url: str) -> AsyncIterator[World]:
    """Make a tenant with one of everything, a neighbour with nothing, and a key for each sort of bearer."""
    async with open_desk(url, at=MONDAY) as desk:
        gateway = desk.gateway
        neighbour = await new_tenant(desk.database, "neighbour", MONDAY)
        keys = {
            name: await _add_key(desk.database, tenant, scopes, **ends)
            for name, tenant, scopes, ends in (
                *((str(scope), desk.principal.tenant_id, frozenset({scope}), {}) for scope in services.Scope),
                ("all", desk.principal.tenant_id, ALL, {}),
                ("neighbour", neighbour, ALL, {}),
                ("expired", desk.principal.tenant_id, ALL, {"expires_at": MONDAY}),
                ("revoked", desk.principal.tenant_id, ALL, {"revoked_at": MONDAY}),
            )
        }
        app = asgi.build_app(
            load({"graphiql_enabled": False, "budget_points_max": 10**9, "budget_points_per_second": 10**9}),
            desk=gateway,
            schema=graphql.build_schema(),
            open_context=partial(asgi._open_context, gateway),
            now=services.now_microseconds,
        )
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://spendable.test") as client:
            world = World(client, keys | {"anonymous": ""}, {})
            await _furnish(world, gateway)
            yield world


async def _add_key(database: store.Database, tenant_id: UUID, scopes: frozenset[services.Scope], **ends: int) -> str:
    made = services.make_key("TEST", services.new_id())
    key = store.StoredKey(
        id=made.key_id,
        tenant_id=tenant_id,
        name="k",
        secret_hash=made.secret_hash,
        scopes=frozenset(scopes),
        created_at=MONDAY - 1,
        expires_at=ends.get("expires_at"),
        revoked_at=ends.get("revoked_at"),
    )
    async with database.write(0, tenant_id) as unit:
        await store.insert_key(unit, key)
        await unit.commit()
    return made.text


async def enact(world: World, bearer: str) -> None:
    """Do what makes the world, as somebody who has done nothing yet."""
    for key, verb, given in WORLD:
        told = "sequence replayed rejection { code ... on PolicyRefusal { problems { place message } } }"
        document = f'mutation {{ {verb}(input: {{ idempotencyKey: "{key}", {given} }}) {{ {told} }} }}'
        answer = (await world.ask(bearer, document)).json()
        payload = answer["data"][verb]
        assert (payload["sequence"] is None, payload["replayed"]) == (False, False), (key, answer)


async def _backtest(world: World) -> str:
    """Wait until the back-test is done; return its id."""
    tried = '{ backtest(by: { idempotencyKey: "backtest" }) { id status } }'
    found: dict[str, str] = {}
    for _ in range(500):
        found = (await world.ask("all", tried)).json()["data"]["backtest"]
        if found["status"] != "RUNNING":
            break
        await asyncio.sleep(0.02)
    assert found["status"] == "DONE"
    id_: str = found["id"]
    return id_


async def _furnish(world: World, gateway: services.Gateway) -> None:
    """Do what makes the world, and learn the ids that there are to ask for."""
    await enact(world, "all")
    for verb in ("postTransactions", "submit", "backtestPolicy"):
        await world.ask("all", f"mutation {{ {verb}({MUTATIONS[verb]}) {{ __typename }} }}")
    backtest = await _backtest(world)
    made = await world.ask("all", f"mutation {{ createApiKey({MUTATIONS['createApiKey']}) {{ key {{ id }} }} }}")
    key = made.json()["data"]["createApiKey"]["key"]["id"]
    found = (
        await world.ask(
            "all",
            """{ accounts { nodes { id externalId } } transaction(by: { externalId: "first" }) { id }
            hold(by: { externalId: "hold" }) { id } policy(by: { name: "standard" }) { id } }""",
        )
    ).json()["data"]
    ids = {node["externalId"]: node["id"] for node in found["accounts"]["nodes"]}
    everything = [ids["alice"], found["transaction"]["id"], found["hold"]["id"], found["policy"]["id"]]
    listed = ", ".join(f'"{one}"' for one in everything)
    calls = [("Query", name, given) for name, given in QUERIES]
    calls += [("Query", "node", f'id: "{one}"') for one in everything]
    calls += [("Query", "nodes", f"ids: [{listed}]")]
    calls += [("Mutation", verb, given) for verb, given in MUTATIONS.items()]
    calls += [("Mutation", verb, given) for verb, given in REFUSED]
    calls += [("Mutation", "postTransfers", two_transfers(ids["bank"], ids["bob"]))]
    calls += [("Mutation", "rotateApiKey", f'input: {{ idempotencyKey: "rotated", key: "{key}" }}')]
    calls += [("Mutation", "revokeApiKey", f'input: {{ key: "{key}" }}')]
    for kind, name, given in calls:
        world.given.setdefault((kind, name), []).append(given)
    await world.ask("all", f"mutation {{ rotateApiKey({world.calls('Mutation', 'rotateApiKey')[0]}) {{ replayed }} }}")
    await gateway._key_uses.flush()
    lists = ("accounts", "holds", "transactions", "policies", "apiKeys")
    listing = await world.ask("all", f"{{ {' '.join(f'{one}(first: 100) {{ nodes {{ id }} }}' for one in lists)} }}")
    quoted = await world.ask("all", '{ instantQuote(by: { externalId: "quote" }) { id } }')
    world.ids = frozenset(_ID.findall(listing.text + quoted.text)) | {backtest}
    assert len(world.ids) > 30, listing.text


def selections(world: World, kind: GraphQLObjectType) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """What to ask of an object, in each of the ways that we know: what cannot refuse together, all else by itself."""
    together = [
        name
        for name, field in kind.fields.items()
        if getattr(field.resolve, "_is_default", False) and is_leaf_type(get_named_type(field.type))
    ]
    if together:
        yield tuple(together), [" ".join(together)]
    for name, field in kind.fields.items():
        if name not in together:
            inner = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
            yield (name,), [f"{name}{f'({given})' if given else ''}{inner}" for given in world.calls(kind.name, name)]


async def matrix(world: World) -> list[str]:
    """Ask for every field as every bearer; return one line for each field."""
    lines, routes = [], await world.routes()
    for kind in _types():
        assert kind.name in routes, f"no way to {kind.name} is known"
        cells: dict[str, dict[str, str]] = {name: {} for name in kind.fields}
        for names, ways in selections(world, kind):
            for route, selection in await _telling(world, routes[kind.name], names, ways):
                document = route.document(selection)
                for bearer in world.keys:
                    response = await world.ask(bearer, document)
                    for name in names:
                        told = _told(world, bearer, response, route, name)
                        cells[name][bearer] = max(cells[name].get(bearer, ""), told)
        lines += [f"{kind.name}.{name}: {_summary(cells[name])}" for name in kind.fields]
    return lines


async def _telling(
    world: World, routes: list[Route], names: tuple[str, ...], ways: list[str]
) -> list[tuple[Route, str]]:
    """For each name, a question and a mutation whose answers hold something of it."""
    chosen: dict[tuple[str, bool], tuple[Route, str]] = {}
    for route, selection in product(routes, ways):
        missing = [name for name in names if (name, route.mutates) not in chosen]
        if missing:
            response = await world.ask("all", route.document(selection))
            for name in missing:
                if _told(world, "all", response, route, name) == "yes":
                    chosen[name, route.mutates] = route, selection
    return list(dict.fromkeys(chosen.values())) or [(routes[0], ways[0])]


def _told(world: World, bearer: str, response: httpx.Response, route: Route, name: str) -> str:
    """What a bearer learned: "yes", "null" where others are told more, "no", or "" where refused at the door."""
    if bearer in STRANGERS:
        assert response.status_code == 401, (bearer, response.text)
        assert "data" not in response.json()
        return ""
    answer = response.json()
    if bearer == "neighbour":
        asked = set(_ID.findall(response.request.content.decode()))
        assert world.ids.isdisjoint(set(_ID.findall(response.text)) - asked), response.text
        return "no"
    codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
    assert codes <= {"FORBIDDEN"}, (route, name, answer)
    values = [one[name] for one in route.objects(answer.get("data") or {}) if name in one]
    if codes and not any(value is not None for value in values):
        return "no"
    return "yes" if any(value is not None for value in values) else "null" if values else "no"


def _summary(cells: Mapping[str, str]) -> str:
    assert [bearer for bearer in STRANGERS if cells[bearer]] == []
    told = [str(scope) for scope in services.Scope if cells[scope] == "yes"]
    hidden = [str(scope) for scope in services.Scope if cells[scope] == "null"]
    alone = "everyone" if len(told) == len(services.Scope) else " ".join(told) or "-"
    rest = f"; null to {' '.join(hidden)}" if hidden else ""
    return f"{alone}{rest}; all scopes: {cells['all']}"


async def test_every_field_is_told_to_those_who_may_know_it_and_to_nobody_else(tmp_path: Path) -> None:
    assert await _found(tmp_path) == APPROVED.read_text(encoding="utf-8").splitlines()


def test_with_every_scope_everything_is_told() -> None:
    lines = APPROVED.read_text(encoding="utf-8").splitlines()
    assert {line.partition(":")[0] for line in lines if not line.endswith("all scopes: yes")} == {
        # Shown once, and the request that makes the world has had it.
        "ApiKeyPayload.text",
        # Of the key alone: nobody else is to blame.
        "IdempotencyKeyReused.culprit",
        # In place of days: no plan has both.
        "ReservePlan.until",
    }


def test_a_field_without_a_rule_and_a_rule_without_a_field_do_not_build() -> None:
    schema = graphql.build_schema()._schema
    kind = schema.type_map["Account"]
    assert isinstance(kind, GraphQLObjectType)
    kind.fields["shoeSize"] = kind.fields["name"]
    with pytest.raises(NoRuleError, match=r"Account\.shoeSize"):
        enforce(schema)
    del kind.fields["shoeSize"], kind.fields["name"]
    with pytest.raises(NoRuleError, match=r"Account\.name"):
        enforce(schema)


async def _found(folder: Path) -> list[str]:
    url = f"sqlite:///{folder}/access.db"
    await store.migrate(url)
    async with open_world(url) as world:
        return await matrix(world)


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        APPROVED.write_text("\n".join([*asyncio.run(_found(Path(name))), ""]), encoding="utf-8")
    sys.stdout.write(f"{APPROVED.name} is written; read it\n")
