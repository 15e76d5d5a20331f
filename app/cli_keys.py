"""The commands about API keys: `spendable key …`."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer

from app import services, settings
from app.cli_terminal import DatabaseUrl, day_of, err, open_ledger, out, print_table

keys = typer.Typer(help="API keys of the tenants.", no_args_is_help=True)

Quiet = Annotated[bool, typer.Option("--quiet", help="Print the key and nothing else.")]
KeyTenant = Annotated[str, typer.Option("--tenant", help="The tenant that the key names.")]
KeyId = Annotated[str, typer.Argument(help="The key's id, as key list shows it.")]


@keys.command("create")
def create_key(
    *,
    tenant: KeyTenant,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "key",
    scopes: Annotated[str, typer.Option(help=f"Scopes with commas between: {', '.join(services.Scope)}.")] = ",".join(
        services.DEFAULT_SCOPES
    ),
    expires: Annotated[
        str | None,
        typer.Option(help="When it ends, such as 2027-01-31T00:00:00Z; never by itself.", show_default=False),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="A network that it may be used from, such as 192.0.2.0/24; may be given again."),
    ] = None,
    quiet: Quiet = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Create an API key and print it, once: only a hash of it is kept."""
    try:
        granted = services.parse_scopes(scopes)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--scopes") from None
    terms = services.KeyTerms(
        name=name,
        scopes=granted,
        expires_at=None if expires is None else services.read_instant(expires),
        allowed_addresses=tuple(allow) if allow else None,
    )

    async def create() -> services.MadeKey:
        async with open_ledger(settings.load({"database_url": database_url})) as database:
            desk = services.open_keys(database, await services.find_tenant(database, tenant))
            return await desk.create(terms, None)

    _print_key(asyncio.run(create()), quiet=quiet)


@keys.command("rotate")
def rotate_key(
    key_id: KeyId,
    tenant: KeyTenant,
    overlap: Annotated[
        int, typer.Option(help="Seconds for which the old key goes on, at most 30 days.")
    ] = services.OVERLAP_SECONDS_DEFAULT,
    quiet: Quiet = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Create a key of the same terms in the place of another, which goes on for a while and then ends."""

    async def rotate() -> services.MadeKey:
        async with open_ledger(settings.load({"database_url": database_url})) as database:
            desk = services.open_keys(database, await services.find_tenant(database, tenant))
            return await desk.rotate(key_id, overlap, None)

    made = asyncio.run(rotate())
    if made.rejection is not None:
        raise services.AdministrationError(f"the key {key_id} is {(made.rejection.actual or '').lower()} already")
    _print_key(made, quiet=quiet)


@keys.command("list")
def list_keys(tenant: KeyTenant, database_url: DatabaseUrl = None) -> None:
    """List the keys of a tenant, revoked ones included; never their secrets."""

    async def find() -> Sequence[services.StoredKey]:
        async with open_ledger(settings.load({"database_url": database_url}), read_only=True) as database:
            return await services.list_keys(database, await services.find_tenant(database, tenant))

    heads = ("key", "name", "scopes", "created", "last used", "expires", "revoked", "allowed from")
    rows = [
        (
            key.id,
            key.name,
            ",".join(sorted(key.scopes)),
            day_of(key.created_at),
            day_of(key.last_used_at),
            day_of(key.expires_at),
            day_of(key.revoked_at),
            ",".join(key.allowed_addresses or ()),
        )
        for key in asyncio.run(find())
    ]
    print_table(heads, rows)


@keys.command("revoke")
def revoke_key(key_id: KeyId, database_url: DatabaseUrl = None) -> None:
    """Revoke a key; servers notice within five seconds."""

    async def revoke() -> None:
        async with open_ledger(settings.load({"database_url": database_url})) as database:
            await services.revoke_key(database, key_id)

    asyncio.run(revoke())
    out.print(f"The key {key_id} is revoked.")


def _print_key(made: services.MadeKey, *, quiet: bool) -> None:
    out.print(made.text)
    if not quiet and made.key is not None:
        err.print(f"This is the only time that it is shown. Its id, for revoking it, is {made.key.id}.")
