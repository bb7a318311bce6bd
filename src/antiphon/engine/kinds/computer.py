"""`computer` and `computer_use_preview`: the client acts on a screen and answers with a picture of it.

A chat model is offered a function `computer`. Nothing is done here. Source: API reference, items `computer_call` and
`computer_call_output`. Counterpart: `retold.py`, which tells the pictures.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from antiphon.engine.kinds.face import Face, Outcome, arguments_in
from antiphon.wire.items import ComputerCall

NUMBER = {"type": "integer"}
POINT = {"type": "object", "properties": {"x": NUMBER, "y": NUMBER}, "required": ["x", "y"]}
ACTION = {
    "type": "object",
    "properties": {
        "type": {
            "type": "string",
            "enum": ["click", "double_click", "drag", "keypress", "move", "screenshot", "scroll", "type", "wait"],
        },
        "x": {**NUMBER, "description": "Pixels from the left: click, double_click, move, scroll."},
        "y": {**NUMBER, "description": "Pixels from the top."},
        "button": {"type": "string", "enum": ["left", "right", "wheel", "back", "forward"]},
        "path": {"type": "array", "items": POINT, "description": "Where a drag goes."},
        "keys": {"type": "array", "items": {"type": "string"}, "description": "keypress, or keys held meanwhile."},
        "scroll_x": NUMBER,
        "scroll_y": {**NUMBER, "description": "Pixels; downwards is positive."},
        "text": {"type": "string", "description": "What is typed."},
    },
    "required": ["type"],
}
COMPUTER = "computer"
BUTTONS = frozenset({"left", "right", "wheel", "back", "forward"})
LOOK: dict[str, Any] = {"type": "screenshot"}
"""What is done where a model asks for nothing that can be: it does no harm, and shows the model where it is."""


class ComputerFace(Face):
    """A `computer_call`. The older tool (`about["single"]`) does one action a call, the newer one several."""

    prefix = "cu"
    streams = False

    def item(self, status: str, arguments: str, outcome: Outcome | None = None) -> ComputerCall:
        found = actions(arguments)
        single = self.binding.about["single"]
        return ComputerCall(
            id=self.id,
            status=status,
            call_id=self.call_id,
            action=found[0] if single else msgspec.UNSET,
            actions=msgspec.UNSET if single else found,
        )


def computer_function(tool: Mapping[str, Any]) -> dict[str, Any]:
    """The function for either tool; the older one tells the size of its screen."""
    single = tool["type"] != COMPUTER
    screen = ""
    if tool.get("display_width") and tool.get("display_height"):
        of = f", {tool['environment']}" if tool.get("environment") else ""
        screen = f" The screen has {tool['display_width']} x {tool['display_height']} pixels{of}."
    member, schema = ("action", ACTION) if single else ("actions", {"type": "array", "items": ACTION})
    parameters = {"type": "object", "properties": {member: schema}, "required": [member]}
    said = f"Act on the user's screen with mouse and keyboard; what comes back is a picture of it.{screen}"
    return {"name": COMPUTER, "description": said, "parameters": parameters}


def actions(arguments: str) -> list[dict[str, Any]]:
    """What the model asks for, each action with the members its type must have; at least one."""
    said = arguments_in(arguments)
    given = said.get("actions", said.get("action", said if "type" in said else None))
    given = given if isinstance(given, list) else [given]
    return [made for one in given if isinstance(one, dict) and (made := _action(one)) is not None] or [LOOK]


def _action(said: Mapping[str, Any]) -> dict[str, Any] | None:
    kind = str(said.get("type"))
    members = MEMBERS.get(kind)
    if members is None:
        return None
    action = {"type": kind, **{name: read(said.get(name)) for name, read in members.items()}}
    if "keys" not in members and isinstance(said.get("keys"), list):
        action["keys"] = [str(key) for key in said["keys"]]
    return action


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | float) and abs(value) < float("inf") else 0


def _button(value: object) -> str:
    return value if isinstance(value, str) and value in BUTTONS else "left"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _keys(value: object) -> list[str]:
    keys = value if isinstance(value, list) else [value]
    return [str(key) for key in keys if key is not None]


def _path(value: object) -> list[dict[str, int]]:
    """Points as objects; some models write them as pairs."""
    path = []
    for point in value if isinstance(value, list) else []:
        match point:
            case {"x": x, "y": y} | [x, y]:
                path.append({"x": _number(x), "y": _number(y)})
    return path


_PLACE: dict[str, Callable[[object], Any]] = {"x": _number, "y": _number}
MEMBERS: dict[str, dict[str, Callable[[object], Any]]] = {
    "click": {"button": _button, **_PLACE},
    "double_click": _PLACE,
    "drag": {"path": _path},
    "keypress": {"keys": _keys},
    "move": _PLACE,
    "screenshot": {},
    "scroll": {**_PLACE, "scroll_x": _number, "scroll_y": _number},
    "type": {"text": _text},
    "wait": {},
}
"""What each action must have, and how it is read."""
