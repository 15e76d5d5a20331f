"""Promise to whoever has something to hide: a mistyped name is never answered with the right one."""

import pytest

from tests.graphql.api import Api

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
