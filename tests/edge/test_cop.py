"""What graphql-cop looks for, asked as it asks: nothing above "info" is found on a server in production.

Its one finding in the mode `allow` is that queries are answered over GET. GraphQL over HTTP wants that, and as keys are
never sent by a browser of itself, no other site gains by it; in the mode `only` there is nothing left to find.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import services, store
from tests.faults.conftest import add_key, new_ledger
from tests.faults.server import serving

CIRCLE = "{ __schema { types { " + "fields { type { " * 8 + "name" + " } }" * 8 + " } } }"
TYPENAME = "query cop { __typename }"
MUTATION = "mutation cop { __typename }"
KNOWN = {"allow": {"GET"}, "only": set[str]()}
PARTNER = tuple(scope for scope in services.Scope if scope is not services.Scope.INTROSPECT)


@pytest.fixture(params=["allow", "only"])
def mode(request: pytest.FixtureRequest) -> str:
    """How documents are answered."""
    found: str = request.param
    return found


@pytest.fixture
async def speaking(mode: str, url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A partner, who may do anything but introspect, at a server in production."""
    ledger = await new_ledger(url)
    database = store.open_database(ledger.url)
    key = await add_key(database, ledger.tenant_id, scopes=PARTNER)
    await database.close()
    folder = tmp_path / "documents"
    folder.mkdir()
    chosen = {"profile": "production", "documents_mode": mode, "documents_folder": folder}
    async with (
        serving(ledger.url, tmp_path, **chosen) as server,
        httpx.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {key}"}) as made,
    ):
        yield made


async def post(speaking: httpx.AsyncClient, query: object) -> Any:  # noqa: ANN401 - whatever JSON is answered
    return (await speaking.post("/graphql", json=query if isinstance(query, list) else {"query": query})).json()


def has_data(answer: Any) -> bool:  # noqa: ANN401 - as above
    return bool(answer[0].get("data") if isinstance(answer, list) else answer.get("data"))


async def findings(speaking: httpx.AsyncClient) -> set[str]:
    """What graphql-cop would report, each check by what it takes for a finding."""
    found = set()
    documents = {
        "introspection": "query cop { __schema { types { name fields { name } } } }",
        "circular introspection": CIRCLE,
        "101 aliases": f"query cop {{ {' '.join(f'alias{n}: __typename' for n in range(101))} }}",
        "500 times the same field": f"query cop {{ {'__typename ' * 500} }}",
    }
    for name, document in documents.items():
        if has_data(await post(speaking, document)):
            found.add(name)
    if has_data(await post(speaking, [{"query": TYPENAME}] * 10)):
        found.add("a batch of ten")
    directives = await post(speaking, f"query cop {{ __typename {'@aa' * 10} }}")
    if len(directives.get("errors", ())) >= 10:
        found.add("ten directives")
    for document in (
        "query cop { accountz }",
        "query cop { __schema { directive } }",
        "query cop { viewer { tenan } }",
    ):
        if "Did you mean" in str(await post(speaking, document)):
            found.add("suggestions")
    broken = await speaking.post("/graphql", json={"query": "qwerty cop { abc }"}, headers={"X-Apollo-Tracing": "1"})
    if any(word in broken.text.lower() for word in ("exception", "stacktrace", "traceback")):
        found.add("unhandled errors")
    if "tracing" in broken.text.lower():
        found.add("tracing")
    return found | await over_http(speaking)


async def over_http(speaking: httpx.AsyncClient) -> set[str]:
    """The same about methods, forms, pages and what is sent beside an answer."""
    found = set()
    for name, query in (("GET", TYPENAME), ("GET with a mutation", MUTATION)):
        if has_data((await speaking.get("/graphql", params={"query": query})).json()):
            found.add(name)
    forms: list[dict[str, Any]] = [
        {"data": {"query": TYPENAME}},
        {"files": {"query": (None, TYPENAME)}},
        {"content": '{"query":"{ __typename }"}', "headers": {"Content-Type": "text/plain"}},
        {"content": TYPENAME, "headers": {"Content-Type": "application/graphql"}},
    ]
    if any([has_data((await speaking.post("/graphql", **form)).json()) for form in forms]):
        found.add("a form")
    for path in ("/", "/graphiql", "/playground", "/console", "/graphql", "/altair", "/voyager", "/v1/graphql"):
        page = await speaking.get(path, headers={"Accept": "text/html"})
        if "text/html" in page.headers["Content-Type"] or page.status_code == 200:
            found.add("a page to try it with")
        if "server" in page.headers or "x-powered-by" in page.headers:
            found.add("a name of the server")
    return found


async def test_nothing_is_found_in_production(mode: str, speaking: httpx.AsyncClient) -> None:
    assert await findings(speaking) == KNOWN[mode]


async def test_without_a_key_nothing_is_found_at_all(speaking: httpx.AsyncClient) -> None:
    del speaking.headers["Authorization"]
    assert await findings(speaking) == set()
