"""API keys: what is known of them, never what they are; and the mutations that make and end them."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import strawberry

from app import ledger, services
from app.graphql import bounds
from app.graphql.connection import After, Before, First, Last, PageInfo, page_info_of, span
from app.graphql.context import Context, Info
from app.graphql.paging import Page, Position
from app.graphql.payloads import REJECTION, REPLAYED
from app.graphql.rejections import Rejection, rejection_of
from app.graphql.scalars import Instant
from app.graphql.wording import IDEMPOTENCY_KEY

_PREFIX: Final = "key"
_INPUT: Final = "input"
_SCOPES_MAX: Final = len(services.Scope)


@strawberry.type(description="An API key of the tenant: what it may do, and until when. Its secret is kept nowhere.")
class ApiKey:
    """A stored key."""

    id: strawberry.ID = strawberry.field(description="Its public id, the middle part of its text.")
    name: str = strawberry.field(description="What it is for.")
    scopes: list[str] = strawberry.field(description="What it may do.")
    created_at: Instant = strawberry.field(description="When it was made, by the clock of the world.")
    created_by: str | None = strawberry.field(
        description="The id of the key or token that made it; operator where it was made at a terminal, null before."
    )
    expires_at: Instant | None = strawberry.field(description="When it ends; null where it does not end by itself.")
    revoked_at: Instant | None = strawberry.field(description="When it was revoked; null where it was not.")
    last_used_at: Instant | None = strawberry.field(
        description="When it was last used, to the minute or so; null where it never was."
    )
    allowed_addresses: list[str] | None = strawberry.field(
        description="The networks that it may be used from; null where from anywhere."
    )
    rotated_from: strawberry.ID | None = strawberry.field(description="The key that it took the place of.")
    number: strawberry.Private[int]

    @property
    def position(self) -> Position:
        """Where it stands in the list of keys."""
        return Position(0, self.number)


@strawberry.type(description="A key in a list.")
class ApiKeyEdge:
    """A key with its cursor."""

    cursor: str = strawberry.field(description="Its place in the list, for after and before.")
    node: ApiKey = strawberry.field(description="The key.")


@strawberry.type(description="A page of keys, the one made first coming first; expired and revoked ones too.")
class ApiKeyConnection:
    """Keys, with the way to the next."""

    nodes: list[ApiKey] = strawberry.field(description="The keys of the page.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in the list.")
    cursors: strawberry.Private[tuple[str, ...]]
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="The keys of the page, each with its cursor.")
    def edges(self) -> list[ApiKeyEdge]:
        """Pair them with their cursors."""
        return [ApiKeyEdge(cursor=cursor, node=node) for cursor, node in zip(self.cursors, self.nodes, strict=True)]

    @strawberry.field(description="How many keys the whole list has; counted only where asked for.")
    async def total_count(self) -> int:
        """Count them."""
        return await self.count()


@strawberry.type
class ApiKeyQuery:
    """A part of the root of queries."""

    @strawberry.field(description="The API keys of the tenant, the one made first coming first.")
    async def api_keys(
        self, info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> ApiKeyConnection:
        """Read a page."""
        context = info.context
        asked = span(context.tenant_id, "api keys", first=first, after=after, last=last, before=before)
        rows = await context.read(services.Reader.key_page, asked.window)
        page: Page[ApiKey] = asked.page([_key_of(row) for row in rows])
        return ApiKeyConnection(
            nodes=list(page.items),
            page_info=page_info_of(page),
            cursors=page.cursors,
            count=lambda: context.read(services.Reader.key_count),
        )


@strawberry.input(description="Makes an API key that may do no more than the one that makes it.")
class CreateApiKeyInput:
    """The terms of a new key."""

    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    name: str = strawberry.field(description="What it is for.")
    scopes: list[str] = strawberry.field(description="What it may do; each scope must be the maker's own.")
    expires_at: Instant | None = strawberry.field(
        default=None, description="When it ends, by the clock of the world; not by itself where left out."
    )
    allowed_addresses: list[str] | None = strawberry.field(
        default=None,
        description="The networks that it may be used from, such as 192.0.2.0/24; from anywhere where left out.",
    )

    def terms(self) -> services.KeyTerms:
        """Return the terms that are asked for; raises BadInput."""
        bounds.listed(self.scopes, ("scopes",), most=_SCOPES_MAX)
        addresses = self.allowed_addresses
        return services.KeyTerms(
            name=self.name,
            scopes=frozenset(_scope(text, ("scopes", index)) for index, text in enumerate(self.scopes)),
            expires_at=self.expires_at,
            allowed_addresses=None if addresses is None else tuple(addresses),
        )


@strawberry.input(description="Makes a key of the same terms in the place of another, which goes on for a while.")
class RotateApiKeyInput:
    """The key to be replaced."""

    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    key: strawberry.ID = strawberry.field(description="The id of the key to be replaced.")
    overlap_seconds: int | None = strawberry.field(
        default=services.OVERLAP_SECONDS_DEFAULT,
        description="How long the old key goes on, 0 to 2,592,000 seconds (30 days); a day where left out.",
    )


@strawberry.input(description="Ends a key. Safe to repeat.")
class RevokeApiKeyInput:
    """The key to be ended."""

    key: strawberry.ID = strawberry.field(description="The id of the key.")


@strawberry.type(description="What became of making a key.")
class ApiKeyPayload:
    """The key and its text, or the rejection."""

    key: ApiKey | None = strawberry.field(description="The key; null where refused.")
    text: str | None = strawberry.field(
        description="The key as its bearer sends it. Shown this once: only a hash is kept, so a replay has none."
    )
    rejection: Rejection | None = strawberry.field(description=REJECTION)
    replayed: bool = strawberry.field(description=REPLAYED)


@strawberry.type(description="What became of ending a key.")
class RevokeApiKeyPayload:
    """The key."""

    key: ApiKey = strawberry.field(description="The key; servers refuse it within five seconds.")


@strawberry.type
class ApiKeyMutation:
    """A part of the root of mutations."""

    @strawberry.mutation(
        description="Make an API key that may do no more than the one that makes it. Needs the scope keys:manage."
    )
    async def create_api_key(
        self, info: Info, input: Annotated[CreateApiKeyInput, strawberry.argument(description="Its terms.")]
    ) -> ApiKeyPayload | None:
        """Have it made; raises Forbidden where it would reach beyond its maker."""
        desk = info.context.gateway.key_desk(info.context.principal)
        once = bounds.idempotency_key(input.idempotency_key, (_INPUT, "idempotencyKey"))
        with _inside():
            return _payload(await desk.create(input.terms(), once), info.context)

    @strawberry.mutation(
        description="Make a key in the place of another, which goes on for a while. Needs the scope keys:manage."
    )
    async def rotate_api_key(
        self, info: Info, input: Annotated[RotateApiKeyInput, strawberry.argument(description="Which key.")]
    ) -> ApiKeyPayload | None:
        """Have it replaced; raises Forbidden where it reaches beyond who asks."""
        desk = info.context.gateway.key_desk(info.context.principal)
        once = bounds.idempotency_key(input.idempotency_key, (_INPUT, "idempotencyKey"))
        bounds.identifier(_PREFIX, input.key, (_INPUT, "key"))
        overlap = services.OVERLAP_SECONDS_DEFAULT if input.overlap_seconds is None else input.overlap_seconds
        with _inside():
            return _payload(await desk.rotate(input.key, overlap, once), info.context)

    @strawberry.mutation(description="End a key. Safe to repeat. Needs the scope keys:manage.")
    async def revoke_api_key(
        self, info: Info, input: Annotated[RevokeApiKeyInput, strawberry.argument(description="Which key.")]
    ) -> RevokeApiKeyPayload | None:
        """Have it ended; raises Forbidden where it reaches beyond who asks."""
        desk = info.context.gateway.key_desk(info.context.principal)
        bounds.identifier(_PREFIX, input.key, (_INPUT, "key"))
        with _inside():
            return RevokeApiKeyPayload(key=_key_of(await desk.revoke(input.key)))


@contextmanager
def _inside() -> Iterator[None]:
    """Tell of wrong input by its path from the argument on."""
    try:
        yield
    except services.BadInput as wrong:
        raise services.BadInput(wrong.message, (_INPUT, *wrong.path)) from None


def _payload(made: services.MadeKey, context: Context) -> ApiKeyPayload:
    refused = made.rejection
    return ApiKeyPayload(
        key=None if made.key is None else _key_of(made.key),
        text=made.text,
        rejection=None if refused is None else rejection_of(refused, may_read=context.may_read),
        replayed=made.replayed,
    )


def _scope(text: str, path: bounds.Path) -> services.Scope:
    try:
        return services.Scope(text)
    except ValueError:
        raise services.BadInput("There is no such scope.", path) from None


def _key_of(row: services.StoredKey) -> ApiKey:
    number = ledger.identifier.decode(_PREFIX, row.id)
    return ApiKey(
        id=strawberry.ID(row.id),
        name=row.name,
        scopes=sorted(row.scopes),
        created_at=Instant(row.created_at),
        created_by=row.created_by,
        expires_at=_instant(row.expires_at),
        revoked_at=_instant(row.revoked_at),
        last_used_at=_instant(row.last_used_at),
        allowed_addresses=None if row.allowed_addresses is None else list(row.allowed_addresses),
        rotated_from=None if row.rotated_from is None else strawberry.ID(row.rotated_from),
        number=0 if number is None else number.int,
    )


def _instant(value: int | None) -> Instant | None:
    return None if value is None else Instant(value)
