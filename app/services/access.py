"""Access: who is asking, and the only rule of what they may do."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID

from app import ledger
from app.services.faults import Forbidden


class Scope(StrEnum):
    """What a key may be granted; none implies another."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"
    FORCE = "force"
    ADVANCE = "advance"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class Principal:
    """The bearer of a key: the key names the tenant, nothing else does."""

    tenant_id: UUID
    tenant: str
    organisation: str
    mode: Literal["LIVE", "TEST"]
    key_id: str
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        """Whether the scope was granted."""
        return scope in self.scopes

    def demand(self, scope: Scope) -> None:
        """Raise Forbidden where the scope was not granted."""
        if scope not in self.scopes:
            raise Forbidden(f"This needs the scope {scope}.")


def demanded(command: ledger.Command) -> tuple[Scope, ...]:
    """Return the scopes that a command needs by its kind and flags, known before it is decided."""
    match command:
        case (
            ledger.OpenAccount()
            | ledger.UpdateAccount()
            | ledger.FreezeAccount()
            | ledger.UnfreezeAccount()
            | ledger.CloseAccount()
            | ledger.ReopenAccount()
            | ledger.PublishPolicy()
            | ledger.AssignPolicy()
            | ledger.SetClosures()
        ):
            return (Scope.ADMIN,)
        case ledger.Deposit():
            forced = (Scope.FORCE,) if command.force else ()
            return (Scope.WRITE, *forced, *((Scope.OVERRIDE,) if command.available_at is not None else ()))
        case ledger.PostTransaction():
            forced = (Scope.FORCE,) if command.force else ()
            return (Scope.WRITE, *forced, *((Scope.ADVANCE,) if command.advance else ()))
        case (
            ledger.Transfer()
            | ledger.ReverseTransaction()
            | ledger.PlaceHold()
            | ledger.CaptureHold()
            | ledger.IncrementHold()
        ):
            return (Scope.WRITE, Scope.FORCE) if command.force else (Scope.WRITE,)
        case _:
            return (Scope.WRITE,)
