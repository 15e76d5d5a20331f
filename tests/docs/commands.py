"""The pages on the command line and on the settings."""

from collections.abc import Iterator
from typing import Final, cast

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from app import cli, telemetry
from app import settings as chosen
from tests.docs.table import code, page, table

Command = TyperCommand | TyperGroup

_EXITS: Final = (
    "Every command reads the [settings](settings.md); a flag of the same name wins. A command exits with 0 when it did"
    " what was asked, with 1 when it refused or found something (one sentence on standard error says what), and with 2"
    " when it was used wrongly."
)
_BESIDE: Final = (
    "On SQLite one process writes at a time: a command that writes is refused while a server runs on the same file."
    " `spendable verify`, `spendable doctor` and the lists only read, and work beside it."
)


def commands() -> str:
    """Return the page of the commands, in the order in which `spendable --help` shows them."""
    parts = [_EXITS, _BESIDE]
    for words, command in walk(cast("Command", get_command(cli.application)), "spendable"):
        parts.append(f"## `{words}`")
        parts.append((command.help or "").strip())
        rows = [_row(parameter) for parameter in command.params if isinstance(parameter, TyperArgument | TyperOption)]
        if rows:
            parts.append(table(("argument or flag", "default", "what it does"), rows))
    return page("The command line", *parts)


def walk(command: Command, words: str) -> Iterator[tuple[str, Command]]:
    """Return every command that does something, with the words that call it."""
    if isinstance(command, TyperGroup):
        for name, child in command.commands.items():
            yield from walk(cast("Command", child), f"{words} {name}")
    else:
        yield words, command


def _row(parameter: TyperArgument | TyperOption) -> tuple[str, str, str]:
    if isinstance(parameter, TyperArgument):
        return code((parameter.name or "").upper()), "required", parameter.help or ""
    if parameter.required:
        default = "required"
    elif parameter.default in {None, False}:
        default = ""
    else:
        default = code(parameter.default)
    return code(", ".join(parameter.opts)), default, parameter.help or ""


def settings() -> str:
    """Return the page of the settings, in the order of the code."""
    rows = []
    for name, field in chosen.Settings.model_fields.items():
        default = field.get_default()
        shown = ",".join(default) if isinstance(default, tuple) else "" if default is None else str(default)
        rows.append((code(f"{chosen.PREFIX}{name}".upper()), code(shown) if shown else "none", field.description or ""))
    return page(
        "Settings",
        "Settings are environment variables, read once when a process starts. A flag of the same name wins over them"
        " (`--database-url` over `SPENDABLE_DATABASE_URL`). A value that cannot be used ends the command with one"
        " sentence and exit code 2.",
        table(("variable", "default", "what it is"), rows),
    )


def log() -> str:
    """Return the page of the log: all that a line may tell."""
    return page(
        "The log",
        "Lines go to standard error: an object of JSON each, or for reading on a terminal (`SPENDABLE_LOG_FORMAT`). A"
        " line has `timestamp`, `level`, `logger` and `event`, and of what follows only what is known. Nothing else is"
        " ever written: no key or token, no idempotency key, no amount, no metadata, no name or text of an account, no"
        " query and no variable. A value that looks like a credential reads `[withheld]`.",
        table(("field", "what it tells"), [(code(name), meaning) for name, meaning in telemetry.FIELDS.items()]),
        "Each request leaves one line of the event `request` at the level `INFO`, checks of health at `DEBUG`;"
        " `SPENDABLE_ACCESS_LOG=false` leaves them out. An unexpected error is written once, with the `error_id` that"
        " its caller was told. What such an error says may hold what was sent, so that only the level `DEBUG` shows it,"
        " as `detail`: use it where no real money is.",
    )
