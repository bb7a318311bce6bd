"""Stream events, in the order of the API reference: each is one SSE message.

`sequence_number` is stamped by the `Run` when the event leaves it. An item inside an event is raw JSON, so
that the same bytes serve the event, the final response and the store. Order of events: see
`testing/check_stream.py`. Not here: SSE framing (`server/sse.py`).
"""

from typing import Any

import msgspec

from antiphon.wire.content import OutputPart
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


class OutputItemAdded(Event, tag="response.output_item.added"):
    """An item opens."""

    output_index: int
    item: msgspec.Raw


class OutputItemDone(Event, tag="response.output_item.done"):
    """An item is closed; the same JSON stands in the final response."""

    output_index: int
    item: msgspec.Raw


class PartEvent(Event):
    """Base of events about one content part."""

    item_id: str
    output_index: int
    content_index: int


class ContentPartAdded(PartEvent, tag="response.content_part.added"):
    """A part opens."""

    part: OutputPart


class ContentPartDone(PartEvent, tag="response.content_part.done"):
    """A part is closed."""

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


class StreamError(Event, tag="error"):
    """Something broke inside an open stream; `response.failed` follows.

    Code, message and param stand at the top for the SDK's type and again in `error`, where the SDK's
    stream looks for what it raises.
    """

    code: str | None
    message: str
    param: str | None
    error: dict[str, Any]
