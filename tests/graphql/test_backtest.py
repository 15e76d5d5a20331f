"""Back-tests over GraphQL: asked for, worked off in the background, and told with days and totals."""

import asyncio
from typing import Any

import pytest

from app import store
from tests.graphql.api import Api
from tests.graphql.test_policies import SIMPLE, api  # noqa: F401 - a fixture

TOTALS = """compared { deposits amount { amount } } unanswered { deposits } overridden { deposits amount { amount } }
    earlier { amount { amount } meanDays } later { amount { amount } meanDays } same { amount } letGo { amount }
    setAside { amount } days { day was { amount } wouldBe { amount } exposure { amount } }
    peak { day exposure { amount } }"""
PAYLOAD = "replayed rejection { code culprit { field index } } problems { place } backtest { id status policy version }"
FROM = "2026-03-01T00:00:00Z"
AT_ONCE = SIMPLE | {"rules": [{"name": "all", "portions": [{"take": {"rest": True}, "available": {"atOnce": True}}]}]}
ALICE = {"externalId": "alice"}


async def deposit(api: Api, amount: str, **more: object) -> None:  # noqa: F811 - the fixture
    given = {"from": {"externalId": "bank"}, "to": ALICE, "method": "CHECK"}
    money = {"amount": {"amount": amount, "currency": "USD"}}
    made = await api.do("deposit", given | money | more, "rejection { code }")
    assert made["rejection"] is None


async def tried(api: Api, **asked: object) -> dict[str, Any]:  # noqa: F811 - the fixture
    """Ask, wait until it is done and return what came of it."""
    given = {"policy": {"terms": AT_ONCE}, "accounts": [ALICE], "from": FROM}
    made = await api.do("backtestPolicy", given | asked, PAYLOAD)
    assert (made["rejection"], made["problems"], made["replayed"]) == (None, [], False)
    document = f"""{{ backtest(by: {{ id: "{made["backtest"]["id"]}" }}) {{
        status progress {{ done total }} currency from to policy version result {{ {TOTALS} }} }} }}"""
    for _ in range(500):
        found: dict[str, Any] = (await api.data(document))["backtest"]
        if found["status"] != "RUNNING":
            return found
        await asyncio.sleep(0.01)
    raise AssertionError("it is not done")


async def test_what_would_have_come_earlier_is_told_by_day_and_in_total(api: Api) -> None:  # noqa: F811 - the fixture
    await deposit(api, "300.00")
    await deposit(api, "50.00", availableAt="2026-03-09T15:00:00Z")
    found = await tried(api)
    assert (found["status"], found["progress"]) == ("DONE", {"done": 2, "total": 2})
    assert (found["policy"], found["version"], found["currency"]) == (None, None, "USD")
    result = found["result"]
    assert result["compared"] == {"deposits": 1, "amount": {"amount": "300.00"}}
    assert result["overridden"] == {"deposits": 1, "amount": {"amount": "50.00"}}
    # 275.00 on Tuesday at nine in New York and the rest on Wednesday; all of it on Monday at ten instead.
    assert result["earlier"] == {"amount": {"amount": "300.00"}, "meanDays": "1.04"}
    assert result["later"] == {"amount": {"amount": "0.00"}, "meanDays": "0.00"}
    told = [(d["day"], d["was"]["amount"], d["wouldBe"]["amount"], d["exposure"]["amount"]) for d in result["days"]]
    assert told == [
        ("2026-03-02", "0.00", "300.00", "300.00"),
        ("2026-03-03", "275.00", "0.00", "25.00"),
        ("2026-03-04", "25.00", "0.00", "0.00"),
    ]
    assert result["peak"] == {"day": "2026-03-02", "exposure": {"amount": "300.00"}}


async def test_the_policy_that_was_followed_changes_nothing(api: Api) -> None:  # noqa: F811 - the fixture
    await deposit(api, "300.00")
    account = await api.data('{ account(by: { externalId: "alice" }) { policy { id name version } } }')
    followed = account["account"]["policy"]
    found = await tried(api, policy={"published": {"name": followed["name"]}}, accounts=None, currency="USD")
    assert (found["policy"], found["version"]) == (followed["id"], followed["version"])
    assert found["result"]["same"] == {"amount": "300.00"}
    assert found["result"]["peak"] is None


