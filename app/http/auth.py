"""Bearer authentication: the checksum before any look-up, the secret in constant time, one answer to all failures."""

import asyncio
import hashlib
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep
from typing import Final

from starlette.datastructures import Headers

from app import services
from app.http.tokens import CHARACTERS_MAX

KEYS_REMEMBERED_MAX: Final = 4_096
KEY_PREFIX: Final = "spd_"
_WAITING_THREADS: Final = 8
_BEARER: Final = re.compile(rf"[Bb]earer +([^\s,]{{1,{CHARACTERS_MAX}}})", re.ASCII)

FindKey = Callable[[str], Awaitable[services.KeyRecord | None]]
VerifyToken = Callable[[str], Awaitable[services.KeyRecord | None]]


class Authenticator:
    """Finds who a request's key or token stands for. What was found is remembered for a moment, a failure never.

    Every refusal takes the same time, counted from the beginning: what was wrong cannot be told by how soon it came.
    """

    def __init__(
        self,
        find_key: FindKey,
        verify_token: VerifyToken,
        *,
        now: Callable[[], int],
        remembered_seconds: float,
        refusal_seconds: float,
    ) -> None:
        self._find_key = find_key
        self._verify_token = verify_token
        self._now = now
        self._remembered_seconds = remembered_seconds
        self._refusal_seconds = refusal_seconds
        # Where more are refused than these can wait for, the rest wait in line, and no longer than they must.
        self._waiting = ThreadPoolExecutor(_WAITING_THREADS, thread_name_prefix="refusals")
        self._remembered: OrderedDict[str, tuple[float, services.KeyRecord]] = OrderedDict()

    async def authenticate(self, headers: Headers, address: str) -> services.KeyRecord:
        """Return whom the request's key or token stands for; raises Unauthenticated, the same for every reason."""
        began = monotonic()
        record = await self._verified(headers.getlist("authorization"))
        if record is None or not record.allows(address):
            # A timer of the loop counts whole milliseconds from when it is set, and would tell when that was.
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._waiting, _sleep_until, began + self._refusal_seconds)
            raise services.Unauthenticated("A valid API key or token is needed: Authorization: Bearer ….")
        return record

    async def _verified(self, given: list[str]) -> services.KeyRecord | None:
        match = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
        if match is None:
            return None
        text = match.group(1)
        record = await (self._of_key(text) if text.startswith(KEY_PREFIX) else self._of_token(text))
        return record if record is not None and self._is_valid(record) else None

    async def _of_key(self, text: str) -> services.KeyRecord | None:
        presented = services.parse_key(text)
        if presented is None:
            return None
        key_id = presented.key_id
        record = await self._remember(key_id, lambda: self._find_key(key_id))
        # The secret is compared for an unknown id as well, so that both do the same work.
        matches = services.verify_secret(presented, record.secret_hash if record else None)
        return record if record is not None and matches and record.mode == presented.mode else None

    async def _of_token(self, text: str) -> services.KeyRecord | None:
        # Kept by a digest: a token in memory is a token that can be stolen.
        digest = hashlib.sha256(text.encode()).hexdigest()
        return await self._remember(digest, lambda: self._verify_token(text))

    def _is_valid(self, record: services.KeyRecord) -> bool:
        return record.revoked_at is None and (record.expires_at is None or self._now() < record.expires_at)

    async def _remember(
        self, name: str, find: Callable[[], Awaitable[services.KeyRecord | None]]
    ) -> services.KeyRecord | None:
        kept = self._remembered.get(name)
        if kept is not None and monotonic() < kept[0]:
            return kept[1]
        record = await find()
        if record is None:
            self._remembered.pop(name, None)
        elif self._remembered_seconds > 0:
            self._remembered[name] = (monotonic() + self._remembered_seconds, record)
            self._remembered.move_to_end(name)
            if len(self._remembered) > KEYS_REMEMBERED_MAX:
                self._remembered.popitem(last=False)
        return record


def _sleep_until(moment: float) -> None:
    sleep(max(moment - monotonic(), 0))
