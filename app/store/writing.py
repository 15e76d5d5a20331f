"""Statements that add rows to a table, made from its description."""

from sqlalchemy import BigInteger, Boolean, SmallInteger, Text, Uuid

from app.store.statement import Statement
from app.store.tables import TABLES

_KINDS = {BigInteger: "bigint", Boolean: "boolean", SmallInteger: "smallint", Text: "text", Uuid: "uuid"}


def insertion(name: str, table: str, *changing: str) -> Statement:
    """A statement that takes the tenant and whole rows of a table, and adds them.

    Rows have every column but the tenant's, in the order of the description. Where a row's key is there already, the
    `changing` columns take the new values; with none given that is a violation. The tenant is joined, as a bare row
    source would be run away from the shard where the tenant lives.
    """
    columns = [column for column in TABLES[table].c if column.name != "tenant_id"]
    typed = ", ".join(f"{column.name} {_KINDS[type(column.type)]}" for column in columns)
    names = ", ".join(column.name for column in columns)
    picked = ", ".join(f"u.{column.name}" for column in columns)
    key = ", ".join(column.name for column in TABLES[table].primary_key)
    values = ", ".join(f"{column} = excluded.{column}" for column in changing)
    # Always found through the key: an UPDATE joined to rows may be planned the other way round, table first.
    known = f" ON CONFLICT ({key}) DO UPDATE SET {values}" if changing else ""
    return Statement(
        name,
        f"INSERT INTO {table} (tenant_id, {names}) "  # noqa: S608 - every name is the schema's
        f"SELECT t.id, {picked} FROM tenants t JOIN {{rows({typed})}} ON true WHERE t.id = $1{known}",
    )
