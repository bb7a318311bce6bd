"""An answer from the tape, given out as it was recorded: its chunks, its pauses where they are wanted, and its end.

Not here: which answer it is (`cassette.py`), and recording (`transport.py`). Counterpart: `antiphon.transport`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from antiphon.cassettes.cassette import Match
from antiphon.cassettes.interaction import Asked, End
from antiphon.cassettes.shelf import BURST, Loaded
from antiphon.errors import UpstreamCut, UpstreamFault, UpstreamTimeout

REPLAY_HEADER = "antiphon-replay"


class Pace:
    """When a recorded moment is due in a replay that began when this was made; `speed` times as fast."""

    def __init__(
        self, speed: float, clock: Callable[[], float], sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._begun = clock()

    async def until(self, ms: int) -> None:
        """Wait for what came `ms` milliseconds after the request."""
        await self._sleep(max(0.0, self._begun + ms / 1000 / self._speed - self._clock()))


class ReplayedAnswer:
    """An answer from the tape, `match.interaction`'s as it was `loaded`; with a `pace`, its parts come when due.

    One that breaks off is silent for `silence` seconds first. `replayed` tells it from an answer of the network, in
    every mode; `last` says that the tape has no other for whoever asks again.
    """

    def __init__(self, match: Match, loaded: Loaded, pace: Pace | None = None, silence: float = 0) -> None:
        self.replayed = True
        self.last = match.last
        self._pace = pace
        self._silence = silence
        self._interaction = match.interaction
        self._loaded = loaded
        self._answered = loaded.answered
        self._chunks = iter(enumerate(self._answered.chunks, 1))
        self._headers = dict(self._answered.headers)
        if match.repeated:
            self._headers[REPLAY_HEADER] = "repeated"

    @property
    def status(self) -> int:
        """As recorded."""
        return self._answered.status

    @property
    def headers(self) -> Mapping[str, str]:
        """As recorded; `antiphon-replay: repeated` where the answer has been given before."""
        return self._headers

    @property
    def length(self) -> int | None:
        """The size of a whole body in bytes; None for one that streams or breaks off."""
        return self._loaded.length

    @property
    def wire(self) -> list[bytes] | None:
        """A body that comes at once and whole, in HTTP's chunked coding; None for one that waits or breaks off."""
        return None if self._pace or self._answered.end is not End.COMPLETE else self._loaded.wire

    async def opened(self) -> None:
        """Wait for the status line: when it came isn't recorded, so it is due with the first chunk."""
        if self._pace:
            chunks = self._answered.chunks
            await self._pace.until(chunks[0].ms if chunks else self._answered.ms)

    def chunks(self) -> AsyncIterator[bytes]:
        """The body in its recorded chunks. Raises `UpstreamCut` and `UpstreamTimeout` where it broke off."""
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        number, chunk = next(self._chunks, (0, None))
        if self._pace:
            await self._pace.until(chunk.ms if chunk else self._answered.ms)
        if chunk is None:
            if self._silence:
                await asyncio.sleep(self._silence)
            self._raise_end()
            raise StopAsyncIteration
        if number % BURST == 0:
            await asyncio.sleep(0)
        return chunk.data

    async def close(self) -> None:
        """Nothing is open."""

    def _raise_end(self) -> None:
        match self._answered.end:
            case End.COMPLETE:
                return
            case End.LEFT:
                raise UpstreamCut(
                    f"The client that was recorded left here, in the recording {self._interaction.origin}: "
                    "record it again to have all of it."
                )
            case end:
                raise broken_off(end, self._interaction.asked)


def broken_off(end: End, asked: Asked) -> UpstreamFault:
    """What is told of an answer that broke off: in the same words while it is recorded and in every replay."""
    who = f"Upstream {asked.upstream!r}" if asked.upstream else "The upstream"
    if end is End.TIMEOUT:
        return UpstreamTimeout(f"{who} fell silent in the middle of its answer.")
    return UpstreamCut(f"{who} ended the connection in the middle of its answer. Its log should say why.")
