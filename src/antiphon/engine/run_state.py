"""How far a run came, as it is kept between its steps: ids of saved items, and what can't be told from those.

No history, no credentials, no decoded media: whoever goes on makes the plan anew from the request and reads the items
from the store. The form has a version, and a converter for each step from one to the next. Pure. Not here: keeping it
(`store/runs.py`). Counterparts: `run.py`, which says how far it came, and `resuming.py`, which goes on from there.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from antiphon.engine.kinds.face import Outcome
from antiphon.engine.past import Past
from antiphon.engine.rejected import Rejected
from antiphon.wire.chat import ChatUsage
from antiphon.wire.responses import Usage

VERSION = 1

Phase = Literal["queued", "listing", "asking", "calling"]
"""What comes next: everything, the rest of the lists of tools, a turn, or the answers of the calls that wait."""

Json = dict[str, Any]


class KeptPast(Struct, frozen=True, omit_defaults=True):
    """A turn that is over; `ids` are those of its items. See `Past`."""

    ids: list[str]
    usage: Usage | None = None
    rejected: Sequence[Rejected] = ()
    told: dict[str, str] = {}
    aside: bool = False


class KeptCall(Struct, frozen=True, omit_defaults=True, kw_only=True, tag="call"):
    """A call that waits, or stands behind one that does. One that is open has the `id` of its item.

    `approval` names the request with which the client allowed it.
    """

    number: int
    name: str
    arguments: str
    call_id: str | None = None
    id: str | None = None
    fits: bool | None = None
    outcome: Outcome | None = None
    approval: str | None = None


class KeptWords(Struct, frozen=True, omit_defaults=True, tag="words"):
    """A message or thoughts that stand behind a call that waits: pieces by their kinds."""

    id: str
    pieces: list[tuple[str, Json]]
    phase: str | None = None
    thought: bool = False


class KeptFind(Struct, frozen=True, tag="find"):
    """What a search for tools found, behind a call that waits."""

    id: str
    tools: list[Json]


KeptItem = KeptCall | KeptWords | KeptFind


class KeptTurn(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A turn that the model ended and whose calls are waited for.

    `ids` are those of its closed items, `answered` what the closed calls brought, `items` those that aren't closed.
    """

    ids: list[str]
    items: list[KeptItem]
    answered: list[tuple[str, Outcome]] = []
    asks_client: bool = False
    finish_reason: str | None = None
    usage: ChatUsage | None = None
    service_tier: str | None = None
    rejected: Sequence[Rejected] = ()


class KeptSource(Struct, frozen=True, omit_defaults=True):
    """A source that the model was told, by which its answer cites."""

    annotation: Json
    shown: str = ""


class RunState(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How far a run came. `sequence` is the number of its next event, `calls` how many tools were called.

    `found` names the tools that the model searched for and found; `besides` are the tokens of what wasn't a turn.
    """

    version: int = VERSION
    phase: Phase
    sequence: int
    begun: bool = False
    calls: int = 0
    turns: list[KeptPast] = []
    waiting: KeptTurn | None = None
    sources: list[KeptSource] = []
    besides: list[Usage | None] = []
    found: list[str] = []

    @property
    def ids(self) -> list[str]:
        """The ids of all its items, in order."""
        kept = [item_id for turn in self.turns for item_id in turn.ids]
        return kept + (self.waiting.ids if self.waiting else [])


CONVERTERS: dict[int, Callable[[Json], Json]] = {}
"""From a version to the next one; a state that is older than all of them can't be read."""

encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(RunState).decode


class _Version(Struct):
    version: int = VERSION


_version = msgspec.json.Decoder(_Version).decode


class UnreadableState(Exception):
    """A state was kept in a form that this version of the program doesn't know."""


def decode(kept: bytes) -> RunState:
    """The state that was kept, brought to today's form. Raises `UnreadableState`."""
    try:
        version = _version(kept).version
        if version > VERSION:
            raise UnreadableState(f"the state has version {version}, this program knows {VERSION}")
        if version == VERSION:
            return _decode(kept)
        raw = msgspec.json.decode(kept, type=Json)
        for step in range(version, VERSION):
            raw = CONVERTERS[step](raw)
        return msgspec.convert(raw, RunState)
    except (msgspec.MsgspecError, KeyError) as error:
        raise UnreadableState(f"the state can't be read: {error}") from error


def kept_past(past: Past) -> KeptPast:
    """A turn that is over, as it is kept."""
    ids = [item.id for item in past.items]
    return KeptPast(ids, past.usage, tuple(past.rejected), past.untold, past.aside)
