"""Promises of a funds confirmation: yes or no, as a transfer would be decided, and never a number."""

from typing import Any

import pytest

from tests.graphql.api import Api

CONFIRM = """query ($account: AccountBy!, $amount: MoneyInput!) {
  fundsConfirmation(account: $account, amount: $amount) { covered validUntil } }"""
NOW = "2023-11-14T22:13:20.000000Z"
A_MINUTE = "2023-11-14T22:14:20.000000Z"
SOON = "2023-11-14T22:13:50.000000Z"
ONLY = ["funds:confirm"]


async def confirm(api: Api, amount: str, account: str = "alice", currency: str = "USD") -> Any:  # noqa: ANN401 - null too
    given = {"account": {"externalId": account}, "amount": {"amount": amount, "currency": currency}}
    answer = await api.ask(CONFIRM, given, scopes=ONLY)
    assert "errors" not in answer, answer
    return answer["data"]["fundsConfirmation"]


async def test_it_says_yes_or_no_as_a_transfer_would_be_decided(api: Api) -> None:
    for amount, covered in (("0.01", True), ("100.00", True), ("100.01", False)):
        assert await confirm(api, amount) == {"covered": covered, "validUntil": A_MINUTE}
        given = {"from": {"externalId": "alice"}, "to": {"externalId": "bob"}, "dryRun": True}
        made = await api.do("transfer", given | {"amount": {"amount": amount, "currency": "USD"}}, "rejection { code }")
        assert (made["rejection"] is None) is covered
    assert (await confirm(api, "999999999.00", "bank"))["covered"]
    await api.do("freezeAccount", {"account": {"externalId": "alice"}, "direction": "OUT"}, "sequence")
    assert not (await confirm(api, "0.01"))["covered"]


async def test_a_no_holds_until_money_matures_or_a_hold_lapses_that_makes_it_a_yes(api: Api) -> None:
    await api.transfer("bank", "alice", "50.00", availableAt=SOON)
    assert await confirm(api, "150.00") == {"covered": False, "validUntil": SOON}
    assert await confirm(api, "150.01") == {"covered": False, "validUntil": A_MINUTE}
    hold = {"account": {"externalId": "alice"}, "amount": {"amount": "10.00", "currency": "USD"}, "expiresAt": SOON}
    await api.do("placeHold", hold, "sequence")
    assert await confirm(api, "90.00") == {"covered": True, "validUntil": A_MINUTE}
    assert await confirm(api, "100.00") == {"covered": False, "validUntil": SOON}


async def test_nothing_else_is_open_to_who_may_only_confirm(api: Api) -> None:
    assert await confirm(api, "1.00", "nobody") is None
    for document in (
        '{ account(by: { externalId: "alice" }) { id } }',
        '{ availableFunds(accounts: [{ externalId: "alice" }]) { balance { version } } }',
        '{ canSpend(account: { externalId: "alice" }, amount: { amount: "1", currency: "USD" }) { allowed } }',
    ):
        assert (await api.error(document, scopes=ONLY))["extensions"]["code"] == "FORBIDDEN"
    given = {"account": {"externalId": "alice"}, "amount": {"amount": "1", "currency": "USD"}}
    every_other = ["balances:read", "history:read", "money:move", "keys:manage", "accounts:manage"]
    assert (await api.error(CONFIRM, given, scopes=every_other))["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("amount", "path"),
    [
        ({"amount": "0", "currency": "USD"}, ["amount", "amount"]),
        ({"amount": "-1", "currency": "USD"}, ["amount", "amount"]),
        ({"amount": "1.001", "currency": "USD"}, ["amount", "amount"]),
        ({"amount": "1", "currency": "EUR"}, ["amount", "currency"]),
    ],
)
async def test_wrong_input_tells_nothing_of_the_account(api: Api, amount: dict[str, str], path: list[str]) -> None:
    error = await api.error(CONFIRM, {"account": {"externalId": "alice"}, "amount": amount}, scopes=ONLY)
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "inputPath": path}
    assert "USD" not in error["message"] or amount["currency"] == "USD"
