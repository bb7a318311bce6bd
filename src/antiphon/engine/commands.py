"""What a `Run` asks of the outside; the whole list. Counterpart: `replies.py`, carried out by `runner/drive.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from antiphon.engine.constraints import Constraint
from antiphon.engine.run_state import RunState
from antiphon.errors import AntiphonError
from antiphon.wire.answers import Answer, StoredItem
from antiphon.wire.events import Event
from antiphon.wire.mcp import McpTool
from antiphon.wire.moderation import Side


@dataclass(frozen=True, slots=True)
class CallUpstream:
    """Make one streaming chat-completions call.

    Replies: `UpstreamOpened`, `UpstreamChunks`…, then `UpstreamDone` or `UpstreamFailed`. `upstream` is a name
    of the catalog; `body` the JSON object to send. `guard` is the full id of a model that judges what is said before
    it is told; then a `Judged` may be among the replies.
    """

    upstream: str
    body: dict[str, Any]
    guard: str | None = None


class Emit(msgspec.Struct, frozen=True, gc=False):
    """Send these events to the client, in this order. No reply.

    A struct, for there is one for every token.
    """

    events: list[Event]


@dataclass(frozen=True, slots=True)
class Save:
    """Keep the answer durably. Replies: `Saved` or `SaveFailed`.

    With an `ending` the run is over once it is kept, and so are these last events, or nothing is.
    """

    answer: Answer
    ending: Emit | None = None


@dataclass(frozen=True, slots=True)
class SaveStep:
    """Keep how far a durable run came, before anything that follows is done. No reply.

    `items` are new since the last; the first stands at `place` in the output. `body` renews the response.
    """

    state: RunState
    items: tuple[StoredItem, ...] = ()
    place: int = 0
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class ListTools:
    """Ask an MCP server what it offers. Reply: `ToolsListed`."""

    server: McpTool


@dataclass(frozen=True, slots=True)
class CallTool:
    """Call a tool of this server; several are called at once.

    Replies: any number of `ToolProgress`, then `ToolDone`, with the same `item_id`. `tool` names who carries it out
    (a key of `tools/table.py`), `about` is what the call's binding says of it, `arguments` JSON text as the model
    wrote it.
    """

    item_id: str
    tool: str
    about: Mapping[str, Any]
    arguments: str


@dataclass(frozen=True, slots=True)
class Check:
    """Hold `text` against a constraint; without a text, see whether the constraint itself is sound.

    Reply: `Checked` with the same key.
    """

    key: str
    constraint: Constraint
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """Count the tokens of a call before it is made, and ask how many its model takes. Reply: `Measured`.

    `count` and `window` say which of the two is wanted.
    """

    call: CallUpstream
    count: bool
    window: bool


@dataclass(frozen=True, slots=True)
class Judge:
    """Have a text judged by the moderation model of this full id. Reply: `Judged` with the same side."""

    side: Side
    model: str
    text: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The run has ended; nothing follows.

    `error` is set when the client is owed an HTTP error: nothing was promised yet, or the answer isn't saved.
    """

    error: AntiphonError | None = None


Aid = CallTool | ListTools | Check | Measure | Judge
"""What somebody else than the model is asked for."""

Command = CallUpstream | Aid | Emit | SaveStep | Save | Finish
