"""The pages on what can be answered instead of a result: rejections, error codes, missing scopes."""

from dataclasses import fields
from typing import Final

from graphql import GraphQLEnumType

from app import graphql, ledger, services
from app.graphql.rejections import MESSAGES, PlainRejection, rejection_of
from app.graphql.rules import RULES, rules_of
from app.http.answers import status_of
from app.ledger.decision import RANK
from app.services.access import demanded
from tests.docs.table import code, page, table

# What the ledger decides before it looks at anything of the tenant's, or at its keys, stands for nothing.
_NOT_STORED: Final = {ledger.RejectionCode.INVALID_AMOUNT, ledger.RejectionCode.IDEMPOTENCY_KEY_REUSED}
_SOMETIMES: Final = {ledger.RejectionCode.UNBALANCED}

_SCOPES: Final = {
    services.Scope.BALANCES_READ: (
        "Accounts, balances, forecasts and explanations; and the numbers in rejections, conditions and payloads."
    ),
    services.Scope.HISTORY_READ: "Accounts, transactions, entries and holds, one by one and in lists.",
    services.Scope.MONEY_MOVE: (
        "Transfers, journals, deposits, reversals and reschedules; and captures, with `holds:manage`."
    ),
    services.Scope.MONEY_FORCE: "`force: true`, which passes floors and freezes for what has happened already.",
    services.Scope.MONEY_ADVANCE: (
        "`advance: true`, letting money come earlier than it would, and quotes; with `money:move`, advances and"
        " forfeitures."
    ),
    services.Scope.MONEY_DELAY: "`delayAvailability`: letting money come later than it would, or than it did.",
    services.Scope.MONEY_OVERRIDE: "`availableAt` of a deposit, in place of what the policy says.",
    services.Scope.HOLDS_MANAGE: (
        "Holds: seeing, placing, incrementing, extending and releasing; and captures, with `money:move`."
    ),
    services.Scope.ACCOUNTS_MANAGE: "Accounts: seeing, opening, changing, freezing and closing; never their numbers.",
    services.Scope.POLICIES_MANAGE: (
        "Policies: seeing, publishing and assigning; the days of calendars; the reserve plans of accounts; the"
        " plans of advances; and back-tests."
    ),
    services.Scope.CLOCK_MOVE: "The clock of a TEST tenant.",
    services.Scope.FUNDS_CONFIRM: "`fundsConfirmation`: whether an amount is covered, yes or no, and no number.",
    services.Scope.KEYS_MANAGE: "API keys: seeing, creating, rotating and revoking those that may no more than itself.",
    services.Scope.AUDIT_READ: "The audit log.",
    services.Scope.INTROSPECT: "The schema by introspection, and its names in the errors of documents.",
}


def rejections() -> str:
    """Return the page of the rejection codes, the weightiest first."""
    kind = graphql.build_schema()._schema.get_type("RejectionCode")
    assert isinstance(kind, GraphQLEnumType)
    rows = []
    for place, reason in enumerate(sorted(ledger.RejectionCode, key=lambda reason: RANK[reason]), 1):
        shown = type(rejection_of(ledger.Rejection(reason), may_read=True))
        member = "" if shown is PlainRejection else code(shown.__name__)
        stored = "no" if reason in _NOT_STORED else "for a reversal" if reason in _SOMETIMES else "yes"
        description = kind.values[reason.value].description or ""
        rows.append((str(place), code(reason.value), description, MESSAGES[reason], member, stored))
    return page(
        "Rejections",
        "A rejection is the ledger's typed refusal of a command: a value in the payload, never a GraphQL error. Where"
        " several reasons apply, the first of this table is given, and of the same reason the one with the lowest line;"
        " so the same command in the same state is always refused for the same reason.",
        "A refusal that is stored stands for its idempotency key: sent again, the same refusal is answered with"
        " `replayed: true`, and a new attempt takes a new key. One that is not stored leaves the key free.",
        table(("", "code", "when", "`message`", "type with numbers", "stored"), rows),
    )


def errors() -> str:
    """Return the page of the error codes."""
    faults = {fault.code: fault for fault in _all(services.Fault)}
    rows = []
    for reason in services.FaultCode:
        fault = faults.get(reason)
        rows.append((code(reason.value), str(status_of(reason)), _FIRST.get(reason) or _line(fault)))
    return page(
        "Error codes",
        "An error says that something is wrong with the request or with a machine; the ledger's own refusals are"
        " [rejections](rejections.md). Every error has `extensions.code`; ours also have `extensions.errorId`, which"
        " stands in the server's log. `extensions.retryAfterSeconds` and the header `Retry-After` say when to try"
        " again. The status is that of a request of which nothing was run.",
        table(("code", "status", "what it means"), rows),
        "After `OUTCOME_UNKNOWN` send the same command with the same idempotency key again: it is done once at most,"
        " and the answer tells. `THROTTLED`, `OVERLOADED`, `UNAVAILABLE` and `DEADLINE_EXCEEDED` mean that nothing"
        " was done.",
    )


_FIRST: Final = {
    services.FaultCode.GRAPHQL_PARSE_FAILED: "The document is not GraphQL.",
    services.FaultCode.GRAPHQL_VALIDATION_FAILED: "The document does not fit the schema, or is over a limit.",
    services.FaultCode.INTERNAL_SERVER_ERROR: "Our own mistake, written to the log under `errorId`.",
}


def scopes() -> str:
    """Return the page of the scopes and of what each command needs."""
    rows = []
    for kind in ledger.Command.__args__:
        if kind is ledger.RecordExpiry:
            continue
        bare = object.__new__(kind)
        for field in fields(kind):
            object.__setattr__(bare, field.name, None if field.default is None else False)
        rows.append((code(kind.operation), ", ".join(code(scope) for scope in demanded(bare))))
    return page(
        "Scopes",
        "A key is granted scopes when it is created, and none of them implies another. What lacks a scope is answered"
        " `FORBIDDEN`.",
        table(("scope", "what it allows"), [(code(scope.value), _SCOPES[scope]) for scope in services.Scope]),
        "## What each command needs",
        "With `force: true` a command needs `money:force` too, and with `advance: true` it needs `money:advance`."
        " `rescheduleEntry` needs `money:advance` where it moves money to an earlier instant, and `deposit` needs"
        " `money:override` with an `availableAt`.",
        table(("command", "scopes"), rows),
        "## What each field needs",
        "Of several scopes any one is enough. Fields that are not listed follow the object that they are read from. A"
        " field that is *shown to* a scope is null without it.",
        table(("field", "scopes"), _fields()),
    )


def _fields() -> list[tuple[str, str]]:
    rows = []
    for kind in sorted(RULES, key=lambda name: (name not in {"Query", "Mutation"}, name)):
        for name, rule in rules_of(kind).items():
            if rule.needs:
                rows.append((code(f"{kind}.{name}"), " or ".join(code(scope) for scope in rule.needs)))
            elif rule.shown_to is not None:
                rows.append((code(f"{kind}.{name}"), f"shown to {code(rule.shown_to)}"))
    return rows


def _all(kind: type[services.Fault]) -> list[type[services.Fault]]:
    return [kind, *(each for child in kind.__subclasses__() for each in _all(child))]


def _line(fault: type[services.Fault] | None) -> str:
    return ((fault.__doc__ if fault else None) or "").splitlines()[0].replace("`path`", "the path")
