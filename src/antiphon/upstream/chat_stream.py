"""The body of a chat completion, sans I/O: bytes split anywhere go in, replies for the run come out.

Two readers with one shape (`feed`, `finish`, `ended`): a stream of chunks, and the whole completion that some
servers send although asked to stream. Not here: chunks that
are none to the letter (`mending.py`), what a chunk means (`engine/turn.py`).
Counterpart: `client.py`, which feeds them.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Protocol

import msgspec

from antiphon.engine.replies import Reply, UpstreamChunks, UpstreamDone, UpstreamFailed
from antiphon.errors import ContextTooLong, UpstreamGarbage, UpstreamRefused
from antiphon.upstream.mending import Mender, bare_error
from antiphon.upstream.overflow import overflow
from antiphon.upstream.refusal import complaint_of, quoted, status_of
from antiphon.upstream.sse import Decoder
from antiphon.upstream.texts import with_texts
from antiphon.wire.chat import ChatChunk, ChatUsage, Choice, ChoiceLogprobs, Delta, Texts

DONE = b"[DONE]"
MARKS = frozenset({DONE, b'"[DONE]"'})
WHOLE_LIMIT = 32 * 1024 * 1024

decode_chunk = msgspec.json.Decoder(ChatChunk).decode


class BodyReader(Protocol):
    """What `client.py` feeds a body to."""

    @property
    def ended(self) -> bool:
        """True once the last reply was given; the rest of the body means nothing."""
        ...

    def feed(self, data: bytes) -> Sequence[Reply]:
        """The replies that these bytes bring. Raises `UpstreamGarbage`."""
        ...

    def finish(self) -> Sequence[Reply]:
        """The replies for the end of the body, when it came before `ended`. Raises `UpstreamGarbage`."""
        ...


class ChunkReader:
    """Reads a stream of chunks: at most one `UpstreamChunks` per read, then `UpstreamDone` or `UpstreamFailed`."""

    __slots__ = ("_decoder", "_mender", "_seen", "ended")

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._mender = Mender()
        self._seen = False
        self.ended = False

    def feed(self, data: bytes) -> Sequence[Reply]:
        messages = self._decoder.feed(data)
        if not messages:
            return ()
        self._seen = True
        marked = messages[-1] == DONE
        if marked:
            messages.pop()
        try:
            chunks = [
                message if isinstance(message, Texts) else decode_chunk(message) for message in with_texts(messages)
            ]
        except (ValueError, RecursionError):
            return self._one_by_one(messages, marked=marked)
        for chunk in chunks:
            if isinstance(chunk, ChatChunk) and (chunk.error or chunk.choices is None):
                return self._one_by_one(messages, marked=marked)
        if not marked:
            return (UpstreamChunks(chunks),)
        self.ended = True
        return (UpstreamChunks(chunks), UpstreamDone(marked=True)) if chunks else (UpstreamDone(marked=True),)

    def finish(self) -> Sequence[Reply]:
        last = self._decoder.finish()
        if not (self._seen or last) and self._decoder.stray:
            # Nothing in it was an event: it is a completion under a wrong name, or something else altogether.
            self.ended = True
            return completion_in(bytes(self._decoder.stray))
        replies = self._one_by_one(last)
        match replies:
            case [*before, UpstreamFailed(UpstreamGarbage())]:
                # A last message without its end isn't garbage: the stream broke off inside it.
                return (*before, UpstreamDone(marked=False))
        return replies if self.ended else (*replies, UpstreamDone(marked=False))

    def _one_by_one(self, messages: list[bytes], *, marked: bool = False) -> Sequence[Reply]:
        """As `feed`, for messages that hold more than chunks: what came before the odd one still counts."""
        chunks: list[ChatChunk] = []
        end: Reply | None = None
        for message in chain.from_iterable(map(_lines_of, messages)):
            end = self._end_in(message, chunks)
            if end:
                break
        end = end or (UpstreamDone(marked=True) if marked else None)
        self.ended = end is not None
        replies: list[Reply] = [UpstreamChunks(chunks)] if chunks else []
        return [*replies, end] if end else replies

    def _end_in(self, message: bytes, chunks: list[ChatChunk]) -> Reply | None:
        """Adds the message's chunk to `chunks`, or says how the stream ends with it."""
        try:
            chunk = decode_chunk(message)
        except (ValueError, RecursionError) as error:
            if message.strip() in MARKS:
                return UpstreamDone(marked=True)
            mended = self._mender.mended(message, ChatChunk)
            if mended is None:
                return None if message.strip() == b"null" else UpstreamFailed(_garbage(message, error))
            chunk = mended
        if fault := chunk.error or (chunk.choices is None and bare_error(message)):
            return UpstreamFailed(_failure(fault))
        chunks.append(chunk)
        return None


