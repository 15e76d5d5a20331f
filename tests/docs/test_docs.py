"""The documentation is true: made from the code, run against it, and without a dead link."""

import ast
import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType
from graphql.type import is_introspection_type, is_specified_scalar_type

from app import graphql, http, ledger, services, store
from tests.docs.reference import FOLDER, PAGES
from tests.transcripts.tour import open_tour

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted((ROOT / "docs" / "tutorial").glob("*.md"))
WRITTEN = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Made by make bench and make bench-growth, which take longer than a test may.
MEASURED = {"performance.md", "performance.svg", "performance-growth.md"}
FLOORS = (graphql, http, ledger, services, store)


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_is_what_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name](), "run: python -m tests.docs.reference"


def test_the_reference_has_no_page_that_nobody_makes() -> None:
    assert sorted(path.name for path in FOLDER.iterdir() if path.name not in MEASURED) == sorted(PAGES)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_are_named_exist(path: Path) -> None:
    named = re.findall(r"`((?:app|tests|docs|fixtures|tools)/[\w./-]+)`", path.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_walk_of_a_hold_names_functions_that_exist() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    walked = re.findall(r"`(\w+)`(?: and `(\w+)`)?\s+in\s+`(app/[\w/]+\.py)`", text)
    assert len(walked) >= 4
    for *names, module in walked:
        defined = {node.name for node in ast.walk(ast.parse((ROOT / module).read_text())) if hasattr(node, "name")}
        known = defined | {_camel(name) for name in defined}
        assert {name for name in names if name} <= known, module


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


@pytest.mark.parametrize("floor", FLOORS, ids=lambda floor: floor.__name__)
def test_every_public_name_says_what_it_promises(floor: ModuleType) -> None:
    silent = [name for name in floor.__all__ if _is_silent(getattr(floor, name))]
    assert silent == []


def _is_silent(value: object) -> bool:
    if not (inspect.isclass(value) or inspect.isfunction(value) or inspect.ismodule(value)):
        return False
    # A dataclass without a docstring is given its signature for one.
    return not value.__doc__ or value.__doc__.startswith(f"{value.__name__}(")


def test_everything_in_the_schema_is_described() -> None:
    assert list(_undescribed()) == []


def _undescribed() -> Iterator[str]:
    for kind in graphql.build_schema()._schema.type_map.values():
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        if not kind.description:
            yield kind.name
        match kind:
            case GraphQLObjectType() | GraphQLInterfaceType():
                for name, field in kind.fields.items():
                    yield from () if field.description else (f"{kind.name}.{name}",)
                    yield from (
                        f"{kind.name}.{name}({each})" for each, one in field.args.items() if not one.description
                    )
            case GraphQLInputObjectType():
                yield from (f"{kind.name}.{name}" for name, each in kind.fields.items() if not each.description)
            case GraphQLEnumType():
                yield from (f"{kind.name}.{name}" for name, each in kind.values.items() if not each.description)
            case _:
                pass


@pytest.fixture
def sqlite_url(fresh_database: Callable[..., str]) -> str:
    """The URL of a migrated database of this test's own."""
    return fresh_database("sqlite")


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
async def test_a_tutorial_is_answered_as_it_says(tutorial: Path, sqlite_url: str) -> None:
    document = ""
    async with open_tour(sqlite_url, frozenset(services.Scope)) as tour:
        for kind, block in _documents_and_answers(tutorial):
            if kind == "graphql":
                document = block
            else:
                assert await tour.ask(document) == json.loads(block), document


def _documents_and_answers(page: Path) -> list[tuple[str, str]]:
    return re.findall(r"^```(graphql|json)\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


async def test_the_first_query_of_the_readme_runs(sqlite_url: str) -> None:
    query = re.search(r"^```graphql\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert query is not None
    async with open_tour(sqlite_url) as tour:
        assert await tour.ask(query.group(1)) == {"data": {"accounts": {"nodes": []}}}
