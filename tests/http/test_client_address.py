"""Promises of the client's address: only what a trusted proxy says of it is believed."""

import pytest

from app.http.client_address import Proxies, neighbourhood

TRUSTED = ("10.0.0.0/8", "2001:db8::1")

CASES: list[tuple[str, list[str], str]] = [
    ("203.0.113.9", [], "203.0.113.9"),
    ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
    ("10.0.0.1", [], "10.0.0.1"),
    ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
    ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
    ("10.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
    ("10.0.0.1", ["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
    ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
    ("10.0.0.1", ["198.51.100.1, nonsense"], "10.0.0.1"),
    ("10.0.0.1", ["198.51.100.1, nonsense, 10.0.0.2"], "10.0.0.2"),
    ("10.0.0.1", [""], "10.0.0.1"),
    ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
    ("10.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
    ("2001:db8::1", ["2001:DB8:0::7"], "2001:db8::7"),
    ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
    ("::ffff:203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
    ("10.0.0.1", [", ".join(["6.6.6.6"] + ["10.0.0.2"] * 100)], "10.0.0.2"),
    ("unknown", ["198.51.100.1"], "unknown"),
]


@pytest.mark.parametrize(("peer", "forwarded", "client"), CASES)
def test_the_client_is_who_the_last_proxy_that_is_trusted_names(peer: str, forwarded: list[str], client: str) -> None:
    assert Proxies(TRUSTED).client_of(peer, forwarded) == client


def test_nobody_is_trusted_unless_named() -> None:
    assert Proxies(()).client_of("127.0.0.1", ["198.51.100.1"]) == "127.0.0.1"
    assert not Proxies(()).trusts("127.0.0.1")


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff::", "2001:db8:0:1::/64"),
        ("unknown", "unknown"),
    ],
)
def test_whoever_has_one_address_of_a_64_has_all_of_them(address: str, client: str) -> None:
    assert neighbourhood(address) == client
