"""The pages on the ledger's own rules: the life of a hold, events, limits."""

from typing import Final

from graphql.validation.rules.max_introspection_depth_rule import MAX_LIST_DEPTH

from app import graphql, ledger, services, settings
from app.graphql import availability_query, bounds, cost, paging, policy_inputs, scalars, spending
from app.http import admission, protocol
from app.ledger import advance, money, policy, policy_record
from app.ledger.event import EventKind
from app.ledger.hold import TRANSITIONS, HoldChangeKind, HoldStatus
from app.ledger.spending import OPTIONS_MAX
from app.services import backtests, batch, checkup, clock_steps, foresight, simulation, sweeper, tenant_clock, writer
from tests.docs.table import code, page, table
from tests.ledger.world import World

_VERBS: Final = {
    HoldChangeKind.INCREMENTED: "incrementHold",
    HoldChangeKind.EXTENDED: "extendHold",
    HoldChangeKind.CAPTURED: "captureHold",
    HoldChangeKind.RELEASED: "releaseHold",
    HoldChangeKind.EXPIRED: "the instant `expiresAt`",
}


def holds() -> str:
    """Return the page of the hold's transition table."""
    rows = [("none yet", "placeHold", code(HoldChangeKind.PLACED), code(HoldStatus.ACTIVE))]
    for (status, kind), after in TRANSITIONS.items():
        ends = ", ".join(code(each) for each in HoldStatus if each in after)
        rows.append((code(status), _VERBS[kind], code(kind), ends))
    final = [status for status in HoldStatus if not any(before is status for before, _ in TRANSITIONS)]
    return page(
        "The life of a hold",
        "This is the whole table: what is not in it is refused with `HOLD_NOT_ACTIVE`."
        f" {', '.join(code(status) for status in final)} are final.",
        table(("status", "what happens", "change", "status after"), rows),
        "At all times `amount = captured + released + remaining`, and an expiry counts as a release. A capture that is"
        " final, or leaves nothing, ends the hold as `CAPTURED`. Releasing the rest ends it as `RELEASED`, or as"
        " `CAPTURED` if something was captured before. From `expiresAt` on the hold reads, filters and refuses as"
        " `EXPIRED`, whether or not that has been recorded yet.",
    )


def events() -> str:
    """Return the page of the events."""
    payloads = _payloads()
    rows = []
    for kind in EventKind:
        fields = ", ".join(code(name) for name in payloads[kind])
        rows.append((code(kind.value), kind.value.partition(".")[0], fields))
    return page(
        "Events",
        "Every accepted command leaves its events in the outbox, in the same database transaction, by"
        f" (`sequence`, `ordinal`). The payload's version is {ledger.PAYLOAD_VERSION}; amounts are minor units,"
        " instants microseconds since 1970 UTC, and flags 0 or 1. An expiry's event is dated at the expiry."
        " `policy.assigned` is about the account, or about the policy where it is everybody's default;"
        " `reserve.planned` is about the account, `advance.planned` about the lender's; `quote.made` and"
        " `advance.accepted` are about the quote.",
        table(("kind", "subject", "payload"), rows),
    )


_POLICY: Final = """{"timeZone": "UTC", "calendar": "WEEKDAYS", "rules": [
    {"name": "all", "portions": [{"take": "REST", "available": "AT_ONCE"}]}]}"""


