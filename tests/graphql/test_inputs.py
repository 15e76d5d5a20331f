"""What is sent is read into commands, or refused with the path to the part at fault and nothing stored."""

import pytest

from app import ledger, services
from app.graphql import account_inputs, bounds, hold_inputs, references, transaction_inputs
from app.graphql.scalars import CurrencyCode, DecimalText, Metadata
from tests.graphql.api import Api

CURRENCIES = {"USD": ledger.Currency("USD", 2), "JPY": ledger.Currency("JPY", 0), "KWD": ledger.Currency("KWD", 3)}
USD_1 = {"amount": "1", "currency": "USD"}
ALICE, BOB, BANK = ({"externalId": name} for name in ("alice", "bob", "bank"))
UNKNOWN = "acct_01h455vb4pex5vsknk084sn02q"
ENTRY = {"account": ALICE, "side": "DEBIT", "amount": USD_1}

ENTRY_BY = {"transaction": {"externalId": "t"}, "line": 1}

# For each verb, an input that can be read; each row below spoils one part of it.
GOOD: dict[str, dict[str, object]] = {
    "openAccount": {"currency": "USD"},
    "updateAccount": {"account": ALICE, "name": "A"},
    "freezeAccount": {"account": ALICE},
    "transfer": {"from": ALICE, "to": BOB, "amount": USD_1},
    "postTransaction": {"entries": [ENTRY, ENTRY | {"side": "CREDIT", "account": BOB}]},
    "reverseTransaction": {"transaction": {"externalId": "t"}},
    "rescheduleEntry": {"transaction": {"externalId": "t"}, "line": 1, "reason": "why"},
    "releaseEarly": {"entry": ENTRY_BY, "reason": "why"},
    "delayAvailability": {"entry": ENTRY_BY, "until": "2030-01-01T00:00:00Z", "reason": "why"},
    "forfeitReserve": {"entry": ENTRY_BY, "to": BOB, "reason": "why"},
    "setReservePlan": {"account": ALICE, "percent": "10", "days": 30},
    "setAdvancePlan": {"lender": ALICE, "feeAccount": BOB, "tiers": [{"percent": "80"}]},
    "quoteInstantAvailability": {"account": ALICE},
    "acceptInstantQuote": {"quote": {"externalId": "q"}},
    "placeHold": {"account": ALICE, "amount": USD_1},
    "captureHold": {"hold": {"externalId": "h"}},
    "releaseHold": {"hold": {"externalId": "h"}},
    "extendHold": {"hold": {"externalId": "h"}},
}

