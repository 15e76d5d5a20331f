"""Promises of paging: no item skipped or repeated, and a cursor holds for its own list alone."""

from uuid import UUID

import pytest

from app import services
from app.graphql.paging import PAGE_MAX, CursorCodec, Page, PageRequest, Position, make_page, page_request

CODEC = CursorCodec(UUID(int=1), "accounts")
ITEMS = [Position(sequence, tie) for sequence in range(1, 8) for tie in (1, 2**128 - 1)]


def read(request: PageRequest) -> list[Position]:
    """Read as the store does for a page: from the far end if backward."""
    found = [item for item in ITEMS if request.after is None or item > request.after]
    found = [item for item in found if request.before is None or item < request.before]
    return (found[::-1] if request.backward else found)[: request.limit]


def page(**arguments: int | str | None) -> Page[Position]:
    request = page_request(CODEC, **arguments)  # type: ignore[arg-type]
    return make_page(request, read(request), CODEC, lambda item: item)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 14, 15, 100])
def test_pages_forward_and_backward_visit_every_item_once(size: int) -> None:
    forward, cursor = list[Position](), None
    while True:
        got = page(first=size, after=cursor)
        assert got.has_previous == (cursor is not None)
        forward += got.items
        cursor = got.end_cursor
        if not got.has_next:
            break
    assert forward == ITEMS
    backward, cursor = list[Position](), None
    while True:
        got = page(last=size, before=cursor)
        backward = [*got.items, *backward]
        cursor = got.start_cursor
        if not got.has_previous:
            break
    assert backward == ITEMS


def test_a_page_without_items() -> None:
    got = page(first=0)
    assert (got.items, got.start_cursor, got.end_cursor, got.has_next) == ((), None, None, True)
    got = page(last=0)
    assert (got.items, got.has_previous) == ((), True)


def test_a_page_has_twenty_items_unless_asked_otherwise() -> None:
    assert page_request(CODEC).size == 20


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"first": -1}, "first"),
        ({"first": PAGE_MAX + 1}, "first"),
        ({"last": PAGE_MAX + 1}, "last"),
        ({"first": 1, "last": 1}, "last"),
    ],
)
def test_a_page_of_no_possible_size_is_refused(arguments: dict[str, int], path: str) -> None:
    with pytest.raises(services.BadInput) as refused:
        page(**arguments)
    assert refused.value.path == (path,)


GOOD = CODEC.encode(Position(5, 9))
FOREIGN = [
    "", "x", "====", "\0", "é", "Zm9v", GOOD + "A", GOOD[:-1], GOOD[:-1] + ("A" if GOOD[-1] != "A" else "E"),
    "B" + GOOD[1:], GOOD + "=", GOOD + "\n", "A" * 10_000,
    CursorCodec(UUID(int=2), "accounts").encode(Position(5, 9)),
    CursorCodec(UUID(int=1), "holds").encode(Position(5, 9)),
]  # fmt: skip


@pytest.mark.parametrize("cursor", FOREIGN)
def test_a_cursor_of_anything_else_is_refused(cursor: str) -> None:
    for name in ("after", "before"):
        with pytest.raises(services.BadInput) as refused:
            page_request(CODEC, **{name: cursor})  # type: ignore[arg-type]
        assert refused.value.path == (name,)


@pytest.mark.parametrize("position", [(0, 0), (1, 2), (2**63 - 1, 2**128 - 1)])
def test_a_cursor_is_read_as_it_was_written(position: tuple[int, int]) -> None:
    written = Position(*position)
    assert CODEC.decode(CODEC.encode(written), "after") == written
