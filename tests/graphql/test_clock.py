"""The clock of a TEST tenant as a client moves it: forward only, safely repeated, and nobody else's."""

from dataclasses import replace
from typing import Any

import pytest

from tests.graphql.api import Api

STANDS = "clock frozen recorded reached target rejection { __typename code message culprit { field } }"
VIEWER = "{ viewer { clock clockFrozen sequence } }"


async def move(api: Api, verb: str, given: object = None) -> dict[str, Any]:
    kind = verb[0].upper() + verb[1:]
    document = (
        f"mutation {{ {verb} {{ {STANDS} }} }}"
        if given is None
        else f"mutation ($input: {kind}Input!) {{ {verb}(input: $input) {{ {STANDS} }} }}"
    )
    data = await api.data(document, None if given is None else {"input": given})
    payload: dict[str, Any] = data[verb]
    return payload


async def place(api: Api, name: str, expires_at: str) -> None:
    made = await api.do(
        "placeHold",
        {
            "account": {"externalId": "alice"},
            "amount": {"amount": "5", "currency": "USD"},
            "expiresAt": expires_at,
            "externalId": name,
        },
        "rejection { code }",
    )
    assert made["rejection"] is None


async def test_a_clock_is_set_advanced_resumed_and_frozen(api: Api) -> None:
    assert (await api.data(VIEWER))["viewer"] == {
        "clock": "2023-11-14T22:13:20.000000Z",
        "clockFrozen": True,
        "sequence": "4",
    }
    await place(api, "first", "2023-11-16T00:00:00Z")
    await place(api, "second", "2023-11-20T00:00:00Z")
    assert await move(api, "setClock", {"at": "2023-11-17T22:00:00Z"}) == {
        "clock": "2023-11-17T22:00:00.000000Z",
        "frozen": True,
        "recorded": 1,
        "reached": True,
        "target": "2023-11-17T22:00:00.000000Z",
        "rejection": None,
    }
    # A Friday afternoon in New York; the next business day is Monday.
    weekend = {"businessDays": {"days": 1, "calendar": "FED", "timeZone": "America/New_York"}}
    moved = await move(api, "advanceClock", {"by": weekend})
    assert (moved["clock"], moved["recorded"]) == ("2023-11-20T22:00:00.000000Z", 1)
    moved = await move(api, "advanceClock", {"by": {"duration": "P1M"}})
    assert moved["clock"] == "2023-12-20T22:00:00.000000Z"
    changes = await api.data(
        '{ hold(by: { externalId: "second" }) { status expiresAt changes { kind recordedAt occurredAt } } }'
    )
    assert changes["hold"]["changes"][-1] == {
        "kind": "EXPIRED",
        "recordedAt": "2023-11-20T00:00:00.000000Z",
        "occurredAt": "2023-11-20T00:00:00.000000Z",
    }
    resumed = await move(api, "resumeClock")
    assert (resumed["frozen"], resumed["clock"], resumed["reached"]) == (False, moved["clock"], True)
    running = (await api.data(VIEWER))["viewer"]
    assert running["clockFrozen"] is False
    assert running["clock"] > moved["clock"]
    frozen = await move(api, "freezeClock")
    assert frozen["frozen"] is True
    assert frozen["clock"] > running["clock"]
    assert (await api.data(VIEWER))["viewer"]["clock"] == frozen["clock"]


async def test_a_clock_that_would_go_back_is_refused_and_stays(api: Api) -> None:
    for verb, given, field in (
        ("setClock", {"at": "2023-11-14T22:13:19.999999Z"}, "at"),
        ("setClock", {"at": "9999-12-31T23:59:59.999999Z"}, "at"),
        ("advanceClock", {"by": {"duration": "P11Y"}}, "by"),
        ("advanceClock", {"by": {"duration": "P1D"}, "from": "2023-11-15T00:00:00Z"}, "from"),
        ("advanceClock", {"by": {"duration": "P1D"}, "from": "2023-11-13T00:00:00Z"}, "from"),
    ):
        assert await move(api, verb, given) == {
            "clock": "2023-11-14T22:13:20.000000Z",
            "frozen": True,
            "recorded": 0,
            "reached": False,
            "target": None,
            "rejection": {
                "__typename": "PlainRejection",
                "code": "INVALID_TIME",
                "message": "The instant is not allowed here.",
                "culprit": {"field": field},
            },
        }, given


