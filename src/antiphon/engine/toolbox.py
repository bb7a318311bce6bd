"""The tools of a request: which a chat model is offered, and how it is told to choose.

A chat model is offered functions; `bindings` keep what each of them stands for. A type of tool that can't be had
here is kept, echoed and noted as ignored. Not here: the kinds (`kinds/`), running tools (`tools/`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from antiphon.engine.dialects import Dialect
from antiphon.engine.kinds.face import Binding
from antiphon.engine.kinds.table import NAMES, OFFERS
from antiphon.engine.notes import Notes
from antiphon.errors import InvalidRequest

ChatTool = dict[str, Any]
MODES = frozenset({"none", "auto", "required"})


@dataclass(frozen=True, slots=True)
class Offer:
    """What goes into a chat request: `tools`, and `choice` where the client chose; `bindings` by function name.

    `more` is true where servers have tools besides, which are known only once they were asked.
    """

    tools: list[ChatTool] = field(default_factory=list)
    choice: str | dict[str, Any] | None = None
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    more: bool = False


def offer(
    tools: Sequence[dict[str, Any]], choice: str | dict[str, Any] | None, dialect: Dialect, notes: Notes
) -> Offer:
    """Turn tools and tool_choice into what a chat model is sent.

    Raises `InvalidRequest` for a broken tool and for a choice that names a tool which isn't there.
    """
    chat_tools: list[ChatTool] = []
    bindings: dict[str, Binding] = {}
    for index, tool in enumerate(tools):
        at = f"tools[{index}]"
        if not isinstance(tool.get("type"), str):
            raise _missing(f"{at}.type")
        if tool["type"] == "mcp":
            # What its server offers is only known once it was asked.
            continue
        make = OFFERS.get(tool["type"])
        offered = make(tool, at) if make else []
        if not offered:
            notes.ignored.append(at)
        for function, binding in offered:
            chat_tools.append({"type": "function", "function": function})
            bindings[function["name"]] = binding
    more = any(tool["type"] == "mcp" for tool in tools)
    chosen = _choose(chat_tools, choice, dialect, notes)
    if more and isinstance(choice, str) and "tool_choice" in dialect.honours:
        chosen = replace(chosen, choice=choice)
    return replace(chosen, bindings=bindings, more=more)


def _choose(tools: list[ChatTool], choice: str | dict[str, Any] | None, dialect: Dialect, notes: Notes) -> Offer:
    match choice:
        case None:
            return Offer(tools)
        case str() if choice in MODES:
            return _mode(tools, choice, dialect, notes)
        case {"type": "function" | "custom", "name": str(name)}:
            return _named(tools, name, dialect, notes)
        case {"type": "allowed_tools", "mode": "auto" | "required" as mode, "tools": list(allowed)}:
            return _mode(_allowed(tools, allowed), mode, dialect, notes)
        case {"type": str(kind)} if kind in NAMES:
            return _named(tools, NAMES[kind], dialect, notes)
        case {"type": str(kind)} if kind not in {"function", "custom", "allowed_tools"}:
            notes.ignored.append("tool_choice")
            return Offer(tools)
        case _:
            raise InvalidRequest(
                "Invalid value for 'tool_choice': it must be 'none', 'auto', 'required' or an object such as "
                '{"type": "function", "name": "…"}.',
                code="invalid_value",
                param="tool_choice",
            )


def _mode(tools: list[ChatTool], mode: str, dialect: Dialect, notes: Notes) -> Offer:
    if "tool_choice" in dialect.honours:
        return Offer(tools, mode if tools else None)
    if mode == "none":
        return Offer([])
    if mode == "required":
        notes.ignored.append("tool_choice")
    return Offer(tools)


def _named(tools: list[ChatTool], name: str, dialect: Dialect, notes: Notes) -> Offer:
    named = [tool for tool in tools if tool["function"]["name"] == name]
    if not named:
        raise InvalidRequest(f"Tool choice '{name}' not found in 'tools'.", param="tool_choice")
    if "tool_choice" in dialect.honours:
        return Offer(tools, {"type": "function", "function": {"name": name}})
    notes.approximated.append("tool_choice")
    return Offer(named)


def _allowed(tools: list[ChatTool], allowed: list[Any]) -> list[ChatTool]:
    """The tools that a choice of `allowed_tools` leaves; a name that isn't there is refused."""
    names = [_allowed_name(tool) for tool in allowed if isinstance(tool, dict)]
    known = {tool["function"]["name"] for tool in tools}
    for name in names:
        if name is not None and name not in known:
            raise InvalidRequest(f"Allowed tool '{name}' not found in 'tools'.", param="tool_choice.tools")
    return [tool for tool in tools if tool["function"]["name"] in names]


def _allowed_name(tool: dict[str, Any]) -> str | None:
    """The chat function that an entry of `allowed_tools` means; None for a tool that isn't a chat function."""
    kind, name = tool.get("type"), tool.get("name")
    if kind not in ("function", "custom"):
        return NAMES.get(str(kind))
    if not isinstance(name, str):
        raise _missing("tool_choice.tools.name")
    return name


def _missing(param: str) -> InvalidRequest:
    return InvalidRequest(f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)
