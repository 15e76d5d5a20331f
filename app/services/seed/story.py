"""The demo's story from its first day to its last minute: who opens, what happens daily, and how things stand now."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Final

from app import ledger
from app.services.seed import spending, takings
from app.services.seed.marketplace import DAY, HOUR, MINUTE, SECOND, Marketplace, Region
from app.services.seed.stage import Scene, Stage, account

DAYS: Final = 90
DAYS_BACK: Final = (DAYS + 1) * DAY
"""How long before its last scene the story begins at the earliest, in microseconds."""
_MORNING: Final = 7 * HOUR
_NOON: Final = 12 * HOUR
_EVENING: Final = 18 * HOUR
_WEEK: Final = 7

Act = Callable[[], None]


def tell(cast: Marketplace, now: int) -> list[Scene]:
    """Return the scenes of the 90 days before an instant, the last one at it; the same for the same instant."""
    stage = Stage(cast)
    planned: list[tuple[int, tuple[Act, ...]]] = [*_days(stage, now), *_last_days(stage, now)]
    scenes = [stage.scene(at, *acts) for at, acts in sorted(planned, key=lambda plan: plan[0])]
    return [scene for scene in scenes if scene.lines]


def _days(stage: Stage, now: int) -> Iterator[tuple[int, tuple[Act, ...]]]:
    first = (now - DAYS * DAY) // DAY * DAY
    openings = (_open_merchants, _open_house, _found, _set_policies)
    yield first + 5 * HOUR, tuple(partial(act, stage) for act in openings)
    for number in range(DAYS + 1):
        day = first + number * DAY
        morning: list[Act] = [partial(takings.settle, stage), partial(spending.pay_out, stage)]
        if datetime.fromtimestamp(day // SECOND, UTC).day == 1:
            morning.append(partial(_sweep_fees, stage))
        if number % _WEEK == 0:
            morning.append(partial(spending.settle_suppliers, stage))
        plans: tuple[tuple[int, tuple[Act, ...]], ...] = (
            (_MORNING, (*morning, partial(takings.sell, stage))),
            (_NOON, (partial(takings.sell, stage), partial(spending.purchase, stage))),
            (_EVENING, (partial(takings.sell, stage),)),
        )
        for hour, acts in plans:
            at = day + hour + (number * 37 + hour) % 50 * MINUTE + number % 60 * SECOND
            if at < now - 2 * HOUR:
                yield at, acts


def _last_days(stage: Stage, now: int) -> Iterator[tuple[int, tuple[Act, ...]]]:
    """What is worth looking at: each kind of account and money in the state that it is there to show."""
    yield now - 30 * DAY, (partial(_set_reserve, stage, "second-wind-sneakers"),)
    yield now - 3 * DAY, (partial(_freeze, stage, "paper-crane-studio"),)
    yield now - 2 * DAY, (partial(_buy_on_credit, stage, "blue-heron-bicycles"),)
    yield now - 26 * HOUR, (partial(_delay, stage, "marigold-and-sons"), partial(_advance, stage, "northwind-ceramics"))
    yield now - 40 * MINUTE, (partial(_pay_all, stage, "second-wind-sneakers"),)
    yield now - 20 * MINUTE, (partial(_dispute_now, stage, "second-wind-sneakers"),)
    yield now, (partial(_pay_all, stage, "lantern-street-books"), partial(_leave_open, stage))


def _open_merchants(stage: Stage) -> None:
    for merchant in stage.cast.merchants:
        stage.say(
            f"open:{merchant.slug}",
            ledger.OpenAccount(
                merchant.region.code,
                floor=merchant.region.text(merchant.floor),
                external_id=merchant.external_id,
                name=merchant.name,
                metadata=(("trade", merchant.trade),),
            ),
        )


def _open_house(stage: Stage) -> None:
    """Open the marketplace's own accounts: what it owns on the debit side, what it owes or earned on the other."""
    own, owe = ledger.Side.DEBIT, ledger.Side.CREDIT
    purposes = ledger.Purpose
    for region in stage.cast.regions:
        for word, purpose, side, unlimited, name in (
            ("bank", purposes.EXTERNAL, own, True, region.bank),
            ("acquirer", purposes.CLEARING, own, True, f"Due from {region.acquirer}"),
            ("fees", purposes.REVENUE, owe, False, f"Fees in {region.code}"),
            ("platform", purposes.PLATFORM, owe, False, f"{stage.cast.name} in {region.code}"),
            ("suppliers", purposes.CLEARING, owe, True, f"Due to suppliers in {region.code}"),
        ):
            stage.say(
                f"open:{region.account(word)}",
                ledger.OpenAccount(
                    region.code,
                    purpose=purpose,
                    normal_side=side,
                    unlimited=unlimited,
                    external_id=region.account(word),
                    name=name,
                ),
            )


def _found(stage: Stage) -> None:
    """Let the founders pay in the capital."""
    for region in stage.cast.regions:
        _move(stage, region, ("bank", "platform"), region.capital, "CAPITAL")


def _set_policies(stage: Stage) -> None:
    """Publish the shipped policies; a region's is the default of its currency, and some merchants have their own."""
    for name, document in stage.cast.policies.items():
        stage.say(f"publish:{name}", ledger.PublishPolicy(name, document, expected_version=0))
    for region in stage.cast.regions:
        if region.policy is not None:
            stage.say(f"assign:{region.code}", ledger.AssignPolicy(account(region.policy)))
    for merchant in stage.cast.merchants:
        if merchant.policy is not None:
            policy, holder = account(merchant.policy), account(merchant.external_id)
            stage.say(f"assign:{merchant.slug}", ledger.AssignPolicy(policy, holder))


