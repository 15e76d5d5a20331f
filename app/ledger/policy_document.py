"""The JSON document of a policy: read into a policy or refused by place, and written in one form.

Amounts are decimal texts in the policy's currency, times "HH:MM", shares decimal texts of per cent.
A figure may be named once under `parameters`, and be referred to as "$name" wherever a value stands.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, NoReturn, TypeAlias

from app.ledger.policy import (
    DOCUMENT_CHARACTERS_MAX,
    PARAMETERS_MAX,
    PROBLEMS_MAX,
    Parameter,
    Policy,
    PolicyProblem,
    ProblemCode,
)
from app.ledger.policy_problems import Known, problems
from app.ledger.policy_reader import read_policy
from app.ledger.policy_writer import tree_of

DEPTH_MAX: Final = 10
VALUES_MAX: Final = 20_000
_TOLD_CHARACTERS_MAX: Final = 200
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,39}", re.ASCII)
_REFERENCE: Final = re.compile(r"\$([A-Za-z][A-Za-z0-9]{0,39})", re.ASCII)

_TOO_LONG: Final = (
    PolicyProblem(ProblemCode.TOO_MANY, "", f"A document has at most {DOCUMENT_CHARACTERS_MAX} characters."),
)

Answer: TypeAlias = Policy | tuple[PolicyProblem, ...]


def read_text(text: str, known: Known, *, judged: bool = True) -> Answer:
    """Return the policy that a JSON text means; a float is refused, and a key that comes twice.

    `judged` as for `read`.
    """
    if judged and len(text) > DOCUMENT_CHARACTERS_MAX:
        return _TOO_LONG
    try:
        document = json.loads(text, parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return _refused(ProblemCode.MALFORMED, "", "This is no JSON without fractions and with each key once.")
    return read(document, known, judged=judged)


def read(document: object, known: Known, *, judged: bool = True) -> Answer:
    """Return the policy that decoded JSON means, if it may be published; else what is wrong, at most 100 problems.

    What the policy says is judged once all of it can be read. One that was published is not `judged`
    again: it stays what it is, even when calendars, clocks or limits are others now.
    """
    if not isinstance(document, dict):
        return _refused(ProblemCode.MALFORMED, "", "A policy is an object.")
    given = document.get("parameters", {})
    if refusal := _misshapen(document, given, judged=judged):
        return _told(refusal)
    uses: list[tuple[str, str]] = []
    body = {name: _resolved(part, name, given, uses) for name, part in document.items() if name != "parameters"}
    if refusal := tuple(_wrong_uses(given, uses)):
        return _told(refusal)
    policy = read_policy(body, known.currencies)
    if not isinstance(policy, Policy):
        return _told(policy)
    if judged and (refusal := problems(policy, known)):
        return _told(refusal)
    found = _with_parameters(policy, given, uses)
    # The one text may be longer than the given one, as it leaves no unit and no time out.
    too_long = judged and isinstance(found, Policy) and len(text_of(found)) > DOCUMENT_CHARACTERS_MAX
    return _TOO_LONG if too_long else found


def text_of(policy: Policy) -> str:
    """Return the one JSON text of a policy; reading it gives the same policy."""
    tree = tree_of(policy)
    if policy.parameters:
        spots = {place: (holder, key) for place, holder, key, _ in _values(tree, "")}
        for parameter in policy.parameters:
            for place in parameter.places:
                holder, key = spots[place]
                holder[key] = f"${parameter.name}"
        tree["parameters"] = {parameter.name: parameter.value for parameter in policy.parameters}
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


# -- parameters ---------------------------------------------------------------------------------------


def _wrong_parameters(given: object) -> Iterator[PolicyProblem]:
    if not isinstance(given, dict):
        yield PolicyProblem(ProblemCode.MALFORMED, "parameters", "An object is needed here.")
        return
    if len(given) > PARAMETERS_MAX:
        yield PolicyProblem(ProblemCode.TOO_MANY, "parameters", f"At most {PARAMETERS_MAX} parameters.")
    for name, value in given.items():
        if _NAME.fullmatch(name) is None:
            sentence = "A parameter's name has 1 to 40 letters and digits, the first a letter."
            yield PolicyProblem(ProblemCode.MALFORMED, f"parameters.{name}", sentence)
        if isinstance(value, bool) or not isinstance(value, str | int):
            yield PolicyProblem(ProblemCode.MALFORMED, f"parameters.{name}", "A text or a whole number is needed here.")


def _wrong_uses(given: Mapping[str, str | int], uses: list[tuple[str, str]]) -> Iterator[PolicyProblem]:
    for place, name in uses:
        if name not in given:
            yield PolicyProblem(ProblemCode.UNKNOWN_PARAMETER, place, f"No parameter {name} is given.")
    for name in sorted(set(given) - {name for _, name in uses}):
        yield PolicyProblem(ProblemCode.UNUSED_PARAMETER, f"parameters.{name}", "Nothing refers to this parameter.")


def _resolved(value: Any, place: str, given: Mapping[str, str | int], uses: list[tuple[str, str]]) -> Any:  # noqa: ANN401 - any JSON
    """Return a value with its parameters put in, and note where each was used."""
    if isinstance(value, dict):
        return {key: _resolved(part, f"{place}.{key}", given, uses) for key, part in value.items()}
    if isinstance(value, list):
        return [_resolved(part, f"{place}[{index}]", given, uses) for index, part in enumerate(value)]
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    uses.append((place, found[1]))
    return given.get(found[1], value)


def _with_parameters(policy: Policy, given: Mapping[str, str | int], uses: list[tuple[str, str]]) -> Answer:
    """Return the policy with its parameters, their values as the policy's document writes them."""
    written = {place: value for place, _, _, value in _values(tree_of(policy), "")}
    parameters = []
    for name in sorted(given):
        places = tuple(sorted(place for place, used in uses if used == name))
        values = {written.get(place) for place in places}
        value = values.pop()
        if values or value is None:
            sentence = "A parameter stands for figures of one kind, none of them at its default."
            return _refused(ProblemCode.MALFORMED, f"parameters.{name}", sentence)
        parameters.append(Parameter(name, value, places))
    return replace(policy, parameters=tuple(parameters))


