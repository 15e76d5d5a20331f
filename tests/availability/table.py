"""The table of deposits worked out by hand: how it is read. Nothing is computed here."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

from app import ledger

POLICIES = {
    "cc": "us-regulation-cc",
    "cash": "us-regulation-cc-cash",
    "card": "card-t-plus-2",
    "sepa": "sepa-credit-transfer",
    "instant": "instant",
}
CURRENCIES = {"cc": "USD", "cash": "USD", "card": "USD", "sepa": "EUR", "instant": "EUR"}
OFFSETS = {"EST": -5, "EDT": -4, "CET": 1, "CEST": 2, "UTC": 0}
LONG_AGO = date(2020, 1, 2)
_COLUMNS = 9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Deposit:
    at: int
    method: str
    amount: int
    risk_tier: str | None
    metadata: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Row:
    case: str
    source: str
    policy: str
    opened: date
    deposit: Deposit
    earlier: tuple[Deposit, ...]
    closed: frozenset[date]
    opened_days: frozenset[date]
    expected: tuple[str, ...]
    slices: tuple[tuple[int, int | None], ...] = field(repr=False)


def read_rows() -> list[Row]:
    lines = (Path(__file__).parent / "deposits.txt").read_text(encoding="utf-8").splitlines()
    return [_row(line) for line in lines if line and not line.startswith("#")]


def _row(line: str) -> Row:
    cells = [cell.strip() for cell in line.split("|")]
    assert len(cells) == _COLUMNS, line
    case, source, policy, opened, deposited, deposit, earlier, closures, expected = cells
    at = instant(deposited)
    days = {verb: frozenset(_days(closures, verb)) for verb in ("closed", "opened")}
    return Row(
        case,
        source,
        policy,
        LONG_AGO if opened == "long ago" else date.fromisoformat(opened),
        _deposit(deposit, at),
        () if earlier == "-" else tuple(_deposit(text.strip(), at) for text in earlier.split(";")),
        days["closed"],
        days["opened"],
        tuple(text.strip() for text in expected.split(";")),
        tuple(_slice(text.strip()) for text in expected.split(";")),
    )


def _days(closures: str, verb: str) -> list[date]:
    words = closures.split()
    return [date.fromisoformat(day) for word, day in zip(words[::2], words[1::2], strict=False) if word == verb]


def _deposit(text: str, at: int) -> Deposit:
    words = text.split()
    if words[0][0].isdigit():
        at, words = instant(" ".join(words[:3])), words[3:]
    method, amount, *pairs = words
    named = dict(pair.split("=") for pair in pairs)
    tier = named.pop("tier", None)
    return Deposit(at, method, cents(amount), tier, tuple(sorted(named.items())))


def _slice(text: str) -> tuple[int, int | None]:
    amount, when = text.split(" ", 1)
    return cents(amount), None if when == "now" else instant(when)


def cents(text: str) -> int:
    found = ledger.money.parse(text, 2)
    assert found is not None, text
    return found


def instant(text: str) -> int:
    """Return the microseconds of "2026-07-13 10:00 EDT", by the offset that the abbreviation stands for."""
    day, hour, zone = text.split()
    wall = datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=timezone(timedelta(hours=OFFSETS[zone])))
    return (wall - _EPOCH) // timedelta(microseconds=1)
