"""The demo's story: the same again for the same instant, accepted to the last command, and worth looking at."""

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import pytest

from app import ledger
from app.services.seed import marketplace, story
from app.services.seed.identifiers import SeededIds
from app.services.seed.marketplace import DAY, HOUR, MINUTE, Marketplace
from app.services.seed.stage import Scene
from tests.ledger.world import CURRENCIES, World

NOON = 1_767_614_400_000_000
"""2026-01-05T12:00:00Z, a Monday."""


@pytest.fixture(scope="module")
def cast() -> Marketplace:
    return marketplace.read_marketplace({code: ledger.Currency(code, digits) for code, digits in CURRENCIES.items()})


@pytest.fixture(scope="module")
def told(cast: Marketplace) -> tuple[World, list[Scene]]:
    """The story told at noon, and the ledger that came of it."""
    scenes = story.tell(cast, NOON)
    world = World(scenes[0].at)
    for refused in _play(world, scenes):
        pytest.fail(refused)
    return world, scenes


def _play(world: World, scenes: list[Scene]) -> Iterator[str]:
    for scene in scenes:
        world.clock_to(scene.at)
        for line in scene.lines:
            decision = world.decide(line.command, line.key)
            if isinstance(decision, ledger.Rejected):
                yield f"{line.key}: {decision.rejection}"


def test_the_same_instant_gives_the_same_story(cast: Marketplace) -> None:
    assert story.tell(cast, NOON) == story.tell(cast, NOON)


@pytest.mark.parametrize("hours", [-12 * 24, -9, 60])
def test_nothing_of_the_story_is_refused_whenever_it_is_told(cast: Marketplace, hours: int) -> None:
    scenes = story.tell(cast, NOON + hours * HOUR)
    assert list(_play(World(scenes[0].at), scenes)) == []


def test_the_story_has_ninety_days_and_some_thousand_commands(told: tuple[World, list[Scene]]) -> None:
    world, scenes = told
    verbs = Counter(type(line.command) for scene in scenes for line in scene.lines)
    assert scenes[-1].at == NOON
    assert 90 * DAY <= NOON - scenes[0].at <= 91 * DAY
    assert [scene.at for scene in scenes] == sorted(scene.at for scene in scenes)
    assert sum(verbs.values()) > 4_000
    assert {ledger.ReverseTransaction, ledger.IncrementHold, ledger.ReleaseHold, ledger.RecordExpiry} <= set(verbs)
    assert any(line.command.force for scene in scenes for line in scene.lines if hasattr(line.command, "force"))
    assert len(world.transactions) > 3_000


def test_there_is_something_of_everything_to_look_at(told: tuple[World, list[Scene]], cast: Marketplace) -> None:
    world, _ = told

    def stands(slug: str) -> ledger.Balance:
        return world.balance(_id(world, f"merchant:{slug}"), NOON)

    assert stands("paper-crane-studio").out_frozen
    assert stands("lantern-street-books").spendable == 0
    assert stands("blue-heron-bicycles").floor == -500_000
    assert stands("blue-heron-bicycles").available < 0
    assert stands("sparrow-telescopes").floor == 100_000
    assert stands("sparrow-telescopes").available >= 100_000
    assert stands("second-wind-sneakers").available < 0
    with_maturing = [merchant for merchant in cast.merchants if stands(merchant.slug).maturing]
    assert len(with_maturing) >= 20
    assert {merchant.region.code for merchant in with_maturing} == {"USD", "EUR", "JPY", "KWD"}
    soon = [hold for hold in world.holds.values() if hold.status_at(NOON) is ledger.HoldStatus.ACTIVE]
    assert sum(hold.expires_at is not None and hold.expires_at <= NOON + HOUR for hold in soon) >= 2
    assert sum(hold.expires_at is None for hold in soon) == 1
    arriving = [at for (account, at), amount in world.buckets.items() if amount and NOON < at <= NOON + 3 * HOUR]
    assert min(arriving) == NOON + 5 * MINUTE


def test_the_shipped_policies_are_published_and_followed(told: tuple[World, list[Scene]], cast: Marketplace) -> None:
    world, _ = told
    names = {policy.id: policy.name for policy in world.policies.values()}
    assert {"card-t-plus-2", "instant", "sepa-credit-transfer", "us-regulation-cc"} <= set(names.values())
    followed = {holder: names[policy] for holder, policy in world.assigned.items() if policy is not None}
    assert followed[ledger.EVERYBODY, "USD"] == "us-regulation-cc"
    assert followed[ledger.EVERYBODY, "EUR"] == "sepa-credit-transfer"
    slugs = [merchant.slug for merchant in cast.merchants if merchant.policy == "card-t-plus-2"]
    assert len(slugs) >= 3
    assert {followed[_id(world, f"merchant:{slug}"), "USD"] for slug in slugs} == {"card-t-plus-2"}


def test_every_account_has_a_name_and_no_money_is_lost(told: tuple[World, list[Scene]]) -> None:
    world, _ = told
    assert all(account.name for account in world.accounts.values())
    totals: Counter[str] = Counter()
    for account_id, account in world.accounts.items():
        sign = 1 if account.normal_side is ledger.Side.DEBIT else -1
        totals[account.currency] += sign * world.balance(account_id, NOON).ledger
    assert not any(totals.values())


def test_ids_come_from_the_seed_and_grow_with_time() -> None:
    def some() -> list[UUID]:
        ids = SeededIds(7, NOON)
        early = [ids() for _ in range(5_000)]
        ids.move_to(NOON + HOUR)
        return [*early, ids()]

    made = some()
    assert made == some()
    assert made == sorted(set(made))
    assert {(each.version, each.variant) for each in made} == {(7, "specified in RFC 4122")}


def _id(world: World, external_id: str) -> UUID:
    return world.external_ids[ledger.ACCOUNT_KIND, external_id]
