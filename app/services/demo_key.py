"""The demo's key: kept in a file that only its owner reads, and made anew where it is gone or no longer valid."""

import os
from pathlib import Path
from typing import Final

from app import store
from app.services.access import Scope
from app.services.administration import AdministrationError, open_keys
from app.services.key_desk import KeyTerms
from app.services.keys import parse_key, verify_secret

_MODE: Final = 0o600
_BYTES_MAX: Final = 1_024


async def keep_key(database: store.Database, tenant: store.Tenant, path: Path) -> str:
    """Return the key of the tenant that the file holds; a new one of every scope, written there, if it is not valid."""
    text = _read(path)
    if await _is_valid(database, tenant, text):
        return text
    made = await open_keys(database, tenant).create(KeyTerms(name="demo", scopes=frozenset(Scope)), None)
    text = made.text or ""
    _write(path, text)
    return text


async def _is_valid(database: store.Database, tenant: store.Tenant, text: str) -> bool:
    presented = parse_key(text)
    if presented is None:
        return False
    async with database.read() as session:
        found = await store.find_key(session, presented.key_id)
        now = await store.read_clock(session)
    if found is None or found.tenant_id != tenant.id or found.revoked_at is not None:
        return False
    lapsed = found.expires_at is not None and found.expires_at <= now
    return verify_secret(presented, found.secret_hash) and not lapsed


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_BYTES_MAX).decode("ascii", "replace").strip()
    except OSError:
        return ""


def _write(path: Path, text: str) -> None:
    """Write the whole file or none of it, readable by its owner only from the first byte."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "w", encoding="ascii") as file:  # noqa: PTH123 - a path cannot be opened with a mode of its own
            file.write(f"{text}\n")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise AdministrationError(f"{path} cannot be written: {error.strerror}") from None
