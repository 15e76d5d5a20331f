"""What mutations answer: objects, rejections, replays, dry runs, batches, and nothing that the key may not know."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from app import ledger, services
from app.graphql import payloads
from tests.graphql.api import Api, Statements
from tests.services.desk import DAY, MARK

Given = dict[str, Any]

ALICE, BOB, BANK = ({"externalId": name} for name in ("alice", "bob", "bank"))
USD_1 = {"amount": "1", "currency": "USD"}
USD_5 = {"amount": "5", "currency": "USD"}
NEXT_DAY = "2023-11-15T22:13:20.000000Z"
BALANCES = "balances { account { externalId } balance { available { amount } held { amount } sequence asOf } }"
REJECTION = "rejection { __typename code culprit { account hold transaction line index field } }"


async def test_an_account_lives_through_all_its_verbs(api: Api) -> None:
    selection = "account { id name metadata floor { amount } unlimited outFrozen inFrozen closed } rejection { code }"
    opened = await api.do("openAccount", {"currency": "EUR", "floor": "-5", "metadata": {"b": "2"}}, selection)
    by = {"account": {"id": opened["account"]["id"]}}
    assert opened["account"]["floor"] == {"amount": "-5.00"}
    assert opened["account"]["metadata"] == {"b": "2"}
    updated = await api.do("updateAccount", by | {"unlimited": True, "name": "N", "metadata": {"a": "1"}}, selection)
    assert updated["account"] == opened["account"] | {
        "floor": None,
        "unlimited": True,
        "name": "N",
        "metadata": {"a": "1"},
    }
    frozen = await api.do("freezeAccount", by | {"direction": "OUT", "reason": "fraud"}, selection)
    assert (frozen["account"]["outFrozen"], frozen["account"]["inFrozen"]) == (True, False)
    thawed = await api.do("unfreezeAccount", by, selection)
    assert (thawed["account"]["outFrozen"], thawed["account"]["inFrozen"]) == (False, False)
    assert (await api.do("closeAccount", by, selection))["account"]["closed"] is True
    again = await api.do("closeAccount", by, selection)
    assert (again["account"], again["rejection"]) == (None, {"code": "ACCOUNT_CLOSED"})
    assert (await api.do("reopenAccount", by, selection))["account"]["closed"] is False


async def test_a_transfer_answers_with_what_it_made(api: Api) -> None:
    given: Given = {"from": ALICE, "to": BOB, "amount": USD_5, "externalId": "t", "description": "rent", "kind": None}
    selection = f"""transaction {{ externalId kind description forced entries {{ line side amount {{ amount }} }} }}
      hold {{ id }} {BALANCES} {REJECTION} replayed sequence"""
    made = await api.do("transfer", given, selection)
    assert made == {
        "transaction": {
            "externalId": "t",
            "kind": "TRANSFER",
            "description": "rent",
            "forced": False,
            "entries": [
                {"line": 1, "side": "DEBIT", "amount": {"amount": "5.00"}},
                {"line": 2, "side": "CREDIT", "amount": {"amount": "5.00"}},
            ],
        },
        "hold": None,
        "balances": [standing("alice", "95.00"), standing("bob", "5.00")],
        "rejection": None,
        "replayed": False,
        "sequence": "5",
    }


def standing(name: str, available: str, held: str = "0.00", sequence: str = "5") -> dict[str, object]:
    return {
        "account": {"externalId": name},
        "balance": {
            "available": {"amount": available},
            "held": {"amount": held},
            "sequence": sequence,
            "asOf": "2023-11-14T22:13:20.000000Z",
        },
    }


async def test_a_key_used_again_replays_its_answer(api: Api) -> None:
    given: Given = {"idempotencyKey": "once", "from": ALICE, "to": BOB, "amount": USD_5}
    selection = f"transaction {{ id }} {REJECTION} replayed sequence"
    first = await api.do("transfer", given, selection)
    assert (first["replayed"], first["sequence"]) == (False, "5")
    assert await api.do("transfer", given, selection) == first | {"replayed": True}
    assert await api.do("transfer", given | {"dryRun": True}, selection) == first | {"replayed": True}
    reused = "rejection { code ... on IdempotencyKeyReused { differs } }"
    other = await api.do("transfer", given | {"amount": USD_1}, reused)
    assert other["rejection"] == {"code": "IDEMPOTENCY_KEY_REUSED", "differs": ["amount"]}


async def test_holds_live_through_their_verbs(api: Api) -> None:
    selection = f"""hold {{ id status amount {{ amount }} remaining {{ amount }} expiresAt }}
      {BALANCES} {REJECTION} sequence"""
    placed = await api.do("placeHold", {"account": ALICE, "amount": USD_5, "expiresAt": NEXT_DAY}, selection)
    by = {"hold": {"id": placed["hold"]["id"]}}
    assert placed["hold"]["remaining"] == {"amount": "5.00"}
    assert placed["balances"] == [standing("alice", "95.00", "5.00")]
    grown = await api.do("incrementHold", by | {"amount": USD_1}, selection)
    assert grown["hold"]["amount"] == {"amount": "6.00"}
    assert (await api.do("extendHold", by, selection))["hold"]["expiresAt"] is None
    assert (await api.do("releaseHold", by | {"amount": USD_1}, selection))["hold"]["remaining"] == {"amount": "5.00"}
    taken = await api.do(
        "captureHold",
        by | {"destinations": [{"account": BOB, "amount": {"amount": "2", "currency": "USD"}}], "final": False},
        "transaction { kind hold { id } } hold { status captured { amount } } " + BALANCES,
    )
    assert taken["transaction"] == {"kind": "CAPTURE", "hold": by["hold"]}
    assert taken["hold"] == {"status": "ACTIVE", "captured": {"amount": "2.00"}}
    assert [item["account"]["externalId"] for item in taken["balances"]] == ["alice", "bob"]
    too_much = await api.do(
        "captureHold",
        by | {"destinations": [{"account": BOB, "amount": USD_5}]},
        "rejection { code ... on LimitExceeded { remaining { amount } } }",
    )
    assert too_much["rejection"] == {"code": "CAPTURE_EXCEEDS_HOLD", "remaining": {"amount": "3.00"}}
    ended = await api.do("releaseHold", by, selection)
    assert ended["hold"]["status"] == "CAPTURED"
    late = await api.do("releaseHold", by, "hold { id } rejection { code ... on Conflict { expected actual } }")
    assert late == {"hold": None, "rejection": {"code": "HOLD_NOT_ACTIVE", "expected": "ACTIVE", "actual": "CAPTURED"}}


async def test_maturing_money_is_rescheduled_and_undone(api: Api) -> None:
    made = await api.transfer("bank", "bob", "8.00", availableAt="9999-12-31T23:59:59.999999Z")
    document = '{ account(by: {externalId: "bob"}) { entries { nodes { kind reason availableAt ofEntry { line } } } } }'
    entries = (await api.data(document))["account"]["entries"]["nodes"]
    assert entries[0]["availableAt"] == "9999-12-31T23:59:59.999999Z"
    given: Given = {"transaction": {"id": made["id"]}, "line": 2, "availableAt": NEXT_DAY, "reason": "trusted"}
    moved = await api.do("rescheduleEntry", given, "transaction { kind entries { ofEntry { line } } } " + REJECTION)
    assert moved["rejection"] is None
    assert moved["transaction"]["kind"] == "RESCHEDULE"
    assert moved["transaction"]["entries"] == [{"ofEntry": {"line": 2}}] * 2
    part: Given = {
        "transaction": {"id": made["id"]},
        "lines": [{"line": 1, "amount": "3"}, {"line": 2, "amount": "3.0"}],
    }
    undone = await api.do("reverseTransaction", part, "transaction { kind reverses { id } } " + REJECTION)
    assert undone["transaction"] == {"kind": "REVERSAL", "reverses": {"id": made["id"]}}
    whole: Given = {"transaction": {"id": made["id"]}, "amount": {"amount": "6", "currency": "USD"}}
    refused = await api.do(
        "reverseTransaction", whole, "rejection { code ... on LimitExceeded { remaining { amount } } }"
    )
    assert refused["rejection"] == {"code": "REVERSAL_EXCEEDS_ORIGINAL", "remaining": {"amount": "5.00"}}


async def test_a_dry_run_tells_and_stores_nothing(api: Api) -> None:
    given: Given = {"from": ALICE, "to": BOB, "amount": USD_5, "dryRun": True}
    told = await api.do("transfer", given, f"transaction {{ id }} {BALANCES} {REJECTION} replayed sequence")
    assert (told["transaction"], told["sequence"], told["rejection"], told["replayed"]) == (None, None, None, False)
    found = {item["account"]["externalId"]: item["balance"]["available"]["amount"] for item in told["balances"]}
    assert found == {"alice": "95.00", "bob": "5.00"}
    hold: Given = {"account": ALICE, "amount": USD_5, "dryRun": True}
    held = await api.do("placeHold", hold, f"hold {{ id }} {BALANCES} sequence")
    assert (held["hold"], held["sequence"]) == (None, None)
    assert held["balances"][0]["balance"]["held"] == {"amount": "5.00"}
    opened = await api.do("openAccount", {"currency": "USD", "dryRun": True}, f"account {{ id }} {REJECTION} sequence")
    assert opened == {"account": None, "rejection": None, "sequence": None}
    too_much = given | {"amount": {"amount": "500", "currency": "USD"}}
    refused = await api.do("transfer", too_much, f"{BALANCES} {REJECTION}")
    assert refused["rejection"]["code"] == "INSUFFICIENT_FUNDS"
    assert (await api.data("{ viewer { sequence } }")) == {"viewer": {"sequence": "4"}}


async def test_each_mutation_of_a_document_sees_those_before_it(api: Api) -> None:
    document = """mutation ($a: TransferInput!, $b: TransferInput!, $c: TransferInput!) {
      a: transfer(input: $a) { ...P } b: transfer(input: $b) { ...P } c: transfer(input: $c) { ...P } }
      fragment P on TransactionPayload { sequence balances { balance { version available { amount } } }
        transaction { entries { account { balance { version } } } } }"""
    sent: Given = {
        name: {"idempotencyKey": name, "from": ALICE, "to": BOB, "amount": amount}
        for name, amount in (("a", USD_1), ("b", {"amount": "1.001", "currency": "USD"}), ("c", USD_5))
    }
    answer = await api.ask(document, dict(sent))
    # What fails in between leaves the answers of the others standing.
    assert [error["path"] for error in answer["errors"]] == [["b"]]
    assert answer["data"]["b"] is None
    versions = [answer["data"][name]["balances"][0]["balance"]["version"] for name in ("a", "c")]
    assert versions == ["2", "3"]
    deep = [answer["data"][name]["transaction"]["entries"][0]["account"]["balance"]["version"] for name in ("a", "c")]
    assert deep == versions
    assert [answer["data"][name]["sequence"] for name in ("a", "c")] == ["5", "6"]


async def test_nothing_is_held_open_while_the_writer_is_awaited(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway, opened, closed, open_while_writing = api.desk.gateway, [0], [0], []
    make_reader, submit = gateway.reader, gateway.submit

    def reader(principal: services.Principal, *, at_least: int | None, once: bool) -> services.Reader:
        made = make_reader(principal, at_least=at_least, once=once)
        close = made.aclose

        async def aclose() -> None:
            closed[0] += 1
            await close()

        opened[0] += 1
        monkeypatch.setattr(made, "aclose", aclose)
        return made

    async def submitting(
        principal: services.Principal, groups: Sequence[ledger.Group], *, dry_run: bool = False
    ) -> Sequence[Sequence[ledger.Decision]]:
        open_while_writing.append(opened[0] - closed[0])
        return await submit(principal, groups, dry_run=dry_run)

    monkeypatch.setattr(gateway, "reader", reader)
    monkeypatch.setattr(gateway, "submit", submitting)
    document = """mutation ($a: TransferInput!, $b: TransferInput!) {
      a: transfer(input: $a) { transaction { entries { line } } } b: transfer(input: $b) { sequence } }"""
    sent: Given = {name: {"idempotencyKey": name, "from": ALICE, "to": BOB, "amount": USD_1} for name in ("a", "b")}
    await api.data(document, dict(sent))
    assert open_while_writing == [0, 0]
    assert (opened, closed) == ([1], [1])


async def test_what_was_posted_is_answered_without_reading_it_back(api: Api) -> None:
    fields = "id externalId correlationId kind description forced effectiveAt recordedAt sequence metadata"
    given = {
        "idempotencyKey": "posted",
        "from": ALICE,
        "to": BOB,
        "amount": USD_1,
        "externalId": "rent-5",
        "correlationId": "rent",
        "description": "Rent of May",
        "metadata": {"b": "2", "a": "1"},
    }
    document = f"mutation ($input: TransferInput!) {{ transfer(input: $input) {{ transaction {{ {fields} }} }} }}"
    with Statements() as ran:
        posted = (await api.data(document, {"input": given}))["transfer"]["transaction"]
    assert [name for name in ran.names if name.startswith(("transactions.", "coordinates.", "clock."))] == []
    replayed = (await api.data(document, {"input": given}))["transfer"]["transaction"]
    asked = f"query ($id: ID!) {{ transaction(by: {{ id: $id }}) {{ {fields} }} }}"
    read = (await api.data(asked, {"id": posted["id"]}))["transaction"]
    assert posted == read == replayed


async def test_a_group_stands_or_falls_together(api: Api) -> None:
    document = """mutation ($input: SubmitInput!) { submit(input: $input) { results {
      account { name } transaction { kind } hold { status } replayed sequence
      rejection { __typename code culprit { index account } } } } }"""
    commands: list[Given] = [
        {"openAccount": {"idempotencyKey": "a", "currency": "USD", "externalId": "carol", "name": "Carol"}},
        {"transfer": {"idempotencyKey": "b", "from": ALICE, "to": {"externalId": "carol"}, "amount": USD_5}},
        {"placeHold": {"idempotencyKey": "c", "account": {"externalId": "carol"}, "amount": USD_5}},
    ]
    sent: Given = {"mode": "ALL_OR_NOTHING", "commands": commands}
    results = (await api.data(document, {"input": sent}))["submit"]["results"]
    assert [result["sequence"] for result in results] == ["5", "6", "7"]
    assert [result["account"] for result in results] == [{"name": "Carol"}, None, None]
    assert [result["transaction"] for result in results] == [None, {"kind": "TRANSFER"}, None]
    assert [result["hold"] for result in results] == [None, None, {"status": "ACTIVE"}]
    again = (await api.data(document, {"input": sent}))["submit"]["results"]
    assert again == [result | {"replayed": True} for result in results]
    failing: list[Given] = [
        {"transfer": {"idempotencyKey": "d", "from": ALICE, "to": BOB, "amount": USD_5}},
        {"placeHold": {"idempotencyKey": "e", "account": {"externalId": "carol"}, "amount": USD_5}},
    ]
    refused = (await api.data(document, {"input": sent | {"commands": failing}}))["submit"]["results"]
    assert [result["rejection"]["code"] for result in refused] == ["GROUP_REJECTED", "INSUFFICIENT_FUNDS"]
    assert refused[0]["rejection"]["culprit"] == {"index": 1, "account": None}
    one_by_one = (await api.data(document, {"input": {"mode": "INDEPENDENT", "commands": fresh(failing)}}))["submit"]
    assert [result["sequence"] for result in one_by_one["results"]] == ["8", None]


def fresh(commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {verb: given | {"idempotencyKey": f"{given['idempotencyKey']}-2"} for verb, given in one.items()}
        for one in commands
    ]


async def test_a_fault_of_one_result_is_an_error_of_its_path(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    submit_each = api.desk.gateway.submit_each

    async def failing(
        principal: services.Principal, groups: Sequence[ledger.Group], *, dry_run: bool = False
    ) -> Sequence[Sequence[ledger.Decision] | services.Fault]:
        answers = await submit_each(principal, groups, dry_run=dry_run)
        return [services.OutcomeUnknown("Ask again."), *answers[1:]]

    monkeypatch.setattr(api.desk.gateway, "submit_each", failing)
    document = "mutation ($input: SubmitInput!) { submit(input: $input) { results { sequence } } }"
    transfer = {"from": ALICE, "to": BOB, "amount": USD_1}
    commands: list[Given] = [
        {"transfer": transfer | {"idempotencyKey": "a"}},
        {"transfer": transfer | {"idempotencyKey": "b", "force": True}},
        {"openAccount": {"currency": "USD", "idempotencyKey": "c"}},
        {"transfer": transfer | {"idempotencyKey": "d"}},
    ]
    sent: Given = {"input": {"mode": "INDEPENDENT", "commands": commands}}
    answer = await api.ask(document, sent, scopes=["balances:read", "money:move"])
    assert [result is None for result in answer["data"]["submit"]["results"]] == [True, True, True, False]
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [
        (["submit", "results", 0], "OUTCOME_UNKNOWN"),
        (["submit", "results", 1], "FORBIDDEN"),
        (["submit", "results", 2], "FORBIDDEN"),
    ]
    whole = await api.error(document, {"input": sent["input"] | {"mode": "ALL_OR_NOTHING"}}, scopes=["money:move"])
    assert (whole["path"], whole["extensions"]["code"]) == (["submit"], "FORBIDDEN")


async def test_a_batch_of_transactions_answers_each(api: Api) -> None:
    entries: list[Given] = [
        {"account": ALICE, "side": "DEBIT", "amount": USD_1},
        {"account": BOB, "side": "CREDIT", "amount": USD_1, "kind": "FEE", "reason": "why", "availableAt": NEXT_DAY},
    ]
    document = """mutation ($input: PostTransactionsInput!) { postTransactions(input: $input) { results {
      sequence transaction { kind entries { kind reason } } balances { balance { available { amount } } }
      rejection { __typename code } } } }"""
    sent: list[Given] = [
        {"idempotencyKey": "a", "entries": entries},
        {"idempotencyKey": "b", "entries": [entries[0], entries[1] | {"amount": USD_5}]},
    ]
    for mode, codes in (("INDEPENDENT", [None, "UNBALANCED"]), ("ALL_OR_NOTHING", [None, "UNBALANCED"])):
        answer = await api.data(document, {"input": {"mode": mode, "transactions": sent}})
        results = answer["postTransactions"]["results"]
        assert [result["rejection"] and result["rejection"]["code"] for result in results] == codes
        assert results[0]["transaction"]["entries"][1] == {"kind": "FEE", "reason": "why"}
        assert results[0]["sequence"] == "5"


async def test_a_thousand_results_are_read_in_a_fixed_number_of_statements(api: Api) -> None:
    document = """mutation ($input: SubmitInput!) { submit(input: $input) { results {
      sequence transaction { id entries { account { externalId balance { version } } } }
      hold { id account { id } } } } }"""
    counts = []
    for size in (4, 400):
        commands: list[dict[str, object]] = [
            {"transfer": {"idempotencyKey": f"{size}-{number}", "from": BANK, "to": BOB, "amount": USD_1}}
            for number in range(size)
        ]
        commands.append({"placeHold": {"idempotencyKey": f"{size}-hold", "account": BOB, "amount": USD_1}})
        with Statements() as seen:
            answer = await api.data(document, {"input": {"mode": "ALL_OR_NOTHING", "commands": commands}})
        assert len(answer["submit"]["results"]) == size + 1
        counts.append(len(seen.names))
    assert counts[0] == counts[1], counts


async def test_a_key_that_may_not_read_learns_no_balance(api: Api) -> None:
    only = ["money:move"]
    given: Given = {"from": ALICE, "to": BOB, "amount": USD_5}
    made = await api.do(
        "transfer",
        given,
        f"""sequence transaction {{ id entries {{ amount {{ amount }} balanceAfter {{ amount }}
          account {{ id floor {{ amount }} closed }} }} }} {BALANCES}""",
        scopes=only,
    )
    assert made["sequence"] == "5"
    assert made["balances"] is None
    for entry in made["transaction"]["entries"]:
        assert entry["amount"] == {"amount": "5.00"}
        assert (entry["balanceAfter"], entry["account"]["floor"], entry["account"]["closed"]) == (None, None, False)
    dry = await api.do("transfer", given | {"dryRun": True}, BALANCES, scopes=only)
    assert dry["balances"] is None
    refused = await api.do(
        "transfer",
        given | {"amount": {"amount": "1000", "currency": "USD"}},
        "rejection { code ... on InsufficientFunds { spendable { amount } shortfall { amount } earliestAt } }",
        scopes=only,
    )
    assert refused["rejection"] == {
        "code": "INSUFFICIENT_FUNDS",
        "spendable": None,
        "shortfall": None,
        "earliestAt": None,
    }
    condition: Given = {"require": [{"account": ALICE, "component": "LEDGER", "comparison": "EQ", "amount": "1"}]}
    selection = "rejection { code ... on Conflict { expected actual } }"
    failed = await api.do("transfer", given | condition, selection, scopes=only)
    assert failed["rejection"] == {"code": "CONDITION_FAILED", "expected": None, "actual": None}
    told = await api.do("transfer", given | condition, selection)
    assert told["rejection"] == {"code": "CONDITION_FAILED", "expected": "LEDGER EQ 1.00", "actual": "95.00"}


@pytest.mark.parametrize(
    "walk",
    [
        "entries { account { balance { version } } }",
        "entries { account { entries { totalCount } } }",
        "entries { ofEntry { line } }",
        "reversedBy { id }",
        "reverses { id }",
        "hold { transactions { id } }",
    ],
)
async def test_a_key_that_may_not_read_walks_no_further(api: Api, walk: str) -> None:
    held = await api.do("placeHold", {"account": ALICE, "amount": USD_5}, "hold { id }", scopes=["holds:manage"])
    given: Given = {
        "idempotencyKey": "capture",
        "hold": held["hold"],
        "destinations": [{"account": BOB, "amount": USD_5}],
    }
    document = f"""mutation ($input: CaptureHoldInput!) {{
      captureHold(input: $input) {{ sequence transaction {{ {walk} }} }} }}"""
    answer = await api.ask(document, {"input": given}, scopes=["money:move", "holds:manage"])
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}
    # It was done all the same, and the caller can tell.
    assert answer["data"]["captureHold"]["sequence"] == "6"


@pytest.mark.parametrize(
    ("verb", "given", "scopes"),
    [
        ("openAccount", {"currency": "USD"}, ["balances:read", "money:move", "money:force", "policies:manage"]),
        (
            "transfer",
            {"from": ALICE, "to": BOB, "amount": USD_1},
            ["balances:read", "accounts:manage", "money:force", "holds:manage"],
        ),
        (
            "transfer",
            {"from": ALICE, "to": BOB, "amount": USD_1, "force": True},
            ["balances:read", "money:move", "accounts:manage"],
        ),
        ("placeHold", {"account": ALICE, "amount": USD_1}, ["balances:read", "money:move", "money:force"]),
        ("captureHold", {"hold": {"externalId": "h"}}, ["holds:manage", "balances:read", "money:force"]),
        ("captureHold", {"hold": {"externalId": "h"}}, ["money:move", "balances:read", "money:force"]),
    ],
    ids=["account", "money", "force", "hold", "capture without money", "capture without holds"],
)
async def test_each_verb_needs_its_scope(api: Api, verb: str, given: dict[str, object], scopes: list[str]) -> None:
    kind = verb[0].upper() + verb[1:]
    document = f"mutation ($input: {kind}Input!) {{ {verb}(input: $input) {{ sequence }} }}"
    error = await api.error(document, {"input": {"idempotencyKey": "k"} | given}, scopes=scopes)
    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_an_earlier_maturity_needs_the_scope_advance(api: Api) -> None:
    made = await api.transfer("bank", "bob", "8.00", availableAt="2023-11-16T22:13:20.000000Z")
    given: Given = {"idempotencyKey": "k", "transaction": {"id": made["id"]}, "line": 2, "reason": "r"}
    given["availableAt"] = NEXT_DAY
    document = "mutation ($input: RescheduleEntryInput!) { rescheduleEntry(input: $input) { sequence } }"
    error = await api.error(document, {"input": given}, scopes=["balances:read", "money:move"])
    assert error["extensions"]["code"] == "FORBIDDEN"
    allowed = await api.ask(document, {"input": given}, scopes=["money:move", "money:advance"])
    assert allowed["data"]["rescheduleEntry"]["sequence"] == "6"


async def test_each_way_in_time_has_a_scope_of_its_own(api: Api) -> None:
    made = await api.transfer("bank", "bob", "8.00", availableAt="2023-11-16T22:13:20.000000Z")
    entry = {"transaction": {"id": made["id"]}, "line": 2}
    selection = "sequence rejection { code } transaction { kind entries { reason availableAt ofEntry { line } } }"
    early = f"mutation ($input: ReleaseEarlyInput!) {{ releaseEarly(input: $input) {{ {selection} }} }}"
    delay = f"mutation ($input: DelayAvailabilityInput!) {{ delayAvailability(input: $input) {{ {selection} }} }}"
    others = [scope for scope in services.Scope if scope not in {"money:advance", "money:delay"}]
    given = {"input": {"idempotencyKey": "k", "entry": entry, "reason": "r"}}
    until = {"input": {"idempotencyKey": "k", "entry": entry, "reason": "r", "until": "2023-12-01T00:00:00.000000Z"}}
    for document, variables, wrong in ((early, given, "money:delay"), (delay, until, "money:advance")):
        error = await api.error(document, variables, scopes=[*others, wrong])
        assert error["extensions"]["code"] == "FORBIDDEN"
    put_off = await api.ask(delay, until, scopes=["money:delay", "history:read"])
    transaction = put_off["data"]["delayAvailability"]["transaction"]
    assert [one["availableAt"] for one in transaction["entries"]] == [
        "2023-11-16T22:13:20.000000Z",
        "2023-12-01T00:00:00.000000Z",
    ]
    gone = await api.ask(early, given, scopes=["money:advance"])
    assert gone["data"]["releaseEarly"]["rejection"] == {"code": "SLICE_EXCEEDED"}


async def test_what_was_released_early_is_put_back(api: Api) -> None:
    made = await api.transfer("bank", "bob", "8.00", availableAt=NEXT_DAY)
    before = await api.data('{ availableFunds(accounts: [{externalId: "bob"}]) { balance { maturing { amount } } } }')
    moved = "sequence transaction { id kind } rejection { code }"
    entry: Given = {"transaction": {"id": made["id"]}, "line": 2}
    out = await api.do("releaseEarly", {"entry": entry, "reason": "GOODWILL"}, moved)
    assert out["transaction"]["kind"] == "RESCHEDULE"
    entry = {"transaction": {"id": out["transaction"]["id"]}, "line": 2}
    back = await api.do("delayAvailability", {"entry": entry, "until": NEXT_DAY, "reason": "A_MISTAKE"}, moved)
    assert back["rejection"] is None
    again = await api.data('{ availableFunds(accounts: [{externalId: "bob"}]) { balance { maturing { amount } } } }')
    assert again == before


async def test_a_refusal_names_its_culprit_by_id(api: Api) -> None:
    alice = (await api.data('{ account(by: {externalId: "alice"}) { id } }'))["account"]["id"]
    given: Given = {"from": ALICE, "to": BOB, "amount": {"amount": "1000", "currency": "USD"}}
    refused = await api.do("transfer", given, REJECTION)
    assert refused["rejection"] == {
        "__typename": "InsufficientFunds",
        "code": "INSUFFICIENT_FUNDS",
        "culprit": {"account": alice, "hold": None, "transaction": None, "line": 1, "index": None, "field": None},
    }


async def test_a_refusal_for_funds_tells_how_far_short_and_until_when(api: Api) -> None:
    await api.transfer("bank", "bob", "8.00", availableAt=NEXT_DAY)
    refused = await api.do(
        "transfer",
        {"from": BOB, "to": ALICE, "amount": USD_5},
        "rejection { ... on InsufficientFunds { spendable { amount } shortfall { amount currency } earliestAt } }",
    )
    assert refused["rejection"] == {
        "spendable": {"amount": "0.00"},
        "shortfall": {"amount": "5.00", "currency": "USD"},
        "earliestAt": NEXT_DAY,
    }
    await api.desk.set_clock(MARK + DAY)
    await api.transfer("bob", "alice", "5.00")


async def test_many_at_once_are_served_side_by_side(api: Api) -> None:
    document = """mutation ($input: TransferInput!) {
      transfer(input: $input) { sequence balances { balance { version } } } }"""
    sent = [{"idempotencyKey": f"k{n}", "from": BANK, "to": BOB, "amount": USD_1} for n in range(40)]
    answers = await asyncio.gather(*(api.data(document, {"input": one}) for one in sent))
    assert sorted(int(answer["transfer"]["sequence"]) for answer in answers) == list(range(5, 45))


def test_what_the_ledger_denies_is_forbidden() -> None:
    with pytest.raises(services.Forbidden):
        payloads.outcome_of(ledger.Denied("advance"), dry_run=False, may_read=True)
