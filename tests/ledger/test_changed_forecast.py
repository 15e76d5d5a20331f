"""How a batch changes what is to come: told from the batch alone, it is what comes once the batch is saved."""

import random

import pytest

from app import ledger
from app.ledger.forecast import Cause, CauseKind
from tests.ledger.test_foresight import coming
from tests.ledger.test_proof import HOUR, named, usd
from tests.ledger.world import START, World


def _lived_in() -> World:
    world = World()
    world.accept(ledger.OpenAccount("USD", external_id="bank", unlimited=True))
    world.accept(ledger.OpenAccount("USD", external_id="alice"))
    for number, hours in enumerate((None, 2, 4, 6)):
        until = None if hours is None else START + hours * HOUR
        name = f"sale-{number}"
        world.accept(ledger.Transfer(named("bank"), named("alice"), usd(1_000), until, external_id=name))
    for name, expires in (("h1", START + 3 * HOUR), ("h2", START + 3 * HOUR), ("h3", None), ("h4", START + HOUR)):
        world.accept(ledger.PlaceHold(named("alice"), usd(100), expires, external_id=name))
    return world


def _entry(name: str) -> ledger.EntryReference:
    return ledger.EntryReference(named(name), 2)


TO_BANK = (ledger.CaptureDestination(named("bank"), usd(40)),)
BATCHES: list[list[ledger.Command]] = [
    [],
    [ledger.Transfer(named("bank"), named("alice"), usd(5), START + 2 * HOUR)],
    [ledger.DelayAvailability(_entry("sale-1"), START + 8 * HOUR), ledger.ReleaseEarly(_entry("sale-3"), usd(400))],
    [ledger.ReleaseHold(named("h1")), ledger.ExtendHold(named("h2"), START + 9 * HOUR)],
    [
        ledger.CaptureHold(
            named("h1"), usd(40), final=False, destinations=(ledger.CaptureDestination(named("bank"), usd(40)),)
        )
    ],
    [ledger.PlaceHold(named("alice"), usd(7), START + 5 * HOUR), ledger.PlaceHold(named("alice"), usd(7))],
    [ledger.PlaceHold(named("alice"), usd(7), START + 5 * HOUR, external_id="h9"), ledger.ReleaseHold(named("h9"))],
    [ledger.ExtendHold(named("h1"), None), ledger.IncrementHold(named("h3"), usd(3))],
    [ledger.ReverseTransaction(named("sale-2")), ledger.Transfer(named("alice"), named("bank"), usd(10_000))],
]


@pytest.mark.parametrize("commands", BATCHES, ids=lambda batch: ",".join(one.operation for one in batch) or "nothing")
@pytest.mark.parametrize("passed", [0, 1])
def test_what_a_batch_changes_is_what_comes_of_it(commands: list[ledger.Command], passed: int) -> None:
    world = _lived_in()
    world.clock_to(START + passed * HOUR)
    (alice,) = [account.id for account in world.accounts.values() if account.external_id == "alice"]
    groups = [ledger.Group((world.request(command, f"k{number}"),)) for number, command in enumerate(commands)]
    book = ledger.Book(world.pages())
    ledger.decide_all(book, groups)
    told = ledger.altered(coming(world, alice).causes, book.changed_causes(alice))
    world.submit(groups)
    # Holds that lapse together are one cause.
    assert told == ledger.altered(coming(world, alice).causes, ())


@pytest.mark.parametrize("step", [1, 3, 10, 1_000])
def test_what_is_gathered_is_all_that_comes_until_the_end_of_each_step(step: int) -> None:
    chance = random.Random(step)
    kinds = list(CauseKind)
    made = {(chance.randint(101, 400), chance.choice(kinds)): chance.randint(1, 9) for _ in range(60)}
    causes = [Cause(at, kind, amount, 1, at, at) for (at, kind), amount in sorted(made.items())]
    start, end = 120, 345
    found = ledger.gathered(causes, start, end, step)
    assert sum(one.amount for one in found) == sum(one.amount for one in causes if one.at <= end)
    assert sum(one.count for one in found) == sum(one.at <= end for one in causes)
    assert [(one.at, one.kind) for one in found] == sorted({(one.at, one.kind) for one in found})
    for one in found:
        assert one.first_at <= one.last_at <= one.at
        assert one.at in {start, end} or one.at % step == 0
        assert one.at - one.first_at < step or one.at == start
