"""Which addresses a request may send this server to: not into its own network, unless the operator allows it.

An address is judged as it is written. Not here: what a name resolves to, which only the connection knows, and
who sets `allow_private` (the server). Counterpart: `mcp.py`, which connects.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

# Names that no public server has.
_PRIVATE_ENDINGS = ("localhost", "local", "internal", "lan", "home.arpa", "localdomain")


def allowed_address(url: str, *, allow_private: bool) -> bool:
    """Whether `url` (http or https) may be called.

    Without `allow_private` it may not name this machine or a network that isn't public: loopback, private,
    link-local (where clouds keep their credentials), shared and reserved ranges, in each way of writing them, and
    names without a dot or of a private kind.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not host:
        return False
    if allow_private:
        return True
    address = _address(host)
    return _public_name(host) if address is None else _public(address)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a host is written as; None for a name."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        # The system's resolver also takes 127.1, 2130706433 and 0x7f.0.0.1.
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def _public(address: IPv4Address | IPv6Address) -> bool:
    inner = _inner(address) if isinstance(address, IPv6Address) else None
    return address.is_global and not address.is_multicast and (inner is None or _public(inner))


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to, by mapping, 6to4 or NAT64."""
    if address.packed.startswith(bytes.fromhex("0064ff9b0000000000000000")):
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour


def _public_name(host: str) -> bool:
    labels = host.lower().split(".")
    return len(labels) > 1 and not any(
        labels[-len(ending.split(".")) :] == ending.split(".") for ending in _PRIVATE_ENDINGS
    )
