"""The command line: `spendable …`, a thin front for the person who runs the services."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Final, Literal, NoReturn

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from app import cli_documents, cli_keys, graphql, http, services, settings, telemetry
from app.cli_terminal import DatabaseUrl, day_of, err, open_ledger, out, print_table

DEMO_TENANT: Final = "demo"
DEMO_KEY_FILE: Final = Path("var/demo.key")
_REFUSED: Final = 1
_USAGE: Final = 2
_QUERY: Final = "{ accounts(first: 5) { nodes { name balance { ledger { amount } spendable { amount } } } } }"

application = typer.Typer(
    name="spendable",
    help="A GraphQL gateway for balances, holds and available funds over a double-entry ledger core.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
tenants = typer.Typer(help="Tenants; each of them is one ledger.", no_args_is_help=True)
application.add_typer(tenants, name="tenant")
clocks = typer.Typer(
    help="The clock of a TEST tenant: it goes forward, stands or runs, never back.", no_args_is_help=True
)
application.add_typer(cli_keys.keys, name="key")
application.add_typer(clocks, name="clock")
application.add_typer(cli_documents.documents, name="documents")

Host = Annotated[str | None, typer.Option(help="The address to listen on.", show_default=False)]
Port = Annotated[int | None, typer.Option(help="The TCP port to listen on; 0 takes a free one.", show_default=False)]
Workers = Annotated[int | None, typer.Option(help="Server processes; SQLite allows one.", show_default=False)]
ClockTenant = Annotated[str, typer.Option("--tenant", help="The TEST tenant whose clock it is.")]
LogLevel = Annotated[
    str | None,
    typer.Option(help="The least severe log line to write: DEBUG, INFO, WARNING or ERROR.", show_default=False),
]


def main() -> None:
    """Run `spendable` and exit: 0 done, 1 refused or something found, 2 used wrongly; never with a traceback."""
    try:
        application()
    except (settings.SettingsError, services.BadInput) as error:
        _exit(_USAGE, str(error))
    except (services.AdministrationError, services.Fault, graphql.ManifestError, http.ServeError) as error:
        _exit(_REFUSED, str(error))
    except Exception as error:  # noqa: BLE001 - a person at a terminal is told one sentence, whatever happens
        _exit(_REFUSED, _unexpected(error))


@application.command()
def serve(
    host: Host = None,
    port: Port = None,
    workers: Annotated[
        int | None, typer.Option(help="Server processes; SQLite allows one.", show_default=False)
    ] = None,
    database_url: DatabaseUrl = None,
    log_level: LogLevel = None,
) -> None:
    """Serve the API until SIGTERM or Ctrl-C, then finish what was accepted."""
    flags = {"host": host, "port": port, "workers": workers, "database_url": database_url, "log_level": log_level}
    http.serve(_several(settings.load(flags)))


@application.command()
def demo(host: Host = None, port: Port = None, database_url: DatabaseUrl = None, log_level: LogLevel = None) -> None:
    """Migrate, seed the tenant demo if it is absent, print its key and where to try it, and serve."""
    flags = {"host": host, "port": port, "database_url": database_url, "log_level": log_level}
    chosen = _several(settings.load(flags, settings.DemoSettings))
    key = asyncio.run(_prepare_demo(chosen))
    http.serve(chosen, started=lambda address, bound: _announce(key, address, bound, chosen))


@application.command()
def migrate(database_url: DatabaseUrl = None) -> None:
    """Bring the database to the schema of this version; nothing happens where it already is."""
    chosen = settings.load({"database_url": database_url})
    asyncio.run(_migrate(chosen))
    out.print("The database has the schema of this version.")


@application.command()
def seed(
    tenant: Annotated[str, typer.Option(help="The TEST tenant to fill; it is created if absent.")] = DEMO_TENANT,
    database_url: DatabaseUrl = None,
) -> None:
    """Fill a TEST tenant with the history of a small marketplace over the last 90 days."""
    chosen = settings.load({"database_url": database_url})
    count = asyncio.run(_seed(chosen, tenant))
    told = f"was given a history of {count:,} commands" if count else "has a history already; nothing was changed"
    out.print(f"The tenant {tenant} {told}.")


@application.command()
def schema() -> None:
    """Print the GraphQL schema."""
    sys.stdout.write(graphql.build_schema().as_str().rstrip("\n") + "\n")


@application.command()
def verify(database_url: DatabaseUrl = None) -> None:
    """Check every invariant of every tenant, reading only; exit 1 with the rows where something is wrong."""
    findings = asyncio.run(_verify(settings.load({"database_url": database_url})))
    if findings:
        print_table(("invariant", "tenant", "row"), [(found.invariant, found.tenant, found.row) for found in findings])
        _exit(_REFUSED, f"{len(findings):,} rows break an invariant.")
    out.print("Everything holds.")


@application.command()
def doctor(database_url: DatabaseUrl = None) -> None:
    """Look for what would make this installation slow or unsafe, reading only; exit 1 where something must change."""
    chosen = settings.load({"database_url": database_url})
    findings = asyncio.run(services.examine(chosen.database_url, DEMO_KEY_FILE))
    print_table(("verdict", "looked at", "found"), [(found.verdict, found.subject, found.told) for found in findings])
    wrong = sum(found.verdict is services.Verdict.WRONG for found in findings)
    if wrong:
        _exit(_REFUSED, f"{wrong} of these must change.")


@tenants.command("create")
def create_tenant(
    name: Annotated[str, typer.Argument(help="Its name, unique among all tenants.")],
    mode: Annotated[Literal["live", "test"], typer.Option(help="A test tenant has a clock of its own.")] = "live",
    organisation: Annotated[
        str | None, typer.Option(help="Whose tenant it is; the tenant's name if not given.", show_default=False)
    ] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Create a tenant with an empty ledger."""

    async def create() -> None:
        async with open_ledger(settings.load({"database_url": database_url})) as database:
            await services.create_tenant(database, name, "LIVE" if mode == "live" else "TEST", organisation or name)

    asyncio.run(create())
    out.print(f"The tenant {name} has an empty ledger. Next: spendable key create --tenant {name}")