def _payloads() -> dict[EventKind, tuple[str, ...]]:
    """Return the fields of each kind's payload, by letting everything happen once."""
    world = World()
    one, two = ledger.Reference(external_id="one"), ledger.Reference(external_id="two")
    three = ledger.Reference(external_id="three")
    brief, long, cent = (
        ledger.Reference(external_id="brief"),
        ledger.Reference(external_id="long"),
        ledger.Amount(1, "USD"),
    )
    for command in (
        ledger.OpenAccount("USD", external_id="one", unlimited=True),
        ledger.OpenAccount("USD", external_id="two"),
        ledger.UpdateAccount(two, name="Two"),
        ledger.FreezeAccount(two),
        ledger.UnfreezeAccount(two),
        ledger.CloseAccount(two),
        ledger.ReopenAccount(two),
        ledger.Transfer(one, two, cent),
        ledger.PlaceHold(one, cent, world.at + 1, external_id="brief"),
        ledger.PlaceHold(one, cent, world.at + 1, two, external_id="long"),
        ledger.IncrementHold(long, cent),
        ledger.ExtendHold(long, world.at + 10),
        ledger.CaptureHold(long, cent, final=False),
        ledger.ReleaseHold(long, cent),
        ledger.RecordExpiry(brief),
        ledger.PublishPolicy("policy", _POLICY),
        ledger.AssignPolicy(ledger.Reference(external_id="policy")),
        ledger.SetClosures("WEEKDAYS", closed=(ledger.first_day(world.at) + 7,)),
        ledger.SetReservePlan(two, 1_000, 30),
        ledger.OpenAccount("USD", external_id="three"),
        ledger.SetAdvancePlan(one, three, (ledger.AdvanceTier(None, 10_000),)),
        ledger.Transfer(one, two, cent, world.at + 1_000_000),
        ledger.QuoteInstantAvailability(two, external_id="quote"),
        ledger.AcceptInstantQuote(ledger.Reference(external_id="quote")),
    ):
        if isinstance(command, ledger.RecordExpiry):
            world.clock_to(world.at + 5)
        assert isinstance(world.decide(command), ledger.Accepted), command
    return {event.kind: tuple(name for name, _ in event.payload) for event in world.events}


