"""The replies to one upstream call: waited for one by one, or handed over where they arrive.

A stream of tokens is mostly chunks that need nobody to wait. Whoever takes those over is called from the event loop
itself; the rest, and all of it where the answer can't be handed over (a cassette's), goes the way of every asynchronous
generator. Not here: what is asked (`client.py`), what the bytes mean (`chat_stream.py`). Counterpart:
`runner/drive.py`.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any

from antiphon.engine.replies import Reply, UpstreamChunks
from antiphon.errors import UpstreamFault
from antiphon.transport import HandOver, HttpAnswer
from antiphon.upstream.chat_stream import BodyReader

Take = Callable[[UpstreamChunks], bool]
"""Takes chunks without waiting; False when it wants no more for now."""


class Body:
    """The body of an answer as replies. What was read while it was handed over, and not taken, comes next."""

    def __init__(self, answer: HttpAnswer, reader: BodyReader) -> None:
        self._prompt: HandOver | None = getattr(answer, "hand_over", None)
        self._reader = reader
        self._chunks: AsyncIterator[bytes] = answer.chunks()
        self._kept: Sequence[Reply] = ()
        self._fault: UpstreamFault | None = None

    def __aiter__(self) -> "Body":
        return self

    async def __anext__(self) -> Sequence[Reply]:
        """The replies that one read brought. Raises `UpstreamFault`."""
        if self._fault is not None:
            raise self._fault
        if self._kept:
            kept, self._kept = self._kept, ()
            return kept
        return self._reader.feed(await anext(self._chunks))

    @property
    def ended(self) -> bool:
        """Whether the last reply was given; of the bytes that follow it nothing matters."""
        return self._reader.ended and not self._kept

    def hand_over(self, take: Take) -> Awaitable[None] | None:
        """As `Replies.hand_over`."""
        feed = self._reader.feed
        if self._prompt is None or self._kept or self._fault is not None or self._reader.ended:
            return None

        def taken(data: bytes) -> bool:
            try:
                replies = feed(data)
            except UpstreamFault as fault:
                self._fault = fault
                return False
            if len(replies) == 1 and isinstance(replies[0], UpstreamChunks):
                return take(replies[0])
            self._kept = replies
            return not replies

        return self._prompt(taken)


class Replies(AsyncGenerator[Reply, None]):
    """An asynchronous generator of replies, of which the middle can be handed over. Close it, as any other.

    `at_hand` says that the next one came with the last, and isn't waited for.
    """

    def __init__(self, made: Callable[["Replies"], AsyncGenerator[Reply, None]]) -> None:
        self._made = made(self)
        self.body: Body | None = None
        self.at_hand = False

    def __anext__(self) -> Coroutine[Any, Any, Reply]:
        return self._made.__anext__()

    async def asend(self, value: None) -> Reply:
        """As generators have it."""
        return await self._made.asend(value)

    async def athrow(self, *thrown: Any) -> Reply:  # noqa: ANN401 - as generators have it
        """As generators have it."""
        return await self._made.athrow(*thrown)

    async def aclose(self) -> None:
        await self._made.aclose()

    def hand_over(self, take: Take) -> Awaitable[None] | None:
        """Have `take` called with chunks where they arrive, until it gives False or something else than chunks comes.

        That is what the generator gives next. None where nothing can be handed over. Cancel it to end it. Raises what
        `take` raises.
        """
        return self.body.hand_over(take) if self.body is not None and not self.at_hand else None
