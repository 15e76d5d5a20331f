"""Promises to callers who send what they should not: a typed error, the right status, no leak and no harm."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app import services
from tests.faults.bad_input import GOOD_HEADERS, OPERATIONS, REQUESTS, Operation, Raw
from tests.faults.client import Client, Reply, client, place_hold, stock, transfer
from tests.faults.conftest import Ledger, add_key, add_tenant, assert_sound, opened
from tests.faults.server import serving

Names = dict[str, str]
_CURSOR = "{ accounts(first: 1) { edges { cursor } } }"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another tenant of the same ledger, and keys that open nothing."""

    key: str
    names: Names


async def test_whatever_is_sent_a_clear_error_is_told_and_the_server_stays_well(ledger: Ledger, logs: Path) -> None:
    neighbour = await settle(ledger)
    async with (
        serving(ledger.url, logs) as server,
        client(ledger.key, server.url) as teller,
        client(neighbour.key, server.url) as other,
        httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=60) as http,
    ):
        await stock(teller, ("alice", "bob"), 10_000)
        names = neighbour.names | await things_of(other) | {"own cursor": await cursor_of(teller)}
        found = {}
        for number, (name, operation) in enumerate(OPERATIONS.items()):
            found[name] = told(await ask(teller, operation, names | {"fresh": f"bad-{number}"}))
        found |= {name: told(await send(http, raw, names)) for name, raw in REQUESTS.items()}
        wanted = {name: each.told for name, each in (OPERATIONS | REQUESTS).items()}
        assert {name: (found[name], line) for name, line in wanted.items() if found[name] != line} == {}
        assert await server.status_of("/readyz") == 200
        assert not (await teller.accept(transfer("well", "alice", "bob", 100)))["replayed"]
        assert "unexpected error" not in server.log(), server.log()
        assert "Traceback" not in server.log()
    await assert_sound(ledger.url)


async def settle(ledger: Ledger) -> Neighbour:
    """Make a second tenant, and keys of the first that are no longer good for anything."""
    async with opened(ledger.url) as database:
        beta = await add_tenant(database, "beta")
        key = await add_key(database, beta)
        unknown = services.make_key("LIVE", services.new_id()).text
        names = {
            "good key": ledger.key,
            "mistyped key": ledger.key[:-1] + ("a" if ledger.key[-1] != "a" else "b"),
            "unknown key": unknown,
            "forged key": forged(ledger.key, key),
            "revoked key": await add_key(database, ledger.tenant_id, revoked_at=1),
            "expired key": await add_key(database, ledger.tenant_id, expires_at=1),
            "writing key": await add_key(database, ledger.tenant_id, scopes=("money:move",)),
        }
    return Neighbour(key, names)


def forged(one: str, other: str) -> str:
    """One key's id with the secret of another, and the checksum that belongs to neither."""
    return "_".join([*one.split("_")[:3], other.split("_")[3]])


async def things_of(other: Client) -> Names:
    """The ids of a neighbour's account, hold and transaction, a cursor of theirs, and a key they have used."""
    await stock(other, ("carol", "dave"), 10_000)
    placed = await other.accept(place_hold("hold-beta", "carol", "dave", 100))
    moved = await other.accept(transfer("key-beta", "carol", "dave", 100))
    found = await other.post('{ account(by: { externalId: "carol" }) { id } }')
    return {
        "account": found.data["account"]["id"],
        "hold": placed["hold"]["id"],
        "transaction": moved["transaction"]["id"],
        "cursor": await cursor_of(other),
    }


async def cursor_of(teller: Client) -> str:
    cursor: str = (await teller.post(_CURSOR)).data["accounts"]["edges"][0]["cursor"]
    return cursor


async def ask(teller: Client, operation: Operation, names: Names) -> Reply:
    variables = json.loads(filled(json.dumps(operation.variables), names))
    return await teller.post(filled(operation.query, names), **variables)


async def send(http: httpx.AsyncClient, raw: Raw, names: Names) -> Reply:
    headers = {
        name: filled(value, names) for name, value in (GOOD_HEADERS | dict(raw.headers)).items() if value is not None
    }
    response = await http.request(raw.method, raw.path, content=raw.body, headers=headers)
    assert response.headers["Content-Type"].startswith(("application/json", "application/graphql-response+json"))
    return Reply(response.status_code, response.headers, response.json())


def filled(text: str, names: Names) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def told(reply: Reply) -> str:
    """A reply in one line; whatever was not told is part of it."""
    assert "Traceback" not in json.dumps(reply.body)
    if reply.codes:
        assert all(error["message"] for error in reply.body["errors"])
        return f"{reply.status} {' '.join(sorted(set(reply.codes)))}"
    answers = [answer_of(value) for value in reply.body["data"].values()]
    return f"{reply.status} {' '.join(answers)}"


def answer_of(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, dict) and "nodes" in value:
        value = value["nodes"]
    if isinstance(value, list) and not any(value):
        value = None
    if value is None:
        return "nothing"
    rejection = value.get("rejection") if isinstance(value, dict) else None
    return f"rejection {rejection['code']}" if rejection else "done"
