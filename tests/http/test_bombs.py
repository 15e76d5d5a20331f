"""Promises to everyone else: a document that is meant to hurt is refused for little more than an ordinary request."""

import json
import sys
from collections.abc import Awaitable
from contextlib import suppress
from types import FrameType
from typing import Any

import pytest
from graphql import GraphQLError, parse, validate
from graphql.utilities import TypeInfo
from starlette.types import ASGIApp

from app import graphql
from app.graphql.document_text import TextExceededError, check_text
from app.graphql.documents import Documents
from tests.http.bombs import BOMBS, ORDINARY, send_to
from tests.http.example import SCHEMA, make_app

# Counted in calls a bomb seems dearer than it is, as parsing is nothing but calls; benchmarks/bombs.py measures CPU.
CALLS_RATIO_MAX = 60
LIMITS = graphql.Limits()


class Work:
    """Counts the calls of Python functions: work that is the same on every machine."""

    def __init__(self) -> None:
        self.calls = 0

    def _count(self, _frame: FrameType, event: str, _argument: object) -> None:
        self.calls += event == "call"

    async def of(self, awaited: Awaitable[Any]) -> Any:  # noqa: ANN401 - whatever is awaited
        before = sys.getprofile()
        sys.setprofile(self._count)
        try:
            return await awaited
        finally:
            sys.setprofile(before)


async def calls_of(app: ASGIApp, body: bytes) -> int:
    work = Work()
    await work.of(send_to(app, body))
    return work.calls


@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_is_refused_for_a_few_times_the_work_of_an_ordinary_request(name: str) -> None:
    app, _ = make_app(key_cache_seconds=2.0)
    assert (await send_to(app, ORDINARY))[0] == 200
    ordinary = await calls_of(app, ORDINARY)
    status, body = await send_to(app, BOMBS[name])
    assert 400 <= status < 500, body
    assert json.loads(body)["errors"]
    assert len(body) < 4_096
    assert await calls_of(app, BOMBS[name]) <= CALLS_RATIO_MAX * ordinary


async def test_the_count_of_work_can_fail() -> None:
    """A document over our limits, parsed as it is, takes more calls than are allowed above."""
    app, _ = make_app(key_cache_seconds=2.0)
    await send_to(app, ORDINARY)
    ordinary = await calls_of(app, ORDINARY)

    async def parsed() -> None:
        parse("{" + " ".join(f"a{n}:__typename" for n in range(10_000)) + "}")

    work = Work()
    await work.of(parsed())
    assert work.calls > CALLS_RATIO_MAX * ordinary


@pytest.mark.parametrize("name", BOMBS)
def test_validation_visits_few_nodes_of_a_bomb(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    visited = 0
    enter = TypeInfo.enter

    def counted(self: TypeInfo, node: Any) -> None:  # noqa: ANN401 - any node
        nonlocal visited
        visited += 1
        enter(self, node)

    monkeypatch.setattr(TypeInfo, "enter", counted)
    try:
        source = json.loads(BOMBS[name]).get("query", "")
    except RecursionError:
        source = ""
    with suppress(graphql.DocumentRefusedError):
        Documents(SCHEMA._schema, LIMITS).find(source)
    assert visited <= 2 * LIMITS.tokens_max


TEXTS = [
    '{ hello(name: "a \\" # { [ ( : @") }',
    '{ hello(name: """a "quote" \\""" # { [ ( : @ """) }',
    '{ hello(name: "") again: hello(name: """""") }',
    '{ hello(name: """ends in a quote"""") }',
    '{ hello(name: "\\\\") }',
    "# a comment { { {\n{ hello }",
    "query Q($a: Int = -1, $b: [ID!]! = [], $c: Float = 1.5e3) @skip(if: true) { ...F ... on Query { hello } }",
    "\ufeff{ hello, again: hello }",
    "{ hello }}",
    ")({ hello }",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_within_the_limits_is_for_the_parser_to_judge(text: str) -> None:
    check_text(text, graphql.Limits(nesting_max=4, tokens_max=60, aliases_max=1, directives_max=1, inputs_max=8))


@pytest.mark.parametrize(
    ("text", "limit", "message"),
    [
        ("{ hello }", {"tokens_max": 2}, "2 tokens"),
        ("{ hello }", {"characters_max": 8}, "8 characters"),
        ("# a\n# b\n{ hello }", {"comments_max": 1}, "1 comments"),
        ("{ a { b(c: [{}]) } }", {"nesting_max": 4}, "4 levels"),
        ("{ a:b a:b a:b a:b a:b }", {"aliases_max": 1}, "4 aliases"),
        ("{ a(b: 1, c: {d: 2}) }", {"inputs_max": 2}, "2 arguments"),
        ("{ a @b @c }", {"directives_max": 1}, "1 directives"),
        ("{ a b c d e }", {"fields_max": 2}, "4 names"),
        ("{a} {b} {c}", {"fragments_max": 1, "operations_max": 1}, "2 definitions"),
        ('{ a(b: "12345", c: """6""") }', {"text_characters_max": 13}, "13 characters"),
        ("{ a(b: -1234567890) }", {"digits_max": 10}, "10 digits"),
    ],
)
def test_a_text_over_a_limit_is_told_which(text: str, limit: dict[str, int], message: str) -> None:
    with pytest.raises(TextExceededError, match=message):
        check_text(text, graphql.Limits(**limit))


def test_the_text_counts_no_fewer_tokens_than_the_lexer() -> None:
    for text in TEXTS[:8]:
        most = next(count for count in range(1, 100) if _is_within(text, count))
        lexed = next(count for count in range(1, 100) if _is_lexed(text, count))
        assert most >= lexed, text


def _is_within(text: str, tokens: int) -> bool:
    try:
        check_text(text, graphql.Limits(tokens_max=tokens))
    except TextExceededError:
        return False
    return True


def _is_lexed(text: str, tokens: int) -> bool:
    try:
        parse(text, max_lexical_tokens=tokens)
    except GraphQLError as error:
        return "tokens" not in error.message
    return True


def test_fields_of_one_name_are_bounded_where_fragments_repeat_them() -> None:
    fragments = "".join(f"fragment F{n} on Thing {{ name thing {{ name }} }} " for n in range(60))
    source = "{ thing {" + "".join(f" ...F{n}" for n in range(60)) + " } } " + fragments
    assert validate(SCHEMA._schema, parse(source)) == []
    with pytest.raises(graphql.DocumentRefusedError) as refused:
        Documents(SCHEMA._schema, LIMITS).find(source)
    assert "one name" in refused.value.entries[0]["message"]
