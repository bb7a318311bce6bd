"""Events as server-sent events on an ASGI connection.

What one upstream read brought leaves in one write. Not here: the order of events (`engine/`). Counterpart
on the other side of the server: `upstream/sse.py`.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec
from starlette.types import Receive, Send

from antiphon.server.coded import BodyWriter
from antiphon.wire.events import (
    DeltaEvent,
    Event,
    FunctionCallArgumentsDelta,
    OutputTextDelta,
    ReasoningSummaryTextDelta,
    ResponseCompleted,
    ResponseFailed,
    ResponseIncomplete,
)

TERMINAL = (ResponseCompleted, ResponseIncomplete, ResponseFailed)
HEADERS = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", "x-accel-buffering": "no"}
PING = b": ping\n\n"
PAD_TO = 16
PIECE = 128 * 1024
"""Bytes of events after which a client is given them, and must have room for more before those are encoded."""

_encoder = msgspec.json.Encoder()
_encode = _encoder.encode
_opening: dict[type[Event], bytes] = {}


def sse_message(event: Event) -> bytes:
    """`event:` and `data:` lines of one event."""
    return b"%b%b\n\n" % (_opening_of(type(event)), _encode(event))


def sse_messages(events: Sequence[Event]) -> bytes:
    """The same of several, pieces of text in a row at once; with most models one token comes at a time."""
    if len(events) == 1:
        return sse_message(events[0])
    return b"".join([message for message, _ in _messages(events)])


def sse_pieces(events: Sequence[Event]) -> Iterator[tuple[bytes, bool]]:
    """The same, each as soon as it is large, and whether it is the last."""
    parts: list[bytes] = []
    size, left = 0, len(events)
    for message, many in _messages(events):
        parts.append(message)
        size, left = size + len(message), left - many
        del message  # It may be large, and whoever is given pieces may be behind.
        if (size >= PIECE and many) or not left:
            yield _joined(parts), not left
            size = 0


def _joined(parts: list[bytes]) -> bytes:
    """All of them, which are let go of."""
    whole = b"".join(parts)
    parts.clear()
    return whole


def _messages(events: Iterable[Event]) -> Iterator[tuple[bytes, int]]:
    """Encoded events or pieces of them, and how many are whole with each."""
    for kind, row in groupby(events, type):
        if kind is OutputTextDelta:
            opening, texts = _opening_of(kind), list(row)
            yield opening, 0
            yield _encoder.encode_lines(texts).removesuffix(b"\n").replace(b"\n", b"\n\n" + opening), 0
            yield b"\n\n", len(texts)
        else:
            for event in row:
                yield sse_message(event), 1


def _opening_of(kind: type[Event]) -> bytes:
    opening = _opening.get(kind)
    if opening is None:
        opening = _opening[kind] = f"event: {kind.__struct_config__.tag}\ndata: ".encode()
    return opening


class EventStream:
    """The sink of a streamed answer. Nothing is sent before the first event, so an error can still have a status.

    The status line goes to `send_start`, the events to `send`, or to `writer` while that is ready.
    `pad` gives random characters for `obfuscation`, where the client asked for it; `tap` is shown what is sent.
    """

    def __init__(
        self, send_start: Send, send: Send, headers: Mapping[str, str], pad: Callable[[], str] | None = None
    ) -> None:
        self._send_start = send_start
        self._send = send
        self._headers = {**HEADERS, **headers}
        self._pad = pad
        self.writer: BodyWriter | None = None
        self.tap: Callable[[bytes], None] | None = None
        self.started = self._ended = False
        self.idle = True

    def opened(self, headers: Mapping[str, str]) -> None:
        self._headers.update(headers)

    async def emit(self, events: list[Event]) -> None:
        if self._pad:
            obfuscate(events, self._pad)
        self.idle = False
        ended = isinstance(events[-1], TERMINAL)
        await self._room()
        for piece, last in sse_pieces(events):
            self._ended = ended and last
            await self._give(piece)
            del piece
            if not last:
                await self._room()

    async def _room(self) -> None:
        """What a client has no room for isn't encoded yet: the end of an answer has all of its text four times."""
        if self.started and self.writer and self.writer.behind:
            await self.writer.room()

    async def _give(self, body: bytes) -> None:
        if self.tap:
            self.tap(body)
        message = {"type": "http.response.body", "body": body, "more_body": not self._ended}
        if not self.started:
            await self._start()
        await self._send(message)

    def emit_now(self, events: list[Event]) -> bool:
        writer = self.writer
        if writer is None or self._pad or not self.started or not writer.ready:
            return False
        body = sse_messages(events)
        writer.write(body)
        self.idle = False
        if self.tap:
            self.tap(body)
        return True

    async def emit_lines(self, lines: Sequence[bytes]) -> None:
        """The same for events as they were logged: the JSON of each."""
        if self._pad:
            lines = [padded(line, self._pad) for line in lines]
        if not self.started:
            await self._start()
        self.idle = False
        body = b"".join([b"event: %b\ndata: %b\n\n" % (kind_of(line), line) for line in lines])
        if self.tap:
            self.tap(body)
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def begin(self) -> None:
        """Send the status line, whatever follows."""
        if not self.started:
            await self._start()

    async def end(self) -> None:
        """The stream is over, if its last event hasn't said so."""
        if not self._ended:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def ping(self) -> None:
        """A comment, if nothing was sent since the last call."""
        if self.started and self.idle and not self._ended:
            await self._send({"type": "http.response.body", "body": PING, "more_body": True})
        self.idle = True

    async def _start(self) -> None:
        self.started = True
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self._headers.items()]
        await self._send_start({"type": "http.response.start", "status": 200, "headers": headers})


class LastEvent:
    """The sink of an answer that isn't streamed: only the terminal event matters."""

    def __init__(self) -> None:
        self.event: Event | None = None
        self.headers: dict[str, str] = {}

    def opened(self, headers: Mapping[str, str]) -> None:
        self.headers.update(headers)

    async def emit(self, events: list[Event]) -> None:
        self.event = events[-1]

    def emit_now(self, events: list[Event]) -> bool:
        self.event = events[-1]
        return True


def obfuscate(events: list[Event], pad: Callable[[], str]) -> None:
    """Fill each delta up to a multiple of `PAD_TO` characters, so that its size says little of its content."""
    for event in events:
        if isinstance(event, DeltaEvent | FunctionCallArgumentsDelta | ReasoningSummaryTextDelta):
            event.obfuscation = pad()[: PAD_TO - len(event.delta) % PAD_TO]


TYPE = b'{"type":"'


def kind_of(line: bytes) -> bytes:
    """The type of an event that was encoded here: it comes first."""
    return line[len(TYPE) : line.index(b'"', len(TYPE))]


def padded(line: bytes, pad: Callable[[], str]) -> bytes:
    """An event with its padding, if it is a delta that may have some."""
    if not kind_of(line).endswith(b".delta"):
        return line
    event = msgspec.json.decode(line, type=dict[str, Any])
    if not isinstance(event.get("delta"), str):
        return line
    return _encode({**event, "obfuscation": pad()[: PAD_TO - len(event["delta"]) % PAD_TO]})


async def attend(
    receive: Receive, leave: Callable[[], object], stream: EventStream | None, every: float | None
) -> None:
    """Call `leave` when the client goes away; meanwhile keep `stream` open with a comment per `every` silent seconds.

    Ends when the client left; cancel it when the answer is done.
    """
    while True:
        try:
            async with asyncio.timeout(every if stream else None):
                message = await receive()
        except TimeoutError:
            if stream:
                await stream.ping()
            continue
        if message["type"] == "http.disconnect":
            leave()
            return
