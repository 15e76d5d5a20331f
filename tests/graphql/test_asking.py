"""What reads once is known beforehand, and takes one statement; all else is read in one snapshot."""

from typing import Final

import pytest
from graphql import parse

from app import graphql, ledger, services
from app.graphql.asking import asks_once
from app.graphql.limits import fragments_of, operations_of
from tests.graphql.api import SCHEMA, Api, Statements

ALICE: Final = '{externalId: "alice"}'
BOB: Final = '{externalId: "bob"}'
ONCE: Final = (
    f"{{ availableFunds(accounts: [{ALICE}, {BOB}]) {{ account {{ id name }} balance {{ held {{ amount }} }} }} }}",
    f"{{ account(by: {ALICE}) {{ id balance {{ asOf sequence spendable {{ minorUnits }} }} closed unlimited }} }}",
    f"query Q($with: Boolean! = true) {{ account(by: {ALICE}) {{ name @include(if: $with) __typename }} }}",
    f"""{{ one: account(by: {ALICE}) {{ ...A ... on Node {{ id }} }} }}
    fragment A on Account {{ balance {{ ...B }} ...C }} fragment B on Balance {{ version }}
    fragment C on Account {{ outFrozen inFrozen floor {{ amount }} }}""",
    f"{{ availableFunds(accounts: [{ALICE}]) {{ account {{ balance {{ sequence }} }} balance {{ sequence }} }} }}",
)
NOT_ONCE: Final = (
    f"{{ account(by: {ALICE}) {{ id }} other: account(by: {BOB}) {{ id }} }}",
    f'{{ account(by: {ALICE}) {{ balance(at: "2999-01-01T00:00:00Z") {{ sequence }} }} }}',
    f"{{ account(by: {ALICE}) {{ entries {{ totalCount }} }} }}",
    f"{{ account(by: {ALICE}, atLeast: 1) {{ id }} }}",
    f'{{ availableFunds(accounts: [{ALICE}], at: "2999-01-01T00:00:00Z") {{ balance {{ sequence }} }} }}',
    f"{{ availableFunds(accounts: [{ALICE}]) {{ account {{ reserve {{ plan {{ days }} }} }} }} }}",
    f"{{ account(by: {ALICE}) {{ ...A }} }} fragment A on Account {{ holds {{ totalCount }} }}",
    f"{{ ...Q }} fragment Q on Query {{ account(by: {ALICE}) {{ id }} }}",
    "{ accounts { nodes { id } } }",
    "{ viewer { clock } }",
    "{ __typename }",
)


def known_to_ask_once(document: str) -> bool:
    tree = parse(document)
    (operation,) = operations_of(tree)
    return asks_once(SCHEMA._schema, operation, fragments_of(tree))


@pytest.mark.parametrize("document", ONCE)
async def test_what_reads_once_takes_one_statement_and_answers_the_same(
    api: Api, document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert known_to_ask_once(document)
    answers = []
    for _ in range(2):
        with Statements() as ran:
            answers.append(await api.data(document))
        assert ran.names == ["balances.funds_now"]
    monkeypatch.setattr(graphql.Document, "asks_once", lambda *_: False)
    with Statements() as ran:
        answers.append(await api.data(document))
    assert "balances.funds_now" not in ran.names
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize("document", NOT_ONCE)
async def test_what_may_read_more_has_a_snapshot(api: Api, document: str) -> None:
    assert not known_to_ask_once(document)
    with Statements() as ran:
        await api.data(document)
    assert "balances.funds_now" not in ran.names


async def test_a_key_without_balances_is_told_none_of_them(api: Api) -> None:
    document = f"{{ account(by: {ALICE}) {{ name floor {{ amount }} WITH }} }}"
    # Whoever may, asks first, and it is compiled; all ask of one cache of documents.
    for scopes in (None, None, ["history:read"], ["history:read"], ["accounts:manage"]):
        told = await api.ask(document.replace("WITH", ""), scopes=scopes)
        shown = {"amount": "0.00"} if scopes is None else None
        assert told == {"data": {"account": {"name": "Alice", "floor": shown}}}
        answer = await api.ask(document.replace("WITH", "balance { sequence }"), scopes=scopes)
        if scopes is None:
            assert answer["data"]["account"]["balance"]["sequence"] != ""
        else:
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
            assert answer["data"] == {"account": None}


async def test_who_is_not_there_is_null(api: Api) -> None:
    document = '{ account(by: {externalId: "nobody"}) { id balance { sequence } } }'
    assert await api.data(document) == {"account": None}


async def test_a_second_read_of_what_was_to_read_once_is_an_error_and_no_other_moment(api: Api) -> None:
    reader = api.desk.gateway.reader(api.desk.principal, once=True)
    references = [ledger.Reference(external_id="alice")]
    assert await reader.funds(references) != [None]
    with pytest.raises(RuntimeError, match="reads again"):
        await reader.coordinate()
    with pytest.raises(RuntimeError, match="reads again"):
        await reader.funds(references)
    await reader.aclose()
    with pytest.raises(services.DeadlineExceeded):
        await reader.funds(references)
