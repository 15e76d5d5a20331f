"""Statements whose conditions depend on what a caller filters by: constant fragments, the values beside them.

A fragment holds one `?` for each of its values. Every shape of a filter makes one statement, once; a list of values is
padded to a power of two, so that its length makes few shapes.
"""

from collections.abc import Sequence
from functools import lru_cache

from app.store.reading import Window
from app.store.statement import Statement

SHAPES_MAX = 4_096
ALL = "TRUE"


class Conditions:
    """Conditions under way, all of which must hold; `values` are their arguments in order."""

    def __init__(self, *values: object) -> None:
        self.fragments: list[str] = []
        self.values: list[object] = list(values)
        self._fixed = len(values)

    def add(self, fragment: str, *values: object) -> None:
        """Add a condition."""
        self.fragments.append(fragment)
        self.values.extend(values)

    def add_if(self, fragment: str, value: object | None) -> None:
        """Add a condition about one value, unless that is None."""
        if value is not None:
            self.add(fragment, value)

    def add_one_of(self, column: str, wanted: Sequence[str] | None) -> None:
        """Add that a column is one of these texts, unless they are None; none at all matches nothing."""
        if wanted is None:
            return
        if not wanted:
            self.add("FALSE")
            return
        texts = [str(text) for text in wanted]
        texts += texts[-1:] * ((1 << (len(texts) - 1).bit_length()) - len(texts))
        self.add(f"{column} IN ({', '.join('?' * len(texts))})", *texts)

    def add_sequences(self, column: str, window: Window, *, newest_first: bool = False) -> None:
        """Add that a sequence lies strictly between a window's positions."""
        after, before = ("<", ">") if newest_first else (">", "<")
        if window.after is not None:
            self.add(f"{column} {after} ?", window.after.sequence)
        if window.before is not None:
            self.add(f"{column} {before} ?", window.before.sequence)

    def add_recorded(self, column: str, recorded_from: int | None, recorded_before: int | None) -> None:
        """Add that a sequence was recorded in a stretch of time; instants never decrease along the sequence."""
        if recorded_from is not None:
            self.add(f"{column} > {_LAST_BEFORE}", recorded_from)
        if recorded_before is not None:
            self.add(f"{column} <= {_LAST_BEFORE}", recorded_before)

    def statement(self, name: str, template: str) -> Statement:
        """The statement of this shape; `{where}` in the template stands for the conditions."""
        return _statement(name, template, tuple(self.fragments), self._fixed)


_LAST_BEFORE = """coalesce((SELECT b.last_sequence FROM batches b WHERE b.tenant_id = $1 AND b.recorded_at < ?
    ORDER BY b.recorded_at DESC, b.last_sequence DESC LIMIT 1), 0)"""


@lru_cache(maxsize=SHAPES_MAX)
def _statement(name: str, template: str, fragments: tuple[str, ...], fixed: int) -> Statement:
    number = fixed
    numbered = []
    for fragment in fragments:
        first, *rest = fragment.split("?")
        for piece in rest:
            number += 1
            first += f"${number}{piece}"
        numbered.append(first)
    return Statement(name, template.replace("{where}", " AND ".join(numbered) or ALL))
