"""Promises of isolation: no tenant learns or changes anything of another's, by any name that it could send.

Twice over: by the tenant in every statement, on either database; and on PostgreSQL by row-level security, which stops
even a statement from which the tenant was left out.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any, Final

import pytest

from app import store
from app.store import database as database_module
from app.store.protection import BOUND, CHANGING, READ_ONLY
from app.store.statement import Statement
from app.store.tables import TABLES
from tests import postgres
from tests.conftest import FreshDatabase
from tests.edge.test_access import World, enact, open_world
from tests.edge.world import attacks

SERVING: Final = "spendable_serving"
HOLES: Final = "isolation_holes"
_ID: Final = re.compile(r"\b(?:acct|txn|hold|pol|quo|btst|key)_[0-9a-z]{26}")
LOOKS: Final = [document for kind, document in attacks() if kind == "look"]
_FILTER: Final = re.compile(r"\b((?:\w+\.)?)(tenant_id|id) = \$1(?![0-9])")


@contextmanager
def bound_database(cluster: postgres.Cluster, name: str, *, bound: bool = True) -> Iterator[str]:
    """A database of an owner's, and its address for the role that serves."""
    cluster.run(f"DO $$ BEGIN CREATE ROLE {SERVING} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    cluster.run(f"CREATE DATABASE {name}")
    try:
        owner = cluster.url(name)
        # In a thread of its own, as the loop of an asynchronous fixture may be running.
        with ThreadPoolExecutor(max_workers=1) as aside:
            aside.submit(lambda: asyncio.run(store.migrate(owner, row_level_security=bound, role=SERVING))).result()
        yield owner.replace(f"{postgres.SUPERUSER}@", f"{SERVING}@", 1)
    finally:
        cluster.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def bound(postgres_cluster: postgres.Cluster) -> Iterator[str]:
    """PostgreSQL as in production: the server's role owns nothing, and rows are bound."""
    with bound_database(postgres_cluster, HOLES) as url:
        yield url


@pytest.fixture
def unbound(postgres_cluster: postgres.Cluster) -> Iterator[str]:
    """The same, where nothing but our statements keeps tenants apart."""
    with bound_database(postgres_cluster, HOLES, bound=False) as url:
        yield url


@pytest.fixture(params=["sqlite", "bound"])
async def world(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> AsyncIterator[World]:
    """A tenant with one of everything, and a neighbour who has the same, by the same names."""
    url = fresh_database("sqlite") if request.param == "sqlite" else request.getfixturevalue("bound")
    async with open_world(url) as made:
        await settle(made)
        yield made


async def settle(world: World) -> None:
    """Let the neighbour do all that the tenant did, under the same keys and external ids."""
    await enact(world, "neighbour")


async def test_what_goes_by_the_same_name_is_ones_own(world: World) -> None:
    for document in LOOKS:
        response = await world.ask("neighbour", document)
        assert "errors" not in response.json(), response.text
        assert set(_ID.findall(response.text)).isdisjoint(world.ids)


async def test_what_is_not_ones_own_is_as_if_it_were_not_there(world: World) -> None:
    numbers = count()
    for id_ in sorted(world.ids):
        kind = id_.partition("_")[0]
        absent = f"{kind}_01h455vb4pex5vsknk084sn02q"
        general = ['{ node(id: "ID") { id } }', '{ nodes(ids: ["ID"]) { id } }'] if kind != "key" else []
        for document in [*general, *(text for of, text in attacks() if of == kind)]:
            told = []
            for asked in (id_, absent):
                text = document.replace("ID", asked).replace("KEY", f"attack-{next(numbers)}")
                told.append(plain((await world.ask("neighbour", text)).text, asked))
            assert told[0] == told[1], document


def plain(text: str, id_: str) -> str:
    """An answer without what it cost, and without the id that was asked about."""
    bare = re.sub(r'"extensions":\{"cost".*', "", text)
    return bare.replace(id_, "ID") if id_ else bare


async def test_cursors_of_another_are_refused(world: World) -> None:
    for name in ("accounts", "holds", "transactions", "policies", "apiKeys", "auditLog"):
        page = await world.ask("all", f"{{ {name}(first: 1) {{ pageInfo {{ endCursor }} }} }}")
        cursor = page.json()["data"][name]["pageInfo"]["endCursor"]
        document = f'{{ {name}(first: 5, after: "{cursor}") {{ pageInfo {{ endCursor }} }} }}'
        answer = await world.ask("neighbour", document)
        assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["BAD_USER_INPUT"], name


async def test_callers_of_two_tenants_at_once_are_each_told_of_their_own(world: World) -> None:
    document = """{ availableFunds(accounts: [{ externalId: "alice" }, { externalId: "bob" }]) { account { id } }
      accounts { nodes { id holds { nodes { id } } entries { nodes { account { id } transaction { id } } } } } }"""
    answers = await asyncio.gather(*(world.ask(bearer, document) for _ in range(40) for bearer in ("all", "neighbour")))
    told = [set(_ID.findall(answer.text)) for answer in answers]
    assert told[0]
    assert told[1]
    assert all(one == told[0] for one in told[::2])
    assert all(one == told[1] for one in told[1::2])
    assert told[0] <= world.ids
    assert not told[1] & world.ids


async def test_every_table_is_bound_and_its_history_cannot_be_changed(bound: str) -> None:
    database = store.open_database(bound)
    async with database.read() as session:
        found = await store.read_protection(session)
    assert found is not None
    assert (found.superuser, found.unbound, found.owned, found.changeable_history, found.unforced) == (
        False,
        False,
        [],
        [],
        [],
    )
    assert set(BOUND) == set(TABLES) - {"currencies"}
    for table in sorted(set(TABLES) - CHANGING):
        for text in (f"DELETE FROM {table}", f"UPDATE {table} SET {next(iter(TABLES[table].c)).name} = NULL"):
            with pytest.raises(store.StoreError, match="permission denied"):
                async with database.write() as unit:
                    await unit.run(Statement("test.change", text))
    with pytest.raises(store.StoreError, match=r"permission denied|must be owner"):
        async with database.write() as unit:
            await unit.run(Statement("test.define", "ALTER TABLE entries DISABLE ROW LEVEL SECURITY"))
    assert {"currencies"} <= READ_ONLY
    await database.close()


# -- planted holes -------------------------------------------------------------------------------------------------


class Hole:
    """Leaves the tenant out of one statement."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.planted: str | None = None
        self.seen: set[str] = set()
        prepare: Callable[..., str] = vars(database_module)["prepare"]

        def with_hole(statement: Statement, *rest: Any) -> str:  # noqa: ANN401 - as it is called
            text = prepare(statement, *rest)
            if "$1" in text and _FILTER.search(text):
                self.seen.add(statement.name)
            if statement.name == self.planted:
                # The parameter stays, so that the statement is as good as before but for what it leaves out.
                return _FILTER.sub(r"(\1\2 = $1 OR $1::uuid IS NOT NULL)", text)
            return text

        monkeypatch.setattr(database_module, "prepare", with_hole)


async def answers_of(world: World) -> list[str]:
    """Everything that the neighbour can look at."""
    return [plain((await world.ask("neighbour", document)).text, "") for document in LOOKS]


async def leaks(url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[set[str], set[str]]:
    """Plant a hole in each statement in turn; return those that changed what the neighbour is told, and all tried."""
    hole = Hole(monkeypatch)
    async with open_world(url) as world:
        await settle(world)
        hole.seen.clear()
        before = await answers_of(world)
        assert await answers_of(world) == before, "what is asked twice is answered alike"
        leaking, tried = set(), sorted(hole.seen)
        for name in tried:
            hole.planted = name
            if await answers_of(world) != before:
                leaking.add(name)
            hole.planted = None
            assert await answers_of(world) == before, f"the hole in {name} left nothing behind"
    return leaking, set(tried)


async def test_without_row_level_security_a_statement_that_leaves_the_tenant_out_tells_of_another(
    unbound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The proof that the next test can fail.
    leaking, tried = await leaks(unbound, monkeypatch)
    assert len(tried) > 30
    assert len(leaking) > 12, sorted(leaking)
    assert {"accounts.page_up", "api_keys.page", "balances.funds"} <= leaking


async def test_row_level_security_stops_every_planted_hole(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    leaking, tried = await leaks(bound, monkeypatch)
    assert len(tried) > 30
    assert leaking == set()


async def test_a_hole_in_a_statement_that_writes_changes_nothing_of_anothers(
    bound: str, postgres_cluster: postgres.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    hole = Hole(monkeypatch)
    async with open_world(bound) as world:
        await settle(world)
        before = _rows_of_others(postgres_cluster)
        hole.seen.clear()
        await _everything(world, "learn")
        names = sorted(hole.seen)
        assert len(names) > 15
        for number, name in enumerate(names):
            hole.planted = name
            await _everything(world, f"w{number}")
        hole.planted = None
        assert _rows_of_others(postgres_cluster) == before


async def _everything(world: World, key: str) -> None:
    """Change something of every sort; what a hole makes of it may be refused or fail, but is our own."""
    money = 'amount: { amount: "0.01", currency: "USD" }'
    for verb, given in (
        ("openAccount", f'currency: "USD", externalId: "{key}"'),
        ("updateAccount", f'account: {{ externalId: "bob" }}, name: "{key}"'),
        ("transfer", f'from: {{ externalId: "bank" }}, to: {{ externalId: "bob" }}, {money}'),
        ("placeHold", f'account: {{ externalId: "bob" }}, {money}, externalId: "{key}"'),
        ("releaseHold", f'hold: {{ externalId: "{key}" }}'),
        ("deposit", f'from: {{ externalId: "bank" }}, to: {{ externalId: "alice" }}, {money}, method: "CHECK"'),
    ):
        await world.ask(
            "neighbour", f'mutation {{ {verb}(input: {{ idempotencyKey: "{key}", {given} }}) {{ sequence }} }}'
        )


def _rows_of_others(cluster: postgres.Cluster) -> dict[str, str]:
    """A digest of every row of the first tenant, table by table, as the owner sees them."""
    tenant = cluster.run("SELECT id FROM tenants WHERE name = 'desk'", HOLES)
    return {
        table: hashlib.sha256(
            cluster.run(f"SELECT t FROM {table} t WHERE tenant_id = '{tenant}' ORDER BY t::text", HOLES).encode()
        ).hexdigest()
        for table in BOUND
        if table != "tenants"
    }
