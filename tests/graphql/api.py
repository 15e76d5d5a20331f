"""The schema before a real ledger: documents in, JSON out, without the HTTP floor."""

import itertools
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self

from app import graphql, services, store
from tests.services.desk import Desk, open_desk

SCHEMA = graphql.build_schema()

MONEY = "fragment M on Money { amount minorUnits currency }"


@dataclass(slots=True)
class Api:
    """One tenant, asked by documents."""

    desk: Desk
    executor: graphql.Executor
    keys: "itertools.count[int]" = field(default_factory=itertools.count)

    async def ask(
        self, document: str, variables: Mapping[str, object] | None = None, *, scopes: Iterable[str] | None = None
    ) -> dict[str, Any]:
        """Return the whole answer, as JSON would carry it."""
        principal = self.desk.principal
        if scopes is not None:
            principal = replace(principal, scopes=frozenset(map(services.Scope, scopes)))
        try:
            checked = self.executor.document(document)
        except graphql.DocumentRefusedError as refused:
            told = principal.may(services.Scope.INTROSPECT)
            return {"errors": refused.entries if told else graphql.withhold_names(refused.entries, document)}
        context = graphql.Context(principal, self.desk.gateway)
        answer = await self.executor.execute(checked, checked.operation(None), variables or {}, context)
        made: dict[str, Any] = json.loads(json.dumps(answer.payload()))
        return made

    async def data(self, document: str, variables: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Return the data of an answer without errors."""
        answer = await self.ask(document, variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def error(
        self, document: str, variables: Mapping[str, object] | None = None, *, scopes: Iterable[str] | None = None
    ) -> dict[str, Any]:
        """Return the one error of an answer."""
        answer = await self.ask(document, variables, scopes=scopes)
        assert len(answer.get("errors", [])) == 1, answer
        error: dict[str, Any] = answer["errors"][0]
        return error

    async def do(
        self, verb: str, given: Mapping[str, object], selection: str, *, scopes: Iterable[str] | None = None
    ) -> dict[str, Any]:
        """Run one mutation under a fresh key and return its payload."""
        kind = verb[0].upper() + verb[1:]
        document = f"mutation ($input: {kind}Input!) {{ {verb}(input: $input) {{ {selection} }} }} {MONEY}"
        if "...M" not in selection:
            document = document.removesuffix(MONEY)
        sent = {"idempotencyKey": self.key(), **given}
        answer = await self.ask(document, {"input": sent}, scopes=scopes)
        assert "errors" not in answer, answer["errors"]
        payload: dict[str, Any] = answer["data"][verb]
        return payload

    def key(self) -> str:
        """Return a fresh idempotency key."""
        return f"graphql-{next(self.keys)}"

    async def open(self, external_id: str, **terms: object) -> str:
        """Open an account in USD under an external id; return its id."""
        made = await self.do(
            "openAccount",
            {"currency": "USD", "externalId": external_id, **terms},
            "account { id } rejection { code }",
        )
        assert made["rejection"] is None
        account_id: str = made["account"]["id"]
        return account_id

    async def transfer(self, source: str, target: str, amount: str, **more: object) -> dict[str, Any]:
        """Move USD between accounts named by external id; return the transaction, which must be made."""
        given = {
            "from": {"externalId": source},
            "to": {"externalId": target},
            "amount": {"amount": amount, "currency": "USD"},
        } | more
        made = await self.do("transfer", given, "transaction { id sequence } rejection { code message }")
        assert made["rejection"] is None, made
        transaction: dict[str, Any] = made["transaction"]
        return transaction


@asynccontextmanager
async def open_api(url: str) -> AsyncIterator[Api]:
    """A ledger with a bank that may owe, and two people."""
    async with open_desk(url) as desk:
        api = Api(desk, graphql.Executor(SCHEMA, graphql.Limits(), deadline_seconds=10))
        await api.open("bank", purpose="EXTERNAL", unlimited=True)
        await api.open("alice", name="Alice")
        await api.open("bob", name="Bob")
        await api.transfer("bank", "alice", "100.00")
        yield api


class Statements:
    """Counts the statements that run while it is entered."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._observing = store.observe(lambda executed: self.names.append(executed.name))

    def __enter__(self) -> Self:
        self._observing.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        self._observing.__exit__(None, None, None)
