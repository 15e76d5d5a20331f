"""Promises of fetching an issuer's keys: over checked TLS, from that address alone, bounded in bytes and time."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.http import issuers

HOST = "127.0.0.1"
KEYS = b'{"keys": []}'
DRIP_SECONDS = 0.05


class _Handler(BaseHTTPRequestHandler):
    """Answers as the path says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]  # see `serving`
        status, headers, body = ANSWERS[self.path.partition("?")[0]]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(OSError):
            if self.path == "/drip":
                for number in range(len(body)):
                    self.wfile.write(body[number : number + 1])
                    time.sleep(DRIP_SECONDS)
            else:
                self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


ANSWERS = MappingProxyType(
    {
        "/": (200, {}, KEYS),
        "/keys": (200, {}, KEYS),
        "/moved": (302, {"Location": "/keys"}, KEYS),
        "/gone": (404, {}, KEYS),
        "/broken": (500, {}, KEYS),
        "/full": (200, {}, b" " * issuers.KEYS_BYTES_MAX),
        "/large": (200, {}, b" " * (issuers.KEYS_BYTES_MAX + 1)),
        "/drip": (200, {}, KEYS * 1_000),
    }
)


def a_certificate(folder: Path) -> Path:
    """A key and a certificate that it signed itself, for the loopback address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "issuer.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file


@contextmanager
def serving(certificate: Path) -> Iterator[tuple[str, list[str]]]:
    """An issuer's server; its address, and the paths that it was asked for."""
    server = ThreadingHTTPServer((HOST, 0), _Handler)
    server.daemon_threads = True
    server.asked = []  # type: ignore[attr-defined]  # the handler's only way to tell
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://{HOST}:{server.server_address[1]}", server.asked  # type: ignore[attr-defined]  # as above
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of the issuer's server."""
    return a_certificate(tmp_path_factory.mktemp("issuer"))


@pytest.fixture
def issuer(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """An issuer's server whose certificate is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(certificate) as served:
        yield served


@pytest.mark.parametrize("path", ["", "/keys", "/keys?version=1", "/full"])
def test_keys_come_from_the_address_that_was_given(issuer: tuple[str, list[str]], path: str) -> None:
    address, asked = issuer
    assert issuers._read(address + path).strip() in {KEYS, b""}
    assert asked == [path or "/"]


@pytest.mark.parametrize("path", ["/moved", "/gone", "/broken", "/large"])
def test_another_answer_brings_none_and_leads_nowhere(issuer: tuple[str, list[str]], path: str) -> None:
    address, asked = issuer
    with pytest.raises(ValueError, match=r"no set of keys|too large"):
        issuers._read(address + path)
    assert asked == [path]


def test_a_server_that_drips_is_left(issuer: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuers, "FETCH_SECONDS_MAX", 20 * DRIP_SECONDS)
    address, _ = issuer
    # What came till then is no JSON, and so no set of keys; all of it would have taken 600 seconds.
    assert len(issuers._read(address + "/drip")) < len(ANSWERS["/drip"][2])


def test_a_certificate_that_nobody_vouches_for_is_not_believed(certificate: Path) -> None:
    with serving(certificate) as (address, asked), pytest.raises(ssl.SSLCertVerificationError):
        issuers._read(address + "/keys")
    assert asked == []
