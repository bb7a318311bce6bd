"""Clients that mean ill, as a program of their own: `python tests/siege.py HOST PORT` goes on until its input ends.

It says `there` when all have connected. `python tests/siege.py short` and `long` are the models that good clients and ill
ones ask, each in a process of its own, so that the ones don't wait for what the others ask.

2,000 send a head a byte a second, 200 ask for a long answer and never read it, and one each sends bodies of 10 GB, JSON
that is nested 100,000 deep, and heads without an end, over and over. Who is let go comes again. Not here: good clients
and the measuring (tests/server/test_hardy.py).
"""

import asyncio
import contextlib
import resource
import sys
from collections.abc import Awaitable, Callable

from antiphon.testing import Reply, ScriptedUpstream, text

HEAD = "POST /v1/responses HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
SLOW, DEAF = 2_000, 200
DEEP = b'{"model":"up/m","input":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
ASKED = b'{"model":"up/m","input":"x","stream":true}'
LINE = (HEAD + "X: " + "y" * 1000).encode()
PIECE = b"100000\r\n" + b" " * 2**20 + b"\r\n"
PAUSE = 0.2

Ill = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def whole(body: bytes) -> bytes:
    """A request with this body."""
    return f"{HEAD}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def slowly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A byte a second."""
    for place in range(len(LINE)):
        writer.write(LINE[place : place + 1])
        await writer.drain()
        await asyncio.sleep(1)


async def deafly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ask, and read nothing: what comes stays in the system's buffers."""
    assert isinstance(writer.transport, asyncio.Transport)
    writer.transport.pause_reading()
    writer.write(whole(ASKED))
    await writer.drain()
    await writer.wait_closed()


async def hugely(__: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ten gigabytes."""
    writer.write(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
    for _ in range(10 * 2**10):
        writer.write(PIECE)
        await writer.drain()


async def deeply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """JSON in JSON."""
    writer.write(whole(DEEP))
    await reader.read(65536)


async def flooding(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One header after the other."""
    writer.write(HEAD.encode())
    for number in range(1_000_000):
        writer.write(b"X-%d: %s\r\n" % (number, b"y" * 900))
        await writer.drain()


async def again(host: str, port: int, ill: Ill, counts: dict[str, int]) -> None:
    """Over and over; says when the last of them is there."""
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(host, port)
            counts[ill.__name__] = counts.get(ill.__name__, 0) + 1
            if counts.get("slowly", 0) >= SLOW and counts.get("deafly", 0) >= DEAF and counts.setdefault("said", 1):
                counts["said"] = 0
                print("there", flush=True)  # noqa: T201 - for who runs the siege
            try:
                await ill(reader, writer)
            finally:
                writer.transport.abort()
        await asyncio.sleep(PAUSE)


async def besiege(host: str, port: int) -> dict[str, int]:
    """All of them at once, until the input ends; how often each connected."""
    counts: dict[str, int] = {}
    kinds: list[Ill] = [*[slowly] * SLOW, *[deafly] * DEAF, hugely, deeply, flooding]
    tasks = [asyncio.create_task(again(host, port, ill, counts)) for ill in kinds]
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return counts


MODELS = {"short": text("Four."), "long": text("One. ", "x" * 200_000)}


def model(said: Reply) -> None:
    """A model that always says this, until the input ends; says where it is."""
    with ScriptedUpstream(default=said, models=["m"]) as upstream:
        print(upstream.url, flush=True)  # noqa: T201 - for who runs the siege
        sys.stdin.read()


if __name__ == "__main__":
    if sys.argv[1] in MODELS:
        model(MODELS[sys.argv[1]])
        sys.exit()
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    print(asyncio.run(besiege(sys.argv[1], int(sys.argv[2]))))  # noqa: T201 - for who runs the siege
