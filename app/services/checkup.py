"""The check-up behind `spendable doctor`: what would make this installation slow or unsafe; nothing is written."""

import platform
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

from app import store
from app.services import clock
from app.services.administration import AdministrationError, open_ledger
from app.values import value

POSTGRES_VERSION_MIN: Final = 15
SQLITE_VERSION_MIN: Final = (3, 38)
WAL_MEGABYTES_ADVISED: Final = 8 * 1024
SKEW_MICROSECONDS_ADVISED: Final = 1_000_000
SKEW_MICROSECONDS_MAX: Final = 5_000_000
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_MEGABYTES: Final = {"kB": 1 / 1024, "MB": 1, "GB": 1024, "TB": 1024 * 1024}


class Verdict(StrEnum):
    """How a check turned out; WRONG must change before money is trusted to this installation."""

    FINE = "fine"
    ADVICE = "advice"
    WRONG = "wrong"


@value
class Check:
    """One thing that was looked at, and what to do where it is not fine."""

    verdict: Verdict
    subject: str
    told: str


async def examine(url: str, key_file: Path) -> list[Check]:
    """Look at the machine, the database and the demo's key file; a database out of reach is a finding like any."""
    checks = [Check(Verdict.FINE, "Python", platform.python_version()), *_key_file(key_file)]
    try:
        async with open_ledger(url, read_only=True, migrated=False) as database:
            checks.extend(await _database(database))
            if database.dialect == "sqlite":
                served = "a server, or a command that writes, has it" if store.is_served(url) else "nobody writes to it"
                checks.append(Check(Verdict.FINE, "lock file", served))
    except AdministrationError as error:
        checks.append(Check(Verdict.WRONG, "database", str(error)))
    return checks


async def _database(database: store.Database) -> list[Check]:
    state = await store.migration_state(database)
    async with database.read() as session:
        facts = await store.read_facts(session)
        damage = await store.find_damage(session)
        protection = await store.read_protection(session)
        before = clock.now_microseconds()
        skew = await store.read_clock(session) - (before + clock.now_microseconds()) // 2
    judge = _postgresql if database.dialect == "postgresql" else _sqlite
    checks = [*judge(facts), *_protection(protection), *_migration(state), *_skew(skew)]
    checks.extend(Check(Verdict.WRONG, "file", f"damaged: {problem}; restore it from a backup") for problem in damage)
    if state.up_to_date:
        checks.extend(await _tenants(database))
    return checks


def _protection(found: store.Protection | None) -> Iterator[Check]:
    """Tell where the role that serves is too strong, or nothing but our own statements keeps tenants apart."""
    if found is None:
        return
    subject = "role"
    if found.superuser:
        yield Check(Verdict.ADVICE, subject, "it is a superuser, whom nothing binds: serve as a role of its own")
    elif found.unbound:
        yield Check(Verdict.ADVICE, subject, "it passes row-level security: ALTER ROLE … NOBYPASSRLS")
    if found.owned:
        yield Check(Verdict.ADVICE, subject, "it owns the tables: let SPENDABLE_MIGRATE_URL be the owner's")
    elif found.changeable_history:
        told = ", ".join(found.changeable_history)
        yield Check(Verdict.ADVICE, subject, f"it may change history ({told}): run spendable migrate as the owner")
    if not (found.unbound or found.owned or found.changeable_history):
        yield Check(Verdict.FINE, subject, "it owns nothing and cannot change history")
    if found.unforced:
        told = "not every table is bound" if len(found.unforced) < len(store.BOUND) else "no table is bound"
        yield Check(
            Verdict.ADVICE, "row-level security", f"{told}: SPENDABLE_ROW_LEVEL_SECURITY=true spendable migrate"
        )
    else:
        yield Check(Verdict.FINE, "row-level security", "binds every table with rows of a tenant's")


def _key_file(path: Path) -> Iterator[Check]:
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if mode & _OTHERS:
        yield Check(Verdict.WRONG, "key file", f"others on this machine can read it: chmod 600 {path}")
    else:
        yield Check(Verdict.FINE, "key file", f"{path} is its owner's only")


