"""Makes worlds from seeds: what callers ask and when, aimed at the edges that the oracle can see coming."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from tests.simulation.chances import FOREVER, HOUR, HUGE, Chances
from tests.simulation.operations import Leg, Operation, Verb
from tests.simulation.oracle import HoldState, Posted


@dataclass(frozen=True, slots=True)
class Deliver:
    """Operations that arrive in one call, belonging together where `atomic`, only tried where `dry`."""

    operations: tuple[Operation, ...]
    atomic: bool = False
    dry: bool = False


@dataclass(frozen=True, slots=True)
class Pass:
    """Time passes until an instant."""

    until: int


Step = Deliver | Pass


class Generator(Chances):
    """One world of so many operations."""

    def steps(self) -> Iterator[Step]:
        """Yield steps; each is made from what came of those before it."""
        for opening in self._openings():
            yield Deliver((opening,))
        count = len(self.delivered)
        while count < self.operations_max:
            step = self._step()
            count += len(step.operations) if isinstance(step, Deliver) else 1
            yield step

    def _openings(self) -> list[Operation]:
        chance = self.random
        made = [
            self._make(Verb.OPEN, currency="USD", debit_normal=True, unlimited=True),
            self._make(Verb.OPEN, currency="JPY", debit_normal=True, unlimited=True),
            self._make(Verb.OPEN, currency="USD", debit_normal=True),
            self._make(Verb.OPEN, currency="JPY", unlimited=chance.random() < 0.3),
        ]
        for _ in range(chance.randint(2, 3)):
            floor = chance.choice([0, 0, -100, 50])
            made.append(self._make(Verb.OPEN, currency="USD", floor=floor, external=self._external(0.5)))
        self.delivered += made
        return made

    def _step(self) -> Step:
        draw = self.random.random()
        if draw < 0.10:
            return Pass(self._instant_to_reach())
        if draw < 0.15 and self.delivered:
            return Deliver((self._again(),))
        if draw < 0.22:
            return Deliver(tuple(self._several()), atomic=True, dry=self.random.random() < 0.1)
        if draw < 0.25:
            return Deliver(tuple(self._several()), dry=self.random.random() < 0.1)
        operation = self._one()
        if draw < 0.29:
            return Deliver((operation,), dry=True)
        self.delivered.append(operation)
        return Deliver((operation,))

    def _several(self) -> list[Operation]:
        made = [self._again() if self.random.random() < 0.12 else self._one() for _ in range(self.random.randint(2, 4))]
        self.delivered += made
        return made

    def _again(self) -> Operation:
        """An operation that was delivered before, sometimes with a difference under the same key."""
        before = self.random.choice(self.delivered[-30:])
        if self.random.random() < 0.75:
            return replace(before, label=self._label(before.verb))
        other = self._one(before.verb) if self.random.random() < 0.5 else self._twist(before)
        return replace(other, key=before.key)

    def _twist(self, before: Operation) -> Operation:
        changed = replace(before, label=self._label(before.verb), external=f"x{self.numbers}")
        if before.amount is not None and before.verb is not Verb.CAPTURE:
            changed = replace(changed, amount=before.amount + 1)
        return changed

    # -- operations -----------------------------------------------------------------------------

    def _one(self, verb: Verb | None = None) -> Operation:
        chosen = verb or self.random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        return MAKERS[chosen](self, chosen)

    def _transfer(self, verb: Verb) -> Operation:
        source = self._account()
        currency = self._currency(source)
        target = self._account(currency)
        if self.random.random() < 0.3:
            outside = [name for name, opened in self.facts.opened.items() if opened.currency == currency]
            source = outside[0]
        return self._make(
            verb,
            account=self._by_any_name("ACCOUNT", source),
            other=self._by_any_name("ACCOUNT", target),
            amount=self._amount(source),
            currency=currency,
            matures=self._later(target, 0.45),
            effective=self.random.choice([None] * 18 + [self.at + 5_000_000, self.at + 5_000_001]),
            external=self._external(),
            require=self._demands(),
            force=self._force(),
        )

    def _post(self, verb: Verb) -> Operation:
        currency = self.random.choice(["USD", "USD", "USD", "JPY"])
        legs = self._sale(currency) if self.random.random() < 0.3 else self._passing_on(currency)
        if self.random.random() < 0.15:
            other = self._passing_on("JPY" if currency == "USD" else "USD")
            legs = [*legs, *other]
        if self.random.random() < 0.03:
            legs[0] = replace(legs[0], amount=legs[0].amount + 1)
        if self.random.random() < 0.3:
            self.random.shuffle(legs)
        return self._make(
            verb,
            legs=tuple(legs),
            external=self._external(),
            require=self._demands(),
            force=self._force(),
            advance=self.random.random() < 0.25,
        )

    def _sale(self, currency: str) -> list[Leg]:
        shop, fees = self._account(currency), self._account(currency)
        outside = next(name for name, opened in self.facts.opened.items() if opened.currency == currency)
        amount = self._amount(shop)
        fee = max(1, amount // 20)
        until = self._later(shop, 0.7)
        return [
            Leg(outside, debit=True, amount=amount, currency=currency),
            Leg(shop, debit=False, amount=amount, currency=currency, matures=until),
            Leg(shop, debit=True, amount=fee, currency=currency, matures=until),
            Leg(fees, debit=False, amount=fee, currency=currency, matures=self._later(fees, 0.3)),
        ]

    def _passing_on(self, currency: str) -> list[Leg]:
        """From a bucket, often, into another, sometimes into two."""
        chance = self.random
        source, target = self._account(currency), self._account(currency)
        buckets = [fact for fact in self.facts.posted.get(source, ()) if fact.matures and fact.matures > self.at]
        amount, matures = self._amount(source), None
        if buckets and chance.random() < 0.8:
            matures = chance.choice(buckets).matures
            there = self.facts.bucket(source, matures or 0)
            amount = max(1, chance.choice([there, there + 1, there // 2, 1]))
        until = chance.choice([matures, matures, self._later(target, 0.6)])
        debit = not self.facts.opened[source].debit_normal if source in self.facts.opened else True
        out = Leg(source, debit, amount, currency, matures)
        if chance.random() < 0.3 and amount > 1:
            part = chance.randint(1, amount - 1)
            third = Leg(self._account(currency), not debit, part, currency, until)
            return [out, Leg(target, not debit, amount - part, currency, until), third]
        return [out, Leg(target, not debit, amount, currency, until)]

    def _transaction(self) -> str:
        if not self.facts.transactions or self.random.random() < 0.02:
            return "ghost"
        recent = list(self.facts.transactions)[-12:]
        return self.random.choice(recent)

    def _reverse(self, verb: Verb) -> Operation:
        chance = self.random
        label = self._transaction()
        entries = self.facts.transactions.get(label, [])
        currency = self.facts.opened[entries[0].account].currency if entries else "USD"
        amount, lines = None, None
        if entries and chance.random() < 0.5:
            left = self.facts.remainder(entries[0])
            amount = max(1, chance.choice([left, left // 2, left + 1, 1]))
        single = len({self.facts.opened[entry.account].currency for entry in entries}) == 1
        if single and len(entries) > 2 and amount is not None and chance.random() < 0.9:
            lines, amount = self._lines(entries, amount), None
        return self._make(
            verb,
            transaction=self._by_any_name("TRANSACTION", label),
            amount=amount,
            lines=lines,
            currency=currency,
            external=self._external(),
            require=self._demands(),
            force=self._force(),
        )

    def _lines(self, entries: list[Posted], amount: int) -> tuple[tuple[int, int], ...]:
        """Balanced parts of lines, for the most part."""
        made = []
        for debit in (True, False):
            left = amount
            for entry in entries:
                if entry.debit == debit and left > 0:
                    part = min(left, max(1, self.facts.remainder(entry)))
                    made.append((entry.line, part))
                    left -= part
        if self.random.random() < 0.1:
            made.append((self.random.randint(1, len(entries) + 1), 1))
        return tuple(made)

    def _reschedule(self, verb: Verb) -> Operation:
        chance = self.random
        label = self._transaction()
        entries = self.facts.transactions.get(label, [])
        matured_too = verb is Verb.DELAY and chance.random() < 0.4
        waiting = [entry for entry in entries if entry.signed > 0 and (entry.matures or matured_too)]
        entry = chance.choice(waiting) if waiting and chance.random() < 0.9 else None
        account = entry.account if entry else ""
        amount = None
        if entry and chance.random() < 0.5:
            rest = self.facts.rest(entry)
            amount = max(1, chance.choice([rest // 2, rest, rest + 1]))
        return self._make(
            verb,
            transaction=self._by_any_name("TRANSACTION", label),
            line=entry.line if entry else chance.randint(1, 3),
            amount=amount,
            currency=self._currency(account),
            matures=self._when(verb, account, entry),
            require=self._demands(),
            may_advance=verb is not Verb.RESCHEDULE or chance.random() < 0.7,
        )

    def _when(self, verb: Verb, account: str, entry: Posted | None) -> int | None:
        """An instant that the verb makes sense of, for the most part."""
        chance = self.random
        if verb is Verb.RESCHEDULE:
            return chance.choice([None, self._later(account, 1.0), self.at + 7 * HOUR])
        comes = (entry.matures if entry else None) or self.at
        if comes == FOREVER:
            return None if verb is Verb.RELEASE_EARLY else comes
        if verb is Verb.RELEASE_EARLY:
            return chance.choice([None, comes - HOUR, comes - 1, comes])
        return chance.choice([comes + HOUR, self.at + 7 * HOUR, comes])

    def _place(self, verb: Verb) -> Operation:
        account = self._account()
        return self._make(
            verb,
            account=self._by_any_name("ACCOUNT", account),
            other=self._account(self._currency(account)) if self.random.random() < 0.6 else "",
            amount=self._amount(account),
            currency=self._currency(account),
            expires=self._expiry(),
            external=self._external(),
            require=self._demands(),
            force=self._force(),
        )

    def _hold(self) -> tuple[str, HoldState | None]:
        if not self.facts.held or self.random.random() < 0.02:
            return "ghost", None
        names = list(self.facts.held)
        going = [name for name in names if self.facts.hold(name).status == "ACTIVE"]
        name = self.random.choice(going if going and self.random.random() < 0.85 else names)
        return name, self.facts.hold(name)

    def _hold_amount(self, hold: HoldState | None) -> int:
        remaining = hold.remaining if hold else 5
        return max(1, self.random.choice([remaining, remaining // 2, remaining // 3, remaining + 1, 1]))

    def _of_hold(self, verb: Verb) -> Operation:
        chance = self.random
        name, hold = self._hold()
        currency = self._currency(hold.account) if hold else "USD"
        base = self._make(verb, hold=self._by_any_name("HOLD", name), currency=currency)
        if verb is Verb.EXPIRE:
            return base
        base = replace(base, require=self._demands())
        match verb:
            case Verb.RELEASE:
                return replace(base, amount=chance.choice([None, self._hold_amount(hold)]))
            case Verb.INCREMENT:
                amount = self._amount(hold.account) if hold else 5
                return replace(base, amount=amount, force=self._force())
            case Verb.EXTEND:
                return replace(base, expires=self._expiry())
            case _:
                return self._capture(base, hold)

    def _capture(self, base: Operation, hold: HoldState | None) -> Operation:
        chance = self.random
        legs: list[Leg] = []
        amount = chance.choice([None, self._hold_amount(hold), self._hold_amount(hold)])
        if chance.random() < 0.4:
            first = self._hold_amount(hold)
            legs = [self._part(base.currency, first)]
            if chance.random() < 0.5:
                legs.append(self._part(base.currency, 1))
            total = sum(leg.amount for leg in legs)
            amount = chance.choice([None, None, total, total + chance.choice([0, 0, 1])])
        return replace(
            base,
            amount=amount,
            legs=tuple(legs),
            final=chance.random() < 0.5,
            excess=chance.random() < 0.3,
            matures=None if legs else self._later(hold.account if hold else "", 0.2),
            external=self._external(),
            force=self._force(),
        )

    def _part(self, currency: str, amount: int) -> Leg:
        account = self._account(currency)
        return Leg(account, debit=False, amount=amount, currency=currency, matures=self._later(account, 0.3))

    def _open(self, verb: Verb) -> Operation:
        chance = self.random
        if len(self.facts.opened) > 10:
            return self._transfer(Verb.TRANSFER)
        return self._make(
            verb,
            currency=chance.choice(["USD", "JPY"]),
            debit_normal=chance.random() < 0.3,
            floor=chance.choice([None, 0, -50, 10, HUGE + 1 if chance.random() < 0.1 else 5]),
            unlimited=chance.random() < 0.2,
            external=self._external(0.6),
        )

    def _terms(self, verb: Verb) -> Operation:
        chance = self.random
        account = self._account()
        if verb is Verb.CLOSE:
            idle = [name for name in self.facts.opened if not self.facts.ledger(name)]
            account = chance.choice(idle) if idle and chance.random() < 0.7 else account
        if verb in {Verb.REOPEN, Verb.UNFREEZE}:
            stopped = [name for name in self.facts.opened if self._stopped(name)]
            account = chance.choice(stopped) if stopped and chance.random() < 0.9 else account
        base = self._make(verb, account=account, require=self._demands())
        if verb is Verb.UPDATE:
            return replace(
                base,
                currency=self.facts.opened[account].currency if account in self.facts.opened else "USD",
                name=chance.choice([None, "n", "m"]),
                floor=chance.choice([None, None, 0, -80, 30]),
                unlimited=chance.choice([None, None, None, True, False]),
            )
        direction = chance.choice(["OUT", "IN", "BOTH"])
        return replace(base, direction=direction) if verb in {Verb.FREEZE, Verb.UNFREEZE} else base

    def _stopped(self, name: str) -> bool:
        terms = self.facts.terms_of(name)
        return terms.closed or terms.out_frozen or terms.in_frozen


WEIGHTS: Final = {
    Verb.TRANSFER: 26,
    Verb.POST: 16,
    Verb.PLACE: 12,
    Verb.CAPTURE: 13,
    Verb.REVERSE: 12,
    Verb.RESCHEDULE: 6,
    Verb.RELEASE_EARLY: 4,
    Verb.DELAY: 4,
    Verb.EXPIRE: 4,
    Verb.RELEASE: 4,
    Verb.INCREMENT: 4,
    Verb.EXTEND: 3,
    Verb.UNFREEZE: 4,
    Verb.FREEZE: 1,
    Verb.REOPEN: 3,
    Verb.CLOSE: 1,
    Verb.UPDATE: 2,
    Verb.OPEN: 1,
}

MAKERS: Final[dict[Verb, Callable[[Generator, Verb], Operation]]] = {
    Verb.TRANSFER: Generator._transfer,
    Verb.POST: Generator._post,
    Verb.REVERSE: Generator._reverse,
    Verb.RESCHEDULE: Generator._reschedule,
    Verb.RELEASE_EARLY: Generator._reschedule,
    Verb.DELAY: Generator._reschedule,
    Verb.PLACE: Generator._place,
    Verb.CAPTURE: Generator._of_hold,
    Verb.RELEASE: Generator._of_hold,
    Verb.INCREMENT: Generator._of_hold,
    Verb.EXTEND: Generator._of_hold,
    Verb.EXPIRE: Generator._of_hold,
    Verb.OPEN: Generator._open,
    Verb.UPDATE: Generator._terms,
    Verb.FREEZE: Generator._terms,
    Verb.UNFREEZE: Generator._terms,
    Verb.CLOSE: Generator._terms,
    Verb.REOPEN: Generator._terms,
}
