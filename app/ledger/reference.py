"""How a caller names things of the ledger, and what may be required of them before a command."""

from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from app.values import value


@value
class Reference:
    """Names an account, transaction or hold by its id or by the caller's own external id."""

    id: UUID | None = None
    external_id: str | None = None


@value
class EntryReference:
    """Names an entry: the `line`, from 1, of a transaction."""

    transaction: Reference
    line: int


@value
class KeptUntil:
    """Names an instant until which something is kept, in place of a number of days."""

    at: int


class Component(StrEnum):
    """A part of a balance that a condition may look at."""

    LEDGER = "LEDGER"
    MATURING = "MATURING"
    HELD = "HELD"
    AVAILABLE = "AVAILABLE"
    SPENDABLE = "SPENDABLE"


class Comparison(StrEnum):
    """How a condition compares."""

    EQ = "EQ"
    GTE = "GTE"
    LTE = "LTE"


@value
class Condition:
    """Must hold before the command: the account's version, or one component against an amount.

    `amount` is normalised decimal text in the account's currency.
    """

    account: Reference
    version: int | None = None
    component: Component | None = None
    comparison: Comparison = Comparison.GTE
    amount: str | None = None


Conditions: TypeAlias = tuple[Condition, ...]
