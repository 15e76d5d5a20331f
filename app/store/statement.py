"""One portable SQL text per statement, rendered once for each dialect.

The text is PostgreSQL's, with `$1` for its arguments and these few marks:

`{rows(name type, …)}`   the rows given to the statement, as `u(name, …)`; at most one, its arguments come last
`{all(alias table)}`     every column of a table but the tenant's
`{lock}`                 the row lock of the tenant's head; SQLite locked the whole file at BEGIN IMMEDIATE
`{clock}`                the database's clock in microseconds since the epoch
`::type`                 a cast that PostgreSQL needs to know a parameter's type, dropped for SQLite
`greatest(a, b)`         which SQLite calls max, `least(a, b)` likewise; no argument may be NULL
`{each(table a ON …)}`   for each row so far, the rows of a table that meet a condition, looked up through an index;
                         a plain JOIN is left to PostgreSQL, which reads a tenant's whole table where it has no
                         statistics yet; SQLite never has any, so its JOINs become CROSS JOINs, kept in their order
"""

import re
from dataclasses import field
from typing import Literal

from app.store.tables import TABLES
from app.values import value

Dialect = Literal["postgresql", "sqlite"]

_ROWS = re.compile(r"\{rows\(([^)]*)\)\}")
_ALL = re.compile(r"\{all\((\w+) (\w+)\)\}")
_PARAMETER = re.compile(r"\$(\d+)")
_EACH = re.compile(r"\{each\((\w+) (\w+) ON (.*?)\)\}", re.DOTALL)
_JOIN = re.compile(r"(?<!LEFT )(?<!CROSS )\bJOIN\b")
_CAST = re.compile(r"::[a-z0-9]+(\[\])?")
_MARKS: dict[Dialect, dict[str, str]] = {
    "postgresql": {
        "{lock}": "FOR NO KEY UPDATE",
        "{clock}": "(SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)",
    },
    "sqlite": {"{lock}": "", "{clock}": "(SELECT clock_microseconds())"},
}


@value
class Statement:
    """A named SQL text; `scalars` counts its single arguments, `columns` names those of its rows if it takes any."""

    name: str
    text: str
    scalars: int = field(init=False)
    columns: tuple[str, ...] = field(init=False)
    postgresql: str = field(init=False)
    sqlite: str = field(init=False)

    def __post_init__(self) -> None:
        found = _ROWS.findall(self.text)
        if len(found) > 1:
            raise ValueError(f"{self.name}: a statement takes one list of rows at most")
        columns = tuple(_column(piece) for piece in found[0].split(",")) if found else ()
        numbers = {int(number) for number in _PARAMETER.findall(self.text)}
        if numbers != set(range(1, len(numbers) + 1)):
            raise ValueError(f"{self.name}: parameters are numbered from $1 without gaps")
        object.__setattr__(self, "scalars", len(numbers))
        object.__setattr__(self, "columns", tuple(name for name, _ in columns))
        text = _ALL.sub(_all, self.text)
        object.__setattr__(self, "postgresql", _for_postgresql(text, len(numbers), columns))
        object.__setattr__(self, "sqlite", _for_sqlite(text, len(numbers), columns))

    def sql(self, dialect: Dialect) -> str:
        """The text that the database of this dialect is sent."""
        return self.postgresql if dialect == "postgresql" else self.sqlite


def _all(found: re.Match[str]) -> str:
    alias, table = found.groups()
    return ", ".join(
        f"{alias}.{column.name} AS {column.name}" for column in TABLES[table].c if column.name != "tenant_id"
    )


def _column(piece: str) -> tuple[str, str]:
    name, kind = piece.split()
    return name, kind


def _for_postgresql(text: str, scalars: int, columns: tuple[tuple[str, str], ...]) -> str:
    arrays = ", ".join(f"${scalars + place}::{kind}[]" for place, (_, kind) in enumerate(columns, 1))
    names = ", ".join(name for name, _ in columns)
    # The offset keeps the planner from turning the look-ups around.
    text = _EACH.sub(r"CROSS JOIN LATERAL (SELECT * FROM \1 \2 WHERE \3 OFFSET 0) AS \2", text)
    return _marked(_ROWS.sub(lambda _: f"unnest({arrays}) AS u({names})", text), "postgresql")


def _for_sqlite(text: str, scalars: int, columns: tuple[tuple[str, str], ...]) -> str:
    text = _EACH.sub(r"JOIN \1 \2 ON \3", text)
    picked = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, (name, _) in enumerate(columns))
    plain = _PARAMETER.sub(r"?\1", _CAST.sub("", text)).replace("greatest(", "max(").replace("least(", "min(")
    plain = _JOIN.sub("CROSS JOIN", plain)
    # The names are the statement's own, and everything else is a parameter.
    source = f"(SELECT {picked} FROM json_each(?{scalars + 1})) AS u"  # noqa: S608 - as above
    return _marked(_ROWS.sub(lambda _: source, plain), "sqlite")


def _marked(text: str, dialect: Dialect) -> str:
    for mark, meaning in _MARKS[dialect].items():
        text = text.replace(mark, meaning)
    return " ".join(text.split())
