"""Random histories of one tenant, and what its reads must answer, recomputed the slow way from the stored lines."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app import ledger, store
from app.store.session import Row
from app.store.statement import Statement
from tests.store.conftest import START, Ledger

# Instants are drawn from few, so that many things fall on the same one.
TICK = 1_000_000
OPENED = ("cash", "a", "b", "c")


def by(name: str) -> ledger.Reference:
    return ledger.Reference(external_id=name)


def usd(minor: int) -> ledger.Amount:
    return ledger.Amount(minor, "USD")


@dataclass(slots=True)
class History:
    """A tenant to which random things happen; `placed` and `posted` are what later commands may go on with."""

    tenant: Ledger
    chance: random.Random
    placed: list[UUID] = field(default_factory=list)
    posted: list[UUID] = field(default_factory=list)

    async def begin(self) -> None:
        await self.tenant.accept(
            ledger.OpenAccount("USD", external_id="cash", normal_side=ledger.Side.DEBIT, unlimited=True),
            *(ledger.OpenAccount("USD", external_id=name) for name in OPENED[1:]),
        )
        await self.tenant.accept(*(ledger.Transfer(by("cash"), by(name), usd(200)) for name in OPENED[1:]))

    async def step(self) -> None:
        """Let some time pass, often none, and a batch of one to four commands be decided."""
        await self.tenant.move_clock(self.tenant.now + self.chance.choice((0, 0, 1, 2, 5)) * TICK)
        for decision in await self.tenant.submit(*(self.command() for _ in range(self.chance.randint(1, 4)))):
            if isinstance(decision, ledger.Accepted):
                if decision.transaction_id is not None:
                    self.posted.append(decision.transaction_id)
                elif decision.hold_id is not None and decision.hold_id not in self.placed:
                    self.placed.append(decision.hold_id)

    def command(self) -> ledger.Command:
        makers = [self.transfer] * 4 + [self.pin, self.reversal, self.terms]
        makers += [self.place] * 3 + ([self.change] * 2 + [self.expiry] * 6 if self.placed else [])
        return self.chance.choice(makers)()

    def later(self) -> int | None:
        ticks = self.chance.choice((None, 1, 2, 3, 8))
        return None if ticks is None else self.tenant.now + ticks * TICK

    def account(self) -> ledger.Reference:
        return by(self.chance.choice(OPENED[1:]))

    def amount(self) -> ledger.Amount:
        return usd(self.chance.randint(1, 60))

    def transfer(self) -> ledger.Command:
        source, target = self.chance.sample(OPENED, 2)
        kind = self.chance.choice(("TRANSFER", "SALE"))
        return ledger.Transfer(
            by(source),
            by(target),
            self.amount(),
            self.later(),
            kind=kind,
            correlation_id=self.chance.choice((None, "x")),
        )

    def pin(self) -> ledger.Command:
        amount, account = self.amount(), self.account()
        entries = (
            ledger.EntryDraft(account, ledger.Side.DEBIT, amount, self.later()),
            ledger.EntryDraft(by("cash"), ledger.Side.CREDIT, amount),
            ledger.EntryDraft(account, ledger.Side.CREDIT, usd(1), self.later(), kind="FEE"),
            ledger.EntryDraft(by("cash"), ledger.Side.DEBIT, usd(1)),
        )
        return ledger.PostTransaction(entries, advance=True)

    def reversal(self) -> ledger.Command:
        if not self.posted:
            return self.transfer()
        transaction = ledger.Reference(self.chance.choice(self.posted))
        if self.chance.random() < 0.5:
            return ledger.ReverseTransaction(transaction)
        return ledger.RescheduleEntry(transaction, self.chance.randint(1, 2), available_at=self.later())

    def terms(self) -> ledger.Command:
        return self.chance.choice(
            (
                ledger.UpdateAccount(self.account(), floor=f"-{self.chance.randint(0, 3)}"),
                ledger.FreezeAccount(by("c"), ledger.Direction.OUT),
                ledger.UnfreezeAccount(by("c")),
                ledger.OpenAccount("EUR", purpose=ledger.Purpose.PLATFORM),
            )
        )

    def place(self) -> ledger.Command:
        return ledger.PlaceHold(self.account(), self.amount(), self.later(), by("cash"))

    def change(self) -> ledger.Command:
        hold = ledger.Reference(self.chance.choice(self.placed[-6:]))
        return self.chance.choice(
            (
                ledger.CaptureHold(hold),
                ledger.CaptureHold(hold, usd(3), final=False),
                ledger.ReleaseHold(hold),
                ledger.ReleaseHold(hold, usd(2)),
                ledger.IncrementHold(hold, usd(4)),
                ledger.ExtendHold(hold, self.later()),
            )
        )

    def expiry(self) -> ledger.Command:
        return ledger.RecordExpiry(ledger.Reference(self.chance.choice(self.placed)))


async def live(tenant: Ledger) -> tuple[store.Coordinate, dict[UUID, store.BalanceRead]]:
    """What the live read answers for every account, and where it stands."""
    async with tenant.database.read() as session:
        here = await store.read_coordinate(session, tenant.tenant_id)
        ids = [account.id for account in await all_accounts(session, tenant)]
        return here, await store.find_balances(session, tenant.tenant_id, ids, here)


async def all_accounts(session: store.Session, tenant: Ledger) -> Sequence[ledger.Account]:
    return await store.find_account_page(session, tenant.tenant_id, store.AccountFilter(), store.Window(1_000))


_ENTRIES = Statement("test.entries", "SELECT {all(e entries)} FROM entries e WHERE e.tenant_id = $1")
_HOLD_CHANGES = Statement("test.changes", "SELECT {all(c hold_changes)} FROM hold_changes c WHERE c.tenant_id = $1")
_TERMS = Statement("test.terms", "SELECT {all(c account_changes)} FROM account_changes c WHERE c.tenant_id = $1")
_BATCHES = Statement("test.batches", "SELECT {all(b batches)} FROM batches b WHERE b.tenant_id = $1")


@dataclass(frozen=True, slots=True)
class Lines:
    """Every stored line of a tenant, in order."""

    accounts: Sequence[ledger.Account]
    entries: Sequence[Row]
    hold_changes: Sequence[Row]
    terms: Sequence[Row]
    instants: dict[int, int]

    @classmethod
    async def load(cls, session: store.Session, tenant: Ledger) -> "Lines":
        async def lines(statement: Statement) -> list[Row]:
            rows = await session.rows(statement, tenant.tenant_id)
            return sorted(rows, key=lambda row: (row["sequence"], row["line"] if "line" in row else 0))  # noqa: SIM401

        instants: dict[int, int] = {0: START}
        for batch in sorted(await session.rows(_BATCHES, tenant.tenant_id), key=lambda row: row["last_sequence"]):
            for sequence in range(max(instants) + 1, batch["last_sequence"] + 1):
                instants[sequence] = batch["recorded_at"]
        return cls(
            await all_accounts(session, tenant),
            entries=await lines(_ENTRIES),
            hold_changes=await lines(_HOLD_CHANGES),
            terms=await lines(_TERMS),
            instants=instants,
        )

    def balances(self, sequence: int, at: int) -> dict[UUID, store.BalanceRead]:
        """The balance of every account that was open, at any coordinate."""
        return {
            account.id: store.BalanceRead(account.id, self._balance(account, sequence, at), at, sequence)
            for account in self.accounts
            if account.sequence <= sequence
        }

    def _balance(self, account: ledger.Account, sequence: int, at: int) -> ledger.Balance:
        def known(lines: Sequence[Row]) -> list[Row]:
            return [line for line in lines if line["account_id"] == account.id and line["sequence"] <= sequence]

        entries, changes, terms = known(self.entries), known(self.hold_changes), known(self.terms)
        signed = [
            (entry["amount"] if entry["side"] == account.normal_side else -entry["amount"], entry["available_at"])
            for entry in entries
        ]
        open_holds = [
            change for change in {line["hold_id"]: line for line in changes}.values() if change["remaining_after"]
        ]
        lapsed = sum(
            hold["remaining_after"]
            for hold in open_holds
            if hold["expires_at"] is not None and hold["expires_at"] <= at
        )
        return ledger.Balance(
            ledger=sum(amount for amount, _ in signed),
            maturing=sum(amount for amount, available_at in signed if available_at is not None and available_at > at),
            held=sum(hold["remaining_after"] for hold in open_holds) - lapsed,
            lapsed=lapsed,
            floor=terms[-1]["floor"],
            version=max(
                terms[-1]["version"],
                *(entry["account_version"] for entry in entries),
                *(change["version"] for change in changes),
                0,
            ),
            out_frozen=terms[-1]["out_frozen"],
            in_frozen=terms[-1]["in_frozen"],
            closed=terms[-1]["closed"],
        )
