"""Admission: what may begin now. Where there is too much, dear queries are refused first, then all, mutations last."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from graphql.language import OperationDefinitionNode

from app import graphql, services
from app.http.client_address import neighbourhood

DEAR_POINTS: Final = 100
DEAR_SHARE: Final = 0.5
QUERY_SHARE: Final = 0.75
BUSY_RETRY_SECONDS: Final = 1.0
RESERVE_SHARE: Final = 0.1
"""The part of a budget that only mutations may use up."""
REFUSED_POINTS: Final = 20
"""What a document costs that is refused, beside what its length does: it had to be read for that."""
CHARACTERS_OF_A_POINT: Final = 100


class Load:
    """How many requests this process is answering, of how many it may."""

    def __init__(self, requests_max: int, client_requests_max: int) -> None:
        self._requests_max = requests_max
        self._client_requests_max = client_requests_max
        self._of: Counter[str] = Counter()
        self.requests = 0

    @property
    def full(self) -> bool:
        """Whether a further request is one too many."""
        return self.requests >= self._requests_max

    @property
    def share(self) -> float:
        """The part that is in use, beside the request that asks."""
        return (self.requests - 1) / self._requests_max

    @contextmanager
    def of_client(self, address: str) -> Iterator[None]:
        """Count a request as its client's for the time of the block; raises Throttled where it has too many."""
        client = neighbourhood(address)
        if self._of[client] >= self._client_requests_max:
            raise services.Throttled(
                "Too many requests of this client at once; nothing was done.", retry_after_seconds=BUSY_RETRY_SECONDS
            )
        self._of[client] += 1
        try:
            yield
        finally:
            self._of[client] -= 1
            if not self._of[client]:
                del self._of[client]


class Admission:
    """Lets operations begin: within the budget of their bearer, their tenant's share, and what the process can do."""

    def __init__(
        self,
        executor: graphql.Executor,
        budget_of: Callable[[str], services.Budget],
        load: Load,
        *,
        tenant_operations_max: int,
    ) -> None:
        self._executor = executor
        self._budget_of = budget_of
        self._load = load
        self._tenant_operations_max = tenant_operations_max
        self._running: Counter[object] = Counter()

    def enter(self, bearer: str) -> None:
        """Take the point that every request costs, before anything is read; raises Throttled."""
        self._budget_of(bearer).take(1)

    def refused(self, bearer: str, characters: int) -> None:
        """Take what refusing a document of so many characters has cost."""
        read = min(characters, self._executor.limits.characters_max)
        self._budget_of(bearer).charge(REFUSED_POINTS + read // CHARACTERS_OF_A_POINT)

    async def run(
        self,
        key: services.KeyRecord,
        document: graphql.Document,
        operation: OperationDefinitionNode,
        variables: Mapping[str, object],
        open_context: Callable[[], graphql.OperationContext],
    ) -> graphql.Answer:
        """Run one operation and tell its cost; raises Throttled or Overloaded, and then nothing was done."""
        requested = document.requested(operation, variables, self._executor.limits)
        mutation = graphql.is_mutation(operation)
        self._demand_room(requested, mutation=mutation)
        if self._running[key.tenant_id] >= self._tenant_operations_max:
            raise services.Throttled(
                "The tenant has too many operations under way; nothing was done.",
                retry_after_seconds=BUSY_RETRY_SECONDS,
            )
        budget = self._budget_of(key.key_id)
        budget.take(requested - 1, reserved_share=0.0 if mutation else RESERVE_SHARE)
        self._running[key.tenant_id] += 1
        try:
            answer = await self._executor.execute(document, operation, variables, open_context())
        finally:
            self._running[key.tenant_id] -= 1
            if not self._running[key.tenant_id]:
                del self._running[key.tenant_id]
        actual = document.price(operation).actual(answer.data, requested) if answer.has_data else 1
        budget.give_back(requested - actual)
        answer.extensions["cost"] = _told(requested, actual if answer.has_data else None, budget.state())
        return answer

    def _demand_room(self, requested: int, *, mutation: bool) -> None:
        share = 1.0 if mutation else DEAR_SHARE if requested > DEAR_POINTS else QUERY_SHARE
        if not mutation and self._load.share >= share:
            raise services.Overloaded(
                "The server is busy, and queries wait for mutations; nothing was done.",
                retry_after_seconds=BUSY_RETRY_SECONDS,
            )


def _told(requested: int, actual: int | None, state: services.BudgetState) -> dict[str, object]:
    return {
        "requestedQueryCost": requested,
        "actualQueryCost": actual,
        "throttleStatus": {
            "maximumAvailable": state.maximum_available,
            "currentlyAvailable": state.currently_available,
            "restoreRate": state.restore_rate,
        },
    }
