"""Items that come a second time: some clients send history again though they name what they continue. Pure.

An item with the id of one that is there already, and with the same words, is that item; with other words it is a
mistake that would lose one of the two. Counterpart: `store/`, which keeps an item of a conversation once.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from antiphon.engine.input import Item
from antiphon.errors import InvalidRequest
from antiphon.wire.items import FunctionCallOutputView, FunctionCallView, MessageView


def without_repeats(items: Iterable[Item], context: Sequence[Item]) -> list[Item]:
    """`items` without those that stand before them or in the `context`.

    Raises `InvalidRequest` for an id that stands for two different items.
    """
    known = {item.id: item for item in context}
    fresh: list[Item] = []
    for item in items:
        there = known.get(item.id)
        if there is None:
            known[item.id] = item
            fresh.append(item)
        elif words(there) != words(item):
            raise InvalidRequest(
                f"Duplicate item found with id '{item.id}': '{item.at}' isn't the item that has this id. "
                "Give it another id, or none.",
                param=item.at,
            )
    return fresh


def words(item: Item) -> tuple[str, ...]:
    """What an item says, however it is written down; of types without a view, the type alone."""
    match item.view:
        case MessageView(role=role, content=content):
            return item.type, role, content if isinstance(content, str) else "".join(map(_text, content))
        case FunctionCallView() as view:
            return item.type, view.call_id, view.name, view.arguments
        case FunctionCallOutputView() as view:
            return item.type, str(view.call_id)
    return (item.type,)


def _text(part: msgspec.Raw) -> str:
    fields = msgspec.json.decode(part)
    found: Any = fields.get("text", fields.get("refusal")) if isinstance(fields, dict) else None
    return found if isinstance(found, str) else ""
