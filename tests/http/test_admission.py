"""Promises of admission: refused before anything is done, with a time to wait; queries first, mutations last."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app import services
from app.graphql.cost import MUTATION_POINTS
from app.http.admission import REFUSED_POINTS
from tests.http.example import KEY, OTHER, Desk, client, codes, make_app, record

ACT = 'mutation { act(input: { idempotencyKey: "k", amount: { amount: "1", currency: "EUR" } }) }'
PAGE = "{ things(first: 40) { nodes { name } } }"
DEAR = "{ things(first: 100) { nodes { name } } }"


def frugal(maximum: int) -> Desk:
    """A desk whose budgets do not fill while a test runs."""
    return Desk(
        keys={KEY.key_id: record(), OTHER.key_id: record(key_id=OTHER.key_id, secret_hash=OTHER.secret_hash)},
        budgets=services.Budgets(maximum, 1, now=lambda: 0.0),
    )


def assert_refused(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, codes(response.json())) == (status, [code])
    assert int(response.headers["Retry-After"]) >= 1
    assert "data" not in response.json()


async def asked(speaking: httpx.AsyncClient, query: str) -> httpx.Response:
    return await speaking.post("/graphql", json={"query": query})


async def test_an_answer_tells_its_cost_in_the_usual_shape() -> None:
    app, _ = make_app(frugal(1_000))
    async with client(app) as speaking:
        answer = (await asked(speaking, "{ things(first: 40) { nodes { name } } }")).json()
        assert answer["extensions"]["cost"] == {
            "requestedQueryCost": 41,
            "actualQueryCost": 41,
            "throttleStatus": {"maximumAvailable": 1_000, "currentlyAvailable": 959, "restoreRate": 1},
        }
        answer = (await asked(speaking, 'query { refused(with_: "forbidden") }')).json()
        assert answer["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 958


async def test_what_was_not_run_is_given_back_but_for_the_point_of_the_request() -> None:
    app, desk = make_app(frugal(1_000))
    async with client(app) as speaking:
        body = {"query": "query ($n: Int!) { things(first: $n) { nodes { name } } }", "variables": {"n": "many"}}
        answer = (await speaking.post("/graphql", json=body)).json()
    assert answer["extensions"]["cost"]["actualQueryCost"] is None
    assert desk.budget(KEY.key_id).state().currently_available == 999


async def test_a_bearer_without_points_is_refused_with_429_and_others_are_not() -> None:
    app, desk = make_app(frugal(100))
    async with client(app) as speaking:
        assert (await asked(speaking, PAGE)).status_code == 200
        assert (await asked(speaking, PAGE)).status_code == 200
        assert_refused(await asked(speaking, PAGE), 429, "THROTTLED")
        other = await speaking.post("/graphql", json={"query": PAGE}, headers={"Authorization": f"Bearer {OTHER.text}"})
        assert other.status_code == 200
    assert desk.log.count("closed") == 3


async def test_the_last_of_a_budget_is_for_mutations() -> None:
    app, desk = make_app(frugal(100))
    desk.budget(KEY.key_id).take(89)
    async with client(app) as speaking:
        assert_refused(await asked(speaking, PAGE), 429, "THROTTLED")
        assert (await asked(speaking, ACT)).json()["data"] == {"act": "1 EUR"}
        for _ in range(100 - 90 - MUTATION_POINTS):
            await asked(speaking, "{ hello }")
        assert_refused(await asked(speaking, ACT), 429, "THROTTLED")
    assert len(desk.acted) == 1


async def test_refused_documents_use_up_a_budget_too() -> None:
    app, desk = make_app(frugal(10 * (REFUSED_POINTS + 1)))
    async with client(app) as speaking:
        for _ in range(10):
            assert codes((await asked(speaking, "{ nothing }")).json()) == ["GRAPHQL_VALIDATION_FAILED"]
        assert_refused(await asked(speaking, "{ nothing }"), 429, "THROTTLED")
    assert desk.budget(KEY.key_id).state().currently_available == 0


async def test_a_busy_server_refuses_dear_queries_then_all_and_mutations_last() -> None:
    app, desk = make_app(requests_in_flight_max=8)
    async with client(app) as speaking:

        async def beside(busy: int, query: str) -> httpx.Response:
            begun = desk.begun
            pressing = [asyncio.create_task(asked(speaking, "{ slow }")) for _ in range(busy)]
            await _until(lambda: desk.begun == begun + busy)
            try:
                return await asked(speaking, query)
            finally:
                for task in pressing:
                    task.cancel()
                await asyncio.gather(*pressing, return_exceptions=True)

        assert (await beside(3, DEAR)).status_code == 200
        assert_refused(await beside(4, DEAR), 503, "OVERLOADED")
        assert (await beside(5, "{ hello }")).status_code == 200
        assert_refused(await beside(6, "{ hello }"), 503, "OVERLOADED")
        assert (await beside(6, ACT)).json()["data"] == {"act": "1 EUR"}
    assert len(desk.acted) == 1


async def test_a_tenant_has_only_so_many_operations_under_way() -> None:
    app, desk = make_app(tenant_operations_max=2)
    desk.may_act = asyncio.Event()
    async with client(app) as speaking:
        pressing = [asyncio.create_task(asked(speaking, ACT)) for _ in range(2)]
        await _until(lambda: desk.begun == 2)
        assert_refused(await asked(speaking, ACT), 429, "THROTTLED")
        desk.may_act.set()
        answers: list[Any] = await asyncio.gather(*pressing)
        assert [answer.status_code for answer in answers] == [200, 200]
        assert (await asked(speaking, ACT)).status_code == 200
    assert len(desk.acted) == 3


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_a_refusal_has_its_status_whatever_the_media_type(accept: str) -> None:
    app, desk = make_app(frugal(100))
    desk.budget(KEY.key_id).take(100)
    async with client(app) as speaking:
        response = await speaking.post("/graphql", json={"query": "{ hello }"}, headers={"Accept": accept})
    assert_refused(response, 429, "THROTTLED")


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - what is waited for is the server's own, and tells nobody
            await asyncio.sleep(0.001)
