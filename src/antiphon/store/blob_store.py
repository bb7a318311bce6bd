"""The door to the bytes of files: a `BlobStore` keeps a stream under a name of its own making, and gives it back.

A **blob** is the bytes of a file. Two puts of the same bytes make two blobs: that bytes are kept once for each project
is seen to by the rows (`files.py`), which know each blob's hash. So a blob that is removed is never one that somebody
else is just about to use. Not here: whose a blob is. Counterparts: `local_blobs.py`, `s3_blobs.py`; `filing.py`,
which puts rows and bytes together.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Collection
from typing import Protocol

from msgspec import Struct

from antiphon.errors import StoreFault, TooLarge

PIECE = 1 << 18
"""How many bytes are read or written at a time."""


class Blob(Struct, frozen=True):
    """Bytes that are kept: their SHA-256 (hex), where they are, and how many."""

    hash: str
    place: str
    bytes: int


class Found(Struct, frozen=True):
    """A place in which something lies, and when that was written last (Unix seconds)."""

    place: str
    changed: float


class BlobStore(Protocol):
    """Keeps bytes. All methods raise `StoreFault` when the disk or the service couldn't do it."""

    async def put(self, content: AsyncIterator[bytes], limit: int) -> Blob:
        """Keep a stream; durable when this returns. What was begun is gone again when it raises, or is cancelled.

        Raises `TooLarge` after `limit` bytes, and whatever the stream raises.
        """
        ...

    def open(self, place: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` up to `end`, which isn't among them; up to the last without one.

        Close it where it isn't read to its end.
        """
        ...

    async def delete(self, place: str) -> None:
        """Remove a blob; without effect when it is gone."""
        ...

    def places(self) -> AsyncIterator[Collection[Found]]:
        """Everything there is, some at a time, what was begun and left included."""
        ...

    async def close(self) -> None:
        """Let go of what is open. Nothing may be called afterwards."""
        ...


def too_large(limit: int, param: str | None = None) -> TooLarge:
    """A stream goes on behind its limit."""
    return TooLarge(f"The file is larger than {limit} bytes, the limit of this server.", param=param)


def lost(place: str, where: str) -> StoreFault:
    """A blob isn't where its row says."""
    return StoreFault(
        f"The bytes of this file aren't in {where} any more (looked for {place}). A database that was moved needs its "
        "files moved along with it."
    )


async def pieces(content: AsyncIterator[bytes], size: int = PIECE) -> AsyncIterator[bytes]:
    """The same bytes in pieces of at least `size`, but for the last: each costs a visit to a thread."""
    held: list[bytes] = []
    length = 0
    async for data in content:
        held.append(data)
        length += len(data)
        if length >= size:
            yield b"".join(held)
            held, length = [], 0
    if held:
        yield b"".join(held)
