"""Loading what deposits and commands about policies need: three statements, only for batches that have some."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from app import ledger
from app.store.book_references import Wanted
from app.store.policies import policy_version_of
from app.store.reserves import find_reserves
from app.store.session import Session
from app.store.statement import Statement

# Rows name an account (or everybody) and a currency, or a policy by id or name. The answer says what each account
# follows, what everybody does in the currency of a named policy, and once of each policy its latest version.
_FOLLOWED = Statement(
    "book.policies",
    """WITH asked AS MATERIALIZED (
           SELECT u.account_id, u.followed_currency, u.policy_id, u.name FROM tenants t
           JOIN {rows(account_id uuid, followed_currency text, policy_id uuid, name text)} ON true WHERE t.id = $1
       ), followed AS MATERIALIZED (
           SELECT k.account_id, k.followed_currency, (
               SELECT a.policy_id FROM policy_assignments a WHERE a.tenant_id = $1 AND a.account_id = k.account_id
               AND a.currency = k.followed_currency ORDER BY a.sequence DESC LIMIT 1) AS policy_id
           FROM asked k WHERE k.account_id IS NOT NULL
       ), named AS MATERIALIZED (
           SELECT p.id AS policy_id, coalesce(p.currency, '') AS followed_currency FROM asked k
           {each(policies p ON p.tenant_id = $1 AND p.version <= 1 AND p.id = coalesce(k.policy_id, (
               SELECT f.id FROM policies f WHERE f.tenant_id = $1 AND f.name = k.name AND f.version <= 1)))}
           WHERE k.account_id IS NULL
       ), defaults AS MATERIALIZED (
           SELECT $2::uuid AS account_id, n.followed_currency, (
               SELECT a.policy_id FROM policy_assignments a WHERE a.tenant_id = $1 AND a.account_id = $2::uuid
               AND a.currency = n.followed_currency ORDER BY a.sequence DESC LIMIT 1) AS policy_id
           FROM named n
       )
       SELECT f.account_id, f.followed_currency, f.policy_id, NULL::uuid AS id, NULL::smallint AS version,
           NULL::text AS name, NULL::text AS currency, NULL::text AS document, NULL::bigint AS sequence,
           NULL::bigint AS published_at, NULL::text AS principal FROM followed f
       UNION ALL
       SELECT d.account_id, d.followed_currency, d.policy_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
       FROM defaults d
       UNION ALL
       SELECT NULL, NULL, NULL, p.id, p.version, p.name, p.currency, p.document, p.sequence, p.published_at, p.principal
       FROM (SELECT f.policy_id FROM followed f UNION SELECT n.policy_id FROM named n) AS w
       {each(policies p ON p.tenant_id = $1 AND p.id = w.policy_id AND p.version = (
           SELECT max(l.version) FROM policies l WHERE l.tenant_id = $1 AND l.id = w.policy_id))}""",
)

# The days ahead: what deposits of accounts come to, and which days of which calendar are the tenant's own.
_DAYS = Statement(
    "book.deposit_days",
    """SELECT k.account_id, k.business_day AS day, k.policy_id, k.counter AS name, k.amount
       FROM {rows(account_id uuid)}
       {each(deposit_counters k ON k.tenant_id = $1 AND k.account_id = u.account_id AND k.business_day >= $2::bigint)}
       UNION ALL
       SELECT NULL::uuid, d.day, NULL::uuid, d.calendar, CASE WHEN d.closed THEN 1 ELSE 0 END
       FROM calendar_days d WHERE d.tenant_id = $1 AND d.day >= $2::bigint""",
)


async def load_policies(
    session: Session,
    tenant_id: UUID,
    wanted: Wanted,
    accounts: Iterable[ledger.Account],
    at: int,
) -> ledger.PolicyPages:
    """Return what is known of policies and days for deposits to these accounts, and for what the batch names."""
    listed = list(accounts)
    currencies = {account.currency for account in listed} | wanted.opened | {ledger.ANY_CURRENCY}
    rows: list[tuple[UUID | None, str | None, UUID | None, str | None]] = [
        (account.id, account.currency, None, None) for account in listed
    ]
    rows += [(ledger.EVERYBODY, currency, None, None) for currency in sorted(currencies)]
    rows += [(None, None, reference.id, reference.external_id) for reference in wanted.policies]
    policies: dict[UUID, ledger.PolicyVersion] = {}
    assigned: dict[tuple[UUID, str], UUID | None] = {}
    for row in await session.rows(_FOLLOWED, tenant_id, ledger.EVERYBODY, rows=rows):
        if row["id"] is not None:
            policies[row["id"]] = policy_version_of(row)
        else:
            assigned[row["account_id"], row["followed_currency"]] = row["policy_id"]
    days, counters = await find_deposit_days(session, tenant_id, [account.id for account in listed], at)
    reserves = await find_reserves(session, tenant_id, listed, at)
    return ledger.PolicyPages(
        policies=policies,
        names={policy.name: policy.id for policy in policies.values()},
        assigned=assigned,
        days=days,
        counters=counters,
        plans={id_: reserve.plan for id_, reserve in reserves.items() if reserve.plan is not None},
        reserved={id_: reserve.reserved for id_, reserve in reserves.items()},
    )


async def find_deposit_days(
    session: Session, tenant_id: UUID, accounts: Sequence[UUID], at: int
) -> tuple[dict[tuple[str, int], bool], dict[ledger.CountedDay, dict[str, int]]]:
    """Return, from the earliest day that an instant may lie in, the tenant's own days and what deposits come to."""
    days: dict[tuple[str, int], bool] = {}
    counters: dict[ledger.CountedDay, dict[str, int]] = {}
    wanted = [(account,) for account in accounts]
    for row in await session.rows(_DAYS, tenant_id, ledger.first_day(at), rows=wanted):
        if row["account_id"] is None:
            days[row["name"], row["day"]] = bool(row["amount"])
        else:
            day = (row["account_id"], row["day"], row["policy_id"])
            counters.setdefault(day, {})[row["name"]] = row["amount"]
    return days, counters


def depositing(
    wanted: Wanted, named: Mapping[ledger.Reference, UUID], accounts: Mapping[UUID, ledger.Account]
) -> list[ledger.Account]:
    """Return the known accounts that the batch deposits to, or lets follow a policy, each once."""
    ids = dict.fromkeys(named[reference] for reference in wanted.depositing if reference in named)
    return [accounts[id_] for id_ in ids if id_ in accounts]
