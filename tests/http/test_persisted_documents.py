"""Promises of documents asked for by id or hash: the right text or none, in every mode, and bounded."""

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import services
from tests.http.example import ask, client, codes, make_app

MODERN = "application/graphql-response+json"
HELLO = "query Hello($name: String) { hello(name: $name) }"
ACT = "mutation Act($input: ActInput!) { act(input: $input) }"
INPUT = {"input": {"idempotencyKey": "k", "amount": {"amount": "1", "currency": "EUR"}}}
SCHEMA = "{ __schema { queryType { name } } }"


def sha(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def by_hash(digest: object, query: str | None = None, version: object = 1) -> dict[str, Any]:
    body: dict[str, Any] = {"extensions": {"persistedQuery": {"version": version, "sha256Hash": digest}}}
    return body if query is None else body | {"query": query}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "documents"
    made.mkdir()
    publish(
        made, {"hello-1": HELLO, "act-1": ACT, "schema-1": SCHEMA, "two": "query A { hello } query B { big(value: 1) }"}
    )
    return made


def publish(folder: Path, documents: object, name: str = "first") -> None:
    (folder / f"{name}.json").write_text(json.dumps(documents))
    # Two changes within one tick of the file system's clock would look like one.
    changed = folder.stat().st_mtime_ns + 1_000_000
    os.utime(folder, ns=(changed, changed))


async def post(speaking: httpx.AsyncClient, **body: object) -> httpx.Response:
    return await speaking.post("/graphql", json=body, headers={"Accept": MODERN})


NAMED: list[tuple[dict[str, Any], object]] = [
    ({"documentId": "hello-1"}, {"hello": "hello you"}),
    ({"documentId": "hello-1", "query": ""}, {"hello": "hello you"}),
    ({"documentId": "hello-1", "query": None}, {"hello": "hello you"}),
    ({"documentId": "hello-1", "variables": {"name": "Ada"}}, {"hello": "hello Ada"}),
    ({"documentId": f"sha256:{sha(HELLO)}"}, {"hello": "hello you"}),
    ({"documentId": "two", "operationName": "A"}, {"hello": "hello you"}),
    ({"documentId": "act-1", "variables": INPUT}, {"act": "1 EUR"}),
    (by_hash(sha(HELLO)), {"hello": "hello you"}),
    (by_hash("hello-1"), {"hello": "hello you"}),
    (by_hash(sha(HELLO), HELLO), {"hello": "hello you"}),
    ({"query": HELLO}, {"hello": "hello you"}),
]


@pytest.mark.parametrize(("body", "data"), NAMED)
@pytest.mark.parametrize("mode", ["allow", "only"])
async def test_a_published_document_is_found_by_what_names_it(
    folder: Path, mode: str, body: dict[str, Any], data: object
) -> None:
    app, _ = make_app(documents_mode=mode, documents_folder=str(folder))
    async with client(app) as speaking:
        response = await post(speaking, **body)
    assert (response.status_code, response.json()["data"]) == (200, data)


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("off", {"documentId": "hello-1"}, 400, "BAD_USER_INPUT"),
    ("off", by_hash(sha(HELLO)), 400, "PERSISTED_QUERY_NOT_SUPPORTED"),
    ("off", by_hash(sha(HELLO), "{ hello }"), 400, "BAD_USER_INPUT"),
    ("allow", {"documentId": "hello-2"}, 400, "PERSISTED_QUERY_NOT_FOUND"),
    ("allow", {"documentId": "sha256:hello-1"}, 400, "PERSISTED_QUERY_NOT_FOUND"),
    ("allow", {"documentId": f"sha256:{sha('{ hello }')}"}, 400, "PERSISTED_QUERY_NOT_FOUND"),
    ("allow", by_hash(sha("{ hello }")), 400, "PERSISTED_QUERY_NOT_FOUND"),
    ("allow", by_hash(sha("{ hello }"), HELLO), 400, "BAD_USER_INPUT"),
    ("allow", by_hash(sha(HELLO).upper(), HELLO), 400, "BAD_USER_INPUT"),
    ("allow", by_hash(sha(HELLO), version=2), 400, "PERSISTED_QUERY_NOT_SUPPORTED"),
    ("allow", by_hash(sha(HELLO), version=True), 400, "PERSISTED_QUERY_NOT_SUPPORTED"),
    ("allow", by_hash(1), 400, "BAD_USER_INPUT"),
    ("allow", by_hash(""), 400, "BAD_USER_INPUT"),
    ("allow", {"extensions": {"persistedQuery": "x"}}, 400, "BAD_USER_INPUT"),
    ("allow", {"documentId": 1}, 400, "BAD_USER_INPUT"),
    ("allow", {"documentId": ""}, 400, "BAD_USER_INPUT"),
    ("allow", {"documentId": "hello-1", "query": "{ hello }"}, 400, "BAD_USER_INPUT"),
    ("allow", {"documentId": "hello-1"} | by_hash(sha(HELLO)), 400, "BAD_USER_INPUT"),
    ("allow", {"documentId": "hello-1", "query": 1}, 400, "BAD_USER_INPUT"),
    ("allow", {"documentId": "hello-1", "query": {}}, 400, "BAD_USER_INPUT"),
    ("allow", {"documentId": {}}, 400, "BAD_USER_INPUT"),
    ("allow", by_hash({}), 400, "BAD_USER_INPUT"),
    ("allow", {"documentId": "two"}, 400, "BAD_USER_INPUT"),
    ("only", {"query": "{ hello }"}, 403, "FORBIDDEN"),
    ("only", {"query": "{ __typename }"}, 403, "FORBIDDEN"),
    ("only", {"query": "{ __schema { types { name } } }"}, 403, "FORBIDDEN"),
    ("only", {"query": HELLO + " "}, 403, "FORBIDDEN"),
    ("only", {"query": "{"}, 403, "FORBIDDEN"),
    ("only", by_hash(sha("{ hello }"), "{ hello }"), 403, "FORBIDDEN"),
    ("only", by_hash(sha("{ hello }")), 400, "PERSISTED_QUERY_NOT_FOUND"),
    ("only", {"documentId": "hello-2"}, 400, "PERSISTED_QUERY_NOT_FOUND"),
]


