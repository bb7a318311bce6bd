"""Input items: read what a client sent, and give each the id under which it is kept.

An `Item` is raw JSON and, where its type is known, a view. Nothing is dropped: a type nobody knows is raw
alone. Not here: what a model gets to see of it (`prompt.py`). Counterpart: `wire/items.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from antiphon.engine.kinds.retold import RETOLD, Retold
from antiphon.engine.reading import read
from antiphon.engine.secrets import without_secrets
from antiphon.errors import InvalidRequest
from antiphon.sources import Sources
from antiphon.wire.answers import StoredItem
from antiphon.wire.items import ID_PREFIXES, VIEWS, ItemHead, ItemReferenceView, ItemView, MessageHead, MessageView

MAX_ITEMS = 20_000
TOOL_HOLDERS = frozenset({"additional_tools", "tool_search_output"})
ROLES = frozenset({"user", "assistant", "system", "developer"})

_decode_message = msgspec.json.Decoder(MessageHead).decode


@dataclass(frozen=True, slots=True)
class Item:
    """One input item. `at` is its place in the request (`input[0]`), for messages to the client."""

    id: str
    type: str
    raw: bytes
    view: ItemView | Retold | None
    at: str

    def stored(self) -> StoredItem:
        """As the store keeps it: without the secrets of tools that came as an item."""
        return StoredItem(id=self.id, raw=_without_secrets(self.raw) if self.type in TOOL_HOLDERS else self.raw)


def read_input(given: str | Sequence[msgspec.Raw], sources: Sources) -> list[Item]:
    """The items of a request's `input`. Raises `InvalidRequest` naming the item and field at fault."""
    if isinstance(given, str):
        message = msgspec.json.encode({"type": "message", "role": "user", "content": given})
        return [read_item(message, "input", sources)]
    return read_items(given, "input", sources)


def read_items(given: Sequence[msgspec.Raw], field: str, sources: Sources, most: int = MAX_ITEMS) -> list[Item]:
    """The items of a list that stands in `field`, at most `most`. Raises `InvalidRequest`."""
    if len(given) > most:
        raise InvalidRequest(f"'{field}' has {len(given)} items; the most is {most}.", param=field)
    items = [read_item(bytes(raw), f"{field}[{index}]", sources) for index, raw in enumerate(given)]
    _check_ids(items)
    return items


def _check_ids(items: Sequence[Item]) -> None:
    """Raise `InvalidRequest` for an id that two items have: a list is read on from an id."""
    seen: set[str] = set()
    for item in items:
        if isinstance(item.view, ItemReferenceView):
            continue
        if item.id in seen:
            raise InvalidRequest(
                f"Duplicate item: '{item.id}' stands twice. Leave one out, or leave its id out.", param=f"{item.at}.id"
            )
        seen.add(item.id)


def read_item(raw: bytes, at: str, sources: Sources) -> Item:
    """One item. A message may leave its type out, and a reference that is nothing but an id.

    Raises `InvalidRequest` for anything else without a type.
    """
    head = read(raw, ItemHead, at)
    kind = head.type or ("message" if head.role else None)
    if kind is None and head.id and read(raw, dict[str, msgspec.Raw], at).keys() <= {"type", "id"}:
        kind = "item_reference"
    if kind is None:
        raise InvalidRequest(
            f"Missing required parameter: '{at}.type'. An input item has a type, or a role if it is a message.",
            code="missing_required_parameter",
            param=f"{at}.type",
        )
    if kind == "message" and head.role not in ROLES:
        raise InvalidRequest(
            f"Invalid value for '{at}.role': it must be one of {', '.join(sorted(ROLES))}.",
            code="invalid_value",
            param=f"{at}.role",
        )
    if kind == "local_shell_call_output":
        return _shell_output(raw, at, sources)
    item_id = head.id or sources.ids(ID_PREFIXES.get(kind, "item"))
    return Item(id=item_id, type=kind, raw=raw, view=_view(kind, raw, at), at=at)


def _shell_output(raw: bytes, at: str, sources: Sources) -> Item:
    """An output of a local shell. Its documented `id` is that of the call: the item gets one of its own."""
    kind, fields = "local_shell_call_output", read(raw, dict[str, Any], at)
    named = str(fields.get("id") or "")
    if named and not named.startswith(f"{ID_PREFIXES[kind]}_") and fields.get("call_id") is None:
        fields |= {"id": sources.ids(ID_PREFIXES[kind]), "call_id": fields["id"]}
        raw = msgspec.json.encode(fields)
    item_id = read(raw, ItemHead, at).id or sources.ids(ID_PREFIXES[kind])
    return Item(id=item_id, type=kind, raw=raw, view=_view(kind, raw, at), at=at)


def stored_item(stored: StoredItem) -> Item:
    """An item that comes from the store: read again, its id kept."""
    try:
        # Most items of a long history are messages: one reading does for them.
        message = _decode_message(stored.raw)
    except msgspec.ValidationError:
        message = None
    if message is not None and message.type in ("message", None) and message.role and message.content is not None:
        view = MessageView(role=message.role, content=message.content)
        return Item(id=stored.id, type="message", raw=stored.raw, view=view, at=stored.id)
    head = read(stored.raw, ItemHead, stored.id)
    kind = head.type or "message"
    return Item(id=stored.id, type=kind, raw=stored.raw, view=_view(kind, stored.raw, stored.id), at=stored.id)


def _view(kind: str, raw: bytes, at: str) -> ItemView | Retold | None:
    """What a chat model can be told of an item; None where nobody knows the type."""
    retold = RETOLD.get(kind)
    if retold is not None:
        return retold(raw, at)
    view = VIEWS.get(kind)
    return read(raw, view, at) if view else None


def _without_secrets(raw: bytes) -> bytes:
    fields = read(raw, dict[str, Any])
    shown = without_secrets(fields)
    return raw if shown == fields else msgspec.json.encode(shown)
