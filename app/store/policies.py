"""Policies, what follows them, and the rules behind entries: rows in, values out."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import orjson

from app import ledger
from app.store.conditions import Conditions
from app.store.reading import Window
from app.store.session import Row, Session
from app.store.statement import Statement

_LATEST: Final = 0

# Version 0 stands for the latest.
_FIND = Statement(
    "policies.find",
    """SELECT u.version AS asked, {all(p policies)} FROM {rows(id uuid, version smallint)}
       {each(policies p ON p.tenant_id = $1 AND p.id = u.id AND p.version = CASE
           WHEN u.version > 0 THEN u.version
           ELSE (SELECT max(l.version) FROM policies l WHERE l.tenant_id = $1 AND l.id = u.id) END)}""",
)
# Not "= 1", or a planner might walk the index of all first versions instead of looking up the name.
_NAMED = Statement(
    "policies.named",
    """SELECT p.name, p.id FROM {rows(name text)}
       {each(policies p ON p.tenant_id = $1 AND p.name = u.name AND p.version <= 1)}""",
)
_VERSIONS = Statement(
    "policies.versions",
    """SELECT {all(p policies)} FROM {rows(id uuid)}
       {each(policies p ON p.tenant_id = $1 AND p.id = u.id AND p.version > (
           SELECT max(l.version) FROM policies l WHERE l.tenant_id = $1 AND l.id = u.id) - $2::bigint)}
       ORDER BY p.version DESC""",
)
_PAGE = "SELECT {all(p policies)} FROM policies p WHERE p.tenant_id = $1 AND p.version = 1 AND {where} "
_PAGE_UP = _PAGE + "ORDER BY p.sequence LIMIT $2"
_PAGE_DOWN = _PAGE + "ORDER BY p.sequence DESC LIMIT $2"
_COUNT = Statement(
    "policies.count", "SELECT count(*) AS number FROM policies p WHERE p.tenant_id = $1 AND p.version = 1"
)

# What a command published, or let an account follow.
_MADE = Statement(
    "policies.made",
    """SELECT u.sequence, p.id, p.version FROM {rows(sequence bigint)}
       {each(policies p ON p.tenant_id = $1 AND p.sequence = u.sequence)}""",
)
_ASSIGNMENTS = Statement(
    "policies.assignments",
    """SELECT {all(a policy_assignments)} FROM {rows(sequence bigint)}
       {each(policy_assignments a ON a.tenant_id = $1 AND a.sequence = u.sequence)}""",
)
_CHANGES = Statement(
    "policies.calendar_changes",
    """SELECT {all(c calendar_changes)} FROM {rows(sequence bigint)}
       {each(calendar_changes c ON c.tenant_id = $1 AND c.sequence = u.sequence)}""",
)
_RULES = Statement(
    "policies.entry_rules",
    """SELECT {all(r entry_rules)} FROM {rows(transaction_id uuid, line smallint)}
       {each(entry_rules r ON r.tenant_id = $1 AND r.transaction_id = u.transaction_id AND r.line = u.line)}""",
)

_FOLLOWED = Statement(
    "policies.followed",
    """SELECT u.account_id, u.followed_currency, (
           SELECT a.policy_id FROM policy_assignments a WHERE a.tenant_id = $1 AND a.account_id = u.account_id
           AND a.currency = u.followed_currency ORDER BY a.sequence DESC LIMIT 1) AS policy_id
       FROM tenants t JOIN {rows(account_id uuid, followed_currency text)} ON true WHERE t.id = $1""",
)


def policy_version_of(row: Row) -> ledger.PolicyVersion:
    """The version of a policy of a row."""
    return ledger.PolicyVersion(
        id=row["id"],
        version=row["version"],
        name=row["name"],
        currency=row["currency"],
        document=row["document"],
        sequence=row["sequence"],
        published_at=row["published_at"],
        principal=row["principal"],
    )


async def find_policies(
    session: Session, tenant_id: UUID, wanted: Iterable[tuple[UUID, int | None]]
) -> dict[tuple[UUID, int | None], ledger.PolicyVersion]:
    """Return versions of policies by (id, version); None is the latest."""
    rows = [(id_, version or _LATEST) for id_, version in wanted]
    found = await session.rows(_FIND, tenant_id, rows=rows) if rows else ()
    return {(row["id"], row["asked"] or None): policy_version_of(row) for row in found}


async def find_policy_names(session: Session, tenant_id: UUID, names: Sequence[str]) -> dict[str, UUID]:
    """Return the ids of policies by name."""
    rows = await session.rows(_NAMED, tenant_id, rows=[(name,) for name in names]) if names else ()
    return {row["name"]: row["id"] for row in rows}


async def find_policy_versions(
    session: Session, tenant_id: UUID, ids: Sequence[UUID], most: int
) -> dict[UUID, Sequence[ledger.PolicyVersion]]:
    """Return at most so many versions of each policy, the newest first."""
    versions: dict[UUID, list[ledger.PolicyVersion]] = {id_: [] for id_ in ids}
    rows = await session.rows(_VERSIONS, tenant_id, most, rows=[(id_,) for id_ in versions]) if versions else ()
    for row in rows:
        versions[row["id"]].append(policy_version_of(row))
    return {id_: tuple(found) for id_, found in versions.items()}


async def find_policy_page(session: Session, tenant_id: UUID, window: Window) -> Sequence[ledger.PolicyVersion]:
    """Return the first versions of policies by sequence, within a window of that list."""
    conditions = Conditions(tenant_id, window.limit)
    conditions.add_sequences("p.sequence", window)
    statement = (
        conditions.statement("policies.page_down", _PAGE_DOWN)
        if window.backward
        else conditions.statement("policies.page_up", _PAGE_UP)
    )
    rows = await session.rows(statement, *conditions.values)
    return tuple(policy_version_of(row) for row in (reversed(rows) if window.backward else rows))


async def count_policies(session: Session, tenant_id: UUID) -> int:
    """Return how many policies there are."""
    return int((await session.rows(_COUNT, tenant_id))[0]["number"])


async def find_followed(session: Session, tenant_id: UUID, accounts: Sequence[ledger.Account]) -> dict[UUID, UUID]:
    """Return the policy that each account follows, its own or everybody's; those that follow none are missing."""
    if not accounts:
        return {}
    wanted = [(account.id, account.currency) for account in accounts]
    currencies = {account.currency for account in accounts} | {ledger.ANY_CURRENCY}
    wanted += [(ledger.EVERYBODY, currency) for currency in sorted(currencies)]
    rows = await session.rows(_FOLLOWED, tenant_id, rows=wanted)
    assigned = {(row["account_id"], row["followed_currency"]): row["policy_id"] for row in rows}
    followed = {account.id: ledger.followed_policy(assigned, account.id, account.currency) for account in accounts}
    return {account_id: policy_id for account_id, policy_id in followed.items() if policy_id is not None}


