"""Fingerprints never change: a retry after an upgrade must still be recognised."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from app import ledger
from app.ledger import canonical
from app.ledger.command import Command

GOLDEN = Path(__file__).parents[2] / "fixtures" / "fingerprints.json"
ONE, TWO = ledger.Reference(id=UUID(int=1)), ledger.Reference(external_id="two")
USD = ledger.Amount(1234, "USD")
AT = 1_767_225_600_000_000
REQUIRE = (
    ledger.Condition(ONE, version=7),
    ledger.Condition(TWO, None, ledger.Component.AVAILABLE, ledger.Comparison.LTE, "1.5"),
)
METADATA = (("a", "1"), ("b", "é"))
ENTRIES = (
    ledger.EntryDraft(ONE, ledger.Side.DEBIT, USD),
    ledger.EntryDraft(TWO, ledger.Side.CREDIT, USD, AT, "FEE", "because"),
)

COMMANDS: dict[str, Command] = {
    "openAccount, plain": ledger.OpenAccount("USD"),
    "openAccount, full": ledger.OpenAccount(
        "JPY",
        ledger.Purpose.RESERVE,
        ledger.Side.DEBIT,
        "-5",
        unlimited=True,
        external_id="x",
        name="n",
        metadata=METADATA,
    ),
    "updateAccount, plain": ledger.UpdateAccount(ONE),
    "updateAccount, full": ledger.UpdateAccount(TWO, "n", "0.5", False, METADATA, REQUIRE),
    "freezeAccount": ledger.FreezeAccount(ONE, ledger.Direction.OUT, "r", REQUIRE),
    "unfreezeAccount": ledger.UnfreezeAccount(ONE, ledger.Direction.IN, "r", REQUIRE),
    "closeAccount": ledger.CloseAccount(ONE, "r", REQUIRE),
    "reopenAccount": ledger.ReopenAccount(ONE, "r", REQUIRE),
    "transfer, plain": ledger.Transfer(ONE, TWO, USD),
    "transfer, full": ledger.Transfer(
        ONE, TWO, USD, AT, AT + 1, "PAYOUT", "x", "c", "d", METADATA, REQUIRE, force=True
    ),
    "postTransaction, plain": ledger.PostTransaction(ENTRIES),
    "postTransaction, full": ledger.PostTransaction(
        ENTRIES, AT, "SALE", "x", "c", "d", METADATA, REQUIRE, force=True, advance=True
    ),
    "reverseTransaction, plain": ledger.ReverseTransaction(ONE),
    "reverseTransaction, amount": ledger.ReverseTransaction(ONE, USD),
    "reverseTransaction, lines": ledger.ReverseTransaction(
        TWO, None, (ledger.ReversedLine(1, "2.5"),), "x", "c", "d", METADATA, REQUIRE, force=True
    ),
    "rescheduleEntry, plain": ledger.RescheduleEntry(ONE, 2),
    "rescheduleEntry, full": ledger.RescheduleEntry(ONE, 2, USD, AT, "r", REQUIRE),
    "releaseEarly, plain": ledger.ReleaseEarly(ledger.EntryReference(ONE, 2)),
    "releaseEarly, full": ledger.ReleaseEarly(ledger.EntryReference(TWO, 1), USD, AT, "r", REQUIRE),
    "delayAvailability, plain": ledger.DelayAvailability(ledger.EntryReference(ONE, 2), AT),
    "delayAvailability, full": ledger.DelayAvailability(ledger.EntryReference(TWO, 1), AT, USD, "r", REQUIRE),
    "setReservePlan, plain": ledger.SetReservePlan(ONE, 0),
    "setReservePlan, full": ledger.SetReservePlan(TWO, 1_000, 30, "5", REQUIRE),
    "setReservePlan, until": ledger.SetReservePlan(TWO, 1_000, ledger.KeptUntil(AT), "5", REQUIRE),
    "forfeitReserve, plain": ledger.ForfeitReserve(ledger.EntryReference(ONE, 2), TWO),
    "forfeitReserve, full": ledger.ForfeitReserve(
        ledger.EntryReference(TWO, 1), ONE, USD, "r", "x", REQUIRE, force=True
    ),
    "setAdvancePlan, plain": ledger.SetAdvancePlan(ONE, TWO),
    "setAdvancePlan, full": ledger.SetAdvancePlan(
        ONE,
        TWO,
        (ledger.AdvanceTier("low", 9_000), ledger.AdvanceTier(None, 5_000)),
        150,
        "0.3",
        "500",
        14,
        60,
        REQUIRE,
    ),
    "quoteInstantAvailability, plain": ledger.QuoteInstantAvailability(ONE),
    "quoteInstantAvailability, full": ledger.QuoteInstantAvailability(TWO, USD, "x", REQUIRE),
    "acceptInstantQuote, plain": ledger.AcceptInstantQuote(ONE),
    "acceptInstantQuote, full": ledger.AcceptInstantQuote(TWO, "x", REQUIRE),
    "placeHold, plain": ledger.PlaceHold(ONE, USD),
    "placeHold, full": ledger.PlaceHold(ONE, USD, AT, TWO, "r", "x", "c", "d", METADATA, REQUIRE, force=True),
    "captureHold, plain": ledger.CaptureHold(ONE),
    "captureHold, full": ledger.CaptureHold(
        ONE,
        USD,
        False,
        True,
        AT,
        (ledger.CaptureDestination(TWO, USD, AT, "FEE"),),
        "x",
        "c",
        "d",
        METADATA,
        REQUIRE,
        True,
    ),
    "releaseHold": ledger.ReleaseHold(ONE, USD, REQUIRE),
    "incrementHold": ledger.IncrementHold(ONE, USD, REQUIRE, force=True),
    "extendHold": ledger.ExtendHold(ONE, AT, REQUIRE),
    "deposit, plain": ledger.Deposit(ONE, TWO, USD, "CHECK"),
    "deposit, full": ledger.Deposit(ONE, TWO, USD, "CARD", AT, AT + 1, "x", "c", "d", METADATA, REQUIRE, force=True),
    "publishPolicy, plain": ledger.PublishPolicy("n", "{}"),
    "publishPolicy, full": ledger.PublishPolicy("n", '{"rules":[]}', 3, REQUIRE),
    "assignPolicy, plain": ledger.AssignPolicy(ONE),
    "assignPolicy, full": ledger.AssignPolicy(None, TWO, REQUIRE),
    "setClosures, plain": ledger.SetClosures("FED"),
    "setClosures, full": ledger.SetClosures("FED", (739_000, 739_001), (739_002,), REQUIRE),
}


def golden() -> dict[str, dict[str, object]]:
    return cast("dict[str, dict[str, object]]", json.loads(GOLDEN.read_text("utf-8")))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_fingerprint_is_what_it_always_was(name: str) -> None:
    whole, digests = ledger.fingerprint(COMMANDS[name])
    assert {"version": ledger.FINGERPRINT_VERSION, "fingerprint": whole, "digests": dict(digests)} == golden()[name]


def test_every_verb_that_takes_a_key_has_a_golden_fingerprint() -> None:
    verbs = {command.operation for command in COMMANDS.values()}
    every = {kind.operation for kind in Command.__args__} - {ledger.RecordExpiry.operation}
    assert verbs == every
    assert golden().keys() == COMMANDS.keys()


def test_no_two_commands_share_a_fingerprint() -> None:
    assert len({ledger.fingerprint(command)[0] for command in COMMANDS.values()}) == len(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_field_counts_and_is_named_when_it_differs(name: str) -> None:
    command = COMMANDS[name]
    whole, digests = ledger.fingerprint(command)
    for field in fields(command):
        other = replace(cast("Any", command), **{field.name: ("something", "else")})
        now, differing = ledger.fingerprint(other)
        assert now != whole
        assert len(canonical.differing(digests, differing)) == 1


def test_a_field_that_one_record_does_not_know_differs() -> None:
    assert canonical.differing((("a", "1"),), (("a", "1"), ("b", "2"))) == ("b",)


SPLITS: list[Callable[[], Command]] = [
    lambda: ledger.OpenAccount("USD", metadata=(("a", "bc"),)),
    lambda: ledger.OpenAccount("USD", metadata=(("ab", "c"),)),
    lambda: ledger.OpenAccount("USD", metadata=(("a", "b"), ("c", ""))),
    lambda: ledger.OpenAccount("USD", name="a", external_id="b"),
    lambda: ledger.OpenAccount("USD", name="ab", external_id=""),
    lambda: ledger.OpenAccount("USD", name="", external_id="ab"),
]


def test_no_value_runs_over_into_its_neighbour() -> None:
    assert len({ledger.fingerprint(make())[0] for make in SPLITS}) == len(SPLITS)


def test_what_has_no_canonical_form_is_a_bug() -> None:
    with pytest.raises(TypeError, match="float"):
        ledger.fingerprint(ledger.OpenAccount("USD", name=cast("str", 1.5)))


class DriversUUID(UUID):
    """What a driver may give for an id: PostgreSQL's gives its own kind of UUID."""


def test_an_id_is_the_same_whoever_read_it() -> None:
    given, read = (ledger.Reference(id=kind(int=1)) for kind in (UUID, DriversUUID))
    assert ledger.fingerprint(ledger.CloseAccount(read)) == ledger.fingerprint(ledger.CloseAccount(given))
