"""Promises about card numbers: refused wherever people write text, and what only looks like one is let through."""

import random
from typing import Any

import pytest

from app.graphql.card_numbers import holds_card_number
from tests.graphql.api import Api

VISA = "4111111111111111"
# The numbers that issuers publish for trying things out.
CARDS = [
    VISA,
    "4012888888881881",
    "5555555555554444",
    "5105105105105100",
    "2223003122003222",
    "2720990000000007",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "6445644564456445",
    "6500000000000002",
    "30569309025904",
    "38520000023237",
    "36227206271667",
    "3530111333300000",
    "6200000000000005",
    "6304000000000000",
    "6759649826438453",
]
WRITTEN = [
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "3782 822463 10005",
    "3056 930902 5904",
    f"card {VISA}",
    f"({VISA})",
    f"card:{VISA}.",
    f"{VISA} 12/27 123",
    "123 4111 1111 1111 1111 12-27",
    f"{VISA}-123",
    "\uff14" + "\uff11" * 15,
    "4111\u00a01111\u00a01111\u00a01111",
]
OTHER = [
    "",
    "a description",
    "4111111111111112",
    "411111111111111",
    "41111111111111111",
    f"ORD{VISA}",
    f"order_{VISA}",
    f"{VISA}x",
    f"1{VISA}",
    f"{VISA}0",
    "2024-11-27 10:00:00.000000",
    "1767225600000000",
    "1767225600000000000",
    "550e8400-e29b-41d4-a716-446655440000",
    "acct_01jexamplejexamplejexample",
    "DE89 3704 0044 0532 0130 00",
    "DE89370400440532013000",
    "GB82 WEST 1234 5698 7654 32",
    "+49 1511 2345678",
    "4915112345678",
    "10 20 30 40 50 60 70 80",
    "4111.1111.1111.1111",
    "4111 1111  1111 1111",
    "0000000000000000",
]


@pytest.mark.parametrize("text", CARDS + WRITTEN)
def test_a_card_number_is_found_however_it_is_written(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize("text", OTHER)
def test_what_is_no_card_number_is_let_through(text: str) -> None:
    assert not holds_card_number(text)


@pytest.mark.parametrize("digits", [14, 15, 16, 17, 18, 19])
def test_few_other_numbers_look_like_a_cards(digits: int) -> None:
    chance = random.Random(digits)
    found = sum(holds_card_number("".join(chance.choices("0123456789", k=digits))) for _ in range(20_000))
    assert found <= 20_000 * 0.03, "the figure is told in the documentation"
    assert not any(holds_card_number(f"N{number:0{digits}}") for number in range(20_000))


def test_a_long_text_of_digits_is_read_in_one_pass() -> None:
    for text in ("4 1-" * 250, "4111 " * 200, "4" * 1_000, "- " * 500, f"{'0 ' * 480}{VISA}"):
        holds_card_number(text)


@pytest.mark.parametrize(
    ("verb", "given", "path"),
    [
        ("openAccount", {"currency": "USD", "name": f"card {VISA}"}, ["input", "input", "name"]),
        ("openAccount", {"currency": "USD", "metadata": {"card": VISA}}, ["input", "metadata"]),
        ("openAccount", {"currency": "USD", "metadata": {VISA: "card"}}, ["input", "metadata"]),
        ("transfer", {"description": VISA}, ["input", "description"]),
        ("freezeAccount", {"reason": VISA}, ["input", "reason"]),
    ],
)
async def test_the_number_of_a_card_is_refused_by_its_path_and_not_repeated(
    api: Api, verb: str, given: dict[str, object], path: list[str]
) -> None:
    money = {"amount": "1.00", "currency": "USD"}
    ends = {"from": {"externalId": "alice"}, "to": {"externalId": "bob"}, "amount": money}
    needed: dict[str, dict[str, Any]] = {"transfer": ends, "freezeAccount": {"account": {"externalId": "alice"}}}
    kind = verb[0].upper() + verb[1:]
    document = f"mutation ($input: {kind}Input!) {{ {verb}(input: $input) {{ rejection {{ code }} }} }}"
    error = await api.error(document, {"input": {"idempotencyKey": "k"} | needed.get(verb, {}) | given})
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["inputPath"][-len(path[1:]) :] == path[-len(path[1:]) :]
    assert VISA not in str(error)


async def test_ids_are_the_callers_own_and_not_looked_at(api: Api) -> None:
    assert await api.open(VISA)