async def test_accounts_are_found_all_at_once(api: Api) -> None:  # noqa: F811 - the fixture
    names = [f"many-{number}" for number in range(100)]
    for name in names:
        await api.open(name)
    seen: list[str] = []
    with store.observe(lambda executed: seen.append(executed.name)):
        found = await tried(api, accounts=[{"externalId": name} for name in names])
    assert found["status"] == "DONE"
    read = [name for name in seen if name.startswith(("accounts.", "external_ids."))]
    assert len(read) == 2, read


async def test_what_cannot_be_tried_is_told(api: Api) -> None:  # noqa: F811 - the fixture
    given: dict[str, Any] = {"policy": {"terms": AT_ONCE}, "accounts": [ALICE], "from": FROM}
    ghost = {"externalId": "ghost"}
    made = await api.do("backtestPolicy", given | {"accounts": [ALICE, ghost]}, PAYLOAD)
    assert made["rejection"] == {"code": "ACCOUNT_NOT_FOUND", "culprit": {"field": "accounts", "index": 1}}
    made = await api.do("backtestPolicy", given | {"policy": {"published": {"name": "ghost"}}}, PAYLOAD)
    assert made["rejection"]["code"] == "POLICY_NOT_FOUND"
    made = await api.do("backtestPolicy", given | {"policy": {"document": "{}"}}, PAYLOAD)
    assert made["backtest"] is None
    assert made["problems"] != []
    key = {"idempotencyKey": "once"}
    first = await api.do("backtestPolicy", given | key, PAYLOAD)
    again = await api.do("backtestPolicy", given | key, PAYLOAD)
    assert (again["replayed"], again["backtest"]["id"]) == (True, first["backtest"]["id"])
    other = await api.do("backtestPolicy", given | key | {"from": "2026-03-02T00:00:00Z"}, PAYLOAD)
    assert other["rejection"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert (await api.data('{ backtest(by: { idempotencyKey: "never" }) { id } }'))["backtest"] is None


async def test_it_needs_a_scope_and_its_numbers_another(api: Api) -> None:  # noqa: F811 - the fixture
    document = """mutation { backtestPolicy(input: { idempotencyKey: "k", currency: "USD", from: "2026-03-01T00:00:00Z",
        policy: { document: "{}" } }) { replayed } }"""
    error = await api.error(document, scopes=["balances:read", "money:move"])
    assert error["extensions"]["code"] == "FORBIDDEN"
    await deposit(api, "1.00")
    await tried(api, idempotencyKey="told")
    asked = '{ backtest(by: { idempotencyKey: "told" }) { status result { same { amount } } } }'
    answer = await api.ask(asked, scopes=["policies:manage"])
    assert answer["data"]["backtest"] == {"status": "DONE", "result": None}
    assert (await api.error(asked, scopes=["history:read"]))["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("spoiled", "path"),
    [
        ({"accounts": []}, ["accounts"]),
        ({"accounts": [ALICE] * 101}, ["accounts"]),
        ({"accounts": None}, ["currency"]),
        ({"currency": "EUR"}, ["currency"]),
        ({"currency": "XXX"}, ["currency"]),
        ({"from": "2027-03-01T00:00:00Z"}, ["from"]),
        ({"from": "2020-03-01T00:00:00Z"}, ["from"]),
        ({"to": "2026-02-01T00:00:00Z"}, ["from"]),
        ({"policy": {"terms": AT_ONCE | {"currency": "EUR"}}}, ["policy"]),
        ({"idempotencyKey": ""}, ["idempotencyKey"]),
    ],
    ids=str,
)
async def test_bad_input_is_refused_by_its_path(api: Api, spoiled: dict[str, object], path: list[str]) -> None:  # noqa: F811
    given = {"idempotencyKey": "k", "policy": {"terms": AT_ONCE}, "accounts": [ALICE], "from": FROM} | spoiled
    document = "mutation ($input: BacktestPolicyInput!) { backtestPolicy(input: $input) { replayed } }"
    error = await api.error(document, {"input": given})
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["inputPath"] == ["input", *path]
