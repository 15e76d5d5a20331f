"""The commands about published documents: `spendable documents …`."""

from pathlib import Path
from typing import Annotated

import typer

from app import graphql, http, services, settings

documents = typer.Typer(
    help="Published documents: what clients may ask for by an id instead of a text.", no_args_is_help=True
)

Folder = Annotated[
    str | None, typer.Option("--documents-folder", help="Where published documents are kept.", show_default=False)
]


@documents.command("publish")
def publish_documents(
    files: Annotated[
        list[Path], typer.Argument(help="Manifests as relay-compiler, graphql-codegen or Apollo's tools write them.")
    ],
    documents_folder: Folder = None,
) -> None:
    """Check the documents of manifests against the schema and the limits, and add them, all or none.

    Running servers take them within a second. What was published before stays.
    """
    chosen = settings.load({"documents_folder": documents_folder})
    new, total = graphql.publish(_folder(chosen), files, http.document_check(chosen))
    typer.echo(f"{new:,} documents are new; {total:,} are published.")


@documents.command("list")
def list_documents(documents_folder: Folder = None) -> None:
    """List what is published, having checked it; exit 1 with the first document that cannot be run."""
    chosen = settings.load({"documents_folder": documents_folder})
    published = graphql.read_folder(_folder(chosen))
    graphql.check_documents(published.values(), http.document_check(chosen))
    for document in published.values():
        typer.echo(f"{document.id}  {document.manifest}")


def _folder(chosen: settings.Settings) -> Path:
    if chosen.documents_folder is None:
        raise services.AdministrationError("No folder of documents is set: SPENDABLE_DOCUMENTS_FOLDER names it.")
    return Path(chosen.documents_folder)
