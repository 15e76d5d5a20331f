"""Every code of the ledger has its type, its sentence, and numbers only for who may read."""

import re
from uuid import UUID

import pytest

from app import ledger
from app.graphql import rejections
from app.ledger import RejectionCode as Code

TYPES = {
    Code.IDEMPOTENCY_KEY_REUSED: rejections.IdempotencyKeyReused,
    Code.INSUFFICIENT_FUNDS: rejections.InsufficientFunds,
    Code.CAPTURE_EXCEEDS_HOLD: rejections.LimitExceeded,
    Code.RELEASE_EXCEEDS_HOLD: rejections.LimitExceeded,
    Code.REVERSAL_EXCEEDS_ORIGINAL: rejections.LimitExceeded,
    Code.SLICE_EXCEEDED: rejections.LimitExceeded,
    Code.QUOTE_CHANGED: rejections.LimitExceeded,
    Code.ADVANCE_EXCEEDED: rejections.LimitExceeded,
    Code.VERSION_CONFLICT: rejections.Conflict,
    Code.CONDITION_FAILED: rejections.Conflict,
    Code.HOLD_NOT_ACTIVE: rejections.Conflict,
    Code.QUOTE_NOT_OPEN: rejections.Conflict,
    Code.INVALID_STATUS: rejections.Conflict,
    Code.UNBALANCED: rejections.Conflict,
    Code.ACCOUNT_FROZEN: rejections.Conflict,
    Code.POLICY_INVALID: rejections.PolicyRefusal,
    Code.POLICY_GAP: rejections.PolicyRefusal,
}
FULL = ledger.Rejection(
    Code.INSUFFICIENT_FUNDS,
    ledger.Culprit(account=UUID(int=1), hold=UUID(int=2), transaction=UUID(int=3), line=4, index=5, field="f"),
    currency="JPY",
    exponent=0,
    spendable=-6,
    shortfall=7,
    earliest_at=8,
    remaining=9,
    expected="10",
    actual="11",
    differs=("a", "b"),
)


def of(code: Code, *, may_read: bool = True) -> rejections.Rejection:
    full = ledger.Rejection(
        code,
        FULL.culprit,
        currency=FULL.currency,
        exponent=FULL.exponent,
        spendable=FULL.spendable,
        shortfall=FULL.shortfall,
        earliest_at=FULL.earliest_at,
        remaining=FULL.remaining,
        expected=FULL.expected,
        actual=FULL.actual,
        differs=FULL.differs,
    )
    return rejections.rejection_of(full, may_read=may_read)


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_its_type_and_a_sentence_without_amounts(code: Code) -> None:
    made = of(code)
    assert type(made) is TYPES.get(code, rejections.PlainRejection)
    assert made.code is code
    assert re.fullmatch(r"[A-Z][^0-9]+\.", made.message)
    assert made.culprit is not None
    assert (made.culprit.line, made.culprit.index, made.culprit.field) == (4, 5, "f")
    assert [made.culprit.account, made.culprit.hold, made.culprit.transaction] == [
        "acct_00000000000000000000000001",
        "hold_00000000000000000000000002",
        "txn_00000000000000000000000003",
    ]


def test_funds_come_with_numbers_and_a_time_to_who_may_read() -> None:
    told = of(Code.INSUFFICIENT_FUNDS)
    assert isinstance(told, rejections.InsufficientFunds)
    assert told.spendable is not None
    assert told.shortfall is not None
    assert (told.spendable.amount, told.shortfall.minor_units, told.earliest_at) == ("-6", 7, 8)
    hidden = of(Code.INSUFFICIENT_FUNDS, may_read=False)
    assert isinstance(hidden, rejections.InsufficientFunds)
    assert (hidden.spendable, hidden.shortfall, hidden.earliest_at) == (None, None, None)


def test_a_limit_comes_with_what_remains_to_who_may_read() -> None:
    told, hidden = of(Code.SLICE_EXCEEDED), of(Code.SLICE_EXCEEDED, may_read=False)
    assert isinstance(told, rejections.LimitExceeded)
    assert isinstance(hidden, rejections.LimitExceeded)
    assert told.remaining is not None
    assert (told.remaining.minor_units, hidden.remaining) == (9, None)


@pytest.mark.parametrize("code", [code for code, kind in TYPES.items() if kind is rejections.Conflict])
def test_a_conflict_hides_numbers_but_no_states(code: Code) -> None:
    numbers = code in {Code.VERSION_CONFLICT, Code.CONDITION_FAILED, Code.UNBALANCED}
    told, hidden = of(code), of(code, may_read=False)
    assert isinstance(told, rejections.Conflict)
    assert isinstance(hidden, rejections.Conflict)
    assert (told.expected, told.actual) == ("10", "11")
    assert (hidden.expected, hidden.actual) == ((None, None) if numbers else ("10", "11"))


def test_a_key_used_again_names_the_fields_that_differ() -> None:
    made = of(Code.IDEMPOTENCY_KEY_REUSED)
    assert isinstance(made, rejections.IdempotencyKeyReused)
    assert made.differs == ["a", "b"]


def test_no_culprit_is_null() -> None:
    assert rejections.rejection_of(ledger.Rejection(Code.GROUP_REJECTED), may_read=True).culprit is None


def test_numbers_without_a_currency_are_null() -> None:
    bare = rejections.rejection_of(ledger.Rejection(Code.SLICE_EXCEEDED, remaining=1), may_read=True)
    assert isinstance(bare, rejections.LimitExceeded)
    assert bare.remaining is None
