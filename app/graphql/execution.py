"""Execution: a checked document against the schema, under a deadline, answered with data and coded errors."""

import asyncio
from collections.abc import Mapping
from dataclasses import field, replace
from inspect import isawaitable
from typing import Any, Final, Protocol

import orjson
import strawberry
from graphql import ExecutionResult, execute
from graphql.language import OperationDefinitionNode
from strawberry.execution.is_awaitable import optimized_is_awaitable

from app import services, telemetry
from app.graphql.documents import Document, Documents, is_mutation
from app.graphql.errors import (
    INPUT_ERRORS_MAX,
    ErrorEntry,
    entries_of_variables,
    entry_of_fault,
    entry_of_field,
    entry_of_unexpected,
    withhold_names,
)
from app.graphql.limits import Limits, check_variables
from app.graphql.projection import ProjectingExecutor
from app.values import value

# A mutation's own waits end before this much more than the deadline; past it the answer is OUTCOME_UNKNOWN.
MUTATION_GRACE_SECONDS: Final = 5.0


class OperationContext(Protocol):
    """What resolvers are given; one for each operation, closed when it ends."""

    may_introspect: bool
    asks_once: bool
    """Whether nothing is read but once."""

    async def aclose(self) -> None:
        """Give back what the operation holds."""


@value
class Answer:
    """What to send: `data` only where fields were run, which a null cannot tell from a request that was refused."""

    has_data: bool
    data: dict[str, Any] | None = None
    errors: list[ErrorEntry] = field(default_factory=list)
    extensions: dict[str, Any] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        """Return the response's JSON object."""
        made: dict[str, Any] = {"errors": self.errors} if self.errors else {}
        if self.has_data:
            made["data"] = self.data
        if self.extensions:
            made["extensions"] = self.extensions
        return made


def refused(*entries: ErrorEntry) -> Answer:
    """Return the answer to a request of which nothing was run."""
    return Answer(has_data=False, errors=list(entries))


class Executor:
    """Runs operations against one schema; holds the document cache and the mutations that are still running."""

    def __init__(self, schema: strawberry.Schema, limits: Limits, *, deadline_seconds: float) -> None:
        self.limits = limits
        self._schema = schema
        # Strawberry's schema is asked for resolvers only: its own execute parses and validates each time.
        self._core = schema._schema  # noqa: SLF001 - the documented way to graphql-core's schema
        self._documents = Documents(self._core, limits)
        self._deadline_seconds = deadline_seconds
        self._running: set[asyncio.Task[Answer]] = set()

    def document(self, source: str) -> Document:
        """Return the checked document of a text; raises DocumentRefusedError."""
        return self._documents.find(source)

    async def execute(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: Mapping[str, object],
        context: OperationContext,
    ) -> Answer:
        """Run one operation and close its context; never raises but for cancellation.

        A query is cancelled at the deadline. A mutation never is: past the deadline the caller is told
        OUTCOME_UNKNOWN while it runs on.
        """
        if not is_mutation(operation):
            try:
                async with asyncio.timeout(self._deadline_seconds):
                    return await self._run(document, operation, variables, context)
            except TimeoutError:
                return refused(entry_of_fault(services.DeadlineExceeded("The query took too long.")))
        task = asyncio.create_task(self._run(document, operation, variables, context))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        done, _ = await asyncio.wait({task}, timeout=self._deadline_seconds + MUTATION_GRACE_SECONDS)
        if done:
            return task.result()
        return refused(
            entry_of_fault(services.OutcomeUnknown("No answer in time; ask again with the same idempotency key."))
        )

    async def drain(self, seconds: float) -> None:
        """Wait, at most so long, for the mutations that are still running."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=seconds)

    async def _run(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: Mapping[str, object],
        context: OperationContext,
    ) -> Answer:
        try:
            try:
                if document.introspects(operation) and not context.may_introspect:
                    raise services.Forbidden(f"This needs the scope {services.Scope.INTROSPECT}.")
                check_variables(variables, self.limits)
                document.check_nodes(operation, variables, self.limits)
                context.asks_once = document.asks_once(operation)
                result = await self._execute(document, operation, variables, context)
            finally:
                await _close(context)
            answer = self._answer(result, operation, variables)
            return answer if context.may_introspect else _discreet(answer, operation, variables)
        except services.Fault as fault:
            return refused(entry_of_fault(fault))
        except Exception as error:  # noqa: BLE001 - the last place that can mask it as a GraphQL answer
            return refused(entry_of_unexpected(error, where="execution"))

    async def _execute(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: Mapping[str, object],
        context: OperationContext,
    ) -> ExecutionResult:
        if document.projections.wanted():
            values = document.read_variables(operation, variables)
            if values is not None:
                executor = ProjectingExecutor.of(self._core, document.projections, operation, values, context)
                done: Any = executor.execute_operation()
                answered: ExecutionResult = await done if isawaitable(done) else done
                if not answered.errors:
                    # Where there are some, what was begun beside them may not have ended.
                    executor.part()
                return answered
        result = execute(
            self._core,
            document.tree,
            context_value=context,
            variable_values=dict(variables),
            operation_name=operation.name.value if operation.name else None,
            max_coercion_errors=INPUT_ERRORS_MAX,
            executor_class=self._schema.execution_context_class,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # strawberry types it as returning bool
            hide_suggestions=True,
            operation_extensions=None,
        )
        return await result if isawaitable(result) else result

    def _answer(
        self, result: ExecutionResult, operation: OperationDefinitionNode, variables: Mapping[str, object]
    ) -> Answer:
        errors = result.errors or []
        if result.data is None and errors and all(error.path is None for error in errors):
            # Nothing was run: the variables did not fit. They are read again to say where.
            entries = entries_of_variables(self._core, operation, variables)
            return refused(*(entries or [entry_of_field(error) for error in errors]))
        return Answer(has_data=True, data=result.data, errors=[entry_of_field(error) for error in errors])


def _discreet(answer: Answer, operation: OperationDefinitionNode, variables: Mapping[str, object]) -> Answer:
    """Withhold what errors tell of the schema, beyond what the caller wrote themselves."""
    if not answer.errors:
        return answer
    written = operation.loc.source.body if operation.loc else ""
    return replace(answer, errors=withhold_names(answer.errors, f"{written} {orjson.dumps(variables).decode()}"))


async def _close(context: OperationContext) -> None:
    # What was answered stands, whatever giving back a connection meets.
    try:
        await context.aclose()
    except Exception as error:  # noqa: BLE001 - see above; it is logged
        telemetry.unexpected(error, where="closing a context")