BAD: list[tuple[str, dict[str, object], list[object]]] = [
    # Wrong types.
    ("transfer", {"amount": 1}, ["amount"]),
    ("transfer", {"amount": {"amount": 1, "currency": "USD"}}, ["amount", "amount"]),
    ("transfer", {"amount": {"amount": 1.5, "currency": "USD"}}, ["amount", "amount"]),
    ("transfer", {"amount": {"amount": "ten", "currency": "USD"}}, ["amount", "amount"]),
    ("transfer", {"amount": {"amount": "1e3", "currency": "USD"}}, ["amount", "amount"]),
    ("transfer", {"amount": {"amount": "1", "currency": 978}}, ["amount", "currency"]),
    ("transfer", {"amount": {"amount": "1"}}, ["amount"]),
    ("transfer", {"force": "yes"}, ["force"]),
    ("transfer", {"metadata": {"a": 1}}, ["metadata"]),
    ("transfer", {"availableAt": "tomorrow"}, ["availableAt"]),
    ("transfer", {"nonsense": 1}, []),
    ("openAccount", {"purpose": "PIGGY"}, ["purpose"]),
    ("openAccount", {"currency": None}, ["currency"]),
    ("rescheduleEntry", {"line": "1"}, ["line"]),
    ("releaseEarly", {"entry": {"transaction": {"externalId": "t"}}}, ["entry"]),
    ("setReservePlan", {"percent": "10.001"}, ["percent"]),
    ("forfeitReserve", {"to": {}}, ["to"]),
    ("forfeitReserve", {"reason": ""}, ["reason"]),
    ("setReservePlan", {"percent": "ten"}, ["percent"]),
    ("setReservePlan", {"percent": "100.01"}, ["percent"]),
    ("setReservePlan", {"percent": "-0.01"}, ["percent"]),
    ("setReservePlan", {"days": None}, ["days"]),
    ("setReservePlan", {"days": 0}, ["days"]),
    ("setReservePlan", {"days": 1_097}, ["days"]),
    ("setReservePlan", {"until": "2030-01-01T00:00:00Z"}, ["until"]),
    ("delayAvailability", {"until": None}, ["until"]),
    ("setAdvancePlan", {"tiers": [{"percent": "100.01"}]}, ["tiers", 0, "percent"]),
    ("setAdvancePlan", {"tiers": [{"percent": "1"}, {"percent": "2"}]}, ["tiers"]),
    ("setAdvancePlan", {"tiers": [{"percent": "1", "riskTier": str(n)} for n in range(21)]}, ["tiers"]),
    ("setAdvancePlan", {"tiers": [{"percent": "1", "riskTier": ""}]}, ["tiers", 0, "riskTier"]),
    ("setAdvancePlan", {"tiers": [{"percent": "1", "riskTier": "a" * 101}]}, ["tiers", 0, "riskTier"]),
    ("setAdvancePlan", {"feePercent": "100"}, ["feePercent"]),
    ("setAdvancePlan", {"feePercent": "1.001"}, ["feePercent"]),
    ("setAdvancePlan", {"horizonDays": 0}, ["horizonDays"]),
    ("setAdvancePlan", {"horizonDays": 367}, ["horizonDays"]),
    ("setAdvancePlan", {"quoteSeconds": 86_401}, ["quoteSeconds"]),
    ("quoteInstantAvailability", {"amount": {"amount": "1.001", "currency": "USD"}}, ["amount", "amount"]),
    ("acceptInstantQuote", {"quote": {"id": "txn_01h455vb4pex5vsknk084sn02q"}}, ["quote", "id"]),
    ("acceptInstantQuote", {"quote": {"externalId": ""}}, ["quote", "externalId"]),
    ("quoteInstantAvailability", {"externalId": ""}, ["externalId"]),
    ("acceptInstantQuote", {"externalId": "\n"}, ["externalId"]),
    # Amounts that no currency or 64 bits can hold.
    ("transfer", {"amount": {"amount": "1.001", "currency": "USD"}}, ["amount", "amount"]),
    ("transfer", {"amount": {"amount": "0.1", "currency": "JPY"}}, ["amount", "amount"]),
    ("transfer", {"amount": {"amount": "1234567890123456789", "currency": "JPY"}}, ["amount", "amount"]),
    ("transfer", {"amount": {"amount": "12345678901234567.89", "currency": "USD"}}, ["amount", "amount"]),
    ("transfer", {"amount": {"amount": "12345678901234567", "currency": "USD"}}, ["amount", "amount"]),
    ("placeHold", {"amount": {"amount": "1.001", "currency": "USD"}}, ["amount", "amount"]),
    ("captureHold", {"amount": {"amount": "1.001", "currency": "USD"}}, ["amount", "amount"]),
    # Unknown currencies.
    ("transfer", {"amount": {"amount": "1", "currency": "ZZZ"}}, ["amount", "currency"]),
    ("transfer", {"amount": {"amount": "1", "currency": "usd"}}, ["amount", "currency"]),
    ("openAccount", {"currency": "XAU"}, ["currency"]),
    # Ids and names.
    ("transfer", {"from": {"id": "alice"}}, ["from", "id"]),
    ("transfer", {"from": {"id": UNKNOWN.upper()}}, ["from", "id"]),
    ("transfer", {"from": {"id": UNKNOWN.replace("acct", "txn")}}, ["from", "id"]),
    ("transfer", {"from": {}}, ["from"]),
    ("transfer", {"from": {"id": UNKNOWN, "externalId": "a"}}, ["from"]),
    ("transfer", {"to": {"externalId": ""}}, ["to", "externalId"]),
    ("transfer", {"to": {"externalId": None}}, ["to", "externalId"]),
    ("transfer", {"externalId": "x" * 256}, ["externalId"]),
    ("transfer", {"externalId": "a\nb"}, ["externalId"]),
    ("transfer", {"correlationId": ""}, ["correlationId"]),
    ("transfer", {"idempotencyKey": ""}, ["idempotencyKey"]),
    ("transfer", {"idempotencyKey": "k" * 256}, ["idempotencyKey"]),
    ("transfer", {"idempotencyKey": "two words"}, ["idempotencyKey"]),
    ("transfer", {"idempotencyKey": "schlüssel"}, ["idempotencyKey"]),
    # Texts and kinds.
    ("openAccount", {"name": "n" * 501}, ["name"]),
    ("transfer", {"description": "d" * 501}, ["description"]),
    ("freezeAccount", {"reason": "r" * 201}, ["reason"]),
    ("rescheduleEntry", {"reason": ""}, ["reason"]),
    ("releaseEarly", {"reason": "r" * 201}, ["reason"]),
    ("delayAvailability", {"reason": ""}, ["reason"]),
    ("releaseEarly", {"entry": {"transaction": {"externalId": ""}, "line": 1}}, ["entry", "transaction", "externalId"]),
    ("delayAvailability", {"amount": {"amount": "1.001", "currency": "USD"}}, ["amount", "amount"]),
    ("transfer", {"kind": "payout"}, ["kind"]),
    ("transfer", {"kind": ""}, ["kind"]),
    ("transfer", {"kind": "K" * 41}, ["kind"]),
    ("transfer", {"kind": "REVERSAL"}, ["kind"]),
    ("postTransaction", {"kind": "CAPTURE"}, ["kind"]),
    ("postTransaction", {"entries": [ENTRY, ENTRY | {"kind": "fee"}]}, ["entries", 1, "kind"]),
    # Lists.
    ("postTransaction", {"entries": []}, ["entries"]),
    ("postTransaction", {"entries": [ENTRY]}, ["entries"]),
    ("postTransaction", {"entries": [ENTRY] * 101}, ["entries"]),
    ("transfer", {"require": [{"account": ALICE, "version": "1"}] * 21}, ["require"]),
    ("reverseTransaction", {"lines": []}, ["lines"]),
    ("reverseTransaction", {"lines": [{"line": n, "amount": "1"} for n in range(101)]}, ["lines"]),
    ("captureHold", {"destinations": []}, ["destinations"]),
    ("captureHold", {"destinations": [{"account": BOB, "amount": USD_1}] * 100}, ["destinations"]),
    # Parts that do not go together.
    ("transfer", {"require": [{"account": ALICE}]}, ["require", 0]),
    ("transfer", {"require": [{"account": ALICE, "component": "HELD"}]}, ["require", 0]),
    ("transfer", {"require": [{"account": ALICE, "amount": "1"}]}, ["require", 0]),
    (
        "transfer",
        {"require": [{"account": ALICE, "version": "1", "component": "HELD", "amount": "1"}]},
        ["require", 0],
    ),
    ("updateAccount", {"unlimited": True, "floor": "1"}, ["floor"]),
    ("openAccount", {"unlimited": True, "floor": "-1"}, ["floor"]),
    (
        "captureHold",
        {"destinations": [{"account": BOB, "amount": USD_1}], "availableAt": "2030-01-01T00:00:00Z"},
        ["availableAt"],
    ),
    ("reverseTransaction", {"amount": USD_1, "lines": [{"line": 1, "amount": "1"}]}, ["lines"]),
    ("reverseTransaction", {"lines": [{"line": 1, "amount": "1"}] * 2}, ["lines", 1, "line"]),
]


