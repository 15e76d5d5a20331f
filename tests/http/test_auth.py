"""Promises of authentication: only a valid key passes, and every failure looks the same."""

from ipaddress import ip_network
from typing import Any
from uuid import UUID

import pytest

from app import services
from tests.http.example import KEY, NOW, OTHER, Desk, client, codes, make_app, record

WRONG_SECRET = services.make_key("TEST", UUID(int=7))
LIVE_TWIN = services.make_key("LIVE", UUID(int=7))

HEADERS: list[tuple[str, list[str], bool]] = [
    ("none", [], False),
    ("empty", [""], False),
    ("another scheme", [f"Basic {KEY.text}"], False),
    ("no scheme", [KEY.text], False),
    ("two headers", [f"Bearer {KEY.text}", f"Bearer {KEY.text}"], False),
    ("two keys", [f"Bearer {KEY.text}, {KEY.text}"], False),
    ("no key", ["Bearer x"], False),
    ("a very long key", ["Bearer " + "x" * 9_000], False),
    ("one letter off", [f"Bearer {KEY.text[:-1]}{'a' if KEY.text[-1] != 'a' else 'b'}"], False),
    ("an id that no UUID has", [f"Bearer {KEY.text.replace('00000000', 'zzzzzzzz', 1)}"], False),
    ("unknown", [f"Bearer {OTHER.text}"], True),
    ("a wrong secret", [f"Bearer {WRONG_SECRET.text}"], True),
    ("the other mode", [f"Bearer {LIVE_TWIN.text}"], True),
]


@pytest.mark.parametrize(("what", "given", "looked_up"), HEADERS, ids=[what for what, _, _ in HEADERS])
async def test_a_request_without_a_valid_key_is_refused(what: str, given: list[str], looked_up: bool) -> None:
    app, desk = make_app()
    async with client(app, key=None) as speaking:
        headers = [("Authorization", value) for value in given]
        response = await speaking.post("/graphql", json={"query": "{ hello }"}, headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert codes(response.json()) == ["UNAUTHENTICATED"]
    assert bool(desk.looked_up) == looked_up


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"expires_at": NOW + 1}, 200),
        ({"expires_at": NOW}, 401),
        ({"revoked_at": NOW - 1}, 401),
        ({"mode": "LIVE"}, 401),
        ({"secret_hash": ""}, 401),
        ({"allowed": (ip_network("127.0.0.0/8"),)}, 200),
        ({"allowed": (ip_network("::1"), ip_network("127.0.0.1"))}, 200),
        ({"allowed": (ip_network("192.0.2.0/24"),)}, 401),
        ({"allowed": ()}, 401),
    ],
)
async def test_a_key_holds_until_it_expires_or_is_revoked(changes: dict[str, Any], status: int) -> None:
    app, _ = make_app(Desk(keys={KEY.key_id: record(**changes)}))
    async with client(app) as speaking:
        response = await speaking.post("/graphql", json={"query": "{ hello }"})
    assert response.status_code == status


async def test_all_refusals_read_the_same() -> None:
    app, _ = make_app(Desk(keys={KEY.key_id: record(revoked_at=1)}))
    answers = set()
    async with client(app, key=None) as speaking:
        for key in (KEY.text, OTHER.text, WRONG_SECRET.text, "x"):
            response = await speaking.post(
                "/graphql", json={"query": "{ hello }"}, headers={"Authorization": f"Bearer {key}"}
            )
            answers.add(response.content)
    assert len(answers) == 1


async def test_a_key_is_remembered_for_a_moment_and_a_failure_never() -> None:
    app, desk = make_app(key_cache_seconds=5.0)
    async with client(app) as speaking:
        for _ in range(3):
            await speaking.post("/graphql", json={"query": "{ hello }"})
        for _ in range(3):
            await speaking.post(
                "/graphql", json={"query": "{ hello }"}, headers={"Authorization": f"Bearer {OTHER.text}"}
            )
    assert desk.looked_up == [KEY.key_id] + [OTHER.key_id] * 3


async def test_a_database_that_cannot_be_asked_is_no_wrong_key() -> None:
    class Lost(Desk):
        async def find_key(self, key_id: str) -> services.KeyRecord | None:
            self.log.append(key_id)
            raise services.Unavailable("The database cannot be reached.", retry_after_seconds=1)

    app, _ = make_app(Lost())
    async with client(app) as speaking:
        response = await speaking.post("/graphql", json={"query": "{ hello }"})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert codes(response.json()) == ["UNAVAILABLE"]


async def test_a_key_from_an_address_that_is_not_allowed_is_refused_like_any_other() -> None:
    nowhere = record(allowed=(ip_network("192.0.2.0/24"),))
    app, _ = make_app(Desk(keys={KEY.key_id: nowhere}), trusted_proxies="127.0.0.1")
    async with client(app) as speaking:
        told = await speaking.post("/graphql", json={"query": "{ hello }"})
        unknown = await speaking.post(
            "/graphql", json={"query": "{ hello }"}, headers={"Authorization": f"Bearer {OTHER.text}"}
        )
        through = await speaking.post(
            "/graphql", json={"query": "{ hello }"}, headers={"X-Forwarded-For": "203.0.113.1, 192.0.2.9"}
        )
    assert (told.status_code, told.content) == (401, unknown.content)
    assert through.status_code == 200
