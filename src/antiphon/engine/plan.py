"""What a run is to do, decided before it starts: the shape that `prepare.py` makes and `Run` follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from antiphon.engine.belt import Server
from antiphon.engine.choice import Choice
from antiphon.engine.commands import CallUpstream
from antiphon.engine.compaction import Wish
from antiphon.engine.constraints import Constraint
from antiphon.engine.dialects import DIALECTS, Dialect
from antiphon.engine.fitting import Window
from antiphon.engine.kinds.face import Binding
from antiphon.engine.moderating import Moderation
from antiphon.engine.own import Stamp, Unkeyed
from antiphon.engine.structured import Form
from antiphon.engine.tool_search import Deferred
from antiphon.engine.traits import TextCalls
from antiphon.wire.answers import StoredItem
from antiphon.wire.mcp import McpTool
from antiphon.wire.responses import Response


@dataclass(frozen=True, slots=True)
class Approved:
    """A call of an MCP tool that waited for the client's word, and got it."""

    request_id: str
    server: McpTool
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One request, made ready.

    `response` is the response object as it stands at the start; `input` this request's own items, with their ids;
    `call_ids` the ids of tool calls that the context already holds; `tools` and `choice` what the model is offered,
    `bindings` what those functions stand for, `deferred` those that it must search for first, `servers` the MCP
    servers that have more, `approved` the calls that the client allowed. With `one_call` a turn has one call at most;
    without `generate` nothing is asked. `form` is that of the answer where this server has to see to it,
    `constraints` are those of the request by their places in it, `window` says how long a call may be, `text_calls`
    how the model writes calls into its text. `compaction` is what is to be made short, `include` what the client wants
    to see of items, `moderation` what is to be judged; `summarised` shows thinking as its summary; `repeatable` names
    tools that may be called twice.
    """

    response: Response
    call: CallUpstream
    input: tuple[StoredItem, ...] = ()
    store: bool = True
    generate: bool = True
    include: frozenset[str] = frozenset()
    summarised: bool = False
    call_ids: frozenset[str] = frozenset()
    dialect: Dialect = DIALECTS["generic"]
    tools: Sequence[dict[str, Any]] = ()
    choice: Choice = field(default_factory=Choice)
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    deferred: tuple[Deferred, ...] = ()
    one_call: bool = False
    stamp: Stamp = field(default_factory=Unkeyed)
    form: Form | None = None
    constraints: Mapping[str, Constraint] = field(default_factory=dict)
    window: Window = field(default_factory=Window)
    text_calls: TextCalls | None = None
    servers: tuple[Server, ...] = ()
    approved: tuple[Approved, ...] = ()
    compaction: Wish = field(default_factory=Wish)
    moderation: Moderation | None = None
    repeatable: frozenset[str] = frozenset()
