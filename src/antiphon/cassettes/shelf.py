"""Answers that were read from the tape, kept at hand: a replay that asks the same again doesn't read it again.

Not here: which answer it is (`cassette.py`). Counterpart: `transport.py`.
"""

from collections import OrderedDict
from collections.abc import Iterator
from functools import cached_property

from antiphon.cassettes.interaction import Answered, End, Interaction
from antiphon.cassettes.renaming import Names

ROOM = 64 * 1024 * 1024
"""Bytes of bodies that a shelf holds."""

BURST = 32
"""Chunks written in a row before other streams get their turn."""


class Loaded:
    """An answer as it was read, and what follows from it."""

    def __init__(self, answered: Answered) -> None:
        self.answered = answered
        self.size = sum(len(chunk.data) for chunk in answered.chunks)

    @cached_property
    def length(self) -> int | None:
        """The size of a whole body in bytes; None for one that streams or breaks off."""
        kind = self.answered.headers.get("content-type", "")
        streams = "event-stream" in kind or "ndjson" in kind
        return None if streams or self.answered.end is not End.COMPLETE else self.size

    @cached_property
    def names(self) -> Names:
        """The ids in it."""
        return Names.of(self.answered)

    @cached_property
    def wire(self) -> list[bytes]:
        """The body in HTTP's chunked coding, a burst an element; the end is left out."""
        return [b"".join(coded) for coded in self._bursts()]

    def _bursts(self) -> Iterator[list[bytes]]:
        chunks = self.answered.chunks
        for first in range(0, len(chunks), BURST):
            yield [b"%x\r\n%b\r\n" % (len(chunk.data), chunk.data) for chunk in chunks[first : first + BURST]]


class Shelf:
    """Keeps what was used last, up to `room` bytes."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._held = 0
        self._loaded: OrderedDict[Interaction, Loaded] = OrderedDict()

    def take(self, interaction: Interaction) -> Loaded:
        """The answer of an interaction. Raises `CassetteInvalid`."""
        loaded = self._loaded.get(interaction)
        if loaded is not None:
            self._loaded.move_to_end(interaction)
            return loaded
        loaded = Loaded(interaction.load())
        # The coded form of a body is about as large again.
        self._held += 2 * loaded.size
        self._loaded[interaction] = loaded
        while self._held > self._room:
            _, oldest = self._loaded.popitem(last=False)
            self._held -= 2 * oldest.size
        return loaded
