"""Values: small classes whose objects never change once they are made."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform, overload

Made = TypeVar("Made")


@overload
def value(kind: type[Made], /) -> type[Made]: ...
@overload
def value(*, kw_only: bool = False) -> Callable[[type[Made]], type[Made]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(
    kind: type[Made] | None = None, /, *, kw_only: bool = False
) -> type[Made] | Callable[[type[Made]], type[Made]]:
    """Make a class of values: a dataclass with slots that compares and hashes by its fields, and is not assigned to.

    Nothing is assigned to because the type checker refuses it. A dataclass that is frozen refuses at run time as well,
    and for that makes each object two to three times as slowly, where a batch makes some twenty for every command.
    """

    def make(plain: type[Made]) -> type[Made]:
        return dataclass(slots=True, unsafe_hash=True, kw_only=kw_only)(plain)

    return make if kind is None else make(kind)
