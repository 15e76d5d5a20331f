"""Advances through kills of the server: each quote is had once, and the lender repaid by time, whoever is running."""

import asyncio
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.faults.client import Client, Command, by, client, minor, open_account, stock, transfer, usd
from tests.faults.conftest import Ledger, assert_sound
from tests.faults.server import serving, verify

MERCHANTS = tuple(f"merchant-{number}" for number in range(8))
ADVANCES = 12
"""Of each merchant."""
CENTS = 500
FEE_CENTS = 5
KILLS = 3
LENT_CENTS = len(MERCHANTS) * ADVANCES * CENTS
OWN_CENTS, SALE_CENTS = 100_000, 10_000
MATURES_SECONDS = 20


def accept(name: str) -> Command:
    return Command("acceptInstantQuote", {"idempotencyKey": f"accept-{name}", "quote": by(name), "externalId": name})


def quote(merchant: str, name: str) -> Command:
    asked = {"account": by(merchant), "amount": usd(CENTS), "externalId": name}
    return Command("quoteInstantAvailability", {"idempotencyKey": f"quote-{name}"} | asked)


async def advances(teller: Client, merchant: str) -> None:
    """Have all of a merchant's advances, each asked for until what became of it is told."""
    for number in range(ADVANCES):
        name = f"{merchant}-{number}"
        await teller.accept(quote(merchant, name))
        await teller.accept(accept(name))


async def test_a_quote_is_had_once_and_repaid_once_however_often_the_server_is_killed(
    ledger: Ledger, logs: Path
) -> None:
    async with serving(ledger.url, logs) as server, client(ledger.key, server.url) as teller:
        await stock(teller, ["own", "fees"], OWN_CENTS)
        await stock_sales(teller)
        ends = time.monotonic() + MATURES_SECONDS
        working = asyncio.gather(*(advances(teller, merchant) for merchant in MERCHANTS))
        chance = random.Random(4)
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.05, 0.3))
            await server.kill()
            await server.start()
        await working
        assert teller.met.total() >= KILLS, "commands were on their way"
        assert time.monotonic() < ends - 1, "the money matured before everything was had: give it more time"
        own, fees, *merchants = await teller.funds(["own", "fees", *MERCHANTS])
        assert (minor(own["ledger"]), minor(own["available"])) == (OWN_CENTS, OWN_CENTS - LENT_CENTS)
        assert minor(fees["available"]) == OWN_CENTS + len(MERCHANTS) * ADVANCES * FEE_CENTS
        for merchant in merchants:
            assert minor(merchant["available"]) == ADVANCES * (CENTS - FEE_CENTS)
        # The repayment is nobody's work: the server is dead while it comes.
        await server.kill()
        await asyncio.sleep(ends + 1 - time.monotonic())
        await server.start()
        own, *merchants = await teller.funds(["own", *MERCHANTS])
        assert (minor(own["ledger"]), minor(own["available"])) == (OWN_CENTS, OWN_CENTS)
        for merchant in merchants:
            assert minor(merchant["available"]) == SALE_CENTS - ADVANCES * FEE_CENTS
        for name in MERCHANTS:
            again = await teller.insist(accept(f"{name}-0"))
            assert again["replayed"]
        await assert_sound(ledger.url)
        assert await server.stop() == 0
    await verify(ledger.url)


async def stock_sales(teller: Client) -> None:
    """Let each merchant have a sale that matures soon, and the lender a plan."""
    matures = (datetime.now(UTC) + timedelta(seconds=MATURES_SECONDS)).isoformat().replace("+00:00", "Z")
    for merchant in MERCHANTS:
        await teller.accept(open_account(merchant))
        sale = transfer(f"sale-{merchant}", "bank", merchant, SALE_CENTS)
        await teller.accept(Command("transfer", {**sale.terms, "availableAt": matures}))
    terms = {"lender": by("own"), "feeAccount": by("fees"), "tiers": [{"percent": "100"}], "feePercent": "1"}
    await teller.accept(Command("setAdvancePlan", {"idempotencyKey": "plan"} | terms))