_CONSTANTS: Final = (
    (ledger.ENTRIES_MAX, "entries of a transaction"),
    (money.DIGITS_MAX, "digits of an amount or a floor in minor units"),
    (money.BALANCE_MAX, "minor units that the ledger, maturing or held part of a balance may come to"),
    (ledger.FUTURES_MAX, "maturities and expiries of an account that `earliestAt` looks ahead"),
    (advance.REPAYMENTS_MAX, "instants that one advance takes from"),
    (ledger.RIPENING_MAX, "instants ahead that a quote looks at"),
    (ledger.TIERS_MAX, "risk tiers of a plan of advances"),
    (ledger.HORIZON_DAYS_MAX, "days ahead that such a plan looks"),
    (ledger.QUOTE_SECONDS_MAX, "seconds that a quote is good"),
    (backtests.DEPOSITS_MAX, "deposits that a back-test looks at"),
    (backtests.BACKTEST_DAYS_MAX, "days that a back-test spans"),
    (backtests.RUNNING_MAX, "back-tests of a tenant that are not done"),
    (bounds.COMMANDS_MAX, "commands of `submit` and `postTransactions`"),
    (bounds.CONDITIONS_MAX, "conditions of a command (`require`)"),
    (bounds.DESTINATIONS_MAX, "destinations of a capture"),
    (bounds.LINES_MAX, "lines named by a reversal"),
    (bounds.ACCOUNTS_MAX, "accounts of `availableFunds` and `availabilityForecast`"),
    (foresight.DAYS_MAX, "days that a forecast spans"),
    (foresight.HOURLY_DAYS_MAX, "days that a forecast by the hour spans"),
    (foresight.YEARS_AHEAD_MAX, "years that a forecast looks ahead"),
    (foresight.POINTS_OF_AN_ACCOUNT_MAX, "points of one account in a forecast by the event"),
    (foresight.POINTS_MAX, "points of all forecasts of an operation"),
    (simulation.SIMULATED_MAX, "commands of `simulate`"),
    (batch.EXPIRIES_MAX, "holds that a simulation of a later instant lets lapse on the accounts of its commands"),
    (availability_query.LOOKED_AHEAD_MAX, "maturities and expiries of an account that `canSpend` looks ahead"),
    (spending.IN_THE_WAY_MAX, "slices in the way of an amount that `canSpend` and `InsufficientFunds` tell"),
    (OPTIONS_MAX, "options that they tell"),
    (bounds.NODES_MAX, "ids of `nodes`"),
    (policy.RULES_MAX, "rules of a policy"),
    (policy.PORTIONS_MAX, "portions of a rule"),
    (policy.DAYS_MAX, "days that a portion waits"),
    (policy.DOCUMENT_CHARACTERS_MAX, "characters of a policy's document"),
    (policy.PROBLEMS_MAX, "problems of a policy that are told"),
    (policy_inputs.NAME_CHARACTERS_MAX, "characters of a policy's name"),
    (policy_inputs.DAYS_MAX, "days that one command closes, and that it opens"),
    (policy_record.CLOSURE_DAYS_MAX, "days ahead that a day may be closed or opened"),
    (policy_record.CLOSURES_MAX, "days ahead that a tenant has closed or opened, in all calendars"),
    (bounds.KINDS_MAX, "kinds in a filter"),
    (paging.PAGE_MAX, "nodes or slices of a page (`first`, `last`)"),
    (bounds.NAME_CHARACTERS_MAX, "characters of a name"),
    (bounds.DESCRIPTION_CHARACTERS_MAX, "characters of a description"),
    (bounds.REASON_CHARACTERS_MAX, "characters of a reason"),
    (bounds.LABEL_CHARACTERS_MAX, "characters of an external id, a correlation id or an idempotency key"),
    (scalars.METADATA_KEYS_MAX, "keys of metadata"),
    (scalars.METADATA_KEY_CHARACTERS_MAX, "characters of a key of metadata"),
    (scalars.METADATA_VALUE_CHARACTERS_MAX, "characters of a value of metadata"),
    (graphql.Limits().digits_max, "characters of a number in a document"),
    (graphql.Limits().variable_items_max, "items of a list in the variables"),
    (MAX_LIST_DEPTH - 1, "lists within one another in a question about the schema itself"),
    (cost.MUTATION_POINTS, "points of a mutation, beside its input's items and the nodes that it selects"),
    (admission.REFUSED_POINTS, "points of a document that is refused, beside one for each 100 characters"),
    (protocol.PIPELINED_MAX, "requests that wait on a connection for the answer to one before them"),
    (services.BUDGETS_MAX, "bearers whose budgets a process remembers"),
    (writer.TRIES_MAX, "tries of a batch that the database did not take"),
    (writer.TRIES_AFTER_UNKNOWN_MAX, "tries of a batch once the answer to a commit was lost"),
    (sweeper.HOLDS_MAX, "expiries of one tenant that one look of the sweeper records"),
    (tenant_clock.LEAP_DAYS_MAX, "days that a TEST tenant's clock goes forward at once"),
    (clock_steps.BUSINESS_DAYS_MAX, "business days that it is advanced by at once"),
    (tenant_clock.EXPIRIES_MAX, "expiries that one move of it records"),
    (tenant_clock.STEPS_MAX, "instants that one database transaction of a move goes past"),
    (int(tenant_clock.MOVE_SECONDS_MAX), "seconds after which a move answers how far it came"),
    (checkup.WAL_MEGABYTES_ADVISED, "megabytes of `max_wal_size` that `spendable doctor` advises"),
)


def limits() -> str:
    """Return the page of the limits: those of the API, then those that an operator sets."""
    rows = [(f"{value:,}", sentence) for value, sentence in _CONSTANTS]
    chosen = [
        (code(f"{settings.PREFIX}{name}".upper()), code(field.get_default()), field.description or "")
        for name, field in settings.Settings.model_fields.items()
        if isinstance(field.get_default(), int | float) and not isinstance(field.get_default(), bool)
    ]
    return page(
        "Limits",
        "Everything has a limit. What is over one of the first table is refused with `BAD_USER_INPUT` and the path to"
        " it, or with the rejection that belongs to it; nothing is cut off or rounded.",
        table(("at most", "what"), rows),
        "## Limits that an operator sets",
        table(("setting", "default", "what it bounds"), chosen),
    )
