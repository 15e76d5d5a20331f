"""What every test may ask for: databases of its own, on SQLite and on PostgreSQL."""

import asyncio
import itertools
import logging
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pytest

from app import store
from tests import postgres

DIALECTS = ("sqlite", "postgres")


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """Leave the product's log as it was: what one test configures, another would write to when it is closed."""
    logger = logging.getLogger("spendable")
    handlers, level, propagate = logger.handlers[:], logger.level, logger.propagate
    yield
    logger.handlers[:], logger.propagate = handlers, propagate
    logger.setLevel(level)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[postgres.Cluster]:
    """The one PostgreSQL server of this run."""
    with postgres.cluster() as made:
        yield made


@pytest.fixture(scope="session")
def postgres_url(postgres_cluster: postgres.Cluster) -> str:
    """The address of an empty database, as the superuser."""
    return postgres_cluster.url()


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: postgres.Cluster) -> str:
    """The name of a migrated database that is only ever copied."""
    name = "migrated"
    postgres_cluster.run(f"CREATE DATABASE {name}")
    _migrate(postgres_cluster.url(name))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a migrated database that is only ever copied."""
    folder = tmp_path_factory.mktemp("sqlite-template")
    _migrate(f"sqlite:///{folder / 'spendable.db'}")
    return folder


FreshDatabase = Callable[..., str]


@pytest.fixture
def fresh_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FreshDatabase]:
    """Makes databases: `fresh_database("postgres")` answers the URL of a new one, `migrated=False` of an empty one."""
    numbers = itertools.count(1)
    made: list[str] = []

    def on_postgres(*, migrated: bool) -> str:
        cluster = cast("postgres.Cluster", request.getfixturevalue("postgres_cluster"))
        template = request.getfixturevalue("postgres_template") if migrated else "template0"
        name = f"test_{abs(hash(request.node.nodeid)):x}_{next(numbers)}"
        cluster.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        made.append(name)
        return cluster.url(name)

    def on_sqlite(*, migrated: bool) -> str:
        folder = tmp_path / f"sqlite-{next(numbers)}"
        if migrated:
            # The whole folder, as SQLite may keep a log beside the file.
            shutil.copytree(request.getfixturevalue("sqlite_template"), folder)
        else:
            folder.mkdir()
        return f"sqlite:///{folder / 'spendable.db'}"

    def fresh(dialect: str, *, migrated: bool = True) -> str:
        return {"postgres": on_postgres, "sqlite": on_sqlite}[dialect](migrated=migrated)

    yield fresh
    for name in made:
        request.getfixturevalue("postgres_cluster").run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=DIALECTS)
def database_url(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> str:
    """The URL of a migrated database of this test's own, once on SQLite and once on PostgreSQL."""
    return fresh_database(request.param)


@pytest.fixture(params=DIALECTS)
def empty_database_url(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> str:
    """The URL of a database without any table, once on SQLite and once on PostgreSQL."""
    return fresh_database(request.param, migrated=False)


def _migrate(url: str) -> None:
    # In a thread of its own, as an asynchronous fixture may be the first to ask for a database: its loop runs already.
    with ThreadPoolExecutor(max_workers=1) as aside:
        aside.submit(lambda: asyncio.run(store.migrate(url))).result()
