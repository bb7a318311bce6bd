"""What a moderation of a response is asked for with, and what the response says of it.

Not here: the endpoint `/v1/moderations`, whose bodies go through as they are. Counterpart: `engine/moderating.py`.
Source: API reference, "Create a model response" (`moderation`) and "The response object".
"""

from typing import Literal

import msgspec

Side = Literal["input", "output"]


class ModerationMode(msgspec.Struct, kw_only=True):
    """What a judgement is for: to be told, or to hold back what is flagged too."""

    mode: Literal["score", "block"]


class ModerationPolicy(msgspec.Struct, kw_only=True):
    """What is done with input and output; a side that isn't named is told alone."""

    input: ModerationMode | None = None
    output: ModerationMode | None = None


class ModerationOptions(msgspec.Struct, kw_only=True):
    """A moderation model to run over input and output."""

    model: str
    policy: ModerationPolicy | None = None


class ModerationResult(msgspec.Struct, kw_only=True, tag="moderation_result"):
    """What a judge found."""

    flagged: bool
    model: str
    categories: dict[str, bool] = {}
    category_scores: dict[str, float] = {}
    category_applied_input_types: dict[str, list[Literal["text", "image"]]] = {}


class ModerationError(msgspec.Struct, kw_only=True, tag="error"):
    """Why there is no judgement."""

    code: str
    message: str


Verdict = ModerationResult | ModerationError


class ResponseModeration(msgspec.Struct, kw_only=True):
    """The judgements of a response."""

    input: Verdict
    output: Verdict
