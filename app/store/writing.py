"""Statements that add rows to a table, made from its description."""

from sqlalchemy import BigInteger, Boolean, SmallInteger, Text, Uuid

from app.store.statement import Statement
from app.store.tables import TABLES

_KINDS = {BigInteger: "bigint", Boolean: "boolean", SmallInteger: "smallint", Text: "text", Uuid: "uuid"}


def columns_of(table: str) -> tuple[str, ...]:
    """The columns of a table but the tenant's, in order: the shape of the rows that `insertion` takes."""
    return tuple(column.name for column in TABLES[table].c if column.name != "tenant_id")


def insertion(name: str, table: str) -> Statement:
    """A statement that takes the tenant and rows of `columns_of(table)`, and adds them.

    The tenant is joined, as a bare row source would be run away from the shard where the tenant lives.
    """
    described = [column for column in TABLES[table].c if column.name != "tenant_id"]
    typed = ", ".join(f"{column.name} {_KINDS[type(column.type)]}" for column in described)
    names = ", ".join(column.name for column in described)
    picked = ", ".join(f"u.{column.name}" for column in described)
    return Statement(
        name,
        f"INSERT INTO {table} (tenant_id, {names}) "  # noqa: S608 - every name is the schema's
        f"SELECT t.id, {picked} FROM tenants t JOIN {{rows({typed})}} ON true WHERE t.id = $1",
    )
