"""When two operations are the same: what each one says, by the names that its caller knows."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from tests.simulation.operations import Operation, Verb

# What has no currency of its own is said in major units: 100 cents are the same text as 1 dollar or 1 yen.
_CENTS: Final = {"JPY": 0}


def _major(minor: int, asked: Operation) -> Decimal:
    return Decimal(minor).scaleb(-_CENTS.get(asked.currency, 2))


def _money(asked: Operation) -> tuple[int, str] | None:
    return None if asked.amount is None else (asked.amount, asked.currency)


def _lines(asked: Operation) -> list[tuple[int, Decimal]] | None:
    return None if asked.lines is None else [(line, _major(amount, asked)) for line, amount in asked.lines]


_POSTED: Final[Mapping[str, Callable[[Operation], object]]] = {
    "effectiveAt": lambda asked: asked.effective,
    "externalId": lambda asked: asked.external,
    "require": lambda asked: asked.require,
    "force": lambda asked: asked.force,
}
_MOVED: Final[Mapping[str, Callable[[Operation], object]]] = {
    "entry": lambda asked: (asked.transaction, asked.line),
    "amount": _money,
    "require": lambda asked: asked.require,
}
_ACCOUNT: Final[Mapping[str, Callable[[Operation], object]]] = {
    "account": lambda asked: asked.account,
    "require": lambda asked: asked.require,
}
_FIELDS: Final[Mapping[Verb, Mapping[str, Callable[[Operation], object]]]] = MappingProxyType(
    {
        Verb.OPEN: {
            "currency": lambda asked: asked.currency,
            "normalSide": lambda asked: asked.debit_normal,
            "floor": lambda asked: _major(asked.floor or 0, asked),
            "unlimited": lambda asked: bool(asked.unlimited),
            "externalId": lambda asked: asked.external,
            "name": lambda asked: asked.name,
        },
        Verb.UPDATE: {
            **_ACCOUNT,
            "name": lambda asked: asked.name,
            "floor": lambda asked: None if asked.floor is None else _major(asked.floor, asked),
            "unlimited": lambda asked: asked.unlimited,
        },
        Verb.FREEZE: {**_ACCOUNT, "direction": lambda asked: asked.direction},
        Verb.UNFREEZE: {**_ACCOUNT, "direction": lambda asked: asked.direction},
        Verb.CLOSE: _ACCOUNT,
        Verb.REOPEN: _ACCOUNT,
        Verb.TRANSFER: {
            **_POSTED,
            "from": lambda asked: asked.account,
            "to": lambda asked: asked.other,
            "amount": _money,
            "availableAt": lambda asked: asked.matures,
        },
        Verb.POST: {**_POSTED, "entries": lambda asked: asked.legs, "advance": lambda asked: asked.advance},
        Verb.REVERSE: {
            "transaction": lambda asked: asked.transaction,
            "amount": _money,
            "lines": _lines,
            "externalId": lambda asked: asked.external,
            "require": lambda asked: asked.require,
            "force": lambda asked: asked.force,
        },
        Verb.RESCHEDULE: {
            "transaction": lambda asked: asked.transaction,
            "line": lambda asked: asked.line,
            "amount": _money,
            "availableAt": lambda asked: asked.matures,
            "require": lambda asked: asked.require,
        },
        Verb.RELEASE_EARLY: {**_MOVED, "availableAt": lambda asked: asked.matures},
        Verb.DELAY: {**_MOVED, "until": lambda asked: asked.matures},
        Verb.PLACE: {
            **_ACCOUNT,
            "amount": _money,
            "expiresAt": lambda asked: asked.expires,
            "destination": lambda asked: asked.other,
            "externalId": lambda asked: asked.external,
            "force": lambda asked: asked.force,
        },
        Verb.CAPTURE: {
            "hold": lambda asked: asked.hold,
            "amount": _money,
            "final": lambda asked: asked.final,
            "allowExcess": lambda asked: asked.excess,
            "availableAt": lambda asked: asked.matures,
            "destinations": lambda asked: asked.legs,
            "externalId": lambda asked: asked.external,
            "require": lambda asked: asked.require,
            "force": lambda asked: asked.force,
        },
        Verb.RELEASE: {
            "hold": lambda asked: asked.hold,
            "amount": _money,
            "require": lambda asked: asked.require,
        },
        Verb.INCREMENT: {
            "hold": lambda asked: asked.hold,
            "amount": _money,
            "require": lambda asked: asked.require,
            "force": lambda asked: asked.force,
        },
        Verb.EXTEND: {
            "hold": lambda asked: asked.hold,
            "expiresAt": lambda asked: asked.expires,
            "require": lambda asked: asked.require,
        },
    }
)


def content(asked: Operation) -> dict[str, object]:
    """Return what an operation says, field by field; its key is no part of it."""
    return {name: read(asked) for name, read in _FIELDS[asked.verb].items()}
