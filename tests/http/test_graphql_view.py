"""Promises of GraphQL over HTTP: what is asked for is answered, what cannot be read is refused as JSON."""

import asyncio
import json
from typing import Any

import pytest
from starlette.types import Message

from tests.http.example import KEY, ask, client, codes, make_app

MODERN = "application/graphql-response+json"
LEGACY = "application/json"

BODIES: list[tuple[str, bytes]] = [
    ("a number", b"1"),
    ("null", b"null"),
    ("text", b'"x"'),
    ("a batch", b'[{"query":"{hello}"}]'),
    ("nothing", b""),
    ("no JSON", b"{"),
    ("invalid UTF-8", b'{"query":"{hello}","x":"\xff"}'),
    ("UTF-16", '{"query":"{hello}"}'.encode("utf-16")),
    ("3,000 deep", b'{"query":"{hello}","variables":' + b'{"a":' * 3_000 + b"1" + b"}" * 3_000 + b"}"),
    ("3,000 deep, never closed", b"[" * 3_000),
    ("a quarter of a million deep", b"[" * 250_000),
    ("NaN", b'{"query":"{hello}","variables":{"a":NaN}}'),
    ("Infinity", b'{"query":"{hello}","variables":{"a":-Infinity}}'),
    ("a number beyond all floats", b'{"query":"{hello}","variables":{"a":1e999}}'),
    ("an integer of 5,000 digits", b'{"query":"{hello}","variables":{"a":' + b"9" * 5_000 + b"}}"),
    ("a duplicate name", b'{"query":"{hello}","query":"{hello}"}'),
    ("a duplicate name inside", b'{"query":"{hello}","variables":{"a":1,"a":1}}'),
    ("half a surrogate pair", b'{"query":"{hello}","variables":{"a":"\\ud800"}}'),
    ("NUL", b'{"query":"{hello}","variables":{"a":"\\u0000"}}'),
    ("a control character", b'{"query":"{hello}","variables":{"a":"\x01"}}'),
    ("no query", b'{"variables":{}}'),
    ("an empty query", b'{"query":""}'),
    ("a query that is an object", b'{"query":{}}'),
    ("an operation name that is a number", b'{"query":"{hello}","operationName":1}'),
    ("variables that are a list", b'{"query":"{hello}","variables":[]}'),
    ("extensions that are text", b'{"query":"{hello}","extensions":"x"}'),
    ("a trailing comma", b'{"query":"{hello}",}'),
    ("two values", b'{"query":"{hello}"}{}'),
]


@pytest.mark.parametrize(("what", "body"), BODIES, ids=[what for what, _ in BODIES])
@pytest.mark.parametrize("accept", [MODERN, LEGACY])
async def test_a_body_that_is_no_request_is_refused_with_400(what: str, body: bytes, accept: str) -> None:
    app, desk = make_app()
    async with client(app) as speaking:
        response = await speaking.post(
            "/graphql", content=body, headers={"Content-Type": "application/json", "Accept": accept}
        )
    assert response.status_code == 400
    assert codes(response.json()) == ["BAD_USER_INPUT"]
    assert "data" not in response.json()
    assert desk.acted == []


async def test_brackets_in_text_are_no_depth() -> None:
    app, _ = make_app()
    name = '[{"\\' * 200
    answer = await ask(app, "query($name: String!) { hello(name: $name) }", variables={"name": name})
    assert answer["data"] == {"hello": f"hello {name}"}


ACCEPTED: list[tuple[str | None, str | None]] = [
    (None, LEGACY),
    ("", LEGACY),
    ("*/*", LEGACY),
    ("application/*", LEGACY),
    (LEGACY, LEGACY),
    (MODERN, MODERN),
    (f"{MODERN}; charset=utf-8, {LEGACY}; charset=utf-8", MODERN),
    (f"{LEGACY}, {MODERN}", MODERN),
    (f"{LEGACY}, {MODERN};q=0.5", LEGACY),
    (f"{MODERN};q=0, */*;q=0.1", LEGACY),
    ("text/html", None),
    ("text/html, application/json;q=0", None),
    (f"{MODERN};q=much", None),
]


@pytest.mark.parametrize(("accept", "sent"), ACCEPTED)
async def test_the_media_type_is_negotiated(accept: str | None, sent: str | None) -> None:
    app, _ = make_app()
    async with client(app) as speaking:
        if accept is None:
            del speaking.headers["Accept"]
        else:
            speaking.headers["Accept"] = accept
        response = await speaking.post("/graphql", json={"query": "{ hello }"})
    assert response.status_code == (406 if sent is None else 200)
    assert response.headers["Content-Type"] == f"{sent or LEGACY}; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"


CONTENT_TYPES = [
    ("application/json", 200),
    ("application/json; charset=utf-8", 200),
    ('Application/JSON; charset="UTF-8"', 200),
    ("application/json; charset=latin-1", 415),
    ("text/plain", 415),
    ("application/x-www-form-urlencoded", 415),
    ("multipart/form-data; boundary=x", 415),
    ("application/graphql", 415),
    ("", 415),
]


