"""The response object as it stands at the start: what the request said, defaults where it said nothing.

Strict clients demand every field, and not null where the API has a default. Not here: what the fields do
(`prepare.py`). Source: the response object of the API reference, and recorded `response.created` events.
"""

from typing import Any

import msgspec

from antiphon.engine.secrets import without_secrets
from antiphon.sources import Sources
from antiphon.wire.responses import ConversationRef, CreateResponse, Response

FUNCTION_DEFAULTS: dict[str, Any] = {"description": None, "parameters": None, "strict": None}


def initial_response(
    response_id: str,
    request: CreateResponse,
    fields: dict[str, msgspec.Raw],
    sources: Sources,
    instructions: str | list[msgspec.Raw] | None,
) -> Response:
    """The response to `request`, in progress. `fields` is the request's JSON, member by member."""
    said = {name: value for name in _AS_SAID if (value := getattr(request, name)) is not None}
    conversation = request.conversation
    return Response(
        id=response_id,
        created_at=sources.now(),
        status="in_progress",
        model=request.model or "",
        conversation=ConversationRef(id=conversation) if isinstance(conversation, str) else conversation,
        image=_image(request),
        instructions=instructions,
        prompt=_prompt(fields) if request.prompt else None,
        prompt_cache_options=_cache_options(request),
        reasoning={"effort": None, "summary": None} | _object(fields, "reasoning"),
        text={"format": {"type": "text"}} | _object(fields, "text"),
        tools=[_tool(tool) for tool in request.tools or ()],
        **said,
    )


_AS_SAID = (
    "access_programs", "background", "frequency_penalty", "max_output_tokens", "max_tool_calls",
    "metadata", "parallel_tool_calls", "presence_penalty", "previous_response_id", "prompt_cache_key",
    "prompt_cache_retention", "safety_identifier", "service_tier", "store", "temperature", "tool_choice",
    "top_logprobs", "top_p", "truncation", "user",
)  # fmt: skip
"""Fields whose value in the response is what the request said."""


def _object(fields: dict[str, msgspec.Raw], name: str) -> dict[str, Any]:
    """An object field with its nulls left out; unknown members stay."""
    value = msgspec.json.decode(fields[name]) if name in fields else None
    return {key: member for key, member in value.items() if member is not None} if value else {}


def _prompt(fields: dict[str, msgspec.Raw]) -> dict[str, Any]:
    """The prompt that a request named; an image among its values has the detail that clients demand."""
    said: dict[str, Any] = msgspec.json.decode(fields["prompt"])
    values = said.get("variables") or {}
    images = {
        name: {"detail": "auto"} | value
        for name, value in values.items()
        if isinstance(value, dict) and value.get("type") == "input_image"
    }
    return said | {"variables": values | images} if images else said


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool with the members that its type requires; secrets stay out."""
    if tool.get("type") == "function":
        return {"type": "function", **FUNCTION_DEFAULTS, **tool}
    return without_secrets(tool)


def _image(request: CreateResponse) -> dict[str, Any] | None:
    """`auto` is a request's word; a response says what was done, which is nothing."""
    said = request.image.context_compression if request.image else None
    return {"context_compression": said} if said in {"enabled", "disabled"} else None


def _cache_options(request: CreateResponse) -> dict[str, Any] | None:
    options = request.prompt_cache_options
    if options is None:
        return None
    return {
        "mode": options.mode or "implicit",
        "ttl": options.ttl or "30m",
        "comparison_response_id": options.comparison_response_id,
    }
