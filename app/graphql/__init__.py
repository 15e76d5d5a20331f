"""Floor 4, what the client sees."""

from app.graphql.documents import Document, DocumentRefusedError, is_mutation
from app.graphql.errors import ErrorEntry, entry_of_fault, entry_of_unexpected
from app.graphql.execution import Answer, Executor, OperationContext, refused
from app.graphql.limits import Limits
from app.graphql.scalars import SCALARS

__all__ = [
    "SCALARS",
    "Answer",
    "Document",
    "DocumentRefusedError",
    "ErrorEntry",
    "Executor",
    "Limits",
    "OperationContext",
    "entry_of_fault",
    "entry_of_unexpected",
    "is_mutation",
    "refused",
]
