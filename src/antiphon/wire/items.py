"""Items: what a response is made of and what a conversation holds.

Output items are Structs of our own making. An input item is its raw JSON plus a view chosen by type and
role, because this wire repeats tags, omits them and grows new ones: an unknown type is raw alone, and the
raw is what the store keeps. Source: API reference, input and output items.
Counterparts: `engine/open_items.py` makes output items, `engine/prompt.py` reads input items.
"""

from typing import Any

import msgspec

from antiphon.wire.content import OutputPart, ReasoningText, SummaryText


class OutputMessage(msgspec.Struct, tag="message", kw_only=True):
    """What the assistant said; `phase` is `commentary` before calls and `final_answer` after all, where it is known."""

    id: str
    status: str
    role: str = "assistant"
    content: list[OutputPart] = []
    phase: str | msgspec.UnsetType = msgspec.UNSET


class Reasoning(msgspec.Struct, tag="reasoning", kw_only=True):
    """What the model thought; `content` holds raw text, `summary` is empty unless one was made.

    It has `encrypted_content` where that was asked for alone: to Open Responses it is a text where it is there at all.
    """

    id: str
    status: str
    summary: list[SummaryText] = []
    content: list[ReasoningText] = []
    encrypted_content: str | msgspec.UnsetType = msgspec.UNSET


class FunctionCall(msgspec.Struct, tag="function_call", kw_only=True):
    """The model asks for a function of the client; `arguments` is JSON text as the model wrote it."""

    id: str
    status: str
    call_id: str
    name: str
    arguments: str = ""
    namespace: str | msgspec.UnsetType = msgspec.UNSET


class CustomToolCall(msgspec.Struct, tag="custom_tool_call", kw_only=True):
    """The model asks for a tool of the client that takes free text."""

    id: str
    status: str
    call_id: str
    name: str
    input: str = ""
    namespace: str | msgspec.UnsetType = msgspec.UNSET


class LocalShellAction(msgspec.Struct, tag="exec", kw_only=True):
    """A command for the client's own shell; the timeout in milliseconds."""

    command: list[str] = []
    env: dict[str, str] = {}
    timeout_ms: int | None = None
    user: str | None = None
    working_directory: str | None = None


class LocalShellCall(msgspec.Struct, tag="local_shell_call", kw_only=True):
    """The model asks the client to run one command."""

    id: str
    status: str
    call_id: str
    action: LocalShellAction


class ShellAction(msgspec.Struct, kw_only=True):
    """Commands for the client's shell; the timeout in milliseconds, the length in characters."""

    commands: list[str] = []
    timeout_ms: int | None = None
    max_output_length: int | None = None


class ShellCall(msgspec.Struct, tag="shell_call", kw_only=True):
    """The model asks the client to run commands, at once where it can."""

    id: str
    status: str
    call_id: str
    action: ShellAction
    environment: dict[str, str] | None = None


class CreateFile(msgspec.Struct, tag="create_file", kw_only=True):
    """Make a file; `diff` holds its lines, each behind a `+`."""

    path: str
    diff: str


class UpdateFile(msgspec.Struct, tag="update_file", kw_only=True):
    """Change a file by a diff."""

    path: str
    diff: str


class DeleteFile(msgspec.Struct, tag="delete_file", kw_only=True):
    """Remove a file."""

    path: str


class ApplyPatchCall(msgspec.Struct, tag="apply_patch_call", kw_only=True):
    """The model asks the client to change one file."""

    id: str
    status: str
    call_id: str
    operation: CreateFile | UpdateFile | DeleteFile


class ComputerCall(msgspec.Struct, tag="computer_call", kw_only=True):
    """The model asks the client to act on a screen: one `action` of the older tool, several `actions` of the newer."""

    id: str
    status: str
    call_id: str
    action: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    actions: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET
    pending_safety_checks: list[dict[str, Any]] = []


class ToolSearchCall(msgspec.Struct, tag="tool_search_call", kw_only=True):
    """The model looks for more tools; `execution` is `server` or `client`, and only the client's has a call id."""

    id: str
    status: str
    call_id: str | None
    execution: str
    arguments: dict[str, Any] = {}


class ToolSearchOutput(msgspec.Struct, tag="tool_search_output", kw_only=True):
    """The tools that a search of this server found."""

    id: str
    status: str
    call_id: None = None
    execution: str = "server"
    tools: list[msgspec.Raw] = []


class McpListTools(msgspec.Struct, tag="mcp_list_tools", kw_only=True):
    """What an MCP server offers; `error` says why nothing is known. A null there is refused by clients."""

    id: str
    server_label: str
    tools: list[msgspec.Raw] = []
    error: str | msgspec.UnsetType = msgspec.UNSET


class McpCall(msgspec.Struct, tag="mcp_call", kw_only=True):
    """A call of an MCP server's tool, with what came of it."""

    id: str
    status: str
    server_label: str
    name: str
    arguments: str = ""
    approval_request_id: str | None = None
    output: str | None = None
    error: dict[str, Any] | None = None


class McpApprovalRequest(msgspec.Struct, tag="mcp_approval_request", kw_only=True):
    """The client is asked whether a call may be made."""

    id: str
    server_label: str
    name: str
    arguments: str


