"""The audit log: who asked for what, when and from where, and what came of it."""

from typing import Annotated

import strawberry

from app import services
from app.graphql import bounds
from app.graphql.connection import After, Before, First, Last, PageInfo, page_info_of, span
from app.graphql.context import Info
from app.graphql.enums import AuditOutcome
from app.graphql.paging import Page, Position
from app.graphql.scalars import BigInt, Instant

_OPERATION_CHARACTERS_MAX = 64


@strawberry.type(
    description=(
        "What one request came to. Commands and changes of keys are recorded in the very transaction of their effect; a"
        " replay changes nothing, and its first time stands here."
    )
)
class AuditRecord:
    """A record, which nothing changes."""

    asked_at: Instant = strawberry.field(
        description="When it was asked, by the clock of the world, to the millisecond."
    )
    principal: str = strawberry.field(description="The id of the key or token that asked.")
    operation: str = strawberry.field(description="The verb: that of the command, or the mutation's name.")
    key_hash: str | None = strawberry.field(
        description="The SHA-256, in hexadecimal, of the idempotency key; null where there was none."
    )
    subject: str | None = strawberry.field(description="The id of the API key that was made, replaced or ended.")
    outcome: AuditOutcome = strawberry.field(description="What became of it.")
    code: str | None = strawberry.field(description="Why it had no effect; null where it had.")
    address: str | None = strawberry.field(
        description="The address that it came from; null where it came from a terminal, or before that was recorded."
    )
    sequence: BigInt | None = strawberry.field(
        description="The place of the command in the tenant's order; null where it had no effect or was no command."
    )
    number: strawberry.Private[int]

    @property
    def position(self) -> Position:
        """Where it stands in the log."""
        return Position(0, self.number)


@strawberry.type(description="A record in a list.")
class AuditEdge:
    """A record with its cursor."""

    cursor: str = strawberry.field(description="Its place in the list, for after and before.")
    node: AuditRecord = strawberry.field(description="The record.")


@strawberry.type(description="A page of the audit log, what was asked first coming first.")
class AuditConnection:
    """Records, with the way to the next."""

    nodes: list[AuditRecord] = strawberry.field(description="The records of the page.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in the list.")
    cursors: strawberry.Private[tuple[str, ...]]

    @strawberry.field(description="The records of the page, each with its cursor.")
    def edges(self) -> list[AuditEdge]:
        """Pair them with their cursors."""
        return [AuditEdge(cursor=cursor, node=node) for cursor, node in zip(self.cursors, self.nodes, strict=True)]


@strawberry.input(description="Which records are wanted; what is left out filters nothing.")
class AuditFilter:
    """Which records."""

    principal: str | None = strawberry.field(default=None, description="Of this key or token, by its id.")
    operation: str | None = strawberry.field(default=None, description="Of this verb, such as transfer.")
    asked_from: Instant | None = strawberry.field(default=None, description="Asked at this instant or later.")
    asked_before: Instant | None = strawberry.field(default=None, description="Asked before this instant.")


@strawberry.type
class AuditQuery:
    """A part of the root of queries."""

    @strawberry.field(description="The audit log of the tenant, what was asked first coming first.")
    async def audit_log(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[AuditFilter | None, strawberry.argument(description="Which records are wanted.")] = None,
    ) -> AuditConnection:
        """Read a page."""
        context = info.context
        asked = span(context.tenant_id, "audit log", first=first, after=after, last=last, before=before)
        rows = await context.read(services.Reader.audit_page, _wanted(filter), asked.window)
        page: Page[AuditRecord] = asked.page([_record_of(row) for row in rows])
        return AuditConnection(nodes=list(page.items), page_info=page_info_of(page), cursors=page.cursors)


def _wanted(given: AuditFilter | None) -> services.AuditFilter:
    if given is None:
        return services.AuditFilter()
    path = ("filter",)
    return services.AuditFilter(
        principal=bounds.text(given.principal, (*path, "principal"), most=bounds.LABEL_CHARACTERS_MAX),
        operation=bounds.text(given.operation, (*path, "operation"), most=_OPERATION_CHARACTERS_MAX),
        asked_from=given.asked_from,
        asked_before=given.asked_before,
    )


def _record_of(row: services.AuditRecord) -> AuditRecord:
    return AuditRecord(
        asked_at=Instant(row.asked_at),
        principal=row.principal,
        operation=row.operation,
        key_hash=row.key_hash,
        subject=row.subject,
        outcome=AuditOutcome(row.outcome),
        code=row.code,
        address=row.address,
        sequence=None if row.sequence is None else BigInt(row.sequence),
        number=row.id.int,
    )
