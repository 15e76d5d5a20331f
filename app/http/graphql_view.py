"""GraphQL over HTTP, strictly: POST of JSON, GET for queries, the media types of the specification."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app import graphql, services
from app.http import strict_json
from app.http.access_log import note_of
from app.http.admission import Admission
from app.http.answers import JSON, entries_response, fault_response, payload_response, status_of
from app.http.auth import Authenticator
from app.values import value

RESPONSE_JSON: Final = "application/graphql-response+json; charset=utf-8"
_PARAMETERS_MAX: Final = 8
_ACCEPT_CHARACTERS_MAX: Final = 1_024
_SCHEMA_SECONDS: Final = 300
_ETAG_DIGITS: Final = 32
_QUALITY: Final = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.ASCII)
# What a client may name, and what it is then sent; where it names both equally, the first.
_OFFERED: Final[Mapping[str, str]] = {
    "application/graphql-response+json": RESPONSE_JSON,
    "application/json": JSON,
    "application/*": JSON,
    "*/*": JSON,
}


@value
class _Asked:
    """What one request asks, well formed."""

    wanted: graphql.Wanted
    operation_name: str | None
    variables: Mapping[str, object]


class _RefusedError(Exception):
    """A request that HTTP itself refuses."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
        self.fault = services.BadInput(message)


