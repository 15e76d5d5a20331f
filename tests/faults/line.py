"""A connection of its own for one request: sent in full or in part, and left whenever a test wants to."""

import asyncio
import json
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

import httpx

from tests.faults.client import ACCEPT, Client, Command, Reply, document

REPLY_SECONDS_MAX = 60


@dataclass(slots=True)
class Line:
    """One request on its way."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, url: str, sent: bytes) -> Self:
        """Connect and send; return once the bytes have left."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(sent)
        await writer.drain()
        return cls(reader, writer)

    async def reply(self) -> Reply:
        """Read the response to its end."""
        async with asyncio.timeout(REPLY_SECONDS_MAX):
            received = await self.reader.read()
        await self.hang_up()
        head, _, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("ascii").split("\r\n")
        headers = httpx.Headers([(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)])
        return Reply(int(first.split(" ")[1]), headers, json.loads(body))

    async def hang_up(self, *, rudely: bool = False) -> None:
        """Close the connection; rudely, with a reset."""
        if rudely:
            linger = struct.pack("ii", 1, 0)
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.close()
        await self.writer.wait_closed()


def request_of(teller: Client, command: Command) -> bytes:
    """A command as bytes, with a response that ends with the connection."""
    body = json.dumps({"query": document(command.verb), "variables": {"input": command.terms}}).encode()
    return head_of(teller, len(body)) + body


def head_of(teller: Client, length: int) -> bytes:
    """The line and the headers of a request with a body of this length."""
    lines = (
        "POST /graphql HTTP/1.1",
        "Host: test",
        "Connection: close",
        f"Authorization: Bearer {teller.key}",
        f"Accept: {ACCEPT}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def begin(teller: Client, commands: Sequence[Command]) -> list[Line]:
    """Send commands, each on a connection of its own, without waiting for anything."""
    return [await Line.open(teller.urls[0], request_of(teller, command)) for command in commands]


async def begin_and_be_read(teller: Client, commands: Sequence[Command]) -> list[Line]:
    """Send commands, each on a connection of its own, and return once the server has read them all."""
    lines = await begin(teller, commands)
    # The server's loop takes one new connection a turn, and none of these is answered in less than a turn.
    for _ in commands:
        await teller.post("{ viewer { sequence } }")
    return lines
