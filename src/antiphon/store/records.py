"""What `export` writes and `import` reads: JSON Lines, the format's version in the first, a row in each other. Pure.

A response carries its items, and each of these its place in the conversation, so that a line is whole. JSON of
clients and upstreams is kept as text, byte for byte. Not here: reading and writing rows (`operations/admin.py`,
`memory.py`). Counterpart: `StoreAdmin` in `base.py`.
"""

import base64
from collections.abc import AsyncIterable, AsyncIterator

import msgspec
from msgspec import Struct

from antiphon.errors import ConfigFault, InvalidRequest
from antiphon.store.base import Conversation, StoredChat, StoredPrompt
from antiphon.store.faults import check_answer, check_chat, check_file, check_items, check_prompt, check_texts
from antiphon.store.files import StoredFile
from antiphon.store.vector_records import VectorRecord, check_vectors
from antiphon.wire.answers import Answer, StoredItem

VERSION = 4
LINES = 100
BYTES = 8 << 20


class Base64(Struct, frozen=True):
    """Bytes that aren't UTF-8."""

    base64: str


Text = str | Base64


class PlacedItem(Struct, frozen=True, omit_defaults=True):
    """An item, and its place in a conversation when it stands in one."""

    id: str
    raw: Text
    place: int | None = None


class Header(Struct, frozen=True, tag_field="kind", tag="antiphon-export"):
    """The first line."""

    version: int


class ConversationLine(Struct, frozen=True, tag_field="kind", tag="conversation"):
    """A conversation's own row; `next_place` is where its next item goes."""

    project: str
    conversation: Conversation
    next_place: int


class ResponseLine(Struct, frozen=True, kw_only=True, tag_field="kind", tag="response"):
    """A response with its items; `seen` is how far its conversation had grown when it began."""

    project: str
    id: str
    created_at: int
    status: str
    model: str
    previous_response_id: str | None
    conversation_id: str | None
    seen: int | None
    appended: bool
    body: Text
    input: list[PlacedItem]
    output: list[PlacedItem]

    def answer(self) -> Answer:
        """As it is saved."""
        return Answer(
            id=self.id,
            created_at=self.created_at,
            status=self.status,
            model=self.model,
            previous_response_id=self.previous_response_id,
            conversation_id=self.conversation_id,
            body=to_bytes(self.body),
            input=tuple(stored(item) for item in self.input),
            output=tuple(stored(item) for item in self.output),
        )


class ItemLine(Struct, frozen=True, tag_field="kind", tag="item"):
    """An item that is in a conversation and in no response."""

    project: str
    conversation_id: str
    item: PlacedItem


class ChatLine(Struct, frozen=True, kw_only=True, tag_field="kind", tag="chat"):
    """A stored chat completion with its messages."""

    project: str
    id: str
    created_at: int
    model: str
    metadata: dict[str, str]
    body: Text
    messages: list[PlacedItem]

    def chat(self) -> StoredChat:
        """As it is saved."""
        return StoredChat(
            id=self.id,
            created_at=self.created_at,
            model=self.model,
            metadata=self.metadata,
            body=to_bytes(self.body),
            messages=tuple(stored(message) for message in self.messages),
        )


class PromptLine(Struct, frozen=True, kw_only=True, tag_field="kind", tag="prompt"):
    """One version of a prompt; since version 2 of the format."""

    project: str
    id: str
    version: int
    created_at: int
    body: Text

    def prompt(self) -> StoredPrompt:
        """As it is saved."""
        return StoredPrompt(id=self.id, version=self.version, created_at=self.created_at, body=to_bytes(self.body))


class FileLine(Struct, frozen=True, tag_field="kind", tag="file"):
    """What is known of a file, and where its bytes are; since version 3 of the format."""

    project: str
    file: StoredFile


class BytesLine(Struct, frozen=True, tag_field="kind", tag="bytes"):
    """Some bytes of the file before it, as base64, until there are none; since version 4 of the format.

    Not a row: `whole_export.py` writes and reads these lines, a store passes over them.
    """

    bytes: bytes


OwnRecord = ConversationLine | ResponseLine | ItemLine | ChatLine | PromptLine | FileLine
Record = OwnRecord | VectorRecord

ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(Header | BytesLine | Record)


def to_text(raw: bytes) -> Text:
    """The bytes as text where they are UTF-8."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return Base64(base64.b64encode(raw).decode())


def to_bytes(text: Text) -> bytes:
    """The bytes that `to_text` was given."""
    return base64.b64decode(text.base64) if isinstance(text, Base64) else text.encode()


def placed(item: StoredItem, place: int | None = None) -> PlacedItem:
    """The item as a line holds it."""
    return PlacedItem(item.id, to_text(item.raw), place)


def stored(item: PlacedItem) -> StoredItem:
    """The item as a row holds it."""
    return StoredItem(item.id, to_bytes(item.raw))


def header() -> bytes:
    """The first line."""
    return ENCODER.encode(Header(VERSION))


def encode(record: Record | BytesLine) -> bytes:
    """A row's line, without its end."""
    return ENCODER.encode(record)


async def batches(lines: AsyncIterable[bytes]) -> AsyncIterator[list[Record]]:
    """The rows, some at a time. Raises `ConfigFault` naming the line that isn't one."""
    batch: list[Record] = []
    size = number = 0
    async for line in lines:
        number += 1
        record = decode(line, number)
        if isinstance(record, Header | BytesLine):
            continue
        batch.append(record)
        size += len(line)
        if len(batch) >= LINES or size >= BYTES:
            yield batch
            batch, size = [], 0
    if not number:
        raise ConfigFault("The export is empty; its first line should name the format's version.")
    yield batch


def decode(line: bytes, number: int) -> Header | BytesLine | Record:
    """What the line with this number (from 1) says."""
    try:
        record: Header | BytesLine | Record = DECODER.decode(line)
        check(record)
    except (msgspec.MsgspecError, ValueError, InvalidRequest) as error:
        raise ConfigFault(f"Line {number} of the export can't be read: {error}") from error
    if isinstance(record, Header) != (number == 1):
        raise ConfigFault(f"Line {number} of the export: the format's version stands in line 1 and nowhere else.")
    return record


def check(record: Header | BytesLine | Record) -> None:
    """Raise what saving it would raise."""
    if isinstance(record, VectorRecord):
        check_vectors(record)
        return
    match record:
        case Header(version=version):
            if version > VERSION:
                raise ConfigFault(
                    f"The export has version {version} of the format, written by a newer Antiphon; this one reads "
                    f"up to {VERSION}. Update Antiphon."
                )
        case ConversationLine():
            check_texts([record.conversation.id], "id")
        case ResponseLine():
            check_answer(record.answer())
        case ItemLine():
            check_items([stored(record.item)])
        case ChatLine():
            check_chat(record.chat())
        case PromptLine():
            check_prompt(record.prompt())
        case FileLine():
            check_file(record.file)


def not_exported(conversation_id: str) -> ConfigFault:
    """An item's conversation is missing."""
    return ConfigFault(f"The export holds items of a conversation '{conversation_id}' that isn't in it.")
