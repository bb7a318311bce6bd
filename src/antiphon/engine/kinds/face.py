"""The face of a tool call: how one kind of call looks on the wire, while it is made and when it is whole.

A chat model knows functions only. Which item the client sees instead is decided by the call's name, and made
by one `Face`. Not here: when a call may open or close (`engine/call_item.py`, `engine/queue.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec

from antiphon.wire.events import Event
from antiphon.wire.items import OutputItem


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool of the server gave: text for the model, or an error in the API's shape."""

    output: str | None = None
    error: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """What a chat function stands for: the face of its calls, and what that must know.

    `server` is true when this server runs the tool itself; `about` are members the face copies, such as
    `server_label`.
    """

    face: "type[Face]"
    server: bool = False
    about: Mapping[str, Any] = field(default_factory=dict)


class Face:
    """One call of one kind. Subclasses say which item and which events."""

    prefix: ClassVar[str]
    streams: ClassVar[bool] = True
    """Whether pieces of the arguments can be shown; a kind that must know them whole opens late."""

    def __init__(self, item_id: str, call_id: str, name: str, binding: Binding) -> None:
        self.id = item_id
        self.call_id = call_id
        self.name = name
        self.binding = binding
        self.output_index = -1

    @property
    def place(self) -> dict[str, Any]:
        """`item_id` and `output_index`, which nearly every event carries."""
        return {"item_id": self.id, "output_index": self.output_index}

    def item(self, status: str, arguments: str, outcome: Outcome | None = None) -> OutputItem:
        """The item as it stands."""
        raise NotImplementedError

    def first(self) -> list[Event]:
        """Events directly after the item was added."""
        return []

    def delta(self, piece: str) -> list[Event]:
        """Events for a piece of the arguments."""
        del piece
        return []

    def last(self, arguments: str) -> list[Event]:
        """Events once the arguments are whole."""
        del arguments
        return []

    def ended(self, outcome: Outcome) -> list[Event]:
        """Events once a tool of the server is done."""
        del outcome
        return []


def arguments_in(text: str) -> dict[str, Any]:
    """The arguments as an object; what isn't one is `{}`, since a model may write anything."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
