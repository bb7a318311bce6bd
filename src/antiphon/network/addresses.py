"""Which IP addresses and names belong to the public internet. Pure.

The ranges stand here as a table of our own, since what Python calls global differs between its versions. Not here:
URLs (`reach.py`) and what a name resolves to (`resolver.py`). Source: the IANA registries of special-purpose addresses
(RFC 6890), RFC 4291, RFC 6052, RFC 3056, RFC 4380, RFC 5214.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_NOT_PUBLIC_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
            "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            # A cloud's own service for its machines, under an address that looks public.
            "168.63.129.16/32",
        ),
    )
)  # fmt: skip

_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20", "2620:4f:8000::/48")))

# Networks in which an IPv4 address stands, and how many bits follow it.
_EMBEDDING = (
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("::ffff:0:0:0/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("2002::/16"), 80),
)
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})

PRIVATE_ENDINGS = frozenset(
    {"localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "localdomain"}
    | {"home.arpa", "in-addr.arpa", "ip6.arpa", "onion", "test", "invalid"}
)
"""Ends of names that no public server has."""

_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)+")


def public_host(host: str) -> bool:
    """Whether a host, as it is written in an address, may be a public server.

    An IP address must be a public one in its usual spelling: `2130706433`, `0x7f.1` and `127.1` are other ways to
    write one, which some resolvers understand. A name must have a dot and no private end; what it resolves to is
    known later.
    """
    name = host.lower().removesuffix(".")
    try:
        return public_address(ip_address(name))
    except ValueError:
        return bool(_NAME.fullmatch(name)) and not (_NUMBER.fullmatch(name.rpartition(".")[2]) or _private_name(name))


def public_address(address: IPv4Address | IPv6Address) -> bool:
    """Whether an IP address belongs to the public internet, and so does the IPv4 address that it may hold."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    inner = _inner(address)
    if inner is not None:
        return public_address(inner)
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to: by mapping, translation (NAT64), 6to4, or ISATAP."""
    number = int(address)
    for network, behind in _EMBEDDING:
        if address in network:
            return IPv4Address(number >> behind & 0xFFFFFFFF)
    if number >> 32 & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(number & 0xFFFFFFFF)
    return None


def _private_name(name: str) -> bool:
    labels = name.split(".")
    return not PRIVATE_ENDINGS.isdisjoint((labels[-1], ".".join(labels[-2:])))
