"""What queries answer, how lists are paged, and how many statements they take."""

from typing import Any

import pytest

from tests.graphql.api import Api, Statements
from tests.services.desk import DAY, MARK

NEXT_DAY = "2023-11-15T22:13:20.000000Z"
LONG_AGO = "2020-01-01T00:00:00Z"


def names(connection: dict[str, Any]) -> list[str]:
    return [node["externalId"] for node in connection["nodes"]]


async def test_accounts_page_forward_and_backward(api: Api) -> None:
    document = """query ($first: Int, $after: String, $last: Int, $before: String, $order: AccountOrder) {
      accounts(first: $first, after: $after, last: $last, before: $before, order: $order) {
        nodes { externalId } edges { cursor node { externalId } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }"""
    first = (await api.data(document, {"first": 2}))["accounts"]
    assert names(first) == ["bank", "alice"]
    assert [edge["node"]["externalId"] for edge in first["edges"]] == ["bank", "alice"]
    assert first["totalCount"] == 3
    info = first["pageInfo"]
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (True, False)
    assert [info["startCursor"], info["endCursor"]] == [edge["cursor"] for edge in first["edges"]]
    second = (await api.data(document, {"first": 2, "after": info["endCursor"]}))["accounts"]
    assert names(second) == ["bob"]
    assert (second["pageInfo"]["hasNextPage"], second["pageInfo"]["hasPreviousPage"]) == (False, True)
    back = (await api.data(document, {"last": 1, "before": second["pageInfo"]["startCursor"]}))["accounts"]
    assert names(back) == ["alice"]
    assert (back["pageInfo"]["hasNextPage"], back["pageInfo"]["hasPreviousPage"]) == (True, True)
    last = (await api.data(document, {"last": 2}))["accounts"]
    assert names(last) == ["alice", "bob"]
    newest = (await api.data(document, {"first": 2, "order": "OPENED_DESC"}))["accounts"]
    assert names(newest) == ["bob", "alice"]
    oldest = (await api.data(document, {"order": None, "first": 0}))["accounts"]
    assert (oldest["nodes"], oldest["pageInfo"]["hasNextPage"]) == ([], True)
    # A cursor is one list's: the other order is another list.
    error = await api.error(document, {"after": newest["pageInfo"]["endCursor"]})
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "inputPath": ["after"]}


async def test_accounts_are_filtered(api: Api) -> None:
    await api.do("freezeAccount", {"account": {"externalId": "bob"}, "direction": "IN"}, "sequence")
    document = "query ($filter: AccountFilter) { accounts(filter: $filter) { nodes { externalId } totalCount } }"
    for wanted, expected in (
        (None, ["bank", "alice", "bob"]),
        ({"purpose": ["EXTERNAL", "CUSTOMER"]}, ["bank", "alice", "bob"]),
        ({"purpose": ["EXTERNAL"]}, ["bank"]),
        ({"purpose": []}, []),
        ({"frozen": True}, ["bob"]),
        ({"frozen": False, "currency": "USD", "normalSide": "CREDIT", "closed": False}, ["bank", "alice"]),
        ({"currency": "EUR"}, []),
        ({"closed": True}, []),
    ):
        found = (await api.data(document, {"filter": wanted}))["accounts"]
        assert (names(found), found["totalCount"]) == (expected, len(expected)), wanted


async def test_entries_and_transactions_are_paged_and_filtered(api: Api) -> None:
    made = [await api.transfer("alice", "bob", f"{n}.00", kind="SALE", correlationId="c") for n in range(1, 4)]
    document = """query ($entries: EntryFilter, $transactions: TransactionFilter, $after: String) {
      account(by: {externalId: "bob"}) { entries(filter: $entries, first: 2, after: $after) {
        nodes { amount { amount } balanceAfter { amount } transaction { id } account { externalId } }
        totalCount pageInfo { hasNextPage endCursor } } }
      transactions(filter: $transactions, last: 2) { nodes { id entries { line } } edges { cursor } totalCount } }"""
    found = await api.data(document, {"transactions": {"account": {"externalId": "bob"}, "kind": ["SALE"]}})
    entries, transactions = found["account"]["entries"], found["transactions"]
    assert [node["balanceAfter"]["amount"] for node in entries["nodes"]] == ["1.00", "3.00"]
    assert (entries["totalCount"], entries["pageInfo"]["hasNextPage"]) == (3, True)
    assert [node["id"] for node in transactions["nodes"]] == [made[1]["id"], made[2]["id"]]
    assert (transactions["totalCount"], len(transactions["edges"])) == (3, 2)
    rest = await api.data(document, {"after": entries["pageInfo"]["endCursor"], "entries": {"side": "CREDIT"}})
    assert [node["transaction"]["id"] for node in rest["account"]["entries"]["nodes"]] == [made[2]["id"]]
    nothing = await api.data(
        document,
        {"entries": {"side": "DEBIT", "maturing": True}, "transactions": {"account": {"externalId": "nobody"}}},
    )
    assert nothing["account"]["entries"]["totalCount"] == 0
    assert nothing["transactions"] == {"nodes": [], "edges": [], "totalCount": 0}
    tied = await api.data(document, {"transactions": {"correlationId": "c", "recordedBefore": LONG_AGO}})
    assert tied["transactions"]["totalCount"] == 0