@pytest.mark.parametrize(("mode", "body", "status", "code"), REFUSED)
async def test_what_a_mode_does_not_allow_is_refused(
    folder: Path, mode: str, body: dict[str, Any], status: int, code: str
) -> None:
    app, _ = make_app(documents_mode=mode, documents_folder=str(folder))
    async with client(app) as speaking:
        for _ in range(2):
            response = await post(speaking, **body)
            assert (response.status_code, codes(response.json())) == (status, [code])
            assert response.headers["Cache-Control"] == "no-store"


async def test_where_documents_are_off_a_text_with_its_hash_is_answered_but_not_kept() -> None:
    app, _ = make_app(documents_mode="off")
    assert (await ask(app, HELLO, **by_hash(sha(HELLO))))["data"] == {"hello": "hello you"}
    async with client(app) as speaking:
        response = await speaking.post("/graphql", json=by_hash(sha(HELLO)))
    assert response.json()["errors"][0]["message"] == "PersistedQueryNotSupported"


async def test_a_client_registers_a_text_by_its_hash_and_then_sends_the_hash_alone() -> None:
    app, _ = make_app()
    async with client(app) as speaking:
        first = await speaking.post("/graphql", json=by_hash(sha(HELLO)))
        assert (first.status_code, first.json()["errors"][0]["message"]) == (200, "PersistedQueryNotFound")
        assert (await post(speaking, **by_hash(sha(HELLO), HELLO))).json()["data"] == {"hello": "hello you"}
        assert (await post(speaking, **by_hash(sha(HELLO)))).json()["data"] == {"hello": "hello you"}
        parameters = {"extensions": json.dumps(by_hash(sha(HELLO))["extensions"]), "variables": '{"name":"Ada"}'}
        assert (await speaking.get("/graphql", params=parameters)).json()["data"] == {"hello": "hello Ada"}


async def test_nothing_can_be_put_under_the_hash_of_something_else() -> None:
    app, _ = make_app()
    other = "{ big(value: 1) }"
    async with client(app) as speaking:
        await post(speaking, **by_hash(sha(HELLO), HELLO))
        refused = await post(speaking, **by_hash(sha(HELLO), other))
        assert refused.json()["errors"][0]["extensions"]["inputPath"] == ["extensions", "persistedQuery"]
        assert (await post(speaking, **by_hash(sha(HELLO)))).json()["data"] == {"hello": "hello you"}
        assert codes((await post(speaking, **by_hash(sha(other)))).json()) == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_what_is_registered_is_bounded_and_valid() -> None:
    app, _ = make_app(documents_cached_max=3, documents_cached_characters_max=120)
    async with client(app) as speaking:

        async def is_kept(text: str) -> bool:
            return (await post(speaking, **by_hash(sha(text)))).status_code == 200

        texts = [f"{{ hello }} # {number}" for number in range(5)]
        for text in texts:
            await post(speaking, **by_hash(sha(text), text))
        assert [await is_kept(text) for text in texts] == [False, False, True, True, True]
        long = "{ hello } #" + "x" * 90
        await post(speaking, **by_hash(sha(long), long))
        assert [await is_kept(text) for text in (*texts[2:], long)] == [False, False, True, True]
        for wrong in ("{ nothing }", "{"):
            await post(speaking, **by_hash(sha(wrong), wrong))
            assert not await is_kept(wrong)
        too_long = "{ hello } #" + "x" * 200
        assert (await post(speaking, **by_hash(sha(too_long), too_long))).status_code == 200
        assert [await is_kept(text) for text in (too_long, long)] == [False, True]


