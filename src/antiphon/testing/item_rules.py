"""The law of each item type as literal tables: grammars, texts, statuses, prefixes, fields.

Read off real streams of the Responses API and its reference. A new item type or event is a line here.

Not here: the checking (`open_item`, `check_stream`, `check_response`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from antiphon.testing.grammar import Expression, parse

STREAM = parse(
    "response.created"
    " ( response.queued? response.in_progress item*"
    "   ( response.completed | response.incomplete | error response.failed )"
    " | response.queued ( response.incomplete | error response.failed ) )"
)
"""The whole stream; `item` stands for every event that belongs to no response snapshot."""

RESUMED = parse(
    "response.created? response.queued? response.in_progress? item*"
    " ( response.completed | response.incomplete | error? response.failed )"
)
"""The same from somewhere in its middle on."""

_SUMMARY = (
    "reasoning_summary_part.added reasoning_summary_text.delta* reasoning_summary_text.done reasoning_summary_part.done"
)
_REASONING_TEXT = (
    "content_part.added:reasoning_text reasoning_text.delta* reasoning_text.done content_part.done:reasoning_text"
)
_OUTPUT_TEXT = (
    "content_part.added:output_text ( output_text.delta | output_text.annotation.added )*"
    " output_text.done content_part.done:output_text"
)
_REFUSAL = "content_part.added:refusal refusal.delta* refusal.done content_part.done:refusal"

GRAMMARS: Mapping[str, Expression] = {
    # Event names without `response.`, parts with their type behind a colon. `stop` marks where an item
    # may break off that ends `incomplete` or `failed`; texts are always closed by their `.done`.
    "message": parse(f"( {_OUTPUT_TEXT} | {_REFUSAL} )*"),
    "reasoning": parse(f"( {_SUMMARY} | {_REASONING_TEXT} )*"),
    "function_call": parse("function_call_arguments.delta* function_call_arguments.done"),
    "custom_tool_call": parse("custom_tool_call_input.delta* custom_tool_call_input.done"),
    "mcp_list_tools": parse("mcp_list_tools.in_progress ( mcp_list_tools.completed | mcp_list_tools.failed )"),
    "mcp_call": parse(
        # Real streams repeat in_progress once the arguments are there.
        "mcp_call.in_progress mcp_call_arguments.delta* mcp_call.in_progress? mcp_call_arguments.done"
        " ( stop | mcp_call.completed | mcp_call.failed )"
    ),
    "mcp_approval_request": parse(""),
    "file_search_call": parse(
        "file_search_call.in_progress ( stop | file_search_call.searching ( stop | file_search_call.completed ) )"
    ),
    "web_search_call": parse(
        "web_search_call.in_progress ( stop | web_search_call.searching ( stop | web_search_call.completed ) )"
    ),
    "code_interpreter_call": parse(
        "code_interpreter_call.in_progress"
        " ( stop | code_interpreter_call_code.delta* code_interpreter_call_code.done"
        "   ( stop | code_interpreter_call.interpreting ( stop | code_interpreter_call.completed ) ) )"
    ),
    "image_generation_call": parse(
        "image_generation_call.in_progress"
        " ( stop | image_generation_call.generating image_generation_call.partial_image*"
        "   ( stop | image_generation_call.completed ) )"
    ),
    "shell_call": parse("( shell_call_command.added shell_call_command.delta* shell_call_command.done )*"),
    "shell_call_output": parse("( shell_call_output_content.delta* shell_call_output_content.done )*"),
    "apply_patch_call": parse("( apply_patch_call_operation_diff.delta* apply_patch_call_operation_diff.done )?"),
    "apply_patch_call_output": parse(""),
    "tool_search_call": parse(""),
    "tool_search_output": parse(""),
    "local_shell_call": parse(""),
    "local_shell_call_output": parse(""),
    "computer_call": parse(""),
    "computer_call_output": parse(""),
    "function_call_output": parse(""),
    "custom_tool_call_output": parse(""),
    "program": parse(""),
    "program_output": parse(""),
    "compaction": parse("compaction.compacting?"),
}
"""What may stand between `output_item.added` and `output_item.done`; a type that isn't here is free."""


@dataclass(frozen=True, slots=True)
class Text:
    """One kind of streamed text.

    `field` names it in the `.done` event (and in the part), `path` where it lies in the finished item,
    with `#` for the index that `index` names.
    """

    field: str
    path: str
    index: str | None = None


