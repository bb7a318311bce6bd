"""The face of a tool call: how one kind of call looks on the wire, while it is made and when it is whole.

A chat model knows functions only. Which item the client sees instead is decided by the call's name, and made
by one `Face`. Not here: when a call may open or close (`engine/call_item.py`, `engine/queue.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec

from antiphon.engine.citations import Citable
from antiphon.wire.events import Event
from antiphon.wire.items import OutputItem


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool of the server gave.

    `output` is text for the model, `error` says instead why there is none, in the shape that the item has for it.
    `shown` are members that the face puts on the item; `sources` follow the output and may be cited in the answer.
    """

    output: str | None = None
    error: dict[str, Any] | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)
    sources: Sequence[Citable] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """The declared tool that a function stands for: its type, its name, and the MCP server or namespace around it."""

    type: str
    name: str | None = None
    group: str | None = None


UNKNOWN = Origin("")


@dataclass(frozen=True, slots=True)
class Binding:
    """What a chat function stands for: the face of its calls, and what that must know.

    `runs` names the tool of this server that carries a call out (a key of `tools/table.py`), None when the client does;
    `about` is what the face and that tool must know besides, such as `server_label`; `origin` is the declared tool. One
    that is `repeatable` only reads, or does the same when it is called twice.
    """

    face: "type[Face]"
    runs: str | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin = UNKNOWN
    repeatable: bool = False

    @property
    def server(self) -> bool:
        """Whether this server runs the tool itself."""
        return self.runs is not None


class Face:
    """One call of one kind. Subclasses say which item and which events."""

    prefix: ClassVar[str]
    streams: ClassVar[bool] = True
    """Whether pieces of the arguments can be shown; a kind that must know them whole opens late."""
    cites: ClassVar[bool] = False
    """Whether the tool's results may be cited in the answer."""

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

    def progress(self, piece: object) -> list[Event]:
        """Events for something that a tool of the server reports while it is at work."""
        raise TypeError(piece)

    @classmethod
    def fault(cls, message: str) -> dict[str, Any]:
        """The error of a call that wasn't made, in the shape that the item has for it."""
        return {"code": None, "message": message}

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
