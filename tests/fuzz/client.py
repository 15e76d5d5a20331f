"""A client that sends bytes as they are, over a few connections, and counts what comes back."""

import asyncio
import contextlib
import re
from collections import Counter
from dataclasses import dataclass, field

from tests.faults.server import HOST
from tests.fuzz.requests import Requests, Sent

REPLY_SECONDS_MAX = 30
_CODE = re.compile(rb'"code":"([A-Z_]{6,40})"')
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
FAULTS = (b"INTERNAL_SERVER_ERROR", b"DEADLINE_EXCEEDED", b"OUTCOME_UNKNOWN", b"UNAVAILABLE", b"OVERLOADED")
# Who asks for a state that the ledger has not come to is told so, which is no fault.
_NOT_YET = re.compile(rb'"The ledger stands at sequence \d+, not yet at \d+\.","extensions":\{"code":"UNAVAILABLE"')


@dataclass(slots=True)
class Found:
    """What a run came to."""

    statuses: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    faults: list[str] = field(default_factory=list)


async def fuzz(port: int, requests: Requests, count: int, *, lines: int = 12) -> Found:
    """Send so many requests, a few at a time."""
    found = Found()
    left = iter(range(count))

    async def line() -> None:
        kept: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        for _ in left:
            sent = requests.next()
            if sent.alone:
                received = await _alone(port, sent)
            else:
                kept = kept or await asyncio.open_connection(HOST, port)
                received, lasts = await _in_turn(*kept, sent)
                if not lasts:
                    kept[1].close()
                    kept = None
            _count(found, sent, received)
            requests.documents.learn(received)
        if kept is not None:
            kept[1].close()

    await asyncio.gather(*(line() for _ in range(lines)))
    return found


def _count(found: Found, sent: Sent, received: bytes) -> None:
    status = received[9:12].decode("latin-1") if received.startswith(b"HTTP/1.1 ") else "none"
    found.kinds[sent.kind] += 1
    found.statuses[status] += 1
    found.codes.update(code.decode() for code in set(_CODE.findall(received)))
    found.answered += b'"data":{' in received
    silent = status == "none" and not sent.alone
    if (status.startswith("5") or silent or any(fault in _NOT_YET.sub(b"", received) for fault in FAULTS)) and len(
        found.faults
    ) < 20:
        found.faults.append(f"{sent.kind}: {sent.data!r}\n  -> {received[:2_000]!r}")


async def _in_turn(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: Sent) -> tuple[bytes, bool]:
    """Send one request of several on a connection; tell what came, and whether the connection lasts."""
    try:
        async with asyncio.timeout(REPLY_SECONDS_MAX):
            writer.write(sent.data)
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length.group(1))) if length else b""
    except (OSError, asyncio.IncompleteReadError, TimeoutError):
        return b"", False
    return head + body, b"connection: close" not in head.lower()


async def _alone(port: int, sent: Sent) -> bytes:
    """Send bytes, say that no more come, and return all that comes back; a connection cut short is an answer too."""
    received = b""
    reader, writer = await asyncio.open_connection(HOST, port)
    with contextlib.suppress(OSError):
        writer.write(sent.data)
        if writer.can_write_eof():
            writer.write_eof()
        async with asyncio.timeout(REPLY_SECONDS_MAX):
            while part := await reader.read(65_536):
                received += part
    writer.close()
    return received
