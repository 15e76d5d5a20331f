"""Promises of errors: a code on each, a path to what is wrong, and nothing of ours shown."""

import logging
from typing import Any

import pytest

from tests.http.example import ask, codes, make_app

ACT = "mutation($input: ActInput!) { act(input: $input) }"


def act(money: dict[str, object] | None = None, **changes: object) -> dict[str, Any]:
    amount = {"amount": "1.50", "currency": "EUR"} | (money or {})
    return {"input": {"idempotencyKey": "k", "amount": amount} | changes}


WRONG: list[tuple[dict[str, Any], list[str | int]]] = [
    (act(money={"amount": "1e5"}), ["input", "amount", "amount"]),
    (act(money={"amount": 1.5}), ["input", "amount", "amount"]),
    (act(money={"amount": 15}), ["input", "amount", "amount"]),
    (act(money={"amount": "1234567890123456789"}), ["input", "amount", "amount"]),
    (act(money={"currency": "eur"}), ["input", "amount", "currency"]),
    (act(money={"more": 1}), ["input", "amount"]),
    (act(at="2026-02-30T00:00:00Z"), ["input", "at"]),
    (act(metadata={"a": 1}), ["input", "metadata"]),
    (act(tags=[1, "x"]), ["input", "tags", 1]),
    (act(idempotencyKey=None), ["input", "idempotencyKey"]),
    ({}, ["input"]),
    ({"input": None}, ["input"]),
    ({"input": "x"}, ["input"]),
]


@pytest.mark.parametrize(("variables", "path"), WRONG)
async def test_a_wrong_variable_is_told_by_its_path(variables: dict[str, Any], path: list[str | int]) -> None:
    app, desk = make_app()
    answer = await ask(app, ACT, variables=variables)
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert answer["errors"][0]["extensions"]["inputPath"] == path
    assert "data" not in answer
    assert desk.acted == []


async def test_a_wrong_literal_is_told_by_its_path() -> None:
    app, _ = make_app()
    answer = await ask(
        app, 'mutation { act(input: { idempotencyKey: "k", amount: { amount: 1.5, currency: "EUR" } }) }'
    )
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert answer["errors"][0]["extensions"]["inputPath"] == ["input", "amount", "amount"]


async def test_a_wrong_default_is_told_by_its_variable() -> None:
    app, _ = make_app()
    answer = await ask(app, 'query($v: BigInt! = "x") { big(value: $v) }')
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert answer["errors"][0]["extensions"]["inputPath"] == ["v"]


async def test_a_right_input_arrives() -> None:
    app, desk = make_app()
    answer = await ask(app, ACT, variables=act(money={"amount": "001.50"}, metadata={"a": "b"}))
    assert answer["data"] == {"act": "1.5 EUR"}
    assert desk.acted[0].metadata == {"a": "b"}


FAULTS = [
    ("overloaded", {"code": "OVERLOADED", "retryAfterSeconds": 0.4}),
    ("forbidden", {"code": "FORBIDDEN"}),
    ("input", {"code": "BAD_USER_INPUT", "inputPath": ["by", "id"]}),
]


@pytest.mark.parametrize(("which", "extensions"), FAULTS)
async def test_a_fault_of_one_field_leaves_the_others(which: str, extensions: dict[str, Any]) -> None:
    app, _ = make_app()
    answer = await ask(app, f'{{ hello refused(with: "{which}") }}'.replace("with:", "with_:"))
    assert answer["data"] == {"hello": "hello you", "refused": None}
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]) == (["refused"], extensions)


@pytest.mark.parametrize("field", ["broken", "unprintable", "thing { broken }"])
async def test_what_nobody_foresaw_is_masked_and_logged_once(field: str, caplog: pytest.LogCaptureFixture) -> None:
    app, _ = make_app()
    with caplog.at_level(logging.DEBUG):
        answer = await ask(app, f"{{ hello {field} }}")
    (error,) = answer["errors"]
    assert error["message"] == "Internal error."
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    logged = [entry for entry in caplog.records if entry.levelno >= logging.ERROR]
    assert [entry.__dict__["spendable"]["error_id"] for entry in logged] == [error["extensions"]["errorId"]]
    assert answer["data"]["hello"] == "hello you"


async def test_a_mistake_of_the_caller_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    app, _ = make_app()
    with caplog.at_level(logging.WARNING):
        await ask(app, "{ nothing }")
        await ask(app, '{ refused(with_: "input") }')
        await ask(app, ACT, variables={})
    assert caplog.records == []


async def test_a_missing_argument_by_variable_is_the_callers() -> None:
    app, _ = make_app()
    answer = await ask(app, "query($n: String) { hello(name: $n) }", variables={"n": None})
    assert codes(answer) == ["BAD_USER_INPUT"]


async def test_names_are_not_suggested() -> None:
    app, _ = make_app()
    answer = await ask(app, "{ helo }")
    assert "hello" not in answer["errors"][0]["message"]
    answer = await ask(app, ACT, variables=act(idempotencyKeyy="k"))
    assert "mean" not in answer["errors"][0]["message"]


async def test_at_most_five_errors_are_told() -> None:
    app, _ = make_app()
    assert len((await ask(app, "{ a b c d e f g h i j }"))["errors"]) <= 6
    assert len((await ask(app, ACT, variables=act(tags=["x"] * 100)))["errors"]) <= 6