@tenants.command("list")
def list_tenants(database_url: DatabaseUrl = None) -> None:
    """List all tenants."""

    async def find() -> Sequence[services.Tenant]:
        async with open_ledger(settings.load({"database_url": database_url}), read_only=True) as database:
            return await services.list_tenants(database)

    rows = [(found.name, found.mode, found.organisation, day_of(found.created_at)) for found in asyncio.run(find())]
    print_table(("tenant", "mode", "organisation", "created"), rows)


@clocks.command("show")
def show_clock(tenant: ClockTenant, database_url: DatabaseUrl = None) -> None:
    """Show what the clock says, and whether it stands still."""

    async def read() -> tuple[int, bool]:
        async with open_ledger(settings.load({"database_url": database_url}), read_only=True) as database:
            moment = await services.read_clock(database, await services.find_tenant(database, tenant))
            return moment.at, moment.frozen

    at, frozen = asyncio.run(read())
    out.print(f"{services.write_instant(at)}  {'stands still' if frozen else 'runs'}")


@clocks.command("freeze")
def freeze_clock(tenant: ClockTenant, database_url: DatabaseUrl = None) -> None:
    """Let the clock stand still where it is."""
    _move_clock(tenant, database_url, services.TenantClock.freeze)


@clocks.command("set")
def set_clock(
    at: Annotated[str, typer.Argument(help="The instant, such as 2026-01-31T09:30:00Z.")],
    tenant: ClockTenant,
    database_url: DatabaseUrl = None,
) -> None:
    """Set the clock forward and let it stand there, recording what lapses on the way as it lapses."""
    instant = services.read_instant(at)
    _move_clock(tenant, database_url, lambda clock: clock.set(instant))


