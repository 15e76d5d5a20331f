"""What is wrong with a policy, told by place."""

from collections.abc import Iterable

import strawberry

from app import ledger
from app.graphql.policy_enums import PolicyProblemCode

_PROBLEM = "What is wrong with the terms of a policy, or keeps it from saying anything about a deposit."


@strawberry.type(description=_PROBLEM)
class PolicyProblem:
    """A code, a place and a sentence."""

    code: PolicyProblemCode = strawberry.field(description="What is wrong.")
    place: str = strawberry.field(description='Where in its document, such as "rules[2].portions[0].take".')
    message: str = strawberry.field(description="What is wrong, in a sentence.")


def problems_of(problems: Iterable[ledger.PolicyProblem]) -> list[PolicyProblem]:
    """Return problems as the schema shows them."""
    return [PolicyProblem(code=one.code, place=one.place, message=one.sentence) for one in problems]
