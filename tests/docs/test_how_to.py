"""The recipes of docs/how-to can be followed: their documents are valid, and their commands exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from graphql import parse, validate
from typer.main import get_command

from app import cli, graphql, ledger, services
from tests.docs.commands import Command, walk

FOLDER = Path(__file__).parents[2] / "docs" / "how-to"
RECIPES = sorted(FOLDER.glob("*.md"))
COMMANDS = {
    words: [flag for parameter in command.params for flag in parameter.opts]
    for words, command in walk(cast("Command", get_command(cli.application)), "spendable")
}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_each_document_fits_the_schema(recipe: Path) -> None:
    schema = graphql.build_schema()._schema
    wrong = [(block, validate(schema, parse(block))) for block in _blocks(recipe, "graphql")]
    assert [(block, errors) for block, errors in wrong if errors] == []


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_each_command_and_flag_exists(recipe: Path) -> None:
    for block in _blocks(recipe, "console"):
        for line in re.findall(r"^\$ (spendable .+)$", block, re.MULTILINE):
            (known,) = [words for words in COMMANDS if f"{line} ".startswith(f"{words} ")]
            assert [flag for flag in re.findall(r"--[a-z-]+", line) if flag not in COMMANDS[known]] == [], line


def test_the_policy_that_is_shown_may_be_published_and_its_cut_off_may_not_be_where_clocks_are_turned() -> None:
    almanac = services.Almanac({"EUR": 2})
    (document,) = _blocks(FOLDER / "write-a-policy.md", "json")
    assert isinstance(almanac.read(document), ledger.Policy)
    turned = document.replace('"16:00"', '"02:30"')
    assert turned != document
    (problem,) = cast("tuple[ledger.PolicyProblem, ...]", almanac.read(turned))
    assert problem.code is ledger.ProblemCode.CLOCK_TURNED


def _blocks(recipe: Path, language: str) -> Iterator[str]:
    pattern = rf"^```{language}\n(.*?)^```"
    return iter(re.findall(pattern, recipe.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))