def _lines_of(message: bytes) -> list[bytes]:
    """The message; where a server left out the blank lines between several, each of them."""
    lines = message.split(b"\n")
    return lines if all(line.startswith(b"{") or line.strip() in MARKS for line in lines) else [message]


class CompletionChoice(msgspec.Struct):
    """A whole answer; its message has the fields of a delta."""

    index: int | None = 0
    message: Delta | None = None
    finish_reason: str | None = None
    logprobs: ChoiceLogprobs | None = None


class Completion(msgspec.Struct):
    """A `chat.completion`, the answer to a request without `stream`."""

    choices: list[CompletionChoice] | None = None
    usage: ChatUsage | None = None
    error: object = None
    service_tier: str | None = None
    citations: list[Any] | None = None
    search_results: list[Any] | None = None


decode_completion = msgspec.json.Decoder(Completion).decode


class CompletionReader:
    """Reads a whole completion and hands it on as one chunk, so that servers which can't stream serve as well."""

    __slots__ = ("_body", "ended")

    def __init__(self) -> None:
        self._body = bytearray()
        self.ended = False

    def feed(self, data: bytes) -> Sequence[Reply]:
        self._body += data
        if len(self._body) > WHOLE_LIMIT:
            raise UpstreamGarbage(f"The upstream sent a completion of more than {WHOLE_LIMIT:,} bytes.")
        return ()

    def finish(self) -> Sequence[Reply]:
        body = bytes(self._body)
        if not body.lstrip().startswith(b"{"):
            # Some servers stream, and call it application/json all the same.
            reader = ChunkReader()
            replies = reader.feed(body)
            return replies if reader.ended else [*replies, *reader.finish()]
        return completion_in(body)


def completion_in(body: bytes) -> list[Reply]:
    """The replies for a body that should be a completion."""
    try:
        completion = decode_completion(body)
    except (ValueError, RecursionError) as error:
        mended = Mender().mended(body, Completion)
        if mended is None:
            return [UpstreamFailed(_garbage(body, error))]
        completion = mended
    if fault := completion.error or (completion.choices is None and bare_error(body)):
        return [UpstreamFailed(_failure(fault))]
    if completion.choices is None:
        return [UpstreamFailed(_garbage(body, ValueError("it has no choices")))]
    return [UpstreamChunks([_as_chunk(completion)]), UpstreamDone(marked=True)]


def _as_chunk(completion: Completion) -> ChatChunk:
    choices = [_as_choice(choice) for choice in completion.choices or []]
    return ChatChunk(
        choices,
        completion.usage,
        service_tier=completion.service_tier,
        citations=completion.citations,
        search_results=completion.search_results,
    )


def _as_choice(choice: CompletionChoice) -> Choice:
    calls = choice.message.tool_calls if choice.message else None
    for index, call in enumerate(calls or []):
        # Whole messages number their calls by position alone.
        call.index = index
    return Choice(choice.index, choice.message, choice.finish_reason, choice.logprobs)


def _failure(error: object) -> UpstreamRefused | ContextTooLong:
    complaint = complaint_of(error)
    too_long = overflow(complaint.message, complaint.code, complaint.kind, status_of(complaint))
    return too_long or UpstreamRefused(
        complaint.message or "The upstream reported an error in the middle of its answer and didn't say which.",
        upstream_status=status_of(complaint),
        code=complaint.code,
        param=complaint.param,
        kind=complaint.kind,
    )


def _garbage(data: bytes, error: Exception) -> UpstreamGarbage:
    return UpstreamGarbage(f"The upstream sent something that isn't a chat completion ({error}): {quoted(data)}")
