"""What a simulated caller may say, drawn by chance near the edges: amounts, instants, names, conditions."""

from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.simulation.operations import Demand, Operation, Verb
from tests.simulation.oracle import Facts
from tests.simulation.rulebook import Rulebook

HOUR: Final = 3_600_000_000
FOREVER: Final = 253_402_300_799_999_999
HUGE: Final = 10**18 - 1


@dataclass(slots=True)
class Chances:
    """One world's chances: the same seed draws the same. They look at the oracle, never at the ledger."""

    seed: int
    oracle: Rulebook
    operations_max: int = 200
    random: Random = field(init=False)
    delivered: list[Operation] = field(default_factory=list)
    numbers: int = 0
    big: bool = False

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.big = self.seed % 16 == 0

    @property
    def facts(self) -> Facts:
        return self.oracle.facts

    @property
    def at(self) -> int:
        return self.oracle.at

    def _label(self, verb: Verb) -> str:
        self.numbers += 1
        return f"{verb.value}-{self.numbers}"

    def _make(self, verb: Verb, **given: object) -> Operation:
        self.numbers += 1
        key = None if verb is Verb.EXPIRE else f"k{self.numbers}"
        return Operation(verb, key, self._label(verb), **given)  # type: ignore[arg-type]

    def _external(self, odds: float = 0.12) -> str | None:
        if self.random.random() >= odds:
            return None
        taken = [external for _, external in self.facts.external]
        return self.random.choice(taken) if taken and self.random.random() < 0.2 else f"x{self.numbers}"

    def _account(self, currency: str | None = None) -> str:
        if self.random.random() < 0.01:
            return self.random.choice(["ghost", "=ghost"])
        known = [name for name, opened in self.facts.opened.items() if currency in {None, opened.currency}]
        return self.random.choice(known)

    def _by_any_name(self, kind: str, label: str) -> str:
        """The label, or now and then the external id of the same thing."""
        if self.random.random() < 0.2:
            for (of, external), named in self.facts.external.items():
                if of == kind and named == label:
                    return f"={external}"
        return label

    def _currency(self, account: str) -> str:
        if self.random.random() < 0.01:
            return self.random.choice(["USD", "JPY"])
        return self.facts.opened[account].currency if account in self.facts.opened else "USD"

    def _amount(self, account: str) -> int:
        """Some amount, often just what is there, one more or one less."""
        chance = self.random
        draw = chance.random()
        if draw < 0.005:
            return chance.choice([0, -5, HUGE + 1])
        if self.big and draw < 0.15:
            return chance.choice([HUGE, HUGE // 2, HUGE - chance.randint(0, 9)])
        if draw < 0.35 and account in self.facts.opened:
            available = self.facts.available(account, self.at)
            near = available - (self.facts.terms_of(account).floor or 0) + chance.choice([-1, 0, 0, 1])
            if 0 < near < HUGE:
                return near
        return chance.randint(1, 200)

    def _later(self, account: str, odds: float) -> int | None:
        """An instant for money to mature: often none, often one that others have."""
        chance = self.random
        if chance.random() >= odds:
            return None
        known = [fact.matures for fact in self.facts.posted.get(account, ()) if fact.matures]
        if known and chance.random() < 0.5:
            return chance.choice(known)
        return chance.choice([self.at + HOUR * chance.randint(1, 6), self.at + 1, self.at, self.at - HOUR, FOREVER])

    def _expiry(self) -> int | None:
        chance = self.random
        return chance.choice([None, self.at + HOUR, self.at + 2 * HOUR, self.at + chance.randint(0, 2), self.at + 9])

    def _instant_to_reach(self) -> int:
        chance = self.random
        instants = {fact.matures for facts in self.facts.posted.values() for fact in facts if fact.matures}
        instants |= {hold.expires for hold in map(self.facts.hold, self.facts.held) if hold.expires}
        near = sorted(instant for instant in instants if self.at < instant < FOREVER)[:4]
        if near and chance.random() < 0.8:
            return max(self.at, chance.choice(near) + chance.choice([-1, -1, 0, 0, 1]))
        return self.at + chance.choice([0, 1, HOUR // 2, HOUR])

    def _demands(self) -> tuple[Demand, ...]:
        if self.random.random() >= 0.06:
            return ()
        account = self._account()
        if account not in self.facts.opened:
            return (Demand(account, version=1),)
        if self.random.random() < 0.4:
            return (Demand(account, version=self.facts.version(account) - self.random.choice([0, 0, 1])),)
        component = self.random.choice(["LEDGER", "MATURING", "HELD", "AVAILABLE", "SPENDABLE"])
        near = self.facts.available(account, self.at) + self.random.randint(-1, 1)
        amount = near if abs(near) <= HUGE else 0
        return (Demand(account, None, component, self.random.choice(["EQ", "GTE", "LTE"]), amount),)

    def _force(self) -> bool:
        return self.random.random() < 0.04
