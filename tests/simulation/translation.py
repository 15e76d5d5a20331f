"""Operations in the ledger's language, and the ledger's answers in the simulation's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from uuid import NAMESPACE_OID, UUID, uuid5

from app import ledger
from tests.simulation.operations import Answer, Demand, Leg, Operation, Verb


@dataclass(slots=True)
class Translator:
    """Knows which id stands behind each label of one tenant."""

    exponents: Mapping[str, int]
    ids: dict[str, UUID] = field(default_factory=dict)
    labels: dict[UUID, str] = field(default_factory=dict)
    currencies: dict[str, str] = field(default_factory=dict)

    def learn(self, label: str, made: UUID) -> None:
        self.ids[label] = made
        self.labels[made] = label

    # -- there ----------------------------------------------------------------------------------

    def reference(self, name: str) -> ledger.Reference:
        if name.startswith("="):
            return ledger.Reference(external_id=name[1:])
        return ledger.Reference(id=self.ids.get(name) or uuid5(NAMESPACE_OID, name))

    def text(self, minor: int, account: str) -> str:
        """An amount without currency, in that of an account; of an unknown one any will do."""
        currency = self.currencies.get(account, "USD")
        text = ledger.money.text_of(minor, self.exponents[currency])
        return ledger.money.normal_text(text) or text

    def amount(self, asked: Operation) -> ledger.Amount:
        return ledger.Amount(asked.amount or 0, asked.currency)

    def amount_if_any(self, asked: Operation) -> ledger.Amount | None:
        return None if asked.amount is None else self.amount(asked)

    def conditions(self, demands: tuple[Demand, ...]) -> ledger.Conditions:
        return tuple(
            ledger.Condition(
                self.reference(demand.account),
                version=demand.version,
                component=None if demand.component is None else ledger.Component(demand.component),
                comparison=ledger.Comparison(demand.comparison),
                amount=None if demand.component is None else self.text(demand.amount, demand.account),
            )
            for demand in demands
        )

    def entry(self, leg: Leg) -> ledger.EntryDraft:
        side = ledger.Side.DEBIT if leg.debit else ledger.Side.CREDIT
        return ledger.EntryDraft(
            self.reference(leg.account), side, ledger.Amount(leg.amount, leg.currency), leg.matures
        )

    def destination(self, leg: Leg) -> ledger.CaptureDestination:
        amount = ledger.Amount(leg.amount, leg.currency)
        return ledger.CaptureDestination(self.reference(leg.account), amount, leg.matures)

    def command(self, asked: Operation) -> ledger.Command:
        """Return the command that an operation means."""
        if asked.verb is Verb.OPEN:
            self.currencies[asked.label] = asked.currency
        return _COMMANDS[asked.verb](self, asked)

    # -- and back -------------------------------------------------------------------------------

    def answer(self, asked: Operation, decision: ledger.Decision, *, dry: bool = False) -> Answer:
        """Return a decision in the simulation's words; a new thing takes the label that was meant for it."""
        match decision:
            case ledger.Denied():
                return Answer("FORBIDDEN", stored=False)
            case ledger.Rejected(rejection):
                numbers = self._numbers(rejection)
                return Answer(rejection.code.value, numbers, replayed=decision.replayed, stored=decision.stored)
            case ledger.Accepted():
                made = decision.transaction_id or decision.account_id or decision.hold_id
                assert made is not None, "whatever is accepted makes or changes something"
                if made not in self.labels and not dry:
                    self.learn(asked.label, made)
                label = self.labels.get(made, asked.label)
                return Answer(None, {"sequence": decision.sequence}, label, replayed=decision.replayed)

    def _numbers(self, rejection: ledger.Rejection) -> dict[str, object]:
        culprit = rejection.culprit
        found = {
            "account": self.labels.get(culprit.account) if culprit.account else None,
            "line": culprit.line,
            "index": culprit.index,
            "spendable": rejection.spendable,
            "short": rejection.shortfall,
            "earliest": rejection.earliest_at,
            "remaining": rejection.remaining,
            "expected": rejection.expected,
            "actual": rejection.actual,
            "differs": ",".join(rejection.differs) or None,
        }
        return {name: value for name, value in found.items() if value is not None}


def _lines(known: Translator, asked: Operation) -> tuple[ledger.ReversedLine, ...] | None:
    if asked.lines is None:
        return None
    # Lines are reversed in the currency of their transaction, which the operation carries.
    exponent = known.exponents[asked.currency]
    texts = [(line, ledger.money.text_of(amount, exponent)) for line, amount in asked.lines]
    return tuple(ledger.ReversedLine(line, ledger.money.normal_text(text) or text) for line, text in texts)


def _open(known: Translator, asked: Operation) -> ledger.Command:
    return ledger.OpenAccount(
        asked.currency,
        normal_side=ledger.Side.DEBIT if asked.debit_normal else ledger.Side.CREDIT,
        floor=known.text(asked.floor or 0, asked.label),
        unlimited=bool(asked.unlimited),
        external_id=asked.external,
        name=asked.name,
    )


