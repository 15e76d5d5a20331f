"""Promises of key management over GraphQL: nobody gives away more than they have, and a text is shown once."""

import asyncio
from typing import Any

import pytest

from app import services, store
from tests.graphql.api import Api

CREATE = """mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  key { id name scopes createdBy createdAt expiresAt revokedAt lastUsedAt allowedAddresses rotatedFrom }
  text replayed rejection { code ... on IdempotencyKeyReused { differs } } } }"""
ROTATE = """mutation ($input: RotateApiKeyInput!) { rotateApiKey(input: $input) {
  key { id scopes rotatedFrom expiresAt allowedAddresses } text replayed
  rejection { code ... on Conflict { expected actual } ... on IdempotencyKeyReused { differs } } } }"""
REVOKE = "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { key { id revokedAt } } }"
LIST = """query ($first: Int, $after: String) { apiKeys(first: $first, after: $after) {
  nodes { id name expiresAt revokedAt } totalCount pageInfo { hasNextPage endCursor } } }"""
TERMS: dict[str, Any] = {"name": "till", "scopes": ["money:move", "balances:read"]}


async def create(api: Api, key: str = "once", **changes: object) -> dict[str, Any]:
    made: dict[str, Any] = (await api.data(CREATE, {"input": {"idempotencyKey": key} | TERMS | changes}))[
        "createApiKey"
    ]
    return made


async def listed(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.data(LIST))["apiKeys"]["nodes"]
    return found


async def test_a_key_is_made_and_its_text_shown_once(api: Api) -> None:
    made = await create(api, expiresAt="2999-01-01T00:00:00Z", allowedAddresses=["192.0.2.0/24", "2001:db8::1"])
    assert made["key"]["scopes"] == ["balances:read", "money:move"]
    assert made["key"]["createdBy"] == "key_test"
    assert made["key"]["allowedAddresses"] == ["192.0.2.0/24", "2001:db8::1/128"]
    presented = services.parse_key(made["text"])
    assert presented is not None
    assert presented.key_id == made["key"]["id"]
    record = await api.desk.gateway.find_key(presented.key_id)
    assert record is not None
    assert services.verify_secret(presented, record.secret_hash)
    assert record.scopes == {"balances:read", "money:move"}
    assert [record.allows(address) for address in ("192.0.2.7", "192.0.3.7", "2001:db8::1", "unknown", "")] == [
        True,
        False,
        True,
        False,
        False,
    ]
    again = await create(api, expiresAt="2999-01-01T00:00:00Z", allowedAddresses=["192.0.2.0/24", "2001:db8::1/128"])
    assert (again["replayed"], again["text"], again["key"]) == (True, None, made["key"])
    assert len(await listed(api)) == 1


async def test_an_idempotency_key_stands_for_its_terms(api: Api) -> None:
    await create(api)
    for changes, differs in (
        ({"name": "other"}, ["name"]),
        ({"scopes": ["money:move"]}, ["scopes"]),
        ({"allowedAddresses": ["192.0.2.1"], "name": "x"}, ["name", "allowedAddresses"]),
        ({"expiresAt": "2999-01-01T00:00:00Z"}, ["expiresAt"]),
    ):
        answer = await create(api, **changes)
        assert answer["rejection"] == {"code": "IDEMPOTENCY_KEY_REUSED", "differs": differs}
        assert answer["key"] is None
    assert len(await listed(api)) == 1


async def test_of_a_hundred_equal_requests_one_makes_the_key(api: Api) -> None:
    answers = await asyncio.gather(*(create(api) for _ in range(100)))
    assert len({answer["key"]["id"] for answer in answers}) == 1
    assert [answer["text"] is not None for answer in answers].count(True) == 1
    assert len(await listed(api)) == 1