async def test_holds_are_paged_and_filtered(api: Api) -> None:
    place = {"account": {"externalId": "alice"}, "amount": {"amount": "1", "currency": "USD"}}
    for name, expires_at in (("h1", NEXT_DAY), ("h2", None)):
        await api.do("placeHold", place | {"externalId": name, "expiresAt": expires_at}, "sequence")
    document = """query ($filter: HoldFilter) {
      holds(filter: $filter, first: 5) { nodes { externalId status } totalCount }
      account(by: {externalId: "alice"}) { holds(filter: $filter) { nodes { externalId } edges { cursor } totalCount } }
    }"""
    for at, wanted, expected in (
        (MARK, None, ["h1", "h2"]),
        (MARK, {"status": ["ACTIVE"]}, ["h1", "h2"]),
        (MARK, {"expiresBefore": "2030-01-01T00:00:00Z"}, ["h1"]),
        (MARK + DAY, {"status": ["ACTIVE"]}, ["h2"]),
        (MARK + DAY, {"status": ["EXPIRED"]}, ["h1"]),
    ):
        await api.desk.set_clock(at)
        found = await api.data(document, {"filter": wanted})
        assert names(found["holds"]) == names(found["account"]["holds"]) == expected, wanted
        assert found["holds"]["totalCount"] == found["account"]["holds"]["totalCount"] == len(expected)


async def test_things_are_found_by_either_id(api: Api) -> None:
    transaction = await api.transfer("alice", "bob", "1.00", externalId="t1")
    found = await api.data(
        """query ($id: ID!) { byId: transaction(by: {id: $id}) { id } byName: transaction(by: {externalId: "t1"}) { id }
        noHold: hold(by: {externalId: "t1"}) { id } node(id: $id) { __typename id } }""",
        {"id": transaction["id"]},
    )
    assert found["byId"] == found["byName"] == {"id": transaction["id"]}
    assert found["noHold"] is None
    assert found["node"] == {"__typename": "Transaction", "id": transaction["id"]}


async def test_nodes_come_in_the_order_asked_for(api: Api) -> None:
    transaction = await api.transfer("alice", "bob", "1.00")
    alice = (await api.data('{ account(by: {externalId: "alice"}) { id } }'))["account"]["id"]
    unknown = transaction["id"].replace("txn_", "hold_")
    found = await api.data(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [transaction["id"], unknown, alice, alice]}
    )
    assert found["nodes"] == [{"id": transaction["id"]}, None, {"id": alice}, {"id": alice}]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ('{ node(id: "alice") { id } }', ["id"]),
        ('{ node(id: "key_01h455vb4pex5vsknk084sn02q") { id } }', ["id"]),
        ('{ nodes(ids: ["acct_01h455vb4pex5vsknk084sn02q", "txn_short"]) { id } }', ["ids", 1]),
        ("{ accounts(first: -1) { nodes { id } } }", ["first"]),
        ("{ accounts(first: 101) { nodes { id } } }", ["first"]),
        ("{ accounts(first: 1, last: 1) { nodes { id } } }", ["last"]),
        ('{ accounts(after: "!") { nodes { id } } }', ["after"]),
        ('{ holds(before: "AQAAAAAAAAACAaIC9c6icPqEeVYCdOHlc7zF4qcUUw") { nodes { id } } }', ["before"]),
        ('{ transactions(filter: {kind: ["sale"]}) { nodes { id } } }', ["filter", "kind", 0]),
        ('{ transactions(filter: {account: {id: "alice"}}) { nodes { id } } }', ["filter", "account", "id"]),
        ('{ account(by: {id: "txn_01h455vb4pex5vsknk084sn02q"}) { id } }', ["by", "id"]),
        ('{ account(by: {externalId: ""}) { id } }', ["by", "externalId"]),
        ('{ availableFunds(accounts: [{id: "x"}]) { account { id } } }', ["accounts", 0, "id"]),
        ("{ availableFunds(accounts: [" + '{externalId: "a"} ' * 101 + "]) { account { id } } }", ["accounts"]),
        ("{ nodes(ids: [" + '"acct_01h455vb4pex5vsknk084sn02q" ' * 101 + "]) { id } }", ["ids"]),
        (f'{{ account(by: {{externalId: "alice"}}) {{ balance(at: "{LONG_AGO}") {{ version }} }} }}', ["at"]),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_bad_questions_are_refused_by_their_path(api: Api, document: str, path: list[object]) -> None:
    error = await api.error(document)
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "inputPath": path}


