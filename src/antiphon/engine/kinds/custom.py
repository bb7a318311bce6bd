"""Custom tools: free text for a tool of the client. Source: API reference, `custom` tools and recorded streams.

A chat model is offered a function of the same name with one required string, `input`. A grammar stands in
the description, and as the constraint that the input must keep (`engine/review.py`). Counterpart:
`input_string.py`, which decodes what the model writes.
"""

from typing import Any

import msgspec

from antiphon.engine.constraints import Constraint
from antiphon.engine.kinds.face import Binding, Face, Outcome
from antiphon.engine.kinds.input_string import InputString
from antiphon.errors import InvalidRequest
from antiphon.wire import events as ev
from antiphon.wire.items import CustomToolCall

INPUT = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}


class CustomFace(Face):
    """A `custom_tool_call`."""

    prefix = "ctc"

    def __init__(self, item_id: str, call_id: str, name: str, binding: Binding) -> None:
        super().__init__(item_id, call_id, name, binding)
        self._decoder = InputString()
        self._input: list[str] = []

    def item(self, status: str, arguments: str, outcome: Outcome | None = None) -> CustomToolCall:
        text = "".join(self._input)
        about = self.binding.about
        return CustomToolCall(
            id=self.id,
            status=status,
            call_id=self.call_id,
            name=str(about.get("name", self.name)),
            input=text,
            namespace=about.get("namespace", msgspec.UNSET),
        )

    def delta(self, piece: str) -> list[ev.Event]:
        return self._more(self._decoder.feed(piece))

    def last(self, arguments: str) -> list[ev.Event]:
        events = self._more(self._decoder.finish())
        return [*events, ev.CustomToolCallInputDone(**self.place, input="".join(self._input))]

    def _more(self, text: str) -> list[ev.Event]:
        if not text:
            return []
        self._input.append(text)
        return [ev.CustomToolCallInputDelta(**self.place, delta=text)]


def custom_function(tool: dict[str, Any]) -> dict[str, Any]:
    """The function that a chat model is offered for a custom tool."""
    said = tool.get("description") or ""
    form = tool.get("format")
    if isinstance(form, dict) and form.get("type") == "grammar":
        constraint = f"The input must match this {form.get('syntax')} grammar:\n{form.get('definition')}"
        said = f"{said}\n\n{constraint}" if said else constraint
    return {"name": tool["name"], **({"description": said} if said else {}), "parameters": INPUT}


def custom_constraint(tool: dict[str, Any], at: str) -> dict[str, Any]:
    """The `constraint` that the input must keep, and its place in the request; nothing where it is free text.

    Raises `InvalidRequest` for a format that isn't one.
    """
    form = tool.get("format") or {"type": "text"}
    match form:
        case {"type": "text"}:
            return {}
        case {"type": "grammar", "syntax": ("lark" | "regex") as syntax, "definition": str(definition)}:
            return {"constraint": Constraint(syntax, definition), "constraint_at": f"{at}.format.definition"}
        case {"type": "grammar", "syntax": "lark" | "regex"}:
            raise _wrong(f"{at}.format.definition", "must be the grammar, as a string")
        case {"type": "grammar"}:
            raise _wrong(f"{at}.format.syntax", "must be 'lark' or 'regex'")
        case _:
            raise _wrong(f"{at}.format", 'must be {"type": "text"} or {"type": "grammar", …}')


def _wrong(param: str, what: str) -> InvalidRequest:
    return InvalidRequest(f"Invalid value: '{param}' {what}.", code="invalid_value", param=param)
