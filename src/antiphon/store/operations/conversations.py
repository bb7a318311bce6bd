"""Conversations: their rows and their items.

Not here: what a response does to its conversation, which it locks and appends to (`saving.py`).
Counterpart: `sql/queries/conversations.sql`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from antiphon.store.asks import Each, Fetch, Steps
from antiphon.store.base import Conversation
from antiphon.store.faults import doubled_item, locked, no_conversation, no_item, storable, taken
from antiphon.store.operations.items import LOOSE, NewItem, insert_items, remove_blobs
from antiphon.store.operations.rows import as_list, item_page, new_keys, one_row, whole_items
from antiphon.store.operations.saving import Shelf, hold_conversations
from antiphon.store.pages import Page, PageQuery
from antiphon.wire.answers import StoredItem


def create(project: str, conversation: Conversation, items: Sequence[StoredItem]) -> Steps[None]:
    """A new conversation with its first items."""
    there = yield Fetch("find_conversation", {"project": project, "id": conversation.id})
    if there:
        raise taken("conversation", conversation.id)
    shelf = Shelf((yield from new_keys(1))[0], 0, None, 0.0, set())
    yield Fetch(
        "insert_conversation",
        {
            "key": shelf.key,
            "project": project,
            "id": conversation.id,
            "created_at": conversation.created_at,
            "metadata": msgspec.json.encode(conversation.metadata),
            "next_place": 0,
        },
    )
    yield from _append(project, conversation.id, shelf, items)


def get(project: str, conversation_id: str) -> Steps[Conversation]:
    """The conversation's own row."""
    return (yield from _find(project, conversation_id))[1]


def update(project: str, conversation_id: str, metadata: dict[str, str]) -> Steps[Conversation]:
    """Replace the metadata."""
    key, conversation = yield from _find(project, conversation_id)
    yield Fetch("update_conversation", {"key": key, "metadata": msgspec.json.encode(metadata)})
    return msgspec.structs.replace(conversation, metadata=metadata)


def delete(project: str, conversation_id: str) -> Steps[None]:
    """Remove the conversation and the items that belong to no response."""
    key = (yield from _hold(project, conversation_id)).key
    going = yield Fetch("conversation_items_going", {"conversation": key})
    yield from remove_blobs(row[0] for row in going if row[1])
    yield Fetch("delete_conversation_items", {"conversation": key})
    yield Fetch("empty_conversation", {"conversation": key})
    yield Fetch("delete_conversation", {"key": key})


def add_items(project: str, conversation_id: str, items: Sequence[StoredItem], now: float) -> Steps[None]:
    """Append items, all or none."""
    shelf = yield from _hold(project, conversation_id)
    if shelf.lock_owner is not None and shelf.lock_expires > now:
        raise locked(conversation_id)
    wanted = as_list([(shelf.key, item.id) for item in items])
    rows = yield Fetch("items_present", {"wanted": wanted})
    shelf.ids = {row[1] for row in rows}
    yield from _append(project, conversation_id, shelf, items)


def list_items(project: str, conversation_id: str, page: PageQuery) -> Steps[Page[StoredItem]]:
    """A page of the conversation's items."""
    key = (yield from _find(project, conversation_id))[0]
    return (yield from item_page(project, "conversation", {"conversation": key}, page))


def get_item(project: str, conversation_id: str, item_id: str) -> Steps[StoredItem]:
    """One item of the conversation."""
    key = (yield from _find(project, conversation_id))[0]
    row = yield from _find_item(conversation_id, key, item_id)
    return (yield from whole_items(project, [tuple(row)[:3]]))[0]


def delete_item(project: str, conversation_id: str, item_id: str) -> Steps[Conversation]:
    """Take the item out; it is removed unless a response came with it."""
    key, conversation = yield from _find(project, conversation_id)
    _, blobs, _, item, owner = yield from _find_item(conversation_id, key, item_id)
    if owner is not None:
        yield Fetch("take_item_out", {"key": item})
        return conversation
    if blobs:
        yield from remove_blobs([item])
    yield Fetch("delete_item", {"key": item})
    return conversation


def context(project: str, conversation_id: str) -> Steps[list[StoredItem]]:
    """All items, oldest first."""
    missing = no_conversation(conversation_id, "conversation")
    if not storable(conversation_id):
        raise missing
    rows = yield Fetch("conversation_context", {"project": project, "id": conversation_id})
    if not rows:
        raise missing
    return (yield from whole_items(project, [row for row in rows if row[0] is not None]))


def unlock(project: str, conversation_id: str, owner: str) -> Steps[None]:
    """Free the owner's lock, if it is one."""
    yield Fetch("free_conversation", {"project": project, "id": conversation_id, "owner": owner})


def _find(project: str, conversation_id: str) -> Steps[tuple[int, Conversation]]:
    """The conversation and its key."""
    missing = no_conversation(conversation_id)
    key, created_at, metadata = yield from one_row("find_conversation", project, conversation_id, missing)
    pairs = msgspec.json.decode(metadata, type=dict[str, str])
    return key, Conversation(id=conversation_id, created_at=created_at, metadata=pairs)


def _hold(project: str, conversation_id: str) -> Steps[Shelf]:
    """The conversation as it stands; no one else changes it until the transaction ends."""
    names = [(project, conversation_id)] if storable(conversation_id) else []
    shelves = yield from hold_conversations(names)
    if not shelves:
        raise no_conversation(conversation_id)
    return shelves[project, conversation_id]


def _find_item(conversation_id: str, key: int, item_id: str) -> Steps[Any]:
    """The row of an item in the conversation with this key."""
    rows: Sequence[Any] = []
    if storable(item_id):
        rows = yield Fetch("conversation_item", {"conversation": key, "id": item_id})
    if not rows:
        raise no_item(item_id, f"conversation '{conversation_id}'")
    return rows[0]


def _append(project: str, conversation_id: str, shelf: Shelf, items: Sequence[StoredItem]) -> Steps[None]:
    """Append to the conversation."""
    if not items:
        return
    new: list[NewItem] = []
    for item in items:
        if item.id in shelf.ids:
            raise doubled_item(item.id, conversation_id)
        shelf.ids.add(item.id)
        new.append(NewItem(project, item, None, LOOSE, 0, shelf.key, shelf.next_place + len(new)))
    keys = yield from new_keys(len(items))
    yield from insert_items(new, iter(keys))
    shelf.next_place += len(items)
    yield Each("change_conversation", [shelf.row()])
