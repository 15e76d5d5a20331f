"""Which deposits the rules of a policy are for: rules that are never reached, and deposits that are left out.

Every condition cuts one dimension into cells; a set of deposits is a box, one bit for each cell of each
dimension. Taking the rules in their order out of the box of all deposits leaves boxes: a rule that
takes nothing is never reached, and what is left at the end is for no rule.
"""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from app.ledger.account import Direction
from app.ledger.policy import Band, PolicyProblem, ProblemCode, Rule
from app.values import value

BOXES_MAX: Final = 1_024
_METHOD, _DIRECTION = 0, 1
_DIRECTIONS: Final = {Direction.IN: 0b01, Direction.OUT: 0b10, Direction.BOTH: 0b11}

Box: TypeAlias = tuple[int, ...]


def problems(rules: Sequence[Rule]) -> Iterator[PolicyProblem]:
    """Find the rules that others before them leave nothing to, and what no rule is for.

    A method in one direction that no rule names may be left out: its deposits are refused. One that
    a rule names must be covered wholly.
    """
    space = _space(rules)
    boxes = [space.box(rule) for rule in rules]
    left: list[Box] = [tuple(dimension.all for dimension in space.dimensions)]
    for number, box in enumerate(boxes):
        if not any(_overlap(rest, box) for rest in left):
            sentence = "The rules before this one are for all of its deposits."
            yield PolicyProblem(ProblemCode.RULE_UNREACHABLE, f"rules[{number}]", sentence)
        left = [piece for rest in left for piece in _without(rest, box)]
        if len(left) > BOXES_MAX:
            yield PolicyProblem(ProblemCode.TOO_COMPLEX, "rules", "The rules cross each other too often.")
            return
    for rest in left:
        for box in boxes:
            if rest[_METHOD] & box[_METHOD] and rest[_DIRECTION] & box[_DIRECTION]:
                missed = tuple(a & b if i <= _DIRECTION else a for i, (a, b) in enumerate(zip(rest, box, strict=True)))
                yield PolicyProblem(ProblemCode.GAP, "rules", f"No rule is for {space.describe(missed)}.")
                return


@value
class _Dimension:
    """One thing that rules look at: the words of its cells, the last of them being all that is not named."""

    label: str
    cells: tuple[str, ...]

    @property
    def all(self) -> int:
        return (1 << len(self.cells)) - 1

    def words(self, named: Sequence[str]) -> int:
        return sum(1 << self.cells.index(word) for word in named) if named else self.all


@value
class _Space:
    dimensions: tuple[_Dimension, ...]
    amounts: tuple[int, ...]
    ages: tuple[int, ...]
    keys: tuple[str, ...]

    def box(self, rule: Rule) -> Box:
        """Return the deposits that a rule's conditions hold for."""
        methods, _, amounts, ages, tiers, *metadata = self.dimensions
        match, named = rule.match, dict(rule.match.metadata)
        return (
            methods.words(match.methods),
            _DIRECTIONS[match.direction],
            _band_cells(match.amount, self.amounts, amounts),
            _band_cells(match.account_age_days, self.ages, ages),
            tiers.words(match.risk_tiers),
            *(cells.words(named.get(key, ())) for key, cells in zip(self.keys, metadata, strict=True)),
        )

    def describe(self, box: Box) -> str:
        """Return words for one of the deposits of a box."""
        said = []
        for dimension, cells in zip(self.dimensions, box, strict=True):
            if cells != dimension.all or dimension.label == "method":
                first = (cells & -cells).bit_length() - 1
                said.append(f"{dimension.label} {dimension.cells[first]}")
        return ", ".join(said)


def _space(rules: Sequence[Rule]) -> _Space:
    amounts = _starts((rule.match.amount for rule in rules), least=1)
    ages = _starts((rule.match.account_age_days for rule in rules), least=0)
    named = sorted({(key, value) for rule in rules for key, values in rule.match.metadata for value in values})
    keys = tuple(sorted({key for key, _ in named}))
    return _Space(
        (
            _Dimension(
                "method", (*sorted({word for rule in rules for word in rule.match.methods}), "of any other name")
            ),
            _Dimension("direction", ("IN", "OUT")),
            _Dimension("amount in minor units", tuple(f"from {start}" for start in amounts)),
            _Dimension("account age in days", tuple(f"from {start}" for start in ages)),
            _Dimension(
                "risk tier", (*sorted({word for rule in rules for word in rule.match.risk_tiers}), "of any other name")
            ),
            *(
                _Dimension(
                    f"metadata {key}", (*(value for owner, value in named if owner == key), "of any other value")
                )
                for key in keys
            ),
        ),
        amounts,
        ages,
        keys,
    )


def _starts(bands: Iterator[Band], *, least: int) -> tuple[int, ...]:
    """Return where the cells of a dimension of numbers begin."""
    ends = {end for band in bands for end in (band.at_least, band.below) if end is not None and end > least}
    return (least, *sorted(ends))


def _band_cells(band: Band, starts: Sequence[int], dimension: _Dimension) -> int:
    cells = sum(1 << index for index, start in enumerate(starts) if band.contains(start))
    return cells & dimension.all


def _overlap(one: Box, other: Box) -> bool:
    return all(a & b for a, b in zip(one, other, strict=True))


def _without(box: Box, taken: Box) -> Iterator[Box]:
    """Cut what is taken out of a box: disjoint boxes that make up the rest."""
    if not _overlap(box, taken):
        yield box
        return
    for index, (cells, gone) in enumerate(zip(box, taken, strict=True)):
        if rest := cells & ~gone:
            yield (*(a & b for a, b in zip(box[:index], taken[:index], strict=True)), rest, *box[index + 1 :])
