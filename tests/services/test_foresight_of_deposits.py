"""With random policies, deposits, holds and clock moves: slices sum to the balance, and what is foreseen comes true."""

import random
from contextlib import aclosing
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from app import ledger, services
from tests.ledger.policies import METHODS, random_policy
from tests.services.desk import DAY, Desk, open_desk

BEGINNING = 1_783_954_800_000_000
"""2026-07-13T15:00:00Z, a Monday morning in New York."""
HOUR = DAY // 24
STEPS = 60
NAMES = ("alice", "bob")


def usd(minor: int) -> ledger.Amount:
    return ledger.Amount(minor, "USD")


def by(name: str) -> ledger.Reference:
    return ledger.Reference(external_id=name)


@dataclass(slots=True)
class Life:
    """People whose money comes by deposits under policies that change, and goes by holds and payouts."""

    desk: Desk
    chance: random.Random
    now: int = BEGINNING
    posted: list[UUID] = field(default_factory=list)
    held: list[UUID] = field(default_factory=list)

    async def begin(self) -> dict[str, UUID]:
        await self.desk.open("bank", normal_side=ledger.Side.DEBIT, unlimited=True)
        opened = {name: await self.desk.open(name) for name in NAMES}
        await self.publish()
        await self.desk.accept(ledger.AssignPolicy(by("terms")))
        return opened

    async def publish(self) -> None:
        terms = ledger.policy_text(random_policy(self.chance.randrange(10_000)))
        await self.desk.accept(ledger.PublishPolicy("terms", terms))

    async def step(self) -> None:
        self.now += self.chance.choice((0, 0, HOUR, 5 * HOUR, DAY, 3 * DAY))
        await self.desk.set_clock(self.now)
        if self.chance.random() < 0.1:
            await self.publish()
        for decision in await self.desk.ask(*(self.command() for _ in range(self.chance.randint(1, 4)))):
            if isinstance(decision, ledger.Accepted):
                if decision.transaction_id is not None:
                    self.posted.append(decision.transaction_id)
                elif decision.hold_id is not None and decision.hold_id not in self.held:
                    self.held.append(decision.hold_id)

    def command(self) -> ledger.Command:
        chance, name = self.chance, by(self.chance.choice(NAMES))
        makers = [self.deposit] * 5
        if self.posted:
            transaction = ledger.Reference(chance.choice(self.posted))
            makers.append(lambda: ledger.ReverseTransaction(transaction))
            later = self.now + chance.randint(1, 9) * DAY
            makers.append(lambda: ledger.RescheduleEntry(transaction, 2, available_at=later))
        if self.held:
            makers.append(lambda: ledger.ReleaseHold(ledger.Reference(chance.choice(self.held)), usd(2)))
        until = chance.choice((None, self.now + chance.randint(1, 90) * HOUR))
        makers.append(lambda: ledger.PlaceHold(name, usd(chance.randint(1, 900)), until))
        makers.append(lambda: ledger.Transfer(name, by("bank"), usd(chance.randint(1, 2_000))))
        return chance.choice(makers)()

    def deposit(self) -> ledger.Command:
        method = self.chance.choice((*METHODS, "CARD"))
        return ledger.Deposit(by("bank"), by(self.chance.choice(NAMES)), usd(self.chance.randint(1, 5_000)), method)


@pytest.mark.parametrize("seed", range(4))
async def test_deposits_are_explained_foreseen_and_spent_as_told(database_url: str, seed: int) -> None:
    async with open_desk(database_url, at=BEGINNING) as desk:
        life = Life(desk, random.Random(seed))
        ids = list((await life.begin()).values())
        matured = 0
        for step in range(STEPS):
            await life.step()
            if step % 6 == 0:
                matured += await sums(desk, ids, size=1 + step % 7, at=None if step % 4 else life.now + DAY)
        assert matured > 10
        assert await desk.findings() == []
        told = await earliest(desk, ids)
        assert len(told) > 5
        await comes_true(desk, ids, told)


async def sums(desk: Desk, ids: list[UUID], size: int, at: int | None) -> int:
    """Explain each account, and return how many maturing slices there were."""
    matured = 0
    async with aclosing(desk.gateway.reader(desk.principal)) as reader:
        for id_, account in (await reader.accounts(ids)).items():
            read = (await reader.balances([id_], at))[id_]
            place, slices = None, list[ledger.BalanceSlice]()
            while place is None or place.more:
                page = await services.explain(reader, account, read, place, size)
                slices += page.slices
                place = page.reached
            assert sum(one.amount for one in slices) == read.balance.ledger
            maturing = [one for one in slices if one.kind is ledger.SliceKind.MATURING]
            assert sum(one.amount for one in maturing) == read.balance.maturing
            assert [one.until for one in maturing] == sorted(one.until or 0 for one in maturing)
            matured += len(maturing)
    return matured


async def foresee(reader: services.Reader, ids: list[UUID]) -> list[services.Forecast]:
    """Return the curves of the next sixty days."""
    end = (await reader.coordinate()).at + 60 * DAY
    named = [ledger.Reference(id_) for id_ in ids]
    found = await services.forecast(reader, named, None, end, services.Step.EVENT)
    return [one for one in found if one is not None]


async def earliest(desk: Desk, ids: list[UUID]) -> list[tuple[UUID, int, int]]:
    """Ask of all that will be spendable some time whether it can be spent now; return (account, amount, earliest)."""
    told = list[tuple[UUID, int, int]]()
    async with aclosing(desk.gateway.reader(desk.principal)) as reader:
        for id_, curve in zip(ids, await foresee(reader, ids), strict=True):
            read = (await reader.balances([id_]))[id_]
            amounts = sorted({point.expected + more for point in curve.points for more in (0, 1)})
            asked = [(read, amount) for amount in amounts if amount > 0]
            for (_, amount), answer in zip(asked, await services.weigh_spending(reader, asked, 256), strict=True):
                assert (answer.refusal is None) == (amount <= read.balance.available)
                if answer.refusal is not None and answer.earliest_at is not None:
                    told.append((id_, amount, answer.earliest_at))
    return told


async def spends(desk: Desk, account: UUID, amount: int) -> bool:
    """Whether a transfer of the amount would be accepted now; nothing is done."""
    transfer = ledger.Transfer(ledger.Reference(account), by("bank"), usd(amount))
    (decision,) = await desk.together(transfer, dry_run=True)
    return isinstance(decision, ledger.Accepted)


async def comes_true(desk: Desk, ids: list[UUID], told: list[tuple[UUID, int, int]]) -> None:
    """Live through the forecast; at each point try to spend a cent more than it says, and what was promised by then."""
    async with aclosing(desk.gateway.reader(desk.principal)) as reader:
        curves = await foresee(reader, ids)
    assert len(curves) == len(ids)
    promised = {at for _, _, at in told} | {at - 1 for _, _, at in told}
    for at in sorted({point.at for curve in curves for point in curve.points} | promised):
        await desk.set_clock(at)
        for account, amount, since in told:
            if at in (since - 1, since):
                assert await spends(desk, account, amount) == (at == since)
        for curve in curves:
            (point, *_) = [point for point in reversed(curve.points) if point.at <= at]
            assert point.conservative <= point.expected <= point.optimistic
            (balance,) = await desk.balances(curve.account.id)
            assert balance.available == point.expected
            spend = ledger.Transfer(ledger.Reference(curve.account.id), by("bank"), usd(max(0, point.expected) + 1))
            assert (await desk.refuse(spend)).code is ledger.RejectionCode.INSUFFICIENT_FUNDS
