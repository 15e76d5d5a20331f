"""Promises of the scalars: what is read and printed is exact, and everything else is refused."""

import json
from typing import Any

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from app.graphql import scalars
from tests.http.example import ask, make_app

INSTANTS = [
    ("1970-01-01T00:00:00Z", 0),
    ("1970-01-01T00:00:00.000001Z", 1),
    ("1969-12-31T23:59:59.999999Z", -1),
    ("2026-01-31T09:30:00+05:30", 1_769_832_000_000_000),
    ("2026-01-31t09:30:00.5z", 1_769_851_800_500_000),
    ("2024-02-29T23:59:59.999999-00:00", 1_709_251_199_999_999),
    ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
    ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
]


@pytest.mark.parametrize(("text", "microseconds"), INSTANTS)
def test_an_instant_is_read_to_the_microsecond(text: str, microseconds: int) -> None:
    assert scalars.parse_instant(text) == microseconds


NO_INSTANTS = [
    "", "2026-01-31", "2026-01-31T09:30:00", "2026-01-31 09:30:00Z", "2026-01-31T09:30Z", "2026-01-31T09:30:60Z",
    "2026-01-31T24:00:00Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z",
    "2026-01-31T09:30:00.Z", "2026-01-31T09:30:00.1234567Z", "2026-01-31T09:30:00,5Z", "2026-01-31T09:30:00+24:00",
    "2026-01-31T09:30:00+00:60", "2026-01-31T09:30:00+0530", "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01", "+2026-01-31T09:30:00Z", "2026-01-31T09:30:00Z\n", "\uff12026-01-31T09:30:00Z",
    "x" * 10_000, 0, 1.5, True, None, [], {},
]  # fmt: skip


@pytest.mark.parametrize("value", NO_INSTANTS)
def test_what_is_no_instant_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError):
        scalars.parse_instant(value)


@given(st.integers(min_value=-62_135_596_800_000_000, max_value=253_402_300_799_999_999))
def test_an_instant_is_read_as_it_was_printed(instant: int) -> None:
    text = scalars.print_instant(instant)
    assert len(text) == len("2026-01-31T09:30:00.000000Z")
    assert scalars.parse_instant(text) == instant


DECIMALS = [
    ("0", "0"), ("-0.00", "0"), ("1", "1"), ("001", "1"), ("12.50", "12.5"), ("-12.05", "-12.05"), ("100", "100"),
    ("0.001", "0.001"), ("999999999999999999", "999999999999999999"), ("0.000000000000000001", "0.000000000000000001"),
    ("9999999999999999.99", "9999999999999999.99"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "normal"), DECIMALS)
def test_a_decimal_is_read_exactly(text: str, normal: str) -> None:
    assert scalars.parse_decimal(text) == normal


NO_DECIMALS = [
    "", " 1", "1 ", "+1", "1.", ".5", "1e5", "1E5", "0x10", "1_000", "1,000", "NaN", "Infinity", "-", "--1", "1.2.3",
    "\u0661", "1234567890123456789", "-12345678901234567.89", "1" * 5_000, "0." + "0" * 5_000 + "1", 1, 1.5, True, None,
]  # fmt: skip


@pytest.mark.parametrize("value", NO_DECIMALS)
def test_what_is_no_decimal_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError):
        scalars.parse_decimal(value)


@pytest.mark.parametrize(
    ("value", "number"), [("0", 0), ("-1", -1), (7, 7), (str(2**63 - 1), 2**63 - 1), (-(2**63), -(2**63))]
)
def test_a_big_int_is_read_from_text_or_a_number(value: object, number: int) -> None:
    assert scalars.parse_big_int(value) == number


@pytest.mark.parametrize(
    "value", ["", "1.0", "1e3", "+1", "01", "-", " 1", str(2**63), 2**63, -(2**63) - 1, 1.0, True, None, "9" * 5_000]
)
def test_what_is_no_big_int_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError):
        scalars.parse_big_int(value)


@pytest.mark.parametrize("value", ["", "eur", "EU", "E1R\n", "1EUR", "ÄUR", "A" * 11, 978, None])
def test_what_is_no_currency_code_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError):
        scalars.parse_currency_code(value)


@pytest.mark.parametrize("value", ["EUR", "XYZ1", "A123456789"])
def test_a_currency_code_is_taken_by_its_form(value: str) -> None:
    assert scalars.parse_currency_code(value) == value


@pytest.mark.parametrize("value", [{}, {"a": ""}, {"k" * 40: "v" * 500}, {str(n): "😀" for n in range(50)}])
def test_metadata_within_its_limits_is_kept_as_it_is(value: dict[str, str]) -> None:
    assert scalars.parse_metadata(value) == value


NO_METADATA: list[Any] = [
    None, "x", [], 1, {"": "v"}, {"k" * 41: "v"}, {"k": "v" * 501}, {"k": 1}, {"k": None}, {"k": {}}, {"k": ["v"]},
    {"k": "\0"}, {"\0": "v"}, {"k": "\ud800"}, {"\udfff": "v"}, {str(n): "v" for n in range(51)}, {1: "v"},
]  # fmt: skip


@pytest.mark.parametrize("value", NO_METADATA)
def test_what_is_no_metadata_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError):
        scalars.parse_metadata(value)


@pytest.mark.parametrize("value", ["x", 1.5, True, None])
def test_what_cannot_be_printed_is_our_mistake(value: object) -> None:
    for wrong in (scalars.print_instant, scalars.print_big_int):
        with pytest.raises(TypeError):
            wrong(value)


ACT = 'mutation($v: String) { act(input: { idempotencyKey: "k", amount: { amount: "1", currency: "EUR" }, METADATA }) }'


@pytest.mark.parametrize(
    ("literal", "kept"),
    [
        ("metadata: {}", {}),
        ('metadata: {a: "b", c: "d"}', {"a": "b", "c": "d"}),
        ("metadata: {a: $v}", {"a": "given"}),
        ("metadata: null", None),
    ],
)
async def test_metadata_may_be_written_into_the_document(literal: str, kept: object) -> None:
    app, desk = make_app()
    query = ACT.replace("METADATA", literal)
    if "$v" not in literal:
        query = query.replace("($v: String)", "")
    answer = await ask(app, query, variables={"v": "given"})
    assert "errors" not in answer, json.dumps(answer)
    assert answer["data"] == {"act": "1 EUR"}
    assert desk.acted[0].metadata == kept
