"""What SQLite is told about its tables, so that it plans for many rows before there are any, and keeps to it.

Without statistics SQLite takes a tenant to have ten rows of everything, and reads all of them to find one.
"""

from sqlalchemy import Connection

ROWS = 1_000_000
ROWS_OF_AN_ACCOUNT = 100
ROWS_OF_AN_INSTANT = 2

# A few rows, or not looked up by tenant.
_SMALL = frozenset({"alembic_version", "api_keys", "currencies", "heads", "tenants"})


def describe_tables(connection: Connection) -> None:
    """Write for every index of the big tables how many rows it finds by its first column, its first two, and so on."""
    names = connection.exec_driver_sql(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    tables = [name for (name,) in names if name not in _SMALL]
    # Only this makes the table of statistics; the tenants are few.
    connection.exec_driver_sql("ANALYZE tenants")
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    for table in tables:
        for _, index, unique, origin, _ in connection.exec_driver_sql(f"PRAGMA index_list({table})").all():
            columns = len(connection.exec_driver_sql(f"PRAGMA index_info({index})").all())
            found = [ROWS, ROWS_OF_AN_ACCOUNT, *[ROWS_OF_AN_INSTANT] * columns][:columns]
            if unique:
                found[-1] = 1
            connection.exec_driver_sql(
                "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)",
                # The rows of these tables stand in their primary key, which goes by the table's own name.
                (table, table if origin == "pk" else index, " ".join(map(str, [ROWS, *found]))),
            )
