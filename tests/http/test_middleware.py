"""Promises for every request: bounded, named, masked, and from our own pages or no page at all."""

import logging
from collections.abc import AsyncIterator, Sequence

import pytest

from tests.http.example import Desk, client, codes, make_app


async def test_a_body_is_refused_by_its_announced_length() -> None:
    app, _ = make_app()
    async with client(app) as speaking:
        response = await speaking.post(
            "/graphql", content=b" " * 1_048_577, headers={"Content-Type": "application/json"}
        )
    assert response.status_code == 413
    assert codes(response.json()) == ["BAD_USER_INPUT"]


async def test_a_body_without_a_length_is_refused_as_soon_as_it_is_too_long() -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(10_000):
            taken += 1
            yield b" " * 65_536

    app, _ = make_app()
    async with client(app) as speaking:
        response = await speaking.post("/graphql", content=endless(), headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    assert taken < 20


@pytest.mark.parametrize("length", ["-1", "1e3", "x", "9" * 40])
async def test_a_length_must_be_a_number(length: str) -> None:
    app, _ = make_app()
    async with client(app) as speaking:
        response = await speaking.post("/graphql", content=b"{}", headers={"Content-Length": length})
    assert response.status_code == 400


async def test_headers_are_bounded() -> None:
    app, _ = make_app()
    async with client(app) as speaking:
        assert (await speaking.get("/livez", headers={"X-Long": "x" * 16_384})).status_code == 431
        assert (await speaking.get("/livez?" + "x" * 16_384)).status_code == 431


async def test_every_request_has_a_name() -> None:
    app, _ = make_app()
    async with client(app) as speaking:
        assert (await speaking.get("/livez")).headers["X-Request-Id"].startswith("req_")
        response = await speaking.get("/livez", headers={"X-Request-Id": "mine-1"})
        assert response.headers["X-Request-Id"] == "mine-1"
        response = await speaking.get("/livez", headers={"X-Request-Id": "not mine"})
        assert response.headers["X-Request-Id"].startswith("req_")


@pytest.mark.parametrize("path", ["/livez", "/graphql", "/nothing", "/graphiql"])
async def test_every_answer_carries_the_security_headers(path: str) -> None:
    app, _ = make_app(profile="development")
    async with client(app) as speaking:
        headers = (await speaking.get(path)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "Cache-Control" in headers


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("POST", "/livez", 405)])
async def test_what_the_router_refuses_is_json(method: str, path: str, status: int) -> None:
    app, _ = make_app()
    async with client(app) as speaking:
        response = await speaking.request(method, path)
    assert response.status_code == status
    assert codes(response.json()) == ["BAD_USER_INPUT"]


ORIGINS = [
    ({}, 200),
    ({"Origin": "http://spendable.test"}, 200),
    ({"Origin": "https://spendable.test"}, 200),
    ({"Origin": "https://evil.test"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": "http://["}, 403),
    ({"Sec-Fetch-Site": "same-origin"}, 200),
    ({"Sec-Fetch-Site": "none"}, 200),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Sec-Fetch-Site": "same-site", "Origin": "https://app.test"}, 200),
    ({"Origin": "https://app.test.evil.test"}, 403),
    ({"Origin": "https://evilapp.test"}, 403),
    ({"Origin": "https://app.test:8443"}, 403),
    ({"Origin": "http://app.test"}, 403),
    ({"Origin": "https://APP.test"}, 403),
    ({"Origin": "http://spendable.test:81"}, 403),
    ({"Origin": "http://me@spendable.test"}, 403),
    ({"Origin": "https://app.test, https://evil.test"}, 403),
    ({"Origin": ""}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "https://app.test"}, 200),
]


@pytest.mark.parametrize(("headers", "status"), ORIGINS)
async def test_pages_of_other_sites_are_refused_unless_allowed(headers: dict[str, str], status: int) -> None:
    app, _ = make_app(allowed_origins="https://app.test")
    async with client(app) as speaking:
        response = await speaking.post("/graphql", json={"query": "{ hello }"}, headers=headers)
        assert response.status_code == status
        if status == 403:
            assert codes(response.json()) == ["FORBIDDEN"]


async def test_a_link_from_another_site_may_lead_to_a_page() -> None:
    app, _ = make_app(profile="development")
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    async with client(app) as speaking:
        response = await speaking.get("/", headers=headers)
        assert (response.status_code, response.headers["Location"]) == (307, "/graphiql")
        assert (await speaking.get("/graphql", headers=headers)).status_code == 403
        framed = headers | {"Sec-Fetch-Dest": "iframe"}
        assert (await speaking.get("/graphiql", headers=framed)).status_code == 403
        opened = headers | {"Sec-Fetch-Dest": "document"}
        assert (await speaking.get("/graphiql", headers=opened)).status_code == 200


def preflight(origin: str, method: str = "POST", headers: str = "authorization,content-type") -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }


