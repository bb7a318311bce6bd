"""Code interpreter: a function `python` for the model, a `code_interpreter_call` for the client.

The code streams to the client as the model writes it. Not here: what runs it (`tools/code/`). Source: API reference,
`code_interpreter` tools, items and events.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from antiphon.engine.kinds.face import Binding, Face, Outcome
from antiphon.engine.kinds.input_string import InputString
from antiphon.engine.notes import Notes
from antiphon.engine.reading import read
from antiphon.wire import events as ev
from antiphon.wire.code_interpreter import AutoContainer, CodeInterpreterTool
from antiphon.wire.items import CodeInterpreterCall

PYTHON = {
    "name": "python",
    "description": (
        "Run Python code and get what it prints, the value of its last line and what it raises. Variables, imports "
        "and files in the current folder stay from call to call. There is no network. The user sees matplotlib's "
        "figures."
    ),
    "parameters": {
        "type": "object",
        "properties": {"code": {"type": "string", "description": "The code to run."}},
        "required": ["code"],
    },
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where code runs: a container, which is made when it isn't there unless the client named it.

    `used_before` is true where an earlier call of the conversation ran in it; `file_ids` are files to be put there.
    """

    container_id: str
    named: bool = False
    used_before: bool = False
    memory_limit: str | None = None
    file_ids: tuple[str, ...] = ()


NOWHERE = Place("")


def read_place(tool: dict[str, Any], at: str, own: Place, notes: Notes) -> Place:
    """Where a tool's code runs; `own` is the conversation's container. Raises `InvalidRequest`."""
    container = read(msgspec.json.encode(tool), CodeInterpreterTool, at).container
    if isinstance(container, AutoContainer):
        if (container.network_policy or {}).get("type", "disabled") != "disabled":
            notes.ignored.append(f"{at}.container.network_policy")
        file_ids = tuple(container.file_ids or ())
        return Place(
            own.container_id, used_before=own.used_before, memory_limit=container.memory_limit, file_ids=file_ids
        )
    return Place(container, named=True, used_before=own.container_id == container)


def code_in(arguments: str) -> str:
    """The code, in whatever form the model wrote it."""
    decoder = InputString("code")
    return decoder.feed(arguments) + decoder.finish()


class CodeInterpreterFace(Face):
    """A `code_interpreter_call`, with all that came out; what of it is given out, `included.py` knows."""

    prefix = "ci"
    cites = True

    def __init__(self, item_id: str, call_id: str, name: str, binding: Binding) -> None:
        super().__init__(item_id, call_id, name, binding)
        self._decoder = InputString("code")
        self._code: list[str] = []

    def item(self, status: str, arguments: str, outcome: Outcome | None = None) -> CodeInterpreterCall:
        failed = outcome is not None and outcome.error is not None
        outputs = outcome.shown.get("outputs", []) if outcome is not None else None
        return CodeInterpreterCall(
            id=self.id,
            status="failed" if failed else status,
            code="".join(self._code),
            container_id=self.binding.about["place"].container_id,
            outputs=outputs,
        )

    def first(self) -> list[ev.Event]:
        return [ev.CodeInProgress(**self.place)]

    def delta(self, piece: str) -> list[ev.Event]:
        return self._more(self._decoder.feed(piece))

    def last(self, arguments: str) -> list[ev.Event]:
        events = self._more(self._decoder.finish())
        done = ev.CodeDone(**self.place, code="".join(self._code))
        return [*events, done, ev.CodeInterpreting(**self.place)]

    def ended(self, outcome: Outcome) -> list[ev.Event]:
        return [] if outcome.error is not None else [ev.CodeCompleted(**self.place)]

    def _more(self, text: str) -> list[ev.Event]:
        if not text:
            return []
        self._code.append(text)
        return [ev.CodeDelta(**self.place, delta=text)]
