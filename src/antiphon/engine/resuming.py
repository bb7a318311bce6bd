"""Going on with a run that another process began: what its state, its saved items and its events tell.

Pure. Not here: reading them (`runner/taking_up.py`), what happens then (`run.py`). Counterparts: `run_state.py`, the
form in which a run is kept; `reopened.py`, what was interrupted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from antiphon.engine.input import stored_item
from antiphon.engine.kinds.face import Binding, Outcome
from antiphon.engine.notes import Notes
from antiphon.engine.past import Past
from antiphon.engine.reopened import Seen, closing
from antiphon.engine.replies import Cancelled, ToolsListed, UpstreamFailed
from antiphon.engine.run_state import RunState
from antiphon.engine.seals import Seal, opened
from antiphon.wire import events as ev
from antiphon.wire.answers import StoredItem
from antiphon.wire.items import CompactedView
from antiphon.wire.mcp import ListedTool

UNKNOWN_OUTCOME = (
    "The server broke down while this call was under way, so it isn't known whether it was carried out. Find out "
    "before you make it again."
)
"""What a model is told of a call that must not be made twice."""


class _Listed(msgspec.Struct):
    server_label: str
    tools: list[ListedTool] = []
    error: str | None = None


_listed = msgspec.json.Decoder(_Listed).decode


@dataclass(frozen=True)
class Resumption:
    """Where a run goes on: how far it came, its saved items, and what clients saw since then.

    With an `ending` it ends at once, for that reason.
    """

    state: RunState
    items: Sequence[StoredItem] = ()
    seen: Seen = field(default_factory=Seen)
    ending: Cancelled | UpstreamFailed | None = None

    @property
    def sequence(self) -> int:
        """The number of the next event."""
        return max(self.state.sequence, self.seen.last + 1)

    @property
    def begun(self) -> bool:
        """Whether clients were told that work has begun."""
        return self.state.begun or self.seen.begun

    @property
    def waits(self) -> bool:
        """Whether calls of a turn are waited for, and go on to be."""
        return self.state.phase == "calling" and self.ending is None

    def output(self, ids: Sequence[str]) -> list[msgspec.Raw]:
        """The saved items with these ids."""
        raws = {item.id: item.raw for item in self.items}
        return [msgspec.Raw(raws[item_id]) for item_id in ids]

    def closed(self) -> list[ev.Event]:
        """Events that close what was interrupted."""
        return [] if self.waits else closing(self.seen)

    def past(self, closed: Sequence[ev.Event]) -> list[Past]:
        """The turns so far, and aside what was interrupted."""
        turns = [
            Past(self.output(kept.ids), kept.usage, kept.rejected, kept.told, kept.aside) for kept in self.state.turns
        ]
        waiting = self.state.waiting
        if waiting is not None and not self.waits:
            turns.append(Past(self.output(waiting.ids), aside=True))
        lost = [*self.seen.items, *(event.item for event in closed if isinstance(event, ev.OutputItemDone))]
        return [*turns, Past(lost, aside=True)] if lost else turns

    def lists(self) -> dict[str, ToolsListed]:
        """What MCP servers listed, by their labels."""
        items = map(stored_item, self.items)
        found = [_listed(item.raw) for item in items if item.type == "mcp_list_tools"]
        return {one.server_label: ToolsListed(one.server_label, one.tools, one.error) for one in found}

    def compactions(self, seal: Seal | None) -> dict[str, CompactedView]:
        """Conversations that were made short, by the ids of their items."""
        if seal is None:
            return {}
        items = [item for item in map(stored_item, self.items) if item.type == "compaction"]
        whole = opened(items, seal, Notes(), own=True)
        return {item.id: item.view for item in whole if isinstance(item.view, CompactedView)}


def unknown(binding: Binding) -> Outcome:
    """The outcome of a call that was under way and must not be made twice."""
    return Outcome(error=binding.face.fault(UNKNOWN_OUTCOME))


def repeatable(binding: Binding, known: Sequence[Binding], names: frozenset[str]) -> bool:
    """Whether a call may be made again.

    `known` are the bindings of the run, for one that the client approved; `names` are what the operator says of tools:
    `web_search`, or for an MCP server `label.tool` and `label.*`.
    """
    label, name = binding.about.get("server_label"), binding.about.get("name")
    if label is None:
        return binding.repeatable or binding.runs in names
    if names & {f"{label}.{name}", f"{label}.*"}:
        return True
    same = [one for one in known if (one.about.get("server_label"), one.about.get("name")) == (label, name)]
    return any(one.repeatable for one in [binding, *same])
