"""Client address: from where a request comes, told by those proxies alone that the operator trusts."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network
Address: TypeAlias = IPv4Address | IPv6Address

UNKNOWN: Final = "unknown"
_HOPS_MAX: Final = 16
_NEIGHBOURS_BITS: Final = 64


class Proxies:
    """The proxies in front of the server; what anyone else says about where it comes from counts for nothing."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted: Sequence[Network] = tuple(ip_network(text) for text in trusted)

    def trusts(self, address: str) -> bool:
        """Whether an address is that of a trusted proxy."""
        read = _read(address) if self._trusted else None
        return read is not None and any(read in network for network in self._trusted)

    def client_of(self, peer: str, forwarded: Sequence[str]) -> str:
        """Return the address that a request comes from, given its peer and its X-Forwarded-For headers.

        That is the peer, or where it is trusted the last address it named, and so on from proxy to proxy.
        """
        client = peer
        if forwarded and self.trusts(client):
            # Each proxy appends the address that spoke to it, so that only the end can be believed.
            for text in reversed(",".join(forwarded).rsplit(",", _HOPS_MAX)[-_HOPS_MAX:]):
                read = _read(text.strip())
                if read is None:
                    break
                client = str(read)
                if not self.trusts(client):
                    break
        read = _read(client)
        return client if read is None else str(read)


@lru_cache(maxsize=4_096)
def neighbourhood(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 that an IPv6 address lies in."""
    read = _read(address)
    if isinstance(read, IPv6Address):
        return str(IPv6Network((read, _NEIGHBOURS_BITS), strict=False))
    return address


@lru_cache(maxsize=4_096)
def _read(text: str) -> Address | None:
    """Read an address, with a port or without; one of IPv4 written as IPv6 is the IPv4 address."""
    host = text.removeprefix("[").partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        read = ip_address(host)
    except ValueError:
        return None
    return read.ipv4_mapped or read if isinstance(read, IPv6Address) else read
