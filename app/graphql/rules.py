"""Rules: who may see each field and use each mutation. What has no rule does not build: nobody may, by default.

A rule is one of four. A field follows its parent: whoever was given the object may read it. It needs a scope, any one
of those named, and is FORBIDDEN without. It is shown to a scope only, and null without. Or the command decides, by its
kind and flags: the services judge it then, in `access.demanded`.
"""

from collections.abc import Callable, Iterator, Mapping
from inspect import isawaitable
from typing import Any, Final

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema
from graphql.type import is_introspection_type

from app import ledger, services
from app.graphql.policy_inputs import POLICY
from app.services import Scope
from app.values import value


class NoRuleError(Exception):
    """A field has no rule, or a rule has no field; the message names them."""


@value
class Rule:
    """Who may use a field: anyone of `needs`, and to see its value `shown_to`; empty and None ask for nothing."""

    needs: tuple[Scope, ...] = ()
    shown_to: Scope | None = None
    by_command: bool = False


FOLLOWS: Final = Rule()
BY_COMMAND: Final = Rule(by_command=True)
BALANCES: Final = Rule(needs=(Scope.BALANCES_READ,))
NUMBERS: Final = Rule(shown_to=Scope.BALANCES_READ)
HISTORY: Final = Rule(needs=(Scope.HISTORY_READ,))
HOLDS: Final = Rule(needs=(Scope.HISTORY_READ, Scope.HOLDS_MANAGE))
ACCOUNTS: Final = Rule(needs=(Scope.BALANCES_READ, Scope.HISTORY_READ, Scope.ACCOUNTS_MANAGE))
POLICIES: Final = Rule(needs=(Scope.BALANCES_READ, Scope.HISTORY_READ, Scope.POLICIES_MANAGE))
CLOCK: Final = Rule(needs=(Scope.CLOCK_MOVE,))
CONFIRMATION: Final = Rule(needs=(Scope.FUNDS_CONFIRM,))
AUDIT: Final = Rule(needs=(Scope.AUDIT_READ,))
QUOTES: Final = Rule(needs=(Scope.BALANCES_READ, Scope.MONEY_ADVANCE))
TRY: Final = Rule(needs=(Scope.POLICIES_MANAGE,))
BACKTESTS: Final = Rule(needs=(Scope.BALANCES_READ, Scope.POLICIES_MANAGE))
KEYS: Final = Rule(needs=(Scope.KEYS_MANAGE,))
NODE_KINDS: Final[Mapping[str, Rule]] = {
    ledger.identifier.ACCOUNT: ACCOUNTS,
    ledger.identifier.HOLD: HOLDS,
    ledger.identifier.TRANSACTION: HISTORY,
    POLICY: POLICIES,
}
"""What can be fetched by its id alone, by prefix."""
NODES: Final = Rule(needs=tuple(dict.fromkeys(scope for rule in NODE_KINDS.values() for scope in rule.needs)))

_HEAD: Final = "rejection replayed sequence"
_REFUSAL: Final = "code message culprit"

