"""Derived fields: attributes that are worked out of an object's own where they are asked for, and not kept.

An object of the schema may have many fields, of which a selection asks for few: what is derived costs nothing until
then. It is told as the text of an expression, so that a projection can write it out in place, as quick as an answer
that somebody wrote by hand.
"""

import string
from collections.abc import Callable, Mapping
from typing import Any, Final

Name = Callable[[str], str]
_BESIDE: Final = "__read_beside__"


class Derived:
    """A descriptor that reads an expression, in which `{name}` is one of `names` or an attribute of the object."""

    def __init__(self, expression: str, **names: object) -> None:
        self.names = names
        self._expression = expression
        self._read: Callable[[Any], Any] = self._compiled()

    def __get__(self, owner: object, _kind: type | None = None) -> Any:  # noqa: ANN401 - whatever it is derived as
        return self if owner is None else self._read(owner)

    def written(self, attribute: Name, constant: Callable[[object], str]) -> str:
        """Return the expression, with each attribute and each constant as it is called where it is written."""
        return _written(self._expression, self.names, attribute, constant)

    def _compiled(self) -> Callable[[Any], Any]:
        given = dict(self.names)
        text = self.written(lambda name: f"o.{name}", _namer(given))
        return _evaluated(text, given)


class DerivedObject(Derived):
    """One that is an object of a class, told by what its attributes are; None where the first of them is, if so asked.

    A projection does not make that object at all, but goes on with what it would be made of.
    """

    def __init__(self, of: type, parts: Mapping[str, str], *, nullable: bool = False, **names: object) -> None:
        self.of = of
        self.parts = parts
        self.nullable = nullable
        super().__init__("", **names)

    def written_parts(self, attribute: Name, constant: Callable[[object], str]) -> dict[str, str]:
        """Return the expression of each attribute of the object."""
        return {name: _written(part, self.names, attribute, constant) for name, part in self.parts.items()}

    def _compiled(self) -> Callable[[Any], Any]:
        given: dict[str, object] = {**self.names, "of": self.of}
        parts = self.written_parts(lambda name: f"o.{name}", _namer(given))
        made = f"of({', '.join(f'{name}={part}' for name, part in parts.items())})"
        first = next(iter(parts.values()))
        return _evaluated(f"None if {first} is None else {made}" if self.nullable else made, given)


def derive(kind: type, **attributes: Derived) -> None:
    """Let attributes of a class of the schema be derived; it makes its objects itself, without them."""
    for name, derived in attributes.items():
        setattr(kind, name, derived)


def read_beside(kind: type, **attributes: str) -> None:
    """Let fields with resolvers be read off attributes where they stand there already, which are None where not.

    That is for a projection: what a resolver would answer without waiting and arguments need not be asked for.
    """
    setattr(kind, _BESIDE, attributes)


def beside(kind: type, field: str) -> str | None:
    """Return the attribute off which a field with a resolver may be read, if there is one."""
    attributes: Mapping[str, str] = getattr(kind, _BESIDE, {})
    return attributes.get(field)


def _written(expression: str, names: Mapping[str, object], attribute: Name, constant: Callable[[object], str]) -> str:
    pieces = []
    for text, name, _, _ in string.Formatter().parse(expression):
        pieces.append(text)
        if name is not None:
            pieces.append(constant(names[name]) if name in names else attribute(name))
    return "".join(pieces)


def _namer(given: dict[str, object]) -> Callable[[object], str]:
    return lambda value: next(name for name, known in given.items() if known is value)


def _evaluated(text: str, names: dict[str, Any]) -> Callable[[Any], Any]:
    # What is run was written in this package, beside the class that it is of.
    read: Callable[[Any], Any] = eval(f"lambda o: {text}", names)  # noqa: S307 - as above
    return read
