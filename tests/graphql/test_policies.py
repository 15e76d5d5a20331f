"""Policies and deposits before the schema: terms in and out as data, what a deposit comes to, and what it would."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app import graphql
from tests.graphql.api import SCHEMA, Api, Statements
from tests.services.desk import open_desk

Given = dict[str, Any]

MONDAY = int(datetime(2026, 3, 2, 15, 0, tzinfo=UTC).timestamp()) * 1_000_000
"""10:00 in New York."""
TUESDAY_NINE, WEDNESDAY_NINE = "2026-03-03T14:00:00.000000Z", "2026-03-04T14:00:00.000000Z"
FOREVER = "9999-12-31T23:59:59.999999Z"

TERMS: Given = {
    "currency": "USD",
    "timeZone": "America/New_York",
    "calendar": "FED",
    "cutOff": "17:00",
    "description": "What the branch tells",
    "rules": [
        {
            "name": "checks",
            "source": "12 CFR 229.10(c)",
            "match": {
                "methods": ["CHECK"],
                "direction": "IN",
                "amount": {"from": "0", "below": "100000"},
                "accountAgeDays": {"from": 0},
                "riskTiers": ["low", "high"],
                "metadata": [{"key": "channel", "values": ["BRANCH", "ATM"]}],
            },
            "dayLimit": {"amount": "6725.00", "counter": "large", "beyond": {"untilReleased": True}},
            "portions": [
                {
                    "take": {"perDay": {"amount": "275.00", "counter": "first"}},
                    "available": {"after": {"days": 1, "unit": "BUSINESS", "at": "09:00"}},
                },
                {"take": {"percent": "12.5"}, "available": {"atOnce": True}},
                {"take": {"perItem": "10"}, "available": {"after": {"days": 2}}},
                {"take": {"rest": True}, "available": {"after": {"days": 2, "unit": "BANKING", "at": "09:00"}}},
            ],
        },
        {"name": "others", "portions": [{"take": {"rest": True}, "available": {"untilReleased": True}}]},
    ],
}
SIMPLE: Given = TERMS | {
    "rules": [
        {
            "name": "checks",
            "match": {"methods": ["CHECK"]},
            "portions": [
                {"take": {"perDay": {"amount": "275.00"}}, "available": {"after": {"days": 1, "at": "09:00"}}},
                {"take": {"rest": True}, "available": {"after": {"days": 2, "at": "09:00"}}},
            ],
        },
        {
            "name": "wires",
            "match": {"methods": ["WIRE"]},
            "portions": [{"take": {"rest": True}, "available": {"atOnce": True}}],
        },
    ]
}

RULES = """rules { name source
  match { methods direction amount { from { amount } below { amount } } accountAgeDays { from below } riskTiers
    metadata { key values } }
  dayLimit { amount { amount } counter beyond { kind days unit at } }
  portions { take { kind amount { amount currency } counter percent } available { kind days unit at } } }"""
SLICES = "slices { amount { amount } availableAt policy { name } version rule portion businessDay sentence }"
REFUSAL = (
    "rejection { __typename code culprit { account field } ... on PolicyRefusal { problems { code place message } } }"
)
PREVIEW = f"""query ($policy: PreviewPolicy, $deposit: PreviewDepositInput!) {{
  previewAvailability(policy: $policy, deposit: $deposit) {{ {SLICES} problems {{ code place message }} }} }}"""


@pytest.fixture
async def api(sqlite_url: str) -> AsyncIterator[Api]:
    """A bank, and alice whose deposits follow a policy, on a Monday."""
    async with open_desk(sqlite_url, at=MONDAY) as desk:
        made = Api(desk, graphql.Executor(SCHEMA, graphql.Limits(), deadline_seconds=10))
        await made.open("bank", purpose="EXTERNAL", unlimited=True)
        await made.open("alice", metadata={"riskTier": "low"})
        await made.do("publishPolicy", {"name": "standard", "policy": SIMPLE}, "sequence")
        await made.do("assignPolicy", {"policy": {"name": "standard"}}, "sequence")
        yield made


def deposit(amount: str, **more: object) -> Given:
    given: Given = {
        "from": {"externalId": "bank"},
        "to": {"externalId": "alice"},
        "amount": {"amount": amount, "currency": "USD"},
        "method": "CHECK",
    }
    return given | more


async def test_terms_come_out_as_the_data_that_went_in(api: Api) -> None:
    made = await api.do(
        "publishPolicy",
        {"name": "branch", "policy": TERMS, "expectedVersion": 0},
        f"""policy {{ id name version latest {{ version }} versions {{ version }} }} {REFUSAL} replayed
            version {{ version currency timeZone calendar cutOff description document publishedAt {RULES} }}""",
    )
    assert made["rejection"] is None
    assert made["policy"]["id"].startswith("pol_")
    assert (made["policy"]["name"], made["policy"]["version"]) == ("branch", 1)
    version = made["version"]
    assert {key: version[key] for key in ("version", "currency", "timeZone", "calendar", "cutOff", "description")} == {
        "version": 1,
        "currency": "USD",
        "timeZone": "America/New_York",
        "calendar": "FED",
        "cutOff": "17:00",
        "description": "What the branch tells",
    }
    checks, others = version["rules"]
    assert checks["match"] == {
        "methods": ["CHECK"],
        "direction": "IN",
        "amount": {"from": {"amount": "0.00"}, "below": {"amount": "100000.00"}},
        "accountAgeDays": None,
        "riskTiers": ["low", "high"],
        "metadata": [{"key": "channel", "values": ["BRANCH", "ATM"]}],
    }
    assert checks["dayLimit"] == {
        "amount": {"amount": "6725.00"},
        "counter": "large",
        "beyond": {"kind": "UNTIL_RELEASED", "days": None, "unit": None, "at": None},
    }
    assert [portion["take"]["kind"] for portion in checks["portions"]] == ["PER_DAY", "PERCENT", "PER_ITEM", "REST"]
    assert checks["portions"][0]["take"] == {
        "kind": "PER_DAY",
        "amount": {"amount": "275.00", "currency": "USD"},
        "counter": "first",
        "percent": None,
    }
    assert checks["portions"][1]["take"]["percent"] == "12.50"
    assert checks["portions"][2]["available"] == {"kind": "AFTER_DAYS", "days": 2, "unit": "BUSINESS", "at": "00:00"}
    assert checks["portions"][3]["available"] == {"kind": "AFTER_DAYS", "days": 2, "unit": "BANKING", "at": "09:00"}
    assert others["match"]["amount"] is None
    # The document is the same policy: published again it would change nothing.
    again = await api.do("publishPolicy", {"name": "branch", "document": version["document"]}, REFUSAL)
    assert again["rejection"]["code"] == "INVALID_STATUS"


async def test_a_policy_is_found_by_id_and_name_and_in_its_list(api: Api) -> None:
    await api.do("publishPolicy", {"name": "other", "policy": SIMPLE | {"cutOff": "12:00"}}, "sequence")
    await api.do("publishPolicy", {"name": "standard", "policy": SIMPLE | {"cutOff": "14:00"}}, "sequence")
    fields = "id name version versions { version cutOff } latest { cutOff }"
    data = await api.data(
        f"""{{ policy(by: {{name: "standard"}}) {{ {fields} }} missing: policy(by: {{name: "nobody"}}) {{ id }}
          policies {{ nodes {{ name }} totalCount pageInfo {{ hasNextPage }} }}
          last: policies(last: 1) {{ edges {{ cursor node {{ name }} }} }}
          account(by: {{externalId: "alice"}}) {{ policy {{ name }} }} }}"""
    )
    policy = data["policy"]
    assert (policy["version"], policy["latest"]["cutOff"]) == (2, "14:00")
    assert policy["versions"] == [{"version": 2, "cutOff": "14:00"}, {"version": 1, "cutOff": "17:00"}]
    assert data["missing"] is None
    assert data["policies"] == {
        "nodes": [{"name": "standard"}, {"name": "other"}],
        "totalCount": 2,
        "pageInfo": {"hasNextPage": False},
    }
    assert data["last"]["edges"][0]["node"] == {"name": "other"}
    assert data["account"] == {"policy": {"name": "standard"}}
    by_id = await api.data(
        "query ($id: ID!) { policy(by: {id: $id}) { name } node(id: $id) { ... on Policy { name version } } }",
        {"id": policy["id"]},
    )
    assert by_id == {"policy": {"name": "standard"}, "node": {"name": "standard", "version": 2}}


async def test_a_deposit_answers_its_slices_and_each_entry_its_rule(api: Api) -> None:
    selection = f"""{SLICES} {REFUSAL} replayed
      balances {{ account {{ externalId }} balance {{ maturing {{ amount }} }} }}
      transaction {{ kind entries {{ line availableAt amount {{ amount }}
        rule {{ name version portion policy {{ name }} }} }} }}"""
    key = api.key()
    made = await api.do("deposit", deposit("1000", idempotencyKey=key), selection)
    rule = {"name": "checks", "version": 1, "policy": {"name": "standard"}}
    assert made["transaction"] == {
        "kind": "DEPOSIT",
        "entries": [
            {"line": 1, "availableAt": None, "amount": {"amount": "1000.00"}, "rule": None},
            {
                "line": 2,
                "availableAt": TUESDAY_NINE,
                "amount": {"amount": "275.00"},
                "rule": rule | {"portion": 1},
            },
            {
                "line": 3,
                "availableAt": WEDNESDAY_NINE,
                "amount": {"amount": "725.00"},
                "rule": rule | {"portion": 2},
            },
        ],
    }
    first = made["slices"][0]
    assert {name: value for name, value in first.items() if name != "sentence"} == {
        "amount": {"amount": "275.00"},
        "availableAt": TUESDAY_NINE,
        "policy": {"name": "standard"},
        "version": 1,
        "rule": "checks",
        "portion": 1,
        "businessDay": "2026-03-02",
    }
    assert first["sentence"] == (
        "USD 275.00 becomes available on 2026-03-03 at 09:00 EST, by rule checks of policy standard, version 1:"
        " the first USD 275.00 of a day's deposits, 1 business day after 2026-03-02, the banking day of the deposit."
    )
    await api.do("publishPolicy", {"name": "standard", "policy": SIMPLE | {"cutOff": "09:00"}}, "sequence")
    again = await api.do("deposit", deposit("1000", idempotencyKey=key), selection)
    assert again == made | {"replayed": True}


async def test_a_rehearsed_deposit_tells_what_the_real_one_comes_to(api: Api) -> None:
    await api.do("deposit", deposit("200"), "sequence")
    dry = await api.do("deposit", deposit("100", dryRun=True), f"{SLICES} transaction {{ id }} sequence")
    assert (dry["transaction"], dry["sequence"]) == (None, None)
    real = await api.do("deposit", deposit("100"), SLICES)
    assert [part["amount"]["amount"] for part in real["slices"]] == ["75.00", "25.00"]
    assert real["slices"] == dry["slices"]


async def test_a_preview_is_what_the_deposit_would_come_to(api: Api) -> None:
    await api.do("deposit", deposit("200"), "sequence")
    asked: Given = {
        "amount": {"amount": "100", "currency": "USD"},
        "method": "CHECK",
        "account": {"externalId": "alice"},
    }
    followed = (await api.data(PREVIEW, {"deposit": asked}))["previewAvailability"]
    named = await api.data(PREVIEW, {"policy": {"published": {"name": "standard"}}, "deposit": asked})
    assert named["previewAvailability"] == followed
    real = await api.do("deposit", deposit("100"), SLICES)
    assert followed == {"slices": real["slices"], "problems": []}
    # Terms that are not published know no earlier deposits.
    terms = (await api.data(PREVIEW, {"policy": {"terms": SIMPLE}, "deposit": asked}))["previewAvailability"]
    assert [(part["amount"]["amount"], part["policy"], part["rule"]) for part in terms["slices"]] == [
        ("100.00", None, "checks")
    ]
    assert "by rule checks of the terms given" in terms["slices"][0]["sentence"]


async def test_a_preview_looks_at_age_tier_metadata_and_instant(api: Api) -> None:
    async def told(**more: object) -> list[str]:
        asked = {"amount": {"amount": "1000", "currency": "USD"}, "method": "CHECK"} | more
        found = await api.data(PREVIEW, {"policy": {"terms": TERMS}, "deposit": asked})
        return [part["rule"] for part in found["previewAvailability"]["slices"]]

    assert await told() == ["others"]
    assert await told(riskTier="high", metadata={"channel": "ATM"}) == ["checks"] * 4
    assert await told(account={"externalId": "alice"}, metadata={"channel": "ATM"}) == ["checks"] * 4
    late = {"amount": {"amount": "1", "currency": "USD"}, "method": "CHECK", "at": "2026-03-06T23:00:00Z"}
    found = await api.data(PREVIEW, {"policy": {"terms": SIMPLE}, "deposit": late})
    (part,) = found["previewAvailability"]["slices"]
    # After the cut-off of a Friday: the banking day is Monday, and the clocks are turned on the Sunday between.
    assert (part["businessDay"], part["availableAt"]) == ("2026-03-09", "2026-03-10T13:00:00.000000Z")
    assert "2026-03-10 at 09:00 EDT" in part["sentence"]


async def test_a_preview_tells_problems_instead_of_guessing(api: Api) -> None:
    asked = {"amount": {"amount": "100", "currency": "USD"}, "method": "CARD"}
    gap = await api.data(PREVIEW, {"policy": {"terms": SIMPLE}, "deposit": asked})
    assert gap["previewAvailability"]["slices"] == []
    assert [(one["code"], one["place"]) for one in gap["previewAvailability"]["problems"]] == [("GAP", "rules")]
    nonsense = await api.data(PREVIEW, {"policy": {"terms": SIMPLE | {"calendar": "MOON"}}, "deposit": asked})
    assert [one["code"] for one in nonsense["previewAvailability"]["problems"]] == ["UNKNOWN_CALENDAR"]
    unread = await api.data(PREVIEW, {"policy": {"document": "{"}, "deposit": asked})
    assert [one["code"] for one in unread["previewAvailability"]["problems"]] == ["MALFORMED"]
    missing = await api.data(PREVIEW, {"policy": {"published": {"name": "nothing"}}, "deposit": asked})
    assert missing["previewAvailability"] is None
    nobody = asked | {"account": {"externalId": "nobody"}}
    assert (await api.data(PREVIEW, {"deposit": nobody}))["previewAvailability"] is None


async def test_problems_of_a_policy_are_told_by_place_and_replayed(api: Api) -> None:
    rules = [TERMS["rules"][1] | {"portions": [{"take": {"percent": "120"}, "available": {"atOnce": True}}]}]
    given = {"name": "broken", "policy": TERMS | {"rules": rules}, "idempotencyKey": api.key()}
    refused = await api.do("publishPolicy", given, f"{REFUSAL} policy {{ id }} version {{ version }}")
    assert (refused["policy"], refused["version"]) == (None, None)
    assert (refused["rejection"]["__typename"], refused["rejection"]["code"]) == ("PolicyRefusal", "POLICY_INVALID")
    assert {problem["place"].partition(".")[0] for problem in refused["rejection"]["problems"]} == {"rules[0]"}
    again = await api.do("publishPolicy", given, f"{REFUSAL} replayed")
    assert (again["rejection"], again["replayed"]) == (refused["rejection"], True)


async def test_an_assignment_and_closed_days_answer_what_they_changed(api: Api) -> None:
    await api.do("publishPolicy", {"name": "fast", "policy": SIMPLE | {"cutOff": "12:00"}}, "sequence")
    key = api.key()
    given = {"policy": {"name": "fast"}, "account": {"externalId": "alice"}, "idempotencyKey": key}
    selection = f"policy {{ name }} account {{ externalId policy {{ name }} }} replayed {REFUSAL}"
    made = await api.do("assignPolicy", given, selection)
    assert (made["policy"], made["account"]["policy"]) == ({"name": "fast"}, {"name": "fast"})
    back = await api.do("assignPolicy", {"account": {"externalId": "alice"}}, selection)
    assert (back["policy"], back["account"]["policy"]) == (None, {"name": "standard"})
    again = await api.do("assignPolicy", given, selection)
    assert (again["replayed"], again["policy"]) == (True, {"name": "fast"})
    days = await api.do(
        "setClosures",
        {"calendar": "FED", "closed": ["2026-03-03", "2026-03-03"], "opened": ["2026-03-07"]},
        f"closed opened {REFUSAL}",
    )
    assert days == {"closed": ["2026-03-03"], "opened": ["2026-03-07"], "rejection": None}
    dry = await api.do("setClosures", {"calendar": "FED", "closed": ["2026-03-04"], "dryRun": True}, "closed opened")
    assert dry == {"closed": None, "opened": None}


async def test_all_of_it_goes_in_one_submit(api: Api) -> None:
    commands = [
        {"publishPolicy": {"idempotencyKey": "s1", "name": "new", "policy": SIMPLE | {"cutOff": "13:00"}}},
        {"assignPolicy": {"idempotencyKey": "s2", "policy": {"name": "new"}, "account": {"externalId": "alice"}}},
        {"setClosures": {"idempotencyKey": "s3", "calendar": "FED", "closed": ["2026-03-05"]}},
        {"deposit": deposit("1", idempotencyKey="s4")},
    ]
    data = await api.data(
        """mutation ($input: SubmitInput!) { submit(input: $input) { results { rejection { code } policy { name }
          transaction { entries { rule { policy { name } } } } } } }""",
        {"input": {"mode": "ALL_OR_NOTHING", "commands": commands}},
    )
    results = data["submit"]["results"]
    assert [result["policy"] for result in results] == [{"name": "new"}, {"name": "new"}, None, None]
    assert results[3]["transaction"]["entries"][1] == {"rule": {"policy": {"name": "new"}}}


@pytest.mark.parametrize(
    ("verb", "given", "path"),
    [
        ("publishPolicy", {"name": "n"}, ["policy"]),
        ("publishPolicy", {"name": "n", "policy": SIMPLE, "document": "{}"}, ["policy"]),
        ("publishPolicy", {"name": " n", "policy": SIMPLE}, ["name"]),
        ("publishPolicy", {"name": "n", "document": "x" * 65_537}, ["document"]),
        ("publishPolicy", {"name": "n", "document": "\0"}, ["document"]),
        ("publishPolicy", {"name": "n", "policy": SIMPLE | {"cutOff": "\ud800"}}, ["policy"]),
        ("assignPolicy", {}, ["policy"]),
        ("assignPolicy", {"policy": {"id": "pol_1"}}, ["policy", "id"]),
        ("setClosures", {"calendar": "FED"}, ["closed"]),
        ("setClosures", {"calendar": "FED", "closed": ["2026-03-03"], "opened": ["2026-03-03"]}, ["opened"]),
        ("setClosures", {"calendar": "FED", "closed": ["2026-02-30"]}, ["closed", 0]),
        ("setClosures", {"calendar": "FED", "closed": ["20260303"]}, ["closed", 0]),
        ("deposit", deposit("1", method="check"), ["method"]),
        ("deposit", deposit("1.001"), ["amount", "amount"]),
    ],
    ids=lambda value: json.dumps(value)[:40],
)
async def test_what_has_no_meaning_is_bad_input_at_its_path(
    api: Api, verb: str, given: Given, path: list[object]
) -> None:
    kind = verb[0].upper() + verb[1:]
    error = await api.error(
        f"mutation ($input: {kind}Input!) {{ {verb}(input: $input) {{ sequence }} }}",
        {"input": {"idempotencyKey": "k"} | given},
    )
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["inputPath"] == ["input", *path]


async def test_scopes_are_demanded(api: Api) -> None:
    for verb, given, scopes, missing in (
        ("deposit", deposit("1"), ["balances:read"], "money:move"),
        ("deposit", deposit("1", availableAt=TUESDAY_NINE), ["money:move"], "money:override"),
        ("publishPolicy", {"name": "n", "policy": SIMPLE}, ["money:move"], "policies:manage"),
        ("assignPolicy", {"policy": {"name": "standard"}}, ["money:move"], "policies:manage"),
        ("setClosures", {"calendar": "FED", "closed": ["2026-03-03"]}, ["money:move"], "policies:manage"),
    ):
        kind = verb[0].upper() + verb[1:]
        error = await api.error(
            f"mutation ($input: {kind}Input!) {{ {verb}(input: $input) {{ sequence }} }}",
            {"input": {"idempotencyKey": "k"} | given},
            scopes=scopes,
        )
        assert (error["extensions"]["code"], missing in error["message"]) == ("FORBIDDEN", True)
    overridden = await api.do(
        "deposit",
        deposit("1", availableAt=FOREVER),
        f"{SLICES} {REFUSAL}",
        scopes=["money:move", "money:override", "balances:read"],
    )
    (part,) = overridden["slices"]
    assert (part["availableAt"], part["rule"], part["policy"]) == (FOREVER, None, None)
    assert part["sentence"] == ("USD 1.00 stays set aside until somebody releases it, as was given with the deposit.")
    error = await api.error('{ policy(by: {name: "standard"}) { name } }', scopes=["money:move"])
    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_rules_of_a_page_of_entries_are_read_at_once(api: Api) -> None:
    for _ in range(5):
        await api.do("deposit", deposit("100"), "sequence")
    with Statements() as seen:
        await api.data(
            """{ account(by: {externalId: "alice"}) { entries(first: 10) {
              nodes { rule { name version policy { name } } } } } }"""
        )
    assert sorted(name for name in seen.names if name.startswith("policies.")) == [
        "policies.entry_rules",
        "policies.find",
    ]


async def test_an_explanation_names_the_policy_and_the_rule(api: Api) -> None:
    await api.do("deposit", deposit("100", externalId="d1"), "sequence")
    data = await api.data('{ explainBalance(account: {externalId: "alice"}) { slices { kind sentence } } }')
    (sentence,) = [part["sentence"] for part in data["explainBalance"]["slices"] if part["kind"] == "MATURING"]
    assert "USD 100.00 from d1" in sentence
    assert "policy standard, rule checks" in sentence
