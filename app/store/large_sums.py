"""Sums that may pass 64 bits, on the way or in the end, which SQLite refuses to make.

Billions and the rest are added apart, and put together here, where integers have no end.
"""

from app.store.session import Row

BILLION = 1_000_000_000


def large_sum(amount: str) -> str:
    """Two columns, `billions` and `rest`, that sum an expression up."""
    return f"sum({amount} / {BILLION})::bigint AS billions, sum({amount} % {BILLION})::bigint AS rest"


def large_sum_of(row: Row) -> int:
    """The sum of a row with these columns."""
    total: int = row["billions"] * BILLION + row["rest"]
    return total