def _migration(state: store.MigrationState) -> Iterator[Check]:
    if state.up_to_date:
        yield Check(Verdict.FINE, "schema", f"revision {state.current}")
    else:
        found = "there are no tables" if state.current is None else f"it is at revision {state.current}"
        yield Check(Verdict.WRONG, "schema", f"{found}, and this version needs {state.wanted}: run spendable migrate")


def _skew(microseconds: int) -> Iterator[Check]:
    """Compare the clocks: the database's decides what has matured, so it must be right."""
    seconds = f"the database's clock differs from this machine's by {microseconds / 1_000_000:+.1f} s"
    if abs(microseconds) > SKEW_MICROSECONDS_MAX:
        yield Check(Verdict.WRONG, "clock", f"{seconds}: one of them is wrong")
    elif abs(microseconds) > SKEW_MICROSECONDS_ADVISED:
        yield Check(Verdict.ADVICE, "clock", f"{seconds}: let both follow a time server")
    else:
        yield Check(Verdict.FINE, "clock", "the database's agrees with this machine's")


async def _tenants(database: store.Database) -> Sequence[Check]:
    """Look for tenants whose history has run ahead of the clock: their money matured too early, and for good."""
    checks = []
    async with database.read() as session:
        tenants = await store.find_tenants(session)
        for tenant in tenants:
            moment = await store.read_moment(session, tenant.id)
            ahead = (moment.at - moment.clock) / 1_000_000
            if tenant.mode == "LIVE" and ahead > 1:
                told = (
                    f"{tenant.name} last wrote {ahead:.0f} s ahead of the database's clock, and stands still until then"
                )
                checks.append(Check(Verdict.WRONG, "tenant", told))
    return checks or [Check(Verdict.FINE, "tenants", f"{len(tenants)}, none ahead of the clock")]


def _sqlite(facts: Mapping[str, str]) -> Iterator[Check]:
    version = facts["server_version"]
    if tuple(map(int, version.split(".")[:2])) < SQLITE_VERSION_MIN:
        yield Check(Verdict.WRONG, "SQLite", f"{version}; 3.38 or newer is needed")
    else:
        yield Check(Verdict.FINE, "SQLite", f"{version}, for one process; PostgreSQL is for production")
    if facts["journal_mode"] != "wal":
        yield Check(Verdict.ADVICE, "journal_mode", f"{facts['journal_mode']}; the server will set it to wal")


def _postgresql(facts: Mapping[str, str]) -> Iterator[Check]:
    version = re.match(r"\d+", facts["server_version"])
    if version is None or int(version.group()) < POSTGRES_VERSION_MIN:
        yield Check(
            Verdict.WRONG, "PostgreSQL", f"{facts['server_version']}; {POSTGRES_VERSION_MIN} or newer is needed"
        )
    else:
        yield Check(Verdict.FINE, "PostgreSQL", facts["server_version"])
    for name, wanted, otherwise in (
        ("fsync", {"on"}, "a crash of the machine can lose or tear what was acknowledged"),
        ("full_page_writes", {"on"}, "a crash of the machine can tear pages"),
        (
            "synchronous_commit",
            {"on", "local", "remote_write", "remote_apply"},
            "a crash can lose what was acknowledged",
        ),
        ("server_encoding", {"UTF8"}, "names in other scripts cannot be kept"),
    ):
        if facts.get(name) not in wanted:
            yield Check(Verdict.WRONG, name, f"{facts.get(name)}: {otherwise}")
    if facts.get("autovacuum") != "on":
        yield Check(Verdict.ADVICE, "autovacuum", "off: plans go stale and dead rows pile up")
    if facts.get("wal_compression") == "zstd":
        yield Check(Verdict.ADVICE, "wal_compression", "zstd costs more than half of the rate; use lz4 or off")
    if _megabytes(facts.get("max_wal_size", "")) < WAL_MEGABYTES_ADVISED:
        told = f"{facts.get('max_wal_size')}; at 8GB or more, full pages are written to the log far less often"
        yield Check(Verdict.ADVICE, "max_wal_size", told)


def _megabytes(text: str) -> float:
    match = re.fullmatch(r"(\d+)([kMGT]B)", text)
    return int(match.group(1)) * _MEGABYTES[match.group(2)] if match else 0
