"""What a simulated caller asks, in words of its own: the oracle and the ledger each make of it what they understand."""

from dataclasses import dataclass, field, fields
from enum import StrEnum


class Verb(StrEnum):
    """Everything that can be asked."""

    OPEN = "openAccount"
    UPDATE = "updateAccount"
    FREEZE = "freezeAccount"
    UNFREEZE = "unfreezeAccount"
    CLOSE = "closeAccount"
    REOPEN = "reopenAccount"
    TRANSFER = "transfer"
    POST = "postTransaction"
    REVERSE = "reverseTransaction"
    RESCHEDULE = "rescheduleEntry"
    RELEASE_EARLY = "releaseEarly"
    DELAY = "delayAvailability"
    PLACE = "placeHold"
    CAPTURE = "captureHold"
    RELEASE = "releaseHold"
    INCREMENT = "incrementHold"
    EXTEND = "extendHold"
    EXPIRE = "recordExpiry"


@dataclass(frozen=True, slots=True)
class Leg:
    """A line of what is posted, or a destination of a capture; a debit where `debit`, in whole minor units."""

    account: str
    debit: bool
    amount: int
    currency: str
    matures: int | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """A condition: the version of an account, or a component against whole minor units."""

    account: str
    version: int | None = None
    component: str | None = None
    comparison: str = "GTE"
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing asked under a key. Names of things are labels, or external ids where they begin with `=`.

    `label` names what would be made; amounts and floors are whole minor units of `currency`.
    """

    verb: Verb
    key: str | None
    label: str
    account: str = ""
    other: str = ""
    hold: str = ""
    transaction: str = ""
    currency: str = ""
    amount: int | None = None
    matures: int | None = None
    expires: int | None = None
    effective: int | None = None
    line: int = 0
    debit_normal: bool = False
    floor: int | None = None
    unlimited: bool | None = None
    direction: str = "BOTH"
    name: str | None = None
    legs: tuple[Leg, ...] = ()
    lines: tuple[tuple[int, int], ...] | None = None
    require: tuple[Demand, ...] = ()
    external: str | None = None
    final: bool = True
    excess: bool = False
    force: bool = False
    advance: bool = False
    may_advance: bool = True

    def __repr__(self) -> str:
        told = [f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if getattr(self, f.name) != f.default]
        return f"Operation({', '.join(told)})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an operation: no code is accepted. Numbers are those a refusal carries, instants absolute."""

    code: str | None = None
    numbers: dict[str, object] = field(default_factory=dict)
    made: str | None = None
    replayed: bool = False
    stored: bool = True

    def __str__(self) -> str:
        told = " ".join(f"{name}={value}" for name, value in sorted(self.numbers.items()))
        return f"{self.code or 'ACCEPTED'} {told} {self.made or ''}{' replayed' if self.replayed else ''}"
