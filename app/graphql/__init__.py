"""Floor 4, what the client sees."""

from app.graphql.context import Context
from app.graphql.documents import Document, DocumentRefusedError, is_mutation
from app.graphql.errors import ErrorEntry, entry_of_fault, withhold_names
from app.graphql.execution import Answer, Executor, OperationContext, refused
from app.graphql.library import Library, Wanted
from app.graphql.limits import Limits
from app.graphql.manifests import ManifestError, check_documents, publish, read_folder
from app.graphql.scalars import SCALARS
from app.graphql.schema import build_schema

__all__ = [
    "SCALARS",
    "Answer",
    "Context",
    "Document",
    "DocumentRefusedError",
    "ErrorEntry",
    "Executor",
    "Library",
    "Limits",
    "ManifestError",
    "OperationContext",
    "Wanted",
    "build_schema",
    "check_documents",
    "entry_of_fault",
    "is_mutation",
    "publish",
    "read_folder",
    "refused",
    "withhold_names",
]
