"""Floor 4, what the client sees."""

from app.graphql.documents import DocumentRefusedError, is_mutation
from app.graphql.errors import ErrorEntry, entry_of_fault
from app.graphql.execution import Answer, Executor, OperationContext, refused
from app.graphql.limits import Limits
from app.graphql.scalars import SCALARS

__all__ = [
    "SCALARS",
    "Answer",
    "DocumentRefusedError",
    "ErrorEntry",
    "Executor",
    "Limits",
    "OperationContext",
    "entry_of_fault",
    "is_mutation",
    "refused",
]
