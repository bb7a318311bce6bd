"""The requests a scripted upstream got, and how it reads them off a socket.

HTTP/1.1 as clients send it: a body with a length or in chunks, one request after another.
Not here: answering (`scripted_upstream`).
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class End(Enum):
    """What became of an answer."""

    COMPLETE = "all of it was sent"
    ABORTED = "the client went away before its end"
    BROKEN_OFF = "the script ended it early"


@dataclass(slots=True)
class Request:
    """One request as it came, and what became of its answer.

    `number` counts from 1 in the order of arrival, `connection` counts connections. `headers` have
    lower-case names. `json` is the parsed body, None where it is no JSON. `sent` is the number of body
    bytes that the client's side has taken so far; `end` is None while the answer goes on.
    """

    number: int
    connection: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    sent: int = 0
    end: End | None = None
    json: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        try:
            self.json = json.loads(self.body)
        except ValueError:
            self.json = None

    @property
    def aborted(self) -> bool:
        """Whether the client went away before the answer's end."""
        return self.end is End.ABORTED

    def __str__(self) -> str:
        ended = self.end.value if self.end else "its answer goes on"
        return f"{self.number}. {self.method} {self.path}: {ended}"


@dataclass(frozen=True, slots=True)
class Head:
    """A request without its number: what stands on the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


async def read_request(reader: asyncio.StreamReader, prefix: bytes) -> Head | None:
    """The next request of a connection, None where the client closed it in between.

    `prefix` is what was already read of it. Raises `asyncio.IncompleteReadError` where it breaks off.
    """
    line = prefix + await reader.readline()
    if not line.strip():
        return None
    method, path, _ = line.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (header := (await reader.readline()).strip()) != b"":
        name, _, value = header.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return Head(method, path, headers, await _read_body(reader, headers))


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if "chunked" not in headers.get("transfer-encoding", ""):
        return await reader.readexactly(int(headers.get("content-length", "0")))
    chunks = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        chunks.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(chunks)
