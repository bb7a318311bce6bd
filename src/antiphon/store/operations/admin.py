"""What an operator does over all projects: sweep out what is too old, read everything out, take it in again.

Not here: when it is done, and the lines it is written in (`records.py`). Counterpart: `StoreAdmin` in `base.py`.
"""

from collections.abc import Callable, Sequence

import msgspec

from antiphon.store.asks import Each, Fetch, Steps
from antiphon.store.base import Conversation
from antiphon.store.operations import answers, chats, files, prompts, vector_records
from antiphon.store.operations.items import INPUT, LOOSE, OUTPUT, NewItem, insert_items
from antiphon.store.operations.rows import ROWS, Batch, as_list, batch_of, new_keys, whole_items
from antiphon.store.operations.saving import hold_conversations
from antiphon.store.operations.vector_records import Intake
from antiphon.store.records import (
    ChatLine,
    ConversationLine,
    FileLine,
    ItemLine,
    PlacedItem,
    PromptLine,
    Record,
    ResponseLine,
    not_exported,
    placed,
    stored,
    to_bytes,
    to_text,
)


def sweep(before: int, limit: int) -> Steps[int]:
    """Remove the oldest ended responses and chat completions; how many."""
    responses = yield Fetch("old_responses", {"before": before, "limit": limit})
    for row in responses:
        yield from answers.remove(row[0])
    old_chats = yield Fetch("old_chats", {"before": before, "limit": limit - len(responses)})
    for row in old_chats:
        yield from chats.remove(row[0])
    return len(responses) + len(old_chats)


def conversation_records(after: int) -> Steps[Batch]:
    """The next conversations."""
    rows = yield Fetch("export_conversations", {"after": after, "limit": ROWS})
    records: list[Record] = []
    for _, project, row_id, created_at, metadata, next_place in map(tuple, rows):
        pairs = msgspec.json.decode(metadata, type=dict[str, str])
        conversation = Conversation(id=row_id, created_at=created_at, metadata=pairs)
        records.append(ConversationLine(project, conversation, next_place))
    return batch_of(rows, records)


def response_records(after: int) -> Steps[Batch]:
    """The next responses."""
    rows = yield Fetch("export_responses", {"after": after, "limit": ROWS})
    records: list[Record] = []
    for row in map(tuple, rows):
        sides = yield from _owned(row[0], row[1])
        records.append(
            ResponseLine(
                project=row[1],
                id=row[2],
                created_at=row[3],
                status=row[4],
                model=row[5],
                previous_response_id=row[6],
                conversation_id=row[7],
                seen=row[8],
                appended=bool(row[9]),
                body=to_text(row[10]),
                input=[item for side, item in sides if side == INPUT],
                output=[item for side, item in sides if side == OUTPUT],
            )
        )
    return batch_of(rows, records)


def item_records(after: int) -> Steps[Batch]:
    """The next items that are in no response."""
    rows = yield Fetch("export_items", {"after": after, "limit": ROWS})
    records: list[Record] = []
    for row in map(tuple, rows):
        [item] = yield from whole_items(row[1], [row])
        records.append(ItemLine(row[1], row[2], placed(item, row[3])))
    return batch_of(rows, records)


def chat_records(after: int) -> Steps[Batch]:
    """The next chat completions."""
    rows = yield Fetch("export_chats", {"after": after, "limit": ROWS})
    records: list[Record] = []
    for key, project, row_id, created_at, model, metadata, body in map(tuple, rows):
        sides = yield from _owned(key, project)
        records.append(
            ChatLine(
                project=project,
                id=row_id,
                created_at=created_at,
                model=model,
                metadata=msgspec.json.decode(metadata, type=dict[str, str]),
                body=to_text(body),
                messages=[item for _, item in sides],
            )
        )
    return batch_of(rows, records)


def prompt_records(after: int) -> Steps[Batch]:
    """The next versions of prompts."""
    rows = yield Fetch("export_prompts", {"after": after, "limit": ROWS})
    records: list[Record] = [
        PromptLine(project=project, id=row_id, version=version, created_at=created_at, body=to_text(body))
        for _, project, row_id, version, created_at, body in map(tuple, rows)
    ]
    return batch_of(rows, records)


