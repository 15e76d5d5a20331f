"""The parts that the schema is made of: types, columns and constraints with the same names everywhere."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

INSTANT_MAX = 253_402_300_799_999_999
"""9999-12-31T23:59:59.999999Z, which stands for "until released"."""
AMOUNT_MAX = 10**18
SIDES = ("DEBIT", "CREDIT")

# SQLite's strict tables know INTEGER and TEXT.
ID = Uuid().with_variant(Text(), "sqlite")
BIG = BigInteger().with_variant(Integer(), "sqlite")
SMALL = SmallInteger().with_variant(Integer(), "sqlite")
FLAG = Boolean().with_variant(Integer(), "sqlite")


def id_column(name: str, *, null: bool = False) -> Column[Any]:
    """A UUID that the application made."""
    return Column(name, ID, nullable=null)


def number(name: str, *, null: bool = False, default: str | None = None) -> Column[Any]:
    """A 64-bit integer: an amount, an instant, a sequence or a version."""
    return Column(name, BIG, nullable=null, server_default=None if default is None else text(default))


def small(name: str, *, null: bool = False) -> Column[Any]:
    """A small integer."""
    return Column(name, SMALL, nullable=null)


def flag(name: str) -> Column[Any]:
    """A truth value."""
    return Column(name, FLAG, nullable=False)


def text_column(name: str, *, null: bool = False) -> Column[Any]:
    """Text."""
    return Column(name, Text, nullable=null)


def key(*names: str) -> PrimaryKeyConstraint:
    """The primary key, by the columns in this order."""
    return PrimaryKeyConstraint(*names)


def reference(columns: tuple[str, ...], table: str, target: tuple[str, ...]) -> ForeignKeyConstraint:
    """A foreign key."""
    return ForeignKeyConstraint(columns, [f"{table}.{name}" for name in target])


def of_tenant() -> ForeignKeyConstraint:
    """The foreign key to the tenant."""
    return reference(("tenant_id",), "tenants", ("id",))


def of_account(column: str = "account_id") -> ForeignKeyConstraint:
    """The foreign key to an account of the same tenant."""
    return reference(("tenant_id", column), "accounts", ("tenant_id", "id"))


def check(name: str, condition: str) -> CheckConstraint:
    """A condition that every row keeps."""
    return CheckConstraint(condition, name=name)


def instant(*names: str) -> list[CheckConstraint]:
    """Conditions that keep instants between 1970 and the end of 9999."""
    return [check(name, f"{name} BETWEEN 0 AND {INSTANT_MAX}") for name in names]


def one_of(name: str, *values: str) -> CheckConstraint:
    """A condition that keeps a text among a few."""
    return check(name, f"{name} IN ({', '.join(repr(value) for value in values)})")


def truth(*names: str) -> list[CheckConstraint]:
    """Conditions that keep flags at 0 or 1: SQLite has them in INTEGERs."""
    return [check(name, f"{name} = true OR {name} = false") for name in names]


def within(name: str, least: int, most: int) -> CheckConstraint:
    """A condition that keeps a number between two others."""
    return check(name, f"{name} BETWEEN {least} AND {most}")


def table(name: str, *parts: Any, fill: int | None = None) -> Table:  # noqa: ANN401 - columns and constraints
    """A table, strict on SQLite; `fill` is how full PostgreSQL packs a page, in percent."""
    options: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}
    if fill:
        options["postgresql_with"] = {"fillfactor": str(fill)}
    made: Table = Table(name, metadata, *parts, **options)
    return made


def index(name: str, of: Table, *columns: str, where: str | None = None, unique: bool = False) -> None:
    """An index over these columns, only of the rows that meet a condition if one is given."""
    some: dict[str, Any] = {} if where is None else {"postgresql_where": text(where), "sqlite_where": text(where)}
    Index(name, *(of.c[column] for column in columns), unique=unique, **some)
