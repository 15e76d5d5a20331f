"""Random worlds of merchants who are paid, keep reserves, have advances and lose sales, and of who lends to them."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Final
from uuid import UUID

from app import ledger
from tests.scenarios.target import Target

DAY: Final = 86_400_000_000
MERCHANTS: Final = ("ann", "ben")
_FUNDS: Final = 5_000_00
_TERMS: Final = """{"currency": "USD", "timeZone": "UTC", "calendar": "WEEKDAYS", "rules": [{"name": "all",
    "portions": [{"take": {"percent": "20"}, "available": "AT_ONCE"}, {"take": "REST", "available": {"days": 2}}]}]}"""


def by(name: str) -> ledger.Reference:
    return ledger.Reference(external_id=name)


def usd(minor: int) -> ledger.Amount:
    return ledger.Amount(minor, "USD")


@dataclass(slots=True)
class Lending:
    """One world: what the lender must get back, reckoned beside the ledger from the quotes alone."""

    target: Target
    seed: int
    chance: Random = field(init=False)
    ids: dict[str, UUID] = field(default_factory=dict)
    sales: list[tuple[str, int]] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    owed: Counter[int] = field(default_factory=Counter)
    lent: int = 0
    came: Counter[str] = field(default_factory=Counter)
    _numbers: int = 0
    _offers: dict[str, ledger.InstantQuote] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)

    async def run(self, steps: int) -> None:
        """Let so many things happen, and after each look whether the lender has what is due."""
        await self._begin()
        for _ in range(steps):
            if self.chance.random() < 0.2:
                hours = self.chance.choice([1, 6, 24, 72])
                await self.target.clock_to(self.target.at + hours * DAY // 24)
            else:
                await self._do(self._command())
            await self.check()
        await self.target.clock_to(self.target.at + 60 * DAY)
        await self.check()
        bank = (await self.target.balances([self.ids["bank"]]))[self.ids["bank"]]
        assert (bank.available, bank.maturing) == (_FUNDS, 0), "an advance is repaid exactly"

    async def check(self) -> None:
        """What the lender can spend is what it began with, less what is lent and has not come back yet."""
        at = self.target.at
        balances = await self.target.balances(list(self.ids.values()))
        out = sum(amount for instant, amount in self.owed.items() if instant > at)
        bank = balances[self.ids["bank"]]
        assert (bank.ledger, bank.available, bank.maturing) == (_FUNDS, _FUNDS - out, out)
        assert sum([await self.target.advanced(self.ids[name]) for name in MERCHANTS]) == out
        assert sum(self._signed(name, balances[id_].ledger) for name, id_ in self.ids.items()) == 0
        # Foretold today for the day on which all is repaid.
        later = (await self.target.balances([self.ids["bank"]], at + 90 * DAY))[self.ids["bank"]]
        assert later.available == _FUNDS

    @staticmethod
    def _signed(name: str, amount: int) -> int:
        return amount if name == "world" else -amount

    async def _begin(self) -> None:
        outside = ledger.OpenAccount("USD", normal_side=ledger.Side.DEBIT, unlimited=True, external_id="world")
        named = [ledger.OpenAccount("USD", external_id=name) for name in ("bank", "fees", *MERCHANTS)]
        for command in (outside, *named):
            decision = await self._do(command)
            assert isinstance(decision, ledger.Accepted)
            assert decision.account_id is not None
            self.ids[command.external_id or ""] = decision.account_id
        for start in (
            ledger.Transfer(by("world"), by("bank"), usd(_FUNDS)),
            ledger.PublishPolicy("all", _TERMS),
            ledger.AssignPolicy(by("all")),
            ledger.SetReservePlan(by("ann"), 1_000, 5),
            self._plan(),
        ):
            assert isinstance(await self._do(start), ledger.Accepted)

    def _plan(self) -> ledger.SetAdvancePlan:
        chance = self.chance
        return ledger.SetAdvancePlan(
            by("bank"),
            by("fees"),
            (ledger.AdvanceTier(None, chance.choice([5_000, 8_000, 10_000])),),
            chance.choice([0, 150, 1_000]),
            chance.choice(["0", "0.3"]),
            chance.choice([None, "300"]),
            chance.choice([3, 30]),
            chance.choice([60, 86_400, 86_400]),
        )

    def _command(self) -> ledger.Command:
        chance, merchant = self.chance, by(self.chance.choice(MERCHANTS))
        amount = usd(chance.randint(1, 40_000))
        kinds = (*[self._sell] * 3, *[self._ask] * 3, *[self._accept] * 3, self._undo, self._move, self._keep)
        if chance.random() < 0.75:
            return chance.choice(kinds)(merchant, amount)
        if chance.random() < 0.6:
            return ledger.Transfer(merchant, by("world"), amount)
        if chance.random() < 0.7:
            expires = chance.choice([None, self.target.at + DAY])
            return ledger.PlaceHold(merchant, amount, expires, by("world"), external_id=self._name("h"))
        return self._plan() if chance.random() < 0.5 else ledger.SetReservePlan(by("ann"), chance.randint(0, 3_000), 5)

    def _name(self, letter: str) -> str:
        self._numbers += 1
        return f"{letter}{self._numbers}"

    def _sell(self, merchant: ledger.Reference, amount: ledger.Amount) -> ledger.Command:
        name = self._name("s")
        self.sales += [(name, line) for line in (2, 3, 4)]
        return ledger.Deposit(by("world"), merchant, amount, "CARD", external_id=name)

    def _ask(self, merchant: ledger.Reference, amount: ledger.Amount) -> ledger.Command:
        name = self._name("q")
        return ledger.QuoteInstantAvailability(
            merchant, None if self.chance.random() < 0.2 else usd(amount.minor // 9 + 1), name
        )

    def _accept(self, merchant: ledger.Reference, amount: ledger.Amount) -> ledger.Command:
        if not self._offers:
            return self._ask(merchant, amount)
        fresh = [name for name in self._offers if name not in self.accepted]
        again = self.chance.random() < 0.1 or not fresh
        return ledger.AcceptInstantQuote(by(self.chance.choice(list(self._offers)) if again else fresh[-1]))

    def _undo(self, merchant: ledger.Reference, amount: ledger.Amount) -> ledger.Command:
        if not self.sales:
            return self._sell(merchant, amount)
        name, _ = self.chance.choice(self.sales[-12:])
        return ledger.ReverseTransaction(by(name), force=self.chance.random() < 0.7)

    def _move(self, merchant: ledger.Reference, amount: ledger.Amount) -> ledger.Command:
        if not self.sales:
            return self._sell(merchant, amount)
        name, line = self.chance.choice(self.sales[-12:])
        entry = ledger.EntryReference(by(name), line)
        if self.chance.random() < 0.5:
            return ledger.ReleaseEarly(entry, self.chance.choice([None, amount]))
        return ledger.DelayAvailability(entry, self.target.at + self.chance.choice([1, 4, 40]) * DAY)

    def _keep(self, merchant: ledger.Reference, amount: ledger.Amount) -> ledger.Command:
        if not self.sales:
            return self._sell(merchant, amount)
        name, line = self.chance.choice(self.sales[-12:])
        return ledger.ForfeitReserve(ledger.EntryReference(by(name), line), by("fees"), None, "lost")

    async def _do(self, command: ledger.Command) -> ledger.Decision:
        request = self.target.request(command, self._name("k"))
        ((decision,),) = await self.target.submit([ledger.Group((request,))])
        assert not isinstance(decision, ledger.Denied)
        outcome = "ok" if isinstance(decision, ledger.Accepted) else decision.rejection.code
        self.came[f"{command.operation} {outcome}"] += 1
        if isinstance(decision, ledger.Accepted):
            await self._note(command, decision)
        return decision

    async def _note(self, command: ledger.Command, decision: ledger.Accepted) -> None:
        if isinstance(command, ledger.QuoteInstantAvailability):
            quote = await self.target.quote(decision.sequence)
            assert sum(part.amount for part in quote.repayments) == quote.amount > quote.fee >= 0
            self._offers[command.external_id or ""] = quote
        if isinstance(command, ledger.AcceptInstantQuote):
            quote = self._offers[command.quote.external_id or ""]
            self.accepted.append(command.quote.external_id or "")
            self.lent += quote.amount
            self.owed.update({part.at: part.amount for part in quote.repayments})
