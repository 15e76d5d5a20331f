"""Random policies, assignments, closed days and deposits: both databases do what the core in memory does.

And what a deposit comes to is what one function says, told of the day by the test's own book.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from app import ledger, store
from tests.ledger.policies import METHODS, TIERS, VALUES, random_policy
from tests.ledger.world import ALMANAC
from tests.scenarios.database_target import Bank, open_bank
from tests.scenarios.target import Target, WorldTarget

BEGINNING = 1_783_954_800_000_000
"""2026-07-13T15:00:00Z, a Monday morning in New York."""
HOUR = 3_600_000_000
SEEDS = 12
BATCHES = 25
ACCOUNTS = ("alice", "bob")
POLICIES = ("one", "two")


def by(name: str) -> ledger.Reference:
    return ledger.Reference(external_id=name)


@dataclass(slots=True)
class Teller:
    """What the test itself keeps of a tenant, and what it expects of a deposit."""

    at: int = BEGINNING
    opened_at: dict[str, int] = field(default_factory=dict)
    tiers: dict[str, str | None] = field(default_factory=dict)
    policies: dict[str, ledger.Policy] = field(default_factory=dict)
    default: dict[str, str] = field(default_factory=dict)
    own: dict[str, str | None] = field(default_factory=dict)
    days: dict[tuple[str, int], bool] = field(default_factory=dict)
    counted: dict[tuple[str, object, str], dict[str, int]] = field(default_factory=dict)

    def told(self, command: ledger.Command) -> None:
        """Keep what an accepted command changed."""
        match command:
            case ledger.PublishPolicy(name, document):
                self.policies[name] = ALMANAC.policy(document)
            case ledger.AssignPolicy(policy, None) if policy is not None:
                name = str(policy.external_id)
                self.default[self.policies[name].currency or ""] = name
            case ledger.AssignPolicy(policy, account) if account is not None:
                self.own[str(account.external_id)] = None if policy is None else policy.external_id
            case ledger.SetClosures(calendar, closed, opened):
                self.days |= {(calendar, day): True for day in closed} | {(calendar, day): False for day in opened}
            case ledger.Deposit():
                answer = self.answer(command)
                if isinstance(answer, ledger.Availability):
                    place = (str(command.to.external_id), answer.business_day, self.followed(command) or "")
                    day = self.counted.setdefault(place, {})
                    for counter, added in answer.counters:
                        day[counter] = day.get(counter, 0) + added
            case _:
                pass

    def followed(self, command: ledger.Deposit) -> str | None:
        """Return the name of the policy that a deposit follows."""
        return self.own.get(str(command.to.external_id)) or self.default.get("USD") or self.default.get("")

    def answer(self, command: ledger.Deposit) -> ledger.Availability | ledger.NoAnswer | None:
        """Return what the one function says of a deposit now; None without a policy."""
        account, name = str(command.to.external_id), self.followed(command)
        if name is None or command.available_at is not None:
            return None
        policy = self.policies[name]
        closed, opened = ledger.own_days(self.days, policy.calendar)
        calendar = ALMANAC.calendar(policy.calendar, policy.time_zone, closed=closed, opened=opened)
        assert calendar is not None
        facts = ledger.DepositFacts(
            amount=command.amount.minor,
            currency="USD",
            method=command.method,
            at=self.at,
            account_opened_at=self.opened_at[account],
            risk_tier=self.tiers[account],
            metadata=command.metadata,
        )
        day = ledger.business_day_of(calendar, self.at, policy.cut_off)
        return ledger.share_out(policy, calendar, facts, self.counted.get((account, day, name), {}))

    def expected(self, command: ledger.Deposit) -> list[tuple[int, int | None]] | ledger.RejectionCode:
        """Return (amount, available at) of each slice of a deposit made now, or what it is refused for."""
        if command.available_at is not None:
            return [(command.amount.minor, command.available_at if command.available_at > self.at else None)]
        answer = self.answer(command)
        if answer is None:
            return ledger.RejectionCode.POLICY_NOT_FOUND
        if isinstance(answer, ledger.NoAnswer):
            return ledger.RejectionCode.POLICY_GAP
        return [(part.amount, part.available_at) for part in answer.slices]


class Chance:
    """Draws commands."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.made: list[str] = []

    def batch(self, at: int) -> list[tuple[ledger.Command, ...]]:
        """Return a few groups; those of more than one command are atomic."""
        sizes = self._random.choices((1, 2, 4), (8, 1, 1), k=self._random.randint(1, 5))
        return [tuple(self._command(at) for _ in range(size)) for size in sizes]

    def moment(self) -> int:
        """Return how much time passes."""
        return self._random.choice((0, 0, HOUR, 7 * HOUR, 26 * HOUR))

    def _command(self, at: int) -> ledger.Command:
        draw, chance = self._random.random(), self._random
        if draw < 0.08:
            document = ledger.policy_text(random_policy(chance.randrange(10_000)))
            return ledger.PublishPolicy(chance.choice(POLICIES), document)
        if draw < 0.16:
            policy = chance.choice((*POLICIES, None))
            account = chance.choice((*ACCOUNTS, None)) if policy else chance.choice(ACCOUNTS)
            return ledger.AssignPolicy(None if policy is None else by(policy), None if account is None else by(account))
        if draw < 0.24:
            first = ledger.first_day(at) + 1
            closed, opened = chance.randint(first, first + 12), chance.randint(first, first + 12)
            return ledger.SetClosures(chance.choice(("FED", "EVERY_DAY")), (closed,), (opened,) * (opened != closed))
        if draw < 0.28 and self.made:
            return ledger.ReverseTransaction(by(chance.choice(self.made)))
        name = f"d{len(self.made)}"
        self.made.append(name)
        return ledger.Deposit(
            by("bank"),
            by(chance.choice(ACCOUNTS)),
            ledger.Amount(chance.choice((1, 99, 500, 1_000, 1_999, 25_000)), "USD"),
            chance.choice(METHODS),
            at + chance.choice((-1, HOUR)) if chance.random() < 0.05 else None,
            external_id=name,
            metadata=(("channel", chance.choice(VALUES)),) if chance.random() < 0.5 else (),
        )


