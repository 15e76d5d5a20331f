"""Promises to whoever has something to hide: no name is told but those that the caller wrote."""

import re

import pytest

from app import services
from tests.graphql.api import SCHEMA, Api

TYPOS: list[tuple[str, dict[str, object]]] = [
    ("{ acount(by: { id: 1 }) { id } }", {}),
    ("{ account(bye: { id: 1 }) { id } }", {}),
    ("{ account(by: { idd: 1 }) { id } }", {}),
    ("{ viewer { tenat } }", {}),
    ("{ accounts(order: OPENED_ASK) { nodes { id } } }", {}),
    ("query ($o: AccountOrder) { accounts(order: $o) { nodes { id } } }", {"o": "OPENED_ASK"}),
    ("query ($o: AccountOrdr) { accounts(order: $o) { nodes { id } } }", {}),
    ("query ($by: AccountBy!) { account(by: $by) { id } }", {"by": {"externalIdd": "x"}}),
    ("{ viewer { ...F } } fragment F on Viewr { tenant }", {}),
    ("{ viewer { ...F } } fragment G on Viewer { tenant }", {}),
    ("{ viewer @inclood(if: true) { tenant } }", {}),
    ("mutation { transferr(input: {}) { replayed } }", {}),
    ("mutation { transfer(inputs: {}) { replayed } }", {}),
    ("mutation ($input: TransferInput!) { transfer(input: $input) { replayed } }", {"input": {"amout": 1}}),
    ('{ __typ(name: "Query") { name } }', {}),
]


@pytest.mark.parametrize(("document", "variables"), TYPOS)
async def test_a_mistyped_name_is_not_answered_with_the_right_one(
    document: str, variables: dict[str, object], api: Api
) -> None:
    answer = await api.ask(document, variables)
    assert answer["errors"]
    assert "did you mean" not in str(answer).lower()


MISTAKES: list[tuple[str, dict[str, object]]] = [
    *TYPOS,
    ("{ account { id } }", {}),
    ("{ viewer }", {}),
    ("{ viewer { tenant { id } } }", {}),
    ("{ ... on Viewer { tenant } }", {}),
    ("query ($x: Int) { account(by: $x) { id } }", {"x": 1}),
    ("mutation { transfer(input: {}) { replayed } }", {}),
    ("mutation ($input: TransferInput!) { transfer(input: $input) { replayed } }", {}),
    ("mutation ($input: TransferInput!) { transfer(input: $input) { replayed } }", {"input": {}}),
    ("mutation ($input: TransferInput!) { transfer(input: $input) { replayed } }", {"input": {"from": 1, "to": []}}),
    ("query ($at: DateTime) { trialBalance(at: $at) { currency } }", {"at": "x"}),
    ('{ __type(name: "Query") { name } }', {}),
    ("{ __schema { types { name } } }", {}),
    ("{ ...S } fragment S on Query { viewer { tenant } __schema { queryType { name } } }", {}),
]
PARTNER = frozenset(services.Scope) - {services.Scope.INTROSPECT}
NAMES = {name for kind in SCHEMA._schema.type_map.values() for name in (kind.name, *getattr(kind, "fields", ()))}


@pytest.mark.parametrize(("document", "variables"), MISTAKES)
async def test_who_may_not_introspect_is_told_no_name_that_they_did_not_write(
    document: str, variables: dict[str, object], api: Api
) -> None:
    full = await api.ask(document, variables)
    answer = await api.ask(document, variables, scopes=PARTNER)
    assert "data" not in answer or answer["data"] is None or "__" not in document
    written = set(re.findall(r"\w+", f"{document} {variables}"))
    for error in answer["errors"]:
        told = {name for quoted in re.findall(r"'([^']*)'", error["message"]) for name in re.findall(r"\w+", quoted)}
        assert told & NAMES <= written | {"String", "Int", "ID", "Boolean", "Float"}, error["message"]
    assert len(answer["errors"]) == max(1, len(full.get("errors", ())))
