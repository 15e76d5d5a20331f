"""The verbs of the table language: each turns the words of a step into a command."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from app import ledger
from tests.scenarios.advance_verbs import ADVANCE_VERBS
from tests.scenarios.language import NotUnderstoodError, Words
from tests.scenarios.names import Names, world_of
from tests.scenarios.policy_verbs import POLICY_VERBS


def _open(words: Words, names: Names) -> ledger.Command:
    name, currency = words.take(), words.take()
    names.currency.setdefault(name, currency)
    return ledger.OpenAccount(
        currency,
        purpose=ledger.Purpose(words.option("purpose") or "CUSTOMER"),
        normal_side=ledger.Side.DEBIT if words.flag("debit") else ledger.Side.CREDIT,
        floor=_text(words.option("floor")) or "0",
        unlimited=words.flag("unlimited"),
        external_id=name,
        name=words.option("name"),
        metadata=_metadata(words),
    )


def _update(words: Words, names: Names) -> ledger.Command:
    choice = words.choice("unlimited", "limited")
    return ledger.UpdateAccount(
        require=names.conditions(words),
        account=names.reference(words.take()),
        name=words.option("name"),
        floor=_text(words.option("floor")),
        unlimited=None if choice is None else choice == "unlimited",
        metadata=_metadata(words) or None,
    )


def _freeze(words: Words, names: Names) -> ledger.Command:
    require = names.conditions(words)
    account, direction = names.reference(words.take()), words.choice("out", "in", "both") or "both"
    return ledger.FreezeAccount(account, ledger.Direction(direction.upper()), words.option("reason"), require)


def _unfreeze(words: Words, names: Names) -> ledger.Command:
    require = names.conditions(words)
    account, direction = names.reference(words.take()), words.choice("out", "in", "both") or "both"
    return ledger.UnfreezeAccount(account, ledger.Direction(direction.upper()), words.option("reason"), require)


def _close(words: Words, names: Names) -> ledger.Command:
    return ledger.CloseAccount(require=names.conditions(words), account=names.reference(words.take()))


def _reopen(words: Words, names: Names) -> ledger.Command:
    return ledger.ReopenAccount(require=names.conditions(words), account=names.reference(words.take()))


def _credit(words: Words, names: Names) -> ledger.Command:
    name = words.left[0]
    return _transfer(Words([world_of(names.currency_of(name)), *words.left]), names, words)


def _debit(words: Words, names: Names) -> ledger.Command:
    name, rest = words.left[0], words.left[1:]
    return _transfer(Words([name, world_of(names.currency_of(name)), *rest]), names, words)


def _transfer(words: Words, names: Names, origin: Words | None = None) -> ledger.Command:
    if origin is not None:
        origin.left.clear()
    require = names.conditions(words)
    source, target = words.take(), words.take()
    name = words.option("as")
    amount = names.amount(words, source)
    if name is not None:
        names.currency.setdefault(name, amount.currency)
    command = ledger.Transfer(
        names.reference(source),
        names.reference(target),
        amount,
        available_at=names.instant(words.option("matures")),
        effective_at=names.instant(words.option("effective")),
        kind=words.option("kind") or "TRANSFER",
        external_id=name,
        description=words.option("because"),
        require=require,
        force=words.flag("force"),
    )
    words.done()
    return command


def _post(words: Words, names: Names) -> ledger.Command:
    entries = []
    for part in words.parts:
        side, name = part.take(), part.take()
        entries.append(
            ledger.EntryDraft(
                names.reference(name),
                ledger.Side(side.upper()),
                names.amount(part, name),
                names.instant(part.option("matures")),
                part.option("kind") or "PRINCIPAL",
                part.option("reason"),
            )
        )
    return ledger.PostTransaction(
        tuple(entries),
        effective_at=names.instant(words.option("effective")),
        kind=words.option("kind") or "JOURNAL",
        external_id=words.option("as"),
        require=names.conditions(words),
        force=words.flag("force"),
        advance=words.flag("advance"),
    )


def _reverse(words: Words, names: Names) -> ledger.Command:
    require, name = names.conditions(words), words.take()
    lines = tuple(ledger.ReversedLine(int(part.take()), _text(part.take()) or "") for part in words.parts)
    return ledger.ReverseTransaction(
        names.reference(name),
        amount=names.amount_if_any(words, name),
        lines=lines or None,
        external_id=words.option("as"),
        require=require,
        force=words.flag("force"),
    )


def _reschedule(words: Words, names: Names) -> ledger.Command:
    require, moved, amount = _moved(words, names)
    until = names.instant(words.option("to"))
    return ledger.RescheduleEntry(moved.transaction, moved.line, amount, until, _reason(words, "rescheduled"), require)


def _early(words: Words, names: Names) -> ledger.Command:
    require, moved, amount = _moved(words, names)
    available_at = names.instant(words.option("to"))
    return ledger.ReleaseEarly(moved, amount, available_at, _reason(words, "released early"), require)


def _delay(words: Words, names: Names) -> ledger.Command:
    require, moved, amount = _moved(words, names)
    until = names.instant(words.option("to"))
    return ledger.DelayAvailability(moved, until or names.start, amount, _reason(words, "delayed"), require)


def _moved(words: Words, names: Names) -> tuple[ledger.Conditions, ledger.EntryReference, ledger.Amount | None]:
    """The conditions, the entry and the amount of what moves money in time."""
    require, name, line = names.conditions(words), words.take(), int(words.take())
    amount = names.amount_if_any(words, name)
    # It has no external id of its own: `known as` lets the scenario speak of what it made.
    words.option("known")
    return require, ledger.EntryReference(names.reference(name), line), amount


def _reason(words: Words, usual: str) -> str:
    return words.option("reason") or usual


def _hold(words: Words, names: Names) -> ledger.Command:
    require, name, account = names.conditions(words), words.take(), words.take()
    names.currency.setdefault(name, names.currency_of(account))
    destination = words.option("for")
    return ledger.PlaceHold(
        names.reference(account),
        names.amount(words, account),
        expires_at=names.instant(words.option("expires")),
        destination=None if destination is None else names.reference(destination),
        reason=words.option("reason"),
        external_id=name,
        require=require,
        force=words.flag("force"),
    )


def _capture(words: Words, names: Names) -> ledger.Command:
    require, name = names.conditions(words), words.take()
    destinations = tuple(
        ledger.CaptureDestination(
            names.reference(part.take()),
            names.amount(part, name),
            names.instant(part.option("matures")),
            part.option("kind") or "PRINCIPAL",
        )
        for part in words.parts
    )
    return ledger.CaptureHold(
        names.reference(name),
        amount=names.amount_if_any(words, name),
        final=not words.flag("partial"),
        allow_excess=words.flag("excess"),
        available_at=names.instant(words.option("matures")),
        destinations=destinations or None,
        external_id=words.option("as"),
        require=require,
        force=words.flag("force"),
    )


def _release(words: Words, names: Names) -> ledger.Command:
    require, name = names.conditions(words), words.take()
    return ledger.ReleaseHold(names.reference(name), names.amount_if_any(words, name), require)


def _increment(words: Words, names: Names) -> ledger.Command:
    require, name = names.conditions(words), words.take()
    return ledger.IncrementHold(names.reference(name), names.amount(words, name), require, words.flag("force"))


def _extend(words: Words, names: Names) -> ledger.Command:
    require, name = names.conditions(words), words.take()
    return ledger.ExtendHold(names.reference(name), names.instant(words.take()), require)


def _expire(words: Words, names: Names) -> ledger.Command:
    return ledger.RecordExpiry(names.reference(words.take()))


def _text(amount: str | None) -> str | None:
    return None if amount is None else ledger.money.normal_text(amount) or amount


def _metadata(words: Words) -> ledger.Metadata:
    pairs = (pair.partition("=") for pair in words.options("meta"))
    return tuple(sorted((key, value) for key, _, value in pairs))


VERBS: Final[Mapping[str, Callable[[Words, Names], ledger.Command]]] = MappingProxyType(
    {
        "open": _open,
        "update": _update,
        "freeze": _freeze,
        "unfreeze": _unfreeze,
        "close": _close,
        "reopen": _reopen,
        "credit": _credit,
        "debit": _debit,
        "transfer": _transfer,
        "post": _post,
        "reverse": _reverse,
        "reschedule": _reschedule,
        "early": _early,
        "delay": _delay,
        "hold": _hold,
        "capture": _capture,
        "release": _release,
        "increment": _increment,
        "extend": _extend,
        "expire": _expire,
        **POLICY_VERBS,
        **ADVANCE_VERBS,
    }
)


def command(words: Words, names: Names) -> ledger.Command:
    """Return the command that a step's words mean."""
    verb = words.take()
    if verb not in VERBS:
        raise NotUnderstoodError(f"no verb: {verb}")
    made = VERBS[verb](words, names)
    words.done()
    return made
