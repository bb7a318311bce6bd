"""The tools that need nothing but the client: by type, the chat functions they become and the faces of their calls.

A new kind is one line here and a module beside it. Not here: tools that this server runs itself, which have to be
asked first what they offer (`engine/mcp.py`). Counterpart: `engine/toolbox.py`, which makes the offer.
"""

from collections.abc import Callable
from typing import Any

from antiphon.engine.kinds.apply_patch import APPLY_PATCH, ApplyPatchFace
from antiphon.engine.kinds.computer import ComputerFace, computer_function
from antiphon.engine.kinds.custom import CustomFace, custom_constraint, custom_function
from antiphon.engine.kinds.face import Binding
from antiphon.engine.kinds.function import FunctionFace
from antiphon.engine.kinds.shells import LOCAL_SHELL, SHELL, LocalShellFace, ShellFace
from antiphon.errors import InvalidRequest

Function = dict[str, Any]
Offered = list[tuple[Function, Binding]]

FIELDS: dict[str, tuple[type, str]] = {
    "description": (str, "a string"),
    "parameters": (dict, "an object (a JSON schema)"),
    "strict": (bool, "true or false"),
}


def _function(tool: dict[str, Any], at: str) -> Offered:
    named(tool, at)
    function = {"name": tool["name"]}
    for name, (kind, words) in FIELDS.items():
        value = tool.get(name)
        if value is None:
            continue
        if not isinstance(value, kind):
            raise InvalidRequest(
                f"Invalid type: '{at}.{name}' must be {words}.", code="invalid_type", param=f"{at}.{name}"
            )
        function[name] = value
    return [(function, Binding(FunctionFace))]


def _custom(tool: dict[str, Any], at: str) -> Offered:
    named(tool, at)
    return [(custom_function(tool), Binding(CustomFace, about=custom_constraint(tool, at)))]


def _local_shell(tool: dict[str, Any], at: str) -> Offered:
    del tool, at
    return [(LOCAL_SHELL, Binding(LocalShellFace))]


def _shell(tool: dict[str, Any], at: str) -> Offered:
    """Only a shell of the client; one in a container of the provider's can't be had here."""
    del at
    environment = tool.get("environment") or {"type": "local"}
    local = isinstance(environment, dict) and environment.get("type") == "local"
    return [(SHELL, Binding(ShellFace))] if local else []


def _apply_patch(tool: dict[str, Any], at: str) -> Offered:
    del tool, at
    return [(APPLY_PATCH, Binding(ApplyPatchFace))]


def _computer(tool: dict[str, Any], at: str) -> Offered:
    del at
    return [(computer_function(tool), Binding(ComputerFace, about={"single": tool["type"] != "computer"}))]


OFFERS: dict[str, Callable[[dict[str, Any], str], Offered]] = {
    "function": _function,
    "custom": _custom,
    "local_shell": _local_shell,
    "shell": _shell,
    "apply_patch": _apply_patch,
    "computer": _computer,
    "computer_use": _computer,
    "computer_use_preview": _computer,
}
"""What each type of tool becomes; nothing for one that can't be had here."""


def named(tool: dict[str, Any], at: str) -> None:
    """Raise `InvalidRequest` for a tool without a name."""
    if not isinstance(tool.get("name"), str) or not tool["name"]:
        param = f"{at}.name"
        raise InvalidRequest(f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)
