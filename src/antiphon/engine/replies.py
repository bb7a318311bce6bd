"""What a `Run` is told by the outside; the whole list. Counterpart: `commands.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from antiphon.engine.kinds.face import Outcome
from antiphon.errors import AntiphonError
from antiphon.wire.chat import Chunks
from antiphon.wire.mcp import ListedTool
from antiphon.wire.moderation import Side, Verdict


@dataclass(frozen=True, slots=True)
class UpstreamOpened:
    """The upstream's status line came and is good, or the client can't be kept waiting for it any longer.

    `headers` are those of its answer that are of interest here: `antiphon-…`, which a cassette adds.
    """

    headers: Mapping[str, str] = field(default_factory=dict)


class UpstreamChunks(msgspec.Struct, frozen=True, gc=False):
    """The chunks that one read of the upstream's stream brought, in order.

    A struct, for there is one for every token.
    """

    chunks: Sequence[Chunks]


@dataclass(frozen=True, slots=True)
class UpstreamDone:
    """The upstream's stream ended without a transport error.

    `marked` is true when it ended with `[DONE]`; without it, only a finish reason makes it whole.
    """

    marked: bool


@dataclass(frozen=True, slots=True)
class UpstreamFailed:
    """The call failed, before or in the middle of its stream."""

    error: AntiphonError


@dataclass(frozen=True, slots=True)
class ToolsListed:
    """What an MCP server offers; `error` says why that isn't known."""

    server_label: str
    tools: Sequence[ListedTool] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ToolProgress:
    """Something to show of a tool that is still at work; `piece` is what the face of its call understands."""

    item_id: str
    piece: object


@dataclass(frozen=True, slots=True)
class ToolDone:
    """A tool's outcome."""

    item_id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong, None for nothing; `undecided` when that couldn't be found out within the limits."""

    key: str
    fault: str | None = None
    undecided: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """Tokens of a call, and how many its model takes; None for what isn't known."""

    tokens: int | None = None
    window: int | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found; where nobody could be asked the verdict says so, and `fault` is why."""

    side: Side
    verdict: Verdict
    fault: AntiphonError | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """The answer is durable."""


@dataclass(frozen=True, slots=True)
class SaveFailed:
    """The answer couldn't be kept."""

    error: AntiphonError


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The client left, or asked to stop."""


Reply = (
    UpstreamOpened
    | UpstreamChunks
    | UpstreamDone
    | UpstreamFailed
    | ToolsListed
    | ToolProgress
    | ToolDone
    | Checked
    | Measured
    | Judged
    | Saved
    | SaveFailed
    | Cancelled
)