class WebSearchCall(msgspec.Struct, tag="web_search_call", kw_only=True):
    """A search of the web: `action` says for what, with `sources` where they were asked for; so with `results`."""

    id: str
    status: str
    action: dict[str, Any]
    results: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET


class FileSearchCall(msgspec.Struct, tag="file_search_call", kw_only=True):
    """A search of vector stores: `results` are passages with their files, None where they weren't asked for."""

    id: str
    status: str
    queries: list[str] = []
    results: list[dict[str, Any]] | None = None


class CodeInterpreterCall(msgspec.Struct, tag="code_interpreter_call", kw_only=True):
    """Code that was run in a container; `outputs` are logs and pictures, None where they weren't asked for."""

    id: str
    status: str
    code: str
    container_id: str
    outputs: list[dict[str, Any]] | None = None


class ImageGenerationCall(msgspec.Struct, tag="image_generation_call", kw_only=True):
    """A picture that was made: `result` is base64. The rest says how, as far as it is known."""

    id: str
    status: str
    result: str | None = None
    action: str | msgspec.UnsetType = msgspec.UNSET
    background: str | msgspec.UnsetType = msgspec.UNSET
    output_format: str | msgspec.UnsetType = msgspec.UNSET
    quality: str | msgspec.UnsetType = msgspec.UNSET
    size: str | msgspec.UnsetType = msgspec.UNSET
    revised_prompt: str | msgspec.UnsetType = msgspec.UNSET
    error: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class Compaction(msgspec.Struct, tag="compaction"):
    """A conversation made short; what is in it is sealed, and nothing while it is being made."""

    id: str
    encrypted_content: str = ""


OutputItem = (
    OutputMessage
    | Reasoning
    | FunctionCall
    | CustomToolCall
    | LocalShellCall
    | ShellCall
    | ApplyPatchCall
    | ComputerCall
    | ToolSearchCall
    | ToolSearchOutput
    | McpListTools
    | McpCall
    | McpApprovalRequest
    | WebSearchCall
    | FileSearchCall
    | ImageGenerationCall
    | CodeInterpreterCall
    | Compaction
)


class ItemHead(msgspec.Struct, kw_only=True):
    """What tells an input item's kind. A message may leave `type` out."""

    type: str | None = None
    role: str | None = None
    id: str | None = None


class MessageHead(ItemHead, kw_only=True):
    """The same with what a message says, so that one reading does for an item that turns out to be one."""

    content: str | list[msgspec.Raw] | None = None


class MessageView(msgspec.Struct, kw_only=True):
    """A message of any role; `content` is a string or a list of parts, kept as sent."""

    role: str
    content: str | list[msgspec.Raw]


class FunctionCallView(msgspec.Struct, kw_only=True):
    """A function call given back as input; `namespace` is that of its function."""

    call_id: str
    name: str
    arguments: str
    namespace: str | None = None


class FunctionCallOutputView(msgspec.Struct, kw_only=True):
    """What the client's function returned."""

    call_id: str
    output: str | list[msgspec.Raw]


class ThoughtView(msgspec.Struct, kw_only=True):
    """A part of a reasoning item's content or summary."""

    text: str = ""


class ReasoningView(msgspec.Struct, kw_only=True):
    """A reasoning item given back as input."""

    content: str | list[ThoughtView] | None = None
    summary: str | list[ThoughtView] | None = None
    encrypted_content: str | None = None


class CompactionView(msgspec.Struct, kw_only=True):
    """A compacted conversation, sealed."""

    encrypted_content: str


class CompactedView(msgspec.Struct, kw_only=True):
    """The same, opened: what the user said, as it was said, and a summary of everything."""

    said: list[str | list[msgspec.Raw]]
    summary: str


class ItemReferenceView(msgspec.Struct, kw_only=True):
    """Stands for a stored item."""

    id: str


class PartHead(msgspec.Struct, kw_only=True):
    """What tells a content part's kind."""

    type: str | None = None


ItemView = (
    MessageView
    | FunctionCallView
    | FunctionCallOutputView
    | ReasoningView
    | CompactionView
    | CompactedView
    | ItemReferenceView
)

VIEWS: dict[str, type[ItemView]] = {
    "message": MessageView,
    "function_call": FunctionCallView,
    "function_call_output": FunctionCallOutputView,
    "reasoning": ReasoningView,
    "compaction": CompactionView,
    "item_reference": ItemReferenceView,
}

ID_PREFIXES: dict[str, str] = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "reasoning": "rs",
    "file_search_call": "fs",
    "web_search_call": "ws",
    "computer_call": "cu",
    "computer_call_output": "cuo",
    "code_interpreter_call": "ci",
    "image_generation_call": "ig",
    "local_shell_call": "lsh",
    "local_shell_call_output": "lsho",
    "shell_call": "sh",
    "shell_call_output": "sho",
    "apply_patch_call": "apc",
    "apply_patch_call_output": "apco",
    "mcp_call": "mcp",
    "mcp_list_tools": "mcpl",
    "mcp_approval_request": "mcpr",
    "mcp_approval_response": "mcpa",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
    "tool_search_call": "tsc",
    "tool_search_output": "tso",
    "additional_tools": "at",
    "compaction": "cmp",
    "configuration_update": "cfg",
    "program": "prog",
    "program_output": "progo",
}
