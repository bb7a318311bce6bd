"""The way out for addresses that a client names: files, pictures, pages, webhooks. One door for all of them.

Each request is checked as it is written, goes out marked `public` where it must, so that the network checks what the
name resolves to and connects to that; each redirect is checked in the same way; size and time are bounded. No header
of a client goes out but those that its caller names. Not here: upstreams of the operator, MCP sessions (which send by
themselves, and mark their requests by the same `Reach`).
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from msgspec.structs import replace

from antiphon.errors import FetchFailed, UpstreamFault, UpstreamTimeout
from antiphon.network.reach import Reach
from antiphon.transport import HttpAnswer, HttpRequest, Transport, coding_of

MIB = 1024 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SUCCESS = range(200, 300)
USER_AGENT = "antiphon"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds for all of it, bytes of the body, and how many redirects are followed."""

    seconds: float = 30.0
    most_bytes: int = 32 * MIB
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was at an address; `url` is where it was in the end. `headers` have lower-case names."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def media(self) -> str:
        """Its media type without parameters, in lower case; empty where the server says none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Outward:
    """A `Transport` for requests to addresses that clients name, and `fetch` for what is to be had from one.

    `transport` is the network, or the cassette before it. `reach` is asked each time: a server may get its first key
    while it runs.
    """

    def __init__(self, transport: Transport, reach: Callable[[], Reach]) -> None:
        self._transport = transport
        self._reach = reach

    @property
    def reach(self) -> Reach:
        """How far a client's addresses reach now."""
        return self._reach()

    def check(self, url: str) -> None:
        """Raise `AddressRefused` for an address that may not be called, as far as its writing tells."""
        self.reach.check(url)

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """As `Transport.send`, which follows no redirect. Raises `AddressRefused`."""
        reach = self.reach
        reach.check(request.url)
        return await self._transport.send(replace(request, public=not reach.private))

    async def close(self) -> None:
        """The transport is its owner's to close."""

    async def fetch(
        self, url: str, upstream: str, *, scope: str = "", accept: str = "*/*", bounds: Bounds | None = None
    ) -> Fetched:
        """What is at an address, redirects followed.

        `upstream` is what such calls are named on a cassette, `scope` the test they are made for. Raises
        `AddressRefused`, `FetchFailed`, and faults of a cassette.
        """
        bounds = bounds or Bounds()
        request = HttpRequest("GET", url, upstream, {"accept": accept, "user-agent": USER_AGENT}, scope=scope)
        try:
            async with asyncio.timeout(bounds.seconds):
                return await self._followed(request, bounds)
        except (TimeoutError, UpstreamTimeout):
            raise FetchFailed(f"{shown(url)} took longer than {bounds.seconds:g} s.") from None
        except UpstreamFault:
            raise FetchFailed(f"{shown(url)} can't be reached, or broke its answer off.") from None

    async def _followed(self, request: HttpRequest, bounds: Bounds) -> Fetched:
        for _ in range(bounds.redirects + 1):
            answer = await self.send(request)
            try:
                location = answer.headers.get("location")
                if answer.status not in REDIRECTS or not location:
                    return await _read(request, answer, bounds)
            finally:
                await answer.close()
            request = replace(request, url=_next(request.url, location))
        raise FetchFailed(f"{shown(request.url)} was reached by more than {bounds.redirects} redirects.")


def shown(url: str) -> str:
    """An address in a message: without what may be secret of it."""
    parts = urlsplit(url)
    return f"'{parts._replace(netloc=parts.netloc.rpartition('@')[2], query='', fragment='').geturl()}'"


def _next(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise FetchFailed(f"{shown(url)} redirects to what isn't an address.") from None


async def _read(request: HttpRequest, answer: HttpAnswer, bounds: Bounds) -> Fetched:
    """The whole of an answer that is what was asked for. Raises `FetchFailed`."""
    if answer.status not in SUCCESS:
        raise FetchFailed(f"{shown(request.url)} answered with status {answer.status}.")
    if coding_of(answer.headers):
        raise FetchFailed(f"{shown(request.url)} compressed its answer though it was asked not to.")
    declared = answer.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > bounds.most_bytes:
        raise _too_large(request, bounds)
    parts: list[bytes] = []
    size = 0
    async for data in answer.chunks():
        size += len(data)
        if size > bounds.most_bytes:
            raise _too_large(request, bounds)
        parts.append(data)
    return Fetched(request.url, answer.headers, b"".join(parts))


def _too_large(request: HttpRequest, bounds: Bounds) -> FetchFailed:
    return FetchFailed(f"{shown(request.url)} has more than {bounds.most_bytes // MIB} MiB.")
