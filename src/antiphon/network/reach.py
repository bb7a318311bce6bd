"""How far an address that a client names may reach: only the public internet, or this server's own network too.

An address is judged as it is written. Not here: what its name resolves to (`resolver.py`), which `Network` asks when it
connects; who sends (`outward.py`).
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from antiphon.errors import AddressRefused, InvalidRequest
from antiphon.network.addresses import public_host
from antiphon.network.message import address_of

USUAL_PORTS = frozenset({80, 443})
LONGEST = 8192
"""Characters of an address."""

# What a URL can't hold, and what programs read in different ways: `http://public.example\@127.0.0.1/`.
_UNFIT = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class Reach:
    """`private` says whether this machine and its networks may be called, `ports` which ports of public servers.

    No `ports` are all of them.
    """

    private: bool = False
    ports: frozenset[int] | None = USUAL_PORTS

    def check(self, url: str) -> None:
        """Raise `AddressRefused` for an address that may not be called, as far as its writing tells.

        It must be http or https and have a host. Without `private`, moreover: a public address in its usual spelling
        or a name of a public kind, a port of `ports`, and neither user nor password.
        """
        if len(url) > LONGEST or _UNFIT.search(url):
            raise AddressRefused("This isn't an address: it is too long, or holds characters that no address has.")
        try:
            address = address_of(url)
        except InvalidRequest as fault:
            raise AddressRefused(fault.message) from None
        if self.private:
            return
        if "@" in urlsplit(url).netloc:
            raise AddressRefused("An address with a user or password isn't called.")
        if not public_host(address.host):
            raise not_public()
        if self.ports is not None and address.port not in self.ports:
            known = ", ".join(map(str, sorted(self.ports)))
            raise AddressRefused(f"Port {address.port} isn't called; these are: {known}. Its operator may name others.")

    def allows(self, url: str) -> bool:
        """Whether `check` has nothing to say."""
        try:
            self.check(url)
        except AddressRefused:
            return False
        return True


def not_public() -> AddressRefused:
    """The error for an address of a network that isn't public; which one it is, isn't said."""
    return AddressRefused(
        "This server may not call private addresses. Its operator can allow it with --allow-private-urls."
    )