@pytest.mark.parametrize(("verb", "spoilt", "path"), BAD, ids=lambda value: str(value)[:60])
async def test_bad_input_is_refused_by_its_path(
    api: Api, verb: str, spoilt: dict[str, object], path: list[object]
) -> None:
    kind = verb[0].upper() + verb[1:]
    document = f"mutation ($input: {kind}Input!) {{ {verb}(input: $input) {{ replayed }} }}"
    before = await api.data("{ viewer { sequence } }")
    answer = await api.ask(document, {"input": {"idempotencyKey": "key-1"} | GOOD[verb] | spoilt})
    assert answer.get("data") in (None, {verb: None})
    extensions = answer["errors"][0]["extensions"]
    assert extensions["code"] == "BAD_USER_INPUT"
    assert extensions["inputPath"] == ["input", *path]
    assert await api.data("{ viewer { sequence } }") == before


# What the ledger itself refuses: its rejection is an answer.
REFUSED: list[tuple[str, dict[str, object], str]] = [
    ("transfer", {"amount": {"amount": "0", "currency": "USD"}}, "INVALID_AMOUNT"),
    ("transfer", {"amount": {"amount": "-1", "currency": "USD"}}, "INVALID_AMOUNT"),
    ("transfer", {"to": ALICE}, "SAME_ACCOUNT"),
    ("transfer", {"from": {"id": UNKNOWN}}, "ACCOUNT_NOT_FOUND"),
    ("transfer", {"from": {"externalId": "nobody"}}, "ACCOUNT_NOT_FOUND"),
    ("transfer", {"amount": {"amount": "1", "currency": "EUR"}}, "CURRENCY_MISMATCH"),
    ("transfer", {"effectiveAt": "9999-12-31T23:59:59.999999Z"}, "INVALID_TIME"),
    ("postTransaction", {"entries": [ENTRY, ENTRY | {"account": BOB}]}, "UNBALANCED"),
    ("openAccount", {"externalId": "alice"}, "EXTERNAL_ID_TAKEN"),
    ("openAccount", {"floor": "0.001"}, "INVALID_AMOUNT"),
    ("reverseTransaction", {}, "TRANSACTION_NOT_FOUND"),
    ("rescheduleEntry", {}, "TRANSACTION_NOT_FOUND"),
    ("releaseEarly", {}, "TRANSACTION_NOT_FOUND"),
    ("delayAvailability", {}, "TRANSACTION_NOT_FOUND"),
    ("releaseEarly", {"amount": {"amount": "0", "currency": "USD"}}, "INVALID_AMOUNT"),
    ("delayAvailability", {"amount": {"amount": "-1", "currency": "USD"}}, "INVALID_AMOUNT"),
    ("forfeitReserve", {}, "TRANSACTION_NOT_FOUND"),
    ("forfeitReserve", {"to": {"externalId": "nobody"}}, "ACCOUNT_NOT_FOUND"),
    ("forfeitReserve", {"amount": {"amount": "0", "currency": "USD"}}, "INVALID_AMOUNT"),
    ("setReservePlan", {"cap": "0"}, "INVALID_AMOUNT"),
    ("setAdvancePlan", {"lender": {"externalId": "nobody"}}, "ACCOUNT_NOT_FOUND"),
    ("setAdvancePlan", {"feeFixed": "-1"}, "INVALID_AMOUNT"),
    ("setAdvancePlan", {"dailyCap": "0"}, "INVALID_AMOUNT"),
    ("quoteInstantAvailability", {}, "ADVANCE_NOT_OFFERED"),
    ("quoteInstantAvailability", {"amount": {"amount": "0", "currency": "USD"}}, "INVALID_AMOUNT"),
    ("acceptInstantQuote", {}, "QUOTE_NOT_FOUND"),
    ("captureHold", {}, "HOLD_NOT_FOUND"),
    ("extendHold", {}, "HOLD_NOT_FOUND"),
    ("transfer", {"require": [{"account": ALICE, "version": "7"}]}, "VERSION_CONFLICT"),
    ("transfer", {"require": [{"account": ALICE, "component": "AVAILABLE", "amount": "100.01"}]}, "CONDITION_FAILED"),
]