async def test_a_mutation_by_id_needs_post_as_any_other(folder: Path) -> None:
    app, desk = make_app(documents_mode="only", documents_folder=str(folder))
    async with client(app) as speaking:
        response = await speaking.get("/graphql", params={"documentId": "act-1", "variables": json.dumps(INPUT)})
    assert (response.status_code, response.headers["Allow"], desk.acted) == (405, "POST", [])


async def test_only_what_is_about_the_schema_may_be_kept_and_by_the_client_alone(folder: Path) -> None:
    app, _ = make_app(documents_mode="only", documents_folder=str(folder))
    async with client(app) as speaking:
        money = await speaking.get("/graphql", params={"documentId": "hello-1"})
        assert money.headers["Cache-Control"] == "no-store"
        assert "ETag" not in money.headers
        schema = await speaking.get("/graphql", params={"documentId": "schema-1"})
        assert schema.headers["Cache-Control"] == "private, max-age=300"
        assert schema.headers["Vary"] == "Accept, Authorization, Origin"
        again = {"If-None-Match": f'"other", {schema.headers["ETag"]}'}
        known = await speaking.get("/graphql", params={"documentId": "schema-1"}, headers=again)
        assert (known.status_code, known.content, known.headers["ETag"]) == (304, b"", schema.headers["ETag"])
        posted = await speaking.post("/graphql", json={"documentId": "schema-1"})
        assert posted.headers["Cache-Control"] == "no-store"


MIXED = [
    ("{ __typename }", True),
    ("{ ...f } fragment f on Query { __schema { queryType { name } } ... on Query { __typename } }", True),
    ("{ __typename hello }", False),
    ("{ ...f } fragment f on Query { __typename ... { hello } }", False),
    ("{ __typename broken }", False),
]


@pytest.mark.parametrize(("query", "kept"), MIXED)
async def test_one_field_of_anything_else_and_nothing_is_kept(query: str, kept: bool) -> None:
    app, _ = make_app()
    async with client(app) as speaking:
        response = await speaking.get("/graphql", params={"query": query})
    assert response.headers["Cache-Control"] == ("private, max-age=300" if kept else "no-store")


async def test_what_is_published_or_retired_is_noticed_and_a_broken_manifest_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.graphql.library._LOOK_SECONDS", 0.0)
    app, _ = make_app(documents_mode="only", documents_folder=str(folder))
    async with client(app) as speaking:
        assert (await post(speaking, documentId="new")).status_code == 400
        publish(folder, {"new": "{ hello }"}, "second")
        assert (await post(speaking, documentId="new")).json()["data"] == {"hello": "hello you"}
        publish(folder, {"new": HELLO}, "third")
        assert (await post(speaking, documentId="new")).status_code == 200
        (told,) = [record for record in caplog.records if record.levelname == "WARNING"]
        assert "another in third.json" in str(told.__dict__["spendable"]["reason"])
        # A manifest that was seen half-written is read again, though nothing in the folder's list of names changes.
        third = folder / "third.json"
        third.write_text(json.dumps({"third": "{ hello }"}), encoding="utf-8")
        assert (await post(speaking, documentId="third")).json()["data"] == {"hello": "hello you"}
        (folder / "third.json").unlink()
        (folder / "first.json").unlink()
        publish(folder, {"new": "{ hello }"}, "second")
        assert (await post(speaking, documentId="hello-1")).status_code == 400
        assert (await post(speaking, query=HELLO)).status_code == 403


@pytest.mark.parametrize(
    ("documents", "sentence"),
    [
        ({"bad": "{ nothing }"}, "The document bad of first.json cannot be run: Cannot query field 'nothing'"),
        ({"bad": "{"}, "The document bad of first.json cannot be run: Syntax Error"),
        ({"deep": "{ thing {" + " thing {" * 20 + " name" + " }" * 22}, "cannot be run: The operation has more than"),
        ({"a b": HELLO}, "first.json has an id that is not"),
        ({f"sha256:{sha(HELLO)}": "{ hello }"}, "is not the hash of its document"),
        ([HELLO], "first.json is no manifest"),
    ],
)
async def test_a_server_does_not_start_on_documents_that_it_could_not_answer(
    folder: Path, documents: object, sentence: str
) -> None:
    publish(folder, documents)
    app, desk = make_app(documents_folder=str(folder))
    with pytest.raises(services.Unavailable, match=sentence.replace("(", r"\(")):
        await ask(app, "{ hello }")
    assert desk.log == []


@pytest.mark.parametrize("chosen", [{}, {"documents_folder": "/nowhere/documents"}])
async def test_to_answer_published_documents_only_some_must_be_published(chosen: dict[str, Any]) -> None:
    app, _ = make_app(documents_mode="only", **chosen)
    with pytest.raises(services.Unavailable, match="folder"):
        await ask(app, "{ hello }")
