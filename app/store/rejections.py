"""Stored refusals: the text that a replay is read back from."""

from dataclasses import fields
from typing import Any
from uuid import UUID

import orjson

from app import ledger

_IDS = frozenset({"account", "hold", "transaction"})


def rejection_text(rejection: ledger.Rejection) -> str:
    """The stored text: every field that says something, its culprit nested."""
    said = {
        field.name: value
        for field in fields(rejection)
        if field.name not in {"code", "culprit", "differs", "problems"}
        and (value := getattr(rejection, field.name)) is not None
    }
    culprit = {
        field.name: value
        for field in fields(rejection.culprit)
        if (value := getattr(rejection.culprit, field.name)) is not None
    }
    differs = {"differs": rejection.differs} if rejection.differs else {}
    problems = {"problems": rejection.problems} if rejection.problems else {}
    document = {"code": rejection.code, "culprit": culprit, **said, **differs, **problems}
    return orjson.dumps(document, default=str).decode()


def rejection_of(text: str) -> ledger.Rejection:
    """The refusal of a stored text."""
    stored: dict[str, Any] = orjson.loads(text)
    culprit: dict[str, Any] = {
        name: UUID(value) if name in _IDS else value for name, value in stored.pop("culprit").items()
    }
    return ledger.Rejection(
        code=ledger.RejectionCode(stored.pop("code")),
        culprit=ledger.Culprit(**culprit),
        differs=tuple(stored.pop("differs", ())),
        problems=tuple(_problem_of(problem) for problem in stored.pop("problems", ())),
        **stored,
    )


def _problem_of(stored: dict[str, str]) -> ledger.PolicyProblem:
    return ledger.PolicyProblem(ledger.ProblemCode(stored["code"]), stored["place"], stored["sentence"])
