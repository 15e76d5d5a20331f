"""What simulate tells over GraphQL: results, balances and forecasts of commands that are not given."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.graphql.api import Api
from tests.services.desk import DAY, MARK

ALICE, BOB, BANK = ({"externalId": name} for name in ("alice", "bob", "bank"))
DOCUMENT = """query ($input: SimulateInput!) { simulate(input: $input) {
    at sequence
    results { replayed rejection { code message ... on InsufficientFunds { spendable { amount } } }
        entries { line side amount { amount currency } availableAt kind reason account { externalId opened } } }
    accounts { externalId opened account { id name } currency
        before { available { amount } version } after { available { amount } maturing { amount } version }
        forecast { before { at expected { amount } } after { at expected { amount } causes { count } } } }
} }"""


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def transfer(source: object, target: object, amount: str, key: str = "k", **more: object) -> dict[str, object]:
    given = {"idempotencyKey": key, "from": source, "to": target, "amount": usd(amount)}
    return {"transfer": given | more}


async def simulate(api: Api, *commands: object, **more: object) -> Any:  # noqa: ANN401 - whatever is answered
    return (await api.data(DOCUMENT, {"input": {"commands": list(commands)} | more}))["simulate"]


def instant(microseconds: int) -> str:
    return f"{datetime.fromtimestamp(microseconds // 1_000_000, UTC):%Y-%m-%dT%H:%M:%S}.{microseconds % 1_000_000:06}Z"


async def test_commands_are_told_in_their_order_and_nothing_is_stored(api: Api) -> None:
    before = await api.data("{ viewer { sequence } }")
    told = await simulate(
        api,
        transfer(ALICE, BOB, "60.00", "one"),
        transfer(ALICE, BOB, "60.00", "two"),
        transfer(BOB, ALICE, "60.00", "three"),
        transfer(ALICE, BOB, "60.00", "two"),
    )
    assert told["sequence"] == before["viewer"]["sequence"]
    first, second, third, again = told["results"]
    assert [entry["side"] for entry in first["entries"]] == ["DEBIT", "CREDIT"]
    assert first["entries"][1]["account"] == {"externalId": "bob", "opened": False}
    assert second["entries"] is None
    assert second["rejection"]["code"] == "INSUFFICIENT_FUNDS"
    assert second["rejection"]["spendable"] == {"amount": "40.00"}
    assert third["rejection"] is None
    assert (again["replayed"], again["rejection"]["code"]) == (True, "INSUFFICIENT_FUNDS")
    alice = told["accounts"][0]
    assert (alice["before"]["available"], alice["after"]["available"]) == ({"amount": "100.00"}, {"amount": "100.00"})
    assert int(alice["after"]["version"]) == int(alice["before"]["version"]) + 2
    assert alice["forecast"] is None
    assert await api.data("{ viewer { sequence } }") == before
    made = await api.transfer("alice", "bob", "1.00", idempotencyKey="one")
    assert made["id"]


async def test_a_later_instant_is_that_of_the_decision_and_of_what_is_to_come(api: Api) -> None:
    await api.transfer("bank", "bob", "8.00", availableAt=instant(MARK + 2 * DAY))
    now = await simulate(api, transfer(BOB, ALICE, "8.00"))
    assert now["results"][0]["rejection"]["code"] == "INSUFFICIENT_FUNDS"
    then = instant(MARK + 3 * DAY)
    told = await simulate(
        api,
        transfer(BOB, ALICE, "8.00", availableAt=instant(MARK + 5 * DAY)),
        at=then,
        forecastTo=instant(MARK + 9 * DAY),
        forecastBucket="EVENT",
    )
    assert told["at"] == then
    assert told["results"][0]["rejection"] is None
    bob, alice = told["accounts"]
    assert bob["before"]["available"] == {"amount": "8.00"}
    assert bob["after"]["available"] == {"amount": "0.00"}
    assert alice["after"]["maturing"] == {"amount": "8.00"}
    assert alice["forecast"]["before"] == [{"at": then, "expected": {"amount": "100.00"}}]
    assert alice["forecast"]["after"] == [
        {"at": then, "expected": {"amount": "100.00"}, "causes": []},
        {"at": instant(MARK + 5 * DAY), "expected": {"amount": "108.00"}, "causes": [{"count": 1}]},
    ]


async def test_an_instant_that_is_past_is_now(api: Api) -> None:
    told = await simulate(api, transfer(ALICE, BOB, "1.00"), at=instant(MARK - DAY))
    assert told["at"] == instant(MARK)


async def test_what_is_opened_by_the_way_can_be_paid(api: Api) -> None:
    opened = {"openAccount": {"idempotencyKey": "o", "currency": "USD", "externalId": "carol"}}
    told = await simulate(api, opened, transfer(ALICE, {"externalId": "carol"}, "5.00"), forecastTo=instant(MARK + DAY))
    carol, alice = told["accounts"]
    assert (carol["opened"], carol["account"], carol["before"]) == (True, None, None)
    assert carol["after"]["available"] == {"amount": "5.00"}
    assert carol["forecast"]["before"] == []
    assert (alice["opened"], alice["externalId"]) == (False, "alice")
    assert (await api.data('{ account(by: {externalId: "carol"}) { id } }'))["account"] is None


async def test_a_group_falls_together(api: Api) -> None:
    told = await simulate(
        api, transfer(ALICE, BOB, "1.00", "a"), transfer(ALICE, BOB, "1000.00", "b"), mode="ALL_OR_NOTHING"
    )
    assert [one["rejection"]["code"] for one in told["results"]] == ["GROUP_REJECTED", "INSUFFICIENT_FUNDS"]
    assert told["accounts"] == []


async def test_a_key_that_was_used_answers_as_it_would(api: Api) -> None:
    await api.transfer("alice", "bob", "1.00", idempotencyKey="used")
    told = await simulate(api, transfer(ALICE, BOB, "1.00", "used"), transfer(ALICE, BOB, "2.00", "used"))
    assert told["results"][0] == {"replayed": True, "rejection": None, "entries": None}
    assert told["results"][1]["rejection"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert told["accounts"] == []


BAD: list[tuple[dict[str, object], list[object]]] = [
    ({"commands": []}, ["commands"]),
    ({"commands": [transfer(ALICE, BOB, "1.00")] * 101}, ["commands"]),
    ({"commands": [transfer(ALICE, BOB, "1.00", dryRun=True)]}, ["commands", 0, "transfer", "dryRun"]),
    ({"commands": [transfer(ALICE, BOB, "1.00", "two words")]}, ["commands", 0, "transfer", "idempotencyKey"]),
    ({"at": instant(MARK + 3_700 * DAY)}, ["at"]),
    ({"forecastTo": instant(MARK - 1)}, ["forecastTo"]),
    ({"forecastTo": instant(MARK + 367 * DAY)}, ["forecastTo"]),
    ({"forecastTo": instant(MARK + 32 * DAY), "forecastBucket": "HOUR"}, ["forecastTo"]),
    ({"at": instant(MARK + 3_600 * DAY), "forecastTo": instant(MARK)}, ["forecastTo"]),
]


@pytest.mark.parametrize(("given", "path"), BAD, ids=lambda value: str(value)[-60:])
async def test_bad_input_is_refused_by_its_path(api: Api, given: dict[str, object], path: list[object]) -> None:
    error = await api.error(DOCUMENT, {"input": {"commands": [transfer(ALICE, BOB, "1.00")]} | given})
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["inputPath"] == ["input", *path]


async def test_ten_thousand_commands_are_refused_before_anything_is_decided(api: Api) -> None:
    many = [transfer(ALICE, BOB, "1.00")] * 10_000
    error = await api.error(DOCUMENT, {"input": {"commands": many}})
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_each_command_needs_its_scopes(api: Api) -> None:
    hold = {"placeHold": {"idempotencyKey": "h", "account": ALICE, "amount": usd("1.00")}}
    given = {"input": {"commands": [transfer(ALICE, BOB, "1.00"), hold]}}
    answer = await api.ask(DOCUMENT, given, scopes=["money:move"])
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("FORBIDDEN", ["simulate", "results", 1])
    told = answer["data"]["simulate"]
    assert told["results"][1] is None
    assert [entry["amount"]["amount"] for entry in told["results"][0]["entries"]] == ["1.00", "1.00"]
    assert [(one["before"], one["after"], one["forecast"]) for one in told["accounts"]] == [(None, None, None)] * 2
    error = await api.error(
        DOCUMENT, given | {"input": given["input"] | {"mode": "ALL_OR_NOTHING"}}, scopes=["money:move"]
    )
    assert error["extensions"]["code"] == "FORBIDDEN"
    alone = await api.ask(DOCUMENT, {"input": {"commands": [hold]}}, scopes=["money:move"])
    assert alone["data"]["simulate"]["results"] == [None]


async def test_a_scope_that_only_the_ledger_misses_is_told_by_its_path(api: Api) -> None:
    made = await api.transfer("bank", "bob", "8.00", availableAt=instant(MARK + 2 * DAY))
    move = {"idempotencyKey": "r", "transaction": {"id": made["id"]}, "line": 2, "reason": "r"}
    given: dict[str, Any] = {"commands": [{"rescheduleEntry": move}, transfer(ALICE, BOB, "1.00")]}
    answer = await api.ask(DOCUMENT, {"input": given}, scopes=["money:move", "balances:read"])
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("FORBIDDEN", ["simulate", "results", 0])
    assert answer["data"]["simulate"]["results"][1]["rejection"] is None
    together = {"input": given | {"mode": "ALL_OR_NOTHING"}}
    error = await api.error(DOCUMENT, together, scopes=["money:move", "balances:read"])
    assert (error["extensions"]["code"], error["path"]) == ("FORBIDDEN", ["simulate"])
