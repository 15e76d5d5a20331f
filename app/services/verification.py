"""Verification: every invariant of every tenant, looked at in windows while the ledger may be served."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from app import store
from app.values import value

Advance: TypeAlias = Callable[[int, int, str], None]
"""Told how far work has come: done, of how many, and at what."""


@value
class Finding:
    """A row that should not be there: which invariant it breaks, of which tenant, and what it says."""

    invariant: str
    tenant: str
    row: str


async def verify(database: store.Database, advance: Advance) -> list[Finding]:
    """Check every tenant and return what is wrong, tenant by tenant; nothing is written."""
    async with database.read() as session:
        tenants = await store.find_tenants(session)
    findings: list[Finding] = []
    for tenant in tenants:
        async for step in store.check_invariants(database, tenant.id):
            advance(step.done, step.total, f"{tenant.name}: {step.name}")
            findings.extend(Finding(step.name, tenant.name, _text(row)) for row in step.findings)
    return findings


def _text(row: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in row.items() if value is not None)