async def test_an_advance_that_says_from_where_is_taken_once(api: Api) -> None:
    given = {"by": {"duration": "P1D"}, "from": "2023-11-14T22:13:20Z"}
    first = await move(api, "advanceClock", given)
    assert first["clock"] == "2023-11-15T22:13:20.000000Z"
    assert await move(api, "advanceClock", given) == first


async def test_what_is_read_after_a_move_in_the_same_operation_is_read_there(api: Api) -> None:
    await api.transfer("bank", "alice", "7", availableAt="2023-11-15T00:00:00Z")
    answer = await api.data(
        """mutation {
             before: freezeClock { clock }
             setClock(input: { at: "2023-11-15T00:00:00Z" }) { clock }
             transfer(input: {
               idempotencyKey: "all", from: { externalId: "alice" }, to: { externalId: "bank" },
               amount: { amount: "107", currency: "USD" }
             }) { transaction { recordedAt } rejection { code } }
           }"""
    )
    assert answer["before"]["clock"] == "2023-11-14T22:13:20.000000Z"
    assert answer["transfer"] == {"transaction": {"recordedAt": "2023-11-15T00:00:00.000000Z"}, "rejection": None}


@pytest.mark.parametrize("verb", ["freezeClock", "resumeClock", "setClock", "advanceClock"])
async def test_a_live_tenant_and_a_key_without_the_scope_are_forbidden(api: Api, verb: str) -> None:
    argument = {
        "setClock": '(input: { at: "2030-01-01T00:00:00Z" })',
        "advanceClock": '(input: { by: { duration: "P1D" } })',
    }.get(verb, "")
    document = f"mutation {{ {verb}{argument} {{ clock }} }}"
    for code in (
        await api.error(document, scopes=["balances:read", "money:move", "accounts:manage", "policies:manage"]),
        await _as_live(api, document),
    ):
        assert code["extensions"]["code"] == "FORBIDDEN"
    assert (await api.data(VIEWER))["viewer"]["clock"] == "2023-11-14T22:13:20.000000Z"


async def _as_live(api: Api, document: str) -> dict[str, Any]:
    test = api.desk.principal
    api.desk.principal = replace(test, mode="LIVE")
    try:
        return await api.error(document)
    finally:
        api.desk.principal = test


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"by": {"duration": "1 day"}}, ["input", "by", "duration"]),
        ({"by": {"duration": "-P1D"}}, ["input", "by", "duration"]),
        ({"by": {"duration": 5}}, ["input", "by", "duration"]),
        ({"by": {}}, ["input", "by"]),
        (
            {"by": {"duration": "P1D", "businessDays": {"days": 1, "calendar": "FED", "timeZone": "UTC"}}},
            ["input", "by"],
        ),
        ({"by": {"duration": None}}, ["input", "by"]),
        (
            {"by": {"businessDays": {"days": 0, "calendar": "FED", "timeZone": "UTC"}}},
            ["input", "by", "businessDays", "days"],
        ),
        (
            {"by": {"businessDays": {"days": 1, "calendar": "MOON", "timeZone": "UTC"}}},
            ["input", "by", "businessDays", "calendar"],
        ),
        (
            {"by": {"businessDays": {"days": 1, "calendar": "FED", "timeZone": "Mars"}}},
            ["input", "by", "businessDays", "timeZone"],
        ),
        ({"by": {"duration": "P1D"}, "from": "yesterday"}, ["input", "from"]),
    ],
)
async def test_a_step_that_is_none_is_bad_input_with_its_path(api: Api, given: object, path: list[str]) -> None:
    document = f"mutation ($input: AdvanceClockInput!) {{ advanceClock(input: $input) {{ {STANDS} }} }}"
    error = await api.error(document, {"input": given})
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["inputPath"][: len(path)] == path
