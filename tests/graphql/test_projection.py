"""Compiled selections answer to the byte what the stock executor answers, errors and nulls included."""

import asyncio
import gc
import random
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

import orjson
import pytest
import strawberry
from graphql import ExecutionResult, FragmentDefinitionNode, GraphQLError, GraphQLSchema, execute, parse, validate
from graphql.execution import Executor
from strawberry.execution.is_awaitable import optimized_is_awaitable

from app import graphql
from app.graphql import projection
from app.graphql.derived import read_beside
from tests.graphql.api import SCHEMA, Api
from tests.graphql.random_documents import RandomDocuments

DOCUMENTS: Final = 400
FUNDS: Final = """
    query ($accounts: [AccountBy!]!, $with: Boolean = true) {
      availableFunds(accounts: $accounts) {
        __typename account { id name } balance { ledger { ...M } held { ...M } sequence asOf DIRECTIVE }
      }
    }
    fragment M on Money { amount minorUnits currency }
"""


async def answers(api: Api, document: str, variables: dict[str, object]) -> tuple[bytes, bytes]:
    """Return what the stock executor answers (a document is compiled only when it comes again), and the compiled."""
    api.executor = graphql.Executor(SCHEMA, graphql.Limits(), deadline_seconds=10)
    stock, compiled = [orjson.dumps(await api.ask(document, variables)) for _ in range(2)]
    return stock, compiled


async def furnished(api: Api) -> list[str]:
    """Let there be something of everything that can be asked for."""
    for number in range(6):
        await api.transfer("bank", "alice", f"{number + 1}.50", description=f"deposit {number}")
    alice = {"account": {"externalId": "alice"}, "amount": {"amount": "5", "currency": "USD"}}
    held = await api.do("placeHold", {**alice, "destination": {"externalId": "bob"}}, "hold { id }")
    await api.do("placeHold", {**alice, "reason": "deposit"}, "hold { id }")
    await api.do(
        "captureHold",
        {"hold": {"id": held["hold"]["id"]}, "amount": {"amount": "2", "currency": "USD"}, "final": False},
        "transaction { id }",
    )
    later = await api.transfer("bank", "bob", "9.99", availableAt="2024-01-01T00:00:00Z")
    await api.do("reverseTransaction", {"transaction": {"id": later["id"]}}, "transaction { id }")
    found = await api.data("{ accounts { nodes { id } } holds { nodes { id } } transactions { nodes { id } } }")
    return [node["id"] for page in found.values() for node in page["nodes"]]


async def test_a_projection_that_nobody_keeps_is_gone_without_the_collector(api: Api) -> None:
    document = FUNDS.replace("DIRECTIVE", "").replace(", $with: Boolean = true", "")
    for _ in range(3):
        await api.data(document, {"accounts": [{"externalId": "alice"}, {"externalId": "bob"}]})
    gc.collect()
    gc.disable()
    try:
        api.executor._documents._kept.clear()
        assert gc.collect() == 0
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "document",
    [
        '{ account(by: {externalId: "alice"}) { id balance { ledger { amount } } } }',
        "{ accounts { nodes { id balance { ledger { amount } } entries { nodes { amount { amount } } } } } }",
        "mutation ($input: TransferInput!) { transfer(input: $input) { transaction { id } rejection { code } } }",
    ],
)
async def test_an_operation_leaves_nothing_to_the_collector(api: Api, document: str) -> None:
    def variables() -> dict[str, object]:
        names = {"from": {"externalId": "bank"}, "to": {"externalId": "alice"}}
        amount = {"amount": "1", "currency": "USD"}
        return {"input": {"idempotencyKey": api.key(), **names, "amount": amount}} if "$input" in document else {}

    for _ in range(3):
        await api.data(document, variables())
    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            await api.data(document, variables())
        assert gc.collect() == 0
    finally:
        gc.enable()


