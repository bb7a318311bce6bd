"""One sample of each tool, choice and input item of the API, for the compatibility page.

A type of the SDK that isn't here fails the generation. Source: the types of `openai`. Counterpart: `compatibility.py`.
"""

from typing import Any

Json = dict[str, Any]

SCHEMA: Json = {"type": "object", "properties": {}}

TOOLS: dict[str, Json] = {
    "function": {"name": "f", "parameters": SCHEMA},
    "custom": {"name": "c"},
    "namespace": {
        "name": "n",
        "description": "d",
        "tools": [{"type": "function", "name": "f", "parameters": SCHEMA}],
    },
    "tool_search": {"execution": "client", "description": "d", "parameters": SCHEMA},
    "mcp": {"server_label": "s", "server_url": "http://127.0.0.1:9/mcp"},
    "local_shell": {},
    "shell": {},
    "apply_patch": {},
    "computer": {},
    "computer_use_preview": {"display_width": 100, "display_height": 100, "environment": "linux"},
    "web_search": {},
    "web_search_2025_08_26": {},
    "web_search_preview": {},
    "web_search_preview_2025_03_11": {},
    "code_interpreter": {"container": {"type": "auto"}},
    "image_generation": {},
    "file_search": {"vector_store_ids": ["vs_1"]},
    "programmatic_tool_calling": {},
}
"""By type: the other members of a valid tool."""

CHOICES: dict[str, tuple[Any, str]] = {
    "none": ("none", "function"),
    "auto": ("auto", "function"),
    "required": ("required", "function"),
    "function": ({"type": "function", "name": "f"}, "function"),
    "custom": ({"type": "custom", "name": "c"}, "custom"),
    "mcp": ({"type": "mcp", "server_label": "s", "name": "t"}, "mcp"),
    "shell": ({"type": "shell"}, "shell"),
    "apply_patch": ({"type": "apply_patch"}, "apply_patch"),
    "allowed_tools": (
        {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
        "function",
    ),
    "web_search_preview": ({"type": "web_search_preview"}, "web_search_preview"),
    "web_search_preview_2025_03_11": ({"type": "web_search_preview_2025_03_11"}, "web_search_preview_2025_03_11"),
    "code_interpreter": ({"type": "code_interpreter"}, "code_interpreter"),
    "image_generation": ({"type": "image_generation"}, "image_generation"),
    "file_search": ({"type": "file_search"}, "file_search"),
    "computer": ({"type": "computer"}, "computer"),
    "computer_use": ({"type": "computer_use"}, "computer"),
    "computer_use_preview": ({"type": "computer_use_preview"}, "computer_use_preview"),
    "programmatic_tool_calling": ({"type": "programmatic_tool_calling"}, "programmatic_tool_calling"),
}
"""By form: the choice, and the type of the tool it goes with."""

PICTURE = "data:image/png;base64,iVBORw0KGgo="
_EXEC: Json = {"type": "exec", "command": ["ls"], "env": {}}
_CLICK: Json = {"type": "click", "button": "left", "x": 1, "y": 2}
_SCREEN: Json = {"type": "computer_screenshot", "image_url": PICTURE}
_LISTED: Json = {"name": "t", "input_schema": SCHEMA}
_CREATE: Json = {"type": "create_file", "path": "a", "diff": "+a"}
_THOUGHT: Json = {"type": "reasoning_text", "text": "Hm, hm."}
_REASON: Json = {"type": "summary_text", "text": "Hm."}


def _call(kind: str, **more: object) -> Json:
    return {"type": kind, "id": f"{kind}_1", "call_id": f"{kind}_c", "status": "completed", **more}


def _output(kind: str, output: object, **more: object) -> Json:
    call = kind.removesuffix("_output")
    call = call if call.endswith("_call") or call == "program" else f"{call}_call"
    return {"type": kind, "id": f"{kind}_1", "call_id": f"{call}_c", "output": output, **more}


_CALLS: dict[str, Json] = {
    "function_call": _call("function_call", name="f", arguments="{}"),
    "custom_tool_call": _call("custom_tool_call", name="c", input="x"),
    "local_shell_call": _call("local_shell_call", action=_EXEC),
    "shell_call": _call("shell_call", action={"commands": ["ls"]}),
    "apply_patch_call": _call("apply_patch_call", operation=_CREATE),
    "computer_call": _call("computer_call", action=_CLICK, pending_safety_checks=[]),
    "program": _call("program", code="1", fingerprint="f"),
    "tool_search_call": _call("tool_search_call", execution="client", arguments={}),
}
_OUTPUTS: dict[str, tuple[str, Json]] = {
    "function_call_output": ("function_call", _output("function_call_output", "1")),
    "custom_tool_call_output": ("custom_tool_call", _output("custom_tool_call_output", "1")),
    "local_shell_call_output": ("local_shell_call", _output("local_shell_call_output", "1")),
    "shell_call_output": (
        "shell_call",
        _output("shell_call_output", [{"stdout": "a", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}]),
    ),
    "apply_patch_call_output": ("apply_patch_call", _output("apply_patch_call_output", "ok", status="completed")),
    "computer_call_output": ("computer_call", _output("computer_call_output", _SCREEN)),
    "program_output": ("program", {**_output("program_output", None), "result": "1", "status": "completed"}),
    "tool_search_output": (
        "tool_search_call",
        _call("tool_search_output", execution="client", tools=[{"type": "function", "name": "g"}])
        | {"call_id": "tool_search_call_c"},
    ),
}
_ALONE: dict[str, Json] = {
    "message": {"type": "message", "role": "user", "content": "And?"},
    "reasoning": {"type": "reasoning", "id": "rs_1", "summary": [_REASON], "content": [_THOUGHT]},
    "file_search_call": {"type": "file_search_call", "id": "fs_1", "queries": ["q"], "status": "completed"},
    "web_search_call": {
        "type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"},
    },
    "image_generation_call": {
        "type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "iVBORw0KGgo=",
    },
    "code_interpreter_call": {
        "type": "code_interpreter_call", "id": "ci_1", "code": "1", "container_id": "cntr_1", "status": "completed",
        "outputs": [{"type": "logs", "logs": "1"}],
    },
    "mcp_list_tools": {"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "s", "tools": [_LISTED]},
    "mcp_approval_request": {
        "type": "mcp_approval_request", "id": "mcpr_1", "arguments": "{}", "name": "t", "server_label": "s",
    },
    "mcp_call": {
        "type": "mcp_call", "id": "mcp_1", "arguments": "{}", "name": "t", "server_label": "s", "output": "1",
        "status": "completed",
    },
    "additional_tools": {
        "type": "additional_tools", "id": "at_1", "role": "developer", "tools": [{"type": "custom", "name": "k"}],
    },
    "configuration_update": {"type": "configuration_update", "id": "cfg_1", "reasoning": {"effort": "low"}},
    "compaction": {"type": "compaction", "id": "cmp_1", "encrypted_content": "AAAA"},
    "compaction_trigger": {"type": "compaction_trigger"},
}  # fmt: skip

ITEMS: dict[str, list[Json]] = {
    **{kind: [item] for kind, item in _ALONE.items()},
    "reasoning": [_ALONE["reasoning"], _CALLS["function_call"], _OUTPUTS["function_call_output"][1]],
    **{kind: [_CALLS[kind], next(out for call, out in _OUTPUTS.values() if call == kind)] for kind in _CALLS},
    **{kind: [_CALLS[call], item] for kind, (call, item) in _OUTPUTS.items()},
}
"""By type: an input that has such an item, a call with its output."""