async def test_a_rotated_key_goes_on_for_the_overlap_and_not_beyond_its_own_end(api: Api) -> None:
    old = (await create(api, allowedAddresses=["192.0.2.0/24"]))["key"]
    given = {"idempotencyKey": "rotate", "key": old["id"], "overlapSeconds": 3_600}
    new = (await api.data(ROTATE, {"input": given}))["rotateApiKey"]
    assert (new["key"]["rotatedFrom"], new["key"]["scopes"]) == (old["id"], old["scopes"])
    assert (new["key"]["allowedAddresses"], new["key"]["expiresAt"]) == (["192.0.2.0/24"], None)
    record = await api.desk.gateway.find_key(old["id"])
    assert record is not None
    assert record.expires_at is not None
    assert 3_590 < (record.expires_at - services.now_microseconds()) / 1_000_000 < 3_610
    replay = (await api.data(ROTATE, {"input": given}))["rotateApiKey"]
    assert (replay["replayed"], replay["text"], replay["key"]["id"]) == (True, None, new["key"]["id"])
    other = (await api.data(ROTATE, {"input": given | {"key": new["key"]["id"]}}))["rotateApiKey"]
    assert other["rejection"] == {"code": "IDEMPOTENCY_KEY_REUSED", "differs": ["key"]}
    longer = {"idempotencyKey": "again", "key": old["id"], "overlapSeconds": 2_592_000}
    await api.data(ROTATE, {"input": longer})
    unchanged = await api.desk.gateway.find_key(old["id"])
    assert unchanged is not None
    assert unchanged.expires_at == record.expires_at


async def test_a_key_is_revoked_for_good_and_can_be_replaced_no_more(api: Api) -> None:
    old = (await create(api))["key"]["id"]
    first = (await api.data(REVOKE, {"input": {"key": old}}))["revokeApiKey"]["key"]
    assert first["revokedAt"] is not None
    assert (await api.data(REVOKE, {"input": {"key": old}}))["revokeApiKey"]["key"] == first
    record = await api.desk.gateway.find_key(old)
    assert record is not None
    assert record.revoked_at is not None
    refused = (await api.data(ROTATE, {"input": {"idempotencyKey": "r", "key": old}}))["rotateApiKey"]
    assert refused["rejection"] == {"code": "INVALID_STATUS", "expected": "ACTIVE", "actual": "REVOKED"}


async def test_nobody_reaches_beyond_their_own_scopes(api: Api) -> None:
    strong = (await create(api))["key"]["id"]
    weak = ["keys:manage", "balances:read"]
    for document, given in (
        (CREATE, {"idempotencyKey": "w"} | TERMS),
        (ROTATE, {"idempotencyKey": "w", "key": strong}),
        (REVOKE, {"key": strong}),
    ):
        error = await api.error(document, {"input": given}, scopes=weak)
        assert (error["extensions"]["code"], "money:move" in error["message"]) == ("FORBIDDEN", True)
    made = await api.ask(
        CREATE, {"input": {"idempotencyKey": "w"} | TERMS | {"scopes": ["balances:read"]}}, scopes=weak
    )
    assert made["data"]["createApiKey"]["rejection"] is None
    assert [key["revokedAt"] for key in await listed(api)] == [None, None]


