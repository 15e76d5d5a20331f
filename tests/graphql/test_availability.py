"""What explainBalance, availabilityForecast and canSpend answer, to whom, at what cost, and what they refuse."""

import json
from typing import Any

import pytest

from app import ledger
from app.graphql import sentences
from tests.graphql.api import Api, Statements
from tests.services.desk import DAY, MARK

AT_NINE = "2023-11-16T09:00:00.000000Z"
NEXT_WEEK = "2023-11-21T22:13:20.000000Z"
FOREVER = "9999-12-31T23:59:59.999999Z"
MONDAY = 1_795_428_000_000_000
"""2026-11-23T10:00:00Z, in the week of Thanksgiving."""

SLICES = """slices { kind amount { amount } availableAt releasableBy sentence entry { line account { externalId } }
  transaction { id externalId } hold { externalId remaining { amount } } }"""
EXPLAIN = f"""query ($account: AccountBy!, $at: DateTime, $first: Int, $after: String) {{
  explainBalance(account: $account, at: $at, first: $first, after: $after) {{
    account {{ externalId }} balance {{ ledger {{ amount }} maturing {{ amount }} held {{ amount }} asOf sequence }}
    {SLICES} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
FORECAST = """query ($accounts: [AccountBy!]!, $from: DateTime, $to: DateTime!, $bucket: ForecastBucket!) {
  availabilityForecast(accounts: $accounts, from: $from, to: $to, bucket: $bucket) {
    account { externalId } balance { available { amount } }
    points { at conservative { amount } expected { amount } optimistic { amount }
      causes { kind amount { amount } count firstAt lastAt } } } }"""
SPEND = """query ($account: AccountBy!, $amount: MoneyInput!, $at: DateTime) {
  canSpend(account: $account, amount: $amount, at: $at) { allowed code sentence at shortfall { amount } earliestAt
    balance { spendable { amount } } options { kind at amount { amount } sentence }
    slices { kind amount { amount } } } }"""

ALICE = {"externalId": "alice"}


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


async def rich(api: Api) -> None:
    """Alice has 100 free, 120 and 30 maturing, 5 kept until released, and 40 and 10 held."""
    await api.transfer("bank", "alice", "120.00", externalId="sale-00012", kind="SALE", availableAt=AT_NINE)
    await api.transfer("bank", "alice", "30.00", kind="SALE", availableAt=NEXT_WEEK)
    await api.transfer("bank", "alice", "5.00", externalId="reserve", availableAt=FOREVER)
    place: dict[str, object] = {"account": ALICE}
    hotel: dict[str, object] = {
        "amount": usd("40.00"),
        "externalId": "hotel-17",
        "reason": "deposit",
        "expiresAt": NEXT_WEEK,
    }
    await api.do("placeHold", place | hotel, "sequence")
    await api.do("placeHold", place | {"amount": usd("10.00")}, "sequence")


async def test_a_balance_is_explained_slice_by_slice(api: Api) -> None:
    await rich(api)
    told = (await api.data(EXPLAIN, {"account": ALICE}))["explainBalance"]
    assert told["balance"] == {
        "ledger": {"amount": "255.00"},
        "maturing": {"amount": "155.00"},
        "held": {"amount": "50.00"},
        "asOf": "2023-11-14T22:13:20.000000Z",
        "sequence": "9",
    }
    assert [(one["kind"], one["amount"]["amount"], one["availableAt"]) for one in told["slices"]] == [
        ("FREE", "50.00", None),
        ("MATURING", "120.00", AT_NINE),
        ("MATURING", "30.00", NEXT_WEEK),
        ("MATURING", "5.00", FOREVER),
        ("HELD", "10.00", None),
        ("HELD", "40.00", NEXT_WEEK),
    ]
    assert [one["sentence"] for one in told["slices"]] == [
        "USD 50.00 is free.",
        "USD 120.00 from sale-00012 becomes available on 2023-11-16 at 09:00 UTC.",
        "USD 30.00 from a SALE of 2023-11-14 becomes available on 2023-11-21 at 22:13:20 UTC.",
        "USD 5.00 from reserve stays set aside until somebody releases it.",
        "USD 10.00 is held by a hold of 2023-11-14 until it is captured or released.",
        "USD 40.00 is held by hotel-17 until 2023-11-21 at 22:13:20 UTC unless captured or released (reason: deposit).",
    ]
    assert [one["releasableBy"] for one in told["slices"]] == [
        [],
        *[["money:advance"]] * 3,
        *[["holds:manage"]] * 2,
    ]
    assert told["slices"][1]["transaction"]["externalId"] == "sale-00012"
    assert told["slices"][1]["entry"] == {"line": 2, "account": ALICE}
    assert told["slices"][5]["hold"] == {"externalId": "hotel-17", "remaining": {"amount": "40.00"}}
    assert told["pageInfo"]["hasNextPage"] is False


async def test_pages_of_an_explanation_stand_still_while_the_ledger_moves_on(api: Api) -> None:
    await rich(api)
    whole = (await api.data(EXPLAIN, {"account": ALICE}))["explainBalance"]
    for first in (1, 2, 4):
        pages: list[dict[str, Any]] = []
        after, going_on = None, True
        while going_on:
            asked = {"account": ALICE, "first": first, "after": after}
            page = (await api.data(EXPLAIN, asked))["explainBalance"]
            assert page["balance"]["ledger"] == pages[0]["balance"]["ledger"] if pages else True
            assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
            pages.append(page)
            after, going_on = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
            await api.transfer("bank", "alice", "1.00", availableAt=AT_NINE)
            await api.do("placeHold", {"account": ALICE, "amount": usd("0.50")}, "sequence")
        told = [one for page in pages for one in page["slices"]]
        if first == 1:
            assert told == whole["slices"]
        assert sum(float(one["amount"]["amount"]) for one in told) == float(pages[0]["balance"]["ledger"]["amount"])
        assert {page["balance"]["sequence"] for page in pages} == {pages[0]["balance"]["sequence"]}
        rest = (await api.data(EXPLAIN, {"account": ALICE, "after": after}))["explainBalance"]
        assert (rest["slices"], rest["pageInfo"]["hasNextPage"]) == ([], False)


async def test_a_balance_is_explained_as_it_was_and_as_it_will_be(api: Api) -> None:
    await rich(api)
    await api.desk.set_clock(MARK + 7 * DAY)
    now = (await api.data(EXPLAIN, {"account": ALICE}))["explainBalance"]
    assert [one["amount"]["amount"] for one in now["slices"]] == ["240.00", "5.00", "10.00"]
    then = (await api.data(EXPLAIN, {"account": ALICE, "at": AT_NINE}))["explainBalance"]
    assert [one["amount"]["amount"] for one in then["slices"]] == ["170.00", "30.00", "5.00", "10.00", "40.00"]
    before = (await api.data(EXPLAIN, {"account": ALICE, "at": "2023-11-14T22:13:20Z"}))["explainBalance"]
    assert len(before["slices"]) == 6
    later = (await api.data(EXPLAIN, {"account": ALICE, "at": FOREVER}))["explainBalance"]
    assert [one["amount"]["amount"] for one in later["slices"]] == ["245.00", "10.00"]
    assert (await api.data(EXPLAIN, {"account": {"externalId": "nobody"}}))["explainBalance"] is None


async def test_an_explanation_costs_a_few_statements_however_long_the_page(api: Api) -> None:
    await rich(api)
    for number in range(40):
        await api.transfer("bank", "alice", "1.00", availableAt=NEXT_WEEK, externalId=f"late-{number}")
    with Statements() as statements:
        await api.data(EXPLAIN, {"account": ALICE, "first": 100})
    assert statements.names == [
        "clock.read",
        "balances.funds",
        "slices.buckets",
        "slices.lines",
        "held_slices.active",
        "transactions.find",
        "policies.entry_rules",
    ]


async def test_a_deposit_is_explained_by_its_policy_and_rule(api: Api) -> None:
    await api.desk.set_clock(MONDAY)
    terms = {
        "currency": "USD",
        "timeZone": "UTC",
        "calendar": "FED",
        "rules": [{"name": "rest", "portions": [{"take": "REST", "available": {"days": 2, "at": "09:00"}}]}],
    }
    published = {"name": "Card T+2", "document": json.dumps(terms)}
    assert (await api.do("publishPolicy", published, "rejection { code }"))["rejection"] is None
    await api.do("assignPolicy", {"policy": {"name": "Card T+2"}}, "sequence")
    card = {"from": {"externalId": "bank"}, "to": ALICE, "amount": usd("120.00"), "method": "CARD"}
    made = await api.do("deposit", card | {"externalId": "sale-00012"}, "transaction { id } rejection { code }")
    document = """{ explainBalance(account: {externalId: "alice"}) { slices { kind sentence
        rule { name version policy { name } } entry { rule { name } } } } }"""
    (free, matures) = (await api.data(document))["explainBalance"]["slices"]
    assert (free["rule"], free["sentence"]) == (None, "USD 100.00 is free.")
    assert matures["rule"] == {"name": "rest", "version": 1, "policy": {"name": "Card T+2"}}
    assert matures["entry"]["rule"] == {"name": "rest"}
    assert matures["sentence"] == (
        "USD 120.00 from sale-00012 becomes available on 2026-11-25 at 09:00 UTC (policy Card T+2, rule rest)."
    )
    later = {"transaction": {"id": made["transaction"]["id"]}, "line": 2, "availableAt": FOREVER, "reason": "fraud"}
    await api.do("rescheduleEntry", later, "sequence")
    (_, moved) = (await api.data(document))["explainBalance"]["slices"]
    assert (moved["rule"], moved["sentence"]) == (
        None,
        "USD 120.00 from sale-00012 stays set aside until somebody releases it (rescheduled, reason: fraud).",
    )


async def test_a_forecast_tells_what_comes_and_why(api: Api) -> None:
    await rich(api)
    asked = {"accounts": [ALICE, {"externalId": "nobody"}], "to": NEXT_WEEK, "bucket": "EVENT"}
    found, missing = (await api.data(FORECAST, asked))["availabilityForecast"]
    assert missing is None
    assert (found["account"], found["balance"]) == (ALICE, {"available": {"amount": "50.00"}})
    curve = [
        (point["at"], *(point[bound]["amount"] for bound in ("conservative", "expected", "optimistic")))
        for point in found["points"]
    ]
    assert curve == [
        ("2023-11-14T22:13:20.000000Z", "50.00", "50.00", "100.00"),
        (AT_NINE, "170.00", "170.00", "220.00"),
        (NEXT_WEEK, "200.00", "240.00", "250.00"),
    ]
    assert [(one["kind"], one["amount"]["amount"]) for one in found["points"][2]["causes"]] == [
        ("EXPIRY", "40.00"),
        ("MATURITY", "30.00"),
    ]
    for bucket, instants in (("DAY", ["2023-11-17T00:00:00.000000Z", NEXT_WEEK]), ("HOUR", [AT_NINE, NEXT_WEEK])):
        (found, _) = (await api.data(FORECAST, asked | {"bucket": bucket}))["availabilityForecast"]
        assert [point["at"] for point in found["points"][1:]] == instants
        assert found["points"][1]["causes"] == [
            {"kind": "MATURITY", "amount": {"amount": "120.00"}, "count": 1, "firstAt": AT_NINE, "lastAt": AT_NINE}
        ]
        assert found["points"][-1]["expected"] == {"amount": "240.00"}
    (found, _) = (await api.data(FORECAST, asked | {"from": AT_NINE}))["availabilityForecast"]
    assert [point["at"] for point in found["points"]] == [AT_NINE, NEXT_WEEK]


async def test_a_forecast_of_fifty_accounts_is_three_statements(api: Api) -> None:
    names = [f"m{number}" for number in range(50)]
    for name in names:
        await api.open(name)
        await api.transfer("bank", name, "1.00", availableAt=AT_NINE)
    month = {"to": "2023-12-14T00:00:00Z", "bucket": "DAY"}
    with Statements() as statements:
        found = await api.data(FORECAST, {"accounts": [{"externalId": name} for name in names], **month})
    assert statements.names == ["clock.read", "balances.funds", "future_causes.gathered"]
    assert [one["points"][-1]["expected"]["amount"] for one in found["availabilityForecast"]] == ["1.00"] * 50


async def test_the_forecasts_of_one_operation_are_bounded_together(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    await rich(api)
    one = f'availabilityForecast(accounts: [{{externalId: "alice"}}], to: "{NEXT_WEEK}") {{ points {{ at }} }}'
    monkeypatch.setattr("app.services.POINTS_MAX", 7)
    assert "errors" not in await api.ask(f"{{ a: {one} b: {one} }}")
    error = await api.error(f"{{ a: {one} b: {one} c: {one} }}")
    assert (error["path"], error["extensions"]["inputPath"]) == (["c"], ["accounts"])


async def test_whether_an_amount_can_be_spent(api: Api) -> None:
    await rich(api)
    yes = (await api.data(SPEND, {"account": ALICE, "amount": usd("50.00")}))["canSpend"]
    assert (yes["allowed"], yes["code"], yes["shortfall"], yes["options"], yes["slices"]) == (
        True,
        None,
        {"amount": "0.00"},
        [],
        [],
    )
    assert yes["sentence"] == "USD 50.00 can be spent on 2023-11-14 at 22:13:20 UTC."
    no = (await api.data(SPEND, {"account": ALICE, "amount": usd("200.00")}))["canSpend"]
    assert (no["allowed"], no["code"], no["shortfall"]) == (False, "INSUFFICIENT_FUNDS", {"amount": "150.00"})
    assert no["earliestAt"] == NEXT_WEEK
    assert [(option["kind"], option["at"], option["amount"]["amount"]) for option in no["options"]] == [
        ("SMALLER_AMOUNT", "2023-11-14T22:13:20.000000Z", "50.00"),
        ("WAIT_FOR_MATURITY", AT_NINE, "170.00"),
        ("WAIT_FOR_MATURITY", NEXT_WEEK, "240.00"),
    ]
    assert no["options"][1]["sentence"] == ("Once money matures on 2023-11-16 at 09:00 UTC, USD 170.00 can be spent.")
    assert [one["amount"]["amount"] for one in no["slices"]] == ["120.00", "30.00", "40.00", "5.00", "10.00"]
    later = (await api.data(SPEND, {"account": ALICE, "amount": usd("200.00"), "at": NEXT_WEEK}))["canSpend"]
    assert (later["allowed"], later["balance"]["spendable"]) == (True, {"amount": "240.00"})
    never = (await api.data(SPEND, {"account": ALICE, "amount": usd("241.00")}))["canSpend"]
    assert (never["earliestAt"], never["options"][-1]["amount"]) == (None, {"amount": "240.00"})
    assert never["sentence"].endswith("USD 191.00 is missing. When it will be there is not in sight.")
    assert (await api.data(SPEND, {"account": {"externalId": "x"}, "amount": usd("1")}))["canSpend"] is None
    await api.do("freezeAccount", {"account": ALICE, "direction": "OUT"}, "sequence")
    frozen = (await api.data(SPEND, {"account": ALICE, "amount": usd("1.00")}))["canSpend"]
    assert (frozen["allowed"], frozen["code"], frozen["earliestAt"]) == (False, "ACCOUNT_FROZEN", None)


REFUSED = f"""rejection {{ code ... on InsufficientFunds {{ spendable {{ amount }} shortfall {{ amount }} earliestAt
  {SLICES} options {{ kind at amount {{ amount }} sentence }} }} }}"""


async def test_a_refusal_for_funds_says_what_is_in_the_way_to_who_may_read(api: Api) -> None:
    await rich(api)
    payout = {"from": ALICE, "to": {"externalId": "bank"}, "amount": usd("170.00")}
    for dry_run in (False, True):
        made = await api.do("transfer", payout | {"dryRun": dry_run}, REFUSED)
        refused = made["rejection"]
        assert (refused["spendable"], refused["shortfall"]) == ({"amount": "50.00"}, {"amount": "120.00"})
        assert refused["earliestAt"] == AT_NINE
        assert [one["kind"] for one in refused["slices"]] == ["MATURING", "MATURING", "HELD", "MATURING", "HELD"]
        assert refused["slices"][0]["sentence"].startswith("USD 120.00 from sale-00012 becomes available on")
        assert [(option["kind"], option["amount"]["amount"]) for option in refused["options"]] == [
            ("SMALLER_AMOUNT", "50.00"),
            ("WAIT_FOR_MATURITY", "170.00"),
        ]
    hidden = (await api.do("transfer", payout, REFUSED, scopes=["money:move"]))["rejection"]
    assert hidden == {
        "code": "INSUFFICIENT_FUNDS",
        "spendable": None,
        "shortfall": None,
        "earliestAt": None,
        "slices": None,
        "options": None,
    }


async def test_refusals_are_explained_together_and_only_where_asked_for(api: Api) -> None:
    names = [f"m{number}" for number in range(40)]
    for name in names:
        await api.open(name)
        await api.transfer("bank", name, "1.00", availableAt=AT_NINE)
    document = """mutation ($input: SubmitInput!) { submit(input: $input) { results { rejection { code
        ... on InsufficientFunds { shortfall { amount } %s } } } } }"""
    transfers = [
        {"transfer": {"from": {"externalId": name}, "to": {"externalId": "bank"}, "amount": usd("1.00")}}
        for name in names
    ]
    for selected, more in (("", []), ("slices { sentence } options { sentence }", ["slices", "future", "balances"])):
        keyed = [{"transfer": one["transfer"] | {"idempotencyKey": api.key()}} for one in transfers]
        with Statements() as statements:
            data = await api.data(document % selected, {"input": {"mode": "INDEPENDENT", "commands": keyed}})
        results = data["submit"]["results"]
        assert [one["rejection"]["code"] for one in results] == ["INSUFFICIENT_FUNDS"] * 40
        for name in ("slices", "future", "balances"):
            # Forty accounts are taken in two parts.
            assert sum(one.startswith(name) for one in statements.names) <= (4 if name in more else 0)
        if selected:
            assert [len(one["rejection"]["slices"]) for one in results] == [1] * 40
            assert [len(one["rejection"]["options"]) for one in results] == [1] * 40


@pytest.mark.parametrize(
    ("document", "variables", "path"),
    [
        (EXPLAIN, {"account": ALICE, "first": 0}, ["first"]),
        (EXPLAIN, {"account": ALICE, "first": 101}, ["first"]),
        (EXPLAIN, {"account": ALICE, "after": "?"}, ["after"]),
        (EXPLAIN, {"account": ALICE, "after": "AQ" * 40}, ["after"]),
        (EXPLAIN, {"account": ALICE, "at": "2020-01-01T00:00:00Z"}, ["at"]),
        (EXPLAIN, {"account": {"id": "alice"}}, ["account", "id"]),
        (FORECAST, {"accounts": [ALICE], "to": "2023-11-14T22:13:19Z", "bucket": "DAY"}, ["to"]),
        (FORECAST, {"accounts": [ALICE], "to": "2024-11-16T00:00:00Z", "bucket": "DAY"}, ["to"]),
        (FORECAST, {"accounts": [ALICE], "to": "2023-12-16T00:00:00Z", "bucket": "HOUR"}, ["to"]),
        (
            FORECAST,
            {"accounts": [ALICE], "from": "2033-11-22T00:00:00Z", "to": "2033-12-22T00:00:00Z", "bucket": "DAY"},
            ["to"],
        ),
        (FORECAST, {"accounts": [ALICE] * 101, "to": NEXT_WEEK, "bucket": "DAY"}, ["accounts"]),
        (FORECAST, {"accounts": [{"id": "alice"}], "to": NEXT_WEEK, "bucket": "DAY"}, ["accounts", 0, "id"]),
        (SPEND, {"account": ALICE, "amount": usd("0")}, ["amount", "amount"]),
        (SPEND, {"account": ALICE, "amount": usd("-1")}, ["amount", "amount"]),
        (SPEND, {"account": ALICE, "amount": usd("0.001")}, ["amount", "amount"]),
        (SPEND, {"account": ALICE, "amount": {"amount": "1", "currency": "EUR"}}, ["amount", "currency"]),
        (SPEND, {"account": ALICE, "amount": {"amount": "1", "currency": "XYZ"}}, ["amount", "currency"]),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_its_path(
    api: Api, document: str, variables: dict[str, object], path: list[object]
) -> None:
    error = await api.error(document, variables)
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "inputPath": path}


async def test_a_cursor_is_of_one_account_and_instant(api: Api) -> None:
    await rich(api)
    page = (await api.data(EXPLAIN, {"account": ALICE, "first": 2}))["explainBalance"]
    after, at = page["pageInfo"]["endCursor"], page["balance"]["asOf"]
    assert (await api.data(EXPLAIN, {"account": ALICE, "after": after, "at": at}))["explainBalance"]["slices"]
    for asked in ({"account": {"externalId": "bank"}}, {"account": ALICE, "at": AT_NINE}):
        error = await api.error(EXPLAIN, asked | {"after": after})
        assert error["extensions"]["inputPath"] == ["after"]


@pytest.mark.parametrize("document", [EXPLAIN, FORECAST, SPEND])
async def test_what_is_available_is_told_only_to_who_may_read(api: Api, document: str) -> None:
    variables = {"account": ALICE, "accounts": [ALICE], "to": NEXT_WEEK, "bucket": "DAY", "amount": usd("1")}
    error = await api.error(document, variables, scopes=["history:read", "accounts:manage"])
    assert error["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("amount", "floor", "sentence"),
    [
        (0, 0, "Nothing is free."),
        (500, 0, "USD 5.00 is free."),
        (500, 200, "USD 5.00 is free, of which USD 2.00 must stay."),
        (0, 200, "Nothing is free."),
        (0, -200, "Nothing is free, and a credit line of USD 2.00 stands behind it."),
        (500, None, "USD 5.00 is free, and the account may owe without limit."),
        (-500, 0, "Nothing is free: USD 5.00 more has left the account, or is set aside, than was available."),
    ],
)
def test_what_is_free_is_said_with_its_floor(amount: int, floor: int | None, sentence: str) -> None:
    assert sentences.of_free(amount, floor, ("USD", 2)) == sentence


async def test_money_moved_in_time_says_so(api: Api) -> None:
    sale = await api.transfer("bank", "alice", "20.00", externalId="sale", availableAt=AT_NINE)
    delay = {"transaction": {"id": sale["id"]}, "line": 2, "availableAt": NEXT_WEEK, "reason": "dispute"}
    await api.do("rescheduleEntry", delay | {"amount": usd("5.00")}, "sequence")
    told = (await api.data(EXPLAIN, {"account": ALICE}))["explainBalance"]["slices"]
    assert [one["sentence"] for one in told[1:]] == [
        "USD 15.00 from sale becomes available on 2023-11-16 at 09:00 UTC.",
        "USD 5.00 from sale becomes available on 2023-11-21 at 22:13:20 UTC (rescheduled, reason: dispute).",
    ]
    moved = told[2]["transaction"]["id"]
    again = {"transaction": {"id": moved}, "line": 2, "availableAt": FOREVER, "reason": "fraud"}
    await api.do("rescheduleEntry", again, "sequence")
    await api.do("reverseTransaction", {"transaction": {"id": sale["id"]}, "amount": usd("15.00")}, "sequence")
    told = (await api.data(EXPLAIN, {"account": ALICE}))["explainBalance"]["slices"]
    assert [one["sentence"] for one in told[1:]] == [
        "USD 5.00 from sale stays set aside until somebody releases it (rescheduled, reason: fraud)."
    ]


def test_every_refusal_to_spend_has_its_sentence() -> None:
    def said(code: ledger.RejectionCode | None, earliest_at: int | None = None) -> str:
        return sentences.of_spending(ledger.Spending(0, code, 1, 2, earliest_at, ()), 300, ("USD", 2))

    assert said(ledger.RejectionCode.ACCOUNT_CLOSED) == "USD 3.00 cannot be spent: the account is closed."
    assert "frozen" in said(ledger.RejectionCode.ACCOUNT_FROZEN)
    assert "too large" in said(ledger.RejectionCode.BALANCE_OVERFLOW)
    assert said(ledger.RejectionCode.INSUFFICIENT_FUNDS, 1) == (
        "USD 3.00 cannot be spent on 1970-01-01 at 00:00 UTC: USD 0.02 is missing."
        " It will be there on 1970-01-01 at 00:00:00.000001 UTC."
    )
    options = [sentences.of_option(ledger.SpendingOption(kind, 0, 5), ("JPY", 0)) for kind in ledger.OptionKind]
    assert options == [
        "At most JPY 5 can be spent on 1970-01-01 at 00:00 UTC.",
        "Once money matures on 1970-01-01 at 00:00 UTC, JPY 5 can be spent.",
        "Once a hold lapses on 1970-01-01 at 00:00 UTC, JPY 5 can be spent.",
    ]
