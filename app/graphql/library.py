"""Library: the documents that may be asked for by id or hash, published ones and those that clients register."""

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Final

from app import services, telemetry
from app.graphql.limits import Limits
from app.graphql.manifests import HASH_PREFIX, Check, ManifestError, Published, check_documents, hash_of, read_folder
from app.values import value

_LOOK_SECONDS: Final = 1.0


@value
class Wanted:
    """The document that a request names: by its text, by an id, or by a hash with or without the text."""

    text: str | None = None
    document_id: str | None = None
    hash: str | None = None


class Library:
    """Finds the text of a wanted document, as the mode allows: `off`, `allow` or `only`.

    A text is registered under its own hash and under nothing else, so that nobody can put another one in its place;
    what is registered is bounded, in count and in characters, the least recently used going first.
    """

    def __init__(self, mode: str, folder: Path | None, limits: Limits) -> None:
        self._mode = mode
        self._folder = folder
        self._limits = limits
        self._published: Mapping[str, Published] = {}
        self._hashes: Mapping[str, str] = {}
        self._seen: int | None = None
        self._look_at = 0.0
        self._registered: OrderedDict[str, str] = OrderedDict()
        self._characters = 0

    def open(self, check: Check) -> None:
        """Read and check what is published; raises Unavailable, with one sentence, where that cannot be served."""
        if self._mode == "off":
            return
        if self._folder is None:
            if self._mode == "only":
                raise services.Unavailable("Only published documents are to be answered, but no folder of them is set.")
            return
        try:
            self._seen = self._changed_at()
            published = read_folder(self._folder)
            check_documents(published.values(), check)
        except ManifestError as error:
            raise services.Unavailable(str(error)) from None
        self._take(published)

    def text_of(self, wanted: Wanted) -> str:
        """Return the text of the wanted document; raises a fault where there is none or it may not be asked for."""
        if self._mode == "off":
            return _unless_published(wanted)
        self._look()
        if wanted.document_id is not None:
            return self._by_id(wanted.document_id)
        if wanted.text is None:
            return self._by_hash(wanted.hash or "")
        if wanted.hash is not None and wanted.hash != hash_of(wanted.text):
            raise services.BadInput("sha256Hash is not the hash of query.", ("extensions", "persistedQuery"))
        if self._mode == "only" and hash_of(wanted.text) not in self._hashes:
            raise services.Forbidden("Only published documents are answered here.")
        return wanted.text

    def register(self, wanted: Wanted) -> None:
        """Keep the text of a document that was found valid, if it came with its hash and the mode is `allow`."""
        text, digest = wanted.text, wanted.hash
        limits = self._limits
        if self._mode != "allow" or text is None or digest is None or digest in self._registered:
            return
        if len(text) > limits.documents_cached_characters_max:
            return
        self._registered[digest] = text
        self._characters += len(text)
        while (
            len(self._registered) > limits.documents_cached_max
            or self._characters > limits.documents_cached_characters_max
        ):
            _, oldest = self._registered.popitem(last=False)
            self._characters -= len(oldest)

    def _by_id(self, document_id: str) -> str:
        found = self._published.get(document_id)
        if found is not None:
            return found.text
        text = self._hashes.get(document_id.removeprefix(HASH_PREFIX)) if document_id.startswith(HASH_PREFIX) else None
        if text is None:
            raise services.DocumentNotFound
        return text

    def _by_hash(self, digest: str) -> str:
        if digest in self._registered:
            self._registered.move_to_end(digest)
            return self._registered[digest]
        text = self._hashes.get(digest)
        # Some compilers name documents by a hash of their own, which their clients send in this place.
        return self._by_id(digest) if text is None else text

    def _look(self) -> None:
        """Take what was published or retired since the last look, at most once a second."""
        if self._folder is None or monotonic() < self._look_at:
            return
        self._look_at = monotonic() + _LOOK_SECONDS
        try:
            seen = self._changed_at()
            if seen != self._seen:
                self._take(read_folder(self._folder))
                # Not before: a manifest that was being written is read again, though the folder does not change.
                self._seen = seen
        except ManifestError as error:
            # What was published before stands until the folder can be read again.
            telemetry.warn(telemetry.SERVER, "published documents cannot be read", reason=error)

    def _changed_at(self) -> int | None:
        try:
            return self._folder.stat().st_mtime_ns if self._folder else None
        except OSError:
            return None

    def _take(self, published: Mapping[str, Published]) -> None:
        self._published = published
        self._hashes = {hash_of(document.text): document.text for document in published.values()}


def _unless_published(wanted: Wanted) -> str:
    if wanted.document_id is not None:
        raise services.BadInput("Documents cannot be asked for by id here; send query.", ("documentId",))
    if wanted.text is None:
        raise services.DocumentsNotOffered
    if wanted.hash is not None and wanted.hash != hash_of(wanted.text):
        raise services.BadInput("sha256Hash is not the hash of query.", ("extensions", "persistedQuery"))
    return wanted.text