@dataclass(slots=True)
class Played:
    """One target, and what it answered."""

    target: Target
    keys: int = 0
    transcript: list[Any] = field(default_factory=list)

    async def ask(self, groups: Sequence[Sequence[ledger.Command]]) -> list[ledger.Decision]:
        made = []
        for commands in groups:
            requests = []
            for command in commands:
                self.keys += 1
                requests.append(self.target.request(command, f"key-{self.keys}"))
            made.append(ledger.Group(tuple(requests), atomic=len(commands) > 1))
        decided = [decision for group in await self.target.submit(made) for decision in group]
        self.transcript += [_told(decision) for decision in decided]
        return decided


def _told(decision: ledger.Decision) -> object:
    match decision:
        case ledger.Accepted():
            slices = [(part.line, part.amount, part.available_at, _rule(part.rule)) for part in decision.slices]
            return decision.sequence, decision.recorded_at, slices
        case ledger.Rejected(rejection):
            return rejection.code, rejection.culprit.index, rejection.culprit.line, rejection.problems
        case _:
            return decision


def _rule(rule: ledger.EntryRule | None) -> object:
    return None if rule is None else (rule.version, rule.rule, rule.portion, rule.business_day)


async def play(seed: int, target: Target) -> list[Any]:
    """Play one world and return its transcript; each deposit alone in its group is what the test expects."""
    chance, teller, played = Chance(seed), Teller(), Played(target)
    tiers: Mapping[str, str | None] = {"alice": TIERS[0], "bob": None}
    for name in ("bank", *ACCOUNTS):
        tier = tiers.get(name)
        metadata = () if tier is None else (("riskTier", tier),)
        opening = ledger.OpenAccount("USD", unlimited=name == "bank", external_id=name, metadata=metadata)
        await played.ask([(opening,)])
        teller.opened_at[name], teller.tiers[name] = target.at, tier
    for _ in range(BATCHES):
        moment = chance.moment()
        if moment:
            teller.at += moment
            await target.clock_to(teller.at)
        groups = chance.batch(teller.at)
        decided = iter(await played.ask(groups))
        for commands in groups:
            decisions = [next(decided) for _ in commands]
            together = all(isinstance(decision, ledger.Accepted) for decision in decisions)
            for command, decision in zip(commands, decisions, strict=True):
                if isinstance(command, ledger.Deposit) and (together or len(commands) == 1):
                    _compare(teller.expected(command), decision)
                if together:
                    teller.told(command)
    balances = await _standing(target)
    return [*played.transcript, balances]


def _compare(expected: list[tuple[int, int | None]] | ledger.RejectionCode, decision: ledger.Decision) -> None:
    if isinstance(decision, ledger.Accepted):
        assert [(part.amount, part.available_at) for part in decision.slices] == expected
    else:
        assert isinstance(decision, ledger.Rejected)
        assert decision.rejection.code is expected


async def _standing(target: Target) -> list[ledger.Balance]:
    decided = await target.submit(
        [
            ledger.Group((target.request(ledger.UpdateAccount(by(name), name="end"), f"end {name}"),))
            for name in ACCOUNTS
        ]
    )
    ids = [decision.account_id for (decision,) in decided if isinstance(decision, ledger.Accepted)]
    found = await target.balances([id_ for id_ in ids if id_ is not None])
    return list(found.values())


@pytest.mark.simulation
async def test_databases_do_what_the_core_does_and_both_what_the_policy_says(database_url: str) -> None:
    async with open_bank(database_url) as bank:
        seen = 0
        for seed in range(SEEDS):
            at_home = await play(seed, WorldTarget(BEGINNING))
            stored = await _stored(bank, seed)
            assert stored == at_home, f"seed {seed}"
            seen += sum(bool(line[2]) for line in at_home[:-1] if len(line) == 3)
        assert seen > SEEDS * BATCHES


async def _stored(bank: Bank, seed: int) -> list[Any]:
    target = await bank.tenant(f"deposits {seed}", BEGINNING)
    transcript = await play(seed, target)
    findings = [
        (step.name, finding)
        async for step in store.check_invariants(bank.database, target.tenant_id)
        for finding in step.findings
    ]
    assert findings == []
    return transcript
