"""What the demo looks like: event names dimmed on the left, what they bring on the right, wrapped.

Plain text where the output is no terminal, where NO_COLOR is set, or TERM is `dumb`. Not here: what is asked
(`demo.py`).
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from typing import TextIO

from openai.types.responses import (
    ResponseCompletedEvent,
    ResponseCreatedEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseFunctionCallArgumentsDoneEvent,
    ResponseFunctionToolCall,
    ResponseOutputItemAddedEvent,
    ResponseReasoningTextDeltaEvent,
    ResponseStreamEvent,
    ResponseTextDeltaEvent,
)

BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
LEFT = 40
NARROWEST, WIDEST = 72, 110

DELTAS = (ResponseTextDeltaEvent, ResponseReasoningTextDeltaEvent, ResponseFunctionCallArgumentsDeltaEvent)


@dataclass(slots=True)
class Screen:
    """Where the demo writes. `column` is where the cursor stands; `deltas` counts those of the open line."""

    out: TextIO
    colours: bool
    width: int
    column: int = 0
    deltas: int = 0
    open_kind: str = ""

    @classmethod
    def of(cls, out: TextIO, environment: Mapping[str, str]) -> "Screen":
        """The screen on `out`, as the environment wants it."""
        colours = out.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
        columns = shutil.get_terminal_size((WIDEST, 24)).columns
        return cls(out, colours, max(NARROWEST, min(columns, WIDEST)) - 1)

    @classmethod
    def silent(cls) -> "Screen":
        """A screen that nobody sees."""
        return cls(StringIO(), colours=False, width=NARROWEST)

    def title(self, text: str) -> None:
        """A heading, with space above it."""
        self._line(f"\n{self._styled(BOLD, text)}")

    def note(self, text: str) -> None:
        """A remark."""
        self._line(self._styled(DIM, text))

    def says(self, who: str, text: str) -> None:
        """Something that isn't an event: who says what."""
        self._end_flow()
        self._line(f"\n{self._styled(BOLD, who.ljust(LEFT) + text)}")

    def row(self, name: str, text: str) -> None:
        """A line of a small table."""
        self._line(f"  {name.ljust(8)}{text}")

    def step(self, what: str, command: str) -> None:
        """A command and what it does."""
        self._line(f"  {self._styled(DIM, what)}\n    {command}")

    def event(self, event: ResponseStreamEvent) -> None:
        """One event: its name, and what it brings."""
        if isinstance(event, DELTAS):
            if self.open_kind != event.type:
                self._begin(event.type)
            self.deltas += 1
            self._flow(event.delta)
            return
        self._begin(event.type)
        self._flow(_brought(event))
        self._end_flow()

    def _begin(self, name: str) -> None:
        self._end_flow()
        self._write(self._styled(DIM, name))
        self.column, self.open_kind, self.deltas = len(name), name, 0

    def _flow(self, text: str, style: str = "") -> None:
        """Text in the right column; a piece that doesn't fit begins a new line."""
        if not text:
            return
        if self.column + len(text.rstrip()) > self.width and self.column > LEFT:
            self._write("\n")
            self.column, text = 0, text.lstrip()
        pad = " " * (LEFT - self.column)
        self._write(pad + (self._styled(style, text) if style else text))
        self.column += len(pad) + len(text)

    def _end_flow(self) -> None:
        if self.open_kind:
            self._flow(f"  ({self.deltas} deltas)" if self.deltas > 1 else "", DIM)
            self._line("")
        self.open_kind, self.deltas = "", 0

    def _styled(self, style: str, text: str) -> str:
        return f"{style}{text}{PLAIN}" if self.colours else text

    def _line(self, text: str) -> None:
        self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()


def _brought(event: ResponseStreamEvent) -> str:
    """What is worth saying of an event that isn't a delta."""
    match event:
        case ResponseCreatedEvent():
            return event.response.id
        case ResponseOutputItemAddedEvent():
            name = f" {event.item.name}" if isinstance(event.item, ResponseFunctionToolCall) else ""
            return f"{event.item.type}{name}"
        case ResponseFunctionCallArgumentsDoneEvent():
            return event.arguments
        case ResponseCompletedEvent() if event.response.usage:
            usage = event.response.usage
            return f"{usage.input_tokens} + {usage.output_tokens} = {usage.total_tokens} tokens"
        case _:
            return ""
