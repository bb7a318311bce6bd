"""Stored chat completions: their rows, their messages, and finding them by model and metadata.

Not here: asking an upstream for one. Counterpart: `sql/queries/chats.sql`.
"""

from typing import Any

import msgspec

from antiphon.store.asks import Each, Fetch, Steps
from antiphon.store.base import ChatFilter, StoredChat
from antiphon.store.faults import no_chat, no_cursor, storable, taken
from antiphon.store.operations.items import MESSAGE, NewItem, insert_items, remove_owned
from antiphon.store.operations.rows import HIGHEST, LOWEST, as_list, item_page, new_keys, one_row
from antiphon.store.pages import Page, PageQuery
from antiphon.store.paging import Window, page, window
from antiphon.wire.answers import StoredItem

# Creation time and key: equal times are told apart by which was saved first.
Moment = tuple[int, int]


def save(project: str, chat: StoredChat) -> Steps[None]:
    """A new chat completion with its messages."""
    there = yield Fetch("find_chat", {"project": project, "id": chat.id})
    if there:
        raise taken("chat completion", chat.id)
    keys = iter((yield from new_keys(1 + len(chat.messages))))
    key = next(keys)
    row = {"key": key, "project": project, "id": chat.id, "created_at": chat.created_at, "model": chat.model}
    yield Fetch("insert_chat", {**row, "metadata": msgspec.json.encode(chat.metadata), "body": chat.body})
    yield from _tag(key, chat.metadata)
    messages = [NewItem(project, message, key, MESSAGE, place) for place, message in enumerate(chat.messages)]
    yield from insert_items(messages, keys)


def get(project: str, chat_id: str) -> Steps[StoredChat]:
    """The chat completion without its messages."""
    return _chat((yield from _find(project, chat_id)))


def list_all(project: str, query: PageQuery, chosen: ChatFilter) -> Steps[Page[StoredChat]]:
    """A page of those that match."""
    tags = [pair for pair in chosen.metadata.items() if storable("".join(pair))]
    if len(tags) < len(chosen.metadata) or not storable(chosen.model or ""):
        return Page([], has_more=False)
    after = yield from _moment(project, "after", query.after)
    before = yield from _moment(project, "before", query.before)
    read: Window[Moment] = window(query, after, before)
    low, high = read.low or (LOWEST, LOWEST), read.high or (HIGHEST, HIGHEST)
    rows = yield Fetch(
        "chats_falling" if read.falling else "chats_rising",
        {
            "project": project,
            "low_time": low[0],
            "low_key": low[1],
            "high_time": high[0],
            "high_key": high[1],
            "model": chosen.model,
            "tags": as_list(tags),
            "limit": read.limit,
        },
    )
    return page([_chat(row) for row in rows], read)


def messages(project: str, chat_id: str, query: PageQuery) -> Steps[Page[StoredItem]]:
    """A page of the request's messages."""
    key = tuple((yield from _find(project, chat_id)))[5]
    return (yield from item_page(project, "owned", {"owner": key, "side": MESSAGE}, query))


def update(project: str, chat_id: str, metadata: dict[str, str], body: bytes) -> Steps[None]:
    """Replace the metadata and the object that shows it."""
    key = tuple((yield from _find(project, chat_id)))[5]
    yield Fetch("update_chat", {"key": key, "metadata": msgspec.json.encode(metadata), "body": body})
    yield Fetch("delete_chat_tags", {"chat": key})
    yield from _tag(key, metadata)


def delete(project: str, chat_id: str) -> Steps[None]:
    """Remove the chat completion and its messages."""
    yield from remove(tuple((yield from _find(project, chat_id)))[5])


def remove(key: int) -> Steps[None]:
    """Remove the chat completion with this key."""
    yield from remove_owned(key)
    yield Fetch("delete_chat_tags", {"chat": key})
    yield Fetch("delete_chat", {"key": key})


def _tag(key: int, metadata: dict[str, str]) -> Steps[None]:
    """Note the metadata to be found by."""
    if metadata:
        pairs = [{"chat": key, "name": name, "value": value} for name, value in metadata.items()]
        yield Each("insert_chat_tag", pairs)


def _find(project: str, chat_id: str) -> Steps[Any]:
    """The row of `find_chat`."""
    return (yield from one_row("find_chat", project, chat_id, no_chat(chat_id)))


def _moment(project: str, param: str, cursor: str | None) -> Steps[Moment | None]:
    """Where the cursor stands in the list of all; None without one."""
    if cursor is None:
        return None
    row = yield from one_row("find_chat", project, cursor, no_cursor(param, cursor))
    return row[1], row[5]


def _chat(row: Any) -> StoredChat:  # noqa: ANN401 - a row of either driver
    """From the first columns of `find_chat` and the lists."""
    chat_id, created_at, model, metadata, body = tuple(row)[:5]
    pairs = msgspec.json.decode(metadata, type=dict[str, str])
    return StoredChat(id=chat_id, created_at=created_at, model=model, metadata=pairs, body=body)
