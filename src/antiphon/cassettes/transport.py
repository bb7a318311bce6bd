"""The `Transport` that records and replays: wrapped round the real one, or with nothing behind it.

In replay there is no transport behind it, so no socket can be opened. Answers come at once; their chunks are
those of the recording. Not here: retries and waiting (`upstream/`), which skip their pauses for a transport
that `replays`. Counterpart: `antiphon.transport`.
"""

import asyncio
import re
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from antiphon.cassettes.cassette import Cassette, Match
from antiphon.cassettes.faults import Faults, Kind
from antiphon.cassettes.interaction import Answered, Asked, Chunk, End, Interaction, Origin
from antiphon.cassettes.matching import Remedy, explain_miss
from antiphon.cassettes.recorder import Recorder
from antiphon.cassettes.redaction import own_secrets, redact_answer, redact_request
from antiphon.cassettes.renaming import rename_answer
from antiphon.cassettes.replayed import Pace, ReplayedAnswer, broken_off
from antiphon.cassettes.shapes import Known
from antiphon.cassettes.shelf import Loaded, Shelf
from antiphon.cassettes.spoiling import refusal, spoiled
from antiphon.errors import CassetteMiss, ConfigFault, StoreFault, UpstreamCut, UpstreamFault, UpstreamTimeout
from antiphon.transport import HttpAnswer, HttpRequest, Transport

REMEMBERED = 1024
"""Requests whose redacted form is kept at hand, for a client that asks the same again."""
SHORT = 64 * 1024
"""Bytes of a body above which it isn't kept at hand."""

MISSED = 20
"""Misses that are remembered with their requests."""

_LAST_EVENT = re.compile(
    rb"(?:^|\n)(?:data: ?\[DONE\]|event: ?(?:message_stop|response\.(?:completed|incomplete|failed))\r?\n[^\n]+)\s*$"
)
"""After these, of chat completions, messages and responses, nothing comes: a client may leave before the end."""


class Mode(StrEnum):
    """What a cassette is used for: nothing, to be written, to be played, or to be played and completed."""

    LIVE = "live"
    RECORD = "record"
    REPLAY = "replay"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Missed:
    """A request without an answer, and why it had none."""

    asked: Asked
    scope: str
    why: str


class CassetteTransport:
    """Sends requests to a cassette, to the transport behind it, or to both.

    With `repeats`, an answer that is used up is given again, marked `antiphon-replay: repeated`. `speed` is how
    many times as fast as recorded an answer comes; 0 is at once. `faults` go wrong on purpose, `redact` is
    taken out beside secrets. `misses` says what was asked for in vain, `missed` are the last of it, `repeated`
    counts answers given again, by the identity of their interaction; `remedy` is the command that a miss proposes.
    """

    def __init__(  # noqa: PLR0913 - the last two have defaults that few replace
        self,
        cassette: Cassette,
        mode: Mode,
        *,
        inner: Transport | None = None,
        recorder: Recorder | None = None,
        repeats: bool = True,
        speed: float = 0,
        faults: Faults | None = None,
        redact: Sequence[Known] = (),
    ) -> None:
        self.cassette = cassette
        self.mode = mode
        self.misses: list[str] = []
        self.missed: deque[Missed] = deque(maxlen=MISSED)
        self.repeated: Counter[int] = Counter()
        self.remedy = Remedy()
        self.faults = faults or Faults()
        self._redact = tuple(redact)
        self._inner = inner
        self._recorder = recorder
        self._repeats = repeats
        self._speed = speed
        self._shelf = Shelf()
        self._asked: dict[tuple[object, ...], Asked] = {}

    @property
    def recorded(self) -> int:
        """How many interactions were recorded so far."""
        return self._recorder.kept if self._recorder else 0

    @property
    def replays(self) -> bool:
        """Whether every answer comes from the tape: nobody behind it gains anything by waiting."""
        return self.mode is Mode.REPLAY

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """As `Transport.send`. Raises `CassetteMiss` where the tape has no answer and may not ask for one."""
        if self.mode is Mode.LIVE:
            return await self._network.send(request)
        asked = self._redacted(request)
        if self.mode is not Mode.RECORD and (answer := await self._replayed(asked, request.scope)):
            return answer
        if self.mode is Mode.REPLAY or self._inner is None:
            self.misses.append(self._why_missed(asked, request.scope))
            self.missed.append(Missed(asked, request.scope, self.misses[-1]))
            raise CassetteMiss(self.misses[-1])
        return await self._record(request, asked)

    async def close(self) -> None:
        """Close the transport behind it."""
        if self._inner is not None:
            await self._inner.close()

    @property
    def _network(self) -> Transport:
        if self._inner is None:
            raise ConfigFault(f"The mode {self.mode} needs a network behind the cassette.")
        return self._inner

    def _redacted(self, request: HttpRequest) -> Asked:
        # Secrets depend on the headers too, so all of the request is what it is remembered by.
        said = (request.method, request.url, request.path, request.upstream, *request.headers.items(), request.body)
        asked = self._asked.get(said)
        if asked is None:
            asked = redact_request(request, self._redact)
            if len(self._asked) >= REMEMBERED:
                self._asked.clear()
            if len(request.body) <= SHORT:
                self._asked[said] = asked
        return asked

    async def _replayed(self, asked: Asked, scope: str) -> ReplayedAnswer | None:
        fault = self.faults.next(asked, scope)
        if fault and fault.kind is Kind.STATUS:
            return ReplayedAnswer(_no_match(asked), Loaded(refusal(fault)))
        match = self._find(asked, scope)
        if match is None:
            return None
        if match.repeated:
            self.repeated[id(match.interaction)] += 1
        loaded, silence = self._loaded(match), 0.0
        if fault:
            loaded = Loaded(spoiled(loaded.answered, fault))
            if fault.spoils:
                silence = fault.seconds
                self.cassette.give_back(match, scope)
            else:
                await asyncio.sleep(fault.seconds)
        answer = ReplayedAnswer(match, loaded, self._pace(), silence)
        await answer.opened()
        return answer

    def _loaded(self, match: Match) -> Loaded:
        loaded = self._shelf.take(match.interaction)
        renamed = rename_answer(loaded.answered, match.ids, loaded.names) if match.ids else loaded.answered
        return loaded if renamed is loaded.answered else Loaded(renamed)

    def _why_missed(self, asked: Asked, scope: str) -> str:
        return explain_miss(self.cassette, asked, scope, repeats=self._repeats, mend=self.remedy)

    def _pace(self) -> Pace | None:
        return Pace(self._speed, asyncio.get_running_loop().time) if self._speed else None

    def _find(self, asked: Asked, scope: str) -> Match | None:
        return self.cassette.find(asked, scope, repeats=self._repeats, partial=self.mode is Mode.REPLAY)

    async def _record(self, request: HttpRequest, asked: Asked) -> HttpAnswer:
        """Ask the network. A connection that fails is no interaction: its error goes through."""
        if self._recorder is None:
            raise ConfigFault(f"The mode {self.mode} needs a cassette that can be written.")
        tape = Tape(self.cassette, self._recorder, asked, (*own_secrets(request), *self._redact))
        tape.scope = request.scope
        tape.replayable = self.mode is Mode.AUTO
        if self.mode is Mode.AUTO and (equal := self.cassette.equal(asked, request.scope)):
            tape.take = equal[-1].take
        return RecordingAnswer(await self._network.send(request), tape)


