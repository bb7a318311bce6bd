"""Replies that are handed over where they arrive are those that are waited for, however a stream comes in pieces."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import cycle, pairwise
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.engine.commands import CallUpstream
from antiphon.engine.replies import Reply, UpstreamChunks, UpstreamDone, UpstreamFailed, UpstreamOpened
from antiphon.errors import UpstreamCut, UpstreamGarbage
from antiphon.network.answer import Answer
from antiphon.network.connection import Connection
from antiphon.transport import HttpAnswer, HttpRequest
from antiphon.upstream.catalog import Catalog, Upstream
from antiphon.upstream.client import UpstreamClient
from antiphon.upstream.replies import Replies

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
TOKENS = [b'data: {"choices":[{"index":0,"delta":{"content":"%d"}}]}\n\n' % number for number in range(4)]
GARBAGE = b"data: {oops\n\n"
FAILURE = b'data: {"error":{"message":"Out of memory."}}\n\n'
DONE = b"data: [DONE]\n\n"
LAST = b"0\r\n\r\n"


def framed(*messages: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(message), message) for message in messages)


STREAMS = {
    "whole": framed(*TOKENS, DONE) + LAST,
    "unmarked": framed(*TOKENS) + LAST,
    "cut": framed(*TOKENS),
    "garbage": framed(*TOKENS[:2], GARBAGE, *TOKENS[2:], DONE) + LAST,
    "failure": framed(*TOKENS[:2], FAILURE) + LAST,
}


class Wire:
    """A network whose one connection brings these pieces, one each time somebody may read."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces
        self._connection = Connection(lambda _: None)
        self._connection.connection_made(cast("Any", self))
        self.feeding: asyncio.Task[None]

    async def send(self, request: HttpRequest) -> HttpAnswer:
        self._connection.ask(b"", b"")
        self._connection.data_received(HEAD)
        self.feeding = asyncio.create_task(self._feed())
        return Answer(self._connection, request, 60, lambda _: None)

    async def _feed(self) -> None:
        for piece in self._pieces:
            for _ in range(4):
                await asyncio.sleep(0)
            if not self._connection.over:
                self._connection.data_received(piece)
        await asyncio.sleep(0)
        self._connection.connection_lost(None)

    async def close(self) -> None: ...

    def write(self, data: bytes) -> None: ...

    def abort(self) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def told(pieces: Sequence[bytes], takes: Iterator[bool] | None) -> list[Reply]:
    """All replies; those of `takes` are handed over, until it says no."""
    wire, seen = Wire(pieces), list[Reply]()

    def take(chunks: UpstreamChunks) -> bool:
        seen.append(chunks)
        return next(takes) if takes else True

    client = UpstreamClient(wire, Catalog([Upstream("up", "http://up/v1")], wire))
    asked = client.ask(CallUpstream("up", {"model": "m"}))
    assert isinstance(asked, Replies)
    try:
        while True:
            handed = asked.hand_over(take) if takes and seen and isinstance(seen[-1], UpstreamChunks) else None
            if handed is not None:
                await handed
            seen.append(await anext(asked))
    except StopAsyncIteration:
        return seen
    finally:
        await asked.aclose()
        await wire.feeding


def flat(replies: Sequence[Reply]) -> list[Any]:
    """The same, whatever came together in one read."""
    found: list[Any] = []
    for reply in replies:
        match reply:
            case UpstreamChunks(chunks):
                found += chunks
            case UpstreamFailed(error):
                found.append((type(error), error.message))
            case _:
                found.append(reply)
    return found


@given(
    kind=st.sampled_from(sorted(STREAMS)),
    places=st.lists(st.integers(0, 400), max_size=12),
    takes=st.lists(st.booleans(), min_size=1, max_size=5),
)
def test_however_it_comes_and_whoever_declines(kind: str, places: list[int], takes: list[bool]) -> None:
    stream = STREAMS[kind]
    cuts = sorted({0, len(stream), *(place for place in places if place < len(stream))})
    pieces = [stream[start:end] for start, end in pairwise(cuts)]
    waited = asyncio.run(told([stream], None))
    assert flat(asyncio.run(told(pieces, cycle(takes)))) == flat(waited)


@pytest.mark.parametrize(
    ("kind", "end"),
    [("whole", UpstreamDone), ("unmarked", UpstreamDone), ("cut", UpstreamCut), ("garbage", UpstreamGarbage)],
)
async def test_each_message_by_itself_ends_as_it_should(kind: str, end: type) -> None:
    pieces = [part + b"\n\n\r\n" for part in STREAMS[kind].split(b"\n\n\r\n") if part]
    last = (await told(pieces, cycle([True])))[-1]
    assert isinstance(last.error if isinstance(last, UpstreamFailed) else last, end)


async def test_what_came_in_one_read_is_at_hand() -> None:
    wire = Wire([STREAMS["whole"]])
    asked = UpstreamClient(wire, Catalog([Upstream("up", "http://up/v1")], wire)).ask(
        CallUpstream("up", {"model": "m"})
    )
    assert isinstance(asked, Replies)
    seen = [(type(reply), asked.at_hand) async for reply in asked]
    assert seen == [(UpstreamOpened, False), (UpstreamChunks, True), (UpstreamDone, False)]
    await wire.feeding


async def test_what_the_taker_raises_is_for_whoever_waits() -> None:
    wire = Wire([framed(token) for token in TOKENS])

    def take(_: UpstreamChunks) -> bool:
        raise ZeroDivisionError

    asked = UpstreamClient(wire, Catalog([Upstream("up", "http://up/v1")], wire)).ask(CallUpstream("up", {}))
    assert isinstance(asked, Replies)
    await anext(asked)
    await anext(asked)
    handed = asked.hand_over(take)
    assert handed is not None
    with pytest.raises(ZeroDivisionError):
        await handed
    await asked.aclose()
    await wire.feeding
