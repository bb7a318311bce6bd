"""The tools of a request: which a chat model is offered, and how it is told to choose.

In this version every tool that is offered belongs to the client; other types are kept, echoed and noted as
ignored. Not here: running tools. Counterpart: `wire/chat.py` for what comes back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from antiphon.engine.dialects import Dialect
from antiphon.engine.notes import Notes
from antiphon.errors import InvalidRequest

ChatTool = dict[str, Any]
MODES = frozenset({"none", "auto", "required"})
FUNCTION_FIELDS: dict[str, type | tuple[type, ...]] = {"description": str, "parameters": dict, "strict": bool}


@dataclass(frozen=True, slots=True)
class Offer:
    """What goes into a chat request: `tools`, and `choice` where the client chose."""

    tools: list[ChatTool] = field(default_factory=list)
    choice: str | dict[str, Any] | None = None


def offer(
    tools: Sequence[dict[str, Any]], choice: str | dict[str, Any] | None, dialect: Dialect, notes: Notes
) -> Offer:
    """Turn tools and tool_choice into what a chat model is sent.

    Raises `InvalidRequest` for a broken tool and for a choice that names a tool which isn't there.
    """
    chat_tools = []
    for index, tool in enumerate(tools):
        at = f"tools[{index}]"
        if not isinstance(tool.get("type"), str):
            raise _missing(f"{at}.type")
        if tool["type"] == "function":
            chat_tools.append(_chat_tool(tool, at))
        else:
            notes.ignored.append(at)
    return _choose(chat_tools, choice, dialect, notes)


def _chat_tool(tool: dict[str, Any], at: str) -> ChatTool:
    if not isinstance(tool.get("name"), str) or not tool["name"]:
        raise _missing(f"{at}.name")
    function = {"name": tool["name"]}
    for name, kind in FUNCTION_FIELDS.items():
        value = tool.get(name)
        if value is None:
            continue
        if not isinstance(value, kind):
            raise InvalidRequest(
                f"Invalid type: '{at}.{name}' must be {_KINDS[name]}.", code="invalid_type", param=f"{at}.{name}"
            )
        function[name] = value
    return {"type": "function", "function": function}


_KINDS = {"description": "a string", "parameters": "an object (a JSON schema)", "strict": "true or false"}


def _choose(tools: list[ChatTool], choice: str | dict[str, Any] | None, dialect: Dialect, notes: Notes) -> Offer:
    match choice:
        case None:
            return Offer(tools)
        case str() if choice in MODES:
            return _mode(tools, choice, dialect, notes)
        case {"type": "function", "name": str(name)}:
            return _named(tools, name, dialect, notes)
        case {"type": "allowed_tools", "mode": "auto" | "required" as mode, "tools": list(allowed)}:
            return _mode(_allowed(tools, allowed), mode, dialect, notes)
        case {"type": str(kind)} if kind not in {"function", "allowed_tools"}:
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
    names = [tool.get("name") for tool in allowed if isinstance(tool, dict) and tool.get("type") == "function"]
    known = {tool["function"]["name"] for tool in tools}
    for name in names:
        if name not in known:
            raise InvalidRequest(f"Allowed tool '{name}' not found in 'tools'.", param="tool_choice.tools")
    return [tool for tool in tools if tool["function"]["name"] in names]


def _missing(param: str) -> InvalidRequest:
    return InvalidRequest(f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)
