"""The one door to the outside: a `Transport` sends a request and hands back the answer as it arrives.

Everything that leaves this process goes through one `Transport`: the real one is `network/`, and a cassette is
another wrapped round it (`cassettes/transport.py`). Not here: SSE, retries, JSON (`upstream/`).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for a connection, for the status line, and between two reads of a body."""

    connect: float = 10.0
    first_byte: float = 300.0
    idle: float = 300.0


class HttpRequest(msgspec.Struct, frozen=True):
    """One call to the outside.

    `upstream` is the name under which the target is known (`ollama`), `url` the full address,
    `headers` have lower-case names. `scope` names the test it is made for, empty for none; `path` is what a
    cassette compares, where that isn't the path of `url`. `public` says that a client named the address, and only the
    public internet may be reached; it isn't recorded.
    """

    method: str
    url: str
    upstream: str
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    body: bytes = b""
    scope: str = ""
    path: str = ""
    public: bool = False


class HttpAnswer(Protocol):
    """An answer whose status line has come and whose body is still arriving."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers with lower-case names."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body, one item per read, never empty.

        Raises `UpstreamCut` when the connection ends early and `UpstreamTimeout` when it falls silent.
        """
        ...

    async def close(self) -> None:
        """Give the connection back, or drop it if the body wasn't read to its end. May be called twice."""
        ...


def coding_of(headers: Mapping[str, str]) -> str:
    """How a body is compressed, in lower case; empty where it isn't. Some servers say so of every body."""
    coding = headers.get("content-encoding", "").strip().lower()
    return "" if coding == "identity" else coding


HandOver = Callable[[Callable[[bytes], bool]], Awaitable[None]]
"""What an `HttpAnswer` has as `hand_over` that can be read without a task being woken for each read.

It has `take` called with the body, read by read, where it arrives; that must not wait. Over when `take` gives False,
and when the end or a fault has come: `chunks` goes on from there. Raises what `take` raises. Cancel it, and `take` is
called no more.
"""


class Transport(Protocol):
    """Sends requests. One object serves the whole process."""

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """Send and wait for the status line.

        Raises `UpstreamUnavailable` when no connection could be made or it ended before its status
        line (its `__cause__` is a `ConnectionRefusedError` when nothing listened there),
        `UpstreamTimeout` when it took too long, `CassetteMiss` in replay, `AddressRefused` for a `public` request that
        leads elsewhere.
        """
        ...

    async def close(self) -> None:
        """Close all pooled connections."""
        ...
