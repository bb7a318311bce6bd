"""Which tool call a delta belongs to, whatever its provider does with indexes, ids and names.

By index; and where one index serves several calls, by id, by name and by whether the arguments so far are
whole. Not here: when a call may open and what it sends (`open_items.py`, `queue.py`). Counterpart: `turn.py`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from antiphon.engine.call_item import CallItem
from antiphon.engine.kinds.face import Binding, Outcome
from antiphon.engine.open_items import Arguments, Piece, Progress
from antiphon.engine.queue import Entry, ItemQueue
from antiphon.engine.review import HeldCall
from antiphon.engine.run_state import KeptCall
from antiphon.wire.chat import FunctionDelta, ToolCallDelta
from antiphon.wire.events import Event


@dataclass(slots=True)
class _Call:
    entry: Entry
    item: CallItem
    upstream_id: str | None = None
    dropped: bool = False

    def whole(self) -> bool:
        """Whether nothing is missing: a whole JSON value can't be continued."""
        return bool(self.item.name) and self.item.whole(self.entry.held)


@dataclass(frozen=True, slots=True)
class WaitingCall:
    """A call that a tool of the server is to answer; `arguments` are whole, though it may not have opened yet."""

    item: CallItem
    arguments: str

    @property
    def key(self) -> str:
        """What tells it from the others of its turn."""
        return self.item.key

    @property
    def binding(self) -> Binding:
        """What its name stands for."""
        return self.item.binding


class Calls:
    """The tool calls of one turn.

    `bindings` says what the offered names stand for; `taken_ids` are call ids that the context holds already. With
    `one` the first call is the only one: what an upstream asks for beyond that is dropped.
    """

    def __init__(
        self,
        queue: ItemQueue,
        ids: Callable[[str], str],
        bindings: Mapping[str, Binding],
        taken_ids: Iterable[str],
        *,
        one: bool = False,
    ) -> None:
        self._one = one
        self._queue = queue
        self._ids = ids
        self._bindings = bindings
        self._taken_ids = set(taken_ids)
        self._all: list[_Call] = []
        self._last: dict[int, _Call] = {}
        self._by_id: dict[tuple[int, str], _Call] = {}
        self._index = 0
        self._before: list[tuple[str, Outcome]] = []
        self._asked_before = False

    @property
    def nameless(self) -> bool:
        """Whether the upstream asked for a tool without naming it."""
        return any(not call.item.name and (call.upstream_id or call.entry.held) for call in self._all)

    @property
    def waiting(self) -> list[WaitingCall]:
        """The calls that tools of the server have yet to answer, in order."""
        return [
            WaitingCall(call.item, call.item.arguments(call.entry.held))
            for call in self._all
            if call.item.name and call.item.waiting()
        ]

    @property
    def answered(self) -> list[tuple[str, Outcome]]:
        """What tools of the server gave, by item id, in the order of the calls."""
        own = [(call.item.id, call.item.outcome) for call in self._all if call.item.outcome is not None]
        return [*self._before, *own]

    @property
    def client_is_asked(self) -> bool:
        """Whether a call is the client's to answer."""
        own = any(call.item.possible() and not call.item.binding.server for call in self._all)
        return own or self._asked_before

    @property
    def any(self) -> bool:
        """Whether there is a call at all."""
        return bool(self._all)

    @property
    def held(self) -> list[HeldCall]:
        """The calls whose input has yet to be judged."""
        return [
            HeldCall(call.item, call.item.arguments(call.entry.held))
            for call in self._all
            if call.item.name and call.item.constrained and call.item.fits is None
        ]

    def begin(self, name: str, binding: Binding, arguments: str) -> list[Event]:
        """Events for a call that no model makes now, its arguments whole."""
        item = CallItem(self._ids, self._bindings)
        item.is_call_of(name, binding)
        item.number = len(self._all)
        entry = self._queue.begin(item)
        self._all.append(_Call(entry, item))
        return self._queue.give(entry, Arguments(arguments)) + self._queue.settle()

    def over(self, queue: ItemQueue) -> "Calls":
        """The same with another queue, and no calls yet."""
        return Calls(queue, self._ids, self._bindings, self._taken_ids, one=self._one)

    def recall(self, answered: Sequence[tuple[str, Outcome]], *, client_is_asked: bool) -> None:
        """Know of calls that were closed before the run was taken up."""
        self._before, self._asked_before = list(answered), client_is_asked

    def bring_back(self, kept: KeptCall, given: Binding | None) -> None:
        """Have a call again as it was kept; `given` is its binding where its name doesn't tell."""
        item = CallItem(self._ids, self._bindings)
        item.name, item.number, item.call_id = kept.name, kept.number, kept.call_id
        item.fits, item.outcome = kept.fits, kept.outcome
        if given is not None:
            item.is_call_of(kept.name, given)
        if kept.id is not None:
            item.reopen(kept.id, self._queue.next_index, kept.arguments)
        held: list[Piece] = [] if kept.id is not None else [Arguments(kept.arguments)]
        self._all.append(_Call(self._queue.bring_back(item, held, opened=kept.id is not None), item))

    def progress(self, call: WaitingCall, piece: object) -> list[Event]:
        """Events for what the tool of a waiting call reports."""
        return next(self._queue.give(one.entry, Progress(piece)) for one in self._all if one.item is call.item)

    def take(self, delta: ToolCallDelta) -> list[Event]:
        """Events for a delta of the call that it continues or begins."""
        function = delta.function or FunctionDelta()
        arguments = function.arguments or ""
        if isinstance(function.arguments, dict | list):
            arguments = msgspec.json.encode(function.arguments).decode()
        call = self._call(delta, function.name, str(arguments))
        if not call.entry.opened:
            self._learn(call.item, delta.id, function.name)
        events = self._queue.give(call.entry, Arguments(str(arguments))) if arguments else []
        return events + self._queue.settle()

    def _call(self, delta: ToolCallDelta, name: str | None, arguments: str) -> _Call:
        index = self._index if delta.index is None else delta.index
        by_id = self._by_id.get((index, delta.id)) if delta.id else None
        call = by_id or self._last.get(index)
        if call is None or _is_another(call, None if by_id else delta.id, name, arguments):
            item = CallItem(self._ids, self._bindings)
            item.number = len(self._all)
            call = self._dropped(item) if self._one and self._all else _Call(self._queue.begin(item), item)
            if not call.dropped:
                self._all.append(call)
        self._index, self._last[index] = index, call
        if delta.id:
            call.upstream_id = call.upstream_id or delta.id
            self._by_id[index, delta.id] = call
        return call

    def _dropped(self, item: CallItem) -> _Call:
        """A call that nobody will see; its deltas go where they do no harm."""
        return _Call(Entry(item), item, dropped=True)

    def _learn(self, item: CallItem, call_id: str | None, name: str | None) -> None:
        """An id that is taken already is left to the fallback; a name may be repeated, or come in pieces."""
        if call_id and item.call_id is None and call_id not in self._taken_ids:
            item.call_id = call_id
            self._taken_ids.add(call_id)
        if name and item.name != name:
            item.name += name


def _is_another(call: _Call, call_id: str | None, name: str | None, arguments: str) -> bool:
    """Whether a delta at the index of `call` begins another call.

    A new id alone isn't enough: some servers make one up for every chunk. Without a new id, a name begins a
    call only after the last one is whole, since some servers repeat the name in every chunk, or split it.
    """
    new_id = bool(call_id and call.upstream_id and call_id != call.upstream_id)
    if new_id and name:
        return True
    if not (new_id or name) or not call.whole():
        return False
    return bool(arguments.strip()) or bool(name and name != call.item.name)
