"""Writes the list of currencies that the first migration fills its table with, from the iso4217 package."""

import json
from pathlib import Path

import iso4217

TARGET = Path(__file__).parents[2] / "app" / "store" / "migrations" / "data" / "currencies.json"


def currencies() -> list[dict[str, str | int]]:
    """Every currency with a minor unit, by code; metals and testing codes have none and cannot be kept in a ledger."""
    return [
        {"code": currency.code, "exponent": currency.exponent, "name": currency.currency_name}
        for currency in sorted(iso4217.Currency, key=lambda currency: currency.code)
        if currency.exponent is not None
    ]


def text() -> str:
    """The file's content, one currency a line."""
    lines = (json.dumps(currency, ensure_ascii=False) for currency in currencies())
    return "[\n  " + ",\n  ".join(lines) + "\n]\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