def _no_match(asked: Asked) -> Match:
    """Stands for the interaction of an answer that isn't on the tape."""
    nothing = Answered(0, {}, (), End.COMPLETE)
    return Match(Interaction(0, asked, End.COMPLETE, Origin("nowhere"), lambda: nothing), repeated=False)


class Tape:
    """One interaction while it is being recorded, numbered when its request starts.

    `replayable`: this process may ask for it again. When it won't, memory stays flat.
    """

    def __init__(self, cassette: Cassette, recorder: Recorder, asked: Asked, known: tuple[Known, ...]) -> None:
        self.take = recorder.take
        self.scope = ""
        self.replayable = False
        self._cassette = cassette
        self._recorder = recorder
        self._asked = asked
        self._known = known
        self._number = recorder.number()
        self._clock = asyncio.get_running_loop().time
        self._begun = self._clock()
        self._chunks: list[Chunk] = []
        self._kept = False

    def add(self, data: bytes) -> None:
        """A read brought `data`."""
        self._chunks.append(Chunk(self._elapsed(), data))

    def keep(self, answer: HttpAnswer, end: End) -> None:
        """Write the interaction, once. Raises `StoreFault`."""
        if self._kept:
            return
        self._kept = True
        answered = Answered(answer.status, answer.headers, tuple(self._chunks), end, self._elapsed())
        redacted = redact_answer(answered, self._known)
        interaction = self._recorder.keep(self._number, self._asked, redacted, self.take, self.scope)
        if self.replayable:
            self._cassette.add(interaction, recorded=True)

    def broken(self, answer: HttpAnswer, end: End) -> UpstreamFault:
        """Write an interaction that broke off; what to tell its reader."""
        self.keep(answer, end)
        return broken_off(end, self._asked)

    def leave(self, answer: HttpAnswer) -> None:
        """The reader has gone: complete if it had all of it, else kept as left.

        Nobody waits for this one, so a file that can't be written is only noted.
        """
        tail = b"".join(chunk.data for chunk in self._chunks[-2:])
        try:
            self.keep(answer, End.COMPLETE if _LAST_EVENT.search(tail) else End.LEFT)
        except StoreFault as error:
            self._cassette.notes.append(error.message)

    def _elapsed(self) -> int:
        return round((self._clock() - self._begun) * 1000)


class RecordingAnswer:
    """An answer from the network, passed on as it arrives and kept when it ends.

    Its body is read once; who asks for `chunks` again goes on where the first reader stopped.
    """

    def __init__(self, inner: HttpAnswer, tape: Tape) -> None:
        self._inner = inner
        self._chunks = inner.chunks()
        self._tape = tape

    @property
    def status(self) -> int:
        """As it came."""
        return self._inner.status

    @property
    def headers(self) -> Mapping[str, str]:
        """As they came; what is kept of them is less."""
        return self._inner.headers

    def chunks(self) -> AsyncIterator[bytes]:
        """The body. Its end is handed on when the interaction is saved; raises `StoreFault` if it isn't."""
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            data = await anext(self._chunks)
        except StopAsyncIteration:
            self._tape.keep(self._inner, End.COMPLETE)
            raise
        except UpstreamCut as fault:
            raise self._tape.broken(self._inner, End.CUT) from fault
        except UpstreamTimeout as fault:
            raise self._tape.broken(self._inner, End.TIMEOUT) from fault
        self._tape.add(data)
        return data

    async def close(self) -> None:
        """Give the connection back; a body that wasn't read to its end is kept as left."""
        self._tape.leave(self._inner)
        await self._inner.close()