class GraphQLView:
    """The endpoint /graphql, an ASGI application."""

    def __init__(
        self,
        executor: graphql.Executor,
        admission: Admission,
        library: graphql.Library,
        authenticator: Authenticator,
        open_context: Callable[[services.KeyRecord, str], graphql.OperationContext],
        *,
        json_depth_max: int,
        body_seconds_max: float,
    ) -> None:
        self._executor = executor
        self._admission = admission
        self._library = library
        self._authenticator = authenticator
        self._open_context = open_context
        self._json_depth_max = json_depth_max
        self._body_seconds_max = body_seconds_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        try:
            _check_method(request.method)
            key = await self._authenticator.authenticate(request.headers, _address_of(request))
            note_of(request.scope).principal = key.public_id
            self._admission.enter(key.key_id)
            media_type = _negotiate(",".join(request.headers.getlist("accept")))
            asked = await self._read(request)
        except _RefusedError as refused:
            return fault_response(refused.fault, status=refused.status, headers=refused.headers)
        except services.Fault as fault:
            return fault_response(fault)
        try:
            return await self._run(request, key, asked, media_type)
        except graphql.DocumentRefusedError as refused:
            self._admission.refused(key.key_id, len(asked.wanted.text or ""))
            return _answer(graphql.refused(*_told(refused.entries, key, asked.wanted.text or "")), media_type)
        except (services.BadInput, services.DocumentNotFound, services.DocumentsNotOffered) as fault:
            return _answer(graphql.refused(graphql.entry_of_fault(fault)), media_type)
        except services.Fault as fault:
            return fault_response(fault)

    async def _run(self, request: Request, key: services.KeyRecord, asked: _Asked, media_type: str) -> Response:
        document = self._executor.document(self._library.text_of(asked.wanted))
        self._library.register(asked.wanted)
        operation = document.operation(asked.operation_name)
        note = note_of(request.scope)
        note.document, note.operation_type = document.digest, operation.operation.value
        note.operation = operation.name.value if operation.name else None
        if request.method == "GET" and graphql.is_mutation(operation):
            return fault_response(services.BadInput("A mutation needs POST."), status=405, headers={"Allow": "POST"})
        answer = await self._admission.run(
            key, document, operation, asked.variables, lambda: self._open_context(key, _address_of(request))
        )
        note.cost = answer.extensions["cost"]["actualQueryCost"]
        response = _answer(answer, media_type)
        if request.method == "GET" and not answer.errors and document.asks_of_the_schema_alone(operation):
            return _kept_by_the_client(response, answer.data, request.headers.get("if-none-match", ""))
        return response

    async def _read(self, request: Request) -> _Asked:
        if request.method == "GET":
            return _asked(self._read_parameters(request))
        _check_content_type(request.headers.getlist("content-type"))
        try:
            async with asyncio.timeout(self._body_seconds_max):
                body = await request.body()
        except TimeoutError:
            raise _RefusedError(408, "The body took too long to arrive.", {"Connection": "close"}) from None
        except ClientDisconnect:
            # Nobody is left to read this; it is the caller's doing and no error of ours.
            raise _RefusedError(400, "The body ended before its length.") from None
        value = strict_json.read(body, depth_max=self._json_depth_max)
        if isinstance(value, list):
            raise services.BadInput("Batches of operations are not offered; send one operation.")
        if not isinstance(value, dict):
            raise services.BadInput("The body must be a JSON object.")
        return _asked(value)

    def _read_parameters(self, request: Request) -> dict[str, object]:
        try:
            pairs = parse_qsl(
                request.scope["query_string"].decode("ascii"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=_PARAMETERS_MAX,
            )
        except ValueError:
            raise services.BadInput("The URL's parameters cannot be read.") from None
        made: dict[str, object] = dict(pairs)
        if len(made) != len(pairs):
            raise services.BadInput("A parameter of the URL is given twice.")
        if any("\0" in text for _, text in pairs):
            raise services.BadInput("Text must be valid Unicode without NUL.")
        for name in ("variables", "extensions"):
            text = made.get(name)
            if isinstance(text, str):
                made[name] = strict_json.read(text.encode(), depth_max=self._json_depth_max) if text else None
        return made


def _told(entries: list[graphql.ErrorEntry], key: services.KeyRecord, written: str) -> list[graphql.ErrorEntry]:
    """Return what is wrong with a document, in the schema's words only to who may know them."""
    return entries if services.Scope.INTROSPECT in key.scopes else graphql.withhold_names(entries, written)


def _address_of(request: Request) -> str:
    """Return where a request comes from, as the frame around us found out."""
    address: str = request.scope.get("state", {}).get("client_address", "")
    return address


def _check_method(method: str) -> None:
    if method not in {"GET", "POST"}:
        raise _RefusedError(405, "Use POST, or GET for queries.", {"Allow": "GET, POST"})


def _asked(value: Mapping[str, object]) -> _Asked:
    operation_name, variables, extensions = value.get("operationName"), value.get("variables"), value.get("extensions")
    if operation_name is not None and not isinstance(operation_name, str):
        raise services.BadInput("operationName must be a string or null.", ("operationName",))
    for name, given in (("variables", variables), ("extensions", extensions)):
        if given is not None and not isinstance(given, dict):
            raise services.BadInput(f"{name} must be an object or null.", (name,))
    wanted = _wanted(value, extensions if isinstance(extensions, dict) else {})
    return _Asked(wanted, operation_name or None, variables if isinstance(variables, dict) else {})


def _wanted(value: Mapping[str, object], extensions: Mapping[str, object]) -> graphql.Wanted:
    query, document_id, persisted = value.get("query"), value.get("documentId"), extensions.get("persistedQuery")
    # Clients that name a document may be unable to leave its text out, and send an empty one.
    names_one = document_id is not None or persisted is not None
    text = query if isinstance(query, str) and query else None
    if text is None and not (names_one and (query is None or query == "")):
        raise services.BadInput("query must be a string.", ("query",))
    if document_id is not None:
        if not isinstance(document_id, str) or not document_id:
            raise services.BadInput("documentId must be a string.", ("documentId",))
        if text is not None or persisted is not None:
            raise services.BadInput("Send a document, its id or its hash: one of them.", ("documentId",))
        return graphql.Wanted(document_id=document_id)
    return graphql.Wanted(text=text, hash=None if persisted is None else _hash(persisted))


def _hash(persisted: object) -> str:
    path = ("extensions", "persistedQuery")
    if not isinstance(persisted, dict):
        raise services.BadInput("persistedQuery must be an object.", path)
    version, digest = persisted.get("version"), persisted.get("sha256Hash")
    if type(version) is not int or version != 1:
        raise services.DocumentsNotOffered
    if not isinstance(digest, str) or not digest:
        raise services.BadInput("sha256Hash must be a string.", (*path, "sha256Hash"))
    return digest


@lru_cache(maxsize=256)
def _is_json(content_type: str) -> bool:
    media_type, _, parameters = content_type.partition(";")
    charset = "utf-8"
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "charset":
            charset = value.strip('"').lower()
    return media_type.strip().lower() == "application/json" and charset in {"utf-8", "utf8"}


def _check_content_type(given: list[str]) -> None:
    if len(given) != 1 or not _is_json(given[0]):
        raise _RefusedError(415, "Send Content-Type: application/json, in UTF-8.", {"Accept": "application/json"})


@lru_cache(maxsize=256)
def _negotiate(accept: str) -> str:
    """Return the media type to answer in; clients are few and say the same each time."""
    if not accept.strip():
        return JSON
    best, media_type = 0.0, ""
    wanted = {}
    for part in accept[:_ACCEPT_CHARACTERS_MAX].split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        wanted[name] = float(quality) if _QUALITY.fullmatch(quality) else 0.0
    for name, offered in _OFFERED.items():
        if wanted.get(name, 0.0) > best:
            best, media_type = wanted[name], offered
    if not media_type:
        raise _RefusedError(406, "Accept application/graphql-response+json or application/json.")
    return media_type


def _answer(answer: graphql.Answer, media_type: str) -> Response:
    # The older media type says 200 whenever a GraphQL response could be made at all.
    if answer.has_data or media_type == JSON:
        return payload_response(answer.payload(), status=200, media_type=media_type)
    status = status_of(answer.errors[0]["extensions"]["code"])
    return entries_response(answer.errors, status=status, media_type=media_type)


def _kept_by_the_client(response: Response, data: object, known: str) -> Response:
    """Let whoever asked keep an answer about the schema for a while; no proxy may, and money is never in it."""
    # Weak, as what the operation cost stands in the answer too and is none of the schema's.
    etag = f'W/"{hashlib.sha256(orjson.dumps(data)).hexdigest()[:_ETAG_DIGITS]}"'
    headers = {
        "Cache-Control": f"private, max-age={_SCHEMA_SECONDS}",
        "ETag": etag,
        "Vary": "Accept, Authorization, Origin",
    }
    if etag in (part.strip() for part in known.split(",")):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response
