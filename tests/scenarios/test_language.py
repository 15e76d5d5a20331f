"""The table language itself: what it understands, and that an expectation which is not met is told."""

import pytest

from tests.scenarios import language, runner
from tests.scenarios.language import NotUnderstoodError
from tests.scenarios.target import WorldTarget

MARK = 1_000_000_000_000

FALSEHOODS = [
    ("credit alice 1.00 -> INSUFFICIENT_FUNDS", "another answer"),
    ("debit alice 11.00", "a refusal where none is expected"),
    ("debit alice 11.00 -> INSUFFICIENT_FUNDS", "numbers left out"),
    ("debit alice 11.00 -> INSUFFICIENT_FUNDS spendable 10.00 short 1.01", "a wrong number"),
    ("debit alice 11.00 -> INSUFFICIENT_FUNDS spendable 10.00 short 1.00 earliest +1d", "a number too many"),
    ("debit alice 11.00 -> INSUFFICIENT_FUNDS spendable 10.00 short 1.00 on bob", "a wrong culprit"),
    ("debit alice 11.00 -> FORBIDDEN advance", "a fault"),
    ("credit alice 1.00 -> ok replayed", "a replay"),
    ("credit alice 1.00 dry -> ok leaves alice available 10.00", "another balance in a dry run"),
    ("funds alice -> available 10.01", "another balance"),
    ("show h1 -> RELEASED", "another status"),
    ("show h1 -> ACTIVE remaining 0.01", "another rest"),
    ("lines t1 -> debit alice 1.00", "other lines"),
    ("credit alice 1.00 sideways", "a word too many"),
    ("credit alice lots", "no amount"),
    ("sing alice 1.00", "no verb"),
    ("clock tomorrow", "no offset"),
    ("transfer alice", "a word missing"),
    ("funds alice -> available", "no pair"),
    ("group", "a group without end"),
]


@pytest.mark.parametrize(("line", "why"), FALSEHOODS, ids=[why for _, why in FALSEHOODS])
async def test_what_is_not_so_is_told(line: str, why: str) -> None:
    text = f"== A title\nopen alice USD\ncredit alice 10.00 as t1\nhold h1 alice 0.00\n{line}\n"
    text = text.replace("hold h1 alice 0.00", "hold h1 alice 1.00\nrelease h1 0.50\ncredit alice 0.50")
    with pytest.raises((AssertionError, NotUnderstoodError)):
        await runner.play(language.read("topic", text)[0], WorldTarget())


def test_a_step_needs_a_title() -> None:
    with pytest.raises(NotUnderstoodError):
        language.read("topic", "open alice USD")


def test_comments_and_blank_lines_say_nothing() -> None:
    (scenario,) = language.read("topic", "# a word\n\n== A title # no comment\n\nopen alice USD # a comment\n")
    assert [step.words for step in scenario.steps] == [("open", "alice", "USD")]


@pytest.mark.parametrize("text", ["+2d", "+1d-1us", "-3h", "forever", "+0s", "+1d+2h+3m+4s+5us"])
def test_offsets_are_read_as_they_are_written(text: str) -> None:
    assert language.instant(language.offset(language.instant(text, MARK), MARK), MARK) == language.instant(text, MARK)


def test_offsets_count_from_the_start() -> None:
    assert language.instant("+1d-1us", MARK) == MARK + 86_400_000_000 - 1
    assert language.offset(MARK + 90_000_000_000, MARK) == "+1d+1h"