async def test_an_allowed_origin_may_ask_first() -> None:
    app, _ = make_app(allowed_origins="https://app.test")
    async with client(app, key=None) as speaking:
        response = await speaking.options("/graphql", headers=preflight("https://app.test"))
        assert response.status_code == 200
        assert response.headers["Access-Control-Allow-Origin"] == "https://app.test"
        assert response.headers["Vary"].startswith("Origin")
        assert response.headers["Access-Control-Max-Age"] == "600"
        assert "Access-Control-Allow-Credentials" not in response.headers
        for asked in (preflight("https://app.test", "DELETE"), preflight("https://app.test", headers="x-admin")):
            assert (await speaking.options("/graphql", headers=asked)).status_code == 400


@pytest.mark.parametrize("chosen", ["", "https://app.test"])
@pytest.mark.parametrize(
    "origin", ["https://evil.test", "null", "https://app.test.evil.test", "https://evilapp.test", "http://app.test"]
)
async def test_no_other_origin_is_told_anything(chosen: str, origin: str) -> None:
    app, _ = make_app(allowed_origins=chosen)
    async with client(app) as speaking:
        for response in (
            await speaking.options("/graphql", headers=preflight(origin)),
            await speaking.post("/graphql", json={"query": "{ hello }"}, headers={"Origin": origin}),
            await speaking.get("/graphql", params={"query": "{ hello }"}, headers={"Origin": origin}),
            await speaking.get("/livez", headers={"Origin": origin}),
        ):
            assert response.status_code == 403
            assert [name for name in response.headers if name.startswith("access-control")] == []


async def test_what_an_allowed_origin_reads_is_its_own_and_never_by_a_cookie() -> None:
    app, _ = make_app(allowed_origins="https://app.test, https://other.test")
    async with client(app) as speaking:
        response = await speaking.post("/graphql", json={"query": "{ hello }"}, headers={"Origin": "https://app.test"})
        assert response.headers["Access-Control-Allow-Origin"] == "https://app.test"
        assert "Origin" in response.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert "Set-Cookie" not in response.headers


async def test_two_origins_are_none() -> None:
    app, _ = make_app(allowed_origins="https://app.test")
    async with client(app) as speaking:
        request = speaking.build_request("POST", "/graphql", json={"query": "{ hello }"})
        request.headers = type(request.headers)(
            [*request.headers.multi_items(), ("Origin", "https://app.test"), ("Origin", "https://evil.test")]
        )
        assert (await speaking.send(request)).status_code == 403


async def test_an_unforeseen_error_is_masked_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Desk):
        async def find_key(self, key_id: str) -> None:
            self.log.append(key_id)
            raise RuntimeError("the secret is 42")

    app, _ = make_app(Broken())
    with caplog.at_level(logging.ERROR, "spendable"):
        async with client(app) as speaking:
            response = await speaking.post("/graphql", json={"query": "{ hello }"})
    assert response.status_code == 500
    assert codes(response.json()) == ["INTERNAL_SERVER_ERROR"]
    assert "secret" not in response.text
    error_id = response.json()["errors"][0]["extensions"]["errorId"]
    logged = [entry for entry in caplog.records if entry.levelno >= logging.ERROR]
    assert [entry.__dict__["spendable"]["error_id"] for entry in logged] == [error_id]


async def test_more_requests_than_can_be_answered_are_refused_at_once_but_a_busy_process_is_alive() -> None:
    app, _ = make_app(requests_in_flight_max=1)

    class Asking(Desk):
        async def ready(self) -> Sequence[str]:
            async with client(app) as inner:
                assert (await inner.get("/livez")).status_code == 200
                response = await inner.get("/graphiql")
            assert codes(response.json()) == ["OVERLOADED"]
            return [str(response.status_code)]

    app, _ = make_app(Asking(), requests_in_flight_max=1)
    async with client(app) as speaking:
        assert (await speaking.get("/readyz")).json()["reasons"] == ["503"]
        assert (await speaking.get("/livez")).status_code == 200
