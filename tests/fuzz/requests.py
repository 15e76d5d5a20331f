"""Requests as bytes: documents well framed, JSON that is none, and HTTP that is none, in shares."""

import json
import random
from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLSchema

from tests.fuzz.documents import Documents

_WORDS: Final = (
    "{", "}", "(", ")", "[", "]", "...", "@", "$", "!", ":", "=", "|", "#", '"', '"""', "query", "mutation",
    "subscription", "fragment", "on", "type", "__schema", "__typename", "null", "-1", "1e9", "\u0000", "\ufeff",
    "\ud83d",
)  # fmt: skip
_METHODS: Final = ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "post", "POST\t", "X" * 100)
_PATHS: Final = (
    "/", "/graphql/", "/graphql?query={__typename}", "/graphql?query=%7B__typename%7D", "/graphql?query=%ff",
    "/graphql?query=mutation%7Bx%7D", "/graphql?variables=%7B&query=x", "/graphiql", "/graphiql/tabs.json", "/livez",
    "/readyz", "/graphiql/assets/../x", "//graphql", "/graphql#x", "/%00", "/graphql?" + "a=1&" * 20, "*", "x",
    "/graphql?documentId=sha256:00&extensions=%7B%22persistedQuery%22:1%7D", "http://evil.test/graphql",
)  # fmt: skip
_HEADERS: Final = (
    "Content-Type: text/plain", "Content-Type: application/json; charset=utf-16", "Content-Type:", "Accept: text/html",
    "Accept: application/graphql-response+json;q=2, */*;q=", "Accept: " + "a," * 600, "Authorization: Bearer x",
    "Authorization: Basic eDp4", "Origin: null", "Origin: https://evil.test", "Sec-Fetch-Site: cross-site",
    "X-Request-Id: \u00e9\u00e9", "X-Forwarded-For: ::1, x", "Content-Encoding: gzip", "Expect: 100-continue",
    "Upgrade: websocket", "Connection: Upgrade", "Cookie: a=b", "X-Long: " + "x" * 2_000, "If-None-Match: W/",
    "Transfer-Encoding: chunked", "Content-Length: 0", "Content-Length: 99999999999", "Host: evil.test", "Te: trailers",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """One request; where its framing is broken on purpose, its connection serves for it alone."""

    data: bytes
    kind: str
    alone: bool


class Requests:
    """Makes requests of every kind, all of it from one seed."""

    def __init__(self, schema: GraphQLSchema, seed: int, keys: tuple[str, ...]) -> None:
        self._chance = random.Random(seed)
        self._keys = keys
        self.documents = Documents(schema, seed)

    def next(self) -> Sent:
        """Return the next request."""
        share = self._chance.random()
        if share < 0.62:
            return self._framed(self._json(self.documents.request()), "document")
        if share < 0.74:
            return self._framed(self._json(self._mangled_document()), "mangled document")
        if share < 0.84:
            return self._framed(self._mangled(self._json(self.documents.request())), "mangled JSON")
        if share < 0.90:
            return self._framed(self._json(self._odd_members()), "odd members")
        if share < 0.95:
            return self._odd_head()
        return self._broken()

    def _json(self, value: object) -> bytes:
        return json.dumps(value, ensure_ascii=self._chance.random() < 0.5).encode("utf-8", "surrogatepass")

    def _mangled_document(self) -> dict[str, Any]:
        chance = self._chance
        made = self.documents.request()
        text = made["query"]
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(text) + 1)
            to = min(len(text), at + chance.randrange(12))
            match chance.randrange(5):
                case 0:
                    text = text[:at] + text[to:]
                case 1:
                    text = text[:at] + chance.choice(_WORDS) + text[at:]
                case 2:
                    text = text[:at] + text[at:to] * chance.randrange(2, 40) + text[to:]
                case 3:
                    text = text[:at]
                case _:
                    text = text[at:] + text[:at]
            text = text or "{"
        return made | {"query": text}

    def _odd_members(self) -> dict[str, Any]:
        chance = self._chance
        made: dict[str, Any] = self.documents.request()
        odd: tuple[object, ...] = (None, 1, "", "x", [], {}, [1], {"a": 1}, True, 10**40, 1e308, "\u0000", "x" * 5_000)
        for name in chance.sample(("query", "variables", "operationName", "extensions", "documentId", "id"), 2):
            made[name] = chance.choice(odd)
        if chance.random() < 0.4:
            hashes = (chance.choice(odd), "0" * 64)
            made["extensions"] = {
                "persistedQuery": {"version": chance.choice((1, 1, 2, "1")), "sha256Hash": chance.choice(hashes)}
            }
        return made

    def _mangled(self, data: bytes) -> bytes:
        chance = self._chance
        made = bytearray(data)
        for _ in range(chance.randrange(1, 5)):
            at = chance.randrange(len(made) + 1)
            match chance.randrange(6):
                case 0 if at < len(made):
                    made[at] ^= 1 << chance.randrange(8)
                case 1:
                    made[at:at] = chance.randbytes(chance.randrange(1, 9))
                case 2:
                    del made[at : at + chance.randrange(1, 9)]
                case 3:
                    made[at:at] = chance.choice((b"[", b"{", b'"')) * chance.randrange(1, 300)
                case 4:
                    made[at:at] = chance.choice((b"NaN", b"1e999", b"\\ud800", b"\\u0000", b"9" * 4_500, b",", b"null"))
                case _:
                    made = made[:at]
        return bytes(made)

    def _framed(self, body: bytes, kind: str) -> Sent:
        key, accept = (
            self._chance.choice(self._keys),
            self._chance.choice(("application/json", "application/graphql-response+json", "*/*")),
        )
        head = (
            f"POST /graphql HTTP/1.1\r\nHost: spendable.test\r\nAuthorization: Bearer {key}\r\n"
            f"Accept: {accept}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return Sent(head.encode() + body, kind, alone=False)

    def _odd_head(self) -> Sent:
        chance = self._chance
        body = self._json(self.documents.request())
        lines = [f"Authorization: Bearer {chance.choice(self._keys)}", "Content-Type: application/json", "Host: x"]
        lines += chance.sample(_HEADERS, chance.randrange(4))
        chance.shuffle(lines)
        method = "POST" if chance.random() < 0.5 else chance.choice(_METHODS)
        path = "/graphql" if chance.random() < 0.5 else chance.choice(_PATHS)
        head = "\r\n".join((f"{method} {path} HTTP/1.1", *lines, f"Content-Length: {len(body)}", "Connection: close"))
        return Sent(f"{head}\r\n\r\n".encode() + body, "odd head", alone=True)

    def _broken(self) -> Sent:
        chance = self._chance
        if chance.random() < 0.3:
            return Sent(chance.randbytes(chance.randrange(1, 2_000)), "noise", alone=True)
        if chance.random() < 0.3:
            body = self._json(self.documents.request())
            sizes = (f"{len(body):x}", f"{len(body) + 5:x}", "zz", "-1", f"{len(body):x};x=y", "ffffffffffffffffff")
            head = self._framed(b"", "").data.replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
            return Sent(head + f"{chance.choice(sizes)}\r\n".encode() + body + b"\r\n0\r\n\r\n", "chunks", alone=True)
        whole = self._framed(self._json(self.documents.request()), "").data
        return Sent(self._mangled(whole), "broken HTTP", alone=True)