async def find_published(session: Session, tenant_id: UUID, sequences: Sequence[int]) -> dict[int, tuple[UUID, int]]:
    """Return the (id, version) that the command of each sequence published."""
    rows = await session.rows(_MADE, tenant_id, rows=[(one,) for one in sequences]) if sequences else ()
    return {row["sequence"]: (row["id"], row["version"]) for row in rows}


async def find_assignments(
    session: Session, tenant_id: UUID, sequences: Sequence[int]
) -> dict[int, ledger.PolicyAssignment]:
    """Return what the command of each sequence assigned."""
    rows = await session.rows(_ASSIGNMENTS, tenant_id, rows=[(one,) for one in sequences]) if sequences else ()
    return {
        row["sequence"]: ledger.PolicyAssignment(
            account_id=row["account_id"],
            currency=row["currency"],
            sequence=row["sequence"],
            policy_id=row["policy_id"],
            assigned_at=row["assigned_at"],
            principal=row["principal"],
        )
        for row in rows
    }


async def find_calendar_changes(
    session: Session, tenant_id: UUID, sequences: Sequence[int]
) -> dict[int, ledger.CalendarChange]:
    """Return what the command of each sequence closed and opened."""
    rows = await session.rows(_CHANGES, tenant_id, rows=[(one,) for one in sequences]) if sequences else ()
    return {
        row["sequence"]: ledger.CalendarChange(
            id=row["id"],
            sequence=row["sequence"],
            calendar=row["calendar"],
            closed=tuple(orjson.loads(row["closed_days"])),
            opened=tuple(orjson.loads(row["opened_days"])),
            changed_at=row["changed_at"],
            principal=row["principal"],
        )
        for row in rows
    }


async def find_entry_rules(
    session: Session, tenant_id: UUID, keys: Sequence[ledger.EntryKey]
) -> dict[ledger.EntryKey, ledger.EntryRule]:
    """Return the rules behind entries; those that no policy made mature are missing."""
    wanted = [(key.transaction_id, key.line) for key in keys]
    rows = await session.rows(_RULES, tenant_id, rows=wanted) if wanted else ()
    return {
        ledger.EntryKey(row["transaction_id"], row["line"]): ledger.EntryRule(
            transaction_id=row["transaction_id"],
            line=row["line"],
            policy_id=row["policy_id"],
            version=row["policy_version"],
            rule=row["rule"],
            portion=row["portion"],
            business_day=row["business_day"],
        )
        for row in rows
    }