RULES: Final[Mapping[str, Mapping[Rule, str]]] = {
    "Query": {
        FOLLOWS: "viewer rateLimit currencies",
        BY_COMMAND: "simulate",
        NODES: "node nodes",
        ACCOUNTS: "account accounts",
        BALANCES: "availableFunds trialBalance explainBalance availabilityForecast canSpend",
        HOLDS: "hold holds",
        HISTORY: "transaction transactions",
        POLICIES: "policy policies previewAvailability",
        KEYS: "apiKeys",
        AUDIT: "auditLog",
        CONFIRMATION: "fundsConfirmation",
        QUOTES: "instantQuote",
        BACKTESTS: "backtest",
    },
    "Mutation": {
        BY_COMMAND: "openAccount updateAccount freezeAccount unfreezeAccount closeAccount reopenAccount transfer"
        " postTransaction postTransactions postTransfers reverseTransaction rescheduleEntry releaseEarly"
        " delayAvailability placeHold captureHold"
        " releaseHold incrementHold extendHold deposit publishPolicy assignPolicy setClosures"
        " setReservePlan forfeitReserve setAdvancePlan quoteInstantAvailability acceptInstantQuote submit",
        TRY: "backtestPolicy",
        CLOCK: "freezeClock setClock advanceClock resumeClock",
        KEYS: "createApiKey rotateApiKey revokeApiKey",
    },
    "Account": {
        FOLLOWS: "id externalId name purpose currency normalSide openedAt metadata unlimited outFrozen inFrozen closed",
        NUMBERS: "floor",
        BALANCES: "balance reserve advances",
        HISTORY: "entries",
        HOLDS: "holds",
        POLICIES: "policy",
    },
    "AccountConnection": {FOLLOWS: "nodes edges pageInfo totalCount"},
    "AccountEdge": {FOLLOWS: "cursor node"},
    "AccountPayload": {FOLLOWS: f"{_HEAD} account"},
    "AdvancePlan": {FOLLOWS: "tiers feePercent feeFixed dailyCap horizonDays quoteSeconds plannedAt"},
    "AdvanceRepayment": {FOLLOWS: "at amount"},
    "AdvanceStanding": {FOLLOWS: "outstanding repayments shortfall sentence plan"},
    "AdvanceTier": {FOLLOWS: "riskTier percent"},
    "AgeBand": {FOLLOWS: "from below"},
    "AmountBand": {FOLLOWS: "from below"},
    "ApiKey": {
        FOLLOWS: "id name scopes createdAt createdBy expiresAt revokedAt lastUsedAt allowedAddresses rotatedFrom"
    },
    "ApiKeyConnection": {FOLLOWS: "nodes edges pageInfo totalCount"},
    "ApiKeyEdge": {FOLLOWS: "cursor node"},
    "ApiKeyPayload": {FOLLOWS: "key text rejection replayed"},
    "AssignmentPayload": {FOLLOWS: f"{_HEAD} account policy"},
    "AuditConnection": {FOLLOWS: "nodes edges pageInfo"},
    "AuditEdge": {FOLLOWS: "cursor node"},
    "AuditRecord": {FOLLOWS: "askedAt principal operation keyHash subject outcome code address sequence"},
    "AvailabilityForecast": {FOLLOWS: "account balance points"},
    "AvailabilityPreview": {FOLLOWS: "slices problems"},
    "AvailabilitySlice": {FOLLOWS: "amount availableAt policy version rule portion businessDay reserved sentence"},
    "AvailableFunds": {FOLLOWS: "account balance"},
    "Backtest": {FOLLOWS: "id status progress policy version currency from to askedAt", NUMBERS: "result"},
    "BacktestCount": {FOLLOWS: "deposits amount"},
    "BacktestDay": {FOLLOWS: "day was wouldBe exposure"},
    "BacktestPayload": {FOLLOWS: "backtest problems rejection replayed"},
    "BacktestProgress": {FOLLOWS: "done total"},
    "BacktestResult": {FOLLOWS: "compared unanswered overridden earlier later same letGo setAside days peak"},
    "BacktestShift": {FOLLOWS: "amount meanDays"},
    "Balance": {FOLLOWS: "ledger maturing held available floor spendable asOf sequence version"},
    "BalanceExplanation": {FOLLOWS: "account balance slices pageInfo"},
    "BalanceSlice": {
        FOLLOWS: "kind amount availableAt entry hold releasableBy rule sentence",
        HISTORY: "transaction",
    },
    "ClockPayload": {FOLLOWS: "clock frozen recorded reached target rejection"},
    "ClosuresPayload": {FOLLOWS: f"{_HEAD} closed opened"},
    "CommandResult": {FOLLOWS: f"{_HEAD} account transaction hold policy quote"},
    "Conflict": {FOLLOWS: _REFUSAL, NUMBERS: "expected actual"},
    "Culprit": {FOLLOWS: "account hold transaction line index field"},
    "Currency": {FOLLOWS: "code exponent name"},
    "DepositPayload": {FOLLOWS: f"{_HEAD} transaction slices", NUMBERS: "balances"},
    "Entry": {
        FOLLOWS: "line account side amount kind reason availableAt accountVersion sequence recordedAt",
        NUMBERS: "balanceAfter",
        HISTORY: "transaction ofEntry",
        POLICIES: "rule",
    },
    "EntryConnection": {FOLLOWS: "nodes edges pageInfo totalCount"},
    "EntryEdge": {FOLLOWS: "cursor node"},
    "EntryRule": {FOLLOWS: "version name portion policy"},
    "ForecastCause": {FOLLOWS: "kind amount count firstAt lastAt"},
    "ForecastPoint": {FOLLOWS: "at conservative expected optimistic causes"},
    "Hold": {
        FOLLOWS: "id externalId correlationId account status reason description amount captured released remaining"
        " expiresAt placedAt metadata destination",
        HOLDS: "changes",
        HISTORY: "transactions",
    },
    "FundsConfirmation": {FOLLOWS: "covered validUntil"},
    "HoldChange": {
        FOLLOWS: "kind amount remainingAfter expiresAt occurredAt recordedAt sequence",
        HISTORY: "transaction",
    },
    "HoldConnection": {FOLLOWS: "nodes edges pageInfo totalCount"},
    "HoldEdge": {FOLLOWS: "cursor node"},
    "HoldPayload": {FOLLOWS: f"{_HEAD} hold", NUMBERS: "balances"},
    "IdempotencyKeyReused": {FOLLOWS: f"{_REFUSAL} differs"},
    "InsufficientFunds": {FOLLOWS: _REFUSAL, NUMBERS: "spendable shortfall earliestAt slices options"},
    "InstantQuote": {
        FOLLOWS: "id externalId amount fee net repayments quotedAt expiresAt status acceptedAt outstanding repaid"
        " account",
        HISTORY: "transaction",
    },
    "LimitExceeded": {FOLLOWS: _REFUSAL, NUMBERS: "remaining"},
    "MetadataMatch": {FOLLOWS: "key values"},
    "Money": {FOLLOWS: "amount minorUnits currency"},
    "PageInfo": {FOLLOWS: "hasNextPage hasPreviousPage startCursor endCursor"},
    "PlainRejection": {FOLLOWS: _REFUSAL},
    "Policy": {FOLLOWS: "id name latest version versions"},
    "PolicyConnection": {FOLLOWS: "nodes edges pageInfo totalCount"},
    "PolicyEdge": {FOLLOWS: "cursor node"},
    "PolicyPayload": {FOLLOWS: f"{_HEAD} policy version"},
    "PolicyProblem": {FOLLOWS: "code place message"},
    "PolicyRefusal": {FOLLOWS: f"{_REFUSAL} problems"},
    "PolicyRule": {FOLLOWS: "name match portions dayLimit source"},
    "PolicyVersion": {
        FOLLOWS: "version currency publishedAt sequence document timeZone calendar cutOff description rules"
    },
    "PortionTake": {FOLLOWS: "kind amount counter percent"},
    "PortionTiming": {FOLLOWS: "kind days unit at"},
    "PostTransactionsPayload": {FOLLOWS: "results"},
    "PostTransfersPayload": {FOLLOWS: "transactions sequences replayed rejections"},
    "QuotePayload": {FOLLOWS: f"{_HEAD} quote"},
    "RateLimit": {FOLLOWS: "maximumAvailable currentlyAvailable restoreRate"},
    "RevokeApiKeyPayload": {FOLLOWS: "key"},
    "RuleDayLimit": {FOLLOWS: "amount counter beyond"},
    "RuleMatch": {FOLLOWS: "methods direction amount accountAgeDays riskTiers metadata"},
    "RulePortion": {FOLLOWS: "take available"},
    "Reserve": {FOLLOWS: "reserved plan"},
    "ReservePlan": {FOLLOWS: "percent days until cap plannedAt"},
    "SimulatedAccount": {FOLLOWS: "account externalId currency opened", NUMBERS: "before after forecast"},
    "SimulatedEntry": {FOLLOWS: "line account side amount kind reason availableAt"},
    "SimulatedForecast": {FOLLOWS: "before after"},
    "SimulatedResult": {FOLLOWS: "rejection replayed entries"},
    "Simulation": {FOLLOWS: "at sequence results accounts"},
    "SpendingAnswer": {FOLLOWS: "allowed code sentence at balance shortfall earliestAt options slices"},
    "SpendingOption": {FOLLOWS: "kind at amount sentence"},
    "SubmitPayload": {FOLLOWS: "results"},
    "Transaction": {
        FOLLOWS: "id externalId correlationId kind description forced effectiveAt recordedAt sequence metadata entries"
        " hold",
        HISTORY: "reverses reversedBy",
    },
    "TransactionConnection": {FOLLOWS: "nodes edges pageInfo totalCount"},
    "TransactionEdge": {FOLLOWS: "cursor node"},
    "TransactionPayload": {FOLLOWS: f"{_HEAD} transaction hold", NUMBERS: "balances"},
    "TransferRejection": {FOLLOWS: "index rejection"},
    "TrialBalanceLine": {FOLLOWS: "currency debits credits accounts"},
    "Viewer": {FOLLOWS: "organisation tenant mode keyId scopes budget clock clockFrozen sequence"},
}
"""By type, by rule: the names of the fields. Conflict's numbers alone are withheld: states are told to everyone."""


