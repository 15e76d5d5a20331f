"""Promises to every tenant: what is another's is answered as what is not there, and for the same work."""

import json
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from app import graphql, ledger, services
from tests.graphql.api import SCHEMA, Api, Statements
from tests.services.desk import Desk, new_tenant


@dataclass(frozen=True, slots=True)
class Things:
    """One thing of each kind, by id and by external id."""

    account: str
    hold: str
    transaction: str
    account_name: str = "theirs-account"
    hold_name: str = "theirs-hold"
    transaction_name: str = "theirs-transaction"


@pytest.fixture
async def theirs(api: Api) -> Things:
    """What another tenant of the same database has."""
    tenant = await new_tenant(api.desk.database, "other", 1_700_000_000_000_000)
    principal = replace(api.desk.principal, tenant_id=tenant, tenant="other", key_id="key_other")
    desk = Desk(api.desk.database, api.desk.gateway, principal)
    other = Api(desk, graphql.Executor(SCHEMA, graphql.Limits(), deadline_seconds=10))
    await other.open("bank", purpose="EXTERNAL", unlimited=True)
    account = await other.open("theirs-account")
    made = await other.transfer("bank", "theirs-account", "50.00", externalId="theirs-transaction")
    placed = await other.do(
        "placeHold",
        {
            "account": {"id": account},
            "amount": {"amount": "1.00", "currency": "USD"},
            "externalId": "theirs-hold",
        },
        "hold { id } rejection { code }",
    )
    return Things(account, placed["hold"]["id"], made["id"])


def nobodys(prefix: str) -> str:
    return ledger.identifier.encode(prefix, services.new_id())


_ACCOUNT = "account"
_HOLD = "hold"
_TRANSACTION = "transaction"
MONEY: Final = '{ amount: "1.00", currency: "USD" }'
KEY: Final = 'idempotencyKey: "$key"'
REFUSED: Final = "{ rejection { code message } replayed }"
# A kind of thing, and what asks for one; `$by` stands for a reference to it.
READS: Final[list[tuple[str, str]]] = [
    (_ACCOUNT, "{ account(by: $by) { id name balance { ledger { amount } } } }"),
    (_ACCOUNT, "{ availableFunds(accounts: [$by]) { account { id } balance { spendable { amount } } } }"),
    (_ACCOUNT, "{ explainBalance(account: $by) { slices { __typename } } }"),
    (_ACCOUNT, f"{{ canSpend(account: $by, amount: {MONEY}) {{ __typename }} }}"),
    (_ACCOUNT, "{ transactions(filter: { account: $by }) { nodes { id } } }"),
    (_HOLD, "{ hold(by: $by) { id remaining { amount } } }"),
    (_TRANSACTION, "{ transaction(by: $by) { id } }"),
]
WRITES: Final[list[tuple[str, str]]] = [
    (
        _ACCOUNT,
        (
            f'mutation {{ transfer(input: {{ {KEY}, from: $by, to: {{ externalId: "bob" }}, amount: {MONEY} }})'
            f" {REFUSED} }}"
        ),
    ),
    (
        _ACCOUNT,
        (
            f'mutation {{ transfer(input: {{ {KEY}, to: $by, from: {{ externalId: "alice" }}, amount: {MONEY} }})'
            f" {REFUSED} }}"
        ),
    ),
    (_ACCOUNT, f"mutation {{ placeHold(input: {{ {KEY}, account: $by, amount: {MONEY} }}) {REFUSED} }}"),
    (_ACCOUNT, f"mutation {{ freezeAccount(input: {{ {KEY}, account: $by }}) {REFUSED} }}"),
    (_ACCOUNT, f"mutation {{ closeAccount(input: {{ {KEY}, account: $by }}) {REFUSED} }}"),
    (_HOLD, f"mutation {{ captureHold(input: {{ {KEY}, hold: $by }}) {REFUSED} }}"),
    (_HOLD, f"mutation {{ releaseHold(input: {{ {KEY}, hold: $by }}) {REFUSED} }}"),
    (_TRANSACTION, f"mutation {{ reverseTransaction(input: {{ {KEY}, transaction: $by }}) {REFUSED} }}"),
]
NODES: Final = [_ACCOUNT, _HOLD, _TRANSACTION]
PREFIXES: Final = {_ACCOUNT: "acct", _HOLD: "hold", _TRANSACTION: "txn"}


async def told(api: Api, document: str, by: str, value: str) -> tuple[dict[str, Any], list[str]]:
    """Return an answer without the reference it was asked by, and the statements that were run for it."""
    key = api.key()
    asked = document.replace("$by", f'{{ {by}: "{value}" }}').replace("$id", value).replace("$key", key)
    with Statements() as statements:
        answer = await api.ask(asked)
    text = json.dumps(answer).replace(value, "IT").replace(key, "KEY")
    found: dict[str, Any] = json.loads(text)
    return found, statements.names


@pytest.mark.parametrize("form", ["id", "externalId"])
@pytest.mark.parametrize(("kind", "document"), READS + WRITES)
async def test_what_is_anothers_is_answered_as_what_is_not_there(
    kind: str, document: str, form: str, api: Api, theirs: Things
) -> None:
    there, nowhere = (
        (getattr(theirs, kind), nobodys(PREFIXES[kind]))
        if form == "id"
        else (getattr(theirs, f"{kind}_name"), f"nobody-{kind}")
    )
    # The first question of a document may cost a look that later ones do not.
    await told(api, document, form, nobodys(PREFIXES[kind]) if form == "id" else "first")
    answer, statements = await told(api, document, form, there)
    assert "errors" not in answer
    assert (answer, statements) == await told(api, document, form, nowhere)


@pytest.mark.parametrize("kind", NODES)
async def test_nodes_of_another_tenant_are_null_for_the_same_work(kind: str, api: Api, theirs: Things) -> None:
    for document in ('{ node(id: "$id") { id } }', '{ nodes(ids: ["$id"]) { id } }'):
        answer, statements = await told(api, document, "id", getattr(theirs, kind))
        assert (answer, statements) == await told(api, document, "id", nobodys(PREFIXES[kind]))
        assert "IT" not in str(answer["data"])
