"""Documents and variables meant to cost a server more than their sender: for the tests, and for a benchmark."""

import json
from collections.abc import Sequence
from typing import Final

from starlette.types import ASGIApp, Message, Scope

from tests.http.example import KEY

Body = bytes
ORDINARY: Final = b'{"query":"{__typename}"}'


def _query(text: str, **more: object) -> Body:
    return json.dumps({"query": text, **more}).encode()


def _nested_fragments(count: int) -> str:
    chain = "".join(f"fragment F{n} on Thing {{ ...F{n + 1} ...F{n + 1} }}\n" for n in range(count))
    return f"{{ thing {{ ...F0 }} }}\n{chain}fragment F{count} on Thing {{ name }}"


def _cycle(count: int) -> str:
    ring = "".join(
        f"fragment F{n} on Thing {{ a: thing {{ ...F{(n + 1) % count} }} b: thing {{ ...F{(n + 2) % count} }} }}\n"
        for n in range(count)
    )
    return f"{{ thing {{ ...F0 }} }}\n{ring}"


def _introspection(levels: int) -> str:
    return "{ __schema { types {" + " fields { type {" * levels + " name " + "} }" * levels + "} } }"


BOMBS: Final[dict[str, Body]] = {
    "100 nested fragments": _query(_nested_fragments(100)),
    "64 nested fragments, each spread twice": _query(_nested_fragments(62)),
    "10,000 aliases": _query("{" + " ".join(f"a{n}:__typename" for n in range(10_000)) + "}"),
    "300 aliases": _query("{" + " ".join(f"a{n}:__typename" for n in range(300)) + "}"),
    "a comment of 3 MB": _query("{ __typename } #" + "x" * 3_000_000),
    "a comment of 1 MB": _query("{ __typename } #" + "x" * 1_000_000),
    "5,000 comments": _query("#\n" * 5_000 + "{ __typename }"),
    "50,000 braces": _query("{" * 50_000),
    "10,000 fields inside one another": _query("{thing" * 10_000),
    "5,000 lists inside one another": _query("{nodeList(ids:" + "[" * 5_000),
    "quotes that never close": _query('{hello(name:"""' + '\\"""' * 15_000),
    "variables 50,000 levels deep": b'{"query":"{__typename}","variables":{"a":'
    + b"[" * 50_000
    + b"]" * 50_000
    + b"}}",
    "variables 32 levels deep, 10,000 times": b'{"query":"{__typename}","variables":{"a":['
    + b",".join([b"[" * 31 + b"]" * 31] * 5_000)
    + b"]}}",
    "introspection nested 8 times": _query(_introspection(8)),
    "introspection nested 200 times": _query(_introspection(200)),
    "a number of 60,000 digits": _query("{big(value:" + "9" * 60_000 + ")}"),
    "a text of 60,000 characters where a number belongs": _query('{big(value:"' + "x" * 60_000 + '")}'),
    "a number of 100,000 digits in the variables": _query(
        "query($v:BigInt!){big(value:$v)}", variables={"v": "9" * 100_000}
    ),
    "2,000 operations": _query("".join(f"query Q{n}{{hello}}" for n in range(2_000))),
    "100 operations": _query("".join(f"query Q{n}{{hello}}" for n in range(100)), operationName="Q1"),
    "1,500 directives": _query("{hello " + "@skip(if:true) " * 1_500 + "}"),
    "a directive 60 times": _query("{hello " + "@skip(if:true) " * 60 + "}"),
    "a cycle of 3 fragments": _query(_cycle(3)),
    "a cycle of 20 fragments": _query(_cycle(20)),
    "450 fields of one name": _query("{thing{" + " name" * 450 + "}}"),
    "2,500 arguments": _query("{hello(" + 'name:"x" ' * 2_500 + ")}"),
    "400 arguments of one name": _query("{hello(" + 'name:"x" ' * 400 + ")}"),
    "1,500 variables": _query("query(" + "".join(f"$v{n}:Int " for n in range(1_500)) + "){hello}"),
    "a list of 10,000 in the variables": _query("query($i:[ID!]!){nodeList(ids:$i)}", variables={"i": ["x"] * 10_000}),
    "a list of 10,000 in the document": _query("{nodeList(ids:[" + '"x" ' * 10_000 + "])}"),
    "pages of pages of pages": _query(
        "{things(first:100){nodes{things(first:100){nodes{things(first:100){nodes{name}}}}}}}"
    ),
}
"""Each is to be answered with a 4xx, and to cost little more than an ordinary request."""


async def send_to(app: ASGIApp, body: Body) -> tuple[int, bytes]:
    """Send a body to /graphql without a socket between; return the status and the body of the answer."""
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "root_path": "",
        "query_string": b"",
        "headers": _headers(len(body)),
        "client": ("127.0.0.1", 50_000),
        "server": ("spendable.test", 80),
        "state": {},
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def _headers(length: int) -> Sequence[tuple[bytes, bytes]]:
    return [
        (b"host", b"spendable.test"),
        (b"authorization", f"Bearer {KEY.text}".encode()),
        (b"accept", b"application/graphql-response+json"),
        (b"content-type", b"application/json"),
        (b"content-length", str(length).encode()),
    ]
