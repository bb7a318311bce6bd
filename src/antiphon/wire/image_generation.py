"""Image generation on the wire: the tool that a request declares.

Source: API reference, `tools` of type `image_generation`. Not here: the item (`items.py`), the images API
(`tools/images/`).
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta


class ImageMask(msgspec.Struct, kw_only=True):
    """Which part of a picture is to change: its transparent places."""

    image_url: str | None = None
    file_id: str | None = None


class ImageGenerationTool(msgspec.Struct, kw_only=True):
    """How to make pictures. Values that only some models know are left for those to judge."""

    action: Literal["generate", "edit", "auto"] | None = None
    background: str | None = None
    complexity: str | None = None
    frame_count: int | None = None
    frame_duration_ms: int | None = None
    input_fidelity: str | None = None
    input_image_mask: ImageMask | None = None
    model: str | None = None
    moderation: str | None = None
    output_compression: Annotated[int, Meta(ge=0, le=100)] | None = None
    output_format: str | None = None
    partial_images: Annotated[int, Meta(ge=0, le=3)] | None = None
    quality: str | None = None
    size: str | None = None
    svg: dict[str, Any] | None = None
