"""The item of a conversation that was made short within a response.

Not here: what is sealed in it (`engine/compaction.py`), how it comes about (`engine/compacting.py`).
"""

from collections.abc import Sequence

from antiphon.engine.open_items import Piece, WholeItem, added, done
from antiphon.wire import events as ev
from antiphon.wire.items import Compaction


class CompactionItem(WholeItem):
    """The item, whole when it begins; `asked_for` by a trigger it has an event of its own."""

    def __init__(self, item_id: str, sealed: str, *, asked_for: bool) -> None:
        self.id = item_id
        self._sealed = sealed
        self._asked_for = asked_for
        self._index = -1

    def open(self, output_index: int, held: Sequence[Piece]) -> list[ev.Event]:
        self._index = output_index
        events = [added(output_index, Compaction(self.id))]
        if self._asked_for:
            events.append(ev.CompactionCompacting(item_id=self.id, output_index=output_index))
        return events

    def close(self, status: str) -> list[ev.Event]:
        return [done(self._index, Compaction(self.id, self._sealed))]
