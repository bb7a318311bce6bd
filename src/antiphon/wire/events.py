"""Stream events, in the order of the API reference: each is one SSE message.

`sequence_number` is stamped by the `Run` when the event leaves it. An item inside an event is raw JSON, so
that the same bytes serve the event, the final response and the store. Order of events: see
`testing/check_stream.py`. Not here: SSE framing (`server/sse.py`).
"""

from typing import Any

import msgspec

from antiphon.wire.content import OutputPart, SummaryText
from antiphon.wire.responses import Response


class Event(msgspec.Struct, tag_field="type", kw_only=True, gc=False):
    """Base of all events; they hold no cycles, so the garbage collector needn't look at them."""

    sequence_number: int = 0


class ResponseCreated(Event, tag="response.created"):
    """First event."""

    response: Response


class ResponseQueued(Event, tag="response.queued"):
    """A background response waits for a worker."""

    response: Response


class ResponseInProgress(Event, tag="response.in_progress"):
    """Work has begun."""

    response: Response


class ResponseCompleted(Event, tag="response.completed"):
    """Terminal: the answer is whole."""

    response: Response


class ResponseFailed(Event, tag="response.failed"):
    """Terminal: the answer failed; what was done is in it."""

    response: Response


class ResponseIncomplete(Event, tag="response.incomplete"):
    """Terminal: the answer was cut by a limit, or cancelled."""

    response: Response


class Framed(Event, kw_only=True):
    """Base of events that open or close something.

    `response_id` is no field of the API's, but clients of other servers (`ogx-client`, `llama-stack-client`) take no
    item without it.
    """

    response_id: str = ""


class OutputItemAdded(Framed, tag="response.output_item.added"):
    """An item opens."""

    output_index: int
    item: msgspec.Raw


class OutputItemDone(Framed, tag="response.output_item.done"):
    """An item is closed; the same JSON stands in the final response."""

    output_index: int
    item: msgspec.Raw


class PartEvent(Event):
    """Base of events about one content part."""

    item_id: str
    output_index: int
    content_index: int


class ContentPartAdded(Framed, tag="response.content_part.added"):
    """A part opens."""

    item_id: str
    output_index: int
    content_index: int
    part: OutputPart


class ContentPartDone(Framed, tag="response.content_part.done"):
    """A part is closed."""

    item_id: str
    output_index: int
    content_index: int
    part: OutputPart


class DeltaEvent(PartEvent):
    """Base of text deltas. `obfuscation` is padding that a client may ask for."""

    delta: str
    obfuscation: str | msgspec.UnsetType = msgspec.UNSET


class OutputTextDelta(DeltaEvent, tag="response.output_text.delta"):
    """A piece of text."""

    logprobs: list[Any] = []


class OutputTextDone(PartEvent, tag="response.output_text.done"):
    """The whole text."""

    text: str
    logprobs: list[Any] = []


class AnnotationAdded(PartEvent, tag="response.output_text.annotation.added"):
    """A citation in the text."""

    annotation_index: int
    annotation: Any


class RefusalDelta(DeltaEvent, tag="response.refusal.delta"):
    """A piece of a refusal."""


class RefusalDone(PartEvent, tag="response.refusal.done"):
    """The whole refusal."""

    refusal: str


class ReasoningTextDelta(DeltaEvent, tag="response.reasoning_text.delta"):
    """A piece of thinking."""


class ReasoningTextDone(PartEvent, tag="response.reasoning_text.done"):
    """The whole thinking."""

    text: str


class SummaryPartEvent(Event):
    """Base of events about one part of a summary."""

    item_id: str
    output_index: int
    summary_index: int


class ReasoningSummaryPartAdded(SummaryPartEvent, tag="response.reasoning_summary_part.added"):
    """A part of a summary opens."""

    part: SummaryText


class ReasoningSummaryPartDone(SummaryPartEvent, tag="response.reasoning_summary_part.done"):
    """A part of a summary is closed."""

    part: SummaryText


class ReasoningSummaryTextDelta(SummaryPartEvent, tag="response.reasoning_summary_text.delta"):
    """A piece of a summary."""

    delta: str
    obfuscation: str | msgspec.UnsetType = msgspec.UNSET


class ReasoningSummaryTextDone(SummaryPartEvent, tag="response.reasoning_summary_text.done"):
    """The whole part of a summary."""

    text: str


class FunctionCallArgumentsDelta(Event, tag="response.function_call_arguments.delta"):
    """A piece of a function call's arguments."""

    item_id: str
    output_index: int
    delta: str
    obfuscation: str | msgspec.UnsetType = msgspec.UNSET


class FunctionCallArgumentsDone(Event, tag="response.function_call_arguments.done"):
    """The whole arguments, with the function's name."""

    item_id: str
    output_index: int
    name: str
    arguments: str


class ItemEvent(Event):
    """Base of events about one item."""

    item_id: str
    output_index: int


