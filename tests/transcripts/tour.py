"""Plays the golden transcripts: documents sent in order through the front door to a tenant whose clock stands still."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from app import graphql, services, store
from app.http.asgi import build_app
from app.services.seed.identifiers import SeededIds
from app.settings import load

FOLDER = Path(__file__).parents[2] / "fixtures" / "transcripts"
DOCUMENTS = sorted(FOLDER.glob("*.graphql"))

_LINE_CHARACTERS_MAX = 110
BEGINNING = "2031-01-06T09:00:00Z"
TENANT = UUID("01940000-0000-7000-8000-000000000001")
KEY_ID = UUID("01940000-0000-7000-8000-000000000002")
SCOPES = frozenset(services.Scope) - {services.Scope.MONEY_FORCE}


@dataclass(slots=True)
class Tour:
    """A fresh TEST tenant with ids from a seed, and someone who sends documents to it."""

    database: store.Database
    ids: SeededIds
    client: httpx.AsyncClient

    async def play(self, document: Path) -> dict[str, Any]:
        """Send a document's operations and return its transcript as it should stand beside it."""
        text, transcript = read(document)
        shared = transcript.get("variables", {})
        for run in transcript["runs"]:
            if "clock" in run:
                await self._set_clock(run["clock"])
            run["response"] = await self.ask(text, run["operation"], shared | run.get("variables", {}))
        return transcript

    async def ask(self, query: str, operation: str | None = None, variables: object = None) -> dict[str, Any]:
        """Send one operation and return its response."""
        body = {"query": query, "operationName": operation, "variables": variables}
        response: dict[str, Any] = (await self.client.post("/graphql", json=body)).json()
        # What is left of the budget hangs on real time.
        response.pop("extensions", None)
        return response

    async def _set_clock(self, text: str) -> None:
        at = microseconds(text)
        self.ids.move_to(at)
        async with self.database.write() as unit:
            await store.set_test_clock(unit, TENANT, frozen_at=at)
            await unit.commit()


@asynccontextmanager
async def open_tour(url: str, scopes: frozenset[services.Scope] = SCOPES) -> AsyncIterator[Tour]:
    """Begin the tour on a migrated database, under a key of these scopes."""
    database = store.open_database(url)
    key = services.make_key("TEST", KEY_ID)
    begins = microseconds(BEGINNING)
    async with database.write() as unit:
        await store.insert_tenant(unit, store.Tenant(TENANT, "Tour", "tour", "TEST", begins))
        await store.set_test_clock(unit, TENANT, frozen_at=begins)
        stored = store.StoredKey(
            id=key.key_id,
            tenant_id=TENANT,
            name="tour",
            secret_hash=key.secret_hash,
            scopes=scopes,
            created_at=begins,
        )
        await store.insert_key(unit, stored)
        await unit.commit()
    ids = SeededIds(1, begins)
    gateway = services.Gateway(database, services.GatewayLimits(sweep_interval_seconds=None), new_id=ids)
    principal = services.Principal(TENANT, "tour", "Tour", "TEST", key.key_id, scopes)
    app = build_app(
        load({"graphiql_enabled": False}),
        desk=gateway,
        schema=graphql.build_schema(),
        open_context=lambda _key, _address: graphql.Context(principal, gateway),
        now=services.now_microseconds,
    )
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url="http://spendable.test",
            headers={"Authorization": f"Bearer {key.text}"},
        ) as client,
    ):
        yield Tour(database, ids, client)


def read(document: Path) -> tuple[str, dict[str, Any]]:
    """Return a document and its transcript."""
    return document.read_text(encoding="utf-8"), json.loads(document.with_suffix(".json").read_text(encoding="utf-8"))


def microseconds(text: str) -> int:
    """Return an instant as microseconds since 1970."""
    return round(datetime.fromisoformat(text).timestamp()) * 1_000_000


def written(transcript: dict[str, Any]) -> str:
    """Return a transcript as the text of its file."""
    return _pretty(transcript, "") + "\n"


def _pretty(value: object, margin: str) -> str:
    """Return JSON in which what fits on a line stands on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or len(margin) + len(flat) <= _LINE_CHARACTERS_MAX:
        return flat
    inner = margin + "  "
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {_pretty(item, inner)}" for name, item in value.items()]
        return "{\n" + ",\n".join(inner + part for part in parts) + f"\n{margin}}}"
    return "[\n" + ",\n".join(inner + _pretty(item, inner) for item in value) + f"\n{margin}]"
