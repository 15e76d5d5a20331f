"""Bearer authentication: the checksum before any look-up, the secret in constant time, one answer to all failures."""

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

from starlette.datastructures import Headers

from app import services

KEYS_REMEMBERED_MAX: Final = 4_096
_BEARER: Final = re.compile(r"[Bb]earer +([^\s,]{1,256})", re.ASCII)

FindKey = Callable[[str], Awaitable[services.KeyRecord | None]]


class Authenticator:
    """Finds the key that a request carries. A key found is remembered for a moment, a failure never."""

    def __init__(self, find_key: FindKey, *, now: Callable[[], int], remembered_seconds: float) -> None:
        self._find_key = find_key
        self._now = now
        self._remembered_seconds = remembered_seconds
        self._remembered: OrderedDict[str, tuple[float, services.KeyRecord]] = OrderedDict()

    async def authenticate(self, headers: Headers, address: str) -> services.KeyRecord:
        """Return the record of the request's key; raises Unauthenticated, the same for every reason."""
        record = await self._verified(headers.getlist("authorization"))
        if record is None or not record.allows(address):
            raise services.Unauthenticated("A valid API key is needed: Authorization: Bearer spd_….")
        return record

    async def _verified(self, given: list[str]) -> services.KeyRecord | None:
        match = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
        presented = services.parse_key(match.group(1)) if match else None
        if presented is None:
            return None
        record = await self._find(presented.key_id)
        # The secret is compared for an unknown id as well, so that both take the same time.
        matches = services.verify_secret(presented, record.secret_hash if record else None)
        if record is None or not matches or record.mode != presented.mode or not self._is_valid(record):
            return None
        return record

    def _is_valid(self, record: services.KeyRecord) -> bool:
        return record.revoked_at is None and (record.expires_at is None or self._now() < record.expires_at)

    async def _find(self, key_id: str) -> services.KeyRecord | None:
        kept = self._remembered.get(key_id)
        if kept is not None and monotonic() < kept[0]:
            return kept[1]
        record = await self._find_key(key_id)
        if record is None:
            self._remembered.pop(key_id, None)
        elif self._remembered_seconds > 0:
            self._remembered[key_id] = (monotonic() + self._remembered_seconds, record)
            self._remembered.move_to_end(key_id)
            if len(self._remembered) > KEYS_REMEMBERED_MAX:
                self._remembered.popitem(last=False)
        return record