@clocks.command("advance")
def advance_clock(
    tenant: ClockTenant,
    *,
    by: Annotated[
        str | None, typer.Option(help="By a duration of ISO 8601, such as P1D or PT36H.", show_default=False)
    ] = None,
    business_days: Annotated[
        int | None, typer.Option(help="To the same time of day so many business days later.", show_default=False)
    ] = None,
    calendar: Annotated[str, typer.Option(help="The calendar of the business days, such as FED or TARGET.")] = "FED",
    time_zone: Annotated[str, typer.Option(help="The time zone of the business days.")] = "UTC",
    database_url: DatabaseUrl = None,
) -> None:
    """Move the clock by a step and let it stand there, recording what lapses on the way as it lapses."""
    step = services.choose_step(by, business_days, calendar, time_zone)
    _move_clock(tenant, database_url, lambda clock: clock.advance(step))


@clocks.command("resume")
def resume_clock(tenant: ClockTenant, database_url: DatabaseUrl = None) -> None:
    """Let the clock run with real time from where it stands."""
    _move_clock(tenant, database_url, services.TenantClock.resume)


def _move_clock(
    tenant: str, database_url: str | None, act: Callable[[services.TenantClock], Awaitable[services.ClockMove]]
) -> None:
    """Move a tenant's clock all the way and say where it is."""

    async def run() -> services.ClockMove:
        async with open_ledger(settings.load({"database_url": database_url})) as database:
            found = await services.find_tenant(database, tenant)
            async with services.open_clock(database, found) as clock:
                return await services.finish_move(clock, await act(clock))

    move = asyncio.run(run())
    if move.rejection is not None:
        _exit(
            _REFUSED,
            f"the clock stands at {services.write_instant(move.at)}: it never goes back, nor ten years at once.",
        )
    out.print(
        f"{services.write_instant(move.at)}  {'stands still' if move.frozen else 'runs'}  recorded {move.recorded:,}"
    )


async def _migrate(chosen: settings.Settings) -> None:
    await services.migrate(chosen.database_url, owner_url=chosen.migrate_url, row_level_security=chosen.binds_rows)


async def _prepare_demo(chosen: settings.Settings) -> str:
    await _migrate(chosen)
    await _seed(chosen, DEMO_TENANT)
    async with open_ledger(chosen) as database:
        return await services.keep_key(database, await services.find_tenant(database, DEMO_TENANT), DEMO_KEY_FILE)


async def _seed(chosen: settings.Settings, tenant: str) -> int:
    with _bar("seeding") as advance:
        return await services.plant(chosen.database_url, tenant, advance)


async def _verify(chosen: settings.Settings) -> Sequence[services.Finding]:
    async with open_ledger(chosen, read_only=True) as database:
        with _bar("verifying") as advance:
            return await services.verify(database, advance)


def _several(chosen: settings.Settings) -> settings.Settings:
    if chosen.workers > 1 and chosen.database_url.startswith("sqlite"):
        raise services.AdministrationError(
            f"A SQLite ledger has one writing process, so it cannot be served by {chosen.workers} workers."
        )
    return chosen


def _announce(key: str, host: str, port: int, chosen: settings.Settings) -> None:
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    out.print(f"\nSpendable serves the tenant {DEMO_TENANT} at {address}; Ctrl-C stops it.\n")
    out.print(f"The key, kept in {DEMO_KEY_FILE}:\n  {key}")
    if chosen.serves_graphiql:
        out.print(f"GraphiQL:\n  {address}/graphiql{f'#key={key}' if chosen.takes_key_from_address else ''}")
    body = f'{{"query": "{_QUERY}"}}'
    headers = f"-H 'Authorization: Bearer {key}' -H 'Content-Type: application/json'"
    out.print(f"From a terminal:\n  curl -s {address}/graphql {headers} -d '{body}'\n")


@contextmanager
def _bar(title: str) -> Iterator[services.Advance]:
    """Show a bar on a terminal while work goes on; it is gone when the work is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total, doing: progress.update(task, completed=done, total=total, description=doing)


def _unexpected(error: Exception) -> str:
    with suppress(settings.SettingsError):
        if settings.load().log_level == "DEBUG":
            telemetry.unexpected(error, where="spendable")
    return f"unexpected error, a bug of ours: {error!r}; SPENDABLE_LOG_LEVEL=DEBUG shows where."


def _exit(code: int, sentence: str) -> NoReturn:
    err.print(f"spendable: {sentence.removesuffix('.')}.")
    sys.exit(code)
