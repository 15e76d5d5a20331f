"""What a capture tells beside what the scenarios tell of holds."""

import pytest

from app import ledger
from tests.ledger.world import World


@pytest.mark.parametrize(("own", "told"), [(None, "order-7"), ("order-8", "order-8")])
def test_a_capture_belongs_to_the_case_of_its_hold_unless_it_names_another(own: str | None, told: str) -> None:
    tenant = World()
    payer = tenant.accept(ledger.OpenAccount("USD", unlimited=True)).account_id
    payee = tenant.accept(ledger.OpenAccount("USD")).account_id
    account, destination = ledger.Reference(payer), ledger.Reference(payee)
    placed = tenant.accept(
        ledger.PlaceHold(account, ledger.Amount(5, "USD"), destination=destination, correlation_id="order-7")
    )
    made = tenant.accept(ledger.CaptureHold(ledger.Reference(placed.hold_id), correlation_id=own)).transaction
    assert made is not None
    assert made.correlation_id == told
