"""The Response object and the request that asks for one.

`CreateResponse` reads every field of `POST /v1/responses`; null is the same as absent. Fields that are
only echoed keep their raw JSON beside it (see `engine/echo.py`). `Response` has every field of the
API's object, null or default where nothing was said, because strict clients demand each of them.
Source: API reference, "Create a model response" and "The response object".
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw

from antiphon.wire.moderation import ModerationOptions, ResponseModeration

Include = Literal[
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
]
ServiceTier = Literal["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"]
CacheRetention = Literal["in_memory", "24h"]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Summary = Literal["auto", "concise", "detailed"]
Verbosity = Literal["low", "medium", "high"]


class ReasoningConfig(msgspec.Struct, kw_only=True):
    """How much the model should think, and whether to tell."""

    effort: Effort | None = None
    summary: Summary | None = None
    generate_summary: Summary | None = None
    context: Literal["auto", "current_turn", "all_turns"] | None = None
    mode: str | None = None


class TextFormat(msgspec.Struct, tag="text", kw_only=True):
    """Free text."""


class JsonObjectFormat(msgspec.Struct, tag="json_object", kw_only=True):
    """Any JSON object."""


class JsonSchemaFormat(msgspec.Struct, tag="json_schema", kw_only=True):
    """JSON that follows a schema."""

    name: str
    schema: dict[str, Any]
    description: str | None = None
    strict: bool | None = None


class TextConfig(msgspec.Struct, kw_only=True):
    """The form of the answer's text."""

    format: TextFormat | JsonObjectFormat | JsonSchemaFormat | None = None
    verbosity: Verbosity | None = None


class StreamOptions(msgspec.Struct, kw_only=True):
    """Options of a streamed answer."""

    include_obfuscation: bool | None = None


class ConversationRef(msgspec.Struct, kw_only=True):
    """A conversation by its id."""

    id: str


class PromptRef(msgspec.Struct, kw_only=True):
    """A stored prompt and the values of its variables."""

    id: str
    variables: dict[str, Any] | None = None
    version: str | None = None


class AccessPrograms(msgspec.Struct, kw_only=True):
    """Access to restricted programs of the provider."""

    cyber: Literal["standard", "daybreak_blue", "daybreak_red"]


class BackgroundOptions(msgspec.Struct, kw_only=True):
    """When a background answer is wanted."""

    completion_window: Literal["soonest", "2h", "8h"] | None = None
    continuation_id: str | None = None


class ImageOptions(msgspec.Struct, kw_only=True):
    """How images in the context are treated."""

    context_compression: Literal["auto", "enabled", "disabled"] | None = None


class CacheOptions(msgspec.Struct, kw_only=True):
    """The provider's prompt cache."""

    mode: Literal["implicit", "explicit"] | None = None
    ttl: Literal["30m", "12h"] | None = None
    prewarm: bool | None = None
    comparison_response_id: str | None = None


class ContextManagement(msgspec.Struct, kw_only=True):
    """What to do when the context grows."""

    type: str
    compact_threshold: int | None = None


class CreateResponse(msgspec.Struct, kw_only=True):
    """The body of `POST /v1/responses`."""

    model: str | None = None
    input: str | list[Raw] | None = None
    instructions: str | None = None
    previous_response_id: str | None = None
    conversation: str | ConversationRef | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    store: bool | None = None
    background: bool | None = None
    background_options: BackgroundOptions | None = None
    include: list[Include] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    max_output_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_tool_calls: Annotated[int, Meta(ge=1)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    text: TextConfig | None = None
    reasoning: ReasoningConfig | None = None
    truncation: Literal["auto", "disabled"] | None = None
    metadata: dict[str, str] | None = None
    user: str | None = None
    safety_identifier: str | None = None
    service_tier: ServiceTier | None = None
    prompt: PromptRef | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: CacheOptions | None = None
    prompt_cache_retention: CacheRetention | None = None
    access_programs: AccessPrograms | None = None
    context_management: list[ContextManagement] | None = None
    image: ImageOptions | None = None
    moderation: ModerationOptions | None = None


class InputTokensDetails(msgspec.Struct, kw_only=True):
    """Where input tokens came from; both counts are required by clients since `openai` 3."""

    cached_tokens: int = 0
    cache_write_tokens: int = 0


class OutputTokensDetails(msgspec.Struct, kw_only=True):
    """What output tokens were spent on."""

    reasoning_tokens: int = 0


class Usage(msgspec.Struct, kw_only=True):
    """Tokens of the whole response; `total_tokens` is the sum of the other two."""

    input_tokens: int = 0
    input_tokens_details: InputTokensDetails = msgspec.field(default_factory=InputTokensDetails)
    output_tokens: int = 0
    output_tokens_details: OutputTokensDetails = msgspec.field(default_factory=OutputTokensDetails)
    total_tokens: int = 0


class ResponseError(msgspec.Struct, kw_only=True):
    """Why a response failed. `code` is one of the API's list."""

    code: str
    message: str


class IncompleteDetails(msgspec.Struct, kw_only=True):
    """Why a response is incomplete: `max_output_tokens` or `content_filter`."""

    reason: str


class Response(msgspec.Struct, kw_only=True):
    """The response object; times are Unix seconds."""

    id: str
    object: str = "response"
    created_at: int
    status: str
    background: bool = False
    completed_at: int | None = None
    error: ResponseError | None = None
    incomplete_details: IncompleteDetails | None = None
    instructions: str | list[Raw] | None = None
    max_output_tokens: int | None = None
    max_tool_calls: int | None = None
    model: str
    output: list[Raw] = []
    parallel_tool_calls: bool = True
    previous_response_id: str | None = None
    prompt: dict[str, Any] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: dict[str, Any] | None = None
    prompt_cache_retention: str | None = None
    prompt_cache_diagnostics: None = None
    reasoning: dict[str, Any] = {}
    safety_identifier: str | None = None
    service_tier: str = "auto"
    store: bool = True
    temperature: float = 1.0
    top_p: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    text: dict[str, Any]
    tool_choice: str | dict[str, Any] = "auto"
    tools: list[Any] = []
    tool_usage: None = None
    top_logprobs: int = 0
    truncation: str = "disabled"
    usage: Usage | None = None
    user: str | None = None
    metadata: dict[str, str] = {}
    conversation: ConversationRef | None = None
    access_programs: AccessPrograms | None = None
    image: dict[str, Any] | None = None
    input_transformations: list[Any] | None = None
    moderation: ResponseModeration | None = None