@pytest.mark.parametrize(("content_type", "status"), CONTENT_TYPES)
async def test_only_json_is_read(content_type: str, status: int) -> None:
    app, _ = make_app()
    async with client(app) as speaking:
        response = await speaking.post(
            "/graphql", content=b'{"query":"{hello}"}', headers={"Content-Type": content_type}
        )
    assert response.status_code == status
    if status == 415:
        assert codes(response.json()) == ["BAD_USER_INPUT"]


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("{", {}, "GRAPHQL_PARSE_FAILED"),
    ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
    ('{ big(value: "x") }', {}, "BAD_USER_INPUT"),
    ("query($v: BigInt!) { big(value: $v) }", {"variables": {"v": 1.5}}, "BAD_USER_INPUT"),
    ("query($v: BigInt!) { big(value: $v) }", {}, "BAD_USER_INPUT"),
    ("query A { hello } query B { hello }", {}, "BAD_USER_INPUT"),
    ("query A { hello }", {"operationName": "B"}, "BAD_USER_INPUT"),
    ("subscription { hello }", {}, "GRAPHQL_VALIDATION_FAILED"),
]


@pytest.mark.parametrize(("query", "body", "code"), REFUSED)
@pytest.mark.parametrize(("accept", "status"), [(MODERN, 400), (LEGACY, 200)])
async def test_a_request_of_which_nothing_was_run_has_no_data(
    query: str, body: dict[str, Any], code: str, accept: str, status: int
) -> None:
    app, _ = make_app()
    async with client(app) as speaking:
        response = await speaking.post("/graphql", json={"query": query, **body}, headers={"Accept": accept})
    assert response.status_code == status
    assert codes(response.json()) == [code]
    assert "data" not in response.json()


async def test_get_answers_queries() -> None:
    app, _ = make_app()
    parameters = {"query": "query($n: String) { hello(name: $n) }", "variables": '{"n":"Ada"}'}
    async with client(app) as speaking:
        response = await speaking.get("/graphql", params=parameters)
    assert response.json()["data"] == {"hello": "hello Ada"}


ACT = 'mutation { act(input: { idempotencyKey: "k", amount: { amount: "1.50", currency: "EUR" } }) }'


async def test_get_never_changes_anything() -> None:
    app, desk = make_app()
    async with client(app) as speaking:
        response = await speaking.get("/graphql", params={"query": ACT})
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert codes(response.json()) == ["BAD_USER_INPUT"]
    assert desk.acted == []


@pytest.mark.parametrize(
    "parameters",
    [
        "",
        "query=%7Bhello%7D&query=%7Bhello%7D",
        "query=%FF",
        "query=%7Bhello%7D&variables=[]",
        "query=%7Bhello%7D&variables=%7B",
        "query=%7Bhello%7D%00",
        "&".join(f"p{number}=1" for number in range(50)),
    ],
)
async def test_a_get_that_is_no_request_is_refused_with_400(parameters: str) -> None:
    app, _ = make_app()
    async with client(app) as speaking:
        response = await speaking.get(f"/graphql?{parameters}")
    assert response.status_code == 400
    assert codes(response.json()) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_refused_and_told_which_are_taken(method: str) -> None:
    app, _ = make_app()
    async with client(app) as speaking:
        response = await speaking.request(method, "/graphql")
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, POST"


async def test_a_query_is_given_up_at_the_deadline() -> None:
    app, desk = make_app(client_deadline_seconds=0.05)
    async with client(app) as speaking:
        response = await speaking.post("/graphql", json={"query": "{ slow }"}, headers={"Accept": MODERN})
    assert response.status_code == 504
    assert codes(response.json()) == ["DEADLINE_EXCEEDED"]
    assert desk.log == ["started", "closed", "drained"]


async def test_a_mutation_outlives_its_deadline_and_its_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.graphql.execution.MUTATION_GRACE_SECONDS", 0.0)
    app, desk = make_app(client_deadline_seconds=0.01)
    async with client(app) as speaking:
        response = await speaking.post("/graphql", json={"query": ACT}, headers={"Accept": MODERN})
        assert codes(response.json()) == ["OUTCOME_UNKNOWN"]
        assert desk.acted == []
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await speaking.post("/graphql", json={"query": ACT})
    assert len(desk.acted) == 2, "stopping waits for what was begun"
    assert desk.log[-1] == "drained"


async def test_answers_are_exact_json() -> None:
    app, _ = make_app()
    async with client(app) as speaking:
        response = await speaking.post("/graphql", json={"query": '{ big(value: "9223372036854775807") hello }'})
    assert response.content.startswith(b'{"data":{"big":"92233720368547758070","hello":"hello you"},"extensions":')
    assert json.loads(response.content) == response.json()


async def test_a_websocket_is_refused() -> None:
    app, _ = make_app()
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/graphql", "headers": [], "query_string": b"", "subprotocols": []}
    await app(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


async def test_a_key_is_needed_before_anything_is_read() -> None:
    app, _ = make_app()
    async with client(app, key=None) as speaking:
        response = await speaking.post("/graphql", content=b"{")
        assert response.status_code == 401
        response = await speaking.post("/graphql", content=b"{", headers={"Authorization": f"Bearer {KEY.text}"})
        assert response.status_code == 415
