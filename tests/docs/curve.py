"""The picture of docs/explanation/availability.md, drawn from a real forecast: python -m tests.docs.curve writes it."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from app import graphql, store
from tests.graphql.api import SCHEMA, Api
from tests.services.desk import DAY, open_desk

TARGET: Final = Path(__file__).parents[2] / "docs" / "explanation" / "availability.svg"
BEGINNING: Final = 1_925_456_400_000_000
"""2031-01-06T09:00:00Z, a Monday."""
DAYS: Final = 5

SALES: Final = (("300.00", 2), ("450.00", 3), ("200.00", 4))
"""Amounts, and after how many days they mature; a fourth one is kept until released."""
DOCUMENT: Final = """query ($to: DateTime!) {
  availabilityForecast(accounts: [{externalId: "crane"}], to: $to, bucket: EVENT) {
    points { at conservative { amount } expected { amount } optimistic { amount }
      causes { kind amount { amount } } } } }"""

BOUNDS: Final = (
    ("optimistic", "#2b8a3e", "7 4", "every open hold is let go now"),
    ("expected", "#1864ab", "", "nothing else happens"),
    ("conservative", "#c92a2a", "2 4", "every open hold is captured in full"),
)
WIDTH, HEIGHT = 860, 430
LEFT, RIGHT, TOP, BOTTOM = 64, 44, 64, 78
MOST = 1_600


@dataclass(frozen=True)
class Step:
    """A point of the curve: days since the beginning, and what is available by each bound."""

    days: float
    bounds: dict[str, float]
    causes: Sequence[tuple[str, str]]


async def foretell(url: str) -> list[Step]:
    """Return the forecast of a merchant with three sales that mature, a reserve, and two holds."""
    async with open_desk(url, at=BEGINNING) as desk:
        api = Api(desk, graphql.Executor(SCHEMA, graphql.Limits(), deadline_seconds=10))
        await api.open("bank", purpose="EXTERNAL", unlimited=True)
        await api.open("crane", name="Paper Crane Studio")
        await api.transfer("bank", "crane", "600.00")
        await api.transfer("bank", "crane", "150.00", availableAt="9999-12-31T23:59:59.999999Z")
        for amount, days in SALES:
            await api.transfer("bank", "crane", amount, availableAt=_text(BEGINNING + days * DAY))
        for amount, until in (("250.00", _text(BEGINNING + 3 * DAY + DAY // 3)), ("100.00", None)):
            hold = {"account": {"externalId": "crane"}, "amount": {"amount": amount, "currency": "USD"}}
            await api.do("placeHold", hold | {"expiresAt": until}, "sequence")
        data = await api.data(DOCUMENT, {"to": _text(BEGINNING + DAYS * DAY)})
    return [_step(point) for point in data["availabilityForecast"][0]["points"]]


def draw(steps: Sequence[Step]) -> str:
    """Return the picture."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<style>text { font: 13px sans-serif } .title { font-size: 15px } .small { font-size: 11px }</style>",
        "<title>What will be available: conservative, expected and optimistic</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *_frame(),
        *_causes(steps),
        *_curves(steps),
        *_legend(),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _frame() -> Iterator[str]:
    for amount in range(0, MOST + 1, 400):
        yield f'<path d="M{LEFT} {_y(amount)}H{WIDTH - RIGHT}" stroke="#dee2e6"/>'
        yield f'<text x="{LEFT - 8}" y="{_y(amount) + 4}" text-anchor="end" fill="#495057">{amount:,}</text>'
    for day, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat")):
        yield f'<path d="M{_x(day)} {_y(0)}v6" stroke="#868e96"/>'
        yield f'<text x="{_x(day)}" y="{_y(0) + 20}" text-anchor="middle" fill="#495057">{name} 09:00</text>'
    yield f'<text x="{LEFT}" y="24" class="title" fill="#212529">Available on Paper Crane Studio, in USD</text>'


def _causes(steps: Sequence[Step]) -> Iterator[str]:
    words = {"MATURITY": ("matures", 8), "EXPIRY": ("hold lapses", 24)}
    for step in steps[1:]:
        x = _x(step.days)
        yield f'<path d="M{x} {TOP}V{_y(0)}" stroke="#ced4da" stroke-dasharray="1 3"/>'
        for kind, amount in step.causes:
            word, above = words[kind]
            yield f'<text x="{x}" y="{TOP - above}" text-anchor="middle" fill="#495057">{amount} {word}</text>'


def _curves(steps: Sequence[Step]) -> Iterator[str]:
    for bound, colour, dashes, _ in BOUNDS:
        path = f"M{_x(0)} {_y(steps[0].bounds[bound])}"
        for step in steps[1:]:
            path += f"H{_x(step.days)}V{_y(step.bounds[bound])}"
        path += f"H{_x(DAYS)}"
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.5"{dashed}/>'


def _legend() -> Iterator[str]:
    for place, (bound, colour, dashes, meaning) in enumerate(BOUNDS):
        x, y = LEFT + place * 262, HEIGHT - 22
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        yield f'<path d="M{x} {y - 4}h30" stroke="{colour}" stroke-width="2.5"{dashed}/>'
        yield f'<text x="{x + 36}" y="{y - 6}" fill="{colour}">{bound}</text>'
        yield f'<text x="{x + 36}" y="{y + 10}" class="small" fill="#495057">{meaning}</text>'


def _x(days: float) -> float:
    return round(LEFT + days / DAYS * (WIDTH - LEFT - RIGHT), 1)


def _y(amount: float) -> float:
    return round(HEIGHT - BOTTOM - amount / MOST * (HEIGHT - BOTTOM - TOP), 1)


def _step(point: dict[str, Any]) -> Step:
    at = datetime.fromisoformat(point["at"]).timestamp() * 1_000_000
    bounds = {name: float(point[name]["amount"]) for name, *_ in BOUNDS}
    return Step((at - BEGINNING) / DAY, bounds, [(one["kind"], one["amount"]["amount"]) for one in point["causes"]])


def _text(instant: int) -> str:
    return datetime.fromtimestamp(instant // 1_000_000, UTC).isoformat().replace("+00:00", "Z")


async def picture(url: str) -> str:
    """Return the picture, drawn from a tenant of a migrated database."""
    return draw(await foretell(url))


async def write() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/curve.db"
        await store.migrate(url)
        TARGET.write_text(await picture(url), encoding="utf-8")
    sys.stdout.write("docs/explanation/availability.svg\n")


if __name__ == "__main__":
    asyncio.run(write())
