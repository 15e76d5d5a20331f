"""Loading what commands about advances need: six statements, only for batches that have some."""

# ruff: noqa: S608 - statements are put together of constants of this module, values are always parameters

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID

from app import ledger
from app.store.advances import QuoteRead, find_advance_plans, find_apart, find_quote_names, find_quotes
from app.store.book_references import Wanted
from app.store.columns import INSTANT_MAX
from app.store.large_sums import large_sum, large_sum_of
from app.store.session import Session
from app.store.statement import Statement
from app.values import value

_AHEAD = Statement(
    "book.buckets_ahead",
    """SELECT k.account_id, k.available_at, k.amount FROM {rows(account_id uuid)}
       {each(buckets k ON k.tenant_id = $1 AND k.account_id = u.account_id AND k.amount > 0
       AND k.available_at > $2::bigint AND k.available_at <= coalesce((
           SELECT o.available_at FROM buckets o WHERE o.tenant_id = $1 AND o.account_id = u.account_id
           AND o.amount > 0 AND o.available_at > $2::bigint
           ORDER BY o.available_at LIMIT 1 OFFSET $3::bigint), $4::bigint))}""",
)
_TODAY = Statement(
    "book.advanced_today",
    f"""SELECT u.account_id, {large_sum("a.amount")}
        FROM {{rows(account_id uuid)}}
        {{each(advances a ON a.tenant_id = $1 AND a.account_id = u.account_id AND a.accepted_at >= $2)}}
        GROUP BY u.account_id""",
)


@value
class Offers:
    """What commands about advances name: the plans in force, quotes by id, and their ids by external id."""

    plans: Mapping[str, ledger.AdvancePlan]
    quotes: Mapping[UUID, QuoteRead]
    names: Mapping[str, UUID]

    def parties(self) -> list[UUID]:
        """Return the accounts that they are about: who has it, who lends it and who has the fee."""
        parties = [id_ for plan in self.plans.values() for id_ in (plan.lender_id, plan.fee_account_id)]
        for quote in (read.quote for read in self.quotes.values()):
            parties += (quote.account_id, quote.lender_id, quote.fee_account_id)
        return parties

    def repaying(self) -> list[tuple[UUID, int]]:
        """Return the buckets that quotes would take from, as accounts and instants."""
        quotes = [read.quote for read in self.quotes.values()]
        return [(quote.account_id, part.at) for quote in quotes for part in quote.repayments]


NO_OFFERS: Final = Offers({}, {}, {})


async def load_offers(session: Session, tenant_id: UUID, wanted: Wanted) -> Offers:
    """Return what the commands of a batch about advances name: three statements at most."""
    names = await find_quote_names(session, tenant_id, wanted.quote_names)
    ids = [names.get(one.external_id or "") if one.id is None else one.id for one in wanted.quotes]
    quotes = await find_quotes(session, tenant_id, [id_ for id_ in dict.fromkeys(ids) if id_ is not None])
    return Offers(await find_advance_plans(session, tenant_id), quotes, names)


async def load_advances(
    session: Session, tenant_id: UUID, pages: ledger.Pages, offers: Offers, accounts: Iterable[UUID]
) -> ledger.Pages:
    """Return the pages with these offers, and what matures on accounts that ask for a quote: three statements.

    What the quotes themselves would take from is among the pages already.
    """
    quotes = offers.quotes
    asking = [id_ for id_ in dict.fromkeys(accounts) if id_ in pages.accounts]
    having = dict.fromkeys([*asking, *(read.quote.account_id for read in quotes.values())])
    buckets = dict(pages.buckets)
    taken: dict[UUID, int] = {}
    if asking:
        ids, most = [(id_,) for id_ in asking], ledger.RIPENING_MAX - 1
        for row in await session.rows(_AHEAD, tenant_id, pages.at, most, INSTANT_MAX, rows=ids):
            buckets[row["account_id"], row["available_at"]] = row["amount"]
    if having:
        ids = [(id_,) for id_ in having]
        for row in await session.rows(_TODAY, tenant_id, ledger.day_of(pages.at), rows=ids):
            taken[row["account_id"]] = large_sum_of(row)
    return replace(
        pages,
        buckets=buckets,
        advances=ledger.AdvancePages(
            plans=offers.plans,
            names=offers.names,
            quotes={id_: read.quote for id_, read in quotes.items()},
            accepted={id_: read.advance for id_, read in quotes.items() if read.advance is not None},
            apart=await find_apart(session, tenant_id, [pages.accounts[id_] for id_ in having], pages.at),
            taken=taken,
        ),
    )