async def test_a_balance_is_told_of_any_instant(api: Api) -> None:
    await api.desk.set_clock(MARK + 1)
    await api.transfer("bank", "bob", "5.00", availableAt=NEXT_DAY)
    found = await api.data(
        """query ($before: DateTime, $later: DateTime) { account(by: {externalId: "bob"}) {
          before: balance(at: $before) { ledger { amount } asOf sequence version }
          now: balance { available { amount } maturing { amount } asOf sequence version }
          later: balance(at: $later) { available { amount } maturing { amount } asOf } } }""",
        {"before": "2023-11-14T22:13:20.000000Z", "later": NEXT_DAY},
    )
    assert found["account"]["before"]["ledger"] == {"amount": "0.00"}
    assert (found["account"]["before"]["sequence"], found["account"]["before"]["version"]) == ("4", "0")
    assert found["account"]["now"] == {
        "available": {"amount": "0.00"},
        "maturing": {"amount": "5.00"},
        "asOf": "2023-11-14T22:13:20.000001Z",
        "sequence": "5",
        "version": "1",
    }
    assert found["account"]["later"] == {
        "available": {"amount": "5.00"},
        "maturing": {"amount": "0.00"},
        "asOf": NEXT_DAY,
    }


async def test_available_funds_answer_in_the_order_asked_for(api: Api) -> None:
    document = """query ($at: DateTime) { availableFunds(at: $at, accounts: [
      {externalId: "bob"}, {externalId: "nobody"}, {externalId: "alice"}, {externalId: "bob"}]) {
        account { externalId } balance { spendable { amount } } } }"""
    for at in (None, "2030-01-01T00:00:00Z"):
        bob, nobody, alice, again = (await api.data(document, {"at": at}))["availableFunds"]
        assert bob == again == {"account": {"externalId": "bob"}, "balance": {"spendable": {"amount": "0.00"}}}
        assert nobody is None
        assert alice["balance"]["spendable"] == {"amount": "100.00"}
    assert (await api.data(document, {"at": LONG_AGO}))["availableFunds"] == [None] * 4
    assert await api.data("{ availableFunds(accounts: []) { account { id } } }") == {"availableFunds": []}


async def test_an_unlimited_account_has_no_floor_and_no_limit(api: Api) -> None:
    found = await api.data(
        """{ account(by: {externalId: "bank"}) {
          unlimited floor { amount } balance { floor { amount } spendable { amount } } } }"""
    )
    assert found["account"] == {"unlimited": True, "floor": None, "balance": {"floor": None, "spendable": None}}


async def test_a_read_may_wait_for_a_sequence(api: Api) -> None:
    for field in (
        'account(by: {externalId: "bob"}, atLeast: $n) { id }',
        "availableFunds(accounts: [], atLeast: $n) { balance { version } }",
    ):
        document = f"query ($n: BigInt) {{ {field} }}"
        await api.data(document, {"n": "4"})
        error = await api.error(document, {"n": "5"})
        assert error["extensions"]["code"] == "UNAVAILABLE"
        assert error["extensions"]["retryAfterSeconds"] > 0


async def test_totals_and_currencies(api: Api) -> None:
    found = await api.data(
        """{ trialBalance { currency debits { amount } credits { minorUnits } accounts }
          currencies { code exponent name } }"""
    )
    assert found["trialBalance"] == [
        {"currency": "USD", "debits": {"amount": "100.00"}, "credits": {"minorUnits": "10000"}, "accounts": 3}
    ]
    currencies = {item["code"]: item["exponent"] for item in found["currencies"]}
    assert list(currencies) == sorted(currencies)
    assert (currencies["JPY"], currencies["EUR"], currencies["KWD"]) == (0, 2, 3)
    before = await api.data(f'{{ trialBalance(at: "{LONG_AGO}") {{ currency }} }}')
    assert before == {"trialBalance": []}


