"""What clients were told, kept as the truth, and what the ledger must therefore say."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.faults.client import (
    UNTOUCHED,
    Client,
    Command,
    Payload,
    UncertainError,
    capture_hold,
    minor,
    place_hold,
    release_hold,
    transfer,
)

AT_A_TIME = 32
_IDENTITY = ("transaction", "hold", "account", "rejection", "sequence")


@dataclass(slots=True)
class Truth:
    """The commands whose outcome was told, and those whose outcome was not."""

    told: list[tuple[Command, Payload]] = field(default_factory=list)
    untold: list[tuple[Command, str]] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)

    async def tell(self, teller: Client, command: Command) -> Payload | None:
        """Send a command once, and remember what came of it."""
        try:
            payload = await teller.send(command)
        except UncertainError as unknown:
            self.found[unknown.code] += 1
            self.untold.append((command, unknown.code))
            return None
        self.told.append((command, payload))
        return payload

    async def resolve(self, teller: Client) -> None:
        """Ask after every unknown outcome, by its key; what was said to have had no effect had none."""
        untold, self.untold = self.untold, []
        payloads = await _all(teller, [command for command, _ in untold])
        for (command, code), payload in zip(untold, payloads, strict=True):
            assert not (payload["replayed"] and code in UNTOUCHED), (command, code, payload)
            self.found["had happened" if payload["replayed"] else "had not happened"] += 1
            self.told.append((command, payload))

    async def confirm(self, teller: Client) -> None:
        """Every outcome that was told is found by its key: the same ids, the same sequence, and a replay."""
        commands = [command for command, _ in self.told]
        for (command, payload), again in zip(self.told, await _all(teller, commands), strict=True):
            assert again["replayed"], (command, payload, again)
            assert agree(payload, again), (command, payload, again)

    @property
    def accepted(self) -> list[tuple[Command, Payload]]:
        """What was accepted, in the order of the ledger."""
        accepted = [(command, payload) for command, payload in self.told if payload["rejection"] is None]
        return sorted(accepted, key=lambda pair: int(pair[1]["sequence"]))

    def expected(self, stocked: dict[str, int]) -> dict[str, tuple[int, int]]:
        """What each account's ledger balance and held money must be, counted from the accepted commands alone."""
        book = _Book({name: [cents, 0] for name, cents in stocked.items()})
        sequences = [payload["sequence"] for _, payload in self.accepted]
        assert len(set(sequences)) == len(sequences), "two commands in one place"
        for command, _ in self.accepted:
            book.apply(command)
        return {name: (ledger, held) for name, (ledger, held) in book.accounts.items()}

    async def check(self, teller: Client, stocked: dict[str, int]) -> None:
        """The balances are those of the accepted commands, each counted once."""
        names = list(stocked)
        balances = await teller.funds(names)
        found = {
            name: (minor(balance["ledger"]), minor(balance["held"]))
            for name, balance in zip(names, balances, strict=True)
        }
        assert found == self.expected(stocked)


@dataclass(slots=True)
class _Book:
    """The fewest rules that the balances follow from: another form than the ledger's own."""

    accounts: dict[str, list[int]]
    holds: dict[str, tuple[str, str, int]] = field(default_factory=dict)

    def apply(self, command: Command) -> None:
        terms = command.terms
        match command.verb:
            case "transfer":
                self._move(terms["from"]["externalId"], terms["to"]["externalId"], _cents(command))
            case "placeHold":
                account, destination = terms["account"]["externalId"], terms["destination"]["externalId"]
                self.holds[terms["externalId"]] = (account, destination, _cents(command))
                self.accounts[account][1] += _cents(command)
            case "captureHold":
                account, destination, held = self.holds.pop(terms["hold"]["externalId"])
                self.accounts[account][1] -= held
                self._move(account, destination, _cents(command) if "amount" in terms else held)
            case "releaseHold":
                account, _, held = self.holds.pop(terms["hold"]["externalId"])
                self.accounts[account][1] -= held
            case verb:
                raise AssertionError(verb)

    def _move(self, source: str, target: str, cents: int) -> None:
        self.accounts[source][0] -= cents
        self.accounts[target][0] += cents


async def _all(teller: Client, commands: Sequence[Command]) -> list[Payload]:
    """Ask after commands, a few at a time."""
    payloads: list[Payload] = []
    for first in range(0, len(commands), AT_A_TIME):
        part = commands[first : first + AT_A_TIME]
        payloads.extend(await asyncio.gather(*(teller.insist(command) for command in part)))
    return payloads


def identity(payload: Payload) -> dict[str, object]:
    """What a replay must repeat: everything but the word that it is one."""
    return {name: payload.get(name) for name in _IDENTITY}


def agree(first: Payload, again: Payload) -> bool:
    """Whether a replay repeats what was told first, of which the objects may have been missing."""
    made = [name for name in ("transaction", "hold", "account") if first.get(name) is not None]
    names = ["rejection", "sequence", *made]
    return [first[name] for name in names] == [again[name] for name in names]


def _cents(command: Command) -> int:
    return int(command.terms["amount"]["amount"].replace(".", ""))


async def spend(
    teller: Client, truth: Truth, names: Sequence[str], seed: str, going: Callable[[], bool], *, times: int
) -> None:
    """Move money among accounts, by transfers and by holds, until told to stop or left without an answer."""
    chance = random.Random(seed)
    held: list[str] = []
    for number in range(times):
        if not going():
            return
        command = _next(chance, names, f"{seed}-{number}", held)
        payload = await truth.tell(teller, command)
        if payload is None:
            return
        if command.verb == "placeHold" and payload["rejection"] is None:
            held.append(command.terms["externalId"])


def _next(chance: random.Random, names: Sequence[str], key: str, held: list[str]) -> Command:
    source, target = chance.sample(names, 2)
    cents = chance.randint(1, 3_000)
    match chance.choices(("transfer", "place", "capture", "release"), weights=(6, 2, 2, 1))[0]:
        case "place":
            return place_hold(key, source, target, cents)
        case "capture" if held:
            # Part of it, or all of it: what is left is released.
            return capture_hold(key, held.pop(), chance.choice((None, 1)))
        case "release" if held:
            return release_hold(key, held.pop())
        case _:
            return transfer(key, source, target, cents)
