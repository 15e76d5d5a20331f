"""The invariant queries: silent over a sound ledger, and each speaks up over the fault it is for."""

import pytest

from app import ledger, store
from app.store.invariant_queries import RANGED
from app.store.statement import Statement
from tests.store.conftest import DAY, START, Ledger
from tests.store.test_book import by, transfer, usd


async def found(tenant: Ledger) -> set[str]:
    return {
        step.name async for step in store.check_invariants(tenant.database, tenant.tenant_id, window=7) if step.findings
    }


async def lived(tenant: Ledger) -> None:
    """A little of everything."""
    await tenant.open_accounts("cash", unlimited=True)
    await tenant.open_accounts("a", "b")
    await tenant.accept(
        transfer("cash", "a", 1_000, external_id="first"),
        transfer("cash", "a", 500, available_at=START + DAY, external_id="sale"),
        ledger.PlaceHold(by("a"), usd(100), external_id="hold", destination=by("b")),
        ledger.PlaceHold(by("a"), usd(100), external_id="lapse", expires_at=START + 2),
        ledger.PlaceHold(by("a"), usd(100), external_id="lapse later", expires_at=START + DAY),
    )
    await tenant.accept(
        ledger.RescheduleEntry(by("sale"), 2, usd(100), START + 2 * DAY, "dispute"),
        ledger.ReverseTransaction(by("first"), amount=usd(10)),
        ledger.CaptureHold(by("hold"), usd(60), final=False),
        ledger.FreezeAccount(by("b")),
        ledger.UnfreezeAccount(by("b")),
        ledger.Transfer(by("b"), by("a"), usd(70), force=True),
    )
    await tenant.refuse(transfer("b", "a", 10**6))
    await tenant.move_clock(START + 10)
    await tenant.accept(ledger.RecordExpiry(by("lapse")), ledger.ReleaseHold(by("hold")))
    await tenant.move_clock(START + DAY + 1)
    await tenant.accept(transfer("a", "b", 1_000))
    await deposited(tenant)


TERMS = """{"currency": "USD", "timeZone": "UTC", "calendar": "WEEKDAYS", "rules": [
    {"name": "all", "dayLimit": {"amount": "5.00", "counter": "large", "beyond": {"days": 9}}, "portions": [
        {"take": {"perDay": "%s"}, "available": "AT_ONCE"}, {"take": "REST", "available": {"days": 1}}]}]}"""


async def deposited(tenant: Ledger) -> None:
    """Two versions of a policy, a day closed, and deposits under each version, some past the limit of the day."""
    deposit = ledger.Deposit(by("cash"), by("a"), usd(200), "CARD")
    await tenant.accept(
        ledger.PublishPolicy("standard", TERMS % "1.00"),
        ledger.AssignPolicy(by("standard")),
        ledger.AssignPolicy(by("standard"), by("b")),
        ledger.SetClosures("WEEKDAYS", closed=(ledger.first_day(tenant.now) + 3,)),
        deposit,
        ledger.PublishPolicy("standard", TERMS % "3.00"),
        deposit,
        deposit,
        ledger.AssignPolicy(None, by("b")),
        ledger.SetReservePlan(by("a"), 1_000, 30, "5"),
        deposit,
        ledger.OpenAccount("USD", external_id="bank", unlimited=True),
        ledger.OpenAccount("USD", external_id="fees"),
        ledger.SetAdvancePlan(by("bank"), by("fees"), (ledger.AdvanceTier(None, 5_000),), 100),
    )
    quotes = [ledger.QuoteInstantAvailability(by("a"), external_id=name) for name in ("quote", "other")]
    await tenant.accept(*quotes, ledger.AcceptInstantQuote(by("quote")))


async def test_a_sound_ledger_has_no_findings(tenant: Ledger) -> None:
    await lived(tenant)
    assert await found(tenant) == set()


async def test_progress_tells_how_far_each_check_is(tenant: Ledger) -> None:
    await lived(tenant)
    last: dict[str, store.InvariantCheck] = {}
    async for step in store.check_invariants(tenant.database, tenant.tenant_id, window=7):
        assert step.done == (last[step.name].done if step.name in last else 0) + 1
        last[step.name] = step
    assert all(step.done == step.total for step in last.values())
    assert {query.name.removeprefix("invariant.") for query in RANGED} < set(last)


HOLD = "(SELECT x.id FROM external_ids x WHERE x.tenant_id = $1 AND x.kind = 'HOLD' AND x.external_id = 'hold')"
A = "(SELECT x.id FROM external_ids x WHERE x.tenant_id = $1 AND x.kind = 'ACCOUNT' AND x.external_id = 'a')"
FIRST = "(SELECT x.id FROM external_ids x WHERE x.tenant_id = $1 AND x.external_id = 'first')"
SALE = "(SELECT x.id FROM external_ids x WHERE x.tenant_id = $1 AND x.external_id = 'sale')"

