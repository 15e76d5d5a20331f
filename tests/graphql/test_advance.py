"""Advances over GraphQL: a plan, a quote, what comes of it, where that is told, and what is owed of a sale undone."""

from typing import Any

import pytest

from tests.graphql.api import Api
from tests.graphql.test_policies import api  # noqa: F401 - a fixture

STANDING = """advances { outstanding { amount } shortfall { amount } sentence repayments { at amount { amount } }
    plan { tiers { riskTier percent } feePercent feeFixed { amount } dailyCap { amount } horizonDays quoteSeconds } }"""
QUOTE = """id externalId amount { amount } fee { amount } net { amount } repayments { at amount { amount } }
    quotedAt expiresAt status acceptedAt outstanding { amount } repaid { amount } account { externalId }"""
FRIDAY = "2026-03-06T15:00:00.000000Z"


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


@pytest.fixture
async def lending(api: Api) -> Api:  # noqa: F811 - the fixture
    """Alice has a sale of 100.00 on its way, and a bank lends up to 80 per cent of it."""
    for name in ("own", "fees"):
        await api.do("openAccount", {"currency": "USD", "externalId": name}, "sequence")
    own = {"from": {"externalId": "bank"}, "to": {"externalId": "own"}, "amount": usd("1000.00")}
    sale = {"from": {"externalId": "bank"}, "to": {"externalId": "alice"}, "amount": usd("100.00")}
    await api.do("transfer", own, "sequence")
    await api.do("transfer", sale | {"availableAt": FRIDAY, "externalId": "sale"}, "sequence")
    await plan(api)
    return api


async def plan(api: Api, **terms: object) -> dict[str, Any]:  # noqa: F811 - the fixture
    given = {
        "lender": {"externalId": "own"},
        "feeAccount": {"externalId": "fees"},
        "tiers": [{"percent": "80"}],
        "feePercent": "1.5",
    }
    return await api.do("setAdvancePlan", given | terms, f"rejection {{ code }} account {{ {STANDING} }}")


async def quote(api: Api, **more: object) -> dict[str, Any]:  # noqa: F811 - the fixture
    given = {"account": {"externalId": "alice"}, "externalId": "q"}
    return await api.do("quoteInstantAvailability", given | more, f"rejection {{ code }} sequence quote {{ {QUOTE} }}")


async def test_a_plan_is_told_and_ended(lending: Api) -> None:
    made = await plan(lending, feeFixed="0.30", dailyCap="500", horizonDays=7, quoteSeconds=60)
    assert made["account"]["advances"]["plan"] == {
        "tiers": [{"riskTier": None, "percent": "80.00"}],
        "feePercent": "1.50",
        "feeFixed": {"amount": "0.30"},
        "dailyCap": {"amount": "500.00"},
        "horizonDays": 7,
        "quoteSeconds": 60,
    }
    assert (await plan(lending, tiers=[]))["account"]["advances"]["plan"] is None
    assert (await quote(lending))["rejection"] == {"code": "ADVANCE_NOT_OFFERED"}


async def test_a_quote_is_told_accepted_and_replayed(lending: Api) -> None:
    made = await quote(lending, amount=usd("50.00"))
    told = made["quote"]
    assert told | {"id": ""} == {
        "id": "",
        "externalId": "q",
        "amount": {"amount": "50.00"},
        "fee": {"amount": "0.75"},
        "net": {"amount": "49.25"},
        "repayments": [{"at": FRIDAY, "amount": {"amount": "50.00"}}],
        "quotedAt": "2026-03-02T15:00:00.000000Z",
        "expiresAt": "2026-03-02T15:15:00.000000Z",
        "status": "OPEN",
        "acceptedAt": None,
        "outstanding": {"amount": "0.00"},
        "repaid": {"amount": "0.00"},
        "account": {"externalId": "alice"},
    }
    by_id = f'{{ instantQuote(by: {{ id: "{told["id"]}" }}) {{ {QUOTE} }} }}'
    assert (await lending.data(by_id))["instantQuote"] == told
    accepted = await lending.do(
        "acceptInstantQuote",
        {"quote": {"id": told["id"]}},
        "transaction { id kind } balances { account { externalId } balance { available { amount } } }",
    )
    assert accepted["transaction"]["kind"] == "ADVANCE"
    assert {one["account"]["externalId"]: one["balance"]["available"]["amount"] for one in accepted["balances"]} == {
        "own": "950.00",
        "alice": "49.25",
        "fees": "0.75",
    }
    found = await lending.data(
        f"""{{ instantQuote(by: {{ externalId: "q" }}) {{ status outstanding {{ amount }} transaction {{ id }} }}
        account(by: {{ externalId: "alice" }}) {{ {STANDING} }}
        nothing: instantQuote(by: {{ externalId: "x" }}) {{ id }}
        explainBalance(account: {{ externalId: "own" }}) {{ slices {{ kind amount {{ amount }} sentence }} }} }}"""
    )
    assert found["nothing"] is None
    assert found["instantQuote"] == {
        "status": "ACCEPTED",
        "outstanding": {"amount": "50.00"},
        "transaction": {"id": accepted["transaction"]["id"]},
    }
    assert found["account"]["advances"]["outstanding"] == {"amount": "50.00"}
    assert found["account"]["advances"]["repayments"] == [{"at": FRIDAY, "amount": {"amount": "50.00"}}]
    coming = found["explainBalance"]["slices"][1]
    assert (coming["kind"], coming["amount"]) == ("MATURING", {"amount": "50.00"})
    assert "an advance is repaid" in coming["sentence"]


