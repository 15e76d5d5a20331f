"""Access: who is asking, and the only rule of what they may do."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from app import ledger
from app.services.faults import Forbidden
from app.values import value


class Scope(StrEnum):
    """What a bearer may be granted, each by itself: none implies another."""

    BALANCES_READ = "balances:read"
    HISTORY_READ = "history:read"
    MONEY_MOVE = "money:move"
    MONEY_FORCE = "money:force"
    MONEY_ADVANCE = "money:advance"
    MONEY_DELAY = "money:delay"
    MONEY_OVERRIDE = "money:override"
    HOLDS_MANAGE = "holds:manage"
    ACCOUNTS_MANAGE = "accounts:manage"
    POLICIES_MANAGE = "policies:manage"
    CLOCK_MOVE = "clock:move"
    FUNDS_CONFIRM = "funds:confirm"
    KEYS_MANAGE = "keys:manage"
    AUDIT_READ = "audit:read"
    INTROSPECT = "introspect"


# The ledger knows what it decides and nothing of scopes: what it found missing, by the word that it uses.
_MISSED: Final = {"advance": Scope.MONEY_ADVANCE}


@value
class Principal:
    """Who asks: the bearer of a key or token, which names the tenant; nothing else does."""

    tenant_id: UUID
    tenant: str
    organisation: str
    mode: Literal["LIVE", "TEST"]
    key_id: str
    scopes: frozenset[Scope]
    address: str | None = None
    """Where the request comes from, as far as it is known."""

    def may(self, scope: Scope) -> bool:
        """Whether the scope was granted."""
        return scope in self.scopes

    def demand(self, *scopes: Scope) -> None:
        """Raise Forbidden where none of the scopes was granted."""
        if self.scopes.isdisjoint(scopes):
            raise Forbidden(f"This needs the scope {' or '.join(scopes)}.")


def denial(denied: ledger.Denied) -> Forbidden:
    """Return the fault that a decision comes to which only lacked a scope."""
    return Forbidden(f"This needs the scope {_MISSED[denied.scope]}.")


def demanded(command: ledger.Command) -> tuple[Scope, ...]:
    """Return the scopes that a command needs, all of them, by its kind and flags, before it is decided."""
    needed = _NEEDED.get(type(command), ())
    if not needed:
        raise Forbidden("Only the ledger itself gives this command.")
    overrides = isinstance(command, ledger.Deposit) and command.available_at is not None
    flagged = tuple(scope for flag, scope in _FLAGS.items() if getattr(command, flag, False))
    return needed + flagged + ((Scope.MONEY_OVERRIDE,) if overrides else ())


_ACCOUNTS: Final = (Scope.ACCOUNTS_MANAGE,)
_POLICIES: Final = (Scope.POLICIES_MANAGE,)
_MONEY: Final = (Scope.MONEY_MOVE,)
_HOLDS: Final = (Scope.HOLDS_MANAGE,)
_NEEDED: Final[Mapping[type[ledger.Command], tuple[Scope, ...]]] = {
    ledger.OpenAccount: _ACCOUNTS,
    ledger.UpdateAccount: _ACCOUNTS,
    ledger.FreezeAccount: _ACCOUNTS,
    ledger.UnfreezeAccount: _ACCOUNTS,
    ledger.CloseAccount: _ACCOUNTS,
    ledger.ReopenAccount: _ACCOUNTS,
    ledger.Transfer: _MONEY,
    ledger.PostTransaction: _MONEY,
    ledger.ReverseTransaction: _MONEY,
    ledger.RescheduleEntry: _MONEY,
    # Each way in time has a scope of its own: who watches over risk need not be able to move money elsewhere.
    ledger.ReleaseEarly: (Scope.MONEY_ADVANCE,),
    ledger.DelayAvailability: (Scope.MONEY_DELAY,),
    # It takes what has not matured, as a pin with `advance` does.
    ledger.ForfeitReserve: (*_MONEY, Scope.MONEY_ADVANCE),
    ledger.Deposit: _MONEY,
    ledger.PlaceHold: _HOLDS,
    ledger.IncrementHold: _HOLDS,
    ledger.ExtendHold: _HOLDS,
    ledger.ReleaseHold: _HOLDS,
    # A capture posts a transaction: to manage holds is not enough to send their money away.
    ledger.CaptureHold: _HOLDS + _MONEY,
    ledger.PublishPolicy: _POLICIES,
    ledger.AssignPolicy: _POLICIES,
    ledger.SetClosures: _POLICIES,
    ledger.SetReservePlan: _POLICIES,
    ledger.SetAdvancePlan: _POLICIES,
    ledger.QuoteInstantAvailability: (Scope.MONEY_ADVANCE,),
    # The fee is moved, and what has not matured is taken.
    ledger.AcceptInstantQuote: (*_MONEY, Scope.MONEY_ADVANCE),
}
_FLAGS: Final[Mapping[str, Scope]] = {"force": Scope.MONEY_FORCE, "advance": Scope.MONEY_ADVANCE}
