"""Keeps a chat completion that was asked with `store: true`, while its bytes pass by untouched.

The end of the answer is held back until it is saved, so an answer that is whole is one that is kept. What is no
completion, or none that a store can keep, passes by all the same.
Counterpart: `routes/chats.py`, which gives it out again.
"""

from contextlib import suppress
from typing import Any

import msgspec

from antiphon.engine.completion import CompletionBuilder
from antiphon.engine.metadata import check_metadata
from antiphon.engine.reading import read
from antiphon.errors import InvalidRequest, NotFound, UpstreamGarbage
from antiphon.sources import Sources
from antiphon.store.base import Store, StoredChat
from antiphon.store.faults import check_chat, check_texts
from antiphon.upstream.sse import Decoder
from antiphon.wire.answers import StoredItem

DONE = b"[DONE]"
MAX_SECONDS = 253_402_300_799
"""The end of the year 9999, the last that a calendar here knows."""

_decode = msgspec.json.Decoder().decode


class ChatRequest(msgspec.Struct, kw_only=True):
    """The members of a chat request that matter for keeping its answer."""

    model: str
    messages: list[dict[str, Any]] = []
    store: bool | None = None
    stream: bool | None = None
    metadata: dict[str, str] | None = None


def keeper_for(body: bytes, sources: Sources) -> "ChatKeeper | None":
    """A keeper, if the request asks to store its answer. Raises `InvalidRequest` for metadata that can't be kept."""
    if b'"store"' not in body:
        return None
    request = read(body, ChatRequest)
    if not request.store:
        return None
    metadata = request.metadata or {}
    check_metadata(metadata)
    check_texts((*metadata, *metadata.values()), "metadata")
    return ChatKeeper(request, sources)


class ChatKeeper:
    """Sees one answer's bytes go by. `pass_on` each read, then `save`, then send what it still holds."""

    def __init__(self, request: ChatRequest, sources: Sources) -> None:
        self._request = request
        self._sources = sources
        self._decoder = Decoder()
        self._builder = CompletionBuilder()
        self._held: list[bytes] = []
        self._reads = True

    @property
    def streams(self) -> bool:
        """Whether the answer passes by piece by piece; else all of it is held."""
        return bool(self._request.stream)

    def pass_on(self, data: bytes) -> bytes:
        """What of `data` may be sent now; the rest is held until the answer is saved."""
        if not self._request.stream or self._held or DONE in data:
            self._held.append(data)
            data = b""
        if self._request.stream:
            self._feed(self._held[-1] if self._held else data)
        return data

    def rest(self) -> bytes:
        """What was held back."""
        return b"".join(self._held)

    async def save(self, store: Store, project: str) -> None:
        """Keep the completion. Raises `StoreFault`; an answer that is none isn't kept."""
        completion = self._completion()
        chat = self._chat(completion) if completion is not None else None
        if chat is None:
            return
        with suppress(NotFound):
            # An upstream that gives two answers one id leaves the newer.
            await store.delete_chat(project, chat.id)
        await store.save_chat(project, chat)

    def _chat(self, completion: dict[str, Any]) -> StoredChat | None:
        """The completion as it is stored; None where no store can."""
        metadata = self._request.metadata or {}
        chat_id = str(completion.get("id") or self._sources.ids("chatcmpl"))
        chat = StoredChat(
            id=chat_id,
            created_at=_seconds(completion.get("created")) or int(self._sources.now()),
            model=str(completion.get("model") or self._request.model),
            metadata=metadata,
            body=msgspec.json.encode({**completion, "id": chat_id, "metadata": metadata}),
            messages=tuple(self._messages(chat_id)),
        )
        try:
            check_chat(chat)
        except InvalidRequest:
            return None
        return chat

    def _feed(self, data: bytes) -> None:
        try:
            messages = self._decoder.feed(data) if self._reads else []
        except UpstreamGarbage:
            # Too long to be read along with, and passed on as it is.
            self._reads, messages = False, []
        for message in messages:
            self._builder.feed(_object(message) or {})

    def _completion(self) -> dict[str, Any] | None:
        if self._request.stream:
            return self._builder.completion if self._reads else None
        completion = _object(self.rest())
        return completion if completion and isinstance(completion.get("choices"), list) else None

    def _messages(self, chat_id: str) -> list[StoredItem]:
        """The request's messages as the API lists them: with an id, and a list of parts apart from the content."""
        stored = []
        for index, message in enumerate(self._request.messages):
            content = message.get("content")
            parts = content if isinstance(content, list) else None
            message_id = f"{chat_id}-{index}"
            shown = {**message, "id": message_id, "content": None if parts else content, "content_parts": parts}
            stored.append(StoredItem(id=message_id, raw=msgspec.json.encode(shown)))
        return stored


def _object(data: bytes) -> dict[str, Any] | None:
    """The JSON object that these bytes are, if they are one."""
    try:
        value = _decode(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _seconds(created: object) -> int | None:
    """A time in Unix seconds, if it is one that a store can keep."""
    return int(created) if isinstance(created, int | float) and 0 < created < MAX_SECONDS else None
