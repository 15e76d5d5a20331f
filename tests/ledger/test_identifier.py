"""Ids are written in one way and read back from no other."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ledger import identifier


@settings(derandomize=True, max_examples=100, deadline=None, database=None)
@given(value=st.uuids())
def test_what_is_written_is_read_back(value: UUID) -> None:
    text = identifier.encode(identifier.ACCOUNT, value)
    assert identifier.decode(identifier.ACCOUNT, text) == value
    assert identifier.encode(identifier.ACCOUNT, value) == text
    assert identifier.decode(identifier.HOLD, text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("txn_00000000000000000000000000", 0),
        ("txn_00000000000000000000000001", 1),
        ("txn_0000000000000000000000000z", 31),
        ("txn_7zzzzzzzzzzzzzzzzzzzzzzzzz", 2**128 - 1),
    ],
)
def test_the_form_is_typeid(text: str, value: int) -> None:
    assert identifier.encode(identifier.TRANSACTION, UUID(int=value)) == text
    assert identifier.decode(identifier.TRANSACTION, text) == UUID(int=value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "txn_",
        "txn_0000000000000000000000000",
        "txn_000000000000000000000000000",
        "txn-00000000000000000000000000",
        "txn_8zzzzzzzzzzzzzzzzzzzzzzzzz",
        "txn_0000000000000000000000000A",
        "txn_0000000000000000000000000l",
        "txn_0000000000000000000000000é",
        "acct_0000000000000000000000000",
        "TXN_00000000000000000000000000",
    ],
)
def test_any_other_text_is_no_id(text: str) -> None:
    assert identifier.decode(identifier.TRANSACTION, text) is None


@pytest.mark.parametrize(("text", "prefix"), [("acct_0", "acct"), ("my_own_0", "my_own"), ("none", "")])
def test_the_prefix_tells_the_kind(text: str, prefix: str) -> None:
    assert identifier.prefix_of(text) == prefix