FAULTS = {
    "unbalanced_transactions": (
        f"UPDATE entries SET amount = amount + 1 WHERE tenant_id = $1 AND transaction_id = {FIRST} AND line = 1"
    ),
    "missing_lines": f"DELETE FROM entries WHERE tenant_id = $1 AND transaction_id = {FIRST} AND line = 1",
    "stray_entries": f"UPDATE entries SET effective_at = 5 WHERE tenant_id = $1 AND transaction_id = {FIRST}",
    "orphaned_entries": f"DELETE FROM transactions WHERE tenant_id = $1 AND id = {FIRST}",
    "broken_chain": f"UPDATE entries SET balance_after = 5 WHERE tenant_id = $1 AND transaction_id = {FIRST}",
    "wrong_balances": f"UPDATE balances SET ledger = ledger + 1 WHERE tenant_id = $1 AND account_id = {A}",
    "wrong_terms": f"UPDATE balances SET floor = 7 WHERE tenant_id = $1 AND account_id = {A}",
    "gaps_in_versions": f"UPDATE balances SET version = version + 1 WHERE tenant_id = $1 AND account_id = {A}",
    "versions_beyond_the_balance": (
        f"UPDATE balances SET version = version - 1 WHERE tenant_id = $1 AND account_id = {A}"
    ),
    "wrong_held": f"UPDATE balances SET held = held + 1 WHERE tenant_id = $1 AND account_id = {A}",
    "wrong_buckets": f"UPDATE buckets SET amount = amount + 1 WHERE tenant_id = $1 AND account_id = {A}",
    "missing_buckets": f"DELETE FROM buckets WHERE tenant_id = $1 AND account_id = {A}",
    "wrong_maturing": f"UPDATE balances SET maturing = maturing + 1 WHERE tenant_id = $1 AND account_id = {A}",
    "wrong_holds": (
        f"UPDATE holds SET amount = amount + 1, released = released + 1 WHERE tenant_id = $1 AND id = {HOLD}"
    ),
    "wrong_hold_changes": f"UPDATE hold_changes SET expires_at = 1 WHERE tenant_id = $1 AND hold_id = {HOLD}",
    "broken_held_chain": (
        "UPDATE hold_changes SET held_after = held_after + 1 "
        f"WHERE tenant_id = $1 AND hold_id = {HOLD} AND kind = 'PLACED'"
    ),
    "excessive_reversals": f"UPDATE entries SET amount = 5000 WHERE tenant_id = $1 AND of_transaction_id = {SALE}",
    "below_floor": f"UPDATE account_changes SET floor = 401 WHERE tenant_id = $1 AND account_id = {A}",
    "gaps_in_the_sequence": "DELETE FROM events WHERE tenant_id = $1 AND sequence = 5",
    "gaps_in_ordinals": (
        "DELETE FROM events "
        "WHERE tenant_id = $1 AND ordinal = 0 AND "
        "sequence IN (SELECT e.sequence FROM events e WHERE e.tenant_id = $1 AND e.ordinal = 1)"
    ),
    "wrong_batches": "UPDATE batches SET recorded_at = recorded_at + 1 WHERE tenant_id = $1",
    "wrong_head": "UPDATE heads SET sequence = sequence - 1 WHERE tenant_id = $1",
    "events_without_change": f"UPDATE events SET subject_id = tenant_id WHERE tenant_id = $1 AND subject_id = {A}",
    "transactions_without_event": f"DELETE FROM events WHERE tenant_id = $1 AND subject_id = {FIRST}",
    "hold_changes_without_event": f"DELETE FROM events WHERE tenant_id = $1 AND subject_id = {HOLD}",
    "account_changes_without_event": f"DELETE FROM events WHERE tenant_id = $1 AND subject_id = {A}",
    "captures_without_transaction": "UPDATE transactions SET hold_id = NULL WHERE tenant_id = $1",
    "wrong_policies": "UPDATE policies SET name = 'other' WHERE tenant_id = $1 AND version = 2",
    "wrong_assignments": "UPDATE policy_assignments SET policy_id = tenant_id WHERE tenant_id = $1",
    "wrong_calendar_changes": "UPDATE calendar_changes SET id = tenant_id WHERE tenant_id = $1",
    "wrong_reserve_plans": "UPDATE reserve_plans SET account_id = tenant_id WHERE tenant_id = $1",
    "wrong_advance_plans": "UPDATE advance_plans SET lender_id = tenant_id WHERE tenant_id = $1",
    "wrong_quotes": "UPDATE instant_quotes SET lender_id = tenant_id WHERE tenant_id = $1",
    "wrong_advances": "UPDATE advances SET amount = amount + 1 WHERE tenant_id = $1",
    "wrong_calendar_days": "UPDATE calendar_days SET calendar = 'FED' WHERE tenant_id = $1",
    "wrong_deposits": "UPDATE deposits SET amount = amount + 1 WHERE tenant_id = $1",
    "wrong_rules": "UPDATE entry_rules SET line = 9 WHERE tenant_id = $1 AND line = 2",
    "wrong_counters": "UPDATE deposit_counters SET amount = amount + 1 WHERE tenant_id = $1 AND counter = 'large'",
    "unclaimed_external_ids": "DELETE FROM external_ids WHERE tenant_id = $1 AND external_id = 'sale'",
    "external_ids": f"UPDATE external_ids SET id = {A} WHERE tenant_id = $1 AND external_id = 'sale'",
    "keys": (
        "UPDATE idempotency_keys SET transaction_id = tenant_id WHERE tenant_id = $1 AND transaction_id IS NOT NULL"
    ),
    "totals": f"UPDATE entries SET balance_after = balance_after + 1 WHERE tenant_id = $1 AND account_id = {A}",
}


@pytest.mark.parametrize("name", FAULTS)
async def test_each_fault_is_found(tenant: Ledger, name: str) -> None:
    await lived(tenant)
    async with tenant.database.write(0) as unit:
        await unit.run(Statement("test.fault", FAULTS[name]), tenant.tenant_id)
        await unit.commit()
    assert name in await found(tenant)


def test_every_query_has_a_fault() -> None:
    assert {query.name.removeprefix("invariant.") for query in RANGED} <= set(FAULTS)