def _sweep_fees(stage: Stage) -> None:
    """Move half of the fees to the platform's own account; refunds are paid from the rest."""
    for region in stage.cast.regions:
        amount = stage.owed[region.account("fees")] // 2
        if amount > 0:
            stage.owed[region.account("fees")] -= amount
            _move(stage, region, ("fees", "platform"), amount, "SWEEP")


def _move(stage: Stage, region: Region, way: tuple[str, str], amount: int, kind: str) -> None:
    source, target = way
    name = stage.number(kind.lower())
    stage.say(
        name,
        ledger.Transfer(
            account(region.account(source)),
            account(region.account(target)),
            region.amount(amount),
            kind=kind,
            external_id=name,
        ),
    )


def _set_reserve(stage: Stage, slug: str) -> None:
    """Hold money back without an end, against the risk of returns."""
    merchant = stage.cast.by_slug[slug]
    amount = min(stage.spendable(merchant), 250 * merchant.region.unit)
    if amount > 0:
        stage.say(
            f"reserve:{slug}",
            ledger.PlaceHold(
                account(merchant.external_id),
                merchant.region.amount(amount),
                reason="RESERVE",
                external_id=f"reserve:{slug}",
                description="Held until the risk review",
            ),
        )
        stage.purse(merchant).held += amount


def _freeze(stage: Stage, slug: str) -> None:
    merchant = stage.cast.by_slug[slug]
    reason = "Papers on the owners are awaited"
    stage.say(
        f"freeze:{slug}",
        ledger.FreezeAccount(account(merchant.external_id), direction=ledger.Direction.OUT, reason=reason),
    )
    stage.purse(merchant).frozen = True


def _buy_on_credit(stage: Stage, slug: str) -> None:
    """Spend into the credit line, down to a little above the floor."""
    merchant = stage.cast.by_slug[slug]
    amount = stage.spendable(merchant) - 1_200 * merchant.region.unit
    if amount > 0:
        _pay(stage, slug, amount, "suppliers", "Workshop equipment")


def _pay_all(stage: Stage, slug: str) -> None:
    """Pay out everything, so that the account stands exactly on its floor."""
    amount = stage.spendable(stage.cast.by_slug[slug])
    if amount > 0:
        _pay(stage, slug, amount, "bank", "Payout of everything")


def _pay(stage: Stage, slug: str, amount: int, whom: str, what: str) -> None:
    merchant, name = stage.cast.by_slug[slug], stage.number("payment")
    stage.say(
        name,
        ledger.Transfer(
            account(merchant.external_id),
            account(merchant.region.account(whom)),
            merchant.region.amount(amount),
            kind="PAYOUT",
            external_id=name,
            description=what,
        ),
    )
    stage.purse(merchant).free -= amount


def _delay(stage: Stage, slug: str) -> None:
    """Put off a sale that is in doubt."""
    merchant = stage.cast.by_slug[slug]
    sale = takings.post_sale(stage, merchant, merchant.prices[-1] * 3, merchant.region.settles_at(stage.at))
    until = merchant.region.settles_at(stage.at, 7)
    _reschedule(stage, sale, sale.net, until, "DELIVERY_DISPUTED")


def _advance(stage: Stage, slug: str) -> None:
    """Let a merchant have half of a sale at once."""
    merchant = stage.cast.by_slug[slug]
    sale = takings.post_sale(stage, merchant, merchant.prices[-1] * 2, merchant.region.settles_at(stage.at))
    _reschedule(stage, sale, sale.net // 2, None, "EARLY_RELEASE")


def _reschedule(stage: Stage, sale: takings.Sale, amount: int, until: int | None, reason: str) -> None:
    stage.say(
        f"{sale.name}:rescheduled",
        ledger.RescheduleEntry(
            account(sale.name), 2, sale.merchant.region.amount(amount), available_at=until, reason=reason
        ),
    )
    stage.purse(sale.merchant).add(-amount, sale.matures_at, stage.at)
    stage.purse(sale.merchant).add(amount, until or stage.at, stage.at)


def _dispute_now(stage: Stage, slug: str) -> None:
    """Take back by force more than the merchant has left."""
    merchant = stage.cast.by_slug[slug]
    sale = takings.post_sale(stage, merchant, merchant.prices[-1] * 3, merchant.region.settles_at(stage.at))
    takings.dispute(stage, sale)


def _leave_open(stage: Stage) -> None:
    """Leave money that comes within minutes and hours, and holds that lapse within minutes, hours and days."""
    first = stage.cast.merchants[0]
    for minutes in (5, 30, 120):
        takings.post_sale(stage, first, first.prices[-1], stage.at + minutes * MINUTE)
    lives = (5 * MINUTE, 45 * MINUTE, 3 * HOUR, DAY, 3 * DAY, 6 * DAY)
    holders = [merchant for merchant in stage.cast.merchants if merchant.has_card]
    for number, life in enumerate(lives):
        merchant = holders[number % len(holders)]
        amount = min(stage.spendable(merchant) // 4, 20 * merchant.prices[0])
        if amount > 0:
            spending.authorise(stage, merchant, amount, stage.at + life)
