"""The verbs of deposits and of what they follow: terms are written as short as a line allows, a rule for each part.

`publish standard USD: checks CHECK day 2.75 +1 rest +2 ; others rest held` is a policy of two rules on the calendar
WEEKDAYS in UTC. A portion is what it takes (`item X`, `day X`, `percent X` or `rest`) and when it is available: `now`,
`held` or in so many business days.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from app import ledger
from tests.scenarios.language import NotUnderstoodError, Words
from tests.scenarios.names import Names, world_of

_TAKES: Final = {"item": "perItem", "day": "perDay", "percent": "percent"}
_TIMES: Final = {"now": "AT_ONCE", "held": "UNTIL_RELEASED"}


def _publish(words: Words, names: Names) -> ledger.Command:
    require, expected = names.conditions(words), words.option("after")
    calendar = words.option("calendar") or "WEEKDAYS"
    name, currency = words.take(), words.take()
    rules = [_rule(part) for part in words.parts]
    terms = {"currency": currency, "timeZone": "UTC", "calendar": calendar, "rules": rules}
    return ledger.PublishPolicy(name, json.dumps(terms), None if expected is None else int(expected), require)


def _rule(words: Words) -> dict[str, Any]:
    rule: dict[str, Any] = {"name": words.take(), "portions": []}
    methods = [word for word in words.left if word.isupper() and word.isalpha()]
    words.left = [word for word in words.left if word not in methods]
    if methods:
        rule["match"] = {"methods": methods}
    while words.left:
        what = words.take()
        take = "REST" if what == "rest" else {_TAKES[what]: words.take()}
        when = words.take()
        rule["portions"].append({"take": take, "available": _TIMES.get(when) or {"days": int(when)}})
    return rule


def _assign(words: Words, names: Names) -> ledger.Command:
    require, name = names.conditions(words), words.take()
    return ledger.AssignPolicy(names.reference(name), names.reference(words.take()) if words.left else None, require)


def _unassign(words: Words, names: Names) -> ledger.Command:
    return ledger.AssignPolicy(None, names.reference(words.take()))


def _days(words: Words, names: Names) -> ledger.Command:
    calendar = words.take()
    days = {
        word: tuple(date.fromisoformat(day).toordinal() for day in words.options(word)) for word in ("close", "open")
    }
    return ledger.SetClosures(calendar, days["close"], days["open"])


def _deposit(words: Words, names: Names) -> ledger.Command:
    require, target = names.conditions(words), words.take()
    amount, name = names.amount(words, target), words.option("as")
    if name is not None:
        names.currency.setdefault(name, amount.currency)
    made = ledger.Deposit(
        names.reference(words.option("from") or world_of(amount.currency)),
        names.reference(target),
        amount,
        words.option("method") or "CHECK",
        names.instant(words.option("matures")),
        names.instant(words.option("effective")),
        external_id=name,
        require=require,
        force=words.flag("force"),
    )
    if words.left:
        raise NotUnderstoodError(f"not understood: {' '.join(words.left)}")
    return made


def _reserve(words: Words, names: Names) -> ledger.Command:
    require, account, percent = names.conditions(words), words.take(), words.option("percent")
    cap, days, until = words.option("cap"), words.option("days"), names.instant(words.option("until"))
    basis_points = ledger.money.parse(percent or "0", 2)
    until_or_days = int(days or 0) if until is None else ledger.KeptUntil(until)
    return ledger.SetReservePlan(names.reference(account), basis_points or 0, until_or_days, cap, require)


def _forfeit(words: Words, names: Names) -> ledger.Command:
    require, name, line, to = names.conditions(words), words.take(), int(words.take()), words.take()
    entry = ledger.EntryReference(names.reference(name), line)
    known, force = words.option("as"), words.flag("force")
    amount = names.amount_if_any(words, name)
    return ledger.ForfeitReserve(entry, names.reference(to), amount, "lost", known, require, force)


POLICY_VERBS: Final[Mapping[str, Callable[[Words, Names], ledger.Command]]] = MappingProxyType(
    {
        "publish": _publish,
        "assign": _assign,
        "unassign": _unassign,
        "days": _days,
        "deposit": _deposit,
        "reserve": _reserve,
        "forfeit": _forfeit,
    }
)
