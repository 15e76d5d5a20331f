"""What happened: immutable facts in the order of the tenant's history."""

from enum import StrEnum
from typing import Final
from uuid import UUID

from app.values import value

PAYLOAD_VERSION: Final = 1


class EventKind(StrEnum):
    """The kinds of facts that the outbox tells."""

    ACCOUNT_OPENED = "account.opened"
    ACCOUNT_UPDATED = "account.updated"
    ACCOUNT_FROZEN = "account.frozen"
    ACCOUNT_UNFROZEN = "account.unfrozen"
    ACCOUNT_CLOSED = "account.closed"
    ACCOUNT_REOPENED = "account.reopened"
    TRANSACTION_POSTED = "transaction.posted"
    HOLD_PLACED = "hold.placed"
    HOLD_INCREMENTED = "hold.incremented"
    HOLD_EXTENDED = "hold.extended"
    HOLD_CAPTURED = "hold.captured"
    HOLD_RELEASED = "hold.released"
    HOLD_EXPIRED = "hold.expired"
    POLICY_PUBLISHED = "policy.published"
    POLICY_ASSIGNED = "policy.assigned"
    CALENDAR_CHANGED = "calendar.changed"
    RESERVE_PLANNED = "reserve.planned"
    ADVANCE_PLANNED = "advance.planned"
    ADVANCE_ACCEPTED = "advance.accepted"
    QUOTE_MADE = "quote.made"


@value
class Event:
    """One fact: position (`sequence`, `ordinal`), what it is about, and when it happened.

    `payload` holds strings, whole numbers and nulls only; amounts are minor units.
    """

    sequence: int
    ordinal: int
    kind: EventKind
    subject_id: UUID
    payload: tuple[tuple[str, str | int | None], ...]
    occurred_at: int
    recorded_at: int
