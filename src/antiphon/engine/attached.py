"""Files and pictures that items name and that aren't in them: which those are, and the items with them in place. Pure.

What is stored and listed names a file as the client did; only what the model is told has its content. Not here: how a
content is had (`server/attaching.py`), what a chat model is told of it (`parts.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from antiphon.engine.file_text import text_of
from antiphon.engine.input import Item
from antiphon.engine.reading import read
from antiphon.errors import InvalidRequest
from antiphon.wire.content import InputFile, InputImage
from antiphon.wire.items import CompactedView, FunctionCallOutputView, MessageView, PartHead

MARKS = (b'"file_id"', b'"file_url"', b'"file_data"')
"""What a part that names a file, or brings one, holds at the least."""
Content = str | Sequence[msgspec.Raw]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part whose content is to be had; `raw` is the part as it stands, `at` its place in the request."""

    raw: bytes
    at: str
    part: InputImage | InputFile


def wanted(items: Iterable[Item]) -> list[Wanted]:
    """The parts of items that name a file or address, or bring a file that isn't text.

    Raises `InvalidRequest` for a file that is given in two ways at once.
    """
    found: list[Wanted] = []
    for item in items:
        for at, content in contents(item):
            if not isinstance(content, str):
                parts = (_wanted(bytes(raw), f"{at}[{place}]") for place, raw in enumerate(content))
                found += [part for part in parts if part is not None]
    return found


def with_attached(items: Iterable[Item], attached: Mapping[bytes, bytes]) -> list[Item]:
    """The items, each part that is in `attached` being the one that stands there for it."""
    return [_placed(item, attached) for item in items] if attached else list(items)


def contents(item: Item) -> list[tuple[str, Content]]:
    """What of an item may hold files and pictures, with its place."""
    match item.view:
        case MessageView(content=content):
            return [(f"{item.at}.content", content)]
        case FunctionCallOutputView(output=output):
            return [(f"{item.at}.output", output)]
        case CompactedView(said=said):
            return [(item.at, content) for content in said]
        case _:
            return []


def _wanted(raw: bytes, at: str) -> Wanted | None:
    if not any(mark in raw for mark in MARKS):
        return None
    match read(raw, PartHead, at).type:
        case "input_image":
            image = read(raw, InputImage, at)
            return Wanted(raw, at, image) if image.file_id and not image.image_url else None
        case "input_file":
            file = read(raw, InputFile, at)
            _check_one(file, at)
            return Wanted(raw, at, file) if file.file_id or file.file_url or _is_binary(file.file_data) else None
        case _:
            return None


def _check_one(file: InputFile, at: str) -> None:
    given = [name for name in ("file_data", "file_id", "file_url") if getattr(file, name)]
    if len(given) > 1:
        raise InvalidRequest(
            f"'{at}' has {' and '.join(given)}. Give a file in one way.",
            code="mutually_exclusive_parameters",
            param=f"{at}.{given[1]}",
        )


def _is_binary(file_data: str | None) -> bool:
    """Whether a file that came as data isn't text; what isn't base64 is somebody else's to refuse."""
    try:
        return bool(file_data) and text_of(file_data or "") is None
    except ValueError:
        return False


def _placed(item: Item, attached: Mapping[bytes, bytes]) -> Item:
    """The item with its parts replaced, in its view and in its JSON."""

    def part(raw: msgspec.Raw) -> msgspec.Raw:
        return msgspec.Raw(attached.get(bytes(raw), bytes(raw)))

    def content(given: Content) -> str | list[msgspec.Raw]:
        return given if isinstance(given, str) else [part(raw) for raw in given]

    if not any(bytes(raw) in attached for _, given in contents(item) if not isinstance(given, str) for raw in given):
        return item
    view: Any = item.view
    changed: dict[str, Any]
    match view:
        case MessageView():
            changed = {"content": content(view.content)}
        case FunctionCallOutputView():
            changed = {"output": content(view.output)}
        case _:
            changed = {"said": [content(given) for given in view.said]}
    fields = msgspec.json.decode(item.raw, type=dict[str, msgspec.Raw])
    # A picture of a screen stands in its item in another form.
    shown = {name: value for name, value in changed.items() if bytes(fields.get(name, b"")).startswith(b"[")}
    raw = msgspec.json.encode(fields | shown)
    return replace(item, view=msgspec.structs.replace(view, **changed), raw=raw)