@pytest.mark.parametrize(("verb", "given", "code"), REFUSED, ids=lambda value: str(value)[:60])
async def test_what_needs_meaning_is_for_the_ledger_to_refuse(
    api: Api, verb: str, given: dict[str, object], code: str
) -> None:
    payload = await api.do(verb, GOOD[verb] | given, "rejection { code message } sequence replayed")
    assert payload["rejection"]["code"] == code
    assert payload["sequence"] is None


@pytest.mark.parametrize(
    ("count", "refused"), [(1_000, False), (1_001, True)], ids=["a thousand", "a thousand and one"]
)
async def test_a_batch_has_at_most_a_thousand_commands(api: Api, count: int, refused: bool) -> None:
    document = "mutation ($i: SubmitInput!) { submit(input: $i) { results { rejection { code } } } }"
    # Each is refused before the queue, so that nothing but the count is looked at.
    nothing = {"transfer": GOOD["transfer"] | {"amount": {"amount": "0", "currency": "USD"}}}
    commands = [{"transfer": nothing["transfer"] | {"idempotencyKey": f"k{index}"}} for index in range(count)]
    answer = await api.ask(document, {"i": {"mode": "INDEPENDENT", "commands": commands}})
    if refused:
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert answer["errors"][0]["extensions"]["inputPath"][-1] == "commands"
    else:
        assert {item["rejection"]["code"] for item in answer["data"]["submit"]["results"]} == {"INVALID_AMOUNT"}


@pytest.mark.parametrize(
    ("commands", "path"),
    [
        ([], ["commands"]),
        ([{}], ["commands", 0]),
        ([{"transfer": GOOD["transfer"] | {"idempotencyKey": "k", "kind": "x"}}], ["commands", 0, "transfer", "kind"]),
        (
            [
                {"transfer": GOOD["transfer"] | {"idempotencyKey": "k"}},
                {"transfer": GOOD["transfer"] | {"idempotencyKey": "l", "dryRun": True}},
            ],
            ["commands", 1, "transfer", "dryRun"],
        ),
    ],
    ids=["none", "no command", "a bad one", "of two minds"],
)
async def test_a_bad_batch_is_refused_whole(api: Api, commands: list[object], path: list[object]) -> None:
    document = "mutation ($input: SubmitInput!) { submit(input: $input) { results { replayed } } }"
    error = await api.error(document, {"input": {"mode": "INDEPENDENT", "commands": commands}})
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["inputPath"] == ["input", *path]