async def test_any_document_is_answered_alike(api: Api) -> None:
    ids = await furnished(api)
    made = RandomDocuments(SCHEMA, random.Random("projection"), ids, ["alice", "bob", "bank", "nobody"])
    rows = projected = asked_once = 0
    counted = projection.Projections.plan

    def plan(self: projection.Projections, *given: Any) -> object:  # noqa: ANN401 - as the method's
        nonlocal projected
        found = counted(self, *given)
        projected += found is not None
        return found

    known = graphql.Document.asks_once

    def asks_once(self: graphql.Document, *given: Any) -> bool:  # noqa: ANN401 - as the method's
        nonlocal asked_once
        found = known(self, *given)
        asked_once += found
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projection.Projections, "plan", plan)
        patch.setattr(graphql.Document, "asks_once", asks_once)
        for _ in range(DOCUMENTS):
            document, variables = made.next()
            stock, compiled = await answers(api, document, variables)
            assert compiled == stock, document
            # One that is taken to ask once and does not would be told so.
            assert b"INTERNAL_SERVER_ERROR" not in stock, document
            rows += stock.count(b"{")
    assert rows > 5 * DOCUMENTS, "the documents found next to nothing"
    assert projected > DOCUMENTS, "next to nothing was compiled"
    assert asked_once > 3, "next to nothing asked once"


@pytest.mark.parametrize("directive", ["", "version @include(if: $with)", "... @skip(if: $with) { version }"])
@pytest.mark.parametrize("given", [True, False])
async def test_what_hangs_on_variables_is_not_compiled(api: Api, directive: str, *, given: bool) -> None:
    document = FUNDS.replace("DIRECTIVE", directive).replace("$with: Boolean = true", "$with: Boolean!")
    document = document if directive else document.replace(", $with: Boolean!", "")
    variables = {
        "accounts": [{"externalId": "alice"}, {"externalId": "nobody"}],
        **({"with": given} if directive else {}),
    }
    stock, compiled = await answers(api, document, variables)
    other = {**variables, "with": not given} if directive else variables
    again = orjson.dumps(await api.ask(document, other))
    assert compiled == stock
    assert (b"version" in again) != (b"version" in stock) or not directive


async def test_a_document_that_comes_once_is_not_compiled(api: Api) -> None:
    document = api.executor.document("{ accounts { nodes { id } } }")
    await api.ask("{ accounts { nodes { id } } }")
    assert document.projections._plans == {}
    await api.ask("{ accounts { nodes { id } } }")
    assert document.projections._plans


# -- values that no resolver of ours returns ---------------------------------------------------------


@strawberry.interface
class Named:
    text: str


@strawberry.type
class Leaf(Named):
    count: int
    ratio: float
    tags: list[str]
    matrix: list[list[int | None]] | None = None


@strawberry.type
class OtherLeaf:
    text: str


@strawberry.type
class Branch:
    leaf: Leaf
    maybe: Leaf | None
    leaves: list[Leaf]
    holes: list[Leaf | None] | None

    @strawberry.field
    def own(self) -> str:
        return "own"

    @strawberry.field
    async def waited(self) -> int:
        await asyncio.sleep(0)
        return 7


@strawberry.type
class Root:
    @strawberry.field
    def branches(self, info: strawberry.Info) -> list[Branch | None]:
        made: list[Branch | None] = info.context
        return made

    @strawberry.field
    def branch(self, info: strawberry.Info) -> Branch | None:
        made: Branch | None = info.context[0]
        return made


STRANGE: Final = strawberry.Schema(Root)
DOCUMENT: Final = parse(
    """
    {
      branches { __typename leaf { ...L } maybe { ...L } leaves { text } holes { count tags } }
      mixed: branches { own leaf { text } waited maybe { count } leaf { ratio } }
      branch { again: leaf { text } own }
    }
    fragment L on Leaf { text count ratio tags matrix }
    """
)


def leaf(**values: Any) -> Leaf:  # noqa: ANN401 - also what it may not have
    given: dict[str, Any] = {"text": "a", "count": 1, "ratio": 0.5, "tags": ["x"], "matrix": [[1, None]], **values}
    return Leaf(**given)


def branch(**values: Any) -> Branch:  # noqa: ANN401 - as above
    given: dict[str, Any] = {
        "leaf": leaf(),
        "maybe": None,
        "leaves": [leaf(), leaf()],
        "holes": [None, leaf()],
        **values,
    }
    return Branch(**given)


async def _later(value: object) -> object:
    await asyncio.sleep(0)
    return value


