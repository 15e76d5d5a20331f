"""The verbs of advances.

`lend bank fees fees rate 80 rate trusted=90 fee 1.5 plus 0.30 cap 500.00 days 14 seconds 600` is a plan: `rate` is for
every other account, or for those of a tier. `quote q alice 50.00` asks, and without an amount for all there is;
`accept q` has it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from app import ledger
from tests.scenarios.language import Words
from tests.scenarios.names import Names


def _lend(words: Words, names: Names) -> ledger.Command:
    require, lender = names.conditions(words), words.take()
    tiers = [rate.rpartition("=") for rate in words.options("rate")]
    return ledger.SetAdvancePlan(
        names.reference(lender),
        names.reference(words.option("fees") or ""),
        tuple(ledger.AdvanceTier(tier or None, _basis_points(rate)) for tier, _, rate in tiers),
        _basis_points(words.option("fee") or "0"),
        words.option("plus") or "0",
        words.option("cap"),
        int(words.option("days") or 30),
        int(words.option("seconds") or 900),
        require,
    )


def _quote(words: Words, names: Names) -> ledger.Command:
    require, name, account = names.conditions(words), words.take(), words.take()
    amount = names.amount_if_any(words, account)
    return ledger.QuoteInstantAvailability(names.reference(account), amount, name, require)


def _accept(words: Words, names: Names) -> ledger.Command:
    require, quote = names.conditions(words), words.take()
    return ledger.AcceptInstantQuote(names.reference(quote), words.option("as"), require)


def _basis_points(percent: str) -> int:
    found = ledger.money.parse(percent, 2)
    assert found is not None, percent
    return found


ADVANCE_VERBS: Final[Mapping[str, Callable[[Words, Names], ledger.Command]]] = MappingProxyType(
    {"lend": _lend, "quote": _quote, "accept": _accept}
)
