"""Errors: every top-level error by its code; what is unexpected is logged once and masked."""

import re
from collections.abc import Mapping
from typing import Any, Final

from graphql import GraphQLError, GraphQLSchema, GraphQLSyntaxError
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.language import OperationDefinitionNode
from graphql.pyutils import Undefined
from graphql.utilities import validate_input_value
from strawberry.exceptions import StrawberryInputCoercionError

from app import services, telemetry

ErrorEntry = dict[str, Any]

INPUT_ERRORS_MAX: Final = 5
LOCATIONS_MAX: Final = 5
_MESSAGE_CHARACTERS_MAX: Final = 500
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_NAME: Final = re.compile(r"[_A-Za-z][_0-9A-Za-z]*", re.ASCII)
_BUILT_IN: Final = frozenset({"Boolean", "Float", "ID", "Int", "String"})
_TELLING: Final = frozenset({services.FaultCode.BAD_USER_INPUT, services.FaultCode.GRAPHQL_VALIDATION_FAILED})


def entry_of(error: GraphQLError, code: services.FaultCode) -> ErrorEntry:
    """Return an error of the document itself in its form on the wire."""
    entry: ErrorEntry = {"message": _shortened(error.message)}
    if error.locations:
        entry["locations"] = [location.formatted for location in error.locations[:LOCATIONS_MAX]]
    entry["extensions"] = {"code": code} | dict(error.extensions or {})
    return entry


def entry_of_fault(fault: services.Fault) -> ErrorEntry:
    """Return a fault in its form on the wire, before any field was run."""
    return {"message": _shortened(fault.message), "extensions": _extensions_of(fault)}


def entry_of_unexpected(error: BaseException, *, where: str) -> ErrorEntry:
    """Log an error that nobody foresaw, and return what the caller is told of it: its error id."""
    return entry_of_fault(services.Internal(telemetry.unexpected(error, where=where)))


def entry_of_field(error: GraphQLError) -> ErrorEntry:
    """Return an error of one field, with its path; faults keep their code, the unexpected is masked."""
    cause = _cause_of(error)
    if isinstance(cause, services.Fault):
        entry = entry_of_fault(cause)
    elif cause is None or isinstance(cause, StrawberryInputCoercionError):
        entry = {"message": _shortened(error.message), "extensions": {"code": services.FaultCode.BAD_USER_INPUT}}
    else:
        where = ".".join(str(part) for part in error.path or ())
        entry = entry_of_unexpected(cause, where=f"field {where}")
    if error.locations:
        entry["locations"] = [location.formatted for location in error.locations[:LOCATIONS_MAX]]
    if error.path is not None:
        entry["path"] = error.path
    return entry


def entries_of_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, object]
) -> list[ErrorEntry]:
    """Return what is wrong with an operation's variables, each with the path to the value at fault."""
    entries: list[ErrorEntry] = []
    for definition in operation.variable_definitions or ():
        signature = get_variable_signature(schema, definition)
        if isinstance(signature, GraphQLError):
            continue
        name = signature.name
        value = variables.get(name, Undefined)
        if value is Undefined and definition.default_value is not None:
            continue

        def on_error(error: GraphQLError, path: list[str | int], name: str = name) -> None:
            message = f"Variable '${name}' has an invalid value: {error.message}"
            extensions = {"code": services.FaultCode.BAD_USER_INPUT, "inputPath": [name, *path]}
            entries.append({"message": _shortened(message), "extensions": extensions})

        validate_input_value(value, signature.type, on_error, hide_suggestions=True)
    return entries[:INPUT_ERRORS_MAX]


def withhold_names(entries: list[ErrorEntry], written: str) -> list[ErrorEntry]:
    """Return errors that quote no name but those that the caller wrote: the schema's own become an ellipsis.

    Faults of fields are left as they are: their messages are ours and name nothing of the schema's.
    """
    known = _BUILT_IN.union(_NAME.findall(written))

    def told(quoted: re.Match[str]) -> str:
        return quoted[0] if known.issuperset(_NAME.findall(quoted[0])) else "'…'"

    return [
        entry
        if entry["extensions"]["code"] not in _TELLING
        else entry | {"message": _QUOTED.sub(told, entry["message"])}
        for entry in entries
    ]


def _cause_of(error: GraphQLError) -> BaseException | None:
    """Return what a resolver raised, or None where graphql-core refused an argument of the caller's."""
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and not isinstance(cause, StrawberryInputCoercionError):
        inner = cause.original_error
        if inner is None:
            # A refused argument points at its node; a value that could not be printed points at nothing.
            return None if cause.nodes and not isinstance(cause, GraphQLSyntaxError) else cause
        cause = inner
    return cause


def _extensions_of(fault: services.Fault) -> dict[str, Any]:
    extensions: dict[str, Any] = {"code": fault.code}
    if isinstance(fault, services.BadInput) and fault.path:
        extensions["inputPath"] = list(fault.path)
    if isinstance(fault, services.Internal):
        extensions["errorId"] = fault.error_id
    if fault.retry_after_seconds is not None:
        extensions["retryAfterSeconds"] = fault.retry_after_seconds
    return extensions


def _shortened(message: str) -> str:
    if len(message) <= _MESSAGE_CHARACTERS_MAX:
        return message
    return f"{message[:_MESSAGE_CHARACTERS_MAX]}…"
