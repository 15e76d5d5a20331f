"""GraphiQL asks no other host for anything, and a clone without its bundle still answers."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app.http.graphiql import BUNDLE, graphiql_routes
from tests.http.example import client, make_app


def _client(transcripts: Path, bundle: Path = BUNDLE) -> httpx.AsyncClient:
    application = Starlette(routes=graphiql_routes(transcripts, bundle))
    return httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://spendable.test")


@pytest.fixture
def transcripts(tmp_path: Path) -> Path:
    (tmp_path / "02-capture-a-hold.graphql").write_text("mutation CaptureAHold { __typename }\n")
    (tmp_path / "02-capture-a-hold.json").write_text('{"variables": {"hold": "order-7"}, "runs": []}')
    (tmp_path / "01-accounts.graphql").write_text("query Accounts { __typename }\n")
    return tmp_path


async def test_the_page_and_everything_it_names_is_served(transcripts: Path) -> None:
    async with _client(transcripts) as speaking:
        page = await speaking.get("/graphiql")
        assert page.status_code == 200
        assert "<title>Spendable</title>" in page.text
        named = re.findall(r'(?:src|href)="(graphiql/[^"]+)"', page.text)
        assert len(named) == 2
        for address in named:
            asset = await speaking.get(f"/{address}")
            assert asset.status_code == 200
            assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_the_page_holds_no_script_and_no_other_address(transcripts: Path) -> None:
    async with _client(transcripts) as speaking:
        page = (await speaking.get("/graphiql")).text
    assert "//" not in page
    assert re.findall(r"<script[^>]*>(.+?)</script>", page, re.DOTALL) == []
    assert re.findall(r"\son\w+=", page) == []


@pytest.mark.parametrize("path", ["/graphiql", "/graphiql/tabs.json"])
async def test_the_policy_names_no_other_host(transcripts: Path, path: str) -> None:
    async with _client(transcripts) as speaking:
        answer = await speaking.get(path)
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["worker-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "http" not in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(("profile", "takes"), [("production", False), ("development", True)])
async def test_only_in_development_the_page_takes_a_key_from_its_address(profile: str, takes: bool) -> None:
    app, _ = make_app(profile=profile, graphiql_enabled=True)
    async with client(app) as speaking:
        page = (await speaking.get("/graphiql")).text
    assert ("data-takes-key" in page) == takes
    assert 'data-endpoint="graphql"' in page


def test_the_bundle_is_whole() -> None:
    manifest = json.loads((BUNDLE / "manifest.json").read_text())
    assert sorted(path.name for path in (BUNDLE / "assets").iterdir()) == manifest["assets"]
    for worker in ("editor", "json", "graphql"):
        assert any(name.startswith(f"{worker}.worker-") for name in manifest["assets"])


async def test_the_transcripts_are_the_tabs_in_their_order(transcripts: Path) -> None:
    async with _client(transcripts) as speaking:
        tabs = (await speaking.get("/graphiql/tabs.json")).json()
    assert tabs == [
        {"title": "Accounts", "query": "query Accounts { __typename }\n", "variables": None},
        {
            "title": "Capture a hold",
            "query": "mutation CaptureAHold { __typename }\n",
            "variables": {"hold": "order-7"},
        },
    ]


async def test_without_a_bundle_the_page_says_what_to_run(tmp_path: Path) -> None:
    async with _client(tmp_path, tmp_path / "nowhere") as speaking:
        page = await speaking.get("/graphiql")
        assert page.status_code == 200
        assert "make web" in page.text
        assert (await speaking.get("/graphiql/assets/main.js")).status_code == 404


@pytest.mark.parametrize("path", ["../graphiql.py", "%2e%2e/%2e%2e/graphiql.py", "..%2fmanifest.json", "%00"])
async def test_nothing_beside_the_assets_is_served(transcripts: Path, path: str) -> None:
    async with _client(transcripts) as speaking:
        assert (await speaking.get(f"/graphiql/assets/{path}")).status_code == 404


@pytest.mark.parametrize(
    ("chosen", "status"),
    [
        ({}, 404),
        ({"profile": "production"}, 404),
        ({"profile": "development"}, 200),
        ({"profile": "production", "graphiql_enabled": True}, 200),
        ({"profile": "development", "graphiql_enabled": False}, 404),
    ],
)
async def test_in_production_the_page_is_there_only_where_it_is_asked_for(chosen: dict[str, Any], status: int) -> None:
    app, _ = make_app(**chosen)
    async with client(app) as speaking:
        for path in ("/graphiql", "/graphiql/tabs.json", "/"):
            answer = await speaking.get(path, follow_redirects=True)
            assert answer.status_code == status, path
