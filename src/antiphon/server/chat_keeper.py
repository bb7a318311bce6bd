"""Keeps a chat completion that was asked with `store: true`, while its bytes pass by untouched.

The end of the answer is held back until it is saved, so an answer that is whole is one that is kept.
Counterpart: `routes/chats.py`, which gives it out again.
"""

from contextlib import suppress
from typing import Any

import msgspec

from antiphon.engine.completion import CompletionBuilder
from antiphon.engine.metadata import check_metadata
from antiphon.engine.reading import read
from antiphon.errors import NotFound
from antiphon.sources import Sources
from antiphon.store.base import Store, StoredChat
from antiphon.upstream.sse import Decoder
from antiphon.wire.answers import StoredItem

DONE = b"[DONE]"


class ChatRequest(msgspec.Struct, kw_only=True):
    """The members of a chat request that matter for keeping its answer."""

    model: str
    messages: list[dict[str, Any]] = []
    store: bool | None = None
    stream: bool | None = None
    metadata: dict[str, str] | None = None


def keeper_for(body: bytes, sources: Sources) -> "ChatKeeper | None":
    """A keeper, if the request asks to store its answer. Raises `InvalidRequest` for metadata beyond its limits."""
    if b'"store"' not in body:
        return None
    request = read(body, ChatRequest)
    if not request.store:
        return None
    check_metadata(request.metadata or {})
    return ChatKeeper(request, sources)


class ChatKeeper:
    """Sees one answer's bytes go by. `pass_on` each read, then `save`, then send what it still holds."""

    def __init__(self, request: ChatRequest, sources: Sources) -> None:
        self._request = request
        self._sources = sources
        self._decoder = Decoder()
        self._builder = CompletionBuilder()
        self._held: list[bytes] = []

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
        if completion is None:
            return
        metadata = self._request.metadata or {}
        chat_id = str(completion.get("id") or self._sources.ids("chatcmpl"))
        body = {**completion, "id": chat_id, "metadata": metadata}
        chat = StoredChat(
            id=chat_id,
            created_at=int(completion.get("created") or self._sources.now()),
            model=str(completion.get("model") or self._request.model),
            metadata=metadata,
            body=msgspec.json.encode(body),
            messages=tuple(self._messages(chat_id)),
        )
        with suppress(NotFound):
            # An upstream that gives two answers one id leaves the newer.
            await store.delete_chat(project, chat_id)
        await store.save_chat(project, chat)

    def _feed(self, data: bytes) -> None:
        for message in self._decoder.feed(data):
            if message != DONE:
                self._builder.feed(read(message, dict[str, Any]))

    def _completion(self) -> dict[str, Any] | None:
        if self._request.stream:
            return self._builder.completion
        completion = read(self.rest(), dict[str, Any])
        return completion if "choices" in completion else None

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