CASES: Final[dict[str, Callable[[], list[Any]]]] = {
    "as declared": lambda: [branch(), None, branch(maybe=leaf(), holes=None)],
    "null where none may be": lambda: [branch(leaf=None), branch(leaf=leaf(text=None))],
    "null in a list": lambda: [branch(leaves=[None]), branch(leaves=[leaf(tags=[None])])],
    "another class": lambda: [branch(maybe=OtherLeaf(text="b")), branch(maybe=object())],
    "an attribute that is not there": lambda: [branch(maybe=OtherLeaf(text="b"), leaf=OtherLeaf(text="b"))],
    "another type": lambda: [branch(leaf=leaf(text=5, count="6")), branch(leaf=leaf(ratio="x")), branch(leaves=5)],
    "too large": lambda: [branch(maybe=leaf(count=2**31)), branch(leaf=leaf(ratio=float("nan")))],
    "attributes that are not set": lambda: [branch(maybe=object.__new__(Leaf)), branch(leaf=object.__new__(Leaf))],
    "an error for a value": lambda: [branch(maybe=ValueError("here")), branch(maybe=leaf(text=ValueError("there")))],
    "something to wait for": lambda: [branch(leaf=_later(leaf()), maybe=_later(None)), branch(leaves=_later([leaf()]))],
    "a tuple, a set, a generator": lambda: [
        branch(leaves=(leaf(),)),
        branch(leaf=leaf(tags={"x"})),
        branch(leaves=(leaf() for _ in range(2))),
    ],
    "text that is a subclass": lambda: [branch(leaf=leaf(text=type("T", (str,), {})("sub"), count=True))],
}


@pytest.mark.parametrize("case", CASES)
async def test_values_out_of_order_are_told_alike(case: str) -> None:
    core = STRANGE._schema
    assert validate(core, DOCUMENT) == []
    stock = await _run(core, STRANGE.execution_context_class, CASES[case]())
    projections = projection.Projections({})
    for _ in range(2):
        compiled = await _run(core, projection.ProjectingExecutor, CASES[case](), projections=projections)
        assert orjson.dumps(compiled[0]) == orjson.dumps(stock[0])
        assert compiled[1] == stock[1]
    assert any(plan is not None for plan in projections._plans.values())


async def _run(
    core: GraphQLSchema,
    executor: type[Executor[Any]],
    context: list[Any],
    **named: Any,  # noqa: ANN401 - as execute
) -> tuple[object, list[str]]:
    is_awaitable: Any = optimized_is_awaitable
    found = execute(core, DOCUMENT, context_value=context, executor_class=executor, is_awaitable=is_awaitable, **named)
    result: ExecutionResult = await found if isinstance(found, Awaitable) else found
    return result.data, sorted(_told(result.errors or []))


def _told(errors: list[GraphQLError]) -> Iterator[str]:
    for error in errors:
        yield f"{error.path} {error.locations} {error.message}"


# -- what stands beside ----------------------------------------------------------------------------------


@strawberry.type
class Bough:
    """Has a field whose answer may stand beside it."""

    name: str
    near_by: strawberry.Private[Any]

    @strawberry.field
    async def near(self, turned: bool = False) -> Leaf:
        """Ask for it."""
        return leaf(text=f"asked for, {turned}")


read_beside(Bough, near="near_by")


@strawberry.type
class Tree:
    """The root."""

    @strawberry.field
    def boughs(self, info: strawberry.Info[list[Any]]) -> list[Bough | None]:
        """Give what the test has."""
        return info.context


TREE: Final = strawberry.Schema(query=Tree, types=[Leaf])


@pytest.mark.parametrize(
    ("selection", "near_by", "read"),
    [
        ("name near { text }", leaf(text="beside"), True),
        ("near { ...L } again: near { count }", leaf(text="beside"), True),
        ("near { text }", None, False),
        ("name near(turned: true) { text }", leaf(text="beside"), False),
        ("near { text }", OtherLeaf(text="of another class"), False),
        ("near { text }", leaf(text=5), False),
    ],
)
async def test_what_stands_beside_is_read_and_what_does_not_is_asked_for(
    selection: str, near_by: object, *, read: bool
) -> None:
    fragment = " fragment L on Leaf { text }" if "...L" in selection else ""
    document = parse(f"{{ boughs {{ {selection} }} }}{fragment}")
    boughs = [Bough(name="one", near_by=near_by), None, Bough(name="two", near_by=None)]
    projections = projection.Projections(
        {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    )
    for _ in range(2):
        done: Any = execute(
            TREE._schema,
            document,
            context_value=boughs,
            executor_class=projection.ProjectingExecutor,
            projections=projections,
        )
        result: ExecutionResult = await done
        assert result.errors is None
        assert result.data is not None
        first, nothing, last = result.data["boughs"]
        assert nothing is None
        assert first["near"]["text"] == ("beside" if read else f"asked for, {'turned' in selection}")
        assert last["near"]["text"] == f"asked for, {'turned' in selection}"
