"""Manifests: documents with their ids, in files as relay-compiler, graphql-codegen and Apollo's tools write them."""

import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import orjson

from app.graphql.documents import DocumentRefusedError
from app.values import value

DOCUMENTS_PUBLISHED_MAX: Final = 20_000
MANIFEST_BYTES_MAX: Final = 33_554_432
HASH_PREFIX: Final = "sha256:"
_APOLLO: Final = "apollo-persisted-query-manifest"
_ID: Final = re.compile(r"[!-~]{1,255}", re.ASCII)
_NAME_DIGITS: Final = 32

Check = Callable[[str], object]


class ManifestError(Exception):
    """A manifest cannot be used; the message is one sentence that says which and why."""


@value
class Published:
    """A published document, and the file that it stands in."""

    id: str
    text: str
    manifest: str


def hash_of(text: str) -> str:
    """Return the SHA-256 of a document's text in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_folder(folder: Path) -> dict[str, Published]:
    """Return what the manifests of a folder publish, by id; raises ManifestError."""
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".json")
    except OSError as error:
        raise ManifestError(f"The folder of documents {folder} cannot be read: {_reason(error)}.") from None
    return read_files(files)


def read_files(files: Iterable[Path]) -> dict[str, Published]:
    """Return what manifests publish together, by id; raises ManifestError."""
    found: dict[str, Published] = {}
    for path in files:
        for id_, text in _read(path).items():
            known = found.setdefault(id_, Published(id_, text, path.name))
            if known.text != text:
                raise ManifestError(f"The id {id_} names one document in {known.manifest} and another in {path.name}.")
        if len(found) > DOCUMENTS_PUBLISHED_MAX:
            raise ManifestError(f"More than {DOCUMENTS_PUBLISHED_MAX} documents are published.")
    return found


def check_documents(published: Iterable[Published], check: Check) -> None:
    """Raise ManifestError for the first document that the schema or a limit does not allow."""
    for document in published:
        try:
            check(document.text)
        except DocumentRefusedError as refused:
            message = refused.entries[0]["message"].rstrip(".").replace("\n", " ")
            raise ManifestError(
                f"The document {document.id} of {document.manifest} cannot be run: {message}."
            ) from None


def publish(folder: Path, files: Sequence[Path], check: Check) -> tuple[int, int]:
    """Add manifests to a folder, all or none; return how many documents are new there, and how many there are.

    What is published stays: the clients that were built with it are still out there. Raises ManifestError.
    """
    added = read_files(files)
    check_documents(added.values(), check)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("a")
    except OSError as error:
        raise ManifestError(f"The folder of documents {folder} cannot be written: {_reason(error)}.") from None
    with lock:
        # Two who publish at once would each not see what the other gives an id to.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _add(folder, added)


def _add(folder: Path, added: Mapping[str, Published]) -> tuple[int, int]:
    before = read_folder(folder)
    new = {id_: document.text for id_, document in added.items() if id_ not in before}
    for id_ in added.keys() & before.keys():
        if added[id_].text != before[id_].text:
            raise ManifestError(f"The id {id_} already names another document, in {before[id_].manifest}.")
    if len(before) + len(new) > DOCUMENTS_PUBLISHED_MAX:
        raise ManifestError(f"More than {DOCUMENTS_PUBLISHED_MAX} documents would be published.")
    if new:
        _write(folder, orjson.dumps(new, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
    return len(new), len(before) + len(new)


def _read(path: Path) -> dict[str, str]:
    try:
        if path.stat().st_size > MANIFEST_BYTES_MAX:
            raise ManifestError(f"{path.name} has more than {MANIFEST_BYTES_MAX} bytes.")
        value = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ManifestError(f"{path.name} cannot be read: {_reason(error)}.") from None
    except ValueError:
        raise ManifestError(f"{path.name} is not JSON.") from None
    documents = _pairs(value)
    if documents is None:
        raise ManifestError(
            f"{path.name} is no manifest: it must map ids to documents, or be an {_APOLLO} of version 1."
        )
    for id_, text in documents.items():
        if not _ID.fullmatch(id_):
            raise ManifestError(f"{path.name} has an id that is not 1 to 255 visible characters.")
        if id_.startswith(HASH_PREFIX) and id_ != HASH_PREFIX + hash_of(text):
            raise ManifestError(f"The id {id_} of {path.name} is not the hash of its document.")
    return documents


def _pairs(value: object) -> dict[str, str] | None:
    if not isinstance(value, dict):
        return None
    if value.get("format") != _APOLLO:
        return value if all(isinstance(text, str) for text in value.values()) else None
    operations = value.get("operations")
    if value.get("version") != 1 or not isinstance(operations, list):
        return None
    made: dict[str, str] = {}
    for operation in operations:
        id_, body = (operation.get("id"), operation.get("body")) if isinstance(operation, Mapping) else (None, None)
        if not isinstance(id_, str) or not isinstance(body, str) or made.setdefault(id_, body) != body:
            return None
    return made


def _write(folder: Path, content: bytes) -> None:
    """Put a file into the folder whole or not at all, under a name that is its content's."""
    target = folder / f"{hashlib.sha256(content).hexdigest()[:_NAME_DIGITS]}.json"
    try:
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as part:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
        # Servers run under other users than those who publish.
        Path(part.name).chmod(0o644)
        Path(part.name).replace(target)
    except OSError as error:
        raise ManifestError(f"The folder of documents {folder} cannot be written: {_reason(error)}.") from None


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