def _values(tree: Any, place: str) -> Iterator[tuple[str, Any, Any, Any]]:  # noqa: ANN401 - any JSON
    """Walk over (place, what holds it, its key there, value) of all that is neither object nor list."""
    if isinstance(tree, dict):
        items = [(f"{place}.{key}" if place else key, key, part) for key, part in tree.items()]
    else:
        items = [(f"{place}[{index}]", index, part) for index, part in enumerate(tree)]
    for where, key, part in items:
        if isinstance(part, dict | list):
            yield from _values(part, where)
        else:
            yield where, tree, key, part


def _misshapen(document: object, given: object, *, judged: bool) -> tuple[PolicyProblem, ...]:
    """Return what keeps a document from being walked over, and its parameters from being put in."""
    if judged and not _bounded(document):
        sentence = f"A document has at most {VALUES_MAX} values, {DEPTH_MAX} deep, and texts for keys."
        return _refused(ProblemCode.TOO_MANY, "", sentence)
    return tuple(_wrong_parameters(given))


# -- bounds -------------------------------------------------------------------------------------------


def _bounded(document: object) -> bool:
    """Tell whether a document is small and shallow enough to be walked over."""
    level, count = [document], 0
    for _ in range(DEPTH_MAX):
        following: list[object] = []
        for value in level:
            if isinstance(value, dict):
                if not all(isinstance(key, str) for key in value):
                    return False
                following.extend(value.values())
            elif isinstance(value, list):
                following.extend(value)
        count += len(following)
        if count > VALUES_MAX:
            return False
        level = following
    return not level


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _no_float(_: str) -> NoReturn:
    raise ValueError


def _told(found: tuple[PolicyProblem, ...]) -> tuple[PolicyProblem, ...]:
    """Return so many problems at most, in texts that can be kept and shown whatever the document has in its keys."""
    return tuple(
        PolicyProblem(problem.code, _shown(problem.place), _shown(problem.sentence)) for problem in found[:PROBLEMS_MAX]
    )


def _shown(text: str) -> str:
    short = text if len(text) <= _TOLD_CHARACTERS_MAX else f"{text[:_TOLD_CHARACTERS_MAX]}…"
    return "".join(character if character.isprintable() else "�" for character in short)


def _refused(code: ProblemCode, place: str, sentence: str) -> tuple[PolicyProblem, ...]:
    return (PolicyProblem(code, place, sentence),)