TEXTS: Mapping[str, Text] = {
    "output_text": Text("text", "content.#.text", "content_index"),
    "refusal": Text("refusal", "content.#.refusal", "content_index"),
    "reasoning_text": Text("text", "content.#.text", "content_index"),
    "reasoning_summary_text": Text("text", "summary.#.text", "summary_index"),
    "function_call_arguments": Text("arguments", "arguments"),
    "custom_tool_call_input": Text("input", "input"),
    "mcp_call_arguments": Text("arguments", "arguments"),
    "code_interpreter_call_code": Text("code", "code"),
    "shell_call_command": Text("command", "action.commands.#", "command_index"),
    "apply_patch_call_operation_diff": Text("diff", "operation.diff"),
}
"""Every event `X.delta` and `X.done` whose deltas are pieces of one text."""

OPENERS: Mapping[str, str] = {
    "content_part.added": "content_index",
    "reasoning_summary_part.added": "summary_index",
    "shell_call_command.added": "command_index",
}
"""Events that open the next part of an item, and the field that counts those parts."""

PARTS: Mapping[str, str] = {
    "content_index": "content",
    "summary_index": "summary",
    "command_index": "action.commands",
}
"""Where the counted parts lie in the finished item."""

IDENTITY = ("id", "type", "role", "name", "call_id", "server_label")
"""What may not change between an item's opening and its end."""

CHANGING = frozenset({("tool_search_call", "call_id")})
"""What does change on real streams."""

SEALED = "encrypted_content"
"""A field that may be sealed anew each time it is sent: that it is there can be compared, its bytes can't."""

STOPPED = frozenset({"incomplete", "failed"})
OPEN = frozenset({"in_progress", "searching", "interpreting", "generating", "calling"})

STATUSES: Mapping[str, frozenset[str]] = {
    "message": frozenset({"completed", "incomplete"}),
    "function_call": frozenset({"completed", "incomplete"}),
    "function_call_output": frozenset({"completed", "incomplete"}),
    "custom_tool_call": frozenset({"completed", "incomplete"}),
    "custom_tool_call_output": frozenset({"completed", "incomplete"}),
    "mcp_call": frozenset({"completed", "incomplete", "failed"}),
    "file_search_call": frozenset({"completed", "incomplete", "failed"}),
    "web_search_call": frozenset({"completed", "incomplete", "failed"}),
    "code_interpreter_call": frozenset({"completed", "incomplete", "failed"}),
    "image_generation_call": frozenset({"completed", "failed"}),
    "shell_call": frozenset({"completed", "incomplete"}),
    "shell_call_output": frozenset({"completed", "incomplete"}),
    # It knows no `incomplete`: one that was cut off stays in progress.
    "apply_patch_call": frozenset({"completed", "in_progress"}),
    "apply_patch_call_output": frozenset({"completed", "failed"}),
    "tool_search_call": frozenset({"completed", "incomplete"}),
    "tool_search_output": frozenset({"completed", "incomplete"}),
    "local_shell_call": frozenset({"completed", "incomplete"}),
    "computer_call": frozenset({"completed", "incomplete"}),
    "computer_call_output": frozenset({"completed", "incomplete", "failed"}),
}
"""Final statuses of the types that must have one; the others have none or may leave it out."""

PREFIXES: Mapping[str, str] = {
    "response": "resp_",
    "message": "msg_",
    "reasoning": "rs_",
    "function_call": "fc_",
    "custom_tool_call": "ctc_",
    "mcp_list_tools": "mcpl_",
    "mcp_call": "mcp_",
    "mcp_approval_request": "mcpr_",
    "file_search_call": "fs_",
    "web_search_call": "ws_",
    "code_interpreter_call": "ci_",
    "image_generation_call": "ig_",
    "shell_call": "sh_",
    "apply_patch_call": "apc_",
    "tool_search_call": "tsc_",
    "local_shell_call": "lsh_",
    "computer_call": "cu_",
    "compaction": "cmp_",
}
"""What the id of each kind begins with; other kinds are free."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    "message": ("role", "content"),
    "reasoning": ("summary",),
    "function_call": ("call_id", "name", "arguments"),
    "custom_tool_call": ("call_id", "name", "input"),
    "mcp_call": ("server_label", "name", "arguments"),
    "mcp_list_tools": ("server_label", "tools"),
    "mcp_approval_request": ("server_label", "name", "arguments"),
    "file_search_call": ("queries",),
    "web_search_call": ("action",),
    "code_interpreter_call": ("container_id",),
    "shell_call": ("call_id", "action"),
    "apply_patch_call": ("call_id", "operation"),
    "output_text": ("text", "annotations", "logprobs"),
    "refusal": ("refusal",),
    "reasoning_text": ("text",),
    "summary_text": ("text",),
}
"""Fields of items and parts that clients read unguarded; an `id` is needed everywhere."""

NOT_NULL = (
    *("presence_penalty", "frequency_penalty", "top_logprobs", "temperature", "top_p", "tool_choice"),
    *("truncation", "background", "store", "service_tier", "tools", "parallel_tool_calls", "text", "metadata"),
)
"""Fields of a response that are never null."""