def by(name: str) -> references.AccountBy:
    return references.AccountBy(id=None, external_id=name)


def test_null_is_as_good_as_the_default() -> None:
    sent = account_inputs.OpenAccountInput(
        idempotency_key="k",
        currency=CurrencyCode("USD"),
        purpose=None,
        normal_side=None,
        floor=None,
        unlimited=None,
        external_id=None,
        name=None,
        metadata=None,
        dry_run=None,
    )
    assert sent.command(CURRENCIES, ()) == ledger.OpenAccount("USD")
    froze = account_inputs.FreezeAccountInput(
        idempotency_key="k", account=by("a"), direction=None, reason=None, require=None
    )
    assert froze.command(CURRENCIES, ()).direction is ledger.Direction.BOTH
    captured = hold_inputs.CaptureHoldInput(
        idempotency_key="k",
        hold=references.HoldBy(id=None, external_id="h"),
        amount=None,
        final=None,
        allow_excess=None,
        available_at=None,
        destinations=None,
        external_id=None,
        correlation_id=None,
        description=None,
        metadata=None,
        require=None,
        force=None,
    )
    assert captured.command(CURRENCIES, ()) == ledger.CaptureHold(ledger.Reference(external_id="h"))


def test_a_transfer_becomes_its_command() -> None:
    sent = transaction_inputs.TransferInput(
        idempotency_key="k",
        from_=by("a"),
        to=by("b"),
        amount=references.MoneyInput(amount=DecimalText("12.5"), currency=CurrencyCode("KWD")),
        available_at=None,
        effective_at=None,
        kind=None,
        external_id="e",
        correlation_id="c",
        description="d",
        metadata=Metadata({"z": "1", "a": "2"}),
        require=[
            references.RequireInput(
                account=by("a"), version=None, component=ledger.Component.HELD, comparison=None, amount=DecimalText("3")
            )
        ],
        force=None,
    )
    assert sent.command(CURRENCIES, ()) == ledger.Transfer(
        ledger.Reference(external_id="a"),
        ledger.Reference(external_id="b"),
        ledger.Amount(12_500, "KWD"),
        external_id="e",
        correlation_id="c",
        description="d",
        metadata=(("a", "2"), ("z", "1")),
        require=(
            ledger.Condition(
                ledger.Reference(external_id="a"),
                component=ledger.Component.HELD,
                comparison=ledger.Comparison.GTE,
                amount="3",
            ),
        ),
    )


@pytest.mark.parametrize("value", ["a\0b", "\ud800"], ids=["NUL", "half a surrogate pair"])
def test_text_that_no_database_holds_is_refused(value: str) -> None:
    with pytest.raises(services.BadInput):
        bounds.name(value, ())
    with pytest.raises(services.BadInput):
        bounds.label(value, ("externalId",))


PORTIONS = [{"take": {"rest": True}, "available": {"atOnce": True}}]


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z"])
async def test_instants_before_1970_are_refused_where_they_would_be_kept_or_counted_from(
    api: Api, instant: str
) -> None:
    money = {"amount": "1.00", "currency": "USD"}
    ends = {"from": {"externalId": "bank"}, "to": {"externalId": "alice"}, "amount": money, "effectiveAt": instant}
    told = "rejection { code culprit { field } }"
    for verb, given in (
        ("transfer", ends),
        ("deposit", ends | {"method": "CASH", "availableAt": "2026-01-01T00:00:00Z"}),
    ):
        made = await api.do(verb, given, told)
        assert made["rejection"] == {"code": "INVALID_TIME", "culprit": {"field": "effectiveAt"}}
    document = "query ($d: PreviewDepositInput!) { previewAvailability(deposit: $d) { problems { code } } }"
    terms = {"account": {"externalId": "alice"}, "amount": money, "method": "CASH", "at": instant}
    policy = {"timeZone": "UTC", "calendar": "EVERY_DAY", "rules": [{"name": "all", "portions": PORTIONS}]}
    await api.do("publishPolicy", {"name": "p", "policy": policy}, "sequence rejection { code }")
    await api.do("assignPolicy", {"policy": {"name": "p"}}, "sequence")
    error = await api.error(document, {"d": terms})
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "inputPath": ["deposit", "at"]}
