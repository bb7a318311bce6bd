"""Content parts: the pieces inside a message, a reasoning item or a tool result.

Output parts are what this server makes; input parts are views of what a client sent, read leniently
(a part's raw JSON is kept by its item). Source: API reference, "Create a model response", input and output.
Counterpart: `engine/parts.py`, which turns input parts into chat parts.
"""

from typing import Any

import msgspec


class TextLogprob(msgspec.Struct, kw_only=True):
    """A token of output text with its log probability; `bytes` are its UTF-8 bytes."""

    token: str
    bytes: list[int]
    logprob: float
    top_logprobs: list["TopTextLogprob"] = []


class TopTextLogprob(msgspec.Struct, kw_only=True):
    """An alternative to a token."""

    token: str
    bytes: list[int]
    logprob: float


class OutputText(msgspec.Struct, tag="output_text", kw_only=True):
    """Text of an assistant message. `annotations` and `logprobs` are always present."""

    text: str
    annotations: list[Any] = []
    logprobs: list[TextLogprob] = []


class OutputRefusal(msgspec.Struct, tag="refusal", kw_only=True):
    """The model's words for not answering."""

    refusal: str


class ReasoningText(msgspec.Struct, tag="reasoning_text", kw_only=True):
    """Raw text of a model's thinking."""

    text: str


class SummaryText(msgspec.Struct, tag="summary_text", kw_only=True):
    """A part of what is said of a model's thinking."""

    text: str


OutputPart = OutputText | OutputRefusal | ReasoningText


class InputText(msgspec.Struct, kw_only=True):
    """View of `input_text`, `output_text`, `text` and other parts that carry a `text`."""

    text: str


class InputRefusal(msgspec.Struct, kw_only=True):
    """View of a `refusal` part sent back as input."""

    refusal: str


class InputImage(msgspec.Struct, kw_only=True):
    """View of `input_image`: a URL or data URL, or the id of an uploaded file."""

    image_url: str | None = None
    file_id: str | None = None
    detail: str | None = None


class InputFile(msgspec.Struct, kw_only=True):
    """View of `input_file`: `file_data` is a data URL or bare base64."""

    file_data: str | None = None
    file_id: str | None = None
    file_url: str | None = None
    filename: str | None = None
