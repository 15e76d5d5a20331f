"""What the names of a scenario stand for, and the amounts and conditions that are told by them."""

import re
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from app import ledger
from tests.ledger.world import CURRENCIES
from tests.scenarios import language
from tests.scenarios.language import NotUnderstoodError, Words

_CODE: Final = re.compile(r"[A-Z]{3}")
_NOBODY: Final = UUID(int=2**128 - 1)


@dataclass
class Names:
    """What the names of a scenario stand for so far: their currency, and their id once it is known."""

    start: int
    currency: dict[str, str] = field(default_factory=dict)
    ids: dict[str, UUID] = field(default_factory=dict)

    def reference(self, name: str) -> ledger.Reference:
        if name.startswith("@"):
            return ledger.Reference(id=self.ids.get(name[1:], _NOBODY))
        return ledger.Reference(external_id=name)

    def currency_of(self, name: str) -> str:
        return self.currency.get(name.removeprefix("@"), "USD")

    def instant(self, text: str | None) -> int | None:
        return None if text in {None, "now", "never"} else language.instant(text or "", self.start)

    def amount(self, words: Words, name: str) -> ledger.Amount:
        text = words.take()
        currency = self.currency_of(name)
        if words.left and _CODE.fullmatch(words.left[0]):
            currency = words.take()
        minor = ledger.money.parse(text, CURRENCIES[currency])
        if minor is None:
            raise NotUnderstoodError(f"no amount of {currency}: {text}")
        return ledger.Amount(minor, currency)

    def amount_if_any(self, words: Words, name: str) -> ledger.Amount | None:
        return self.amount(words, name) if words.left and words.left[0][0] in "-0123456789" else None

    def conditions(self, words: Words) -> ledger.Conditions:
        made: list[ledger.Condition] = []
        while "if" in words.left:
            place = words.left.index("if")
            name, component, *rest = words.left[place + 1 :]
            account = self.reference(name)
            if component == "version":
                made.append(ledger.Condition(account, version=int(rest[0])))
                del words.left[place : place + 4]
            else:
                comparison = {">=": ledger.Comparison.GTE, "<=": ledger.Comparison.LTE, "=": ledger.Comparison.EQ}
                amount = ledger.money.normal_text(rest[1])
                part = ledger.Component(component.upper())
                made.append(ledger.Condition(account, None, part, comparison[rest[0]], amount))
                del words.left[place : place + 5]
        return tuple(made)


def world_of(currency: str) -> str:
    """The name of the account that stands for the outside, where `credit` takes from and `debit` gives to."""
    return f"world-{currency}"
