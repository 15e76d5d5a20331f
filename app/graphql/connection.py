"""Connections: the arguments that every list takes, and what they become on the way to a page and back."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias, TypeVar
from uuid import UUID

import strawberry

from app import services
from app.graphql import paging
from app.values import value

Item = TypeVar("Item")

First: TypeAlias = Annotated[
    int | None,
    strawberry.argument(
        description=f"How many items from the start, 0 to {paging.PAGE_MAX}; {paging.PAGE_DEFAULT} where neither"
        " first nor last is given."
    ),
]
After: TypeAlias = Annotated[str | None, strawberry.argument(description="A cursor; the page begins after its item.")]
Last: TypeAlias = Annotated[
    int | None,
    strawberry.argument(description=f"How many items from the end, 0 to {paging.PAGE_MAX}; not together with first."),
]
Before: TypeAlias = Annotated[str | None, strawberry.argument(description="A cursor; the page ends before its item.")]


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Whether the list goes on, and the cursors to go on with."""

    has_next_page: bool = strawberry.field(description="Whether items follow the page.")
    has_previous_page: bool = strawberry.field(description="Whether items precede the page.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the page's first item: give it as before to go back."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the page's last item: give it as after to go on."
    )


@value
class Span:
    """The part of one list that was asked for."""

    codec: paging.CursorCodec
    request: paging.PageRequest

    @property
    def window(self) -> services.Window:
        """What to read of the list: one item more than the page, to know whether it goes on."""
        asked = self.request
        return services.Window(
            limit=asked.limit,
            backward=asked.backward,
            after=None if asked.after is None else services.Position(*asked.after),
            before=None if asked.before is None else services.Position(*asked.before),
        )

    def page(self, found: Sequence[Item]) -> paging.Page[Item]:
        """Return the page of what was read, given in the order of the list; items have a `position`."""
        inwards = found[::-1] if self.request.backward else found
        return paging.make_page(self.request, inwards, self.codec, _position_of)


def span(
    tenant_id: UUID,
    list_name: str,
    *,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> Span:
    """Read a list's arguments; raises BadInput naming the one at fault."""
    codec = paging.CursorCodec(tenant_id, list_name)
    return Span(codec, paging.page_request(codec, first=first, after=after, last=last, before=before))


def page_info_of(page: paging.Page[Any]) -> PageInfo:
    """Return where a page lies."""
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=page.start_cursor,
        end_cursor=page.end_cursor,
    )


def _position_of(item: Any) -> paging.Position:  # noqa: ANN401 - any type of the schema that is listed
    position: paging.Position = item.position
    return position
