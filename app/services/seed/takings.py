"""What customers pay and take back in the demo: sales with their fees, refunds, disputes, the acquirer's money."""

from functools import partial
from typing import Final

from app import ledger
from app.services.seed.marketplace import DAY, HOUR, MINUTE, Merchant, Region
from app.services.seed.stage import Stage, account
from app.values import value

_REFUND_PERCENT: Final = 4
_DISPUTE_PER_THOUSAND: Final = 4
_RESERVE_PERCENT: Final = 10
_RESERVE_DAYS: Final = 30
_SCENES_A_DAY: Final = 3

CREDIT: Final = ledger.Side.CREDIT
DEBIT: Final = ledger.Side.DEBIT


@value
class Sale:
    """A sale as it was posted: line 2 is the merchant's money, which matures at `matures_at`."""

    merchant: Merchant
    name: str
    gross: int
    fee: int
    reserve: int
    matures_at: int

    @property
    def net(self) -> int:
        """What matures for the merchant, the part held in reserve apart."""
        return self.gross - self.fee - self.reserve


def sell(stage: Stage) -> None:
    """Let customers buy, each merchant as often as it is wont to."""
    for merchant in stage.cast.merchants:
        tenths = 10 * _SCENES_A_DAY
        count, rest = divmod(merchant.sales_in_ten_days, tenths)
        count += stage.random.randrange(tenths) < rest
        for _ in range(count):
            _sell_one(stage, merchant)


def _sell_one(stage: Stage, merchant: Merchant) -> None:
    gross = sum(stage.random.choice(merchant.prices) for _ in range(stage.random.choice((1, 1, 1, 2, 2, 3))))
    sale = post_sale(stage, merchant, gross, merchant.region.settles_at(stage.at))
    if stage.chance(_REFUND_PERCENT):
        stage.later(stage.at + stage.random.randrange(5 * HOUR, 9 * DAY), partial(_refund, stage, sale))
    elif stage.random.randrange(1000) < _DISPUTE_PER_THOUSAND:
        stage.later(stage.at + stage.random.randrange(12 * DAY, 40 * DAY), partial(dispute, stage, sale))


def post_sale(stage: Stage, merchant: Merchant, gross: int, matures_at: int) -> Sale:
    """Post a sale: the acquirer owes us the gross, the merchant gets it later, and the fee matures with it."""
    region, name = merchant.region, stage.number("sale")
    reserve = gross * _RESERVE_PERCENT // 100 if merchant.has_reserve else 0
    sale = Sale(merchant, name, gross, region.fee(gross), reserve, matures_at)
    whose = account(merchant.external_id)
    entries = [
        ledger.EntryDraft(account(region.account("acquirer")), DEBIT, region.amount(gross)),
        ledger.EntryDraft(whose, CREDIT, region.amount(gross - reserve), matures_at),
        ledger.EntryDraft(whose, DEBIT, region.amount(sale.fee), matures_at, kind="FEE"),
        ledger.EntryDraft(account(region.account("fees")), CREDIT, region.amount(sale.fee), kind="FEE"),
    ]
    if reserve:
        until = region.settles_at(stage.at + _RESERVE_DAYS * DAY, 0)
        entries.append(
            ledger.EntryDraft(whose, CREDIT, region.amount(reserve), until, kind="RESERVE", reason="ROLLING_RESERVE")
        )
        stage.purse(merchant).add(reserve, until, stage.at)
    order = f"order-{name.rpartition('-')[2]}"
    stage.say(
        name,
        ledger.PostTransaction(
            tuple(entries),
            effective_at=stage.at - stage.random.randrange(MINUTE, 3 * HOUR),
            kind="SALE",
            external_id=name,
            correlation_id=order,
            description=f"{merchant.trade.capitalize()}, {order}",
            metadata=(("channel", stage.random.choice(("online", "online", "in person"))), ("order", order)),
        ),
    )
    stage.purse(merchant).add(sale.net, matures_at, stage.at)
    stage.owed[region.account("fees")] += sale.fee
    settles_at = region.settles_at(stage.at)
    stage.owed[f"{region.code}@{settles_at}"] += gross
    return sale


def _refund(stage: Stage, sale: Sale) -> None:
    """Give a sale back: mostly all of it with its fee, sometimes part of the goods without it."""
    merchant, matured = sale.merchant, sale.matures_at <= stage.at
    if sale.reserve or stage.purse(merchant).frozen or (matured and stage.spendable(merchant) < sale.gross):
        return
    name, order = stage.number("refund"), sale.name.replace("sale", "order")
    part = sale.gross // 3 if stage.chance(35) and not sale.reserve else 0
    text = merchant.region.text(part)
    stage.say(
        name,
        ledger.ReverseTransaction(
            account(sale.name),
            lines=(ledger.ReversedLine(1, text), ledger.ReversedLine(2, text)) if part else None,
            external_id=name,
            correlation_id=order,
            description="One item came back" if part else "Customer changed their mind",
        ),
    )
    stage.purse(merchant).add(-part or -sale.net, sale.matures_at, stage.at)
    stage.owed[_back(merchant.region)] += part or sale.gross
    stage.owed[merchant.region.account("fees")] -= 0 if part else sale.fee


def dispute(stage: Stage, sale: Sale) -> None:
    """Take a sale back by force: the card holder's bank has done so already, whatever the merchant has."""
    merchant, region = sale.merchant, sale.merchant.region
    name, whose = stage.number("chargeback"), account(merchant.external_id)
    fee = region.chargeback_fee
    entries = (
        ledger.EntryDraft(whose, DEBIT, region.amount(sale.gross), reason="CHARGEBACK"),
        ledger.EntryDraft(account(region.account("acquirer")), CREDIT, region.amount(sale.gross)),
        ledger.EntryDraft(whose, DEBIT, region.amount(fee), kind="FEE", reason="CHARGEBACK"),
        ledger.EntryDraft(account(region.account("fees")), CREDIT, region.amount(fee), kind="FEE"),
    )
    stage.say(
        name,
        ledger.PostTransaction(
            entries,
            kind="CHARGEBACK",
            external_id=name,
            correlation_id=sale.name.replace("sale", "order"),
            description="Goods not received, says the card holder",
            force=True,
        ),
    )
    stage.purse(merchant).add(-sale.gross - fee, stage.at, stage.at)
    stage.owed[_back(region)] += sale.gross
    stage.owed[region.account("fees")] += fee


def settle(stage: Stage) -> None:
    """Let the acquirers pay into our banks what they owe for the sales that fall due, less what was taken back."""
    for region in stage.cast.regions:
        due = [key for key in stage.owed if key.startswith(f"{region.code}@") and int(key[4:]) <= stage.at]
        gross, back = sum(stage.owed.pop(key) for key in due), stage.owed.pop(_back(region), 0)
        if gross > back:
            _settle_one(stage, region, gross - back)
        else:
            stage.owed[_back(region)] = back - gross


def _back(region: Region) -> str:
    """The name under which the story reckons what the acquirer is to get back."""
    return f"back to {region.acquirer}"


def _settle_one(stage: Stage, region: Region, amount: int) -> None:
    name = stage.number("settlement")
    stage.say(
        name,
        ledger.Transfer(
            account(region.account("bank")),
            account(region.account("acquirer")),
            region.amount(amount),
            kind="SETTLEMENT",
            external_id=name,
            description=f"{region.acquirer} to {region.bank}",
        ),
    )
