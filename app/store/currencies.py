"""The currencies that accounts may be kept in, as the migrations brought them."""

from collections.abc import Sequence

from app import ledger
from app.store.session import Session
from app.store.statement import Statement

_LIST = Statement("currencies.list", "SELECT c.code, c.exponent, c.name FROM currencies c ORDER BY c.code")


async def find_currencies(session: Session) -> Sequence[ledger.Currency]:
    """Return every currency, by code. They change by migration only, so a process may keep them."""
    return [ledger.Currency(row["code"], row["exponent"], row["name"]) for row in await session.rows(_LIST)]
