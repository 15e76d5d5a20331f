"""Transfers in columns are the same commands as transfers one by one, with the same guarantees."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pytest

from app import graphql, ledger, services
from tests.graphql.api import SCHEMA, Api

DOCUMENT: Final = """
    mutation ($input: PostTransfersInput!) {
      postTransfers(input: $input) {
        transactions sequences replayed
        rejections { index rejection { code ... on InsufficientFunds { shortfall { minorUnits } } culprit { field } } }
      }
    }
"""


async def ids(api: Api, *names: str) -> list[str]:
    found = await api.data(
        "query ($by: [AccountBy!]!) { availableFunds(accounts: $by) { account { id } } }",
        {"by": [{"externalId": name} for name in names]},
    )
    return [each["account"]["id"] for each in found["availableFunds"]]


async def columns(api: Api, *transfers: tuple[str, str, int], **more: object) -> dict[str, object]:
    known = dict(zip(("bank", "alice", "bob"), await ids(api, "bank", "alice", "bob"), strict=True))
    return {
        "from": [known[source] for source, _, _ in transfers],
        "to": [known[target] for _, target, _ in transfers],
        "amounts": [str(minor) for _, _, minor in transfers],
        "currency": "USD",
        "idempotencyKeys": [api.key() for _ in transfers],
        **more,
    }


async def post(api: Api, given: Mapping[str, object]) -> dict[str, Any]:
    answer = await api.data(DOCUMENT, {"input": given})
    made: dict[str, Any] = answer["postTransfers"]
    return made


async def test_each_transfer_stands_by_itself(api: Api) -> None:
    given = await columns(
        api,
        ("alice", "bob", 4_000),
        ("alice", "bob", 7_000),
        ("alice", "alice", 1),
        ("bob", "alice", 0),
        ("bob", "alice", 4_000),
    )
    made = await post(api, given)
    assert [each is None for each in made["transactions"]] == [False, True, True, True, False]
    assert [each is None for each in made["sequences"]] == [False, True, True, True, False]
    assert int(made["sequences"][4]) == int(made["sequences"][0]) + 1
    assert made["replayed"] == [False] * 5
    assert [(each["index"], each["rejection"]["code"]) for each in made["rejections"]] == [
        (1, "INSUFFICIENT_FUNDS"),
        (2, "SAME_ACCOUNT"),
        (3, "INVALID_AMOUNT"),
    ]
    assert made["rejections"][0]["rejection"]["shortfall"] == {"minorUnits": "1000"}
    again = await post(api, given)
    assert again["transactions"] == made["transactions"]
    assert again["sequences"] == made["sequences"]
    # What refuses itself is stored nowhere, and so never replayed.
    assert again["replayed"] == [True, True, True, False, True]


async def test_a_key_stands_for_the_same_transfer_whichever_way_it_came(api: Api) -> None:
    more = {"description": "wages", "correlationId": "may", "kind": "WAGES", "effectiveAt": "2023-11-01T00:00:00Z"}
    given = await columns(
        api, ("alice", "bob", 150), availableAt=["2023-12-01T00:00:00Z"], externalIds=["wages-1"], **more
    )
    made = await post(api, given)
    alice, bob = await ids(api, "alice", "bob")
    sent = {
        "idempotencyKey": given["idempotencyKeys"][0],  # type: ignore[index]
        "from": {"id": alice},
        "to": {"id": bob},
        "amount": {"amount": "1.5", "currency": "USD"},
        "availableAt": "2023-12-01T00:00:00Z",
        "externalId": "wages-1",
        **more,
    }
    one = await api.do("transfer", sent, "replayed transaction { id externalId kind description correlationId }")
    assert one["replayed"] is True
    assert one["transaction"] == {
        "id": made["transactions"][0],
        "externalId": "wages-1",
        "kind": "WAGES",
        "description": "wages",
        "correlationId": "may",
    }
    other = await api.do("transfer", {**sent, "description": "other"}, "rejection { code } replayed")
    assert other == {"rejection": {"code": "IDEMPOTENCY_KEY_REUSED"}, "replayed": False}
    reused = await post(api, {**given, "amounts": ["151"]})
    assert reused["rejections"][0]["rejection"]["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_a_key_given_twice_has_one_effect(api: Api) -> None:
    given = await columns(api, ("alice", "bob", 10), ("alice", "bob", 10))
    made = await post(api, {**given, "idempotencyKeys": ["twice", "twice"]})
    assert made["transactions"][0] == made["transactions"][1]
    assert made["replayed"] == [False, True]


async def test_thousands_are_made_in_their_order(api: Api) -> None:
    count = 2_500
    given = await columns(api, *[("bank", "alice", number + 1) for number in range(count)])
    made = await post(api, given)
    first = int(made["sequences"][0])
    assert [int(sequence) for sequence in made["sequences"]] == list(range(first, first + count))
    [funds] = (
        await api.data('{ availableFunds(accounts: [{externalId: "alice"}]) { balance { ledger { minorUnits } } } }')
    )["availableFunds"]
    assert funds["balance"]["ledger"]["minorUnits"] == str(10_000 + count * (count + 1) // 2)


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"from": []}, ["input", "from"]),
        ({"to": []}, ["input", "to"]),
        ({"amounts": ["1", "2"]}, ["input", "amounts"]),
        ({"availableAt": [None, None]}, ["input", "availableAt"]),
        ({"externalIds": []}, ["input", "externalIds"]),
        ({"idempotencyKeys": ["a", "b"]}, ["input", "idempotencyKeys"]),
        ({"idempotencyKeys": ["ä"]}, ["input", "idempotencyKeys", 0]),
        ({"to": ["acct_no"]}, ["input", "to", 0]),
        ({"from": ["txn_00000000000000000000000000"]}, ["input", "from", 0]),
        ({"externalIds": [""]}, ["input", "externalIds", 0]),
        ({"amounts": [str(10**18)]}, ["input", "amounts", 0]),
        ({"amounts": ["1.5"]}, ["input", "amounts", 0]),
        ({"currency": "XXX"}, ["input", "currency"]),
        ({"kind": "REVERSAL"}, ["input", "kind"]),
        ({"amounts": [None]}, ["input", "amounts", 0]),
    ],
)
async def test_what_does_not_fit_is_refused_by_its_path(
    api: Api, changed: dict[str, object], path: list[object]
) -> None:
    error = await api.error(DOCUMENT, {"input": {**await columns(api, ("alice", "bob", 1)), **changed}})
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["inputPath"] == path


async def test_more_than_a_call_may_have_is_refused(api: Api) -> None:
    given = await columns(api, *[("alice", "bob", 1)] * 5_001)
    error = await api.error(DOCUMENT, {"input": given})
    assert error["extensions"]["inputPath"] == ["input", "from"]


async def test_force_needs_its_scope(api: Api) -> None:
    given = await columns(api, ("alice", "bob", 99_999), force=True)
    granted = [scope for scope in services.Scope if scope is not services.Scope.MONEY_FORCE]
    refused = await api.error(DOCUMENT, {"input": given}, scopes=granted)
    assert refused["extensions"]["code"] == "FORBIDDEN"
    assert (await post(api, given))["rejections"] == []


async def test_what_finds_no_room_is_told_so_each_for_itself(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    given = await columns(api, *[("bank", "alice", 1)] * 2_200)
    submit = services.Gateway.submit_each
    calls = 0

    async def full_at_the_second(
        self: services.Gateway, principal: services.Principal, groups: Sequence[ledger.Group]
    ) -> list[list[ledger.Decision] | services.Fault]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise services.Overloaded("Too many commands wait already.", retry_after_seconds=1)
        return await submit(self, principal, groups)

    with monkeypatch.context() as patch:
        patch.setattr(services.Gateway, "submit_each", full_at_the_second)
        answer = await api.ask(DOCUMENT, {"input": given})
    made = answer["data"]["postTransfers"]
    assert calls == 2
    assert [each is None for each in made["transactions"]] == [False] * 1_000 + [True] * 1_200
    assert made["rejections"] == []
    paths = [error["path"] for error in answer["errors"] if error["path"][1] == "transactions"]
    assert sorted(paths) == [["postTransfers", "transactions", index] for index in range(1_000, 2_200)]
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"OVERLOADED"}
    again = await post(api, given)
    assert again["replayed"] == [True] * 1_000 + [False] * 1_200
    assert again["transactions"][:1_000] == made["transactions"][:1_000]


async def test_a_call_for_which_there_is_no_room_does_nothing(api: Api) -> None:
    small = services.GatewayLimits(writer=services.WriterLimits(queue_commands_max=1), sweep_interval_seconds=None)
    given = await columns(api, ("alice", "bob", 1), ("alice", "bob", 1))
    api.desk.gateway._limits = small
    api.desk.gateway._writer._limits = small.writer
    api.executor = graphql.Executor(SCHEMA, graphql.Limits(), deadline_seconds=10)
    error = await api.error(DOCUMENT, {"input": given})
    assert error["extensions"]["code"] == "OVERLOADED"
    assert error["path"] == ["postTransfers"]
