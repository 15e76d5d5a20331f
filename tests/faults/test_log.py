"""Promises of the log: whatever is sent, and wherever, none of it stands there; each request leaves one line."""

import json
from pathlib import Path
from typing import Any

import httpx

from tests.faults.client import client, stock
from tests.faults.conftest import Ledger
from tests.faults.server import serving

SECRET = "hunter2"
AMOUNT = "8765.43"
_TRANSFER = """mutation Pay($input: TransferInput!) {
  transfer(input: $input) { transaction { id } rejection { code message } }
}"""
_OPEN = "mutation Open($input: OpenAccountInput!) { openAccount(input: $input) { account { id } rejection { code } } }"
_HOLD = "mutation Hold($input: PlaceHoldInput!) { placeHold(input: $input) { rejection { code } } }"


def bodies() -> list[dict[str, Any]]:
    """What a caller may send, with a secret in each place where there can be text."""
    money = {"amount": AMOUNT, "currency": "USD"}
    ends = {"from": {"externalId": "alice"}, "to": {"externalId": "bob"}}
    words = {"idempotencyKey": f"key-{SECRET}", "metadata": {SECRET: f"of {SECRET}"}}
    return [
        {"query": _OPEN, "variables": {"input": words | {"currency": "USD", "externalId": SECRET, "name": SECRET}}},
        {"query": _TRANSFER, "variables": {"input": words | ends | {"amount": money, "description": SECRET}}},
        {"query": _TRANSFER, "variables": {"input": words | ends | {"amount": money, "correlationId": SECRET}}},
        {"query": _TRANSFER, "variables": {"input": words | {"from": {"externalId": SECRET}, "amount": money}}},
        {"query": _HOLD, "variables": {"input": words | {"account": {"externalId": SECRET}, "amount": money}}},
        {"query": _TRANSFER, "variables": {"input": {SECRET: SECRET}}},
        {"query": _TRANSFER, "variables": {SECRET: SECRET, "input": f"{SECRET} {AMOUNT}"}},
        {"query": f"{{ {SECRET} }}"},
        {"query": f"{{ {SECRET}: viewer {{ {SECRET}: tenant }} }}"},
        {"query": f'{{ accounts(after: "{SECRET}") {{ nodes {{ id }} }} }}'},
        {"query": f'{{ node(id: "{SECRET}") {{ id }} }}'},
        {"query": f"{{ viewer {{ tenant }} }} # {SECRET}"},
        {"query": f"{SECRET} {{"},
        {"query": "{ viewer { tenant } }", "operationName": SECRET},
        {"query": "{ viewer { tenant } }", "extensions": {SECRET: SECRET}},
        {SECRET: SECRET},
    ]


async def test_nothing_that_is_sent_stands_in_the_log(sqlite_ledger: Ledger, logs: Path) -> None:
    ledger = sqlite_ledger
    odd = [{"X-Custom": SECRET}, {"Cookie": SECRET}, {"Authorization": f"Bearer {SECRET}"}, {"User-Agent": SECRET}]
    odd += [{"Authorization": f"Bearer {ledger.key[:-1]}"}, {"X-Forwarded-For": SECRET}, {"Accept": SECRET}]
    async with (
        serving(ledger.url, logs, log_level="DEBUG", log_format="json") as server,
        client(ledger.key, server.url) as teller,
        httpx.AsyncClient(
            base_url=server.url, headers={"Authorization": f"Bearer {ledger.key}"}, trust_env=False
        ) as http,
    ):
        await stock(teller, ("alice", "bob"), 10_000_000)
        for body in bodies():
            assert (await http.post("/graphql", json=body)).status_code < 500
        for headers in odd:
            assert (await http.post("/graphql", json=bodies()[1], headers=headers)).status_code < 500
        assert (await http.get(f"/{SECRET}?{SECRET}={SECRET}")).status_code == 404
        assert (await http.get("/graphql", params={"query": f"{{ {SECRET} }}"})).status_code < 500
        assert (await http.post("/graphql", content=SECRET)).status_code < 500
        named = {"query": f"query spy_{ledger.key} {{ viewer {{ tenant }} }}"}
        assert (await http.post("/graphql", json=named)).status_code == 200
        assert await server.stop() == 0
        log = server.log()
    for secret in (SECRET, AMOUNT, ledger.key, ledger.key[-38:], "alice", "bob", "viewer"):
        assert secret not in log, [line for line in log.splitlines() if secret in line]
    written = [json.loads(line) for line in log.splitlines()]
    asked = [line for line in written if line["event"] == "request" and line.get("place") != "/readyz"]
    assert len({line["request_id"] for line in asked}) == len(asked) > len(bodies()) + len(odd)
    paid = next(line for line in asked if line.get("operation") == "Pay")
    assert {"principal", "operation_type", "document", "status", "cost", "milliseconds"} <= set(paid)
    assert paid["principal"].startswith("key_")
    assert any(line.get("operation") == "[withheld]" for line in asked)
    assert {line.get("code") for line in asked} >= {"UNAUTHENTICATED", "BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED"}
