"""Image generation: a function with a prompt for the model, an `image_generation_call` for the client.

Source: API reference. Not here: the images API (`tools/images/`), the pictures that a conversation holds
(`engine/picture_context.py`).
"""

from typing import Any

import msgspec

from antiphon.engine.kinds.face import Face, Outcome
from antiphon.engine.reading import read
from antiphon.wire import events as ev
from antiphon.wire.image_generation import ImageGenerationTool
from antiphon.wire.items import ImageGenerationCall

NAME = "image_generation"
PROMPT = {"type": "string", "description": "What the picture shows, in full: nothing else is known to who makes it."}
EDIT = {
    "type": "boolean",
    "description": "Whether to change the latest picture of this conversation instead of making a new one.",
}
SHOWN = ("action", "background", "output_format", "quality", "size", "revised_prompt")
"""Members of the item that say how the picture was made."""


def image_function(tool: ImageGenerationTool) -> dict[str, Any]:
    """The function that a model is offered."""
    edits = tool.action in {None, "auto"}
    properties = {"prompt": PROMPT, "edit": EDIT} if edits else {"prompt": PROMPT}
    verb = "Change the latest picture of this conversation" if tool.action == "edit" else "Make a picture"
    return {
        "name": NAME,
        "description": f"{verb}; the user is shown it.",
        "parameters": {"type": "object", "properties": properties, "required": ["prompt"]},
    }


def read_image_generation(tool: dict[str, Any], at: str) -> ImageGenerationTool:
    """The tool that a request declares at `at`. Raises `InvalidRequest`."""
    return read(msgspec.json.encode(tool), ImageGenerationTool, at)


class PartialImage(msgspec.Struct, kw_only=True):
    """A picture that isn't finished, as base64, and how it is made."""

    b64_json: str
    partial_image_index: int = 0
    background: str | None = None
    output_format: str | None = None
    quality: str | None = None
    size: str | None = None


class ImageGenerationFace(Face):
    """An `image_generation_call`."""

    prefix = "ig"

    def item(self, status: str, arguments: str, outcome: Outcome | None = None) -> ImageGenerationCall:
        if outcome is None:
            # The API has no word for a call that was cut short.
            return ImageGenerationCall(id=self.id, status="failed" if status == "incomplete" else status)
        if outcome.error is not None:
            error = {"type": "image_generation_error", "code": None, "message": "", **outcome.error}
            return ImageGenerationCall(id=self.id, status="failed", error=error)
        said = {name: outcome.shown[name] for name in SHOWN if outcome.shown.get(name) is not None}
        return ImageGenerationCall(id=self.id, status=status, result=outcome.shown.get("result"), **said)

    def first(self) -> list[ev.Event]:
        return [ev.ImageGenerationInProgress(**self.place)]

    def last(self, arguments: str) -> list[ev.Event]:
        return [ev.ImageGenerationGenerating(**self.place)]

    def progress(self, piece: object) -> list[ev.Event]:
        if not isinstance(piece, PartialImage):
            raise TypeError(piece)
        how = {name: getattr(piece, name) for name in ("background", "output_format", "quality", "size")}
        return [
            ev.ImageGenerationPartialImage(
                **self.place, partial_image_b64=piece.b64_json, partial_image_index=piece.partial_image_index, **how
            )
        ]

    def ended(self, outcome: Outcome) -> list[ev.Event]:
        return [] if outcome.error is not None else [ev.ImageGenerationCompleted(**self.place)]
