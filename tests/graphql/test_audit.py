"""Promises of the audit log: whatever was asked to be changed is in it, with who, when and from where, for good."""

import asyncio
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from app import services
from app.store.tables import HISTORIES
from tests.graphql.api import Api, Statements

LOG = """query ($first: Int, $after: String, $last: Int, $filter: AuditFilter) {
  auditLog(first: $first, after: $after, last: $last, filter: $filter) {
    nodes { askedAt principal operation keyHash subject outcome code address sequence }
    pageInfo { hasNextPage endCursor } } }"""
USD_1 = {"amount": "1.00", "currency": "USD"}
TRANSFER: dict[str, Any] = {"from": {"externalId": "alice"}, "to": {"externalId": "bob"}, "amount": USD_1}
DOCUMENT = "mutation ($input: TransferInput!) { transfer(input: $input) { replayed rejection { code } } }"


async def log(api: Api, **given: object) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = (await api.data(LOG, {"first": 100} | given))["auditLog"]["nodes"]
    return nodes


def short(record: dict[str, Any]) -> tuple[object, ...]:
    return record["operation"], record["outcome"], record["code"]


async def send(api: Api, key: str, **changes: object) -> dict[str, Any]:
    return await api.ask(DOCUMENT, {"input": TRANSFER | {"idempotencyKey": key} | changes})


async def test_every_command_is_in_it_accepted_or_refused_in_the_order_of_asking(api: Api) -> None:
    before = len(await log(api))
    await send(api, "one")
    await send(api, "two", amount={"amount": "999.00", "currency": "USD"})
    await send(api, "one")
    found = (await log(api))[before:]
    assert [short(record) for record in found] == [
        ("transfer", "ACCEPTED", None),
        ("transfer", "REJECTED", "INSUFFICIENT_FUNDS"),
    ]
    assert found[0]["keyHash"] == hashlib.sha256(b"one").hexdigest()
    assert (found[0]["principal"], found[0]["sequence"] is None, found[1]["sequence"]) == ("key_test", False, None)
    assert [record["askedAt"] for record in found] == sorted(record["askedAt"] for record in found)


async def test_each_of_a_batch_is_in_it_and_the_place_that_it_came_from(api: Api) -> None:
    api.desk.principal = replace(api.desk.principal, address="192.0.2.7")
    before = len(await log(api))
    many = [{"transfer": TRANSFER | {"idempotencyKey": f"k{number}"}} for number in range(30)]
    document = "mutation ($input: SubmitInput!) { submit(input: $input) { results { replayed } } }"
    with Statements() as seen:
        await api.data(document, {"input": {"mode": "INDEPENDENT", "commands": many}})
    assert not [name for name in seen.names if name.startswith("audit")], "a command's record is its key's own row"
    found = (await log(api))[before:]
    assert [record["address"] for record in found] == ["192.0.2.7"] * 30
    assert [int(record["sequence"]) for record in found] == sorted(int(record["sequence"]) for record in found)


async def test_what_was_not_to_be_made_is_in_it_and_still_answered_with_its_error(api: Api) -> None:
    before = len(await log(api))
    refused = await api.ask(DOCUMENT, {"input": TRANSFER | {"idempotencyKey": "k"}}, scopes=["balances:read"])
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    await send(api, "no spaces")
    await api.ask("mutation { freezeClock { frozen } }", scopes=["money:move"])
    await api.ask("mutation { freezeClock { frozen } }")
    batch = "mutation ($input: SubmitInput!) { submit(input: $input) { results { replayed } } }"
    commands = [
        {"transfer": TRANSFER | {"idempotencyKey": "b"}},
        {"openAccount": {"idempotencyKey": "c", "currency": "USD"}},
    ]
    await api.ask(batch, {"input": {"mode": "INDEPENDENT", "commands": commands}}, scopes=["money:move"])
    assert [short(record) for record in (await log(api))[before:]] == [
        ("transfer", "REFUSED", "FORBIDDEN"),
        ("transfer", "REFUSED", "BAD_USER_INPUT"),
        ("freezeClock", "REFUSED", "FORBIDDEN"),
        ("freezeClock", "ACCEPTED", None),
        ("transfer", "ACCEPTED", None),
        ("submit", "REFUSED", "FORBIDDEN"),
    ]


async def test_changes_of_keys_are_in_it_with_the_key(api: Api) -> None:
    before = len(await log(api))
    given = 'input: { idempotencyKey: "k", name: "n", scopes: ["money:move"] }'
    create = f"mutation {{ createApiKey({given}) {{ key {{ id }} }} }}"
    key = (await api.data(create))["createApiKey"]["key"]["id"]
    rotate = f'mutation {{ rotateApiKey(input: {{ idempotencyKey: "r", key: "{key}" }}) {{ key {{ id }} }} }}'
    new = (await api.data(rotate))["rotateApiKey"]["key"]["id"]
    await api.data(f'mutation {{ revokeApiKey(input: {{ key: "{key}" }}) {{ key {{ id }} }} }}')
    found = (await log(api))[before:]
    assert [(*short(record), record["subject"]) for record in found] == [
        ("createApiKey", "ACCEPTED", None, key),
        ("rotateApiKey", "ACCEPTED", None, new),
        ("revokeApiKey", "ACCEPTED", None, key),
    ]


async def test_it_is_paged_from_both_ends_and_filtered(api: Api) -> None:
    for number in range(6):
        await send(api, f"k{number}")
        await api.ask("mutation { freezeClock { frozen } }")
    whole = await log(api)
    seen: list[dict[str, Any]] = []
    page: dict[str, Any] = {"pageInfo": {"hasNextPage": True, "endCursor": None}, "nodes": []}
    while page["pageInfo"]["hasNextPage"]:
        given = {"first": 5, "after": page["pageInfo"]["endCursor"]}
        page = (await api.data(LOG, given))["auditLog"]
        seen += page["nodes"]
    assert seen == whole
    assert (await api.data(LOG, {"last": 3}))["auditLog"]["nodes"] == whole[-3:]
    only = await log(api, filter={"operation": "freezeClock"})
    assert [record["operation"] for record in only] == ["freezeClock"] * 6
    assert await log(api, filter={"principal": "nobody"}) == []
    middle = whole[len(whole) // 2]["askedAt"]
    early, late = await log(api, filter={"askedBefore": middle}), await log(api, filter={"askedFrom": middle})
    assert early + late == whole
    assert late


async def test_it_is_for_those_who_may_read_it_and_nothing_changes_it(api: Api) -> None:
    others = [scope for scope in services.Scope if scope is not services.Scope.AUDIT_READ]
    assert (await api.error(LOG, {"first": 1}, scopes=others))["extensions"]["code"] == "FORBIDDEN"
    assert {"audit_records", "idempotency_keys"} <= {table.name for table in HISTORIES}


async def test_a_record_that_cannot_be_written_does_not_change_the_answer(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def full(*_: object) -> None:
        raise services.Overloaded("Full.")

    monkeypatch.setattr(api.desk.gateway.writer, "run", full)
    error = await api.error("mutation { freezeClock { frozen } }", scopes=["money:move"])
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert [record.message for record in caplog.records] == ["an audit record was not written"]


async def test_records_of_a_hundred_callers_at_once_are_all_there(api: Api) -> None:
    await asyncio.gather(*(send(api, f"at once {number}".replace(" ", "-")) for number in range(50)))
    found = [*(await api.data(LOG, {"last": 50}))["auditLog"]["nodes"]]
    assert len({record["keyHash"] for record in found}) == 50