@pytest.mark.parametrize(
    "field",
    [
        'node(id: "acct_01h455vb4pex5vsknk084sn02q") { id }',
        "nodes(ids: []) { id }",
        'account(by: {externalId: "a"}) { id }',
        "accounts { totalCount }",
        'hold(by: {externalId: "a"}) { id }',
        "holds { totalCount }",
        'transaction(by: {externalId: "a"}) { id }',
        "transactions { totalCount }",
        "availableFunds(accounts: []) { account { id } }",
        "trialBalance { currency }",
    ],
)
async def test_every_question_needs_a_scope_that_reads(api: Api, field: str) -> None:
    error = await api.error(
        f"{{ {field} }}", scopes=["money:move", "money:force", "money:advance", "clock:move", "funds:confirm"]
    )
    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_any_key_may_ask_who_it_is(api: Api) -> None:
    document = "{ viewer { tenant organisation mode keyId scopes clock sequence } }"
    assert (await api.ask(document, scopes=[]))["data"]["viewer"] == {
        "tenant": "desk",
        "organisation": "house",
        "mode": "TEST",
        "keyId": "key_test",
        "scopes": [],
        "clock": "2023-11-14T22:13:20.000000Z",
        "sequence": "4",
    }


async def test_funds_of_fifty_accounts_take_two_statements(api: Api) -> None:
    ids = [await api.open(f"account-{number}") for number in range(50)]
    document = """query ($by: [AccountBy!]!, $at: DateTime) { availableFunds(accounts: $by, at: $at) {
      account { id name floor { amount } } balance { available { amount } spendable { amount } } } }"""
    for by in ([{"id": id_} for id_ in ids], [{"externalId": f"account-{number}"} for number in range(50)]):
        with Statements() as seen:
            found = await api.data(document, {"by": by})
        assert [item["account"]["id"] for item in found["availableFunds"]] == ids
        assert len(seen.names) <= 2, seen.names
    with Statements() as seen:
        await api.data(document, {"by": by, "at": "2030-01-01T00:00:00Z"})
    assert len(seen.names) <= 4, seen.names


async def test_a_page_of_accounts_with_balances_and_open_holds_takes_four_statements(api: Api) -> None:
    for number in range(20):
        await api.open(f"account-{number}")
        await api.transfer("bank", f"account-{number}", "10.00")
        place = {"account": {"externalId": f"account-{number}"}, "amount": {"amount": "1", "currency": "USD"}}
        await api.do("placeHold", place | {"destination": {"externalId": "bob"}}, "sequence")
    with Statements() as seen:
        found = await api.data(
            """{ accounts(first: 20) { nodes { ...A
              holds(filter: {status: [ACTIVE]}) { nodes { id remaining { amount } } } } } }
            fragment A on Account { id floor { amount } outFrozen balance { held { amount } available { amount } } }"""
        )
    assert len(found["accounts"]["nodes"]) == 20
    assert found["accounts"]["nodes"][5]["balance"]["held"] == {"amount": "1.00"}
    assert len(found["accounts"]["nodes"][5]["holds"]["nodes"]) == 1
    assert len(seen.names) <= 4, seen.names


async def test_everything_below_a_page_is_read_in_a_fixed_number_of_statements(api: Api) -> None:
    document = """{ accounts { nodes { id
      balance { version } old: balance(at: "2030-01-01T00:00:00Z") { version }
      holds { totalCount nodes { destination { name } changes { kind transaction { id } } transactions { id } } }
      entries { totalCount nodes { account { id } transaction { id hold { id } reverses { id } reversedBy { id }
        entries { account { externalId balance { version } } ofEntry { line } } } } } } } }"""
    counts = []
    for number in range(2):
        for each in range(1 + number * 4):
            name = f"{number}-{each}"
            await api.open(name)
            await api.transfer("bank", name, "10.00")
            place = {"account": {"externalId": name}, "amount": {"amount": "2", "currency": "USD"}}
            held = await api.do("placeHold", place | {"destination": {"externalId": "bob"}}, "hold { id }")
            captured = await api.do("captureHold", {"hold": {"id": held["hold"]["id"]}}, "transaction { id }")
            await api.do("reverseTransaction", {"transaction": {"id": captured["transaction"]["id"]}}, "sequence")
        with Statements() as seen:
            await api.data(document)
        counts.append(len(seen.names))
    assert counts[0] == counts[1], counts
