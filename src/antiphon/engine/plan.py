"""What a run is to do, decided before it starts: the shape that `prepare.py` makes and `Run` follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from antiphon.engine.commands import CallUpstream
from antiphon.engine.kinds.face import Binding
from antiphon.wire.answers import StoredItem
from antiphon.wire.responses import Response


@dataclass(frozen=True, slots=True)
class Plan:
    """One request, made ready.

    `response` is the response object as it stands at the start; `input` this request's own items, with
    their ids; `call_ids` the ids of tool calls that the context already holds; `bindings`
    what the offered functions stand for.
    """

    response: Response
    call: CallUpstream
    input: tuple[StoredItem, ...] = ()
    store: bool = True
    call_ids: frozenset[str] = frozenset()
    bindings: Mapping[str, Binding] = field(default_factory=dict)
