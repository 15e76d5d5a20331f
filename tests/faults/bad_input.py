"""Bad input as one table: what is sent, and in one line what is told; names in braces stand for a neighbour's ids."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.faults.client import ACCEPT

_CENT = {"amount": "0.01", "currency": "USD"}
_UNKNOWN = "7zzzzzzzzzzzzzzzzzzzzzzzzz"

_TRANSFER: Final = {
    "idempotencyKey": "{fresh}",
    "from": {"externalId": "alice"},
    "to": {"externalId": "bob"},
    "amount": _CENT,
}
_FIELDS: Final = {
    "transfer": "transaction { id }",
    "postTransaction": "transaction { id }",
    "captureHold": "hold { id }",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """A well-formed request that asks for something it should not."""

    query: str
    told: str
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Raw:
    """A request as bytes; headers replace those of a well-formed one, None leaves one out."""

    body: bytes
    told: str
    headers: Mapping[str, str | None] = field(default_factory=dict)
    method: str = "POST"
    path: str = "/graphql"


def _transfer(told: str, **terms: object) -> Operation:
    query = "mutation Do($input: TransferInput!) { transfer(input: $input) { rejection { code } } }"
    return Operation(query, told, {"input": _TRANSFER | terms})


def _amount(amount: object, told: str, currency: object = "USD") -> Operation:
    return _transfer(told, amount={"amount": amount, "currency": currency})


def _do(verb: str, told: str, **terms: object) -> Operation:
    type_ = f"{verb[0].upper()}{verb[1:]}Input!"
    query = f"mutation Do($input: {type_}) {{ {verb}(input: $input) {{ rejection {{ code }} }} }}"
    return Operation(query, told, {"input": {"idempotencyKey": "{fresh}"} | terms})


def _lines(*amounts: tuple[str, str]) -> list[dict[str, Any]]:
    accounts = ({"externalId": "alice"}, {"externalId": "bob"})
    return [
        {"account": accounts[number % 2], "side": side, "amount": {"amount": amount, "currency": "USD"}}
        for number, (side, amount) in enumerate(amounts)
    ]


_MANY = {
    "mode": "INDEPENDENT",
    "transactions": [
        {"idempotencyKey": f"many-{number}", "entries": _lines(("DEBIT", "1"), ("CREDIT", "1"))}
        for number in range(1_001)
    ],
}
_POST_MANY = (
    "mutation Do($input: PostTransactionsInput!) { postTransactions(input: $input) { results { rejection { code } } } }"
)
_SUBMIT = "mutation Do($input: SubmitInput!) { submit(input: $input) { results { rejection { code } } } }"

AMOUNTS: Final = {
    "a number for an amount": _amount(1, "400 BAD_USER_INPUT"),
    "a fraction for an amount": _amount(0.5, "400 BAD_USER_INPUT"),
    "true for an amount": _amount(True, "400 BAD_USER_INPUT"),
    "a list for an amount": _amount(["1"], "400 BAD_USER_INPUT"),
    "no amount": _transfer("400 BAD_USER_INPUT", amount=None),
    "words for an amount": _amount("much", "400 BAD_USER_INPUT"),
    "an exponent": _amount("1e3", "400 BAD_USER_INPUT"),
    "a separator": _amount("1,000.00", "400 BAD_USER_INPUT"),
    "digits of another script": _amount("\u0661.00", "400 BAD_USER_INPUT"),
    "a tenth of a cent": _amount("1.005", "200 BAD_USER_INPUT"),
    "half a yen": _amount("1.5", "200 BAD_USER_INPUT", "JPY"),
    "less than nothing": _amount("-1.00", "200 rejection INVALID_AMOUNT"),
    "nothing": _amount("0.00", "200 rejection INVALID_AMOUNT"),
    "nineteen digits": _amount("12345678901234567.89", "400 BAD_USER_INPUT"),
    "a million digits": _amount("1" * 100_000, "400 BAD_USER_INPUT"),
    "more than there is": _amount("9999999999999999.99", "200 rejection INSUFFICIENT_FUNDS"),
    "a currency that is none": _amount("1", "200 BAD_USER_INPUT", "XQX"),
    "a currency in small letters": _amount("1", "400 BAD_USER_INPUT", "usd"),
    "another currency than the account's": _amount("1", "200 rejection CURRENCY_MISMATCH", "EUR"),
}
COMMANDS: Final = {
    "a transfer to itself": _transfer("200 rejection SAME_ACCOUNT", to={"externalId": "alice"}),
    "both ids at once": _transfer("400 BAD_USER_INPUT", to={"externalId": "bob", "id": f"acct_{_UNKNOWN}"}),
    "no id at all": _transfer("400 BAD_USER_INPUT", to={}),
    "no idempotency key": _transfer("400 BAD_USER_INPUT", idempotencyKey=None),
    "an empty idempotency key": _transfer("200 BAD_USER_INPUT", idempotencyKey=""),
    "a long idempotency key": _transfer("200 BAD_USER_INPUT", idempotencyKey="k" * 256),
    "an idempotency key with a blank": _transfer("200 BAD_USER_INPUT", idempotencyKey="a b"),
    "an idempotency key of another command": _transfer(
        "200 rejection IDEMPOTENCY_KEY_REUSED", idempotencyKey="stock-bob"
    ),
    "a field that does not exist": _transfer("400 BAD_USER_INPUT", tip="1"),
    "an instant that is none": _transfer("400 BAD_USER_INPUT", availableAt="tomorrow"),
    "an instant without an offset": _transfer("400 BAD_USER_INPUT", availableAt="2030-01-01T00:00:00"),
    "the 30th of February": _transfer("400 BAD_USER_INPUT", availableAt="2030-02-30T00:00:00Z"),
    "money that matured in the year 1": _transfer("200 done", availableAt="0001-01-01T00:00:00Z"),
    "a hold that has expired": _do(
        "placeHold",
        "200 rejection INVALID_TIME",
        account={"externalId": "alice"},
        amount=_CENT,
        expiresAt="2000-01-01T00:00:00Z",
    ),
    "a NUL in a text": _transfer("400 BAD_USER_INPUT", description="a\0b"),
    "half a surrogate pair": _transfer("400 BAD_USER_INPUT", description="\ud800"),
    "a long description": _transfer("200 BAD_USER_INPUT", description="x" * 501),
    "an external id with a line break": _transfer("200 BAD_USER_INPUT", externalId="a\nb"),
    "numbers as metadata": _transfer("400 BAD_USER_INPUT", metadata={"a": 1}),
    "51 keys of metadata": _transfer("400 BAD_USER_INPUT", metadata={f"k{number}": "" for number in range(51)}),
    "a condition that is none": _transfer("200 BAD_USER_INPUT", require=[{"account": {"externalId": "bob"}}]),
    "entries that do not balance": _do(
        "postTransaction", "200 rejection UNBALANCED", entries=_lines(("DEBIT", "1.00"), ("CREDIT", "1.01"))
    ),
    "one entry": _do("postTransaction", "200 BAD_USER_INPUT", entries=_lines(("DEBIT", "1.00"))),
    "no entry": _do("postTransaction", "200 BAD_USER_INPUT", entries=[]),
    "101 entries": _do("postTransaction", "200 BAD_USER_INPUT", entries=_lines(*[("DEBIT", "1.00")] * 101)),
    "1,001 transactions": Operation(_POST_MANY, "200 BAD_USER_INPUT", {"input": _MANY}),
    "1,001 commands": Operation(
        _SUBMIT, "200 BAD_USER_INPUT", {"input": {"mode": "INDEPENDENT", "commands": [{"transfer": _TRANSFER}] * 1_001}}
    ),
    "a command that is two": Operation(
        _SUBMIT,
        "400 BAD_USER_INPUT",
        {"input": {"mode": "INDEPENDENT", "commands": [{"transfer": _TRANSFER, "releaseHold": {}}]}},
    ),
    "no command": Operation(_SUBMIT, "200 BAD_USER_INPUT", {"input": {"mode": "INDEPENDENT", "commands": []}}),
}
FOREIGN: Final = {
    "an unknown account": _transfer("200 rejection ACCOUNT_NOT_FOUND", to={"id": f"acct_{_UNKNOWN}"}),
    "a neighbour's account": _transfer("200 rejection ACCOUNT_NOT_FOUND", to={"id": "{account}"}),
    "a neighbour's account by its external id": _transfer(
        "200 rejection ACCOUNT_NOT_FOUND", **{"from": {"externalId": "carol"}}
    ),
    "a neighbour's hold": _do("captureHold", "200 rejection HOLD_NOT_FOUND", hold={"id": "{hold}"}),
    "a neighbour's hold by its external id": _do(
        "releaseHold", "200 rejection HOLD_NOT_FOUND", hold={"externalId": "hold-beta"}
    ),
    "a neighbour's transaction": _do(
        "reverseTransaction", "200 rejection TRANSACTION_NOT_FOUND", transaction={"id": "{transaction}"}
    ),
    "an id of another kind": _transfer("200 BAD_USER_INPUT", to={"id": "{hold}"}),
    "an id that is none": _transfer("200 BAD_USER_INPUT", to={"id": "acct_1"}),
    "a number for an id": _transfer("400 BAD_USER_INPUT", to={"id": {"a": 1}}),
    "a neighbour's account to read": Operation('{ account(by: { id: "{account}" }) { id } }', "200 nothing"),
    "a neighbour's account as a node": Operation('{ node(id: "{account}") { id } }', "200 nothing"),
    "a neighbour's hold as a node": Operation('{ nodes(ids: ["{hold}", "{transaction}"]) { id } }', "200 nothing"),
    "a neighbour's hold to read": Operation('{ hold(by: { externalId: "hold-beta" }) { id } }', "200 nothing"),
    "a neighbour's transaction to read": Operation(
        '{ transaction(by: { id: "{transaction}" }) { id } }', "200 nothing"
    ),
    "a neighbour's funds": Operation(
        '{ availableFunds(accounts: [{ id: "{account}" }, { externalId: "carol" }]) { balance { sequence } } }',
        "200 nothing",
    ),
    "a neighbour's transactions": Operation(
        '{ transactions(filter: { account: { id: "{account}" } }) { nodes { id } } }', "200 nothing"
    ),
    "a neighbour's cursor": Operation('{ accounts(after: "{cursor}") { nodes { id } } }', "200 BAD_USER_INPUT"),
    "a cursor of another list": Operation('{ holds(after: "{own cursor}") { nodes { id } } }', "200 BAD_USER_INPUT"),
    "a neighbour's idempotency key": _transfer("200 done", idempotencyKey="key-beta"),
}
QUESTIONS: Final = {
    "a cursor that is none": Operation('{ accounts(after: "zzz") { nodes { id } } }', "200 BAD_USER_INPUT"),
    "a cursor in another script": Operation(
        '{ accounts(after: "\u00e9\u00e9") { nodes { id } } }', "200 BAD_USER_INPUT"
    ),
    "a long cursor": Operation(
        "query Q($after: String) { accounts(after: $after) { nodes { id } } }",
        "200 BAD_USER_INPUT",
        {"after": "A" * 9_999},
    ),
    "101 at a time": Operation("{ accounts(first: 101) { nodes { id } } }", "200 BAD_USER_INPUT"),
    "less than none at a time": Operation("{ accounts(first: -1) { nodes { id } } }", "200 BAD_USER_INPUT"),
    "both ends at once": Operation("{ accounts(first: 1, last: 1) { nodes { id } } }", "200 BAD_USER_INPUT"),
    "an integer beyond 32 bits": Operation("{ accounts(first: 2147483648) { nodes { id } } }", "400 BAD_USER_INPUT"),
    "a sequence beyond 64 bits": Operation(
        '{ account(by: { externalId: "alice" }, atLeast: "9223372036854775808") { id } }',
        "400 BAD_USER_INPUT",
    ),
    "a sequence that is not reached": Operation(
        '{ account(by: { externalId: "alice" }, atLeast: "9223372036854775807") { id } }', "200 UNAVAILABLE"
    ),
    "a sequence before the first": Operation(
        '{ account(by: { externalId: "alice" }, atLeast: "-1") { id } }', "200 done"
    ),
    "101 accounts": Operation(
        "query Q($by: [AccountBy!]!) { availableFunds(accounts: $by) { balance { sequence } } }",
        "200 BAD_USER_INPUT",
        {"by": [{"externalId": f"a{number}"} for number in range(101)]},
    ),
    "101 nodes": Operation(
        "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }", "200 BAD_USER_INPUT", {"ids": [f"acct_{_UNKNOWN}"] * 101}
    ),
    "the year 1": Operation(
        '{ account(by: { externalId: "alice" }) { balance(at: "0001-01-01T00:00:00Z") { sequence } } }',
        "200 BAD_USER_INPUT",
    ),
    "the year 9999": Operation(
        '{ account(by: { externalId: "alice" }) { balance(at: "9999-12-31T23:59:59.999999Z") { sequence } } }',
        "200 done",
    ),
    "no language at all": Operation("SELECT 1", "400 GRAPHQL_PARSE_FAILED"),
    "a bracket too few": Operation("{ viewer { tenant }", "400 GRAPHQL_PARSE_FAILED"),
    "an unknown field": Operation("{ secrets }", "400 GRAPHQL_VALIDATION_FAILED"),
    "a selection of nothing": Operation("{ viewer { } }", "400 GRAPHQL_PARSE_FAILED"),
    "ten thousand levels": Operation("{ a" * 10_000, "400 GRAPHQL_PARSE_FAILED"),
    "a thousand aliases": Operation(
        "{ " + " ".join(f"a{number}: viewer {{ tenant }}" for number in range(1_000)) + " }",
        "400 GRAPHQL_PARSE_FAILED",
    ),
    "a fragment that contains itself": Operation(
        "{ viewer { ...F } } fragment F on Viewer { ...F }", "400 GRAPHQL_VALIDATION_FAILED"
    ),
    "a subscription": Operation("subscription { viewer }", "400 GRAPHQL_VALIDATION_FAILED"),
    "a variable too few": Operation("query Q($id: ID!) { node(id: $id) { id } }", "400 BAD_USER_INPUT"),
}

_GOOD: Final = json.dumps({"query": "{ viewer { tenant } }"}).encode()
_DEEP: Final = b'{"query": "{ viewer { tenant } }", "variables": {"a": ' + b"[" * 3_000 + b"]" * 3_000 + b"}}"

BODIES: Final = {
    "20 MB": Raw(b" " * 20_971_520, "413 BAD_USER_INPUT"),
    "nothing": Raw(b"", "400 BAD_USER_INPUT"),
    "a number": Raw(b"1", "400 BAD_USER_INPUT"),
    "null": Raw(b"null", "400 BAD_USER_INPUT"),
    "a text": Raw(b'"x"', "400 BAD_USER_INPUT"),
    "a list": Raw(b"[" + _GOOD + b"]", "400 BAD_USER_INPUT"),
    "half of it": Raw(_GOOD[:-2], "400 BAD_USER_INPUT"),
    "invalid UTF-8": Raw(b'{"query": "{ viewer { tenant } } #\xff"}', "400 BAD_USER_INPUT"),
    "UTF-16": Raw(_GOOD.decode().encode("utf-16"), "400 BAD_USER_INPUT"),
    "3,000 levels of lists": Raw(_DEEP, "400 BAD_USER_INPUT"),
    "3,000 levels of objects": Raw(b'{"a": ' * 3_000 + b"1" + b"}" * 3_000, "400 BAD_USER_INPUT"),
    "100,000 open brackets": Raw(b"[" * 100_000, "400 BAD_USER_INPUT"),
    "NaN": Raw(b'{"query": "{ viewer { tenant } }", "variables": {"a": NaN}}', "400 BAD_USER_INPUT"),
    "Infinity": Raw(b'{"query": "{ viewer { tenant } }", "variables": {"a": -Infinity}}', "400 BAD_USER_INPUT"),
    "a number without end": Raw(b'{"query": "{ viewer { tenant } }", "variables": {"a": 1e999}}', "400 BAD_USER_INPUT"),
    "a number of 100,000 digits": Raw(
        b'{"query": "{ viewer { tenant } }", "variables": {"a": ' + b"1" * 100_000 + b"}}", "400 BAD_USER_INPUT"
    ),
    "a name twice": Raw(b'{"query": "{ viewer { tenant } }", "query": "{ viewer { mode } }"}', "400 BAD_USER_INPUT"),
    "a name twice, deep inside": Raw(
        b'{"query": "{ viewer { tenant } }", "variables": {"a": [{"b": 1, "b": 2}]}}', "400 BAD_USER_INPUT"
    ),
    "no query": Raw(b"{}", "400 BAD_USER_INPUT"),
    "a query that is a number": Raw(b'{"query": 1}', "400 BAD_USER_INPUT"),
    "variables that are a list": Raw(b'{"query": "{ viewer { tenant } }", "variables": []}', "400 BAD_USER_INPUT"),
    "another media type": Raw(_GOOD, "415 BAD_USER_INPUT", {"Content-Type": "text/plain"}),
    "no media type": Raw(_GOOD, "415 BAD_USER_INPUT", {"Content-Type": None}),
    "an answer in HTML": Raw(_GOOD, "406 BAD_USER_INPUT", {"Accept": "text/html"}),
    "PUT": Raw(_GOOD, "405 BAD_USER_INPUT", method="PUT"),
    "another address": Raw(_GOOD, "404 BAD_USER_INPUT", path="/graphql/"),
    "a mutation by GET": Raw(
        b"",
        "405 BAD_USER_INPUT",
        method="GET",
        path="/graphql?query=mutation%7BreleaseHold(input:%7BidempotencyKey:%22x%22,hold:%7BexternalId:%22x%22%7D%7D)%7Breplayed%7D%7D",
    ),
    "another site": Raw(_GOOD, "403 FORBIDDEN", {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}),
    "headers of 20 kB": Raw(_GOOD, "400 BAD_USER_INPUT", {"X-Long": "x" * 20_000}),
}
KEYS: Final = {
    "no key": Raw(_GOOD, "401 UNAUTHENTICATED", {"Authorization": None}),
    "an empty key": Raw(_GOOD, "401 UNAUTHENTICATED", {"Authorization": "Bearer"}),
    "a key that is none": Raw(_GOOD, "401 UNAUTHENTICATED", {"Authorization": "Bearer letmein"}),
    "another scheme": Raw(_GOOD, "401 UNAUTHENTICATED", {"Authorization": "Basic {good key}"}),
    "a key with a letter changed": Raw(_GOOD, "401 UNAUTHENTICATED", {"Authorization": "Bearer {mistyped key}"}),
    "a key of nobody": Raw(_GOOD, "401 UNAUTHENTICATED", {"Authorization": "Bearer {unknown key}"}),
    "a key with another's secret": Raw(_GOOD, "401 UNAUTHENTICATED", {"Authorization": "Bearer {forged key}"}),
    "a revoked key": Raw(_GOOD, "401 UNAUTHENTICATED", {"Authorization": "Bearer {revoked key}"}),
    "an expired key": Raw(_GOOD, "401 UNAUTHENTICATED", {"Authorization": "Bearer {expired key}"}),
    "a key that may only write": Raw(
        json.dumps({"query": "{ accounts { nodes { id } } }"}).encode(),
        "200 FORBIDDEN",
        {"Authorization": "Bearer {writing key}"},
    ),
}

OPERATIONS: Final = AMOUNTS | COMMANDS | FOREIGN | QUESTIONS
REQUESTS: Final = {f"a body of {name}": raw for name, raw in BODIES.items()} | KEYS
GOOD_HEADERS: Final = {"Authorization": "Bearer {good key}", "Content-Type": "application/json", "Accept": ACCEPT}