class CustomToolCallInputDelta(ItemEvent, tag="response.custom_tool_call_input.delta"):
    """A piece of a custom tool's input."""

    delta: str
    obfuscation: str | msgspec.UnsetType = msgspec.UNSET


class CustomToolCallInputDone(ItemEvent, tag="response.custom_tool_call_input.done"):
    """The whole input."""

    input: str


class ShellCommandEvent(Event):
    """Base of events about one command of a shell call."""

    output_index: int
    command_index: int


class ShellCommandAdded(ShellCommandEvent, tag="response.shell_call_command.added"):
    """A command begins."""

    command: str


class ShellCommandDelta(ShellCommandEvent, tag="response.shell_call_command.delta"):
    """A piece of a command."""

    delta: str
    obfuscation: str | msgspec.UnsetType = msgspec.UNSET


class ShellCommandDone(ShellCommandEvent, tag="response.shell_call_command.done"):
    """The whole command."""

    command: str


class PatchDiffDelta(ItemEvent, tag="response.apply_patch_call_operation_diff.delta"):
    """A piece of a diff. Seen on the wire; the SDK has no type for it."""

    delta: str
    obfuscation: str | msgspec.UnsetType = msgspec.UNSET


class PatchDiffDone(ItemEvent, tag="response.apply_patch_call_operation_diff.done"):
    """The whole diff."""

    diff: str


class McpListToolsInProgress(ItemEvent, tag="response.mcp_list_tools.in_progress"):
    """An MCP server is asked for its tools."""


class McpListToolsCompleted(ItemEvent, tag="response.mcp_list_tools.completed"):
    """It answered."""


class McpListToolsFailed(ItemEvent, tag="response.mcp_list_tools.failed"):
    """It didn't."""


class McpCallInProgress(ItemEvent, tag="response.mcp_call.in_progress"):
    """An MCP tool is going to be called."""


class McpCallArgumentsDelta(ItemEvent, tag="response.mcp_call_arguments.delta"):
    """A piece of the arguments."""

    delta: str
    obfuscation: str | msgspec.UnsetType = msgspec.UNSET


class McpCallArgumentsDone(ItemEvent, tag="response.mcp_call_arguments.done"):
    """The whole arguments."""

    arguments: str


class McpCallCompleted(ItemEvent, tag="response.mcp_call.completed"):
    """The tool answered."""


class McpCallFailed(ItemEvent, tag="response.mcp_call.failed"):
    """It didn't, or said that it failed."""


class WebSearchInProgress(ItemEvent, tag="response.web_search_call.in_progress"):
    """A search of the web begins."""


class WebSearchSearching(ItemEvent, tag="response.web_search_call.searching"):
    """The web is searched."""


class WebSearchCompleted(ItemEvent, tag="response.web_search_call.completed"):
    """The search is over."""


class FileSearchInProgress(ItemEvent, tag="response.file_search_call.in_progress"):
    """A search of files begins."""


class FileSearchSearching(ItemEvent, tag="response.file_search_call.searching"):
    """The files are searched."""


class FileSearchCompleted(ItemEvent, tag="response.file_search_call.completed"):
    """The search is over."""


class CodeInProgress(ItemEvent, tag="response.code_interpreter_call.in_progress"):
    """The model begins to write code."""


class CodeDelta(ItemEvent, tag="response.code_interpreter_call_code.delta"):
    """A piece of the code."""

    delta: str
    obfuscation: str | msgspec.UnsetType = msgspec.UNSET


class CodeDone(ItemEvent, tag="response.code_interpreter_call_code.done"):
    """The whole code."""

    code: str


class CodeInterpreting(ItemEvent, tag="response.code_interpreter_call.interpreting"):
    """It is run."""


class CodeCompleted(ItemEvent, tag="response.code_interpreter_call.completed"):
    """It was."""


class ImageGenerationInProgress(ItemEvent, tag="response.image_generation_call.in_progress"):
    """A picture is asked for."""


class ImageGenerationGenerating(ItemEvent, tag="response.image_generation_call.generating"):
    """The picture is being made."""


class ImageGenerationPartialImage(ItemEvent, tag="response.image_generation_call.partial_image"):
    """A picture that isn't finished, as base64; the index counts from 0."""

    partial_image_b64: str
    partial_image_index: int
    background: str | None = None
    output_format: str | None = None
    quality: str | None = None
    size: str | None = None


class ImageGenerationCompleted(ItemEvent, tag="response.image_generation_call.completed"):
    """The picture is made."""


class CompactionCompacting(ItemEvent, tag="response.compaction.compacting"):
    """The summary that a client asked for by a trigger was made."""


class StreamError(Event, tag="error"):
    """Something broke inside an open stream; `response.failed` follows.

    Code, message and param stand at the top for the SDK's type and again in `error`, where the SDK's
    stream looks for what it raises.
    """

    code: str | None
    message: str
    param: str | None
    error: dict[str, Any]
