"""Promises against those who spin things out: every wait ends, every count has a cap, and no answer is mistaken."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from app.http.protocol import REFUSED_PAUSE_SECONDS
from tests.http.test_server import ACT, Running, refusal_of, running

SHORT = {
    "header_seconds_max": 0.6,
    "body_seconds_max": 0.3,
    "idle_seconds_max": 1,
    "write_seconds_max": 0.6,
}
PATIENCE_SECONDS = 15.0


@contextmanager
def connected(server: Running, *, receive_bytes: int | None = None) -> Iterator[socket.socket]:
    with socket.socket() as connection:
        if receive_bytes is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.settimeout(PATIENCE_SECONDS)
        connection.connect(("127.0.0.1", server.port))
        yield connection


def read_to_the_end(connection: socket.socket) -> bytes:
    received = b""
    try:
        while part := connection.recv(65_536):
            received += part
    except ConnectionResetError:
        pass
    return received


def trickle(connection: socket.socket, piece: bytes, *, every: float = 0.05) -> bytes:
    """Send a piece again and again until the server has had enough; return what it said."""
    ends = time.monotonic() + PATIENCE_SECONDS
    connection.settimeout(every)
    received = b""
    while time.monotonic() < ends:
        try:
            connection.sendall(piece)
            part = connection.recv(65_536)
        except TimeoutError:
            continue
        except OSError:
            return received
        if not part:
            return received
        received += part
    raise AssertionError("the connection is still open")


def post(
    server: Running, query: str, *, key: str | None = None, variables: object = None, close: bool = False
) -> bytes:
    body = json.dumps({"query": query, "variables": variables}).encode()
    head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key or server.key}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + (b"Connection: close\r\n" if close else b"") + b"\r\n" + body


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(**SHORT) as started:
        yield started


BEGINNINGS = {
    "nothing at all": (b"", b""),
    "empty lines": (b"", b"\r\n"),
    "headers, one by one": (b"GET /livez HTTP/1.1\r\n", b"X-A: b\r\n"),
    "a header, letter by letter": (b"GET /livez HTTP/1.1\r\nX-A: ", b"b"),
    "an address, letter by letter": (b"GET /", b"a"),
}


@pytest.mark.parametrize("name", BEGINNINGS)
def test_headers_that_trickle_are_cut_off(name: str, server: Running) -> None:
    beginning, piece = BEGINNINGS[name]
    with connected(server) as connection:
        connection.sendall(beginning)
        assert trickle(connection, piece) == b""


@pytest.mark.parametrize("key", ["good", "bad"])
@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_that_trickles_is_cut_off_whether_or_not_it_is_read(key: str, chunked: bool, server: Running) -> None:
    length = "Transfer-Encoding: chunked" if chunked else "Content-Length: 100000"
    head = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += f"Authorization: Bearer {server.key if key == 'good' else 'spd_nothing'}\r\n{length}\r\n\r\n"
    with connected(server) as connection:
        connection.sendall(head.encode())
        received = trickle(connection, b"1\r\n \r\n" if chunked else b" ")
    assert received.startswith(b"HTTP/1.1 408 " if key == "good" else b"HTTP/1.1 401 ")


@pytest.mark.parametrize("piece", [b"", b"\r\n"])
def test_a_connection_that_idles_after_its_request_is_closed(piece: bytes, server: Running) -> None:
    with connected(server) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert trickle(connection, piece).count(b"HTTP/1.1 200 OK") == 1


def test_who_does_not_read_is_cut_off(server: Running) -> None:
    query = "query($i:[ID!]!){" + " ".join(f"a{n}:nodeList(ids:$i)" for n in range(20)) + "}"
    given = {"i": ["x" * 150] * 5_000}
    with connected(server, receive_bytes=4_096) as connection:
        connection.sendall(post(server, query, variables=given))
        assert connection.recv(1) == b"H"
        time.sleep(3 * SHORT["write_seconds_max"])
        received = read_to_the_end(connection)
    length = int(received.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    assert len(received) < length


def test_requests_in_a_row_are_answered_in_order_and_too_many_are_not_taken(server: Running) -> None:
    names = [f"q{number}" for number in range(12)]
    asked = b"".join(post(server, f'{{ hello(name: "{name}") }}', close=name == names[-1]) for name in names)
    with connected(server) as connection:
        connection.sendall(asked)
        received = read_to_the_end(connection).decode()
    places = [received.index(f"hello {name}") for name in names]
    assert places == sorted(places)
    with connected(server) as connection:
        connection.sendall(post(server, "{ slow }") + b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" * 64)
        assert read_to_the_end(connection) == b""


def test_what_is_wrong_behind_a_request_is_no_answer_to_it(server: Running) -> None:
    with connected(server) as connection:
        connection.sendall(post(server, ACT) + b"\x16\x03\x01 nonsense\r\n\r\n")
        received = read_to_the_end(connection)
    assert received.count(b"HTTP/1.1 ") == 1
    assert b'{"data":{"act":"1 EUR"}' in received


@pytest.mark.parametrize(
    "behind",
    [
        # A request whose headers are whole and whose body is nonsense; one that is whole, and nonsense after it.
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n\x16\x03\x01 nonsense\r\n\r\n",
    ],
)
def test_what_is_wrong_behind_others_is_no_answer_to_the_one_that_runs(behind: bytes) -> None:
    with running(header_seconds_max=20, body_seconds_max=20, idle_seconds_max=20) as server:
        with connected(server) as connection:
            connection.sendall(post(server, ACT) + behind)
            began = time.monotonic()
            received = read_to_the_end(connection)
        assert time.monotonic() - began < 10, "the connection is closed after the answer, not when it has idled"
    assert received.count(b"HTTP/1.1 ") == 1
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b'{"data":{"act":"1 EUR"}' in received


def test_a_body_that_breaks_off_is_refused_and_not_done(server: Running) -> None:
    head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\n"
    head += 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"que\r\nZZZ\r\n'
    with connected(server) as connection:
        connection.sendall(head.encode())
        assert refusal_of(read_to_the_end(connection)) == (400, "BAD_USER_INPUT")


def test_a_late_request_behind_another_does_not_cost_the_other_its_answer() -> None:
    with running(header_seconds_max=0.2, body_seconds_max=0.2) as server, connected(server) as connection:
        connection.sendall(post(server, "{ slow }") + b"GET /livez HTTP/1.1\r\n")
        assert b"at last" in read_to_the_end(connection)


def test_connections_over_the_cap_are_told_so_and_the_others_served() -> None:
    with running(connections_max=8, client_connections_max=8) as server, ExitStack() as stack:
        held = [stack.enter_context(connected(server)) for _ in range(8)]
        for connection in held:
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK")
        with connected(server) as refused:
            refused.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            received = read_to_the_end(refused)
        assert refusal_of(received) == (503, "OVERLOADED")
        assert b"retry-after: 1\r\n" in received
        held[0].close()
        assert _comes_in(server)


def test_one_client_cannot_take_all_connections() -> None:
    with running(client_connections_max=4) as server, ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(connected(server)).sendall(b"GET /")
        time.sleep(0.1)
        with connected(server) as refused:
            refused.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            assert refusal_of(read_to_the_end(refused)) == (503, "OVERLOADED")
        with socket.create_connection(("127.0.0.1", server.port), 5, source_address=("127.0.0.2", 0)) as other:
            other.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert read_to_the_end(other).startswith(b"HTTP/1.1 200 OK")


def test_behind_a_trusted_proxy_requests_are_counted_by_whom_they_come_from() -> None:
    with running(client_connections_max=2, trusted_proxies="127.0.0.1") as server, ExitStack() as stack:
        slow = post(server, "{ slow }").replace(b"\r\n", b"\r\nX-Forwarded-For: 203.0.113.7\r\n", 1)
        for _ in range(2):
            stack.enter_context(connected(server)).sendall(slow)
        time.sleep(0.3)

        def asked(client: str) -> httpx.Response:
            headers = {"X-Forwarded-For": client, "Authorization": f"Bearer {server.key}"}
            return httpx.post(f"{server.url}/graphql", json={"query": "{ hello }"}, headers=headers)

        assert asked("203.0.113.8").status_code == 200
        refused = asked("203.0.113.7")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")


def test_many_that_never_finish_are_all_cut_off_while_others_are_served(server: Running) -> None:
    with ExitStack() as stack:
        held = [stack.enter_context(connected(server)) for _ in range(200)]
        for connection in held:
            connection.sendall(b"POST /graphql HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        for _ in range(20):
            headers = {"Authorization": f"Bearer {server.key}"}
            answer = httpx.post(f"{server.url}/graphql", json={"query": "{ hello }"}, headers=headers)
            assert answer.json()["data"] == {"hello": "hello you"}
        assert [read_to_the_end(connection) for connection in held] == [b""] * 200


def test_who_was_refused_is_not_read_for_a_moment() -> None:
    with running(requests_in_flight_max=1) as server, ExitStack() as stack:
        stack.enter_context(connected(server)).sendall(post(server, "{ slow }"))
        time.sleep(0.2)
        hasty = stack.enter_context(connected(server))
        refused, ends = 0, time.monotonic() + 2.0
        while time.monotonic() < ends:
            hasty.sendall(post(server, "{ hello }"))
            received = b""
            while not received.endswith(b"}]}"):
                received += hasty.recv(65_536)
            assert received.startswith(b"HTTP/1.1 503 ")
            refused += 1
    assert 1 < refused <= 1 + 2.0 / REFUSED_PAUSE_SECONDS + 1


def _comes_in(server: Running) -> bool:
    """Whether there is room again, which the server learns in its own time."""
    for _ in range(100):
        with connected(server) as connection:
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            if read_to_the_end(connection).startswith(b"HTTP/1.1 200 OK"):
                return True
        time.sleep(0.02)
    return False
