"""What a reader or a writer holds while it talks to the database: one snapshot, or one unit of work."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from app.store.statement import Dialect, Statement
from app.values import value

Row = Mapping[str, Any]
Rows = Sequence[tuple[Any, ...]]


class Session(Protocol):
    """Runs statements in one database transaction."""

    @property
    def dialect(self) -> Dialect:
        """Which database this is."""
        ...

    async def rows(self, statement: Statement, *scalars: object, rows: Rows | None = None) -> Sequence[Row]:
        """Run a statement and return its rows, read by column name."""
        ...

    async def run(self, statement: Statement, *scalars: object, rows: Rows | None = None) -> None:
        """Run a statement whose rows nobody needs."""
        ...


@value
class Work:
    """A statement with its arguments, the first of which is the tenant; it changes one table and answers nothing."""

    statement: Statement
    scalars: tuple[object, ...]
    rows: Rows | None = None


class Unit(Session, Protocol):
    """A unit of work: what it ran stands once `commit` returned, and is undone otherwise."""

    async def run_all(self, work: Sequence[Work]) -> None:
        """Run statements of one tenant, in one message where the database takes it; none sees what another does."""
        ...

    async def commit(self) -> None:
        """Make the work durable; CommitUnknown when the answer was lost on the way."""
        ...


@value
class Executed:
    """A statement as it was sent to the database."""

    name: str
    sql: str
    dialect: Dialect


_observers: list[Callable[[Executed], None]] = []


@contextmanager
def observe(seen: Callable[[Executed], None]) -> Iterator[None]:
    """Show `seen` every statement that any session of this process runs; BEGIN, SET LOCAL and COMMIT are not shown."""
    _observers.append(seen)
    try:
        yield
    finally:
        _observers.remove(seen)


def prepare(statement: Statement, dialect: Dialect, scalars: tuple[object, ...], rows: Rows | None) -> str:
    """The text to send, once its arguments were counted and the observers have seen it."""
    if len(scalars) != statement.scalars or (rows is None) != (not statement.columns):
        raise TypeError(f"{statement.name} takes {statement.scalars} arguments and rows of {statement.columns}")
    sql = statement.sql(dialect)
    for seen in _observers:
        seen(Executed(statement.name, sql, dialect))
    return sql
