"""Values compare and hash by their fields, and the type checker keeps everybody from assigning to them."""

from dataclasses import field, replace

import pytest

from app.values import value


@value
class Place:
    """A place."""

    row: int
    seat: int = 1
    names: tuple[str, ...] = field(default_factory=tuple)


@value(kw_only=True)
class Named:
    """A name."""

    name: str


def test_a_value_is_what_its_fields_are() -> None:
    assert Place(1) == Place(1, 1) != Place(1, 2)
    assert len({Place(1), Place(1, 1), Place(2)}) == 2
    assert replace(Place(1), seat=3) == Place(1, 3)
    assert repr(Named(name="x")) == "Named(name='x')"
    with pytest.raises(AttributeError):
        Place(1).other = 1  # type: ignore[attr-defined]  # there is no room for it


def test_the_type_checker_refuses_an_assignment() -> None:
    place = Place(1)
    # The comment is an error where the type checker has nothing to say, so that this line tests it.
    place.row = 2  # type: ignore[misc]
    assert place.row == 2, "it is not refused at run time as well: say so in app/values.py"