async def test_a_key_of_scopes_that_another_version_knows_is_beyond_everybody(api: Api) -> None:
    made = services.make_key("TEST", services.new_id())
    async with api.desk.database.write() as unit:
        key = store.StoredKey(
            id=made.key_id,
            tenant_id=api.desk.principal.tenant_id,
            name="newer",
            secret_hash=made.secret_hash,
            scopes=frozenset({"balances:read", "money:print"}),
            created_at=await store.read_clock(unit),
        )
        await store.insert_key(unit, key)
        await unit.commit()
    for document, given in ((ROTATE, {"idempotencyKey": "w", "key": made.key_id}), (REVOKE, {"key": made.key_id})):
        error = await api.error(document, {"input": given})
        assert (error["extensions"]["code"], "money:print" in error["message"]) == ("FORBIDDEN", True)
    assert [key["revokedAt"] for key in await listed(api)] == [None]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "x" * 256}, ["name"]),
        ({"name": "a\nb"}, ["name"]),
        ({"scopes": []}, ["scopes"]),
        ({"scopes": ["money:move", "money:print"]}, ["scopes", 1]),
        ({"scopes": ["money:move"] * 100}, ["scopes"]),
        ({"expiresAt": "2001-01-01T00:00:00Z"}, ["expiresAt"]),
        ({"allowedAddresses": []}, ["allowedAddresses"]),
        ({"allowedAddresses": ["192.0.2.1"] * 65}, ["allowedAddresses"]),
        ({"allowedAddresses": ["192.0.2.1", "192.0.2.1/24"]}, ["allowedAddresses", 1]),
        ({"allowedAddresses": ["example.com"]}, ["allowedAddresses", 0]),
        ({"idempotencyKey": "no spaces"}, ["idempotencyKey"]),
    ],
)
async def test_wrong_terms_are_told_by_their_path(api: Api, given: dict[str, object], path: list[str | int]) -> None:
    error = await api.error(CREATE, {"input": {"idempotencyKey": "k"} | TERMS | given})
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "inputPath": ["input", *path]}
    assert await listed(api) == []


async def test_a_key_that_is_not_there_is_told_by_its_path(api: Api) -> None:
    nobody = "key_01h455vb4pex5vsknk084sn02q"
    for document, given in (
        (ROTATE, {"idempotencyKey": "k", "key": nobody}),
        (ROTATE, {"idempotencyKey": "k", "key": "key_1"}),
        (REVOKE, {"key": nobody}),
        (REVOKE, {"key": "acct_01h455vb4pex5vsknk084sn02q"}),
    ):
        error = await api.error(document, {"input": given})
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "inputPath": ["input", "key"]}
    for seconds in (-1, 2_592_001):
        error = await api.error(ROTATE, {"input": {"idempotencyKey": "k", "key": nobody, "overlapSeconds": seconds}})
        assert error["extensions"]["inputPath"] == ["input", "overlapSeconds"]


async def test_a_tenant_has_a_bounded_number_of_keys_in_force(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.key_desk.KEYS_IN_FORCE_MAX", 2)
    first = (await create(api, "1"))["key"]["id"]
    await create(api, "2")
    assert (await api.error(CREATE, {"input": {"idempotencyKey": "3"} | TERMS}))["extensions"][
        "code"
    ] == "BAD_USER_INPUT"
    await api.data(REVOKE, {"input": {"key": first}})
    assert (await create(api, "3"))["key"] is not None


async def test_keys_are_listed_page_by_page(api: Api) -> None:
    made = [(await create(api, str(number), name=f"key {number}"))["key"]["id"] for number in range(5)]
    seen: list[str] = []
    page: dict[str, Any] = {}
    after = None
    for _ in range(3):
        page = (await api.data(LIST, {"first": 2, "after": after}))["apiKeys"]
        assert page["totalCount"] == 5
        seen += [key["id"] for key in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert seen == made
    assert not page["pageInfo"]["hasNextPage"]
    backward = await api.data("{ apiKeys(last: 2) { nodes { id } } }")
    assert [key["id"] for key in backward["apiKeys"]["nodes"]] == made[-2:]


async def test_a_use_is_noted_and_written_in_time(api: Api) -> None:
    key = (await create(api))["key"]["id"]
    record = await api.desk.gateway.find_key(key)
    assert record is not None
    before = services.now_microseconds()
    api.desk.gateway.note_key_use(record)
    await api.desk.gateway._key_uses.flush()
    (found,) = (await api.data("{ apiKeys { nodes { lastUsedAt } } }"))["apiKeys"]["nodes"]
    assert found["lastUsedAt"] is not None
    await api.desk.gateway._key_uses._write(record.tenant_id, [(key, before - 1)], 0)
    assert (await api.data("{ apiKeys { nodes { lastUsedAt } } }"))["apiKeys"]["nodes"] == [found]
