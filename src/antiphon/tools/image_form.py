"""What the images API is sent: JSON for a new picture, a form with files for one that is changed.

Pure; the same request has the same bytes, so that a recording knows it again. Source: API reference, "Create image" and
"Create image edit". Not here: sending (`image_generation.py`).
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec

from antiphon.errors import ToolFailed
from antiphon.wire.image_generation import ImageGenerationTool

PASSED_ON = (
    "background", "complexity", "frame_count", "frame_duration_ms", "moderation", "output_compression",
    "output_format", "quality", "size", "svg",
)  # fmt: skip
"""Options of the tool that the images API has under the same names."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's bytes, and its type, such as `png`."""

    data: bytes
    kind: str


@dataclass(frozen=True, slots=True)
class Wish:
    """A picture that is wanted; with `pictures`, those changed. `model` and `response_format` are the operator's."""

    prompt: str
    tool: ImageGenerationTool
    pictures: tuple[Picture, ...] = ()
    mask: Picture | None = None
    model: str | None = None
    response_format: str | None = None

    @property
    def path(self) -> str:
        """Where it is sent to, behind the upstream's address."""
        return "/images/edits" if self.pictures else "/images/generations"

    def body(self, *, stream: bool) -> tuple[str, bytes]:
        """The content type and the bytes; with `stream`, pictures that aren't finished are asked for too."""
        fields = self._fields(stream=stream)
        if not self.pictures:
            return "application/json", msgspec.json.encode(fields)
        return _form(fields, self.pictures, self.mask)

    def _fields(self, *, stream: bool) -> dict[str, Any]:
        fields: dict[str, Any] = {"model": self.model or self.tool.model, "prompt": self.prompt}
        fields |= {name: getattr(self.tool, name) for name in PASSED_ON}
        fields["response_format"] = self.response_format
        if self.pictures:
            fields["input_fidelity"] = self.tool.input_fidelity
        if stream:
            fields |= {"stream": True, "partial_images": self.tool.partial_images}
        return {name: value for name, value in fields.items() if value is not None}


def picture(data_url: str) -> Picture:
    """The picture in a data URL. Raises `ToolFailed` for what isn't base64 of one."""
    head, _, encoded = data_url.partition(",")
    kind = head.removeprefix("data:image/").partition(";")[0]
    try:
        return Picture(base64.b64decode(encoded, validate=True), kind or "png")
    except binascii.Error:
        raise ToolFailed("The picture that is to be changed isn't base64.") from None


def _form(fields: dict[str, Any], pictures: tuple[Picture, ...], mask: Picture | None) -> tuple[str, bytes]:
    parts = [(f'name="{name}"', "", _plain(value).encode()) for name, value in fields.items()]
    files = [("image[]", one) for one in pictures] + ([("mask", mask)] if mask else [])
    parts += [
        (f'name="{name}"; filename="{number}.{one.kind}"', f"content-type: image/{one.kind}\r\n", one.data)
        for number, (name, one) in enumerate(files)
    ]
    # Made of what it stands between, it is the same each time and not to be found in there.
    mark = "antiphon-" + hashlib.sha256(b"\0".join(data for _, _, data in parts)).hexdigest()
    written = [
        f"--{mark}\r\ncontent-disposition: form-data; {name}\r\n{kind}\r\n".encode() + data + b"\r\n"
        for name, kind, data in parts
    ]
    return f"multipart/form-data; boundary={mark}", b"".join(written) + f"--{mark}--\r\n".encode()


def _plain(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