def file_records(after: int) -> Steps[Batch]:
    """The next files, without their bytes."""
    rows = yield Fetch("export_files", {"after": after, "limit": ROWS})
    records: list[Record] = [FileLine(row[1], files.as_file(row[2:])) for row in map(tuple, rows)]
    return batch_of(rows, records)


# In the order in which they can be taken in again.
EXPORTS: tuple[Callable[[int], Steps[Batch]], ...] = (
    conversation_records,
    response_records,
    item_records,
    chat_records,
    prompt_records,
    file_records,
    *vector_records.EXPORTS,
)


def take_in(records: Sequence[Record], intake: Intake) -> Steps[int]:
    """Write the rows that aren't there yet; how many."""
    new = 0
    for record in records:
        match record:
            case ConversationLine():
                new += yield from _take_conversation(record)
            case ResponseLine():
                new += yield from _take_response(record)
            case ItemLine():
                new += yield from _take_item(record)
            case ChatLine():
                new += yield from _take_chat(record)
            case PromptLine():
                new += yield from prompts.take_in(record.project, record.prompt())
            case FileLine():
                new += yield from files.take_in(record.project, record.file)
            case _:
                new += yield from vector_records.take_in(record, intake)
    return new


def _owned(owner: int, project: str) -> Steps[list[tuple[int, PlacedItem]]]:
    """The items of a response or chat, each with its side."""
    rows = yield Fetch("export_owned", {"owner": owner})
    items = yield from whole_items(project, [tuple(row) for row in rows])
    return [(row[0], placed(item, row[1])) for row, item in zip(rows, items, strict=True)]


def _take_conversation(line: ConversationLine) -> Steps[int]:
    """Write the conversation unless it is there."""
    row = {"project": line.project, "id": line.conversation.id}
    if (yield Fetch("find_conversation", row)):
        return 0
    [key] = yield from new_keys(1)
    metadata = msgspec.json.encode(line.conversation.metadata)
    rest = {"key": key, "created_at": line.conversation.created_at, "next_place": line.next_place}
    yield Fetch("insert_conversation", {**row, **rest, "metadata": metadata})
    return 1


def _take_response(line: ResponseLine) -> Steps[int]:
    """Write the response and its items unless it is there."""
    if (yield Fetch("response_key", {"project": line.project, "id": line.id})):
        return 0
    keys = iter((yield from new_keys(1 + len(line.input) + len(line.output))))
    key = next(keys)
    row = {
        "key": key,
        "project": line.project,
        "id": line.id,
        "created_at": line.created_at,
        "status": line.status,
        "model": line.model,
        "previous_response_id": line.previous_response_id,
        "conversation_id": line.conversation_id,
        "conversation_from": line.seen,
        "appended": int(line.appended),
        "body": to_bytes(line.body),
    }
    yield Each("insert_response", [row])
    for side, items in ((INPUT, line.input), (OUTPUT, line.output)):
        for position, item in enumerate(items):
            new = NewItem(line.project, stored(item), key, side, position)
            if item.place is not None and line.conversation_id is not None:
                yield from _place(new, line.conversation_id, item.place)
            yield from insert_items([new], keys)
    return 1


def _take_item(line: ItemLine) -> Steps[int]:
    """Write the item unless its conversation has it."""
    new = NewItem(line.project, stored(line.item), None, LOOSE, 0)
    yield from _place(new, line.conversation_id, line.item.place or 0)
    if new.conversation is None:
        return 0
    yield from insert_items([new], iter((yield from new_keys(1))))
    return 1


def _take_chat(line: ChatLine) -> Steps[int]:
    """Write the chat completion unless it is there."""
    if (yield Fetch("find_chat", {"project": line.project, "id": line.id})):
        return 0
    yield from chats.save(line.project, line.chat())
    return 1


def _place(new: NewItem, conversation_id: str, place: int) -> Steps[None]:
    """Give the item its place in the conversation: at the end where another stands there, none if it is there."""
    shelves = yield from hold_conversations([(new.project, conversation_id)])
    if not shelves:
        raise not_exported(conversation_id)
    [shelf] = shelves.values()
    if (yield Fetch("items_present", {"wanted": as_list([(shelf.key, new.item.id)])})):
        return
    if (yield Fetch("place_taken", {"conversation": shelf.key, "place": place})):
        place = shelf.next_place
    new.conversation, new.place = shelf.key, place
    if place >= shelf.next_place:
        shelf.next_place = place + 1
        yield Each("change_conversation", [shelf.row()])
