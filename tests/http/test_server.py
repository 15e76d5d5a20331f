"""Promises of the server: bounded before anything is parsed, drained on SIGTERM, one sentence where it cannot start."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.http.server import ServeError, listen

ROOT = Path(__file__).parents[2]
ACT = 'mutation { act(input: { idempotencyKey: "k", amount: { amount: "1", currency: "EUR" } }) }'


@dataclass
class Running:
    process: "subprocess.Popen[str]"
    port: int
    key: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def speak(self, sent: bytes, *, seconds: float = 10) -> bytes:
        """Send bytes as they are and return all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(sent)
            received = b""
            while part := connection.recv(65_536):
                received += part
            return received

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, Any, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, json.loads(out) if out else None, err


def start(**chosen: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.http.serving", json.dumps({"port": 0} | chosen)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def running(**chosen: object) -> Iterator[Running]:
    process = start(**chosen)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, process.communicate()
        _, port, key = json.loads(line)
        yield Running(process, port, key)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()


def refusal_of(received: bytes) -> tuple[int, str]:
    head, _, body = received.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    assert b"application/json" in head
    assert b"x-content-type-options: nosniff" in head
    assert b"frame-ancestors 'none'" in head
    return status, json.loads(body)["errors"][0]["extensions"]["code"]


def test_what_is_no_http_or_too_much_of_it_is_refused_as_json() -> None:
    with running(header_bytes_max=8_192, header_seconds_max=0.5, body_seconds_max=0.5) as server:
        assert refusal_of(server.speak(b"\x16\x03\x01\x02\x00\x01\r\n\r\n")) == (400, "BAD_USER_INPUT")
        long = b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 70_000 + b"\r\n\r\n"
        assert refusal_of(server.speak(long)) == (400, "BAD_USER_INPUT")
        many = b"GET /livez HTTP/1.1\r\n" + b"A: b\r\n" * 20_000 + b"\r\n"
        assert refusal_of(server.speak(many)) == (400, "BAD_USER_INPUT")
        began = time.monotonic()
        assert server.speak(b"GET /livez HTTP/1.1\r\nHost:") == b"", "headers that never end"
        assert server.speak(b"") == b"", "a caller who says nothing"
        assert time.monotonic() - began < 5
        slow = f"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\n"
        slow += "Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        assert refusal_of(server.speak(slow.encode())) == (408, "BAD_USER_INPUT")
        upgrade = "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
        upgrade += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        assert refusal_of(server.speak(upgrade.encode()))[0] in {400, 401}
        assert httpx.get(f"{server.url}/livez").status_code == 200
        code, log, errors = server.stop()
        assert (code, log) == (0, ["started", "drained", "acted 0"])
        assert {json.loads(line)["event"] for line in errors.splitlines()} == {"request"}


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_of_20_mb_is_refused_with_413(chunked: bool) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(320):
            yield b" " * 65_536

    with running() as server:
        headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
        content = chunks() if chunked else b" " * 20_971_520
        response = httpx.post(f"{server.url}/graphql", content=content, headers=headers)
        assert response.status_code == 413
        assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert "server" not in response.headers


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_waits_for_what_was_accepted(number: int) -> None:
    with running() as server:
        body = json.dumps({"query": ACT}).encode()
        head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\nConnection: close\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(head.encode() + body)
            time.sleep(0.02)
            server.process.send_signal(number)
            received = b""
            while part := connection.recv(65_536):
                received += part
        out, _ = server.process.communicate(timeout=30)
        assert b'{"data":{"act":"1 EUR"},' in received
        assert json.loads(out)[-2:] == ["drained", "acted 1"]
        assert server.process.returncode == 0


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"refuses_to_start": True}, "The database cannot be reached."),
        ({"breaks_at_start": True}, "Unexpected error, see the log for err_"),
        ({"host": "192.0.2.1"}, "Cannot listen on 192.0.2.1:0: cannot assign requested address."),
    ],
)
def test_a_server_that_cannot_start_says_why_in_one_sentence(chosen: dict[str, object], sentence: str) -> None:
    process = start(**chosen)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert err.splitlines()[-1].startswith(sentence)
    if "breaks_at_start" not in chosen:
        assert err.splitlines() == [sentence]


def test_a_taken_port_is_told() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(ServeError, match="address already in use"):
        listen("127.0.0.1", taken.getsockname()[1])
