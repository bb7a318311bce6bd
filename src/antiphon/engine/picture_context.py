"""The latest picture of a conversation, which a model may ask to have changed. Pure.

Only pictures that came along as data: what an address leads to isn't fetched. Counterpart: `kinds/image_generation.py`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from antiphon.engine.input import Item

DATA = "data:image/"


class _Made(msgspec.Struct):
    result: str | None = None
    output_format: str | None = None


def latest_pictures(items: Sequence[Item]) -> tuple[str, ...]:
    """The pictures of the last item that has any, as data URLs."""
    for item in reversed(items):
        found = _made(item.raw) if item.type == "image_generation_call" else _sent(item.raw)
        if found:
            return tuple(found)
    return ()


def _made(raw: bytes) -> list[str]:
    made = msgspec.json.decode(raw, type=_Made)
    return [f"{DATA}{made.output_format or 'png'};base64,{made.result}"] if made.result else []


def _sent(raw: bytes) -> list[str]:
    if DATA.encode() not in raw:
        return []
    fields: dict[str, Any] = msgspec.json.decode(raw)
    parts = [part for name in ("content", "output") if isinstance(fields.get(name), list) for part in fields[name]]
    urls = [part.get("image_url") for part in parts if isinstance(part, dict)]
    return [url for url in urls if isinstance(url, str) and url.startswith(DATA)]
