"""External ids: what the caller's own names stand for."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from app.store.session import Session
from app.store.statement import Statement

_RESOLVE = Statement(
    "external_ids.resolve",
    """SELECT e.kind, e.external_id, e.id FROM {rows(kind text, external_id text)}
       {each(external_ids e ON e.tenant_id = $1 AND e.kind = u.kind AND e.external_id = u.external_id)}""",
)


async def find_external_ids(
    session: Session, tenant_id: UUID, wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], UUID]:
    """Return the ids behind (kind, external id) pairs; what stands for nothing is missing."""
    rows = list(wanted)
    found = await session.rows(_RESOLVE, tenant_id, rows=rows) if rows else ()
    return {(row["kind"], row["external_id"]): row["id"] for row in found}


async def resolve_external_ids(
    session: Session, tenant_id: UUID, kind: str, external_ids: Sequence[str]
) -> dict[str, UUID]:
    """Return the ids behind external ids of one kind of object; what stands for nothing is missing."""
    found = await find_external_ids(session, tenant_id, [(kind, external_id) for external_id in external_ids])
    return {external_id: id_ for (_, external_id), id_ in found.items()}
