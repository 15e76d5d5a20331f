"""Amounts are read and written exactly, or refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ledger import money

EXACT = settings(derandomize=True, max_examples=200, deadline=None, database=None)


@EXACT
@given(minor=st.integers(-(10**18) + 1, 10**18 - 1), exponent=st.integers(0, 8))
def test_what_is_printed_is_read_back(minor: int, exponent: int) -> None:
    text = money.text_of(minor, exponent)
    assert money.parse(text, exponent) == minor
    normal = money.normal_text(text)
    assert normal is not None
    assert money.parse(normal, exponent) == minor
    assert money.normal_text(normal) == normal


@pytest.mark.parametrize(
    ("text", "exponent", "minor"),
    [
        ("0", 2, 0),
        ("-0", 2, 0),
        ("1", 0, 1),
        ("1", 2, 100),
        ("01.5", 2, 150),
        ("-0.01", 2, -1),
        ("1.234", 3, 1234),
        ("9999999999999999.99", 2, 10**18 - 1),
        ("0000000000000000000000001", 0, 1),
    ],
)
def test_a_plain_decimal_is_read(text: str, exponent: int, minor: int) -> None:
    assert money.parse(text, exponent) == minor


@pytest.mark.parametrize(
    ("text", "exponent"),
    [
        ("1.0", 0),
        ("1.001", 2),
        ("10000000000000000.00", 2),
        ("1000000000000000000", 0),
        ("", 2),
        (".5", 2),
        ("5.", 2),
        ("+1", 2),
        ("1e3", 2),
        ("1,000", 2),
        (" 1", 2),
        ("1\n", 2),
        ("\u0661", 2),
        ("NaN", 2),
        ("--1", 2),
        ("1" * 65, 2),
    ],
)
def test_nothing_else_is_read_and_nothing_is_rounded(text: str, exponent: int) -> None:
    assert money.parse(text, exponent) is None


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("1", "1"),
        ("1.0", "1"),
        ("01.00", "1"),
        ("-1.50", "-1.5"),
        ("0.0", "0"),
        ("-0", "0"),
        ("-0.00", "0"),
        ("000.10", "0.1"),
        ("1e3", None),
        ("9" * 65, None),
    ],
)
def test_equal_values_have_one_text(text: str, normal: str | None) -> None:
    assert money.normal_text(text) == normal


@pytest.mark.parametrize(
    ("minor", "exponent", "text"),
    [(0, 0, "0"), (5, 0, "5"), (0, 2, "0.00"), (-1, 2, "-0.01"), (1234, 3, "1.234"), (-100, 2, "-1.00")],
)
def test_amounts_are_printed_with_the_digits_of_their_currency(minor: int, exponent: int, text: str) -> None:
    assert money.text_of(minor, exponent) == text
