"""Explanations: a balance slice by slice, page by page, all at the coordinate of the first page."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from app import ledger, store
from app.services.faults import BadInput
from app.services.reader import Reader
from app.values import value

_LOOKS_MAX: Final = 4


@value
class ExplanationPlace:
    """Where an explanation goes on: its coordinate, what is not told yet of each part, and where that begins."""

    coordinate: store.Coordinate
    maturing: store.MaturingPlace
    maturing_left: int
    held_before: int
    held_left: int

    @property
    def more(self) -> bool:
        """Whether anything is not told yet."""
        return bool(self.maturing_left or self.held_left)


@value
class Explanation:
    """Slices in their order, and where to go on; a page may end early, as only so much is looked through for it."""

    slices: tuple[ledger.BalanceSlice, ...]
    reached: ExplanationPlace


async def explain(
    reader: Reader, account: ledger.Account, read: store.BalanceRead, after: ExplanationPlace | None, limit: int
) -> Explanation:
    """Return at most `limit` slices of a balance, from its beginning or after a place.

    Two statements for what matures, repeated where much of it was taken back, one to three for what is held.

    `read` is the balance at the coordinate to explain, which is the place's. Over all pages the slices
    sum exactly to its ledger balance, whatever happens meanwhile. The limit is above zero.
    """
    slices: list[ledger.BalanceSlice] = []
    place = after
    if place is None:
        place = _beginning(read)
        slices.append(ledger.free(read.balance))
    for _ in range(_LOOKS_MAX):
        if not place.maturing_left or len(slices) == limit:
            break
        wanted = [(account, place.maturing)]
        page = (await reader.maturing_slices(wanted, place.coordinate, limit - len(slices)))[account.id]
        if not page.slices and page.reached == place.maturing:
            if after is not None:
                raise BadInput("The cursor is not one of this list.", ("after",))
            message = f"account {account.id}: {place.maturing_left} maturing at {place.coordinate}, in no bucket"
            raise LookupError(message)
        slices += page.slices
        place = replace(place, maturing=page.reached, maturing_left=place.maturing_left - _sum(page.slices))
    if place.held_left and not place.maturing_left and len(slices) < limit:
        held = await reader.held_slices(account.id, place.held_before, place.coordinate, limit - len(slices))
        slices += held.slices
        left = place.held_left - _sum(held.slices) if held.before else 0
        place = replace(place, held_before=held.before, held_left=left)
    return Explanation(tuple(slices), place)


async def find_in_the_way(
    reader: Reader, standings: Sequence[tuple[ledger.Account, store.BalanceRead]], limit: int
) -> dict[UUID, tuple[ledger.BalanceSlice, ...]]:
    """Return what of balances is not available, at most `limit` slices each, the soonest first; three statements.

    The balances are all of one instant, now or later, by the facts known now.
    """
    if not standings:
        return {}
    read = standings[0][1]
    place = store.Coordinate(read.sequence, read.as_of)
    maturing = await reader.maturing_slices(
        [(account, store.MaturingPlace(place.at)) for account, read in standings if read.balance.maturing], place, limit
    )
    held = await reader.held_slices_now(
        [(account.id, place.sequence + 1) for account, read in standings if read.balance.held], place.at, limit
    )
    found: dict[UUID, tuple[ledger.BalanceSlice, ...]] = {}
    for account, _ in standings:
        slices = [
            *(maturing[account.id].slices if account.id in maturing else ()),
            *(held[account.id].slices if account.id in held else ()),
        ]
        slices.sort(key=lambda one: ledger.FOREVER if one.until is None else one.until)
        found[account.id] = tuple(slices[:limit])
    return found


def _beginning(read: store.BalanceRead) -> ExplanationPlace:
    return ExplanationPlace(
        store.Coordinate(read.sequence, read.as_of),
        store.MaturingPlace(read.as_of),
        read.balance.maturing,
        read.sequence + 1,
        read.balance.held,
    )


def _sum(slices: Sequence[ledger.BalanceSlice]) -> int:
    return sum(one.amount for one in slices)
