"""`tool_choice`: which of the tools a model may call, and whether it must.

Every form of it becomes a `Choice`, which narrows the request's own tools and those that MCP servers turn out to have
alike. Pure. Not here: the tools (`toolbox.py`). Counterpart: `belt.py`, which offers what a choice leaves. Source: API
reference, `tool_choice`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from antiphon.engine.kinds.face import Origin
from antiphon.errors import InvalidRequest

Mode = Literal["none", "auto", "required"]
MODES: dict[str, Mode] = {"none": "none", "auto": "auto", "required": "required"}
BY_NAME = frozenset({"function", "custom"})

_DATED = re.compile(r"(?:_use)?(?:_preview)?(?:_\d{4}_\d\d_\d\d)?$")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One tool, or all of one type, of one MCP server or of one namespace (`group`)."""

    type: str
    name: str | None = None
    group: str | None = None

    def means(self, origin: Origin) -> bool:
        """Whether this is, or holds, the tool of that origin."""
        if self.type == "namespace":
            return origin.type in BY_NAME and origin.group is not None and origin.group == self.name
        if family(self.type) != family(origin.type):
            return False
        return self.name in (None, origin.name) and self.group in (None, origin.group)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a client chose. `mode` is None where it said nothing.

    `only` are the tools that may be called, None for all. With `forced` one of them must be called first, and all may
    be afterwards. `honoured` says whether the upstream has a `tool_choice` of its own, `named` whether that may name a
    function; else that function alone is offered, and one must be called.
    """

    mode: Mode | None = None
    only: tuple[Wanted, ...] | None = None
    forced: bool = False
    honoured: bool = True
    named: bool = True

    def admits(self, origin: Origin, *, first: bool = True) -> bool:
        """Whether a tool may be called in the first turn, or in a later one."""
        if self.mode == "none" and not self.honoured:
            return False
        if self.only is None or (self.forced and not first):
            return True
        return any(wanted.means(origin) for wanted in self.only)

    def chosen(self, names: Sequence[str], *, first: bool) -> str | dict[str, Any] | None:
        """The chat model's `tool_choice`, where functions of these `names` are what may be called.

        What had to be called was called in the first turn: only `none` holds longer.
        """
        if not self.honoured or self.mode is None or not (first or self.mode == "none"):
            return None
        if self.forced and self.named and len(names) == 1:
            return {"type": "function", "function": {"name": names[0]}}
        return self.mode


def read_choice(choice: str | dict[str, Any] | None) -> Choice:
    """A request's `tool_choice`. Raises `InvalidRequest` for a form that is none."""
    match choice:
        case None:
            return Choice()
        case str() if choice in MODES:
            return Choice(MODES[choice])
        case {"type": "allowed_tools", "mode": "auto" | "required" as mode, "tools": list(tools)}:
            return Choice(MODES[mode], tuple(_wanted(tool, "tool_choice.tools") for tool in tools))
        case {"type": str(kind)} if kind != "allowed_tools":
            return Choice("required", (_wanted(choice, "tool_choice"),), forced=True)
    raise InvalidRequest(
        "Invalid value for 'tool_choice': it must be 'none', 'auto', 'required' or an object such as "
        '{"type": "function", "name": "…"}.',
        code="invalid_value",
        param="tool_choice",
    )


def check_named(choice: Choice, origins: Iterable[Origin]) -> None:
    """Raise `InvalidRequest` for a function, a namespace or an MCP server that is chosen by name and isn't declared."""
    known = list(origins)
    for wanted in choice.only or ():
        if wanted.type not in BY_NAME | {"namespace"} or any(map(wanted.means, known)):
            continue
        if choice.forced:
            raise InvalidRequest(f"Tool choice '{wanted.name}' not found in 'tools'.", param="tool_choice")
        raise InvalidRequest(f"Allowed tool '{wanted.name}' not found in 'tools'.", param="tool_choice.tools")


def family(kind: str) -> str:
    """The type of a tool without its date and `_preview`: one choice means all of them."""
    return _DATED.sub("", kind)


def _wanted(tool: Any, at: str) -> Wanted:  # noqa: ANN401 - JSON of any shape
    """What an entry means. Raises `InvalidRequest` for one that should have a name and hasn't."""
    kind = tool.get("type") if isinstance(tool, dict) else None
    if not isinstance(kind, str):
        raise InvalidRequest(f"'{at}' must name the type of a tool.", code="invalid_value", param=f"{at}.type")
    name, group = tool.get("name"), tool.get("server_label" if kind == "mcp" else "namespace")
    for field, value in (("name", name), ("server_label" if kind == "mcp" else "namespace", group)):
        if value is not None and not isinstance(value, str):
            raise InvalidRequest(f"'{at}.{field}' must be a string.", code="invalid_type", param=f"{at}.{field}")
    if kind in BY_NAME | {"namespace"} and name is None:
        raise InvalidRequest(
            f"Missing required parameter: '{at}.name'.", code="missing_required_parameter", param=f"{at}.name"
        )
    return Wanted(kind, name, group)
