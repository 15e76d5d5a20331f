"""What merchants spend in the demo: payouts to their banks, and purchases with the marketplace's cards."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from app import ledger
from app.services.seed.marketplace import DAY, HOUR, Merchant
from app.services.seed.stage import Stage, account

_PURCHASE_PERCENT: Final = 30
_CARD_HOLD_DAYS: Final = 7
_PAYOUT_HOLD_DAYS: Final = 3
_WORKING_DAYS: Final = 5


@dataclass(slots=True)
class Authorisation:
    """A hold for a card purchase, as the story reckons it."""

    merchant: Merchant
    name: str
    amount: int
    expires_at: int


def pay_out(stage: Stage) -> None:
    """Pay merchants what they can spend, each on its day of the week: held in the morning, captured once sent."""
    for number, merchant in enumerate(stage.cast.merchants):
        today = stage.at // DAY % _WORKING_DAYS
        if not merchant.region.open_on(stage.at) or number % _WORKING_DAYS != today:
            continue
        amount = stage.spendable(merchant) * stage.random.randrange(80, 96) // 100
        if amount > 50 * merchant.prices[0] // 10:
            _pay_out_one(stage, merchant, amount)


def _pay_out_one(stage: Stage, merchant: Merchant, amount: int) -> None:
    name = stage.number("payout")
    stage.say(
        name,
        ledger.PlaceHold(
            account(merchant.external_id),
            merchant.region.amount(amount),
            expires_at=stage.at + _PAYOUT_HOLD_DAYS * DAY,
            destination=account(merchant.region.account("bank")),
            reason="PAYOUT",
            external_id=name,
            correlation_id=name,
            description=f"Payout to {merchant.name}",
        ),
    )
    stage.purse(merchant).held += amount
    act = _return_payout if stage.chance(3) else _send_payout
    stage.later(stage.at + 4 * HOUR, partial(act, stage, merchant, name, amount))


def _send_payout(stage: Stage, merchant: Merchant, name: str, amount: int) -> None:
    if stage.purse(merchant).frozen:
        # Frozen on its way: the payout is not sent, and its hold lapses.
        stage.later(stage.at + _PAYOUT_HOLD_DAYS * DAY, partial(_lapse_payout, stage, merchant, name, amount))
        return
    stage.say(f"{name}:sent", ledger.CaptureHold(account(name), external_id=name, correlation_id=name))
    purse = stage.purse(merchant)
    purse.held -= amount
    purse.free -= amount


def _lapse_payout(stage: Stage, merchant: Merchant, name: str, amount: int) -> None:
    stage.note_expiry(name)
    stage.purse(merchant).held -= amount


def _return_payout(stage: Stage, merchant: Merchant, name: str, amount: int) -> None:
    stage.say(f"{name}:returned", ledger.ReleaseHold(account(name)))
    stage.purse(merchant).held -= amount


def purchase(stage: Stage) -> None:
    """Let merchants with a card buy supplies: the shop has the money set aside, and takes it days later."""
    for merchant in stage.cast.merchants:
        if merchant.has_card and stage.chance(_PURCHASE_PERCENT):
            share = stage.spendable(merchant) * stage.random.randrange(5, 25) // 100
            amount = share // merchant.prices[0] * merchant.prices[0]
            if amount > 0:
                authorised = authorise(stage, merchant, amount, stage.at + _CARD_HOLD_DAYS * DAY)
                _foresee(stage, authorised)


def authorise(stage: Stage, merchant: Merchant, amount: int, expires_at: int) -> Authorisation:
    """Set money aside for a purchase."""
    name = stage.number("card")
    supplier = stage.random.choice(merchant.region.suppliers)
    stage.say(
        name,
        ledger.PlaceHold(
            account(merchant.external_id),
            merchant.region.amount(amount),
            expires_at=expires_at,
            destination=account(merchant.region.account("suppliers")),
            reason="CARD",
            external_id=name,
            correlation_id=name,
            description=f"Card purchase at {supplier}",
            metadata=(("supplier", supplier),),
        ),
    )
    stage.purse(merchant).held += amount
    return Authorisation(merchant, name, amount, expires_at)


def _foresee(stage: Stage, authorised: Authorisation) -> None:
    """Choose what will become of a purchase: taken whole, in two parts, with a little more, let go, or forgotten."""
    first = stage.at + stage.random.randrange(9 * HOUR, 3 * DAY)
    match stage.random.randrange(20):
        case 0:
            stage.later(authorised.expires_at, partial(_forget, stage, authorised))
        case 1 | 2:
            stage.later(first, partial(_let_go, stage, authorised))
        case 3 | 4 | 5:
            stage.later(first, partial(_take, stage, authorised, authorised.amount * 2 // 5, final=False))
            stage.later(first + DAY, partial(_take, stage, authorised, None))
        case 6 | 7:
            stage.later(first, partial(_take_with_tip, stage, authorised))
        case 8:
            stage.later(stage.at + 8 * HOUR, partial(_raise, stage, authorised))
            stage.later(first + DAY, partial(_take, stage, authorised, None))
        case _:
            stage.later(first, partial(_take, stage, authorised, None))


def _take(stage: Stage, authorised: Authorisation, amount: int | None, *, final: bool = True) -> None:
    taken = authorised.amount if amount is None else amount
    name = stage.number("purchase")
    stage.say(
        name,
        ledger.CaptureHold(
            account(authorised.name),
            amount=None if amount is None else authorised.merchant.region.amount(amount),
            final=final,
            external_id=name,
            correlation_id=authorised.name,
        ),
    )
    authorised.amount -= taken
    _spend(stage, authorised.merchant, held=taken, taken=taken)


def _take_with_tip(stage: Stage, authorised: Authorisation) -> None:
    """Take more than was set aside, where the merchant can spend it."""
    tip = authorised.amount // 8
    if tip == 0 or stage.spendable(authorised.merchant) < tip:
        _take(stage, authorised, None)
        return
    name = stage.number("purchase")
    stage.say(
        name,
        ledger.CaptureHold(
            account(authorised.name),
            amount=authorised.merchant.region.amount(authorised.amount + tip),
            allow_excess=True,
            external_id=name,
            correlation_id=authorised.name,
            description="With a tip",
        ),
    )
    _spend(stage, authorised.merchant, held=authorised.amount, taken=authorised.amount + tip)


def _raise(stage: Stage, authorised: Authorisation) -> None:
    more = authorised.amount // 4
    if 0 < more <= stage.spendable(authorised.merchant):
        amount = authorised.merchant.region.amount(more)
        stage.say(f"{authorised.name}:raised", ledger.IncrementHold(account(authorised.name), amount))
        stage.purse(authorised.merchant).held += more
        authorised.amount += more


def _let_go(stage: Stage, authorised: Authorisation) -> None:
    stage.say(f"{authorised.name}:released", ledger.ReleaseHold(account(authorised.name)))
    _spend(stage, authorised.merchant, held=authorised.amount, taken=0)


def _forget(stage: Stage, authorised: Authorisation) -> None:
    stage.note_expiry(authorised.name)
    _spend(stage, authorised.merchant, held=authorised.amount, taken=0)


def _spend(stage: Stage, merchant: Merchant, *, held: int, taken: int) -> None:
    purse = stage.purse(merchant)
    purse.held -= held
    purse.free -= taken
    stage.owed[merchant.region.account("suppliers")] += taken


def settle_suppliers(stage: Stage) -> None:
    """Pay from our banks what the merchants' cards took at the suppliers."""
    for region in stage.cast.regions:
        payable = region.account("suppliers")
        amount = stage.owed.pop(payable, 0)
        if amount:
            name = stage.number("supplies")
            stage.say(
                name,
                ledger.Transfer(
                    account(payable),
                    account(region.account("bank")),
                    region.amount(amount),
                    kind="SETTLEMENT",
                    external_id=name,
                    description="To the card network, for the suppliers",
                ),
            )
