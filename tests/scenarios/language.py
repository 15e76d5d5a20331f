"""The table language: how a scenario is written down, one step a line.

A file holds scenarios; each begins with `== ` and its title. `#` begins a comment. A step is a verb with its words and,
after `->`, what must come of it ("ok" where nothing is said). Instants are offsets from the scenario's beginning
(`+2d`, `+1h-1us`), amounts are in the currency of the account unless one follows. A name stands for an external id,
`@name` for the id behind it; `: … ; …` lists the lines of what is posted, captured or reversed.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app import ledger

FOLDER: Final = Path(__file__).parents[2] / "fixtures" / "scenarios"
BLOCKS: Final = frozenset({"group", "batch"})
_MICROSECONDS: Final = {"d": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "us": 1}
_OFFSET: Final = re.compile(r"([+-])(\d+)(d|h|m|s|us)")


class NotUnderstoodError(Exception):
    """A step is not a sentence of the language."""


@dataclass(frozen=True)
class Step:
    """One line: its number, its words, what is expected; a block's steps inside."""

    number: int
    text: str
    words: tuple[str, ...]
    outcome: tuple[str, ...]
    inside: tuple["Step", ...] = ()

    @property
    def verb(self) -> str:
        return self.words[0]


@dataclass(frozen=True)
class Scenario:
    """A title and what happens."""

    topic: str
    title: str
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        return f"{self.topic}: {self.title}"


def read_all() -> list[Scenario]:
    """Return every scenario of the folder, by file and place."""
    return [scenario for path in sorted(FOLDER.glob("*.txt")) for scenario in read(path.stem, path.read_text("utf-8"))]


def read(topic: str, text: str) -> list[Scenario]:
    """Return the scenarios of one file."""
    scenarios: list[Scenario] = []
    steps: list[Step] = []
    title: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("== "):
            if title is not None:
                scenarios.append(Scenario(topic, title, _nest(steps)))
            title, steps = line.removeprefix("== ").strip(), []
        elif step := _step(number, line):
            if title is None:
                raise NotUnderstoodError(f"line {number}: a step before the first title")
            steps.append(step)
    if title is not None:
        scenarios.append(Scenario(topic, title, _nest(steps)))
    return scenarios


def _step(number: int, line: str) -> Step | None:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if word.endswith(":") and len(word) > 1:
            words += [word[:-1], ":"]
        else:
            words.append(word)
    if not words:
        return None
    at = words.index("->") if "->" in words else len(words)
    return Step(number, line.strip(), tuple(words[:at]), tuple(words[at + 1 :]))


def _nest(steps: Sequence[Step]) -> tuple[Step, ...]:
    nested: list[Step] = []
    waiting = iter(steps)
    for step in waiting:
        if step.verb not in BLOCKS:
            nested.append(step)
            continue
        inside: list[Step] = []
        for other in waiting:
            if other.verb == "end":
                break
            inside.append(other)
        else:
            raise NotUnderstoodError(f"line {step.number}: {step.verb} without end")
        nested.append(Step(step.number, step.text, step.words, step.outcome, tuple(inside)))
    return tuple(nested)


@dataclass
class Words:
    """The words of a step, taken one after another; what is left over was not understood."""

    left: list[str]
    parts: list["Words"] = field(default_factory=list)

    @classmethod
    def of(cls, words: Sequence[str]) -> "Words":
        head, *rest = _split(words, ":")
        return cls(head, [cls(part) for lines in rest for part in _split(lines, ";")])

    def take(self) -> str:
        if not self.left:
            raise NotUnderstoodError("a word is missing")
        return self.left.pop(0)

    def flag(self, word: str) -> bool:
        if word not in self.left:
            return False
        self.left.remove(word)
        return True

    def option(self, word: str) -> str | None:
        if word not in self.left[:-1]:
            return None
        place = self.left.index(word)
        value = self.left[place + 1]
        del self.left[place : place + 2]
        return value

    def options(self, word: str) -> Iterator[str]:
        while (value := self.option(word)) is not None:
            yield value

    def choice(self, *words: str) -> str | None:
        return next((word for word in words if self.flag(word)), None)

    def done(self) -> None:
        for words in (self, *self.parts):
            if words.left:
                raise NotUnderstoodError(f"not understood: {' '.join(words.left)}")


def _split(words: Sequence[str], mark: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for word in words:
        if word == mark:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def instant(text: str, start: int) -> int:
    """Return the instant that an offset from the start means."""
    if text == "forever":
        return ledger.FOREVER
    matches = list(_OFFSET.finditer(text))
    if not matches or "".join(match.group(0) for match in matches) != text:
        raise NotUnderstoodError(f"no offset: {text}")
    return start + sum(
        (1 if match.group(1) == "+" else -1) * int(match.group(2)) * _MICROSECONDS[match.group(3)] for match in matches
    )


def offset(at: int, start: int) -> str:
    """Return an instant as it would be written."""
    if at == ledger.FOREVER:
        return "forever"
    rest, text, sign = abs(at - start), "", "+" if at >= start else "-"
    for unit, size in _MICROSECONDS.items():
        if rest // size:
            text += f"{sign}{rest // size}{unit}"
        rest %= size
    return text or "+0s"
