"""Time zones from the locked database: the same answer on every machine, however old its system is."""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


class TimeZones(Mapping[str, tzinfo]):
    """Every zone of the time zone database by its name, read when it is first asked for."""

    def __getitem__(self, name: str) -> tzinfo:
        """Return a zone; KeyError where there is none of the name."""
        if name not in _names():
            raise KeyError(name)
        return _zone(name)

    def __iter__(self) -> Iterator[str]:
        """Go through the names in alphabetical order."""
        return iter(sorted(_names()))

    def __len__(self) -> int:
        """Return how many names there are."""
        return len(_names())


@cache
def _names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


@cache
def _zone(name: str) -> tzinfo:
    # ZoneInfo(name) would prefer the operating system's own database.
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
