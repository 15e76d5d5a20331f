"""What is to come on accounts by the mere passing of time: buckets that mature and holds that lapse."""

# ruff: noqa: S608 - statements are put together of constants of this module, values are always parameters

from collections.abc import Sequence
from operator import attrgetter
from uuid import UUID

from app import ledger
from app.store.session import Row, Session
from app.store.statement import Statement
from app.values import value

CAUSES_MAX = 20_000
"""What is told of all accounts together, at most."""


def _gathered(instant: str) -> str:
    """The end of the step that an instant falls into, but not beyond the last; the start where it comes before."""
    step = f"({instant} + $5::bigint - 1) / $5::bigint * $5::bigint"
    return f"CASE WHEN {instant} <= $3 THEN $3::bigint ELSE least({step}, $4::bigint) END::bigint"


_CAUSES = f"""WITH wanted(account_id) AS MATERIALIZED (
        SELECT u.account_id FROM tenants t JOIN {{rows(account_id uuid)}} ON true WHERE t.id = $1
    )
    SELECT k.account_id, 'MATURITY' AS kind, {_gathered("k.available_at")} AS instant, sum(k.amount)::bigint AS amount,
        count(*) AS number, min(k.available_at) AS first_at, max(k.available_at) AS last_at
    FROM wanted p {{each(buckets k ON k.tenant_id = $1 AND k.account_id = p.account_id AND k.amount > 0
        AND k.available_at > $2 AND k.available_at <= {{matured}})}}
    GROUP BY 1, 3
    UNION ALL
    SELECT h.account_id, 'EXPIRY', {_gathered("h.expires_at")}, sum(h.amount - h.captured - h.released)::bigint,
        count(*), min(h.expires_at), max(h.expires_at)
    FROM wanted p {{each(holds h ON h.tenant_id = $1 AND h.account_id = p.account_id
        AND h.status = 'ACTIVE' AND h.expires_at IS NOT NULL AND h.expires_at > $2 AND h.expires_at <= {{lapsed}})}}
    GROUP BY 1, 3
    LIMIT $6"""
_GATHERED = Statement("future_causes.gathered", _CAUSES.replace("{matured}", "$4").replace("{lapsed}", "$4"))

# One by one there are only so many of them: up to which instant is looked up first.
_MATURED = """least($4::bigint, coalesce((SELECT o.available_at FROM buckets o
    WHERE o.tenant_id = $1 AND o.account_id = p.account_id AND o.amount > 0 AND o.available_at > $3
    ORDER BY o.available_at LIMIT 1 OFFSET $7), $4::bigint))"""
_LAPSED = """least($4::bigint, coalesce((SELECT o.expires_at FROM holds o
    WHERE o.tenant_id = $1 AND o.account_id = p.account_id AND o.status = 'ACTIVE' AND o.expires_at IS NOT NULL
    AND o.expires_at > $3 ORDER BY o.expires_at LIMIT 1 OFFSET $7), $4::bigint))"""
_SINGLE = Statement("future_causes.single", _CAUSES.replace("{matured}", _MATURED).replace("{lapsed}", _LAPSED))


@value
class Stretch:
    """What to look at: causes after an instant, told from `start` to `end`, gathered at the ends of steps.

    Instants and the step are microseconds; steps are counted from 1970, and one of 1 gathers nothing. `most`
    is how many maturities, and how many holds that lapse, are looked at after the start of each account.
    """

    after: int
    start: int
    end: int
    step: int = 1
    most: int | None = None


async def find_future_causes(
    session: Session, tenant_id: UUID, account_ids: Sequence[UUID], stretch: Stretch
) -> dict[UUID, ledger.Causes] | None:
    """Return what is to come on accounts, by the facts known now, in one statement; None where that is too much.

    Where only so many are looked at, an account's causes may end early, which they then tell.
    """
    found: dict[UUID, list[ledger.Cause]] = {id_: [] for id_ in account_ids}
    if not found:
        return {}
    scalars = [tenant_id, stretch.after, stretch.start, stretch.end, stretch.step, CAUSES_MAX + 1]
    ids = [(id_,) for id_ in found]
    if stretch.most is None:
        rows = await session.rows(_GATHERED, *scalars, rows=ids)
    else:
        rows = await session.rows(_SINGLE, *scalars, stretch.most, rows=ids)
    if len(rows) > CAUSES_MAX:
        return None
    for row in rows:
        found[row["account_id"]].append(_cause_of(row))
    return {id_: _in_order(causes, stretch) for id_, causes in found.items()}


def _cause_of(row: Row) -> ledger.Cause:
    kind = ledger.CauseKind(row["kind"])
    return ledger.Cause(row["instant"], kind, row["amount"], row["number"], row["first_at"], row["last_at"])


def _in_order(causes: list[ledger.Cause], stretch: Stretch) -> ledger.Causes:
    """Return an account's causes by instant, without those that may have others missing before them."""
    causes.sort(key=attrgetter("at", "kind"))
    ends = []
    for kind in ledger.CauseKind:
        later = [cause for cause in causes if cause.kind is kind and cause.at > stretch.start]
        if stretch.most is not None and sum(cause.count for cause in later) > stretch.most:
            ends.append(later[-1].at)
    until = min(ends, default=None)
    return ledger.Causes(tuple(cause for cause in causes if until is None or cause.at <= until), until)
