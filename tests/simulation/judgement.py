"""What speaks against an operation, in the oracle's own reckoning: effects are tried out as facts and looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tests.simulation.operations import Answer, Demand
from tests.simulation.oracle import LIMIT, Facts, Posted

ORDER: Final = [
    "INVALID_AMOUNT",
    "INVALID_TIME",
    "ACCOUNT_NOT_FOUND",
    "HOLD_NOT_FOUND",
    "TRANSACTION_NOT_FOUND",
    "SAME_ACCOUNT",
    "UNBALANCED",
    "EXTERNAL_ID_TAKEN",
    "DESTINATION_MISSING",
    "NOT_REVERSIBLE",
    "CURRENCY_MISMATCH",
    "ACCOUNT_CLOSED",
    "ACCOUNT_FROZEN",
    "INVALID_STATUS",
    "VERSION_CONFLICT",
    "CONDITION_FAILED",
    "HOLD_NOT_ACTIVE",
    "CAPTURE_EXCEEDS_HOLD",
    "RELEASE_EXCEEDS_HOLD",
    "REVERSAL_EXCEEDS_ORIGINAL",
    "PIN_NOT_ALLOWED",
    "SLICE_EXCEEDED",
    "INSUFFICIENT_FUNDS",
    "ACCOUNT_NOT_EMPTY",
    "BALANCE_OVERFLOW",
]


@dataclass(slots=True)
class Plan:
    """What an operation would post and set aside, and with what licence; `until` is when its hold lapses."""

    lines: list[Posted] = field(default_factory=list)
    held: dict[str, int] = field(default_factory=dict)
    takes_out: str | None = None
    until: int | None = None
    force: bool = False
    pins: bool = False

    def accounts(self) -> list[str]:
        """The accounts touched, in the order of the lines."""
        return list(dict.fromkeys([*(line.account for line in self.lines), *self.held]))

    def on(self, account: str) -> list[Posted]:
        return [line for line in self.lines if line.account == account]


@dataclass(slots=True)
class Judge:
    """Gathers objections at one instant; the weightiest is the answer."""

    facts: Facts
    at: int
    objections: list[tuple[int, int, str, dict[str, object]]] = field(default_factory=list)

    def object(self, code: str, line: int | None = None, **numbers: object) -> None:
        self.objections.append((ORDER.index(code), line or 0, code, {"line": line, **numbers}))

    def answer(self) -> Answer | None:
        if not self.objections:
            return None
        _, _, code, numbers = min(self.objections, key=lambda objection: objection[:2])
        return Answer(code, {name: value for name, value in numbers.items() if value is not None})

    # -- references -----------------------------------------------------------------------------

    def find(self, kind: str, name: str, *, line: int | None = None) -> str | None:
        """The label behind a name, or None after objecting."""
        facts = self.facts
        known = {"ACCOUNT": facts.opened.keys(), "HOLD": facts.held.keys(), "TRANSACTION": facts.transactions.keys()}[
            kind
        ]
        label = self.facts.external.get((kind, name[1:])) if name.startswith("=") else name
        if label is None or label not in known:
            self.object(f"{kind}_NOT_FOUND", line)
            return None
        return label

    def fresh(self, kind: str, external: str | None) -> None:
        if external is not None and (kind, external) in self.facts.external:
            account = self.facts.external[kind, external] if kind == "ACCOUNT" else None
            self.object("EXTERNAL_ID_TAKEN", account=account)

    def same_currency(self, account: str, currency: str, line: int | None = None, *, blamed: bool = True) -> None:
        """Object where an amount is not in an account's currency, blaming the account or what it belongs to."""
        if self.facts.opened[account].currency != currency:
            self.object("CURRENCY_MISMATCH", line, account=account if blamed else None)

    # -- conditions -----------------------------------------------------------------------------

    def demands(self, demands: Sequence[Demand]) -> None:
        for demand in demands:
            account = self.find("ACCOUNT", demand.account)
            if account is not None:
                self._demand(demand, account)

    def _demand(self, demand: Demand, account: str) -> None:
        if demand.version is not None and demand.version != self.facts.version(account):
            actual = str(self.facts.version(account))
            self.object("VERSION_CONFLICT", account=account, expected=str(demand.version), actual=actual)
        if demand.component is None:
            return
        if abs(demand.amount) >= LIMIT:
            self.object("INVALID_AMOUNT", account=account)
            return
        floor = self.facts.terms_of(account).floor
        available = self.facts.available(account, self.at)
        value = {
            "LEDGER": self.facts.ledger(account),
            "MATURING": self.facts.maturing(account, self.at),
            "HELD": self.facts.held_at(account, self.at),
            "AVAILABLE": available,
            "SPENDABLE": None if floor is None else available - floor,
        }[demand.component]
        if value is None:
            met = demand.comparison == "GTE"
        else:
            wanted = demand.amount
            met = {"EQ": value == wanted, "GTE": value >= wanted, "LTE": value <= wanted}[demand.comparison]
        if not met:
            currency = self.facts.opened[account].currency
            self.object(
                "CONDITION_FAILED",
                account=account,
                expected=f"{demand.component} {demand.comparison} {self.facts.text(demand.amount, currency)}",
                actual=None if value is None else self.facts.text(value, currency),
            )

    # -- effects --------------------------------------------------------------------------------

    def judge(self, plan: Plan) -> None:
        """Try the plan out on each account."""
        for account in plan.accounts():
            line = next((line.line for line in plan.lines if line.account == account), None)
            terms = self.facts.terms_of(account)
            if terms.closed:
                self.object("ACCOUNT_CLOSED", line, account=account)
            moved = sum(fact.signed for fact in plan.on(account))
            if not plan.force:
                if terms.out_frozen and (moved < 0 or plan.takes_out == account):
                    self.object("ACCOUNT_FROZEN", line, account=account, actual="OUT")
                elif terms.in_frozen and moved > 0:
                    self.object("ACCOUNT_FROZEN", line, account=account, actual="IN")
                self._judge_funds(plan, account, line)
            self._judge_pins(plan, account)
            self._judge_size(plan, account, line)

    def _change(self, plan: Plan, account: str, at: int) -> int:
        """By how much the plan, made at an instant, would change what is available then."""
        ready = sum(fact.signed for fact in plan.on(account) if fact.matures is None or fact.matures <= at)
        return ready - plan.held.get(account, 0)

    def _judge_funds(self, plan: Plan, account: str, line: int | None) -> None:
        floor = self.facts.terms_of(account).floor
        if floor is None or self._fits(plan, account, self.at, floor):
            return
        before = self.facts.available(account, self.at)
        self.object(
            "INSUFFICIENT_FUNDS",
            line,
            account=account,
            spendable=before - floor,
            short=floor - before - self._change(plan, account, self.at),
            earliest=next(
                (
                    instant
                    for instant in self.facts.futures(account, self.at)
                    if (plan.until is None or account != plan.takes_out or instant < plan.until)
                    and self._fits(plan, account, instant, floor)
                ),
                None,
            ),
        )

    def _fits(self, plan: Plan, account: str, at: int, floor: int) -> bool:
        change = self._change(plan, account, at)
        return change >= 0 or self.facts.available(account, at) + change >= floor

    def _judge_pins(self, plan: Plan, account: str) -> None:
        lines = plan.on(account)
        for instant in dict.fromkeys(line.matures for line in lines if line.matures is not None):
            net = sum(line.signed for line in lines if line.matures == instant)
            if net >= 0:
                continue
            pin = next(line for line in lines if line.matures == instant and line.signed < 0)
            if not plan.pins and not all(self._later_money(other, pin) for other in plan.lines):
                self.object("PIN_NOT_ALLOWED", pin.line, account=account)
            there = self.facts.bucket(account, instant)
            if there + net < 0:
                self.object("SLICE_EXCEEDED", pin.line, account=account, remaining=there)

    def _later_money(self, other: Posted, pin: Posted) -> bool:
        """Whether a line is none that pays the pinned money out before its time."""
        currencies = self.facts.opened[other.account].currency, self.facts.opened[pin.account].currency
        if other.debit == pin.debit or currencies[0] != currencies[1]:
            return True
        return other.signed > 0 and (other.matures or 0) >= (pin.matures or 0)

    def _judge_size(self, plan: Plan, account: str, line: int | None) -> None:
        lines = plan.on(account)
        ledger = self.facts.ledger(account)
        highest = ledger + sum(fact.signed for fact in lines if fact.signed > 0)
        lowest = ledger + sum(fact.signed for fact in lines if fact.signed < 0)
        maturing = self.facts.maturing(account, self.at) + sum(fact.signed for fact in lines if fact.matures)
        held = self.facts.held_on_paper(account) + plan.held.get(account, 0)
        if highest > LIMIT or lowest < -LIMIT or maturing > LIMIT or held > LIMIT:
            self.object("BALANCE_OVERFLOW", line, account=account)

    # -- reversal -------------------------------------------------------------------------------

    def undo(self, plan: Plan, wanted: dict[int, int], entries: Sequence[Posted]) -> None:
        """Add the lines that undo so much of each entry: gifts first, so that takings may draw on them."""
        gone: dict[tuple[str, int], int] = {}
        undone: dict[int, list[Posted]] = {}
        for entry in entries:
            amount = min(wanted.get(entry.line, 0), self.facts.remainder(entry))
            if amount > 0 and entry.signed < 0:
                back = replace(entry, debit=not entry.debit, signed=amount, matures=self.later(entry.matures))
                undone[entry.line] = [replace(back, names=entry.place)]
                if back.matures is not None:
                    gone[entry.account, back.matures] = gone.get((entry.account, back.matures), 0) - amount
        for entry in entries:
            amount = min(wanted.get(entry.line, 0), self.facts.remainder(entry))
            if amount > 0 and entry.signed > 0:
                undone[entry.line] = self._take(entry, amount, gone)
        for line in sorted(undone):
            for made in undone[line]:
                plan.lines.append(replace(made, line=len(plan.lines) + 1))

    def _take(self, entry: Posted, amount: int, gone: dict[tuple[str, int], int]) -> list[Posted]:
        made: list[Posted] = []
        rests: list[tuple[Posted, int]] = []
        for source in self.facts.family(entry):
            rest, matures = self.facts.rest(source), self.later(source.matures)
            taken = 0
            if matures is not None:
                place = (entry.account, matures)
                there = self.facts.bucket(*place) - gone.get(place, 0)
                taken = max(0, min(amount, rest, there))
                gone[place] = gone.get(place, 0) + taken
                made += [self._taking(source, taken, matures)] if taken else []
            amount -= taken
            rests.append((source, rest - taken))
        for source, rest in rests:
            taken = min(amount, rest)
            made += [self._taking(source, taken, None)] if taken else []
            amount -= taken
        return made

    def _taking(self, source: Posted, amount: int, matures: int | None) -> Posted:
        return replace(source, debit=not source.debit, signed=-amount, matures=matures, names=source.place)

    def later(self, instant: int | None) -> int | None:
        return instant if instant is not None and instant > self.at else None