def rules_of(kind: str) -> dict[str, Rule]:
    """Return the rule of each field of a type; none where the type has no rules."""
    return {name: rule for rule, names in RULES.get(kind, {}).items() for name in names.split()}


def enforce(schema: GraphQLSchema) -> None:
    """Put every field of a schema under its rule; raises NoRuleError where one has none, or a rule has no field."""
    types = {kind.name: kind for kind in _own_types(schema)}
    ruled = {(kind, name) for kind in RULES for name in rules_of(kind)}
    found = {(kind.name, name) for kind in types.values() for name in kind.fields}
    if ruled != found:
        named = ", ".join(sorted(".".join(one) for one in ruled ^ found))
        raise NoRuleError(f"these need a rule in app/graphql/rules.py, or have one and are gone: {named}")
    for kind in types.values():
        for name, rule in rules_of(kind.name).items():
            _guard(kind.fields[name], rule)
            if kind is schema.mutation_type:
                kind.fields[name].resolve = _audited(kind.fields[name], name, rule)


def _own_types(schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not is_introspection_type(kind):
            yield kind


def _guard(field: GraphQLField, rule: Rule) -> None:
    resolve = field.resolve
    # A plain attribute that is shown to some only is left out where the object is made: its reading stays compiled.
    plain = getattr(resolve, "_is_default", False)
    if resolve is None or (plain and not rule.needs):
        return
    if rule.needs:
        field.resolve = _needing(resolve, rule.needs)
    elif rule.shown_to is not None:
        field.resolve = _showing(resolve, rule.shown_to)


def _audited(field: GraphQLField, name: str, rule: Rule) -> Callable[..., Any]:
    """Let a mutation's refusals be recorded, and its success where no command is stored that would tell of it."""
    resolve = field.resolve

    async def audited(source: Any, info: Any, **given: Any) -> Any:  # noqa: ANN401 - as graphql-core calls it
        context = info.context
        try:
            found = resolve(source, info, **given) if resolve is not None else None
            answer = await found if isawaitable(found) else found
        except (services.Forbidden, services.BadInput) as refused:
            await context.gateway.record(context.principal, name, refused.code)
            raise
        if rule is CLOCK:
            await context.gateway.record(context.principal, name, None)
        return answer

    return audited


def _needing(resolve: Callable[..., Any], scopes: tuple[Scope, ...]) -> Callable[..., Any]:
    def guarded(source: Any, info: Any, **given: Any) -> Any:  # noqa: ANN401 - as graphql-core calls it
        principal: services.Principal = info.context.principal
        principal.demand(*scopes)
        return resolve(source, info, **given)

    return guarded


def _showing(resolve: Callable[..., Any], scope: Scope) -> Callable[..., Any]:
    def guarded(source: Any, info: Any, **given: Any) -> Any:  # noqa: ANN401 - as graphql-core calls it
        principal: services.Principal = info.context.principal
        return resolve(source, info, **given) if principal.may(scope) else None

    return guarded
