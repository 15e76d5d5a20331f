"""Plays a scenario against a target, compares what comes of each step with what it says, and writes a transcript."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from app import ledger
from tests.ledger.world import CURRENCIES
from tests.scenarios import language
from tests.scenarios.language import NotUnderstoodError, Scenario, Step, Words
from tests.scenarios.names import Names, world_of
from tests.scenarios.target import Target
from tests.scenarios.verbs import command

_NUMBERS: Final = ("spendable", "short", "earliest", "remaining", "expected", "actual", "differs", "index")
_CULPRIT: Final = ("on", "hold", "transaction", "line", "field")
Fields = dict[str, str]


async def play(scenario: Scenario, target: Target) -> list[str]:
    """Run every step; return the transcript. An expectation that is not met raises with the line."""
    stage = _Stage(target, Names(target.at))
    for step in scenario.steps:
        try:
            await stage.perform(step)
        except (AssertionError, NotUnderstoodError, ValueError, IndexError) as error:
            raise AssertionError(f"{scenario.topic}.txt:{step.number}: {step.text}\n{error}") from error
    await stage.sum_up()
    return stage.transcript


@dataclass
class _Stage:
    target: Target
    names: Names
    accounts: dict[str, UUID] = field(default_factory=dict)
    holds: dict[str, UUID] = field(default_factory=dict)
    transactions: dict[str, UUID] = field(default_factory=dict)
    quotes: dict[str, ledger.InstantQuote] = field(default_factory=dict)
    exponents: dict[UUID, int] = field(default_factory=dict)
    transcript: list[str] = field(default_factory=list)

    async def perform(self, step: Step) -> None:
        match step.verb:
            case "clock":
                await self.target.clock_to(language.instant(step.words[1], self.names.start))
            case "funds":
                await self._funds(step)
            case "show":
                await self._show(step)
            case "lines":
                await self._lines(step)
            case "reserved":
                await self._reserved(step)
            case "quoted":
                await self._quoted(step)
            case "advanced":
                await self._advanced(step)
            case "group" | "batch":
                await self._submit(step.inside, atomic=step.verb == "group", dry="dry" in step.words)
            case _:
                await self._submit((step,), atomic=False, dry="dry" in step.words)

    # -- commands -------------------------------------------------------------------------------

    async def _submit(self, steps: Sequence[Step], *, atomic: bool, dry: bool) -> None:
        requests, known = [], []
        for step in steps:
            if step.verb in {"credit", "debit", "deposit"}:
                await self._open_world(self.names.currency_of(step.words[1]))
            words = Words.of([word for word in step.words if word != "dry"])
            key, clerk = words.option("key") or f"line-{step.number}", words.option("by") == "clerk"
            known.append(_name_made(step))
            requests.append(self.target.request(command(words, self.names), key, clerk=clerk))
        if atomic:
            groups = [ledger.Group(tuple(requests), atomic=True)]
        else:
            groups = [ledger.Group((request,)) for request in requests]
        decided = [one for group in await self.target.submit(groups, dry_run=dry) for one in group]
        for step, name, decision in zip(steps, known, decided, strict=True):
            if isinstance(decision, ledger.Accepted) and not dry:
                self._learn(step, name, decision)
                if step.verb == "quote":
                    self.quotes[step.words[1]] = await self.target.quote(decision.sequence)
        for step, decision in zip(steps, decided, strict=True):
            self._compare(step, decision)

    async def _open_world(self, currency: str) -> None:
        name = world_of(currency)
        if name in self.accounts:
            return
        self.names.currency[name] = currency
        outside = ledger.OpenAccount(
            currency,
            purpose=ledger.Purpose.EXTERNAL,
            normal_side=ledger.Side.DEBIT,
            unlimited=True,
            external_id=name,
        )
        ((decision,),) = await self.target.submit([ledger.Group((self.target.request(outside, name),))])
        assert isinstance(decision, ledger.Accepted)
        assert decision.account_id is not None
        self._know(self.accounts, name, decision.account_id)
        self.exponents[decision.account_id] = CURRENCIES[currency]

    def _learn(self, step: Step, name: str | None, made: ledger.Accepted) -> None:
        if step.verb == "open" and made.account_id is not None:
            self._know(self.accounts, step.words[1], made.account_id)
            self.exponents[made.account_id] = CURRENCIES[self.names.currency[step.words[1]]]
        if step.verb == "hold" and made.hold_id is not None:
            self._know(self.holds, step.words[1], made.hold_id)
        if name is not None and made.transaction_id is not None:
            self._know(self.transactions, name, made.transaction_id)

    def _know(self, kind: dict[str, UUID], name: str, made: UUID) -> None:
        assert kind.setdefault(name, made) == made, f"{name} was made twice"
        self.names.ids[name] = made

    # -- answers --------------------------------------------------------------------------------

    def _compare(self, step: Step, decision: ledger.Decision) -> None:
        told = self._tell(decision)
        self.transcript.append(f"{step.text.partition(' -> ')[0]} -> {told}")
        expected = list(step.outcome) or ["ok"]
        if isinstance(decision, ledger.Denied):
            assert expected == ["FORBIDDEN", decision.scope], told
            return
        replayed = "replayed" in expected
        if replayed:
            expected.remove("replayed")
        assert replayed == decision.replayed, told
        if isinstance(decision, ledger.Accepted):
            assert expected.pop(0) == "ok", told
            if expected:
                assert expected.pop(0) == "leaves", expected
                account = self._account(expected.pop(0))
                self._compare_funds(account, decision.balances[account], expected)
            return
        rejection = decision.rejection
        assert expected.pop(0) == rejection.code, told
        actual, wanted = self._fields(rejection), _pairs(expected)
        if "earliest" in wanted and wanted["earliest"] == "never":
            del wanted["earliest"]
        numbers = {name: value for name, value in actual.items() if name in _NUMBERS}
        assert numbers == {name: self._written(name, value) for name, value in wanted.items() if name in _NUMBERS}, told
        for name in _CULPRIT:
            if name in wanted:
                assert actual.get(name) == wanted[name], told

    def _tell(self, decision: ledger.Decision) -> str:
        match decision:
            case ledger.Accepted():
                return f"ok at {decision.sequence}{' replayed' if decision.replayed else ''}"
            case ledger.Rejected(rejection):
                fields = " ".join(f"{name} {value!r}" for name, value in self._fields(rejection).items())
                return f"{rejection.code} {fields}{' replayed' if decision.replayed else ''}"
            case ledger.Denied(scope):
                return f"FORBIDDEN {scope}"

    def _fields(self, rejection: ledger.Rejection) -> Fields:
        def money(minor: int | None) -> str | None:
            return None if minor is None else ledger.money.text_of(minor, rejection.exponent)

        culprit = rejection.culprit
        found = {
            "spendable": money(rejection.spendable),
            "short": money(rejection.shortfall),
            "earliest": self._offset(rejection.earliest_at),
            "remaining": money(rejection.remaining),
            "expected": rejection.expected,
            "actual": rejection.actual,
            "differs": ",".join(rejection.differs) or None,
            "index": _written(culprit.index),
            "on": self._name(self.accounts, culprit.account),
            "hold": self._name(self.holds, culprit.hold),
            "transaction": self._name(self.transactions, culprit.transaction),
            "line": _written(culprit.line),
            "field": culprit.field,
        }
        return {name: value for name, value in found.items() if value is not None}

    def _written(self, name: str, value: str) -> str:
        """An expectation in the form of an answer, so that +24h is +1d."""
        if name != "earliest":
            return value
        return language.offset(language.instant(value, self.names.start), self.names.start)

    def _offset(self, at: int | None) -> str | None:
        return None if at is None else language.offset(at, self.names.start)

    def _name(self, kind: dict[str, UUID], found: UUID | None) -> str | None:
        if found is None:
            return None
        return next((name for name, made in kind.items() if made == found), "?")

    # -- reads ----------------------------------------------------------------------------------

    def _account(self, name: str) -> UUID:
        assert name in self.accounts, f"no account {name}"
        return self.accounts[name]

    async def _funds(self, step: Step) -> None:
        words = Words(list(step.words[1:]))
        account, at = self._account(words.take()), self.names.instant(words.option("at"))
        words.done()
        balance = (await self.target.balances([account], at))[account]
        self._compare_funds(account, balance, step.outcome)

    def _compare_funds(self, account: UUID, balance: ledger.Balance, outcome: Sequence[str]) -> None:
        actual = self._parts(account, balance)
        for name, value in _pairs(outcome).items():
            assert actual[name] == value, f"{name} {actual[name]}: {actual}"

    def _parts(self, account: UUID, balance: ledger.Balance) -> Fields:
        def money(minor: int | None) -> str:
            return "unlimited" if minor is None else ledger.money.text_of(minor, self.exponents[account])

        return {
            "ledger": money(balance.ledger),
            "maturing": money(balance.maturing),
            "held": money(balance.held),
            "available": money(balance.available),
            "floor": money(balance.floor),
            "spendable": money(balance.spendable),
            "version": str(balance.version),
            "frozen": {(0, 0): "no", (1, 0): "out", (0, 1): "in", (1, 1): "both"}[
                balance.out_frozen, balance.in_frozen
            ],
            "closed": "yes" if balance.closed else "no",
        }

    async def _show(self, step: Step) -> None:
        hold_id = self.holds[step.words[1]]
        actual = self._hold((await self.target.holds([hold_id]))[hold_id])
        status, *rest = step.outcome
        for name, value in {"status": status, **_pairs(rest)}.items():
            assert actual[name] == value, f"{name} {actual[name]}: {actual}"

    def _hold(self, hold: ledger.Hold) -> Fields:
        exponent = self.exponents[hold.account_id]
        money = {"amount": hold.amount, "captured": hold.captured, "released": hold.released}
        written = {name: ledger.money.text_of(minor, exponent) for name, minor in money.items()}
        written["remaining"] = ledger.money.text_of(hold.remaining, exponent)
        return {"status": hold.status, **written, "expires": self._offset(hold.expires_at) or "never"}

    async def _lines(self, step: Step) -> None:
        found = " ; ".join(
            [self._line(entry) for entry in await self.target.entries_of(self.transactions[step.words[1]])]
        )
        self.transcript.append(found)
        assert found == " ".join(step.outcome), found

    async def _reserved(self, step: Step) -> None:
        account = self._account(step.words[1])
        found = ledger.money.text_of(await self.target.reserved(account), self.exponents[account])
        self.transcript.append(found)
        assert [found] == list(step.outcome), found

    async def _quoted(self, step: Step) -> None:
        quote = self.quotes[step.words[1]]
        exponent = self.exponents[quote.account_id]
        money = ledger.money.text_of
        repaid = [f"{self._offset(part.at)} {money(part.amount, exponent)}" for part in quote.repayments]
        expires = self._offset(quote.expires_at)
        found = " ".join(
            [f"{money(quote.amount, exponent)} fee {money(quote.fee, exponent)}", *repaid, f"until {expires}"]
        )
        self.transcript.append(found)
        assert found == " ".join(step.outcome), found

    async def _advanced(self, step: Step) -> None:
        account = self._account(step.words[1])
        found = ledger.money.text_of(await self.target.advanced(account), self.exponents[account])
        self.transcript.append(found)
        assert [found] == list(step.outcome), found

    def _line(self, entry: ledger.Entry) -> str:
        amount = ledger.money.text_of(entry.amount, self.exponents[entry.account_id])
        text = f"{entry.side.lower()} {self._name(self.accounts, entry.account_id)} {amount}"
        if entry.available_at is not None:
            text += f" matures {self._offset(entry.available_at)}"
        if entry.kind != "PRINCIPAL":
            text += f" kind {entry.kind}"
        if entry.of_entry is not None:
            text += f" of {self._name(self.transactions, entry.of_entry.transaction_id)}/{entry.of_entry.line}"
        return text

    async def sum_up(self) -> None:
        """Add how everything stands at the end, so that two transcripts differ where anything does."""
        balances = await self.target.balances(list(self.accounts.values()))
        for name, account_id in self.accounts.items():
            self.transcript.append(f"{name} {self._parts(account_id, balances[account_id])}")
        holds = await self.target.holds(list(self.holds.values()))
        self.transcript += [f"{name} {self._hold(holds[hold_id])}" for name, hold_id in self.holds.items()]


def _written(number: int | None) -> str | None:
    return None if number is None else str(number)


def _name_made(step: Step) -> str | None:
    """The name of the transaction that a step makes."""
    for word in ("as", "known"):
        if word in step.words and step.verb != "open":
            return re.sub(":$", "", step.words[step.words.index(word) + 1])
    return None


def _pairs(words: Sequence[str]) -> Fields:
    if len(words) % 2:
        raise NotUnderstoodError(f"not pairs: {' '.join(words)}")
    return dict(zip(words[::2], words[1::2], strict=True))
