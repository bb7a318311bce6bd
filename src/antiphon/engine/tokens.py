"""Tokens of a chat request, estimated from its bytes where nobody counts them.

A token of today's models is about four bytes of text; the estimate is made a little high, so that what fits by it does
fit. Not here: counting by the model's own tokenizer (`upstream/measuring.py`). Counterpart: `fitting.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

BYTES_A_TOKEN = 3.5
MOST_BYTES_A_TOKEN = 6.0
"""More than the average of any text: what is too long by this measure is surely too long."""
TOKENS_A_MESSAGE = 6
"""What a chat template puts round a message."""
TOKENS_AN_IMAGE = 1_000


def estimate(messages: Sequence[Mapping[str, Any]], tools: Sequence[Any] = ()) -> int:
    """About how many tokens these messages are, and the tools offered with them."""
    return estimated(_bytes(messages, tools)) + _besides(messages)


def estimated(size: int) -> int:
    """About how many tokens so many bytes of text are."""
    return round(size / BYTES_A_TOKEN)


def at_least(messages: Sequence[Mapping[str, Any]], tools: Sequence[Any] = ()) -> int:
    """How many tokens they surely are."""
    return round(_bytes(messages, tools) / MOST_BYTES_A_TOKEN)


def _bytes(messages: Sequence[Mapping[str, Any]], tools: Sequence[Any]) -> int:
    written = sum(_size(value) for message in messages for value in message.values())
    return written + (len(msgspec.json.encode(tools)) if tools else 0)


def _size(value: object) -> int:
    """Bytes of text in a member of a message; the data of an image or file counts for nothing here."""
    match value:
        case str():
            return len(value.encode(errors="replace"))
        case list():
            return sum(_size(part) for part in value)
        case {"type": "image_url" | "file"}:
            return 0
        case dict():
            return sum(map(_size, value.values()))
        case _:
            return 0


def _besides(messages: Sequence[Mapping[str, Any]]) -> int:
    images = sum(_images(message.get("content")) for message in messages)
    return len(messages) * TOKENS_A_MESSAGE + images * TOKENS_AN_IMAGE


def _images(content: object) -> int:
    parts = content if isinstance(content, list) else []
    return sum(isinstance(part, dict) and part.get("type") in {"image_url", "file"} for part in parts)
