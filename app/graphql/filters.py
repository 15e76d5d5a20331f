"""Filters: which items of a list are wanted."""

from collections.abc import Sequence

import strawberry

from app import ledger, services
from app.graphql import bounds
from app.graphql.bounds import Path
from app.graphql.enums import AccountPurpose, HoldStatus, Side
from app.graphql.references import AccountBy
from app.graphql.scalars import CurrencyCode, Instant


@strawberry.input(description="Which accounts are wanted; what is left out filters nothing.")
class AccountFilter:
    """Accounts by purpose, currency, side and state."""

    purpose: list[AccountPurpose] | None = strawberry.field(description="Kept for one of these.")
    currency: CurrencyCode | None = strawberry.field(description="Kept in this currency.")
    normal_side: Side | None = strawberry.field(description="Increased by this side.")
    closed: bool | None = strawberry.field(description="True: closed ones only. False: open ones only.")
    frozen: bool | None = strawberry.field(
        description="True: those with a freeze in either direction only. False: those without any."
    )


@strawberry.input(description="Which entries are wanted; what is left out filters nothing.")
class EntryFilter:
    """Entries by side, kind, time and maturity."""

    side: Side | None = strawberry.field(description="On this side.")
    kind: list[str] | None = strawberry.field(description="Of one of these kinds, at most 20.")
    recorded_from: Instant | None = strawberry.field(description="Recorded at this instant or later.")
    recorded_before: Instant | None = strawberry.field(description="Recorded before this instant.")
    maturing: bool | None = strawberry.field(description="True: those yet to mature only. False: the others only.")


@strawberry.input(description="Which holds are wanted; what is left out filters nothing.")
class HoldFilter:
    """Holds by status and expiry."""

    status: list[HoldStatus] | None = strawberry.field(
        description="In one of these states now; a hold past its expiry is EXPIRED."
    )
    expires_before: Instant | None = strawberry.field(description="With an expiry before this instant.")


@strawberry.input(description="Which transactions are wanted; what is left out filters nothing.")
class TransactionFilter:
    """Transactions by account, correlation, kind and time."""

    account: AccountBy | None = strawberry.field(description="With an entry on this account.")
    correlation_id: str | None = strawberry.field(description="With this correlation id.")
    kind: list[str] | None = strawberry.field(description="Of one of these kinds, at most 20.")
    recorded_from: Instant | None = strawberry.field(description="Recorded at this instant or later.")
    recorded_before: Instant | None = strawberry.field(description="Recorded before this instant.")


_FILTER: Path = ("filter",)


def wanted_accounts(given: AccountFilter | None) -> services.AccountFilter:
    """Return the filter as the services take it."""
    if given is None:
        return services.AccountFilter()
    return services.AccountFilter(
        purposes=None if given.purpose is None else tuple(sorted(set(given.purpose))),
        currency=given.currency,
        normal_side=given.normal_side,
        closed=given.closed,
        frozen=given.frozen,
    )


def wanted_entries(given: EntryFilter | None) -> services.EntryFilter:
    """Return the filter as the services take it."""
    if given is None:
        return services.EntryFilter()
    return services.EntryFilter(
        side=given.side,
        kinds=_kinds(given.kind),
        recorded_from=given.recorded_from,
        recorded_before=given.recorded_before,
        maturing=given.maturing,
    )


def wanted_holds(given: HoldFilter | None) -> services.HoldFilter:
    """Return the filter as the services take it."""
    if given is None:
        return services.HoldFilter()
    return services.HoldFilter(
        statuses=None if given.status is None else tuple(sorted(set(given.status))),
        expires_before=given.expires_before,
    )


def wanted_transactions(given: TransactionFilter | None) -> tuple[services.TransactionFilter, ledger.Reference | None]:
    """Return the filter as the services take it, and the account that it names, to be found first."""
    if given is None:
        return services.TransactionFilter(), None
    made = services.TransactionFilter(
        correlation_id=bounds.label(given.correlation_id, (*_FILTER, "correlationId")),
        kinds=_kinds(given.kind),
        recorded_from=given.recorded_from,
        recorded_before=given.recorded_before,
    )
    return made, None if given.account is None else given.account.reference((*_FILTER, "account"))


def _kinds(given: Sequence[str] | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    path = (*_FILTER, "kind")
    bounds.listed(given, path, most=bounds.KINDS_MAX, least=0)
    return tuple(sorted({bounds.kind(word, (*path, index)) for index, word in enumerate(given)}))
