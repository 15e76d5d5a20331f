"""Loading the pages of one batch: the tenant's head is locked, then a fixed number of statements reads everything."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from uuid import UUID

import orjson

from app import ledger
from app.store import errors
from app.store.accounts import account_of
from app.store.book_advances import NO_OFFERS, load_advances, load_offers
from app.store.book_policies import depositing, load_policies
from app.store.book_references import Wanted, gather, resolved, taken_buckets
from app.store.clock import Moment, moment_of
from app.store.columns import INSTANT_MAX
from app.store.entries import entry_of
from app.store.external_ids import find_external_ids
from app.store.holds import find_holds
from app.store.rejections import rejection_of
from app.store.session import Row, Session, Unit
from app.store.statement import Statement
from app.store.tenants import TenantMode
from app.store.transactions import find_transactions
from app.values import value

_LOCK = Statement(
    "book.lock",
    """SELECT (SELECT t.mode FROM tenants t WHERE t.id = $1) AS mode
       FROM heads h WHERE h.tenant_id = $1 {lock}""",
)

# The first statement after the lock. Read in the locking statement itself, the clock would be that of the moment at
# which the wait began.
_KEYS = Statement(
    "book.keys",
    """SELECT h.sequence AS head_sequence, h.recorded_at, h.clock_offset, h.frozen_at, {clock} AS clock,
           {all(f idempotency_keys)}
       FROM heads h LEFT JOIN (
           SELECT {all(k idempotency_keys)} FROM {rows(operation text, key text)}
           {each(idempotency_keys k ON k.tenant_id = $1 AND k.operation = u.operation AND k.key = u.key)}
       ) AS f ON true
       WHERE h.tenant_id = $1""",
)

# All lines of the wanted transactions, those that name them, those that name these, and so on.
_ENTRIES = Statement(
    "book.entries",
    """WITH RECURSIVE tree(transaction_id, line) AS (
           SELECT e.transaction_id, e.line FROM tenants t JOIN {rows(id uuid)} ON true
           {each(entries e ON e.tenant_id = $1 AND e.transaction_id = u.id)}
           WHERE t.id = $1
           UNION
           SELECT e.transaction_id, e.line FROM tree
           {each(entries e ON e.tenant_id = $1 AND e.of_transaction_id = tree.transaction_id AND e.of_line = tree.line)}
       )
       SELECT {all(e entries)} FROM tree
       {each(entries e ON e.tenant_id = $1 AND e.transaction_id = tree.transaction_id AND e.line = tree.line)}""",
)

# U and H at the batch's instant: what matured since the stored U counts no more, nor do holds that lapsed.
_ACCOUNTS = Statement(
    "book.accounts",
    """SELECT {all(a accounts)}, b.ledger, b.held, b.version, b.floor, b.out_frozen, b.in_frozen, b.closed,
           CASE WHEN b.maturing = 0 THEN 0 ELSE (b.maturing - coalesce((
               SELECT sum(k.amount) FROM buckets k WHERE k.tenant_id = $1 AND k.account_id = a.id
               AND k.available_at > b.maturing_at AND k.available_at <= $2), 0))::bigint END AS maturing,
           CASE WHEN b.held = 0 THEN 0 ELSE coalesce((
               SELECT sum(h.amount - h.captured - h.released) FROM holds h WHERE h.tenant_id = $1
               AND h.account_id = a.id AND h.status = 'ACTIVE' AND h.expires_at IS NOT NULL
               AND h.expires_at <= $2), 0)::bigint END AS lapsed
       FROM {rows(id uuid)}
       {each(accounts a ON a.tenant_id = $1 AND a.id = u.id)}
       {each(balances b ON b.tenant_id = $1 AND b.account_id = u.id)}""",
)

_BUCKETS = Statement(
    "book.buckets",
    """SELECT k.account_id, k.available_at, k.amount FROM {rows(account_id uuid, available_at bigint)}
       {each(buckets k ON k.tenant_id = $1 AND k.account_id = u.account_id AND k.available_at = u.available_at)}""",
)

# Of an account's lapsed holds only the first few matter: as many as the batch could record.
_LAPSED = Statement(
    "book.lapsed",
    """SELECT h.account_id, h.expires_at, h.id FROM {rows(account_id uuid)}
       {each(holds h ON h.tenant_id = $1 AND h.account_id = u.account_id
       AND h.status = 'ACTIVE' AND h.expires_at IS NOT NULL
       AND h.expires_at <= least($2::bigint, coalesce((
           SELECT o.expires_at FROM holds o WHERE o.tenant_id = $1 AND o.account_id = u.account_id
           AND o.status = 'ACTIVE' AND o.expires_at IS NOT NULL
           ORDER BY o.expires_at LIMIT 1 OFFSET $3::bigint), $2::bigint)))}""",
)

_FUTURES = Statement(
    "book.futures",
    """WITH wanted(account_id) AS (
           SELECT u.account_id FROM tenants t JOIN {rows(account_id uuid)} ON true WHERE t.id = $1
       )
       SELECT k.account_id, k.available_at AS instant, k.amount AS gain FROM wanted w
       {each(buckets k ON k.tenant_id = $1 AND k.account_id = w.account_id AND k.amount > 0
       AND k.available_at > $2::bigint AND k.available_at <= coalesce((
           SELECT o.available_at FROM buckets o WHERE o.tenant_id = $1 AND o.account_id = w.account_id
           AND o.amount > 0 AND o.available_at > $2::bigint
           ORDER BY o.available_at LIMIT 1 OFFSET $3::bigint), $4::bigint))}
       UNION ALL
       SELECT h.account_id, h.expires_at, sum(h.amount - h.captured - h.released)::bigint FROM wanted w
       {each(holds h ON h.tenant_id = $1 AND h.account_id = w.account_id
       AND h.status = 'ACTIVE' AND h.expires_at IS NOT NULL
       AND h.expires_at > $2::bigint AND h.expires_at <= coalesce((
           SELECT o.expires_at FROM holds o WHERE o.tenant_id = $1 AND o.account_id = w.account_id
           AND o.status = 'ACTIVE' AND o.expires_at IS NOT NULL AND o.expires_at > $2::bigint
           ORDER BY o.expires_at LIMIT 1 OFFSET $3::bigint), $4::bigint))}
       GROUP BY h.account_id, h.expires_at""",
)


@value
class LoadedPages:
    """The pages of a batch, and the moment they were read at."""

    pages: ledger.Pages
    moment: Moment


async def lock_head(unit: Unit, tenant_id: UUID) -> TenantMode:
    """Take the tenant's one lock, held until the unit ends, and return its mode.

    Whatever is read later is what the last holder left.
    """
    rows = await unit.rows(_LOCK, tenant_id)
    if not rows:
        raise errors.StoreError(f"there is no tenant {tenant_id}")
    mode: TenantMode = rows[0]["mode"]
    return mode


async def load_pages(
    session: Session,
    tenant_id: UUID,
    groups: Sequence[ledger.Group],
    currencies: Mapping[str, int],
    *,
    at: int | None = None,
) -> LoadedPages:
    """Read everything that deciding these groups needs: eight statements at most, those without input left out.

    Three more where some are deposits or about policies, whose pages still lack their almanac, and six where some are
    about advances.

    For a dry run any session will do, and the pages may be those of a later instant `at`, by what is known; else the
    head is locked before.
    """
    wanted = gather(groups)
    rows = await session.rows(_KEYS, tenant_id, rows=list(wanted.keys))
    moment = moment_of({**rows[0], "sequence": rows[0]["head_sequence"]})
    keys = {(row["operation"], row["key"]): _key_of(row) for row in rows if row["key"] is not None}
    pages = ledger.Pages(moment.sequence, moment.at if at is None else at, currencies=currencies, keys=keys)
    external_ids = await find_external_ids(session, tenant_id, wanted.external_ids())
    holds = resolved(ledger.HOLD_KIND, wanted.holds, external_ids)
    transactions = resolved(ledger.TRANSACTION_KIND, wanted.transactions, external_ids)
    pages = replace(
        pages,
        external_ids=external_ids,
        holds=await find_holds(session, tenant_id, _unique(holds.values())),
        transactions=await find_transactions(session, tenant_id, _unique(transactions.values())),
    )
    offers = await load_offers(session, tenant_id, wanted) if wanted.about_advances else NO_OFFERS
    pages = await _with_entries(session, tenant_id, pages)
    named = resolved(ledger.ACCOUNT_KIND, wanted.accounts, external_ids)
    touched = _touched([*named.values(), *offers.parties()], pages)
    pages = await _with_accounts(session, tenant_id, pages, touched)
    taken = [*taken_buckets(wanted, named, holds, pages), *offers.repaying()]
    found = await session.rows(_BUCKETS, tenant_id, rows=taken) if taken else ()
    buckets = {(row["account_id"], row["available_at"]): row["amount"] for row in found}
    lapsed = await _lapsed(session, tenant_id, pages, _expiring(wanted, holds, pages))
    pages = replace(pages, buckets=buckets, lapsed=lapsed)
    if wanted.about_policies:
        followers = depositing(wanted, named, pages.accounts)
        pages = replace(pages, policies=await load_policies(session, tenant_id, wanted, followers, pages.at))
    if wanted.about_advances:
        asking = [named[reference] for reference in wanted.advancing if reference in named]
        pages = await load_advances(session, tenant_id, pages, offers, asking)
    return LoadedPages(pages, moment)


async def find_lapsed_holds(
    session: Session, tenant_id: UUID, accounts: Collection[UUID], at: int, most: int
) -> list[UUID]:
    """Return so many of the holds on accounts that will have lapsed by an instant, in the order in which they do."""
    rows = await session.rows(_LAPSED, tenant_id, at, most - 1, rows=[(id_,) for id_ in accounts]) if accounts else ()
    found = sorted((row["expires_at"], row["id"]) for row in rows)
    return [hold_id for _, hold_id in found[:most]]


async def load_futures(
    session: Session, tenant_id: UUID, pages: ledger.Pages, accounts: Collection[UUID]
) -> ledger.Pages:
    """Return the pages with the next maturities and expiries of accounts that were refused for funds; one statement."""
    most = ledger.FUTURES_MAX
    rows = await session.rows(
        _FUTURES, tenant_id, pages.at, most - 1, INSTANT_MAX, rows=[(account,) for account in accounts]
    )
    gains: dict[UUID, dict[int, int]] = {account: {} for account in accounts}
    for row in rows:
        known = gains[row["account_id"]]
        known[row["instant"]] = known.get(row["instant"], 0) + row["gain"]
    futures = {account: tuple(sorted(known.items())[:most]) for account, known in gains.items()}
    return replace(pages, futures=futures)


async def _with_entries(session: Session, tenant_id: UUID, pages: ledger.Pages) -> ledger.Pages:
    if not pages.transactions:
        return pages
    rows = await session.rows(_ENTRIES, tenant_id, rows=[(id_,) for id_ in pages.transactions])
    found = sorted((entry_of(row) for row in rows), key=attrgetter("sequence", "line"))
    entries = {
        id_: tuple(lines)
        for id_, lines in groupby(found, key=attrgetter("transaction_id"))
        if id_ in pages.transactions
    }
    naming: dict[ledger.EntryKey, list[ledger.Entry]] = {}
    for entry in found:
        if entry.of_entry is not None:
            naming.setdefault(entry.of_entry, []).append(entry)
    return replace(pages, entries=entries, naming={key: tuple(lines) for key, lines in naming.items()})


async def _with_accounts(session: Session, tenant_id: UUID, pages: ledger.Pages, ids: Sequence[UUID]) -> ledger.Pages:
    rows = await session.rows(_ACCOUNTS, tenant_id, pages.at, rows=[(id_,) for id_ in ids]) if ids else ()
    return replace(
        pages,
        accounts={row["id"]: account_of(row) for row in rows},
        balances={row["id"]: _balance_of(row) for row in rows},
    )


async def _lapsed(
    session: Session, tenant_id: UUID, pages: ledger.Pages, expiring: Mapping[UUID, int]
) -> dict[UUID, tuple[tuple[int, UUID], ...]]:
    if not expiring:
        return {}
    most = max(expiring.values())
    rows = await session.rows(_LAPSED, tenant_id, pages.at, most - 1, rows=[(account,) for account in expiring])
    lapsed: dict[UUID, list[tuple[int, UUID]]] = {}
    for row in rows:
        lapsed.setdefault(row["account_id"], []).append((row["expires_at"], row["id"]))
    return {account: tuple(sorted(known)) for account, known in lapsed.items()}


def _expiring(wanted: Wanted, holds: Mapping[ledger.Reference, UUID], pages: ledger.Pages) -> dict[UUID, int]:
    """How many expiries the batch would record of each account."""
    counts: dict[UUID, int] = {}
    for reference in wanted.expiring:
        hold = pages.holds.get(holds[reference]) if reference in holds else None
        if hold is not None:
            counts[hold.account_id] = counts.get(hold.account_id, 0) + 1
    return counts


def _touched(named: Collection[UUID], pages: ledger.Pages) -> list[UUID]:
    """The accounts that commands name, and those of the holds and entries that they name."""
    touched = dict.fromkeys(named)
    for hold in pages.holds.values():
        touched[hold.account_id] = None
        if hold.destination_id is not None:
            touched[hold.destination_id] = None
    for entries in pages.entries.values():
        touched.update(dict.fromkeys(entry.account_id for entry in entries))
    return list(touched)


def _unique(ids: Collection[UUID]) -> list[UUID]:
    return list(dict.fromkeys(ids))


def _balance_of(row: Row) -> ledger.Balance:
    return ledger.Balance(
        ledger=row["ledger"],
        maturing=row["maturing"],
        held=row["held"] - row["lapsed"],
        lapsed=row["lapsed"],
        floor=row["floor"],
        version=row["version"],
        out_frozen=row["out_frozen"],
        in_frozen=row["in_frozen"],
        closed=row["closed"],
    )


def _key_of(row: Row) -> ledger.KeyRecord:
    rejection = row["rejection"]
    return ledger.KeyRecord(
        operation=row["operation"],
        key=row["key"],
        fingerprint=row["fingerprint"],
        digests=tuple((name, digest) for name, digest in orjson.loads(row["field_digests"])),
        principal=row["principal"],
        after_sequence=row["after_sequence"],
        decided_at=row["decided_at"],
        account_id=row["account_id"],
        transaction_id=row["transaction_id"],
        hold_id=row["hold_id"],
        sequence=row["sequence"],
        rejection=None if rejection is None else rejection_of(rejection),
        request_id=row["request_id"],
        address=row["address"],
    )