async def test_what_was_advanced_and_spent_of_a_sale_that_is_undone_is_told_as_a_shortfall(lending: Api) -> None:
    await quote(lending)
    await lending.do("acceptInstantQuote", {"quote": {"externalId": "q"}}, "sequence")
    spent = {"from": {"externalId": "alice"}, "to": {"externalId": "bank"}, "amount": usd("60.00")}
    await lending.do("transfer", spent, "sequence")
    asked = f'{{ account(by: {{ externalId: "alice" }}) {{ {STANDING} }} }}'
    before = (await lending.data(asked))["account"]["advances"]
    assert (before["outstanding"], before["shortfall"]) == ({"amount": "80.00"}, {"amount": "0.00"})
    undo = {"transaction": {"externalId": "sale"}}
    missing = "rejection { ... on InsufficientFunds { shortfall { amount } } }"
    refused = await lending.do("reverseTransaction", undo, missing)
    assert refused["rejection"] == {"shortfall": {"amount": "61.20"}}
    await lending.do("reverseTransaction", undo | {"force": True}, "sequence")
    after = (await lending.data(asked))["account"]["advances"]
    assert before["sentence"] == (
        "USD 80.00 was had in advance and is repaid by what matures until 2026-03-06 at 15:00 UTC."
    )
    assert "The account stands USD 61.20 below zero" in after["sentence"]
    # 80.00 less the fee of 1.20 were had, 60.00 of them spent: the rest went back with the sale.
    assert (after["outstanding"], after["shortfall"]) == ({"amount": "80.00"}, {"amount": "61.20"})


async def test_a_simulation_asks_and_accepts_in_one(lending: Api) -> None:
    document = """{ simulate(input: { mode: ALL_OR_NOTHING, forecastTo: "2026-03-08T00:00:00Z", commands: [
        { quoteInstantAvailability: { idempotencyKey: "s1", account: { externalId: "alice" }, externalId: "q" } },
        { acceptInstantQuote: { idempotencyKey: "s2", quote: { externalId: "q" } } }] }) {
        results { rejection { code } entries { kind amount { amount } } }
        accounts { externalId before { available { amount } } after { available { amount } } } } }"""
    told = (await lending.data(document))["simulate"]
    assert [one["rejection"] for one in told["results"]] == [None, None]
    alice = next(one for one in told["accounts"] if one["externalId"] == "alice")
    assert (alice["before"]["available"], alice["after"]["available"]) == ({"amount": "0.00"}, {"amount": "78.80"})
    assert (await quote(lending))["rejection"] is None


async def test_a_batch_answers_with_its_quotes(lending: Api) -> None:
    document = """mutation { submit(input: { mode: INDEPENDENT, commands: [
        { quoteInstantAvailability: { idempotencyKey: "b1", account: { externalId: "alice" }, externalId: "q" } },
        { acceptInstantQuote: { idempotencyKey: "b2", quote: { externalId: "q" } } }] }) {
        results { rejection { code } quote { externalId status } transaction { kind } } } }"""
    assert (await lending.data(document))["submit"]["results"] == [
        {"rejection": None, "quote": {"externalId": "q", "status": "ACCEPTED"}, "transaction": None},
        {"rejection": None, "quote": None, "transaction": {"kind": "ADVANCE"}},
    ]


async def test_a_dry_run_shows_how_the_accounts_would_stand(lending: Api) -> None:
    asked = await quote(lending, dryRun=True)
    assert (asked["sequence"], asked["quote"], asked["rejection"]) == (None, None, None)
    await quote(lending)
    dry = {"quote": {"externalId": "q"}, "dryRun": True}
    standing = "balances { account { externalId } balance { available { amount } } }"
    told = await lending.do("acceptInstantQuote", dry, standing)
    assert [one["balance"]["available"]["amount"] for one in told["balances"]] == ["920.00", "78.80", "1.20"]


async def test_each_step_needs_its_scopes(lending: Api) -> None:
    await quote(lending)
    asked = """mutation { quoteInstantAvailability(input: { idempotencyKey: "k", account: { externalId: "alice" } }) {
        sequence } }"""
    accepted = """mutation { acceptInstantQuote(input: { idempotencyKey: "k", quote: { externalId: "q" } }) {
        sequence } }"""
    planned = """mutation { setAdvancePlan(input: { idempotencyKey: "k", lender: { externalId: "own" },
        feeAccount: { externalId: "fees" }, tiers: [] }) { sequence } }"""
    for document, scopes in (
        (asked, ["money:move", "policies:manage", "balances:read"]),
        (accepted, ["money:move", "policies:manage"]),
        (accepted, ["money:advance", "policies:manage"]),
        (planned, ["money:move", "money:advance"]),
        ('{ instantQuote(by: { externalId: "q" }) { id } }', ["money:move", "history:read"]),
    ):
        assert (await lending.error(document, scopes=scopes))["extensions"]["code"] == "FORBIDDEN"
