"""Statements that change a table each, as one: PostgreSQL runs what stands in a WITH, and answers once.

None of them sees what another does, and in which order they run is not told, so that no two may be of one table.
Constraints between tables are looked at when all of them have run.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

Sent: TypeAlias = tuple[str, Sequence[object], Any]

_PARAMETER: Final = re.compile(r"\$(\d+)")
_TABLE: Final = re.compile(r"(?:INSERT INTO|UPDATE) (\w+)")
_KINDS_MAX: Final = 256


def apart(work: Sequence[Sent]) -> Iterator[Sequence[Sent]]:
    """Yield statements in groups that can be one, in order: no table is changed twice in a group."""
    group: list[Sent] = []
    tables: set[str] = set()
    for one in work:
        table = _table(one[0])
        if table in tables:
            yield group
            group, tables = [], set()
        group.append(one)
        tables.add(table)
    if group:
        yield group


@lru_cache(maxsize=_KINDS_MAX)
def merged(statements: tuple[str, ...]) -> str:
    """Return one statement that does what all of them do.

    The first parameter of each, its tenant, is the same; the others follow on one another in the order of statements.
    """
    taken = 0
    parts: list[str] = []
    for sql in statements:
        parts.append(_moved(sql, taken))
        taken += max(int(number) for number in _PARAMETER.findall(sql)) - 1
    *before, last = parts
    return f"WITH {', '.join(f'w{place} AS ({part})' for place, part in enumerate(before))} {last}" if before else last


def _moved(sql: str, by: int) -> str:
    def parameter(found: re.Match[str]) -> str:
        number = int(found.group(1))
        return f"${number if number == 1 else number + by}"

    return _PARAMETER.sub(parameter, sql)


@lru_cache(maxsize=_KINDS_MAX)
def _table(sql: str) -> str:
    found = _TABLE.match(sql)
    if found is None:
        raise ValueError(f"this changes no table: {sql[:40]}")
    return found.group(1)
