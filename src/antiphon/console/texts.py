"""The text of an item, for a line in a list. Pure, and without what reads Markdown, which lists don't show.

Counterpart: `chat.py`, an item as it is shown.
"""

import json
from typing import Any

from antiphon.wire.answers import StoredItem

Json = dict[str, Any]
OUTPUT = "_output"
"""How the type of a call's result ends."""


def text_of(item: StoredItem | bytes | None) -> str:
    """The text of an item."""
    if item is None:
        return ""
    value = value_of(item if isinstance(item, StoredItem) else StoredItem("", item))
    kind = str(value.get("type", ""))
    if kind.endswith(OUTPUT):
        return f"result of {value.get('call_id', 'a call')}: {texts(value.get('output'))}"
    return texts(value.get("content")) or str(value.get("name") or kind)


def value_of(item: StoredItem) -> Json:
    """The item's JSON, whatever is stored."""
    try:
        value = json.loads(item.raw)
    except (ValueError, RecursionError):
        return {"type": "unreadable", "text": item.raw.decode(errors="replace")}
    return value if isinstance(value, dict) else {"type": "unreadable", "value": value}


def texts(value: Any) -> str:  # noqa: ANN401 - JSON of every kind
    """A text, or those of the parts of a list, a line each."""
    if isinstance(value, str):
        return value
    parts = value if isinstance(value, list) else []
    return "\n".join(
        str(part["text"]) for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)
    )
