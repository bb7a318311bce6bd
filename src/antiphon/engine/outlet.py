"""The way out of a run: the one place where an event gets its number, and an item what the client asked to see.

Pure. Not here: which events there are (`turn.py`, `run.py`). Counterpart: `included.py`, what is shown of an item.
"""

from collections.abc import Sequence

import msgspec

from antiphon.engine.commands import Emit
from antiphon.engine.included import Include, given_out
from antiphon.engine.seals import Seal
from antiphon.wire import events as ev


class Outlet:
    """`emit` each list of events, in order. `output` are the items as the client has them."""

    def __init__(self, response_id: str, include: Include, seal: Seal | None) -> None:
        self.output: list[msgspec.Raw] = []
        self.sequence = 0
        self._response_id = response_id
        self._include = include
        self._seal = seal

    def go_on(self, number: int, items: Sequence[msgspec.Raw]) -> None:
        """Be where another one was: the next event has this number, and these items are out."""
        self.sequence = number
        self.output = [given_out(item, self._include, self._seal) for item in items]

    def take_back(self, events: Sequence[ev.Event]) -> None:
        """So many events were numbered and never left."""
        self.sequence -= len(events)

    def emit(self, events: list[ev.Event]) -> Emit:
        """The events, numbered, with the id of their response where they carry one."""
        for number, event in enumerate(events, self.sequence):
            event.sequence_number = number
            # Nearly all of them are pieces of text.
            if type(event) is not ev.OutputTextDelta and isinstance(event, ev.Framed):
                event.response_id = self._response_id
                if isinstance(event, ev.OutputItemAdded):
                    event.item = given_out(event.item, self._include)
                elif isinstance(event, ev.OutputItemDone):
                    event.item = given_out(event.item, self._include, self._seal)
                    self.output.append(event.item)
        self.sequence += len(events)
        return Emit(events)
