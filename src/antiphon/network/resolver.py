"""From a host to the IP addresses that are connected to, checked where only public ones may be.

What is checked here is what is dialled: a name that resolves differently a moment later changes nothing. Not here: how
an address is written (`reach.py`). Counterpart: `network.py`.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

from antiphon.network.addresses import public_address
from antiphon.network.message import Origin
from antiphon.network.reach import not_public

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Gives the IP addresses of a name, for a port, best first. Raises `OSError`."""


async def system_resolve(host: str, port: int) -> list[str]:
    """As this machine resolves names, in its order. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, "the name has a label that is too long or empty") from error
    return [str(address[4][0]) for address in found]


async def addresses_of(origin: Origin, resolve: Resolve) -> list[str]:
    """The IP addresses of an origin. Raises `OSError`; `AddressRefused` where one isn't public that must be."""
    try:
        found = [str(ip_address(origin.host))]
    except ValueError:
        found = list(dict.fromkeys(await resolve(origin.host, origin.port)))
    if origin.public and not all(public_address(ip_address(address)) for address in found):
        raise not_public()
    return found
