"""A run's test as a dialogue: replies go in with `>>`, commands are expected with `<<`.

    play = Playbook(run)
    play << CallUpstream
    play >> UpstreamOpened() << events("response.created", "response.in_progress")

Every command must be expected, in order; what doesn't fit is shown at the end of the dialogue so far.
Counterpart: `engine/run.py`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from antiphon.engine.commands import Command, Emit
from antiphon.engine.replies import Reply, UpstreamChunks
from antiphon.engine.run import Run
from antiphon.wire.chat import ChatChunk
from antiphon.wire.events import Event


class Expected:
    """What `<<` looks for: a command of a class, one that equals another, or events by their names."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)

    def __repr__(self) -> str:
        return f"Emit {self.names}"


def events(*names: str) -> Expected:
    """Expect an `Emit` of events with these types, in order; none for an `Emit` of nothing."""
    return Expected(names)


def chunks(*given: dict[str, Any]) -> UpstreamChunks:
    """A reply with these chunks, as JSON objects."""
    return UpstreamChunks([msgspec.convert(chunk, ChatChunk) for chunk in given])


def said(**delta: Any) -> dict[str, Any]:  # noqa: ANN401 - a delta is any JSON
    """The chunk of a delta; `finish` is its finish reason."""
    finish = delta.pop("finish", None)
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


class Playbook:
    """A dialogue with one run. `seen` are the JSON objects of all events that the run emitted."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.seen: list[dict[str, Any]] = []
        self._waiting: list[Command] = []
        self._script: list[str] = []
        self._take(run.start())

    def __rshift__(self, reply: Reply) -> "Playbook":
        if self._waiting:
            raise self._wrong(f"still to be expected: {_name(self._waiting[0])}")
        self._script.append(f">> {type(reply).__name__}")
        self._take(self.run.handle(reply))
        return self

    def __lshift__(self, expected: "Expected | Command | type[Command]") -> "Playbook":
        if not self._waiting:
            raise self._wrong(f"nothing came, expected {expected!r}")
        command = self._waiting.pop(0)
        self._script.append(f"<< {_name(command)}")
        if not _fits(command, expected):
            raise self._wrong(f"expected {expected!r}")
        return self

    def end(self) -> None:
        """Nothing more was asked."""
        if self._waiting:
            raise self._wrong(f"still to be expected: {_name(self._waiting[0])}")

    def _take(self, commands: list[Command]) -> None:
        self._waiting += commands
        for command in commands:
            if isinstance(command, Emit):
                self.seen += [msgspec.json.decode(msgspec.json.encode(event)) for event in command.events]

    def _wrong(self, what: str) -> AssertionError:
        return AssertionError("\n".join([*self._script, f"-- {what}"]))


def _fits(command: Command, expected: "Expected | Command | type[Command]") -> bool:
    if isinstance(expected, Expected):
        return isinstance(command, Emit) and _types(command.events) == expected.names
    return isinstance(command, expected) if isinstance(expected, type) else command == expected


def _types(emitted: Sequence[Event]) -> list[str]:
    return [str(type(event).__struct_config__.tag) for event in emitted]


def _name(command: Command) -> str:
    return f"Emit {_types(command.events)}" if isinstance(command, Emit) else repr(command)
