"""Reserves over GraphQL: a plan, what it keeps of deposits, where that is told, and how it comes free."""

from typing import Any

from tests.graphql.api import Api
from tests.graphql.test_policies import WEDNESDAY_NINE, api  # noqa: F401 - a fixture

RESERVE = "reserve { reserved { amount } plan { percent days until cap { amount } plannedAt } }"
IN_THIRTY_DAYS = "2026-04-01T15:00:00.000000Z"


async def planned(api: Api, **plan: object) -> dict[str, Any]:  # noqa: F811 - the fixture
    given = {"account": {"externalId": "alice"}, "percent": "10", "days": 30} | plan
    return await api.do("setReservePlan", given, f"sequence rejection {{ code }} account {{ {RESERVE} }}")


async def deposit(api: Api, amount: str, **more: object) -> dict[str, Any]:  # noqa: F811 - the fixture
    given = {"from": {"externalId": "bank"}, "to": {"externalId": "alice"}, "method": "CHECK"}
    money = {"amount": {"amount": amount, "currency": "USD"}}
    selection = """sequence rejection { code } transaction { id }
        slices { amount { amount } availableAt rule reserved sentence }"""
    return await api.do("deposit", given | money | more, selection)


async def test_a_plan_is_told_and_ended(api: Api) -> None:  # noqa: F811 - the fixture
    made = await planned(api, cap="500")
    plan = {
        "percent": "10.00",
        "days": 30,
        "until": None,
        "cap": {"amount": "500.00"},
        "plannedAt": "2026-03-02T15:00:00.000000Z",
    }
    assert made["account"]["reserve"] == {"reserved": {"amount": "0.00"}, "plan": plan}
    ended = await planned(api, percent="0", days=None)
    assert ended["account"]["reserve"]["plan"] is None
    assert (await planned(api, percent="0", days=None))["rejection"] == {"code": "INVALID_STATUS"}


async def test_a_plan_until_an_instant_is_told(api: Api) -> None:  # noqa: F811 - the fixture
    made = await planned(api, days=None, until="9999-12-31T23:59:59.999999Z")
    plan = made["account"]["reserve"]["plan"]
    assert (plan["days"], plan["until"]) == (None, "9999-12-31T23:59:59.999999Z")
    deposited = await deposit(api, "100.00")
    assert deposited["slices"][-1]["reserved"]
    assert deposited["slices"][-1]["availableAt"] == "9999-12-31T23:59:59.999999Z"


async def test_what_is_kept_is_told_by_the_deposit_its_preview_and_the_explanation(api: Api) -> None:  # noqa: F811
    await planned(api)
    document = """{ previewAvailability(deposit: { account: { externalId: "alice" }, method: "CHECK",
        amount: { amount: "300.00", currency: "USD" } }) {
        slices { amount { amount } availableAt rule reserved sentence } } }"""
    foretold = (await api.data(document))["previewAvailability"]["slices"]
    made = await deposit(api, "300.00")
    assert made["slices"] == foretold
    assert [(one["amount"]["amount"], one["reserved"]) for one in made["slices"]] == [
        ("247.50", False),
        ("22.50", False),
        ("27.50", True),
        ("2.50", True),
    ]
    assert made["slices"][2]["availableAt"] == IN_THIRTY_DAYS
    when = "becomes available on 2026-04-01 at 11:00 EDT"
    sentence = f"USD 27.50 is kept as a reserve and {when}, out of what rule checks gives."
    assert made["slices"][2]["sentence"] == sentence
    told = await api.data(
        f"""{{ account(by: {{ externalId: "alice" }}) {{ {RESERVE} }}
        explainBalance(account: {{ externalId: "alice" }}) {{
            slices {{ amount {{ amount }} entry {{ kind }} sentence releasableBy }} }} }}"""
    )
    assert told["account"]["reserve"]["reserved"] == {"amount": "30.00"}
    kept = [one for one in told["explainBalance"]["slices"] if one["entry"] and one["entry"]["kind"] == "RESERVE"]
    assert [one["amount"]["amount"] for one in kept] == ["2.50", "27.50"]
    assert all("kept as a reserve" in one["sentence"] for one in kept)
    assert kept[0]["releasableBy"] == ["money:advance"]


async def test_a_reserve_is_released_and_delayed_as_other_money_is(api: Api) -> None:  # noqa: F811 - the fixture
    await planned(api)
    made = await deposit(api, "100.00", availableAt=WEDNESDAY_NINE)
    assert made["slices"][1]["sentence"].endswith("as was given with the deposit.")
    entry: dict[str, Any] = {"transaction": {"id": made["transaction"]["id"]}, "line": 3}
    amount = {"amount": "4.00", "currency": "USD"}
    await api.do("releaseEarly", {"entry": entry, "amount": amount, "reason": "TRUSTED"}, "sequence rejection { code }")
    document = f'{{ account(by: {{ externalId: "alice" }}) {{ {RESERVE} }} }}'
    assert (await api.data(document))["account"]["reserve"]["reserved"] == {"amount": "6.00"}
    until = {"entry": entry, "until": "9999-12-31T23:59:59.999999Z", "reason": "DISPUTED"}
    await api.do("delayAvailability", until, "sequence rejection { code }")
    assert (await api.data(document))["account"]["reserve"]["reserved"] == {"amount": "6.00"}


async def test_a_plan_needs_its_scope_and_is_told_with_balances(api: Api) -> None:  # noqa: F811 - the fixture
    document = """mutation { setReservePlan(input: { idempotencyKey: "k", account: { externalId: "alice" },
        percent: "5", days: 3 }) { sequence } }"""
    error = await api.error(document, scopes=["money:move", "accounts:manage", "balances:read"])
    assert error["extensions"]["code"] == "FORBIDDEN"
    asked = f'{{ account(by: {{ externalId: "alice" }}) {{ {RESERVE} }} }}'
    error = await api.error(asked, scopes=["history:read", "accounts:manage"])
    assert error["extensions"]["code"] == "FORBIDDEN"
