"""The house rules that no tool keeps: sizes, names, docstrings, doors in use, and a reference that leaves nothing out.

A line may be exempted from a rule of size or form by `# house: ` and the reason, at the end of that very line.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from app import cli, graphql, http, ledger, services, settings, store

ROOT = Path(__file__).parent.parent
FLOORS = {"ledger": ledger, "store": store, "services": services, "graphql": graphql, "http": http}

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
POSITIONAL_PARAMETERS_MAX = 5
VAGUE_NAMES = {"utils", "helpers", "common", "base", "manager", "core", "shared", "misc"}


@dataclass(frozen=True)
class Module:
    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def parts(self) -> tuple[str, ...]:
        return self.path.relative_to(ROOT).with_suffix("").parts

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.parts

    @property
    def is_ledger(self) -> bool:
        return self.parts[:2] == ("app", "ledger")

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def is_exempt(self, line: int) -> bool:
        return bool(self.lines) and re.search(r"# house: \S+ \S+", self.lines[line - 1]) is not None


Finding = tuple[int, str]
MODULES = [Module(path, path.read_text(encoding="utf-8")) for path in sorted((ROOT / "app").rglob("*.py"))]


def missing_docstring(module: Module) -> Iterator[Finding]:
    if not ast.get_docstring(module.tree):
        yield 1, "a module says in its first line what it is for"


def vague_name(module: Module) -> Iterator[Finding]:
    if vague := VAGUE_NAMES.intersection(module.parts):
        yield 1, f"{vague.pop()} names no room"


def long_module(module: Module) -> Iterator[Finding]:
    if len(module.lines) > MODULE_LINES_MAX and not module.is_migration:
        yield 1, f"{len(module.lines)} lines, of {MODULE_LINES_MAX} at most"


def long_function(module: Module) -> Iterator[Finding]:
    for function in module.functions():
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > FUNCTION_LINES_MAX and not module.is_migration:
            yield function.lineno, f"{function.name} has {lines} lines, of {FUNCTION_LINES_MAX} at most"


def many_parameters(module: Module) -> Iterator[Finding]:
    for function in module.functions():
        names = [parameter.arg for parameter in (*function.args.posonlyargs, *function.args.args)]
        count = len([name for name in names if name not in {"self", "cls"}])
        # A command of the CLI and a field of the schema have the parameters that their users see.
        if count > POSITIONAL_PARAMETERS_MAX and not function.decorator_list:
            yield function.lineno, f"{function.name} takes {count} by position, of {POSITIONAL_PARAMETERS_MAX} at most"


def import_in_function(module: Module) -> Iterator[Finding]:
    for function in module.functions():
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield node.lineno, f"{function.name} imports: imports stand at the top"


def relative_import(module: Module) -> Iterator[Finding]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield node.lineno, "imports are absolute"


def float_in_ledger(module: Module) -> Iterator[Finding]:
    for node in ast.walk(module.tree) if module.is_ledger else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield node.lineno, f"{node.value}: money is counted in integers"
        if isinstance(node, ast.Name) and node.id == "float":
            yield node.lineno, "float: money is counted in integers"


def waiting_in_ledger(module: Module) -> Iterator[Finding]:
    for node in ast.walk(module.tree) if module.is_ledger else ():
        if isinstance(node, ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith | ast.Await):
            yield node.lineno, "the ledger waits for nothing"


def module_named_like_its_function(module: Module) -> Iterator[Finding]:
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == module.path.stem:
            yield node.lineno, f"{node.name} hides the module that it stands in"


RULES: tuple[Callable[[Module], Iterator[Finding]], ...] = (
    missing_docstring,
    vague_name,
    long_module,
    long_function,
    many_parameters,
    import_in_function,
    relative_import,
    float_in_ledger,
    waiting_in_ledger,
    module_named_like_its_function,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_is_tidy(rule: Callable[[Module], Iterator[Finding]]) -> None:
    assert [
        f"{module.path.relative_to(ROOT)}:{line}: {sentence}"
        for module in MODULES
        for line, sentence in rule(module)
        if not module.is_exempt(line)
    ] == []


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (missing_docstring, "app/empty.py", "x = 1\n"),
        (vague_name, "app/utils.py", '"""Things."""\n'),
        (long_module, "app/long.py", "\n" * 401),
        (long_function, "app/long.py", "def work():\n" + "    pass\n" * 50),
        (many_parameters, "app/wide.py", "def work(a, b, c, d, e, f): ...\n"),
        (import_in_function, "app/late.py", "def work():\n    import json\n"),
        (relative_import, "app/near.py", "from . import ledger\n"),
        (float_in_ledger, "app/ledger/rate.py", "RATE = 0.1\n"),
        (waiting_in_ledger, "app/ledger/slow.py", "async def work(): ...\n"),
        (module_named_like_its_function, "app/work.py", "def work(): ...\n"),
    ],
)
def test_each_rule_finds_what_it_is_for(rule: Callable[[Module], Iterator[Finding]], path: str, text: str) -> None:
    assert list(rule(Module(ROOT / path, text)))


def test_an_exemption_needs_a_reason() -> None:
    assert Module(ROOT / "app/x.py", "x = 1  # house: one table, read from top to bottom").is_exempt(1)
    assert not Module(ROOT / "app/x.py", "x = 1  # house:").is_exempt(1)


@pytest.mark.parametrize("floor", FLOORS)
def test_every_name_in_a_door_is_used_on_another_floor(floor: str) -> None:
    names = set(getattr(FLOORS[floor], "__all__", ()))
    assert names, f"app.{floor} opens no door: it has no __all__"
    users = [module for module in MODULES if module.parts[:2] != ("app", floor)]
    users += [Module(path, path.read_text(encoding="utf-8")) for path in sorted((ROOT / "tests").rglob("*.py"))]
    assert sorted(names - set().union(*(_names_used(module, floor) for module in users))) == []


def _names_used(module: Module, floor: str) -> Iterator[str]:
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=used) if name == floor:
                yield used
            case ast.ImportFrom(module=name, names=aliases) if name == f"app.{floor}":
                yield from (alias.name for alias in aliases)
            case _:
                pass


@pytest.fixture(scope="module")
def reference() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs/reference").rglob("*.md")))


def test_every_setting_is_in_the_reference(reference: str) -> None:
    names = [f"{settings.PREFIX}{name}".upper() for name in settings.Settings.model_fields]
    assert [name for name in names if f"`{name}`" not in reference] == []


def test_every_rejection_code_is_in_the_reference(reference: str) -> None:
    assert [code.value for code in ledger.RejectionCode if f"`{code.value}`" not in reference] == []


def test_every_command_and_flag_is_in_the_reference(reference: str) -> None:
    missing = []
    for words, command in _commands(_root_command(), "spendable"):
        flags = [flag for parameter in command.params for flag in parameter.opts if flag.startswith("--")]
        missing += [f"{words} {flag}" for flag in flags if f"`{flag}" not in reference and flag != "--help"]
        missing += [words] if f"`{words}" not in reference else []
    assert missing == []


Command = TyperCommand | TyperGroup


def _root_command() -> Command:
    applications = [value for value in vars(cli).values() if isinstance(value, typer.Typer)]
    nested = [group.typer_instance for application in applications for group in application.registered_groups]
    (root,) = [application for application in applications if application not in nested]
    return cast("Command", get_command(root))


def _commands(command: Command, words: str) -> Iterator[tuple[str, Command]]:
    if isinstance(command, TyperGroup):
        for name, child in command.commands.items():
            yield from _commands(cast("Command", child), f"{words} {name}")
    else:
        yield words, command
