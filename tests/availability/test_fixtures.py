"""The policies that ship: each may be published as it is, and its figures are the ones in force."""

from pathlib import Path

import pytest

from app import ledger
from app.services import calendars

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures/policies").glob("*.json"))
KNOWN = calendars.known({"EUR": 2, "USD": 2})


def policy_of(path: Path) -> ledger.Policy:
    found = ledger.read_policy_text(path.read_text(encoding="utf-8"), KNOWN)
    assert isinstance(found, ledger.Policy), found
    return found


def test_there_is_a_policy_for_each_way_that_money_comes_in() -> None:
    assert sorted(path.stem for path in FIXTURES) == [
        "card-t-plus-2",
        "instant",
        "sepa-credit-transfer",
        "us-regulation-cc",
        "us-regulation-cc-cash",
    ]
    methods = {method for path in FIXTURES for rule in policy_of(path).rules for method in rule.match.methods}
    assert {"CARD", "ACH", "WIRE", "CHECK", "INSTANT", "CASH", "INTERNAL"} <= methods


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_it_may_be_published_and_says_where_its_rules_come_from(path: Path) -> None:
    policy = policy_of(path)
    assert policy.description
    assert all(rule.source for rule in policy.rules)
    assert ledger.read_policy_text(ledger.policy_text(policy), KNOWN) == policy


def test_the_figures_of_regulation_cc_are_those_of_july_2025_and_each_stands_in_one_place() -> None:
    """Board and CFPB, final rule of 20 May 2024, 89 FR 43738 and after: adjusted amounts from 1 July 2025."""
    for stem in ("us-regulation-cc", "us-regulation-cc-cash"):
        path = next(path for path in FIXTURES if path.stem == stem)
        figures = {parameter.name: parameter.value for parameter in policy_of(path).parameters}
        assert figures["nextDayAmount"] == "275.00"
        assert figures["newAccountAmount"] == "6725.00"
        assert figures["largeDepositAmount"] == "6725.00"
        assert figures.get("cashWithdrawalAmount") == ("550.00" if stem.endswith("cash") else None)
        rules = path.read_text(encoding="utf-8").partition('"rules"')[2]
        for figure in ("275", "550", "6725", '"09:00"', '"17:00"', '"days": 1', '"days": 9'):
            assert figure not in rules


def test_the_text_that_is_kept_of_a_policy_does_not_change() -> None:
    """Kept texts are compared and never rewritten; a change of their form needs a reason."""
    path = next(path for path in FIXTURES if path.stem == "instant")
    assert ledger.policy_text(policy_of(path)) == (
        '{"calendar":"EVERY_DAY","description":"Instant payments and transfers inside the house: available when they '
        'are posted, on any day and at any hour. For every currency.","rules":[{"match":{"methods":["INSTANT",'
        '"INTERNAL"]},"name":"Instant","portions":[{"available":"AT_ONCE","take":"REST"}],"source":"Payments that '
        'settle one by one at once, such as RTP, FedNow (12 CFR 210.44(b)(1)) and SCT Inst"}],"timeZone":"UTC"}'
    )
