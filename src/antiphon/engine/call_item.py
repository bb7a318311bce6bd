"""A tool call as an open item: finds out whose it is by its name, and shows the face of that kind.

It opens once its name is known and either its id is or its arguments are whole: an id that comes late is
waited for, one that never comes is made up. Not here: which delta belongs to it (`calls.py`), what the faces
look like (`kinds/`). Counterpart: `open_items.py`, the items that aren't calls.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence

import msgspec

from antiphon.engine.kinds.face import Binding, Face, Outcome
from antiphon.engine.kinds.function import FunctionFace
from antiphon.engine.open_items import Arguments, Piece, Progress, added, done
from antiphon.wire.events import Event

FUNCTION = Binding(FunctionFace)
"""What a name that nobody was offered stands for: the client may know it."""


class CallItem:
    """One tool call. `bindings` says by name what a call is; `outcome` is set when a tool of the server is done.

    A call whose input must keep a constraint waits until `fits` says that it does; one that doesn't never existed.
    """

    def __init__(self, ids: Callable[[str], str], bindings: Mapping[str, Binding]) -> None:
        self.name = ""
        self.number = 0
        self.call_id: str | None = None
        self.outcome: Outcome | None = None
        self.fits: bool | None = None
        self._ids = ids
        self._bindings = bindings
        self._given: Binding | None = None
        self._buffer: list[str] = []
        self._face: Face | None = None
        self._asked = False

    @property
    def id(self) -> str:
        """The item's id; empty until it is open."""
        return self._face.id if self._face else ""

    @property
    def key(self) -> str:
        """What tells this call from the others of its turn."""
        return str(self.number)

    @property
    def binding(self) -> Binding:
        """What its name stands for."""
        return self._given or self._bindings.get(self.name, FUNCTION)

    @property
    def constrained(self) -> bool:
        """Whether its input must keep a constraint."""
        return "constraint" in self.binding.about

    def is_call_of(self, name: str, binding: Binding) -> None:
        """Known beforehand, for a call that no model makes now."""
        self.name, self._given = name, binding

    def arguments(self, held: Sequence[Piece]) -> str:
        """The arguments so far, with the pieces still held; `{}` for none."""
        pieces = [*self._buffer, *(piece.text for piece in held if isinstance(piece, Arguments))]
        return "".join(pieces) if "".join(pieces).strip() else "{}"

    def ready(self, held: Sequence[Piece]) -> bool:
        if not self.name or (self.constrained and not self.fits):
            return False
        early = self.call_id and self.binding.face.streams
        return bool(held) if early else self.whole(held)

    def complete(self) -> bool:
        return self.whole(()) and not self.waiting()

    def possible(self) -> bool:
        return bool(self.name) and self.fits is not False

    def waiting(self) -> bool:
        return self.binding.server and self.outcome is None

    def whole(self, held: Sequence[Piece]) -> bool:
        """Whether the arguments, with the pieces still held, are a whole JSON value."""
        pieces = [*self._buffer, *(piece.text for piece in held if isinstance(piece, Arguments))]
        # Asked after every piece: most of them can't end a JSON value, so the whole is seldom looked at.
        last = next((piece for piece in reversed(pieces) if not piece.isspace()), "")
        return last.rstrip().endswith(("}", "]")) and _is_json("".join(pieces))

    def open(self, output_index: int, held: Sequence[Piece]) -> list[Event]:
        binding = self.binding
        self.call_id = self.call_id or self._ids("call")
        face = self._face = binding.face(self._ids(binding.face.prefix), self.call_id, self.name, binding)
        face.output_index = output_index
        known = "" if face.streams else "".join(piece.text for piece in held if isinstance(piece, Arguments))
        return [added(output_index, face.item("in_progress", known)), *face.first()]

    def delta(self, piece: Piece) -> list[Event]:
        if isinstance(piece, Progress) and self._face is not None:
            # A tool is at work, so the arguments are whole; their last events come first, also where they were held.
            return [*self.asked(), *self._face.progress(piece.piece)]
        if not isinstance(piece, Arguments) or self._face is None:
            raise TypeError(piece)
        self._buffer.append(piece.text)
        return self._face.delta(piece.text)

    def reopen(self, item_id: str, output_index: int, arguments: str) -> None:
        """Be open as before, with arguments that are whole; the client was told of them."""
        binding = self.binding
        face = self._face = binding.face(item_id, self.call_id or "", self.name, binding)
        face.output_index = output_index
        self._buffer = [arguments]
        face.delta(arguments)
        face.last(arguments)
        self._asked = True

    def asked(self) -> list[Event]:
        """The events that end arguments which are whole, once."""
        if self._face is None or self._asked:
            return []
        events: list[Event] = []
        if not "".join(self._buffer).strip():
            # Clients parse the arguments; a function without parameters is often called with nothing.
            events = self.delta(Arguments("{}"))
        return events + self._last()

    def close(self, status: str) -> list[Event]:
        if self._face is None:
            return []
        events = self.asked() if status == "completed" else self._last()
        if self.outcome is not None:
            events += self._face.ended(self.outcome)
        item = self._face.item(status, "".join(self._buffer), self.outcome)
        return [*events, done(self._face.output_index, item)]

    def _last(self) -> list[Event]:
        if self._face is None or self._asked:
            return []
        self._asked = True
        return self._face.last("".join(self._buffer))


def _is_json(text: str) -> bool:
    with contextlib.suppress(msgspec.DecodeError, RecursionError):
        msgspec.json.decode(text)
        return True
    return False