def _update(known: Translator, asked: Operation) -> ledger.Command:
    return ledger.UpdateAccount(
        known.reference(asked.account),
        name=asked.name,
        floor=None if asked.floor is None else known.text(asked.floor, asked.account),
        unlimited=asked.unlimited,
        require=known.conditions(asked.require),
    )


def _transfer(known: Translator, asked: Operation) -> ledger.Command:
    return ledger.Transfer(
        known.reference(asked.account),
        known.reference(asked.other),
        known.amount(asked),
        available_at=asked.matures,
        effective_at=asked.effective,
        external_id=asked.external,
        require=known.conditions(asked.require),
        force=asked.force,
    )


def _post(known: Translator, asked: Operation) -> ledger.Command:
    return ledger.PostTransaction(
        tuple(known.entry(leg) for leg in asked.legs),
        effective_at=asked.effective,
        external_id=asked.external,
        require=known.conditions(asked.require),
        force=asked.force,
        advance=asked.advance,
    )


def _reverse(known: Translator, asked: Operation) -> ledger.Command:
    return ledger.ReverseTransaction(
        known.reference(asked.transaction),
        amount=known.amount_if_any(asked),
        lines=_lines(known, asked),
        external_id=asked.external,
        require=known.conditions(asked.require),
        force=asked.force,
    )


def _reschedule(known: Translator, asked: Operation) -> ledger.Command:
    return ledger.RescheduleEntry(
        known.reference(asked.transaction),
        asked.line,
        known.amount_if_any(asked),
        asked.matures,
        require=known.conditions(asked.require),
    )


def _release_early(known: Translator, asked: Operation) -> ledger.Command:
    return ledger.ReleaseEarly(
        ledger.EntryReference(known.reference(asked.transaction), asked.line),
        known.amount_if_any(asked),
        asked.matures,
        require=known.conditions(asked.require),
    )


def _delay(known: Translator, asked: Operation) -> ledger.Command:
    assert asked.matures is not None
    return ledger.DelayAvailability(
        ledger.EntryReference(known.reference(asked.transaction), asked.line),
        asked.matures,
        known.amount_if_any(asked),
        require=known.conditions(asked.require),
    )


def _place(known: Translator, asked: Operation) -> ledger.Command:
    return ledger.PlaceHold(
        known.reference(asked.account),
        known.amount(asked),
        expires_at=asked.expires,
        destination=known.reference(asked.other) if asked.other else None,
        external_id=asked.external,
        require=known.conditions(asked.require),
        force=asked.force,
    )


def _capture(known: Translator, asked: Operation) -> ledger.Command:
    return ledger.CaptureHold(
        known.reference(asked.hold),
        known.amount_if_any(asked),
        final=asked.final,
        allow_excess=asked.excess,
        available_at=asked.matures,
        destinations=tuple(known.destination(leg) for leg in asked.legs) or None,
        external_id=asked.external,
        require=known.conditions(asked.require),
        force=asked.force,
    )


def _freeze(known: Translator, asked: Operation) -> ledger.Command:
    kind = ledger.FreezeAccount if asked.verb is Verb.FREEZE else ledger.UnfreezeAccount
    direction = ledger.Direction(asked.direction)
    return kind(known.reference(asked.account), direction, require=known.conditions(asked.require))


def _close(known: Translator, asked: Operation) -> ledger.Command:
    kind = ledger.CloseAccount if asked.verb is Verb.CLOSE else ledger.ReopenAccount
    return kind(known.reference(asked.account), require=known.conditions(asked.require))


def _release(known: Translator, asked: Operation) -> ledger.Command:
    return ledger.ReleaseHold(known.reference(asked.hold), known.amount_if_any(asked), known.conditions(asked.require))


def _increment(known: Translator, asked: Operation) -> ledger.Command:
    hold, amount = known.reference(asked.hold), known.amount(asked)
    return ledger.IncrementHold(hold, amount, known.conditions(asked.require), asked.force)


def _extend(known: Translator, asked: Operation) -> ledger.Command:
    return ledger.ExtendHold(known.reference(asked.hold), asked.expires, known.conditions(asked.require))


def _expire(known: Translator, asked: Operation) -> ledger.Command:
    return ledger.RecordExpiry(known.reference(asked.hold))


_COMMANDS: Final[Mapping[Verb, Callable[[Translator, Operation], ledger.Command]]] = MappingProxyType(
    {
        Verb.OPEN: _open,
        Verb.UPDATE: _update,
        Verb.FREEZE: _freeze,
        Verb.UNFREEZE: _freeze,
        Verb.CLOSE: _close,
        Verb.REOPEN: _close,
        Verb.TRANSFER: _transfer,
        Verb.POST: _post,
        Verb.REVERSE: _reverse,
        Verb.RESCHEDULE: _reschedule,
        Verb.RELEASE_EARLY: _release_early,
        Verb.DELAY: _delay,
        Verb.PLACE: _place,
        Verb.CAPTURE: _capture,
        Verb.RELEASE: _release,
        Verb.INCREMENT: _increment,
        Verb.EXTEND: _extend,
        Verb.EXPIRE: _expire,
    }
)
