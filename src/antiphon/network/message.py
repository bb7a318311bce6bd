"""A request as bytes: its head, and where it goes. Pure.

Not here: sending it (`network.py`). Source: RFC 9112 section 3, RFC 9110 section 7.2.
"""

import base64
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from antiphon.errors import InvalidRequest
from antiphon.transport import HttpRequest

PORTS = {"http": 80, "https": 443}
_UNFIT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PLAIN = re.compile(r"[\x21-\x7e]+")
_KEPT = "%/:?#[]@!$&'()*+,;=~-._"


class Origin(NamedTuple):
    """Where connections go to; kept apart by the upstream they are for, and whether the address was checked."""

    upstream: str
    scheme: str
    host: str
    port: int
    public: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """What an URL says: the origin without its upstream, the Host header, the request's target, a user if one is."""

    scheme: str
    host: str
    port: int
    shown_host: str
    target: str
    basic: str | None


@lru_cache(maxsize=256)
def address_of(url: str) -> Address:
    """Read an URL. Raises `InvalidRequest` for one that isn't http(s) with a host."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
        ascii_host = host if host is None or host.isascii() else host.encode("idna").decode()
    except ValueError as error:
        raise InvalidRequest(f"This isn't an address: {error}.") from error
    if parts.scheme not in PORTS or not ascii_host:
        raise InvalidRequest("An address must begin with http:// or https:// and name a host.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not _PLAIN.fullmatch(target):
        target = quote(target, safe=_KEPT)
    shown = f"[{ascii_host}]" if ":" in ascii_host else ascii_host
    if port is not None and port != PORTS[parts.scheme]:
        shown = f"{shown}:{port}"
    basic = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        basic = "Basic " + base64.b64encode(pair.encode()).decode()
    return Address(parts.scheme, ascii_host, port or PORTS[parts.scheme], shown, target, basic)


def origin_of(request: HttpRequest) -> Origin:
    """Where a request goes. Raises `InvalidRequest`."""
    address = address_of(request.url)
    return Origin(request.upstream, address.scheme, address.host, address.port, request.public)


def head_of(request: HttpRequest) -> bytes:
    """The request line and headers. Raises `InvalidRequest` for a header that would break out of its line."""
    address = address_of(request.url)
    headers = {"host": address.shown_host, "accept": "*/*", "accept-encoding": "identity"}
    if address.basic is not None:
        headers["authorization"] = address.basic
    headers |= request.headers
    if request.body or request.method not in ("GET", "HEAD", "DELETE", "OPTIONS"):
        headers["content-length"] = str(len(request.body))
    lines = [f"{request.method} {address.target} HTTP/1.1"]
    for name, value in headers.items():
        # What is printable is fit, and cheaper to find out.
        if not _is_name(name) or not (value.isprintable() or _UNFIT.search(value) is None):
            raise InvalidRequest(f"The header {name!r} holds characters that HTTP doesn't allow in a header.")
        lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")


@lru_cache(maxsize=256)
def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None
